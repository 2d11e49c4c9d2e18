package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
	files "locksmith/test/events"
	"locksmith/test/lambda"
	"locksmith/test/pipeline"
)

const (
	accounts  = 1000
	processes = 4 // of the function, at work at once
)

// A storm is a number of changes, a tenth of them lockouts, spread over the accounts.
type storm struct {
	*pipeline.Pipeline
	cloud   *cloud.Cloud
	changes int
	idle    chan *lambda.Process
	all     []*lambda.Process

	mu    sync.Mutex
	calls []cloud.Call // all of the storm, since the cloud itself keeps only the latest ten thousand
}

// A bill is what a storm has cost.
type bill struct {
	processor time.Duration // time of it, in the function's processes
	memory    int           // the most that one of them had at a time, in kilobytes
}

// tooMuch is how many times the processor time of 1,000 changes 10,000 may take. The aim is eleven, and the log says
// what it was. A busy machine may take longer, but what grows with the square of the changes would take a hundred
// times.
const tooMuch = 30

// TestStorm: 10,000 changes are settled as 1,000 are, with the same calls for each, and the memory does not grow.
func TestStorm(t *testing.T) {
	if testing.Short() {
		t.Skip("the function is not built in -short: the storm is skipped")
	}
	f, err := lambda.Unlock("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	small, large := run(t, f, 1000), run(t, f, 10000)
	ratio := large.processor.Seconds() / small.processor.Seconds()
	t.Logf("processor time: %v for 1,000 changes, %v for 10,000, %.1f times as much; memory: %d and %d kB",
		small.processor, large.processor, ratio, small.memory, large.memory)
	if ratio > tooMuch {
		t.Errorf("10,000 changes took %.1f times the processor time of 1,000", ratio)
	}
	if large.memory > small.memory*3/2 {
		t.Errorf("a process had %d kB after its share of 10,000 changes, and %d kB after that of 1,000", large.memory,
			small.memory)
	}
}

func run(t *testing.T, f lambda.Function, changes int) bill {
	s := begin(t, f, changes)
	s.settle(t)
	s.checkCalls(t, changes/10)
	s.check(t)
	var b bill
	for _, p := range s.all {
		b.memory = max(b.memory, peak(t, p.ID()))
		p.Kill()
		b.processor += p.State().UserTime() + p.State().SystemTime()
	}
	return b
}

// begin makes the accounts' buckets, locks every tenth, and tells the bus of every change.
func begin(t *testing.T, f lambda.Function, changes int) *storm {
	t.Helper()
	s := &storm{cloud: cloud.New(cloud.Config{}), changes: changes, idle: make(chan *lambda.Process, processes)}
	server := httptest.NewServer(s.cloud)
	t.Cleanup(server.Close)
	var err error
	if s.Pipeline, err = pipeline.New(s.cloud, server.URL, pipeline.Options{Visibility: 12 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	s.Function = s.handle
	list := filepath.Join(t.TempDir(), "allowlist.json")
	if err := os.WriteFile(list, allowList(), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := append(s.Environment(), "LOCKSMITH_ALLOWLIST="+list, "LOCKSMITH_BREAKER=1000000")
	for range processes {
		p, err := f.Start(environment)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Kill)
		s.all = append(s.all, p)
		s.idle <- p
	}
	for i := range changes {
		s.cloud.PutBucket(account(i), "eu-central-1", bucket(i))
		event := s.event(t, i)
		s.cloud.SetPolicy("arn:aws:s3:::"+bucket(i), policyOf(t, event))
		s.cloud.PutEvent(event)
	}
	s.cloud.OnCall(func(c cloud.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, c)
	})
	return s
}

func account(i int) string { return fmt.Sprintf("%012d", 500000000000+i%accounts) }

func bucket(i int) string { return fmt.Sprintf("storm-%05d", i) }

// locks tells whether a change is a lockout. Every tenth is, in another tenth of the accounts in each thousand, so that
// ten thousand reach them all.
func locks(i int) bool { return i%10 == i/accounts%10 }

// event is one of test/events, about another bucket.
func (s *storm) event(t *testing.T, i int) []byte {
	file := "04-s3-tls-only.json"
	if locks(i) {
		file = "02-s3-deny-all.json"
	}
	text, err := files.Files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSuffix(file, ".json")[:2]
	return []byte(strings.NewReplacer("111122223333", account(i), "payroll", bucket(i),
		"00000000-0000-4000-8000-0000000000"+id, fmt.Sprintf("00000000-0000-4000-8000-%012d", i)).Replace(string(text)))
}

func policyOf(t *testing.T, event []byte) string {
	var e struct {
		Detail struct {
			RequestParameters struct{ BucketPolicy json.RawMessage }
		}
	}
	if err := json.Unmarshal(event, &e); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Detail.RequestParameters.BucketPolicy); err != nil {
		t.Fatal(err)
	}
	return compact.String()
}

func allowList() []byte {
	var all []string
	for i := range accounts {
		all = append(all, `"`+account(i)+`"`)
	}
	return []byte(`{"organization":"o-a1b2c3d4e5","rules":[{"name":"all","accounts":[` + strings.Join(all, ",") +
		`],"resources":["arn:aws:s3:::*"],"action":"delete","owner":"o","reason":"r","expires":"2099-12-31"}]}`)
}

// handle gives a batch to a process that has nothing to do.
func (s *storm) handle(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
	text, err := json.Marshal(batch)
	if err != nil {
		return answer, err
	}
	p := <-s.idle
	a, err := p.Invoke(ctx, text)
	s.idle <- p
	if err != nil {
		return answer, err
	}
	err = json.Unmarshal([]byte(a.Body), &answer)
	return answer, err
}

// settle delivers batches of ten until the queue is empty.
func (s *storm) settle(t *testing.T) {
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			for s.Deliver(t.Context()) > 0 {
			}
		})
	}
	all.Wait()
}

// check holds the settled storm to its promises.
func (s *storm) check(t *testing.T) {
	t.Helper()
	if left, dead := len(s.cloud.Bodies(s.Queue)), len(s.cloud.Bodies(s.DeadLetters)); left != 0 || dead != 0 {
		t.Errorf("%d events are left, %d dead", left, dead)
	}
	for i := range s.changes {
		if open := s.cloud.Policy("arn:aws:s3:::"+bucket(i)) == ""; open != locks(i) {
			t.Errorf("%s: policy gone %t, want %t", bucket(i), open, locks(i))
		}
	}
	lockouts := s.changes / 10
	closed := 0
	for _, e := range s.Incidents() {
		if e.State == remedy.Closed && e.Outcome.Result == remedy.Unlocked && e.Saved != "" {
			closed++
		}
	}
	if mails := len(s.cloud.Inbox(s.Topics.Alerts)); mails != lockouts || closed != lockouts {
		t.Errorf("%d mails, %d incidents closed as unlocked, want %d", mails, closed, lockouts)
	}
}

// checkCalls counts the calls of all unlocks, and of each bucket.
func (s *storm) checkCalls(t *testing.T, lockouts int) {
	t.Helper()
	total, ofBucket := map[string]int{}, map[string]map[string]int{}
	for _, c := range s.calls {
		total[c.Service+":"+c.Action]++
		if c.Service == "s3" {
			if ofBucket[c.Resource] == nil {
				ofBucket[c.Resource] = map[string]int{}
			}
			ofBucket[c.Resource][c.Action]++
		}
	}
	for call, each := range map[string]int{"sts:AssumeRoot": 1, "s3:GetBucketPolicy": 3, "s3:DeleteBucketPolicy": 1,
		"dynamodb:TransactWriteItems": 4, "dynamodb:GetItem": 1, // what was there before
		"dynamodb:PutItem": 1, "sns:Publish": 2} { // the session that was opened
		if total[call] != each*lockouts {
			t.Errorf("%s was called %d times, want %d for each of %d lockouts", call, total[call], each, lockouts)
		}
		delete(total, call)
	}
	if len(total) != 0 {
		t.Errorf("other calls: %v", total)
	}
	for arn, calls := range ofBucket {
		if calls["GetBucketPolicy"] != 3 || calls["DeleteBucketPolicy"] != 1 {
			t.Errorf("%s: %v", arn, calls)
		}
	}
}

// peak is the most memory that a process had at a time, in kilobytes, where the system says it (Linux).
func peak(t *testing.T, id int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", id))
	if err != nil {
		t.Logf("the memory of the processes is not known on this system: %v", err)
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kilobytes int
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		t.Fatal(err)
	}
	return kilobytes
}
