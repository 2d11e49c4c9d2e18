package credentials_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
)

// said is what people were told, a line each.
func (w *world) said() (all []string) {
	for _, b := range w.told {
		how := "mail"
		if b.Page {
			how = "page"
		}
		all = append(all, fmt.Sprintf("%s %s %s: %s", how, b.Kind, b.Account, b.Title))
	}
	return all
}

var wish = credentials.Wish{Request: "request-1", Account: member, By: "kim", Reason: "a table's policy", Case: true}

// tend lets hours pass, with the schedule at work every five minutes.
func (w *world) tend(t *testing.T, d time.Duration) {
	t.Helper()
	for range int(d / (5 * time.Minute)) {
		w.now = w.now.Add(5 * time.Minute)
		if err := w.Tend(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func (w *world) open(t *testing.T) []credentials.Case {
	t.Helper()
	open, err := w.Store.Open(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return open
}

// TestTheLoop: created, done by a person, deleted within the hour: nobody is paged.
func TestTheLoop(t *testing.T) {
	w := newWorld(t, 1)
	got, err := w.Create(t.Context(), wish)
	if err != nil || got.Result != "created" || len(w.open(t)) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	w.tend(t, 55*time.Minute)
	if w.calls["GetAccountSummary"] > 0 {
		t.Error("root was opened within the hour, and sets off alarms there")
	}
	if deleted, err := w.Delete(t.Context(), "request-2", member); err != nil || deleted.Result != "deleted" {
		t.Fatalf("%+v, %v", deleted, err)
	}
	w.tend(t, 3*time.Hour)
	k, err := w.Store.Case(t.Context(), "request-1")
	if err != nil || len(w.told) > 0 || len(w.open(t)) > 0 || k.Ended.IsZero() ||
		k.Why != "all of root's credentials were deleted by request request-2" {
		t.Errorf("%v %+v, %v", w.said(), k, err)
	}
}

// TestTheClock pages after an hour, and each hour, until an audit finds nothing left.
func TestTheClock(t *testing.T) {
	w := newWorld(t, 1)
	if _, err := w.Create(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	w.tend(t, 3*time.Hour+30*time.Minute)
	if open := w.open(t); len(open) != 1 || open[0].Pages != 3 || open[0].Left != "a password" {
		t.Errorf("%+v", open)
	}
	w.has(member, credentials.Password)
	w.tend(t, 3*time.Hour)
	same(t, []string{"page credentials 100000000000: Root's credentials are still there after 1 h",
		"page credentials 100000000000: Root's credentials are still there after 2 h",
		"page credentials 100000000000: Root's credentials are still there after 3 h",
		"mail credentials 100000000000: Root's credentials are gone, and the case is over"}, w.said())
	ids := map[string]bool{}
	for _, b := range w.told {
		ids[b.ID] = true
	}
	if len(ids) != 4 || len(w.open(t)) > 0 || w.calls["GetAccountSummary"] != 4 ||
		!slices.Contains(w.told[0].Facts, remedy.Fact{Name: "root has", Value: "a password"}) {
		t.Errorf("%v, %v, %+v", ids, w.calls, w.told[0])
	}
}

// TestAClockThatCannotLook pages, too.
func TestAClockThatCannotLook(t *testing.T) {
	w := newWorld(t, 1)
	if _, err := w.Create(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	w.fault = func(string, string) error {
		return &remedy.Refusal{Cause: remedy.DeniedByOrg, Err: errors.New("AccessDenied")}
	}
	w.tend(t, 2*time.Hour)
	same(t, []string{
		"page credentials 100000000000: Nobody can look at root's credentials, 1 h after a login was prepared",
		"page credentials 100000000000: Nobody can look at root's credentials, 2 h after a login was prepared"}, w.said())
}

// TestACaseOfAnAccountThatLeaves: people are told once, and no more.
func TestACaseOfAnAccountThatLeaves(t *testing.T) {
	w := newWorld(t, 1)
	if _, err := w.Create(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	w.gone = []string{member}
	w.tend(t, 5*time.Hour)
	same(t, []string{"page credentials 100000000000: The account has left the organization, with a login of root " +
		"prepared"}, w.said())
}

// TestADeafHerald: what was not told is told later, once the herald hears.
func TestADeafHerald(t *testing.T) {
	w := newWorld(t, 1)
	if _, err := w.Create(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	w.now, w.deaf = w.now.Add(time.Hour), errors.New("SNS is away")
	for range 3 {
		if err := w.Tend(t.Context()); err == nil {
			t.Error("nobody says that nobody was told")
		}
	}
	w.deaf = nil
	w.tend(t, 30*time.Minute)
	if got := w.said(); len(got) != 1 || w.calls["GetAccountSummary"] != 1 || len(w.heard[0]) != 1 {
		t.Errorf("%v, %v, %v", got, w.calls, w.heard)
	}
	w.tend(t, time.Hour)
	if got := w.said(); len(got) != 2 || len(w.heard[1]) > 0 {
		t.Errorf("%v: the next page is not for those who took the first: %v", got, w.heard)
	}
}

// TestACrashInTheClock anywhere: somebody is paged for the hour, at least once.
func TestACrashInTheClock(t *testing.T) {
	for step := 1; step < 12; step++ {
		for _, after := range []bool{false, true} {
			w := newWorld(t, 1)
			if _, err := w.Create(t.Context(), wish); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(time.Hour)
			w.mortally(step, after)
			_ = w.Tend(t.Context())
			w.reborn()
			w.tend(t, 50*time.Minute)
			if n := len(w.told); n < 1 || n > 2 || w.told[0].ID != w.told[n-1].ID {
				t.Errorf("step %d, %t: %v", step, after, w.said())
			}
		}
	}
}

// TestACrashWhileCreating leaves no password without a clock.
func TestACrashWhileCreating(t *testing.T) {
	for step := 1; step < 8; step++ {
		for _, after := range []bool{false, true} {
			w := newWorld(t, 1)
			w.mortally(step, after)
			_, _ = w.Create(t.Context(), wish)
			w.reborn()
			if w.left(member) > 0 && len(w.open(t)) != 1 {
				t.Errorf("step %d, %t: a password, and no case", step, after)
			}
			if got, err := w.Create(t.Context(), wish); err != nil || got.Result != "created" || len(w.open(t)) != 1 {
				t.Errorf("step %d, %t, once more: %+v, %v", step, after, got, err)
			}
		}
	}
}
