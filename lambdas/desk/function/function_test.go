package function_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/desk/function"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// sample is an event of API Gateway with an IAM authorizer, in the shape that its documentation shows
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
const sample = `{
  "version": "2.0", "routeKey": "$default", "rawPath": "/incidents/8a2f~arn:aws:s3:::payroll",
  "rawQueryString": "has=mfa&from=a%2Fb&has=any",
  "cookies": ["a=1", "b=2"],
  "headers": {"header1": "value1", "header2": "value1,value2", "content-type": "application/json"},
  "queryStringParameters": {"has": "mfa,any", "from": "a/b"},
  "requestContext": {
    "accountId": "999988887777", "apiId": "api-id",
    "authorizer": {"iam": {"accessKey": "AKIA", "accountId": "999988887777", "callerId": "AROAX:kim",
      "cognitoIdentity": null, "principalOrgId": "o-a1b2c3d4e5",
      "userArn": "arn:aws:sts::999988887777:assumed-role/OnCall/kim", "userId": "AROAX:kim"}},
    "domainName": "id.execute-api.us-east-1.amazonaws.com", "domainPrefix": "id",
    "http": {"method": "POST", "path": "/incidents/8a2f~arn:aws:s3:::payroll", "protocol": "HTTP/1.1",
      "sourceIp": "192.0.2.1", "userAgent": "curl"},
    "requestId": "id", "routeKey": "$default", "stage": "$default", "time": "12/Mar/2020:19:03:58 +0000",
    "timeEpoch": 1583348638390},
  "body": "eyJyZWFzb24iOiJ4In0=", "isBase64Encoded": true}`

type callerKey struct{}

func withCaller(ctx context.Context, c requests.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	who, _ := r.Context().Value(callerKey{}).(requests.Caller)
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Add("Link", "a")
	w.Header().Add("Link", "b")
	http.SetCookie(w, &http.Cookie{Name: "x", Value: "1"})
	http.SetCookie(w, &http.Cookie{Name: "y", Value: "2"})
	w.WriteHeader(http.StatusAccepted)
	w.Header().Set("Too-Late", "1")
	cookie, _ := r.Cookie("b")
	fmt.Fprintf(w, "%s|%s|%s|%q|%s|%v|%s|%s|%s", r.Method, r.URL.Path, r.URL.EscapedPath(), r.URL.Query(), body, cookie,
		r.Header.Get("Header2"), who.ARN, r.Host)
}

func serve(t *testing.T, h http.HandlerFunc, event string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	f := &function.Function{API: h, WithCaller: withCaller, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	got, err := f.Handle(t.Context(), []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	return got.(events.APIGatewayV2HTTPResponse)
}

func TestHTTP(t *testing.T) {
	want := events.APIGatewayV2HTTPResponse{StatusCode: 202, Cookies: []string{"x=1", "y=2"},
		Headers: map[string]string{"Content-Type": "text/plain", "Link": "a, b"},
		Body: `POST|/incidents/8a2f~arn:aws:s3:::payroll|/incidents/8a2f~arn:aws:s3:::payroll|` +
			`map["from":["a/b"] "has":["mfa" "any"]]|{"reason":"x"}|b=2|value1,value2|` +
			`arn:aws:sts::999988887777:assumed-role/OnCall/kim|id.execute-api.us-east-1.amazonaws.com`}
	if diff := cmp.Diff(want, serve(t, echo, sample)); diff != "" {
		t.Error(diff)
	}
}

// TestPaths: API Gateway has decoded them, and nobody decodes them again; what the stage is called is no part of them.
func TestPaths(t *testing.T) {
	path := func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", r.URL.Path, r.URL.EscapedPath()) }
	for _, row := range []struct{ raw, stage, want string }{
		{"/requests", "$default", "/requests /requests"},
		{"/prod/requests", "prod", "/requests /requests"},
		{"/prod", "prod", "/ /"},
		{"/production/x", "prod", "/production/x /production/x"},
		{"", "$default", "/ /"},
		{"/a%2Fb", "$default", "/a%2Fb /a%252Fb"}, // it was sent as %252F
		{"/a b?c#d", "$default", "/a b?c#d /a%20b%3Fc%23d"},
		{"/x~y", "$default", "/x~y /x~y"}, // it was sent as %7E
		{"//evil.example/x", "$default", "//evil.example/x //evil.example/x"},
	} {
		event := strings.Replace(sample, `"/incidents/8a2f~arn:aws:s3:::payroll"`, fmt.Sprintf("%q", row.raw), 1)
		event = strings.Replace(event, `"stage": "$default"`, fmt.Sprintf(`"stage": %q`, row.stage), 1)
		if got := serve(t, path, event).Body; got != row.want {
			t.Errorf("%q: %q, want %q", row.raw, got, row.want)
		}
	}
}

// TestOnlyTheAuthorizerSaysWhoCalls: not a header, and not another authorizer.
func TestOnlyTheAuthorizerSaysWhoCalls(t *testing.T) {
	who := func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(callerKey{}).(requests.Caller)
		fmt.Fprintf(w, "%v %s", ok, c.ARN)
	}
	var event map[string]any
	if err := json.Unmarshal([]byte(sample), &event); err != nil {
		t.Fatal(err)
	}
	about := event["requestContext"].(map[string]any)
	for name, authorizer := range map[string]any{"none": nil, "a token": map[string]any{"jwt": map[string]any{
		"claims": map[string]string{"userArn": "arn:aws:iam::999988887777:user/kim"}}}, "no user": map[string]any{
		"iam": map[string]any{"accountId": "999988887777"}}} {
		about["authorizer"] = authorizer
		event["headers"] = map[string]string{"x-user-arn": "arn:aws:iam::999988887777:user/kim",
			"authorization": "AWS4-HMAC-SHA256 Credential=AKIA"}
		text, _ := json.Marshal(event)
		if got := serve(t, who, string(text)).Body; got != "false " {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestBinaryAnswers are base64, as API Gateway wants them.
func TestBinaryAnswers(t *testing.T) {
	got := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0}) }, sample)
	if got.StatusCode != 200 || !got.IsBase64Encoded || got.Body != base64.StdEncoding.EncodeToString([]byte{0xff, 0}) {
		t.Errorf("%+v", got)
	}
}

// A desk runs what it is told to, and notes it.
type desk struct {
	mu     sync.Mutex
	ran    []string
	tended int
}

func (d *desk) Run(_ context.Context, id string) (requests.Request, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ran = append(d.ran, id)
	switch id {
	case "fails":
		return requests.Request{}, errors.New("table is away")
	case "panics":
		panic("no")
	case "later":
		return requests.Request{}, fmt.Errorf("look: %w", &remedy.Later{Until: now().Add(time.Minute)})
	}
	return requests.Request{}, nil
}

func (d *desk) Tend(context.Context) error { d.tended++; return errors.New("one of them") }

type custodian struct{ desk }

func (c *custodian) Continue(ctx context.Context, id string) error {
	_, err := c.Run(ctx, id)
	return err
}

// A queue notes what is put on it and what is delayed.
type queue struct {
	mu      sync.Mutex
	delayed map[string]time.Duration
	sent    []string
}

func (q *queue) Delay(_ context.Context, _, receipt string, d time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.delayed[receipt] = d
	return nil
}
func (q *queue) Done(context.Context, string, string) error { return nil }
func (q *queue) Send(_ context.Context, arn string, bodies ...[]byte) error {
	q.sent = append(q.sent, arn+" "+string(bytes.Join(bodies, []byte(" "))))
	return nil
}

func now() time.Time { return time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC) }

// TestMessages: each is done for itself, what fails comes again, and what is too early comes when it is not.
func TestMessages(t *testing.T) {
	d, c, q := &desk{}, &custodian{}, &queue{delayed: map[string]time.Duration{}}
	f := &function.Function{Desk: d, Credentials: c, Queue: q, Now: now, Log: slog.New(slog.DiscardHandler)}
	batch := events.SQSEvent{}
	for i, body := range []string{`{"request":"good"}`, `{"request":"fails"}`, `{"request":"panics"}`,
		`{"request":"later"}`, `{"request":"early","after":"2026-11-21T08:10:00Z"}`, `{"audit":"audit-1"}`, `{}`, `none`} {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint(i), ReceiptHandle: fmt.Sprint(i),
			Body: body, EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:us-east-1:999988887777:desk"})
	}
	event, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Handle(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, m := range got.(events.SQSEventResponse).BatchItemFailures {
		failed = append(failed, m.ItemIdentifier)
	}
	slices.Sort(d.ran)
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "6", "7"}, failed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"fails", "good", "later", "panics"}, d.ran); diff != "" {
		t.Error(diff)
	}
	want := map[string]time.Duration{"3": time.Minute, "4": 10 * time.Minute}
	if diff := cmp.Diff(want, q.delayed); diff != "" || !slices.Equal(c.ran, []string{"audit-1"}) {
		t.Error(diff, c.ran)
	}
}

// TestQueues: what is put on a queue is what the function of the queue understands.
func TestQueues(t *testing.T) {
	q := &queue{}
	all := function.Queues{Sender: q, ARNs: map[requests.Task]string{requests.Unlock: "u", requests.Audit: "a"}}
	ctx := t.Context()
	if err := errors.Join(all.Run(ctx, requests.Unlock, "k3", now()), all.Continue(ctx, "audit-1", now())); err != nil {
		t.Fatal(err)
	}
	want := []string{`u {"request":"k3","after":"2026-11-21T08:00:00Z"}`,
		`a {"audit":"audit-1","after":"2026-11-21T08:00:00Z"}`}
	if diff := cmp.Diff(want, q.sent); diff != "" {
		t.Error(diff)
	}
	if err := all.Run(ctx, requests.Restore, "k3", now()); err == nil {
		t.Error("a task without a queue is queued")
	}
}

// TestSchedule: both are tended, and both errors are told. An event of no kind is an error.
func TestSchedule(t *testing.T) {
	d, c := &desk{}, &custodian{}
	f := &function.Function{Desk: d, Credentials: c, Now: now, Log: slog.New(slog.DiscardHandler)}
	if _, err := f.Handle(t.Context(), []byte(function.Tend)); err == nil || d.tended != 1 || c.tended != 1 {
		t.Error(err, d.tended, c.tended)
	}
	for _, event := range []string{`{}`, `[]`, `{"version":"1.0","requestContext":{}}`, `{"source":"aws.s3"}`} {
		if _, err := f.Handle(t.Context(), []byte(event)); err == nil {
			t.Errorf("%s: no error", event)
		}
	}
}
