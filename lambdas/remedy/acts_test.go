package remedy_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// What a spared role puts right at the moment when we act: it stays, or it is kept and told, whenever its event comes.

// opening lets something happen when root is opened for the first time.
type opening struct {
	remedy.Root
	do func()
}

func (o *opening) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	if do := o.do; do != nil {
		o.do = nil
		do()
	}
	return o.Root.Open(ctx, c)
}

// TestACorrectionWhoseEventComesWhileWeWorkStays: it is put and handled while another worker has claimed the lock and
// looks at an old copy.
func TestACorrectionWhoseEventComesWhileWeWorkStays(t *testing.T) {
	w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 50 * time.Second})
	w.Flow.Root = &opening{w.Flow.Root, func() {
		w.setQueueAs(pipelineRole, goodQueue)
		w.Deliver(context.Background())
	}}
	w.setQueue(lockedButPipeline)
	w.pass(time.Minute)
	w.settle()
	if got := w.cloud.Policy(queueARN); got != goodQueue || len(w.changes()) != 0 {
		t.Errorf("policy %s, changes %q", got, w.changes())
	}
	if e := w.Incidents()[0]; e.Outcome.Result != remedy.StoodDown || e.Token || len(e.Kept) != 0 {
		t.Errorf("%+v", e)
	}
}

// withhold leaves the messages with a text on the queue.
func (w *world) withhold(text *string) {
	inner := w.Function
	w.Function = func(ctx context.Context, all events.SQSEvent) (events.SQSEventResponse, error) {
		var failed []events.SQSBatchItemFailure
		all.Records = slices.DeleteFunc(all.Records, func(m events.SQSMessage) bool {
			held := *text != "" && strings.Contains(m.Body, *text)
			if held {
				failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
			return held
		})
		answer, err := inner(ctx, all)
		answer.BatchItemFailures = append(answer.BatchItemFailures, failed...)
		return answer, err
	}
}

// keptAndTold holds the world to what it owes a correction that went with an act.
func (w *world) keptAndTold() {
	w.t.Helper()
	kept, told := false, false
	for _, e := range w.Incidents() {
		for _, k := range w.find(e).Copies {
			kept = kept || same(w.t, k.Policy, goodQueue)
		}
	}
	for _, m := range w.cloud.Inbox(w.Topics.Alerts) {
		text := strings.Join(strings.Fields(m.For("email")), " ")
		told = told || strings.Contains(text, "may have been taken off with it; it is kept in the ledger")
	}
	if !kept || !told {
		w.t.Errorf("kept: %t, told: %t, mails %q", kept, told, w.subjects())
	}
}

// TestACorrectionThatWentIsKeptWhereTheActIsResumed: nothing can be read after the act, and the retry that sees its
// effect comes minutes before the correction's event.
func TestACorrectionThatWentIsKeptWhereTheActIsResumed(t *testing.T) {
	w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 50 * time.Second})
	held, blind := "SecureTransport", false
	w.withhold(&held)
	w.Flow.Root = &between{Root: w.Flow.Root,
		before: func() { w.setQueueAs(pipelineRole, goodQueue) }, after: func() { blind = true }}
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if blind && c.Action == "GetQueueAttributes" {
			return &cloud.Fault{Code: "InternalError", Status: 500}
		}
		return nil
	})
	w.setQueue(lockedButPipeline)
	w.pass(time.Minute)
	w.Deliver(context.Background())
	if blind == false || w.cloud.Policy(queueARN) != "" {
		t.Fatalf("policy %s", w.cloud.Policy(queueARN))
	}
	blind = false
	w.pass(4 * time.Minute)
	w.Deliver(context.Background())
	if e := w.Incidents()[0]; e.State != remedy.Closed || e.Outcome.Result != remedy.Unlocked {
		t.Fatalf("%s, %+v", e.State, e.Outcome)
	}
	held = ""
	w.settle()
	w.keptAndTold()
}

// TestACorrectionThatWentIsKeptAfterAnotherAct: its event comes only after we have acted once more.
func TestACorrectionThatWentIsKeptAfterAnotherAct(t *testing.T) {
	w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 50 * time.Second})
	held := "SecureTransport"
	w.withhold(&held)
	root := w.Flow.Root
	w.Flow.Root = &between{Root: root, before: func() { w.setQueueAs(pipelineRole, goodQueue) }}
	for range 2 {
		w.setQueue(lockedButPipeline)
		w.pass(time.Minute)
		w.Deliver(context.Background())
		w.pass(2 * time.Minute)
		w.Deliver(context.Background())
		w.Flow.Root = root
	}
	if got := len(w.changes()); got != 2 {
		t.Fatalf("%d changes", got)
	}
	held = ""
	w.settle()
	w.keptAndTold()
}

// TestALockThatWentWithAnActOnAnotherIsKept: a spared role puts the first lock right, and somebody locks anew, while an
// old copy shows the first. What goes with the act is a lockout, too, and can be put back from its own event's entry.
func TestALockThatWentWithAnActOnAnotherIsKept(t *testing.T) {
	w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 50 * time.Second})
	w.Flow.Root = &between{Root: w.Flow.Root, before: func() {
		w.setQueueAs(pipelineRole, goodQueue)
		w.setQueue(denyAllQueue)
	}}
	w.setQueue(lockedButPipeline)
	w.pass(time.Minute)
	w.settle()
	if got := w.cloud.Policy(queueARN); got != "" || len(w.changes()) != 1 {
		t.Errorf("policy %s, changes %q", got, w.changes())
	}
	w.keptAndTold()
	for _, e := range w.Incidents() {
		if !same(t, e.Change.Policy, denyAllQueue) {
			continue
		}
		if copies := w.find(e).Copies; len(copies) != 1 || !same(t, copies[0].Policy, denyAllQueue) {
			t.Errorf("copies %+v", copies)
		}
		return
	}
	t.Error("the second lock has no incident")
}

// TestALockThatWentIsKeptThoughASweepFoundIt: the sweep was shown the lock after the act that it went with, and its
// finding comes to nothing before the lock's event arrives, or is claimed and not finished by then. The finding keeps
// no copy, so the event has to.
func TestALockThatWentIsKeptThoughASweepFoundIt(t *testing.T) {
	const id = "sweep-1-0123456789abcdef"
	for name, finished := range map[string]bool{"which is over": true, "which goes on": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 50 * time.Second})
			second, held := strings.Replace(denyAllQueue, "DenyAll", "Second", 1), "Second"
			w.withhold(&held)
			w.Flow.Root = &between{Root: w.Flow.Root, before: func() {
				w.setQueueAs(pipelineRole, goodQueue)
				w.setQueue(second)
			}}
			w.setQueue(lockedButPipeline)
			w.pass(time.Minute)
			w.Deliver(context.Background())
			w.pass(20 * time.Second)
			w.cloud.Send(w.Queue, string(remedy.Finding(remedy.Change{EventID: id, Call: remedy.Sweep,
				Resource: queueARN, Account: account, Region: region, Time: w.clock(), Policy: denyAllQueue})))
			if root := w.Flow.Root; !finished {
				w.Flow.Root = unreachable{root, remedy.Sweep}
				w.pass(4 * time.Minute)
				w.Deliver(context.Background())
				w.Flow.Root, held = root, id
			}
			for range 4 {
				w.pass(4 * time.Minute)
				w.Deliver(context.Background())
			}
			held = ""
			w.settle()
			w.mustKeepOnce(second)
		})
	}
}

// mustKeepOnce wants one copy of a queue's policy that went with the one act there was.
func (w *world) mustKeepOnce(policy string) {
	w.t.Helper()
	kept := 0
	for _, e := range w.Incidents() {
		for _, k := range w.find(e).Copies {
			if same(w.t, k.Policy, policy) {
				kept++
			}
		}
	}
	if got := w.cloud.Policy(queueARN); kept != 1 || got != "" || len(w.changes()) != 1 {
		w.t.Errorf("kept %d times, policy %s, changes %q", kept, got, w.changes())
	}
}

// unreachable opens no root session for a call's changes, for now.
type unreachable struct {
	remedy.Root
	call string
}

func (r unreachable) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	if c.Call == r.call {
		return nil, errors.New("STS is out of reach")
	}
	return r.Root.Open(ctx, c)
}

// TestALockThatIsThereAgainAtOnce: the same lock is put in the second in which we act on it, and may have gone with the
// act. Its copy is kept once, and it is unlocked.
func TestALockThatIsThereAgainAtOnce(t *testing.T) {
	w := newWorld(t, rules)
	for range 2 {
		w.put(denyAll)
		w.Deliver(context.Background())
	}
	w.settle()
	for _, e := range w.Incidents() {
		if e.State != remedy.Closed || len(e.Kept) == 0 {
			t.Errorf("%+v", e)
		}
	}
	if got := w.cloud.Policy(bucketARN); got != "" {
		t.Errorf("policy %s", got)
	}
}

// TestAStaleLockIsNotActedOnForAnotherEvent: the event of a correction that went with an act is looked at right after
// an act on a second lock. The queue still shows that lock, and somebody has put a good policy since.
func TestAStaleLockIsNotActedOnForAnotherEvent(t *testing.T) {
	w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 50 * time.Second})
	held := "SecureTransport"
	w.withhold(&held)
	root := w.Flow.Root
	w.Flow.Root = &between{Root: root, before: func() { w.setQueueAs(pipelineRole, goodQueue) }}
	w.setQueue(lockedButPipeline)
	w.pass(time.Minute)
	w.Deliver(context.Background())
	w.Flow.Root = root
	w.pass(4 * time.Minute)
	w.Deliver(context.Background())
	event := w.cloud.Bodies(w.Queue)[0]
	w.setQueue(denyAllQueue)
	w.pass(time.Minute)
	w.Deliver(context.Background())
	if got := len(w.changes()); got != 2 || !strings.Contains(event, held) {
		t.Fatalf("%d changes, held %s", got, event)
	}
	since := strings.Replace(goodQueue, `"Effect"`, `"Sid":"Since","Effect"`, 1)
	w.setQueue(since)
	held = "Since"
	w.cloud.Send(w.Queue, event)
	w.Deliver(context.Background())
	if got := w.cloud.Policy(queueARN); got != since || len(w.changes()) != 2 {
		t.Errorf("policy %s, changes %q", got, w.changes())
	}
	held = ""
	w.settle()
	w.keptAndTold()
}
