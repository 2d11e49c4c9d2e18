package tasks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

const (
	account   = "111122223333"
	region    = "eu-central-1"
	bucketARN = "arn:aws:s3:::payroll"
	queueARN  = "arn:aws:sqs:eu-central-1:111122223333:orders"
	asker     = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_1a2b/kim@example.com"

	denyAll = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*",` +
		`"Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}]}`
	denyAllQueue = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Principal":"*",` +
		`"Action":"sqs:*","Resource":"arn:aws:sqs:eu-central-1:111122223333:orders"}]}`
	harmless = `{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":"arn:aws:s3:::payroll/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	goodQueue = `{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"sqs:*",` +
		`"Resource":"arn:aws:sqs:eu-central-1:111122223333:orders","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	// lockedWithTLS locks, and demands TLS as well.
	lockedWithTLS = `{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":"arn:aws:s3:::payroll/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},` +
		`{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*",` +
		`"Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}]}`
	// behindANetwork lets in the whole world, but for a lock.
	behindANetwork = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"Site","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"},` +
		`{"Sid":"All","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],` +
		`"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`

	// uncovered lets Locksmith touch nothing by itself: only people can have it act.
	uncovered = `{"organization":"o-a1b2c3d4e5","never":["arn:aws:s3:::org-trail-*"],"deliberate":["Quarantine*"],
		"rules":[{"name":"others","accounts":["222233334444"],"resources":["arn:aws:s3:::*"],"action":"delete","owner":"o",
		"reason":"r","expires":"2027-06-30"}]}`
)

// A world is the product on an AWS in one process, with a clock of its own, and the desk's tasks beside it.
type world struct {
	*pipeline.Pipeline
	tasks *tasks.Tasks
	t     *testing.T
	cloud *cloud.Cloud
	base  string
	log   bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T, allow string) *world {
	return newWorldOf(t, allow, cloud.Config{}, ledger.Defaults())
}

func newWorldOf(t *testing.T, allow string, c cloud.Config, limits ledger.Limits) *world {
	t.Helper()
	list, err := allowlist.Read([]byte(allow))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	c.Now = w.clock
	w.cloud = cloud.New(c)
	server := httptest.NewServer(w.cloud)
	t.Cleanup(server.Close)
	w.base = server.URL
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	w.Pipeline, err = pipeline.New(w.cloud, server.URL, pipeline.Options{Allow: list, Now: w.clock, Wait: w.wait,
		Visibility: 3 * time.Minute, Tries: 10, Log: log, Limits: limits, Retryer: pipeline.Impatient})
	if err != nil {
		t.Fatal(err)
	}
	root, err := awsroot.New(w.Config(), awsroot.Options{ManagementAccount: w.cloud.Config().ManagementAccount,
		Opened: w.Sessions.Opened, Desk: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Flow.People = true
	flow := *w.Flow
	flow.Root = root
	w.tasks = &tasks.Tasks{Flow: &flow, Finder: root, Ledger: w.Ledger, Now: w.clock, Log: log}
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
	return aws.Config{Region: region, BaseEndpoint: &w.base,
		Credentials: credentials.NewStaticCredentialsProvider(who, "any", ""), RetryMaxAttempts: 1}
}

// put is an administrator putting a bucket policy, and setQueue a queue policy.
func (w *world) put(policy string) {
	w.t.Helper()
	_, err := s3.NewFromConfig(w.config(account)).PutBucketPolicy(context.Background(),
		&s3.PutBucketPolicyInput{Bucket: aws.String("payroll"), Policy: &policy})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) setQueue(policy string) {
	w.t.Helper()
	_, err := sqs.NewFromConfig(w.config(account)).SetQueueAttributes(context.Background(),
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

// asked is a request as the desk has it once it is looked at: approved, and bound to what was shown.
func (w *world) asked(r requests.Request) requests.Request {
	w.t.Helper()
	r, err := w.submitted(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// submitted looks at what is asked for as the desk does.
func (w *world) submitted(r requests.Request) (requests.Request, error) {
	if r.ID == "" {
		r.ID = fmt.Sprintf("r%d", w.clock().UnixNano())
	}
	r.Account, r.By, r.Reason, r.Ticket = account, asker, "nobody gets in", "OPS-17"
	sight, err := w.tasks.Look(context.Background(), r)
	if err != nil {
		return r, err
	}
	r.Resource, r.Region, r.Shown = sight.Resource, sight.Region, sight.Policy
	r.Digest, r.Task = "bound", sight.Task
	return r, nil
}

// does has a request done as the desk does, however often it is too early.
func (w *world) does(r requests.Request) (requests.Outcome, error) {
	w.t.Helper()
	for range 10 {
		out, err := w.tasks.Do(context.Background(), r)
		later := (*remedy.Later)(nil)
		if !errors.As(err, &later) {
			return out, err
		}
		w.pass(max(later.Until.Sub(w.clock()), time.Second))
	}
	w.t.Fatal("too early, ten times")
	return requests.Outcome{}, nil
}

// changes are the calls that changed a policy, made by root.
func (w *world) changes() (changes []string) {
	for _, c := range w.cloud.Calls() {
		reads := strings.HasPrefix(c.Action, "Get") || strings.HasPrefix(c.Action, "List")
		if strings.HasSuffix(c.Caller, ":root") && !reads {
			changes = append(changes, c.Action+" "+c.Resource)
		}
	}
	return changes
}

func (w *world) mails() (subjects []string) { return subjectsOf(w.cloud.Inbox(w.Topics.Alerts)) }

func (w *world) paged() (subjects []string) { return subjectsOf(w.cloud.Inbox(w.Topics.Pages)) }

func subjectsOf(mails []cloud.Mail) (subjects []string) {
	for _, m := range mails {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}
