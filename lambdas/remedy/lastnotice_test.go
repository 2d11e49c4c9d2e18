package remedy_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// panicking is root with a bug in it.
type panicking struct{}

func (panicking) Open(context.Context, remedy.Change) (remedy.Session, error) { panic("boom") }

// TestAPanicIsTold: at the last try, as any failure is.
func TestAPanicIsTold(t *testing.T) {
	w := newWorld(t, rules)
	w.Flow.Root = panicking{}
	w.put(denyAll)
	w.settle()
	if len(w.pages()) != 1 || len(w.cloud.Bodies(w.DeadLetters)) != 1 ||
		!strings.Contains(w.cloud.Inbox(w.Topics.Alerts)[0].For("email"), "panic: boom") {
		t.Errorf("mails %q, pages %q", w.subjects(), w.pages())
	}
	if !strings.Contains(w.log.String(), "panicking.Open") {
		t.Error("the log has no stack")
	}
}

// TestTheLastNoticeHasTime: a service hangs, and at the last try people are told all the same.
func TestTheLastNoticeHasTime(t *testing.T) {
	w := hurried(t)
	w.Flow.Root = hanging{}
	w.pass(-9900 * time.Millisecond)
	ctx, cancel := context.WithDeadline(t.Context(), w.clock().Add(20*time.Second))
	defer cancel()
	body := w.cloud.Bodies(w.Queue)[0]
	answer, err := w.Flow.Batch(ctx, events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "m", Body: body, Attributes: map[string]string{"ApproximateReceiveCount": "5"}},
	}})
	if err != nil || len(answer.BatchItemFailures) != 1 || len(w.pages()) != 1 || ctx.Err() != nil {
		t.Errorf("%+v, %v, pages %q, %v", answer, err, w.pages(), ctx.Err())
	}
}

// TestWhatWasDoneIsNotToldAsFailed: the bucket was unlocked, and only the notice fails on one channel, to the end.
func TestWhatWasDoneIsNotToldAsFailed(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Resource == w.Topics.Chat {
			return &cloud.Fault{Code: "NotFound", Status: 404}
		}
		return nil
	})
	w.settle()
	for _, s := range w.subjects() {
		if !strings.Contains(s, "UNLOCKED") {
			t.Errorf("mail %q", s)
		}
	}
	if len(w.pages()) != 0 || len(w.cloud.Bodies(w.DeadLetters)) != 1 {
		t.Errorf("pages %q, %d dead letters", w.pages(), len(w.cloud.Bodies(w.DeadLetters)))
	}
}

// TestRefusedAfterTheAct: the policy was deleted, and then the service lets us look no more.
func TestRefusedAfterTheAct(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	var reads atomic.Int32
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Action == "GetBucketPolicy" && strings.HasSuffix(c.Caller, ":root") && reads.Add(1) > 2 {
			return &cloud.Fault{Code: "AccessDenied", Message: "no more", Status: 403}
		}
		return nil
	})
	w.settle()
	e := w.Incidents()[0]
	if e.Outcome.Result != remedy.Unlocked || e.Outcome.Removed != denyAll ||
		!strings.Contains(e.Outcome.Why, "did not let us look again") {
		t.Errorf("%+v", e.Outcome)
	}
}

// unsaved is a ledger that refuses to save, once.
type unsaved struct {
	remedy.Ledger
	refused bool
}

func (u *unsaved) Record(ctx context.Context, e remedy.Entry) error {
	if e.State == remedy.Saved && !u.refused {
		u.refused = true
		return errors.New("down")
	}
	return u.Ledger.Record(ctx, e)
}

// TestWhatWasNotSavedWasNotDone: the save failed, so nothing was deleted. A person unlocks the bucket before the next
// try, which must not claim it.
func TestWhatWasNotSavedWasNotDone(t *testing.T) {
	w := newWorld(t, rules)
	w.Flow.Ledger = &unsaved{Ledger: w.Flow.Ledger}
	w.put(denyAll)
	w.Deliver(context.Background())
	w.cloud.SetPolicy(bucketARN, "")
	w.settle()
	if subjects := w.subjects(); len(subjects) != 1 || !strings.Contains(subjects[0], "STOOD DOWN") {
		t.Errorf("mails %q", subjects)
	}
}

// TestABatchIsHandledAtOnce: an event that hangs stops no other, and two events about one resource wait for each other
// rather than for the queue.
func TestABatchIsHandledAtOnce(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.pass(2 * time.Minute) // no copy is stale
	body := w.cloud.Bodies(w.Queue)[0]
	hung := make(chan struct{})
	w.Flow.Root = slow{w.Flow.Root, hung}
	batch := events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "hangs", Body: strings.ReplaceAll(body, "payroll", "another")},
	}}
	for i := range 3 {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint("m", i),
			Body: strings.ReplaceAll(body, eventID(t, body), fmt.Sprint("00000000-0000-4000-8000-00000000000", i))})
	}
	w.cloud.PutBucket(account, region, "another")
	done := make(chan events.SQSEventResponse)
	go func() {
		answer, _ := w.Flow.Batch(context.Background(), batch)
		done <- answer
	}()
	for len(w.subjects()) < 3 {
		select {
		case <-done:
			t.Fatal("the batch is over")
		case <-time.After(time.Millisecond):
		}
	}
	close(hung)
	if answer := <-done; len(answer.BatchItemFailures) != 0 {
		t.Errorf("%+v", answer)
	}
}

// slow is an STS that answers about the other bucket once it is told to.
type slow struct {
	remedy.Root
	hung chan struct{}
}

func (s slow) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	if c.Name() == "another" {
		<-s.hung
	}
	return s.Root.Open(ctx, c)
}

// TestACredentialInAnErrorIsNotPassedOn: DynamoDB repeats the signed headers, as AWS services do with a wrong
// signature, and the event fails to the last.
func TestACredentialInAnErrorIsNotPassedOn(t *testing.T) {
	token := "FwoGZXIvYXdzE" + strings.Repeat("Qm9/", 60)
	w := newWorld(t, rules)
	w.put(denyAll)
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Service == "dynamodb" {
			return &cloud.Fault{Code: "InvalidSignatureException", Status: 400,
				Message: "The Canonical String should have been 'POST / x-amz-security-token:" + token + "'"}
		}
		return nil
	})
	w.settle()
	mails := w.cloud.Inbox(w.Topics.Alerts)
	if len(mails) == 0 || !strings.Contains(mails[0].For("email"), "[removed]") {
		t.Fatalf("mails %q", w.subjects())
	}
	all := w.log.String() + fmt.Sprint(mails, w.cloud.Inbox(w.Topics.Pages), w.cloud.Inbox(w.Topics.Chat))
	if strings.Contains(all, token[:40]) {
		t.Error("the token was passed on")
	}
}

// forgetful is a ledger that takes no outcome.
type forgetful struct{ remedy.Ledger }

func (f forgetful) Record(ctx context.Context, e remedy.Entry) error {
	if e.State == remedy.Settled {
		return errors.New("down")
	}
	return f.Ledger.Record(ctx, e)
}

// TestAnOutcomeThatCouldNotBeRecorded: the bucket was unlocked, and the ledger recorded that at no try. The last notice
// says what was done.
func TestAnOutcomeThatCouldNotBeRecorded(t *testing.T) {
	w := newWorld(t, rules)
	w.Flow.Ledger = forgetful{w.Flow.Ledger}
	w.put(denyAll)
	w.settle()
	if subjects := w.subjects(); len(subjects) != 1 || !strings.Contains(subjects[0], "UNLOCKED") ||
		len(w.pages()) != 0 || w.cloud.Policy(bucketARN) != "" {
		t.Errorf("mails %q, pages %q", subjects, w.pages())
	}
}
