package awsroot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"locksmith/lambdas/remedy"
)

const denyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",
	"Resource":"arn:aws:s3:::payroll-exports"}]}`

// open returns a session, with STS's request already answered.
func open(t *testing.T, c remedy.Change, answers ...answer) (remedy.Session, *wire) {
	t.Helper()
	w := newWire(t, append([]answer{rootIssued}, answers...)...)
	s, err := w.opener(t, Options{}).Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s, w
}

func TestBucketCalls(t *testing.T) {
	ctx := context.Background()
	s, w := open(t, bucketChange(), answer{200, nil, denyAll}, noContent, noContent)
	policy, err := s.Policy(ctx)
	if err != nil || policy != denyAll {
		t.Errorf("Policy: %q, %v", policy, err)
	}
	if err := s.Put(ctx, `{"Version":"2012-10-17","Statement":[]}`); err != nil {
		t.Errorf("Put: %v", err)
	}
	if err := s.Delete(ctx); err != nil {
		t.Errorf("Delete: %v", err)
	}
	calls := w.seen()[1:]
	for i, method := range []string{"GET", "PUT", "DELETE"} {
		c := calls[i]
		if _, policyQuery := c.header["X-Amz-Expected-Bucket-Owner"]; c.method != method ||
			c.path != "/payroll-exports" || !strings.HasPrefix(c.query, "policy") || !policyQuery {
			t.Errorf("call %d: %s %s?%s", i, c.method, c.path, c.query)
		}
		if owner := c.header.Get("X-Amz-Expected-Bucket-Owner"); owner != "111122223333" {
			t.Errorf("%s expects owner %q", method, owner)
		}
		if got := c.scope(); got != issuedKey+" eu-central-1/s3" {
			t.Errorf("%s signed for %q", method, got)
		}
		if token := c.header.Get("X-Amz-Security-Token"); token != issuedToken {
			t.Errorf("%s sent without the session's token", method)
		}
	}
	if calls[1].body != `{"Version":"2012-10-17","Statement":[]}` {
		t.Errorf("Put sent %q", calls[1].body)
	}
}

func TestQueueCalls(t *testing.T) {
	ctx := context.Background()
	held, _ := json.Marshal(map[string]any{"Attributes": map[string]string{"Policy": denyAll}})
	s, w := open(t, queueChange(), sqsAnswer(string(held)), sqsAnswer(`{}`), sqsAnswer(`{}`))
	policy, err := s.Policy(ctx)
	if err != nil || policy != denyAll {
		t.Errorf("Policy: %q, %v", policy, err)
	}
	if err := s.Put(ctx, "{}"); err != nil {
		t.Errorf("Put: %v", err)
	}
	if err := s.Delete(ctx); err != nil {
		t.Errorf("Delete: %v", err)
	}
	url := w.URL + "/111122223333/orders.fifo"
	for i, want := range []struct{ target, body string }{
		{"AmazonSQS.GetQueueAttributes", `{"AttributeNames":["Policy"],"QueueUrl":"` + url + `"}`},
		{"AmazonSQS.SetQueueAttributes", `{"Attributes":{"Policy":"{}"},"QueueUrl":"` + url + `"}`},
		{"AmazonSQS.SetQueueAttributes", `{"Attributes":{"Policy":""},"QueueUrl":"` + url + `"}`},
	} {
		c := w.seen()[1+i]
		if c.header.Get("X-Amz-Target") != want.target || !sameJSON(t, c.body, want.body) {
			t.Errorf("call %d: %s %s, want %s %s", i, c.header.Get("X-Amz-Target"), c.body, want.target, want.body)
		}
		if got := c.scope(); got != issuedKey+" ap-southeast-2/sqs" {
			t.Errorf("call %d signed for %q", i, got)
		}
	}
}

// TestQueueURL: away from AWS's endpoints nothing tells SQS the queue but this URL.
func TestQueueURL(t *testing.T) {
	for resource, want := range map[string]string{
		"arn:aws:sqs:eu-west-1:111122223333:orders":            "sqs.eu-west-1.amazonaws.com/111122223333/orders",
		"arn:aws-us-gov:sqs:us-gov-west-1:111122223333:orders": "sqs.us-gov-west-1.amazonaws.com/111122223333/orders",
		"arn:aws-cn:sqs:cn-north-1:111122223333:o.fifo":        "sqs.cn-north-1.amazonaws.com.cn/111122223333/o.fifo",
	} {
		c := remedy.Change{Resource: resource, Account: "111122223333", Region: strings.Split(resource, ":")[3]}
		if got := newQueueSession(awsConfig(c.Region, nil), c).url; got != "https://"+want {
			t.Errorf("%s: %s, want https://%s", resource, got, want)
		}
	}
}

func TestGone(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change remedy.Change
		answer answer
	}{
		{"no policy", bucketChange(), s3Error(404, "NoSuchBucketPolicy", "The bucket policy does not exist")},
		{"no bucket", bucketChange(), s3Error(404, "NoSuchBucket", "The specified bucket does not exist")},
		{"no queue", queueChange(), sqsError(400, "com.amazonaws.sqs#QueueDoesNotExist",
			"AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")},
		{"no queue, without the older code", queueChange(), sqsError(400, "com.amazonaws.sqs#QueueDoesNotExist", "",
			"The specified queue does not exist.")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := open(t, tt.change, tt.answer)
			if _, err := s.Policy(context.Background()); !errors.Is(err, remedy.ErrGone) {
				t.Errorf("Policy: %v, want ErrGone", err)
			}
			if err := s.Delete(context.Background()); err != nil {
				t.Errorf("Delete of what is not there: %v", err)
			}
			if err := s.Put(context.Background(), denyAll); !errors.Is(err, remedy.ErrGone) {
				t.Errorf("Put: %v, want ErrGone", err)
			}
		})
	}
}

func TestEmptyPolicyIsGone(t *testing.T) {
	for name, body := range map[string]string{"no attributes": `{
		}`, "no policy": `{"Attributes":{}}`, "empty policy": `{"Attributes":{"Policy":""}}`} {
		s, _ := open(t, queueChange(), sqsAnswer(body))
		if policy, err := s.Policy(context.Background()); !errors.Is(err, remedy.ErrGone) {
			t.Errorf("queue, %s: %q, %v", name, policy, err)
		}
	}
	s, _ := open(t, bucketChange(), answer{200, nil, " \n"})
	if policy, err := s.Policy(context.Background()); !errors.Is(err, remedy.ErrGone) {
		t.Errorf("bucket: %q, %v", policy, err)
	}
}

func TestBucketInAnotherRegion(t *testing.T) {
	moved := s3Error(301, "PermanentRedirect",
		"The bucket you are attempting to access must be addressed using the specified endpoint.")
	moved.header["X-Amz-Bucket-Region"] = "sa-east-1"
	malformed := s3Error(400, "AuthorizationHeaderMalformed",
		"The authorization header is malformed; the region 'eu-central-1' is wrong; expecting 'sa-east-1'")
	for name, first := range map[string]answer{"301": moved, "400 without the header": malformed} {
		t.Run(name, func(t *testing.T) {
			s, w := open(t, bucketChange(), first, answer{200, nil, denyAll}, noContent)
			if policy, err := s.Policy(context.Background()); err != nil || policy != denyAll {
				t.Fatalf("Policy: %q, %v", policy, err)
			}
			if err := s.Delete(context.Background()); err != nil {
				t.Fatal(err)
			}
			var scopes []string
			for _, c := range w.seen() {
				scopes = append(scopes, strings.Fields(c.scope())[1])
			}
			if got := strings.Join(scopes, " "); got != "us-east-1/sts eu-central-1/s3 sa-east-1/s3 sa-east-1/s3" {
				t.Errorf("signed for %s: want one step to sa-east-1, which is then remembered", got)
			}
		})
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	here := s3Error(301, "PermanentRedirect", "moved")
	here.header["X-Amz-Bucket-Region"] = "eu-central-1"
	host := s3Error(301, "PermanentRedirect", "moved")
	host.header["X-Amz-Bucket-Region"] = "x.evil.example"
	for name, first := range map[string]answer{"to where we are": here, "to a host": host,
		"to nowhere": s3Error(301, "PermanentRedirect", "moved")} {
		t.Run(name, func(t *testing.T) {
			s, w := open(t, bucketChange(), first)
			_, err := s.Policy(context.Background())
			wantRefusal(t, err, remedy.Unexpected, "PermanentRedirect")
			if n := len(w.seen()); n != 2 {
				t.Errorf("%d calls, want 2", n)
			}
		})
	}
	away, back := s3Error(301, "PermanentRedirect", "moved"), s3Error(301, "PermanentRedirect", "moved")
	away.header["X-Amz-Bucket-Region"], back.header["X-Amz-Bucket-Region"] = "sa-east-1", "us-west-2"
	s, w := open(t, bucketChange(), away, back)
	_, err := s.Policy(context.Background())
	wantRefusal(t, err, remedy.Unexpected, "PermanentRedirect")
	if n := len(w.seen()); n != 3 {
		t.Errorf("%d calls: a redirect is followed once", n)
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	one, _ := json.Marshal(x)
	two, _ := json.Marshal(y)
	return string(one) == string(two)
}
