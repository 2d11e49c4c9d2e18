package remedy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/lambdas/ledger"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

const (
	account   = "111122223333"
	region    = "eu-central-1"
	bucketARN = "arn:aws:s3:::payroll"
	queueARN  = "arn:aws:sqs:eu-central-1:111122223333:orders"

	denyAll = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*",
		"Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}]}`
	// denyAllExceptPipeline spares one role.
	denyAllExceptPipeline = `{"Version":"2012-10-17",
		"Statement":[{"Sid":"DenyAllExceptPipeline","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/PipelineAccessS3"}}}]}`
	denyAllQueue = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Principal":"*",
		"Action":"sqs:*","Resource":"arn:aws:sqs:eu-central-1:111122223333:orders"}]}`
	harmless = `{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":"arn:aws:s3:::payroll/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

	rules = `{"organization":"o-a1b2c3d4e5","never":["arn:aws:s3:::org-trail-*"],"deliberate":["Quarantine*"],"rules":[
		{"name":"sandboxes","accounts":["111122223333","000011112222"],
		"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"delete","owner":"o","reason":"r",
		"expires":"2027-06-30"}]}`
)

// namedRules are the rules with the one role that counts as an administrator.
func namedRules(action string) string {
	named := `"administrators":["arn:aws:iam::*:role/OrganizationAccountAccessRole"],"action":"` + action + `"`
	return strings.Replace(rules, `"action":"delete"`, named, 1)
}

// A world is the product on an AWS in one process, with a clock of its own.
type world struct {
	*pipeline.Pipeline
	t     *testing.T
	cloud *cloud.Cloud
	base  string
	log   lockedBuffer

	mu  sync.Mutex
	now time.Time
}

// lockedBuffer is a buffer that goroutines share.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t *testing.T, allow string) *world { return newWorldWith(t, allow, cloud.Config{}) }

// listOf reads an allow list.
func listOf(t *testing.T, text string) *allowlist.List {
	t.Helper()
	list, err := allowlist.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func newWorldWith(t *testing.T, allow string, c cloud.Config) *world {
	t.Helper()
	return newWorldOf(t, allow, c, ledger.Defaults())
}

func newWorldOf(t *testing.T, allow string, c cloud.Config, limits ledger.Limits) *world {
	t.Helper()
	var err error
	w := &world{t: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	c.Now = w.clock
	w.cloud = cloud.New(c)
	server := httptest.NewServer(w.cloud)
	t.Cleanup(server.Close)
	w.base = server.URL
	w.Pipeline, err = pipeline.New(w.cloud, server.URL, pipeline.Options{
		Allow: listOf(t, allow), Now: w.clock, Wait: w.wait, Visibility: 3 * time.Minute, Tries: 10,
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Limits: limits, Retryer: pipeline.Impatient})
	if err != nil {
		t.Fatal(err)
	}
	w.cloud.PutBucket(account, region, "payroll")
	w.cloud.CreateQueue(account, region, "orders", nil)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(_ context.Context, d time.Duration) error {
	w.pass(d)
	return nil
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) config(who string) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(w.base),
		Credentials: credentials.NewStaticCredentialsProvider(who, "any", ""), RetryMaxAttempts: 1}
}

// put is an administrator putting a bucket policy.
func (w *world) put(policy string) {
	w.t.Helper()
	w.putAs(account, policy)
}

// pipelineRole is who denyAllExceptPipeline spares.
const pipelineRole = account + ".role.PipelineAccessS3"

// putAs is somebody putting a bucket policy.
func (w *world) putAs(who, policy string) {
	w.t.Helper()
	_, err := s3.NewFromConfig(w.config(who)).PutBucketPolicy(context.Background(),
		&s3.PutBucketPolicyInput{Bucket: aws.String("payroll"), Policy: aws.String(policy)})
	if err != nil {
		w.t.Fatal(err)
	}
}

// read is an administrator reading the bucket's policy: the error's code, or "".
func (w *world) read(who string) string {
	_, err := s3.NewFromConfig(w.config(who)).GetBucketPolicy(context.Background(),
		&s3.GetBucketPolicyInput{Bucket: aws.String("payroll")})
	return code(err)
}

// same tells whether two policies say the same: CloudTrail writes them anew.
func same(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

func code(err error) string {
	if err == nil {
		return ""
	}
	for _, known := range []string{"AccessDenied", "NoSuchBucketPolicy"} {
		if strings.Contains(err.Error(), known) {
			return known
		}
	}
	return err.Error()
}

// setQueue is an administrator putting a queue policy.
func (w *world) setQueue(policy string) {
	w.t.Helper()
	w.setQueueAs(account, policy)
}

// setQueueAs is somebody putting a queue policy.
func (w *world) setQueueAs(who, policy string) {
	w.t.Helper()
	_, err := sqs.NewFromConfig(w.config(who)).SetQueueAttributes(context.Background(),
		&sqs.SetQueueAttributesInput{QueueUrl: aws.String(w.base + "/" + account + "/orders"),
			Attributes: map[string]string{"Policy": policy}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// settle delivers what is on the queue until it is empty, letting time pass for what comes again.
func (w *world) settle() {
	w.t.Helper()
	for range 90 {
		for w.Deliver(context.Background()) > 0 {
		}
		if len(w.cloud.Bodies(w.Queue)) == 0 {
			return
		}
		w.pass(time.Minute)
	}
	w.t.Fatal("the queue does not empty")
}

// subjects are the subjects of the mails so far.
func (w *world) subjects() []string { return subjectsOf(w.cloud.Inbox(w.Topics.Alerts)) }

func (w *world) pages() []string { return subjectsOf(w.cloud.Inbox(w.Topics.Pages)) }

func subjectsOf(mails []cloud.Mail) []string {
	var subjects []string
	for _, m := range mails {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

// changes are the calls that changed a policy, made by root.
func (w *world) changes() []string {
	var changes []string
	for _, c := range w.cloud.Calls() {
		if strings.HasSuffix(c.Caller, ":root") && !strings.HasPrefix(c.Action, "Get") {
			changes = append(changes, fmt.Sprintf("%s %s", c.Action, c.Resource))
		}
	}
	return changes
}
