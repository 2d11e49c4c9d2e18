package ledger_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
)

// of is an incident of a policy, at a time.
func of(event, call string, at time.Time) remedy.Incident {
	i := incident(event, "b")
	i.Change.Call, i.Change.Time, i.Change.Policy, i.Joins = call, at, "{}", true
	return i
}

// met claims, and is the event of the incident that was met, or "".
func (w world) met(i remedy.Incident) (string, remedy.Entry) {
	w.t.Helper()
	e, err := w.Claim(context.Background(), i)
	if met := (*remedy.Met)(nil); errors.As(err, &met) {
		return met.EventID, e
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return "", e
}

// TestAFindingMeetsTheLastIncident: whatever that was, and until it was looked at and found to be another.
func TestAFindingMeetsTheLastIncident(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		event := w.claim(of("e1", "PutBucketPolicy", w.Now().Add(-time.Second)))
		finding := of("f1", remedy.Sweep, w.Now())
		if _, err := w.Claim(context.Background(), finding); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("while the event is worked on: %v", err)
		}
		w.closed(event)
		if got, _ := w.met(finding); got != "e1" {
			t.Errorf("met %q, want e1", got)
		}
		finding.After = "e0"
		if got, _ := w.met(finding); got != "e1" {
			t.Errorf("met %q, want e1: another was looked at", got)
		}
		finding.After = "e1"
		got, e := w.met(finding)
		if got != "" || e.Joins || e.After != "" {
			t.Fatalf("met %q, entry %+v", got, e)
		}
		e.Release = true
		w.record(e)
		finding.After = ""
		if got, e = w.met(finding); got != "" {
			t.Errorf("it meets itself: %q", got)
		}
		w.closed(e)
		if got, _ := w.met(of("f2", remedy.DeleteRole, w.Now())); got != "f1" {
			t.Errorf("met %q, want f1", got)
		}
	})
}

// TestAnEventMeetsALaterFinding: what was put before the look may be what was found. What was put later is not.
func TestAnEventMeetsALaterFinding(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		_, first := w.met(of("f1", remedy.Sweep, w.Now()))
		w.closed(first)
		if got, _ := w.met(of("e1", "PutBucketPolicy", w.Now())); got != "f1" {
			t.Errorf("met %q, want f1", got)
		}
		later := of("e2", "PutBucketPolicy", w.Now().Add(time.Second))
		got, e := w.met(later)
		if got != "" {
			t.Errorf("a later event met %q", got)
		}
		w.closed(e)
		if got, _ := w.met(of("e3", "PutBucketPolicy", w.Now().Add(-time.Hour))); got != "" {
			t.Errorf("an event met the event %q", got)
		}
	})
}

// TestWhatIsAboutNoPolicyIsMetByNothing: warnings of the allow list, and records that cannot be read.
func TestWhatIsAboutNoPolicyIsMetByNothing(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		unread := of("u1", "PutBucketPolicy", w.Now())
		unread.Change.Policy, unread.Joins = "", false
		w.closed(w.claim(unread))
		if got, _ := w.met(of("f1", remedy.Sweep, w.Now())); got != "" {
			t.Errorf("met %q", got)
		}
	})
}

// TestOfManyAtOnceOneIsNew: events and findings of one resource race, and all but one meet another or wait.
func TestOfManyAtOnceOneIsNew(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		if strings.HasSuffix(t.Name(), "/moto") {
			t.Skip("moto 5.2.1 runs transactions side by side without a lock")
		}
		var mu sync.Mutex
		var fresh []string
		var all sync.WaitGroup
		for _, id := range []string{"e1", "f1", "f2", "f3", "f4", "f5"} {
			all.Go(func() {
				call := remedy.Sweep
				if id == "e1" {
					call = "PutBucketPolicy"
				}
				e, err := w.Claim(context.Background(), of(id, call, w.Now()))
				switch {
				case errors.As(err, new(*remedy.Met)), errors.Is(err, remedy.ErrBusy):
					return
				case err != nil:
					t.Error(err)
					return
				}
				mu.Lock()
				fresh = append(fresh, id)
				mu.Unlock()
				if e.State = remedy.Closed; w.Record(context.Background(), e) != nil {
					t.Errorf("record of %s", id)
				}
			})
		}
		all.Wait()
		if len(fresh) != 1 {
			t.Errorf("%v are new, want one", fresh)
		}
	})
}
