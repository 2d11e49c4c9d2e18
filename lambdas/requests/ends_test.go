package requests_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// TestWhatAWorkerSays: how a run ends, by what the work says.
func TestWhatAWorkerSays(t *testing.T) {
	key := "AKIA" + "IOSFODNN7EXAMPLE"
	steps := []requests.Step{{What: "access key", Result: "deleted"}}
	until := time.Date(2026, 11, 21, 8, 10, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		out   requests.Outcome
		err   error
		state requests.State
		page  bool
	}{
		"done":     {requests.Outcome{Result: "deleted", Steps: steps}, nil, requests.Done, false},
		"failed":   {requests.Outcome{Steps: steps}, fmt.Errorf("the key %s stays", key), requests.Failed, true},
		"not done": {requests.Outcome{Result: requests.StoodDown}, errors.New("it is gone"), requests.Failed, false},
		"not known": {requests.Outcome{Result: "unlocked"}, &remedy.NotKnown{Outcome: remedy.Outcome{Why: "no answer"}},
			requests.Unknown, true},
		"later": {requests.Outcome{Steps: steps}, &remedy.Later{Until: until, Why: "it settles"}, requests.Approved, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, 0)
			r.do = func(requests.Request) (requests.Outcome, error) { return row.out, row.err }
			q := r.asks(bobOnCall, wish())
			if q.State != row.state || q.Outcome != nil && len(q.Outcome.Steps) != len(row.out.Steps) {
				t.Fatalf("%s, %+v", q.State, q.Outcome)
			}
			if len(r.told) > 0 && r.told[0].Page != row.page || len(r.told) != 1 && q.State != requests.Approved {
				t.Errorf("%+v", r.told)
			}
			if strings.Contains(fmt.Sprint(r.stored, r.told), key) {
				t.Error("a key is told")
			}
		})
	}
}

// TestLater: what is too early comes back, within its hour and not before its time.
func TestLater(t *testing.T) {
	r := newRoom(t, 0)
	until := r.clock.Add(10 * time.Minute)
	done := 0
	r.do = func(requests.Request) (requests.Outcome, error) {
		if r.clock.Before(until) {
			return requests.Outcome{}, &remedy.Later{Until: until, Why: "it settles"}
		}
		done++
		return requests.Outcome{Result: "unlocked"}, nil
	}
	id := r.asks(bobOnCall, wish()).ID
	if q := r.state(id, requests.Approved); !q.After.Equal(until) || len(r.queue) != 1 || !r.queue[0].at.Equal(until) {
		t.Errorf("%+v, %v", q, r.queue)
	}
	r.runs(id)
	r.state(id, requests.Approved)
	r.clock = until
	r.runs(id)
	r.runs(id)
	if r.state(id, requests.Done); done != 1 {
		t.Errorf("done %d times", done)
	}
	r.tells("Unlock in 111122223333: done, unlocked")
}

// TestDoneInPart: what was deleted stays said, though the rest is not wanted any more.
func TestDoneInPart(t *testing.T) {
	r := newRoom(t, 0)
	r.do = func(requests.Request) (requests.Outcome, error) {
		return requests.Outcome{Steps: []requests.Step{{What: "access key", Result: "deleted"}}},
			&remedy.Later{Until: r.clock.Add(time.Minute), Why: "there was too little time"}
	}
	w := wish()
	w.Task, w.Resource = requests.DeleteCredentials, ""
	id := r.asks(cleo, w).ID
	_, _ = r.approves(bob, id)
	r.runs(id)
	r.state(id, requests.Approved)
	r.clock = r.clock.Add(time.Minute)
	r.change(func(f *facts) { f.units[first] = "" })
	q := r.runs(id)
	b := r.told[len(r.told)-1]
	if q.State != requests.Failed || q.Outcome.Result != "failed" || len(q.Outcome.Steps) != 1 || !b.Page ||
		!slices.Contains(b.Facts, remedy.Fact{Name: "access key", Value: "deleted"}) {
		t.Errorf("%+v, %+v", q.Outcome, b)
	}
}

// TestAWorkerThatDies: its request is not known to have run, and never runs again.
func TestAWorkerThatDies(t *testing.T) {
	r := newRoom(t, 0)
	r.do = func(requests.Request) (requests.Outcome, error) { panic(crash{}) }
	func() {
		defer func() { _ = recover() }() // the crash
		r.asks(bobOnCall, wish())
	}()
	id := "00000000000000000001"
	r.state(id, requests.Running)
	r.runs(id)
	r.state(id, requests.Running)
	r.clock = r.clock.Add(requests.Takes + requests.Margin)
	q, err := r.desk.Get(r.as(nil), caller(bob), id)
	if err != nil || q.State != requests.Unknown {
		t.Errorf("%s, %v", q.State, err)
	}
	r.runs(id)
	r.runs(id)
	r.state(id, requests.Unknown)
	r.tells("Unlock in 111122223333: how it ended is not known")
	if !r.told[0].Page {
		t.Error("nobody is paged")
	}
}

// TestDenials: one denial ends a request, with its reason, also one that is approved and has not run.
func TestDenials(t *testing.T) {
	r := newRoom(t, 1)
	deny := func(who int, id, reason string) error {
		_, err := r.desk.Deny(r.as(everybody[who]), caller(who), id, requests.Answer{Reason: reason})
		return err
	}
	id := r.asks(cleo, wish()).ID
	refused(t, deny(bob, id, " "), requests.Malformed, "there is no reason")
	refused(t, deny(cleo, id, "no"), requests.NotPermitted, "who asks does not decide")
	refused(t, deny(eve, id, "no"), requests.NotPermitted, "may not decide")
	_, _ = r.approves(bob, id)
	if err := deny(bob, id, "on second thoughts"); err != nil {
		t.Error(err)
	}
	q := r.state(id, requests.Denied)
	if len(q.Decisions) != 1 || q.Decisions[0].Decision != "denied" || q.Decisions[0].Reason != "on second thoughts" {
		t.Errorf("%+v", q.Decisions)
	}
	r.runs(id)
	refused(t, deny(ann, id, "no"), requests.Conflict, "the request is denied")
	_, err := r.approves(ann, id)
	refused(t, err, requests.Conflict, "the request is denied")
	id = r.asks(cleo, wish()).ID
	_, err = r.desk.Cancel(r.as(nil), caller(bob), id, requests.Answer{})
	refused(t, err, requests.NotPermitted, "only who asked can cancel")
	if _, err := r.desk.Cancel(r.as(nil), caller(cleo+1), id, requests.Answer{}); err != nil { // in another session
		t.Error(err)
	}
	r.state(id, requests.Cancelled)
	r.tells("Unlock in 111122223333: waits for one approval", "Unlock in 111122223333: runs now",
		"Unlock in 111122223333: denied", "Unlock in 111122223333: waits for one approval",
		"Unlock in 111122223333: cancelled")
}
