package chaos

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// The accounts, each with a rule of its own, or none.
const (
	deleted  = "111122223333" // policies that lock are deleted
	repaired = "222233334444" // or repaired
	told     = "333344445555" // or told
	strange  = "444455556666" // no rule covers it
)

const allowList = `{"organization":"o-a1b2c3d4e5","deliberate":["Quarantine*"],"rules":[
	{"name":"delete","accounts":["111122223333"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"delete",
	"owner":"o","reason":"r"},
	{"name":"repair","accounts":["222233334444"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"repair",
	"owner":"o","reason":"r"},
	{"name":"notify","accounts":["333344445555"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"notify",
	"owner":"o","reason":"r"}]}`

// A template is a policy of which a person has said whether it locks. S, A, R stand for the service, its actions'
// prefix and the resource.
type template struct {
	locks bool   // it is a lockout, by hand
	told  bool   // people hear of it
	text  string // the policy
	rest  string // what a repair leaves, "" for nothing
}

const (
	tls = `{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R",
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	open  = `{"Version":"2012-10-17","Statement":[` + tls + `]}`
	every = `{"Sid":"All","Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R"}`
)

var templates = []template{
	{true, true, `{"Version":"2012-10-17","Statement":[` + every + `]}`, ""},
	{true, true, `{"Version":"2012-10-17","Statement":[` + tls + `,` + every + `]}`, open},
	{true, true, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",
		"NotPrincipal":{"AWS":"arn:aws:iam::OWNER:root"},"Action":"S:*","Resource":"R"},` + tls + `]}`, open},
	{true, true, `{"Version":"2012-10-17","Statement":[` + tls + `,{"Effect":"Deny","Principal":"*",
		"Action":"S:*","Resource":"R",
		"Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:OWNER:t"}}}]}`, open},
	{false, false, open, ""},
	{false, false, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R",
		"Condition":{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::OWNER:role/Pipeline"}}}]}`, ""},
	{false, true, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R",
		"Condition":{"StringNotEquals":{"aws:TLSVersion":"1.2"}}}]}`, ""},
	{false, true, `{"Version":"2012-10-17","Statement":[{"Sid":"Quarantine7","Effect":"Deny","Principal":"*",
		"Action":"S:*","Resource":"R"}]}`, ""},
}

// A resource is a bucket or a queue.
type resource struct{ arn, account, name string }

func (r resource) queue() bool { return strings.Contains(r.arn, ":sqs:") }

func (r resource) fill(policy string) string {
	service := "s3"
	if r.queue() {
		service = "sqs"
	}
	return strings.NewReplacer(`"S:*"`, `"`+service+`:*"`, `"R"`, `"`+r.arn+`"`, "OWNER", r.account).Replace(policy)
}

// A world is one run.
type world struct {
	*pipeline.Pipeline
	cloud     *cloud.Cloud
	base      string
	resources []resource
	labels    map[string]template // by policy text
	story     []string            // what happened, for a person
	log       bytes.Buffer

	mu     sync.Mutex // the servers of the cloud ask for faults by goroutines of their own
	dice   *rand.Rand
	now    time.Time
	down   map[string]time.Time // services, and until when
	over   bool                 // no more faults
	quiet  bool                 // there never were any
	broken []string
}

// IntN is a number from 0 to before n.
func (w *world) IntN(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n)
}

func (w *world) calm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

func newWorld(seed uint64) (*world, func(), error) {
	list, err := allowlist.Read([]byte(allowList))
	if err != nil {
		return nil, nil, err
	}
	w := &world{dice: rand.New(rand.NewPCG(seed, 23)), now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC),
		labels: map[string]template{}, down: map[string]time.Time{}}
	w.quiet = seed%10 == 0
	w.over = w.quiet
	w.cloud = cloud.New(cloud.Config{Now: w.clock, EventDelay: time.Duration(w.IntN(40)) * time.Second,
		QueuePropagation: time.Duration(w.IntN(60)) * time.Second})
	server := httptest.NewServer(w.cloud)
	w.base = server.URL
	w.Pipeline, err = pipeline.New(w.cloud, w.base, pipeline.Options{
		Allow: list, Now: w.clock, Wait: w.wait, Visibility: 3 * time.Minute, Tries: 50,
		Log:     slog.New(slog.NewJSONHandler(&w.log, nil)),
		Limits:  ledger.Limits{PerResource: 4, PerHour: 30, Lease: 5 * time.Minute},
		Retryer: pipeline.Impatient})
	if err != nil {
		server.Close()
		return nil, nil, err
	}
	for i, account := range []string{deleted, repaired, told, strange} {
		name := fmt.Sprintf("payroll%d", i)
		w.cloud.PutBucket(account, "eu-central-1", name)
		w.cloud.CreateQueue(account, "eu-central-1", name, nil)
		w.resources = append(w.resources, resource{"arn:aws:s3:::" + name, account, name},
			resource{"arn:aws:sqs:eu-central-1:" + account + ":" + name, account, name})
	}
	for _, r := range w.resources {
		for _, t := range templates {
			w.labels[r.fill(t.text)] = template{t.locks, t.told, r.fill(t.text), r.fill(t.rest)}
		}
	}
	w.Function = w.inOrder
	k := &killer{w, w.Flow.Root, w.Flow.Ledger, w.Flow.Teller}
	w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = k, k, k
	w.cloud.OnCall(w.watch)
	w.cloud.Fail(w.fault)
	return w, server.Close, nil
}

// inOrder hands the function one message at a time, so that a seed gives the same world each time.
func (w *world) inOrder(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
	for _, m := range batch.Records {
		one, err := w.Flow.Batch(ctx, events.SQSEvent{Records: []events.SQSMessage{m}})
		if err != nil {
			return answer, err
		}
		answer.BatchItemFailures = append(answer.BatchItemFailures, one.BatchItemFailures...)
	}
	return answer, nil
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

func (w *world) tell(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.story = append(w.story, w.now.Format("15:04:05 ")+fmt.Sprintf(format, arguments...))
}

// fault makes one call in seven of the product fail, in one way or another, and all that go to a service that is down.
func (w *world) fault(c cloud.Call) *cloud.Fault {
	if w.calm() || c.Action == "Scan" { // only this test scans
		return nil
	}
	if c.Account != "999988887777" && !strings.HasSuffix(c.Caller, ":root") {
		return nil
	}
	if w.isDown(c.Service) {
		return &cloud.Fault{Code: "ServiceUnavailable", Status: 503}
	}
	if w.IntN(7) > 0 {
		return nil
	}
	all := []cloud.Fault{{Code: "Throttling", Message: "Rate exceeded", Status: 400},
		{Code: "InternalError", Status: 500}, {Code: "SlowDown", Status: 503},
		{Code: "InternalError", Status: 500, AfterEffect: true}, {DropReply: true}, {DropRequest: true},
		{Code: "ExpiredToken", Status: 400}}
	f := all[w.IntN(len(all))]
	w.tell("%s fails: %s %d after=%v lost=%v,%v", c.Action, f.Code, f.Status, f.AfterEffect, f.DropRequest, f.DropReply)
	return &f
}

func (w *world) isDown(service string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now.Before(w.down[service])
}

// outage takes a service down for a while.
func (w *world) outage() {
	service, while := []string{"dynamodb", "sns", "sts", "s3", "sqs"}[w.IntN(5)],
		time.Duration(1+w.IntN(20))*time.Minute
	w.tell("%s is down for %v", service, while)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down[service] = w.now.Add(while)
}

// act lets something happen.
func (w *world) act() {
	r := w.resources[w.IntN(len(w.resources))]
	switch w.IntN(12) {
	case 0, 1, 2, 3:
		t := templates[w.IntN(len(templates))]
		err := w.put(r, r.fill(t.text))
		w.tell("%s gets %s: %v", r.arn, r.fill(t.text), err)
	case 4: // the owner unlocks it with a root password that he should not have
		if label, ok := w.labels[w.cloud.Policy(r.arn)]; ok && label.locks {
			w.tell("the owner of %s unlocks it", r.arn)
			w.cloud.SetPolicy(r.arn, []string{"", r.fill(open)}[w.IntN(2)])
		}
	case 5: // events come twice, and in another order
		bodies := w.cloud.Bodies(w.Queue)
		if len(bodies) > 0 {
			w.tell("an event comes twice")
			w.cloud.Send(w.Queue, bodies[w.IntN(len(bodies))])
		}
	case 6:
		w.pass(time.Duration(w.IntN(600)) * time.Second)
	case 7:
		if w.IntN(3) == 0 {
			w.outage()
		}
	default:
		w.Deliver(context.Background())
	}
}

// put is an administrator putting a policy, who may be refused.
func (w *world) put(r resource, policy string) error {
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(w.base),
		Credentials: credentials.NewStaticCredentialsProvider(r.account, "any", ""), RetryMaxAttempts: 1}
	var err error
	if r.queue() {
		_, err = sqs.NewFromConfig(cfg).SetQueueAttributes(context.Background(),
			&sqs.SetQueueAttributesInput{QueueUrl: aws.String(w.base + "/" + r.account + "/" + r.name),
				Attributes: map[string]string{"Policy": policy}})
	} else {
		_, err = s3.NewFromConfig(cfg).PutBucketPolicy(context.Background(),
			&s3.PutBucketPolicyInput{Bucket: &r.name, Policy: &policy})
	}
	if err != nil && !strings.Contains(err.Error(), "AccessDenied") {
		w.breaks("an administrator's call: %v", err)
	}
	return err
}

// settle ends the faults, and delivers until nothing is left to deliver.
func (w *world) settle() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.tell("calm")
	for range 60 {
		w.pass(6 * time.Minute) // longer than the visibility timeout, and than a lease
		for w.Deliver(context.Background()) > 0 {
		}
		if len(w.cloud.Bodies(w.Queue)) == 0 {
			return
		}
	}
	w.breaks("every event is acknowledged, retried or a dead letter: the queue does not empty")
}

// A killer is a process that dies now and then between two steps: it panics, and nothing that would come after it
// happens.
type killer struct {
	w *world
	remedy.Root
	remedy.Ledger
	remedy.Teller
}

func (k *killer) maybe(place string) {
	if !k.w.calm() && k.w.IntN(25) == 0 {
		k.w.tell("killed %s", place)
		panic("killed " + place)
	}
}

func (k *killer) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	k.maybe("before AssumeRoot")
	s, err := k.Root.Open(ctx, c)
	return mortal{s, k}, err
}

func (k *killer) Claim(ctx context.Context, i remedy.Incident) (remedy.Entry, error) {
	k.maybe("before the claim")
	e, err := k.Ledger.Claim(ctx, i)
	k.maybe("after the claim")
	return e, err
}

func (k *killer) Record(ctx context.Context, e remedy.Entry) error {
	k.maybe("before " + string(e.State))
	err := k.Ledger.Record(ctx, e)
	k.maybe("after " + string(e.State))
	return err
}

func (k *killer) Tell(ctx context.Context, n remedy.Notice, told []remedy.Channel) ([]remedy.Channel, error) {
	k.maybe("before telling")
	told, err := k.Teller.Tell(ctx, n, told)
	k.maybe("after telling")
	return told, err
}

type mortal struct {
	remedy.Session
	killer *killer
}

func (m mortal) Policy(ctx context.Context) (string, error) {
	policy, err := m.Session.Policy(ctx)
	m.killer.maybe("after reading")
	return policy, err
}

func (m mortal) Delete(ctx context.Context) error {
	m.killer.maybe("before deleting")
	err := m.Session.Delete(ctx)
	m.killer.maybe("after deleting")
	return err
}

func (m mortal) Put(ctx context.Context, policy string) error {
	m.killer.maybe("before putting")
	err := m.Session.Put(ctx, policy)
	m.killer.maybe("after putting")
	return err
}
