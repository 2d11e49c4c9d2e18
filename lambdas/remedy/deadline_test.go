package remedy_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// hurried is a world of now, since deadlines are real, in which the queue shows its old policy for a minute.
func hurried(t *testing.T) *world {
	w := newWorldWith(t, strings.Replace(rules, "2027-06-30", "2099-12-31", 1),
		cloud.Config{QueuePropagation: time.Minute})
	w.now = time.Now().Add(-time.Hour)
	w.setQueue(denyAllQueue)
	w.pass(time.Hour)
	return w
}

// TestDoneButNotYetVisible: SQS still shows the old policy after the act. No worker waits for that, and nobody is told
// of what was not seen: the same message comes again.
func TestDoneButNotYetVisible(t *testing.T) {
	w := hurried(t)
	ctx, cancel := context.WithDeadline(t.Context(), w.clock().Add(50*time.Second))
	defer cancel()
	begun := w.clock()
	w.Deliver(ctx)
	if took := w.clock().Sub(begun); took > 10*time.Second {
		t.Errorf("it waited %v", took)
	}
	e := w.Incidents()
	if len(e) != 1 || e[0].State != remedy.Acted || e[0].Saved == "" || len(w.subjects()) != 0 {
		t.Errorf("%+v, mails %q", e, w.subjects())
	}
	w.settle()
	if e = w.Incidents(); e[0].State != remedy.Closed || e[0].Outcome.Result != remedy.Unlocked ||
		e[0].Outcome.Unseen || len(w.subjects()) != 1 || len(w.changes()) != 1 {
		t.Errorf("%+v, mails %q, changes %q", e, w.subjects(), w.changes())
	}
	if took := w.clock().Sub(begun); took > 2*time.Minute {
		t.Errorf("it took %v", took)
	}
}

// TestAStaleCopyIsNoReasonToStandDown: the event is there before the change shows. What is read is the open policy of
// before.
func TestAStaleCopyIsNoReasonToStandDown(t *testing.T) {
	t.Run("time enough", func(t *testing.T) {
		w := newWorldWith(t, rules, cloud.Config{QueuePropagation: 50 * time.Second})
		w.setQueue(denyAllQueue)
		begun := w.clock()
		w.settle()
		if got := w.cloud.Policy(queueARN); got != "" || len(w.subjects()) != 1 ||
			!strings.Contains(w.subjects()[0], "UNLOCKED") {
			t.Errorf("policy %q, mails %q", got, w.subjects())
		}
		if took := w.clock().Sub(begun); took > 3*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
	t.Run("no time left", func(t *testing.T) {
		w := newWorld(t, strings.Replace(rules, "2027-06-30", "2099-12-31", 1))
		w.now = time.Now()
		w.setQueue(denyAllQueue)
		w.cloud.SetPolicy(queueARN, "")
		ctx, cancel := context.WithDeadline(t.Context(), w.clock().Add(50*time.Second))
		defer cancel()
		w.Deliver(ctx)
		if len(w.subjects()) != 0 || len(w.cloud.Bodies(w.Queue)) != 1 {
			t.Errorf("mails %q, %d events left", w.subjects(), len(w.cloud.Bodies(w.Queue)))
		}
		w.settle()
		if len(w.subjects()) != 1 || !strings.Contains(w.subjects()[0], "STOOD DOWN") {
			t.Errorf("mails %q", w.subjects())
		}
	})
}

// TestAStaleCopyIsNoReasonToAct: Locksmith has unlocked the queue, and somebody has put a good policy there at once.
// The queue still shows the old one when another event about it comes.
func TestAStaleCopyIsNoReasonToAct(t *testing.T) {
	const good = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:orders",
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	w := newWorldWith(t, rules, cloud.Config{QueuePropagation: 59 * time.Second})
	w.Flow.LookAgain = []time.Duration{0} // so that it goes on at once
	w.setQueue(denyAllQueue)
	event := w.cloud.Bodies(w.Queue)[0]
	w.pass(time.Minute)
	w.Deliver(context.Background())
	w.setQueue(good)
	w.cloud.Send(w.Queue, strings.ReplaceAll(event, eventID(t, event), "00000000-0000-4000-8000-0000000000aa"))
	w.settle()
	if got := w.cloud.Policy(queueARN); got != good {
		t.Errorf("policy %q", got)
	}
	if subjects := w.subjects(); len(subjects) != 2 || !strings.Contains(subjects[1], "STOOD DOWN") {
		t.Errorf("mails %q", subjects)
	}
}

func eventID(t *testing.T, event string) string {
	_, rest, found := strings.Cut(event, `"eventID":"`)
	id, _, closed := strings.Cut(rest, `"`)
	if !found || !closed {
		t.Fatalf("no id in %s", event)
	}
	return id
}

// TestNoTimeLeft: the messages before this one in its batch have taken the time. It comes again, and nothing was begun.
func TestNoTimeLeft(t *testing.T) {
	w := hurried(t)
	w.cloud.ResetCalls()
	ctx, cancel := context.WithDeadline(t.Context(), w.clock().Add(15*time.Second))
	defer cancel()
	batch := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m1", Body: w.cloud.Bodies(w.Queue)[0]}}}
	answer, err := w.Flow.Batch(ctx, batch)
	if err != nil || len(answer.BatchItemFailures) != 1 || len(w.cloud.Calls()) != 0 {
		t.Errorf("%+v, %v, calls %v", answer, err, w.cloud.Calls())
	}
}

// TestAHangingServiceLeavesTime: a call hangs until the deadline. The lease is given back all the same, so that the
// next try need not wait for it.
func TestAHangingServiceLeavesTime(t *testing.T) {
	w := hurried(t)
	w.pass(-9900 * time.Millisecond) // its clock is behind, so that the test need not wait for ten seconds
	ctx, cancel := context.WithDeadline(t.Context(), w.clock().Add(20*time.Second))
	defer cancel()
	w.Flow.Root = hanging{}
	w.Deliver(ctx)
	if ctx.Err() != nil {
		t.Error("nothing was left of the time")
	}
	if _, err := w.Ledger.Claim(t.Context(), remedy.Incident{Change: w.Incidents()[0].Change}); err != nil {
		t.Errorf("the lease is still out: %v", err)
	}
}

// hanging is an STS that never answers.
type hanging struct{}

func (hanging) Open(ctx context.Context, _ remedy.Change) (remedy.Session, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
