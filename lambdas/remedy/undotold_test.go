package remedy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// TestAnUndoThatIsCutShortIsTold: the command dies at any step, after which nobody but the reminder comes back to it.
// Before the policy could have been put back there is nothing to tell but that.
func TestAnUndoThatIsCutShortIsTold(t *testing.T) {
	for _, place := range []string{"after the claim", "after saved", "before putting", "after putting", "before settled",
		"after settled", "before telling", "after telling"} {
		t.Run(place, func(t *testing.T) {
			w, entry := undone(t, rules, lockedInTheMiddle)
			w.pass(2 * time.Minute)
			flow := *w.Flow
			c := &crash{Root: flow.Root, Ledger: flow.Ledger, Teller: flow.Teller, at: place}
			flow.Root, flow.Ledger, flow.Teller = c, c, c
			func() {
				defer func() {
					if recover() == nil {
						t.Error("it did not crash")
					}
				}()
				_, _ = flow.Undo(context.Background(), entry, remedy.Undo{Repaired: true})
			}()
			w.days(2)
			w.undoIsTold()
		})
	}
}

// undoIsTold holds the world to its last entry, an undo: it is closed, and people have heard of it.
func (w *world) undoIsTold() {
	w.t.Helper()
	all := w.Incidents()
	e := all[len(all)-1]
	if e.Change.Call != "undo" || e.State != remedy.Closed || e.Open ||
		!strings.Contains(strings.Join(w.subjects(), "\n"), "RESTORED") {
		w.t.Errorf("mails %q, %+v", w.subjects(), e)
	}
}

// refusing is a ledger that takes no record of some states.
type refusing struct {
	remedy.Ledger
	states map[remedy.State]bool
}

func (r *refusing) Record(ctx context.Context, e remedy.Entry) error {
	if r.states[e.State] {
		return errors.New("the ledger is out of reach")
	}
	return r.Ledger.Record(ctx, e)
}

// TestAnUndoThatCannotBeRecordedIsTold: the person hears an error, and the policy is there. Others hear of it, too.
func TestAnUndoThatCannotBeRecordedIsTold(t *testing.T) {
	for _, state := range []remedy.State{remedy.Settled, remedy.Closed} {
		w, entry := undone(t, rules, lockedInTheMiddle)
		w.pass(2 * time.Minute)
		flow := *w.Flow
		flow.Ledger = &refusing{flow.Ledger, map[remedy.State]bool{state: true}}
		_, err := flow.Undo(context.Background(), entry, remedy.Undo{Repaired: true})
		if err == nil || !same(t, w.cloud.Policy(bucketARN), repairedInTheMiddle) {
			t.Errorf("%s: %v, policy %s", state, err, w.cloud.Policy(bucketARN))
		}
		w.days(2)
		w.undoIsTold()
	}
}

// TestAnUndoOfWhatIsThereSaysSo: nothing was put.
func TestAnUndoOfWhatIsThereSaysSo(t *testing.T) {
	w, entry := undone(t, rules, lockedInTheMiddle)
	w.put(repairedInTheMiddle)
	w.pass(2 * time.Minute)
	before := len(w.changes())
	if _, err := w.Flow.Undo(context.Background(), entry, remedy.Undo{Repaired: true}); err != nil {
		t.Fatal(err)
	}
	all := w.Incidents()
	if e := all[len(all)-1]; len(w.changes()) != before || !strings.Contains(e.Outcome.Why, "was in force already") {
		t.Errorf("changes %q, %+v", w.changes(), e.Outcome)
	}
}

// TestWhatAnUndoOverwritesUnseenIsKept: somebody has put a policy half a minute before, which the queue does not show.
// Its event comes before the undo puts its own, and then it stays; or after, and then it is kept and told.
func TestWhatAnUndoOverwritesUnseenIsKept(t *testing.T) {
	for _, early := range []bool{true, false} {
		w := newWorldWith(t, rules, cloud.Config{QueuePropagation: 50 * time.Second})
		w.setQueue(denyAllQueue)
		w.pass(time.Minute)
		w.settle()
		w.pass(5 * time.Minute)
		flow := *w.Flow
		flow.Wait = func(context.Context, time.Duration) error {
			w.pass(30 * time.Second)
			w.setQueue(goodQueue)
			if early {
				w.Deliver(context.Background())
			}
			w.pass(30 * time.Second)
			return nil
		}
		_, err := flow.Undo(context.Background(), w.find(w.Incidents()[0]), remedy.Undo{Anyway: true})
		if early != (err != nil) || early != (w.cloud.Policy(queueARN) == goodQueue) {
			t.Errorf("early %t: %v, policy %s", early, err, w.cloud.Policy(queueARN))
		}
		w.settle()
		if !early {
			w.keptAndTold()
		}
	}
}
