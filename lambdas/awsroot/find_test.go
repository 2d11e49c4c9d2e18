package awsroot

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"locksmith/lambdas/remedy"
)

// listing is S3's answer to a page of ListBuckets: names and Regions in turn.
func listing(token string, buckets ...string) answer {
	var b strings.Builder
	for i := 0; i < len(buckets); i += 2 {
		fmt.Fprintf(&b, "<Bucket><Name>%s</Name><BucketRegion>%s</BucketRegion></Bucket>", buckets[i], buckets[i+1])
	}
	if token != "" {
		token = "<ContinuationToken>" + token + "</ContinuationToken>"
	}
	return answer{200, nil, `<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets>` +
		b.String() + "</Buckets>" + token + "</ListAllMyBucketsResult>"}
}

// TestABucketIsFound: on whatever page, by its whole name, and noted as what the desk looks for.
func TestABucketIsFound(t *testing.T) {
	w := newWire(t, rootIssued, listing("next", "payroll-exports-old", "eu-west-1"),
		listing("", "payroll-exports", "ap-south-1"))
	var noted []remedy.Opening
	o := w.opener(t, Options{Desk: true, Opened: func(_ context.Context, o remedy.Opening) error {
		noted = append(noted, o)
		return nil
	}})
	region, err := o.Bucket(context.Background(), "111122223333", "payroll-exports", "request-1")
	if err != nil || region != "ap-south-1" {
		t.Fatalf("%q, %v", region, err)
	}
	if len(noted) != 1 || noted[0].Purpose != "desk" || noted[0].Event != "request-1" ||
		noted[0].Task != "S3UnlockBucketPolicy" {
		t.Errorf("%+v", noted)
	}
	for i, want := range []string{"", "next"} {
		call := w.seen()[i+1]
		q, _ := url.ParseQuery(call.query)
		if q.Get("prefix") != "payroll-exports" || q.Get("max-buckets") != "1000" ||
			q.Get("continuation-token") != want || call.method != "GET" {
			t.Errorf("%s %s", call.method, call.query)
		}
	}
}

// TestWhatIsNotThereIsSaid: with the account and the Region that were looked in.
func TestWhatIsNotThereIsSaid(t *testing.T) {
	w := newWire(t, rootIssued, listing("", "payroll-exports-old", "eu-west-1"))
	_, err := w.opener(t, Options{}).Bucket(context.Background(), "111122223333", "payroll-exports", "1")
	if !errors.Is(err, remedy.ErrGone) || !strings.Contains(err.Error(), "account 111122223333 has no bucket payroll-e") {
		t.Error(err)
	}
	w = newWire(t, rootIssued, sqsError(400, "com.amazonaws.sqs#QueueDoesNotExist",
		"AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."))
	err = w.opener(t, Options{}).Queue(context.Background(), "111122223333", "eu-west-1", "orders", "1")
	if !errors.Is(err, remedy.ErrGone) || !strings.Contains(err.Error(), "no queue orders in Region eu-west-1") {
		t.Error(err)
	}
	if got := w.seen()[1].scope(); got != issuedKey+" eu-west-1/sqs" {
		t.Errorf("signed for %q", got)
	}
}

// TestALockedQueueIsFoundByItsAttributes: its policy denies GetQueueUrl to everybody.
func TestALockedQueueIsFoundByItsAttributes(t *testing.T) {
	denied := sqsError(403, "com.amazonaws.sqs#AccessDenied", "AccessDenied", "Access to the resource is denied.")
	w := newWire(t, rootIssued, denied, sqsAnswer(`{"Attributes":{"QueueArn":"a"}}`))
	if err := w.opener(t, Options{}).Queue(context.Background(), "111122223333", "eu-west-1", "orders", "1"); err != nil {
		t.Error(err)
	}
	w = newWire(t, rootIssued, denied) // and the attributes, too: somebody else forbids it
	err := w.opener(t, Options{}).Queue(context.Background(), "111122223333", "eu-west-1", "orders", "1")
	if refusal := (*remedy.Refusal)(nil); !errors.As(err, &refusal) || refusal.Cause != remedy.DeniedByOrg {
		t.Error(err)
	}
}

// TestARegionThatIsNotEnabledIsNamed: it does not know the session, which STS has just issued.
func TestARegionThatIsNotEnabledIsNamed(t *testing.T) {
	w := newWire(t, rootIssued, sqsError(403, "com.amazon.coral.service#UnrecognizedClientException",
		"InvalidClientTokenId", "The security token included in the request is invalid."))
	err := w.opener(t, Options{}).Queue(context.Background(), "111122223333", "me-south-1", "orders", "1")
	if refusal := (*remedy.Refusal)(nil); !errors.As(err, &refusal) || refusal.Cause != remedy.RegionDisabled {
		t.Error(err)
	}
}

// TestNothingIsCalledForWhatIsNoName: what could turn a call towards something else is refused before.
func TestNothingIsCalledForWhatIsNoName(t *testing.T) {
	w := newWire(t, rootIssued)
	o := w.opener(t, Options{ManagementAccount: "000000000001"})
	for _, row := range [][3]string{{"root", "orders", "eu-west-1"}, {"111122223333", "a/b", "eu-west-1"},
		{"111122223333", "arn:aws:s3:::a", "eu-west-1"}, {"111122223333", "", "eu-west-1"},
		{"000000000001", "orders", "eu-west-1"}} {
		if _, err := o.Bucket(context.Background(), row[0], row[1], "1"); !errors.As(err, new(*remedy.Refusal)) {
			t.Errorf("bucket %v: %v", row, err)
		}
		if err := o.Queue(context.Background(), row[0], row[2], row[1], "1"); !errors.As(err, new(*remedy.Refusal)) {
			t.Errorf("queue %v: %v", row, err)
		}
	}
	for _, region := range []string{"", "evil.example.com/", "cn-north-1"} {
		err := o.Queue(context.Background(), "111122223333", region, "orders", "1")
		if !errors.As(err, new(*remedy.Refusal)) {
			t.Errorf("region %q: %v", region, err)
		}
	}
	if n := len(w.seen()); n != 0 {
		t.Errorf("%d calls", n)
	}
}
