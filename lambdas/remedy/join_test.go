package remedy_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
)

// finding is what a sweep sends about the bucket, looked at now.
func (w *world) finding(policy string) string {
	id := "sweep-" + w.clock().Format("20060102T150405") + "-0123456789abcdef"
	return string(remedy.Finding(remedy.Change{EventID: id, Call: remedy.Sweep, Resource: bucketARN, Account: account,
		Region: region, Time: w.clock(), Policy: policy}))
}

// take takes the one message off the queue.
func (w *world) take() string {
	w.t.Helper()
	messages := w.cloud.Receive(w.Queue, 10, time.Minute)
	if len(messages) != 1 {
		w.t.Fatalf("%d messages, want one", len(messages))
	}
	w.cloud.Delete(w.Queue, messages[0].Receipt)
	return messages[0].Body
}

// mustBeOneIncident wants one incident, one act and one notice.
func (w *world) mustBeOneIncident() {
	w.t.Helper()
	w.mustBeUnlockedAndTold()
	if all := w.Incidents(); len(all) != 1 || all[0].State != remedy.Closed || all[0].Open {
		w.t.Errorf("incidents %+v", all)
	}
	if len(w.changes()) != 1 || len(w.subjects()) != 1 {
		w.t.Errorf("changes %q, mails %q", w.changes(), w.subjects())
	}
}

// TestAFindingIsUnlocked: no event has told of it.
func TestAFindingIsUnlocked(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.SetPolicy(bucketARN, denyAll)
	w.cloud.Send(w.Queue, w.finding(denyAll))
	w.settle()
	w.mustBeOneIncident()
	mail := unwrap(w.cloud.Inbox(w.Topics.Alerts)[0].For("email"))
	if !strings.Contains(mail, "found by a sweep; who put the policy is not known") {
		t.Error(mail)
	}
}

// TestEventAndSweepAreOneIncident: whichever is first, however often the sweep sends it.
func TestEventAndSweepAreOneIncident(t *testing.T) {
	for _, named := range []bool{false, true} {
		allow := rules
		if named {
			allow = namedRules("delete")
		}
		t.Run("event first", func(t *testing.T) {
			w := newWorld(t, allow)
			w.put(denyAll)
			w.pass(10 * time.Second)
			finding := w.finding(denyAll)
			w.settle()
			w.pass(time.Hour)
			w.cloud.Send(w.Queue, finding)
			w.settle()
			w.mustBeOneIncident()
		})
		t.Run("finding first, and twice", func(t *testing.T) {
			w := newWorld(t, allow)
			w.put(denyAll)
			event := w.take()
			w.pass(10 * time.Second)
			finding := w.finding(strings.Replace(denyAll, "DenyAllAccess", "", 1)) // means the same
			w.cloud.Send(w.Queue, finding)
			w.cloud.Send(w.Queue, finding)
			w.settle()
			w.pass(time.Hour)
			w.cloud.Send(w.Queue, event)
			w.cloud.Send(w.Queue, finding)
			w.settle()
			w.mustBeOneIncident()
		})
	}
}

var places = []string{"after the claim", "before AssumeRoot", "before saved", "after saved", "before deleting",
	"after deleting", "before settled", "after settled", "before telling", "after telling", "before closed",
	"after closed"}

// TestAnotherWorkerComesUponIt: at each step of the one's work, another worker handles the other, or the first dies.
func TestAnotherWorkerComesUponIt(t *testing.T) {
	for _, place := range places {
		for _, first := range []string{"event", "finding"} {
			for _, dies := range []bool{false, true} {
				name := first + ", " + place
				if dies {
					name += ", and it dies"
				}
				t.Run(name, func(t *testing.T) { comeUpon(t, place, first, dies) })
			}
		}
	}
}

func comeUpon(t *testing.T, place, first string, dies bool) {
	w := newWorld(t, rules)
	w.put(denyAll)
	event := w.take()
	w.pass(10 * time.Second)
	left := []string{event, w.finding(denyAll)}
	if first == "finding" {
		left = []string{left[1], left[0]}
	}
	one, two := *w.Flow, *w.Flow
	c := &crash{Root: one.Root, Ledger: one.Ledger, Teller: one.Teller, at: place}
	one.Root, one.Ledger, one.Teller = c, c, c
	failed := []error{nil, nil}
	c.does = func() {
		failed[1] = two.Handle(context.Background(), remedy.Delivery{Event: []byte(left[1]), Try: 1})
		if dies {
			panic("crash " + place)
		}
	}
	failed[0] = one.Handle(context.Background(), remedy.Delivery{Event: []byte(left[0]), Try: 1})
	for i, err := range failed {
		if err != nil {
			w.cloud.Send(w.Queue, left[i])
		}
	}
	w.settle()
	if dies && (place == "after telling" || place == "before closed") && len(w.subjects()) == 2 {
		return // that people were told is not in the ledger: they are told twice rather than not at all
	}
	w.mustBeOneIncident()
}

// TestTwoWorkersAtOnce: both are let go at the same moment, many times.
func TestTwoWorkersAtOnce(t *testing.T) {
	for range 20 {
		w := newWorld(t, rules)
		w.put(denyAll)
		event := w.take()
		w.pass(10 * time.Second)
		messages := []string{event, w.finding(denyAll), w.finding(denyAll)}
		var all sync.WaitGroup
		for _, m := range messages {
			all.Go(func() {
				if err := w.Flow.Handle(context.Background(), remedy.Delivery{Event: []byte(m), Try: 1}); err != nil {
					w.cloud.Send(w.Queue, m)
				}
			})
		}
		all.Wait()
		w.settle()
		w.mustBeOneIncident()
		if t.Failed() {
			return
		}
	}
}

// TestLockedAnewIsANewIncident: after the act somebody puts the same policy again, and only a sweep sees it.
func TestLockedAnewIsANewIncident(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.settle()
	w.pass(5 * time.Minute)
	w.cloud.SetPolicy(bucketARN, denyAll)
	w.cloud.Send(w.Queue, w.finding(denyAll))
	w.settle()
	if w.cloud.Policy(bucketARN) != "" || len(w.Incidents()) != 2 || len(w.changes()) != 2 || len(w.subjects()) != 2 {
		t.Errorf("%d incidents, changes %q, mails %q", len(w.Incidents()), w.changes(), w.subjects())
	}
	w.pass(time.Hour)
	w.put(denyAll) // and then an event tells of the next time
	w.settle()
	if len(w.Incidents()) != 3 || len(w.changes()) != 3 || len(w.subjects()) != 3 {
		t.Errorf("%d incidents, changes %q, mails %q", len(w.Incidents()), w.changes(), w.subjects())
	}
}

// TestPutAgainInTheSameSecond: CloudTrail's times are whole seconds, so an event that may be later than the act on a
// finding is looked at.
func TestPutAgainInTheSameSecond(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.SetPolicy(bucketARN, denyAll)
	w.pass(300 * time.Millisecond)
	w.cloud.Send(w.Queue, w.finding(denyAll))
	w.settle()
	w.pass(300 * time.Millisecond)
	w.put(denyAll)
	w.settle()
	if w.cloud.Policy(bucketARN) != "" || len(w.changes()) != 2 {
		t.Errorf("changes %q", w.changes())
	}
}

// TestASweepIsShownWhatWasThere: a service shows the old policy for a while after our act. That is looked at, and not
// told.
func TestASweepIsShownWhatWasThere(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.settle()
	w.pass(20 * time.Second)
	w.cloud.Send(w.Queue, w.finding(denyAll))
	w.settle()
	if len(w.changes()) != 1 || len(w.subjects()) != 1 {
		t.Errorf("changes %q, mails %q", w.changes(), w.subjects())
	}
	if last := w.Incidents()[1]; last.Outcome.Result != remedy.StoodDown || last.Quiet == "" {
		t.Errorf("%+v", last)
	}
}

// TestAFindingTakesUpWhatIsOpen: what is not covered is told once, and again each day, whoever comes by.
func TestAFindingTakesUpWhatIsOpen(t *testing.T) {
	w := newWorld(t, strings.Replace(rules, `"111122223333"`, `"222233334444"`, 1))
	w.put(denyAll)
	w.settle()
	for range 3 {
		w.pass(8*time.Hour + time.Minute)
		w.cloud.Send(w.Queue, w.finding(denyAll))
		w.settle()
	}
	if len(w.Incidents()) != 1 || len(w.pages()) != 2 || len(w.changes()) != 0 {
		t.Errorf("%d incidents, pages %q, changes %q", len(w.Incidents()), w.pages(), w.changes())
	}
	w.Flow.Allow = listOf(t, rules)
	w.pass(time.Hour)
	w.cloud.Send(w.Queue, w.finding(denyAll))
	w.settle()
	if len(w.Incidents()) != 1 || len(w.changes()) != 1 || w.cloud.Policy(bucketARN) != "" {
		t.Errorf("%d incidents, changes %q", len(w.Incidents()), w.changes())
	}
}

// TestAMeantSealIsNotPagedBySweeps: its event has told who set it. It is, where the list says another thing since.
func TestAMeantSealIsNotPagedBySweeps(t *testing.T) {
	allow := strings.Replace(rules, `"deliberate"`, `"sealers":["arn:aws:iam::*:role/SecurityResponse"],"deliberate"`, 1)
	meant := strings.Replace(denyAll, "DenyAllAccess", "QuarantineCase17", 1)
	w := newWorld(t, allow)
	w.putAs(account+".role.SecurityResponse", meant)
	w.settle()
	for range 3 {
		w.pass(24 * time.Hour)
		w.cloud.Send(w.Queue, w.finding(meant))
		w.settle()
	}
	if len(w.Incidents()) != 1 || len(w.subjects()) != 1 || len(w.pages()) != 0 {
		t.Errorf("%d incidents, mails %q, pages %q", len(w.Incidents()), w.subjects(), w.pages())
	}
	w.Flow.Allow = listOf(t, strings.Replace(allow, `["Quarantine*"]`, `[]`, 1))
	w.cloud.Send(w.Queue, w.finding(meant))
	w.settle()
	if w.cloud.Policy(bucketARN) != "" {
		t.Error("the mark means nothing any more, and it stays locked")
	}
}

// TestAForgedFindingDoesNothing: it says where to look, and no more.
func TestAForgedFindingDoesNothing(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.SetPolicy(bucketARN, harmless)
	w.cloud.Send(w.Queue, w.finding(denyAll))
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != harmless || len(w.changes()) != 0 {
		t.Errorf("policy %s, changes %q", got, w.changes())
	}
}

// TestABrokenFindingIsToldOnce: no retry mends it.
func TestABrokenFindingIsToldOnce(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.SetPolicy(bucketARN, denyAll)
	broken := strings.Replace(w.finding(denyAll), account, "root", 1)
	w.cloud.Send(w.Queue, broken)
	w.Deliver(context.Background())
	w.cloud.Send(w.Queue, broken)
	w.Deliver(context.Background())
	if len(w.pages()) != 1 || len(w.cloud.Bodies(w.Queue)) != 0 || len(w.changes()) != 0 {
		t.Errorf("pages %q, %d messages left, changes %q", w.pages(), len(w.cloud.Bodies(w.Queue)), w.changes())
	}
	w.pass(time.Minute)
	w.cloud.Send(w.Queue, w.finding(denyAll)) // it does not stand in the way of a whole one
	w.settle()
	if w.cloud.Policy(bucketARN) != "" {
		t.Error("it stays locked")
	}
}
