package awsroot

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
)

func TestAssumeRootRequest(t *testing.T) {
	gov := bucketChange()
	gov.Resource, gov.Region = "arn:aws-us-gov:s3:::payroll-exports", "us-gov-east-1"
	for _, tt := range []struct {
		name     string
		change   remedy.Change
		duration time.Duration
		task     string
		seconds  string
	}{
		{"bucket", bucketChange(), 0, "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy", "300"},
		{"queue", queueChange(), 15 * time.Minute, "arn:aws:iam::aws:policy/root-task/SQSUnlockQueuePolicy", "900"},
		{"GovCloud bucket", gov, time.Minute, "arn:aws-us-gov:iam::aws:policy/root-task/S3UnlockBucketPolicy", "60"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, rootIssued)
			if _, err := w.opener(t, Options{Duration: tt.duration}).Open(context.Background(), tt.change); err != nil {
				t.Fatal(err)
			}
			calls := w.seen()
			if len(calls) != 1 {
				t.Fatalf("%d calls, want AssumeRoot alone", len(calls))
			}
			want := map[string]string{"Action": "AssumeRoot", "Version": "2011-06-15",
				"TargetPrincipal":   "111122223333",
				"TaskPolicyArn.arn": tt.task, "DurationSeconds": tt.seconds}
			if diff := cmp.Diff(want, form(t, calls[0].body)); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
			if got := calls[0].scope(); got != callerKey+" us-east-1/sts" {
				t.Errorf("signed for %q", got)
			}
			if agent := calls[0].header.Get("User-Agent"); !strings.Contains(agent, "app/locksmith") {
				t.Errorf("user agent %q does not say who called", agent)
			}
		})
	}
}

// TestASessionIsNotedBeforeItIsUsed: and one that nobody could note is not used.
func TestASessionIsNotedBeforeItIsUsed(t *testing.T) {
	var got []remedy.Opening
	fails := error(nil)
	note := func(_ context.Context, o remedy.Opening) error {
		got = append(got, o)
		return fails
	}
	w := newWire(t, rootIssued)
	change := bucketChange()
	change.EventID = "8a2f"
	if s, err := w.opener(t, Options{Opened: note}).Open(context.Background(), change); s == nil || err != nil {
		t.Fatal(s, err)
	}
	want := []remedy.Opening{{Key: issuedKey, Account: "111122223333", Task: "S3UnlockBucketPolicy", Purpose: "unlock",
		Event: "8a2f", Resource: change.Resource, Expires: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
	fails = errors.New("the table is gone")
	s, err := w.opener(t, Options{Opened: note}).Open(context.Background(), change)
	if s != nil || err == nil || !errors.Is(err, fails) || errors.As(err, new(*remedy.Refusal)) {
		t.Errorf("session %v, error %v: want one that a retry may mend", s, err)
	}
	if n := len(w.seen()); n != 2 {
		t.Errorf("%d calls, want AssumeRoot twice and nothing else", n)
	}
}

func TestManagementAccountIsRefusedWithoutACall(t *testing.T) {
	w := newWire(t, rootIssued)
	_, err := w.opener(t, Options{ManagementAccount: "111122223333"}).Open(context.Background(), bucketChange())
	wantRefusal(t, err, remedy.ManagementAccount, "111122223333")
	if n := len(w.seen()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// TestOddChangesAreRefusedWithoutACall: none of these may ever steer a root session somewhere else.
func TestOddChangesAreRefusedWithoutACall(t *testing.T) {
	for name, spoil := range map[string]func(*remedy.Change){
		"no ARN": func(c *remedy.Change) { c.Resource = "payroll-exports" },
		"another service": func(c *remedy.Change) {
			c.Resource = "arn:aws:sns:eu-central-1:111122223333:topic"
		},
		"another partition": func(c *remedy.Change) { c.Resource = "arn:aws-iso:s3:::payroll-exports" },
		"an access point": func(c *remedy.Change) {
			c.Resource = "arn:aws:s3:::arn:aws:s3:eu-central-1:111122223333:accesspoint/x"
		},
		"an object":                func(c *remedy.Change) { c.Resource = "arn:aws:s3:::payroll-exports/key" },
		"a query in the name":      func(c *remedy.Change) { c.Resource = "arn:aws:s3:::payroll-exports?x" },
		"no account":               func(c *remedy.Change) { c.Account = "" },
		"an account that is a URL": func(c *remedy.Change) { c.Account = "https://evil" },
		"no Region":                func(c *remedy.Change) { c.Region = "" },
		"a host for a Region":      func(c *remedy.Change) { c.Region = "eu-central-1.evil.example" },
		"a queue elsewhere":        func(c *remedy.Change) { c.Resource = "arn:aws:sqs:us-east-1:111122223333:orders" },
		"somebody else's queue": func(c *remedy.Change) {
			c.Resource = "arn:aws:sqs:eu-central-1:444455556666:orders"
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, rootIssued)
			c := bucketChange()
			spoil(&c)
			_, err := w.opener(t, Options{}).Open(context.Background(), c)
			wantRefusal(t, err, remedy.Unexpected, "")
			if n := len(w.seen()); n != 0 {
				t.Errorf("%d calls were made", n)
			}
		})
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for _, tt := range []struct {
		region string
		o      Options
		want   string
	}{
		{"", Options{}, "no Region for STS: set AWS_REGION or Options.STSRegion"},
		{"aws-global", Options{},
			`STS Region "aws-global": AssumeRoot works at Regional endpoints only, such as us-east-1`},
		{"us-east-1", Options{STSRegion: "aws-global"},
			`STS Region "aws-global": AssumeRoot works at Regional endpoints only, such as us-east-1`},
		{"us-east-1", Options{ManagementAccount: "1111"}, `management account "1111": want twelve digits`},
		{"us-east-1", Options{Duration: 16 * time.Minute}, "session duration 16m0s: want whole seconds, at most 15m"},
		{"us-east-1", Options{Duration: 1500 * time.Millisecond},
			"session duration 1.5s: want whole seconds, at most 15m"},
		{"us-east-1", Options{Duration: -time.Minute}, "session duration -1m0s: want whole seconds, at most 15m"},
	} {
		_, err := New(aws.Config{Region: tt.region}, tt.o)
		if err == nil || err.Error() != tt.want {
			t.Errorf("New(%q, %+v) = %v, want %s", tt.region, tt.o, err, tt.want)
		}
	}
}

func TestAnswerWithoutCredentials(t *testing.T) {
	w := newWire(t, answer{200, nil, `<AssumeRootResponse><AssumeRootResult></AssumeRootResult></AssumeRootResponse>`})
	_, err := w.opener(t, Options{}).Open(context.Background(), bucketChange())
	if refusal := (*remedy.Refusal)(nil); err == nil || errors.As(err, &refusal) {
		t.Errorf("%v, want an error worth a retry", err)
	}
}

// hosts keeps the host and path of every request, and answers with a root session or nothing.
type hosts struct{ seen []string }

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.seen = append(h.seen, r.URL.Scheme+"://"+r.URL.Host+r.URL.Path)
	body := ""
	if strings.HasPrefix(r.URL.Host, "sts.") {
		body = rootIssued.body
	} else if strings.HasPrefix(r.URL.Host, "sqs.") {
		body = `{}`
	}
	recorder := &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: http.NoBody}
	if body != "" {
		recorder.Body = readCloser{strings.NewReader(body)}
	}
	return recorder, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// TestHosts: with AWS's own endpoints STS is called in the Region of the options and the resource in its own.
func TestHosts(t *testing.T) {
	for _, tt := range []struct {
		name, sts, resource, region string
		want                        []string
	}{
		{"bucket", "us-east-1", "arn:aws:s3:::payroll-exports", "eu-central-1",
			[]string{"https://sts.us-east-1.amazonaws.com/", "https://payroll-exports.s3.eu-central-1.amazonaws.com/"}},
		{"bucket in us-east-1", "eu-west-1", "arn:aws:s3:::payroll-exports", "us-east-1",
			[]string{"https://sts.eu-west-1.amazonaws.com/", "https://payroll-exports.s3.us-east-1.amazonaws.com/"}},
		{"bucket with dots", "us-east-1", "arn:aws:s3:::logs.example.com", "eu-central-1",
			[]string{"https://sts.us-east-1.amazonaws.com/", "https://s3.eu-central-1.amazonaws.com/logs.example.com"}},
		{"queue", "us-east-1", "arn:aws:sqs:ap-southeast-2:111122223333:orders", "ap-southeast-2",
			[]string{"https://sts.us-east-1.amazonaws.com/", "https://sqs.ap-southeast-2.amazonaws.com/"}},
		{"GovCloud", "us-gov-west-1", "arn:aws-us-gov:sqs:us-gov-east-1:111122223333:orders", "us-gov-east-1",
			[]string{"https://sts.us-gov-west-1.amazonaws.com/", "https://sqs.us-gov-east-1.amazonaws.com/"}},
		{"China", "cn-north-1", "arn:aws-cn:s3:::payroll-exports", "cn-northwest-1",
			[]string{"https://sts.cn-north-1.amazonaws.com.cn/",
				"https://payroll-exports.s3.cn-northwest-1.amazonaws.com.cn/"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &hosts{}
			opener, err := New(awsConfig("eu-west-2", h), Options{STSRegion: tt.sts})
			if err != nil {
				t.Fatal(err)
			}
			s, err := opener.Open(context.Background(), remedy.Change{Resource: tt.resource, Account: "111122223333",
				Region: tt.region})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Delete(context.Background()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, h.seen); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func wantRefusal(t *testing.T, err error, cause remedy.Cause, part string) {
	t.Helper()
	var refusal *remedy.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("%v, want a refusal", err)
	}
	if refusal.Cause != cause || !strings.Contains(err.Error(), part) {
		t.Errorf("%q for %q, want %q and %q in it", refusal.Cause, err, cause, part)
	}
}
