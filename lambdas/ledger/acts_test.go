package ledger_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
)

func sameActs(a, b []remedy.Act) bool {
	return slices.EqualFunc(a, b, func(a, b remedy.Act) bool { return a.From.Equal(b.From) && a.Until.Equal(b.Until) })
}

// act is one act of an entry, from now on, as long as it says.
func (w world) act(e *remedy.Entry, long time.Duration) {
	w.t.Helper()
	e.Lately = append(slices.Clone(e.Lately), remedy.Act{From: w.Now(), Until: w.Now().Add(long)})
	e.State, e.Saved = remedy.Saved, "{}"
	w.record(*e)
}

// TestActsAreKnown: to whoever claims the resource next, however old its change, and to whoever tells of a change. A
// record that says nothing of them changes nothing.
func TestActsAreKnown(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		ctx := context.Background()
		e := w.claim(incident("e1", "b"))
		if e.Lately != nil {
			t.Errorf("at first %v", e.Lately)
		}
		w.act(&e, time.Minute)
		want := e.Lately
		e.Lately = nil
		w.closed(e)
		for _, after := range []time.Duration{0, time.Hour} {
			w.pass(after)
			acts, err := w.Seen(ctx, incident("seen", "b").Change)
			if err != nil || !sameActs(acts, want) {
				t.Errorf("%v, %v, want %v", err, acts, want)
			}
			e := w.claim(incident("e2"+after.String(), "b"))
			if !sameActs(e.Lately, want) {
				t.Errorf("%v, want %v", e.Lately, want)
			}
			w.closed(e)
		}
		if e := w.claim(incident("e3", "another")); e.Lately != nil {
			t.Errorf("of another resource: %v", e.Lately)
		}
	})
}

// TestAnActThatDidNotComeAboutIsTakenBack: the worker says that it has done nothing after all.
func TestAnActThatDidNotComeAboutIsTakenBack(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		e := w.claim(incident("e1", "b"))
		w.act(&e, time.Minute)
		e.State, e.Lately = remedy.Claimed, []remedy.Act{}
		w.record(e)
		w.closed(e)
		if acts, err := w.Seen(context.Background(), e.Change); err != nil || len(acts) != 0 {
			t.Errorf("%v, %v", err, acts)
		}
		if e := w.claim(incident("e2", "b")); len(e.Lately) != 0 || !e.Settles.IsZero() {
			t.Errorf("%v, settles at %v", e.Lately, e.Settles)
		}
	})
}

// TestManyActsAreKnownRoughly: the last eight each by itself, those before as one, and none after two days.
func TestManyActsAreKnownRoughly(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		start := w.Now()
		e := w.claim(incident("e1", "b"))
		for range 10 {
			w.act(&e, time.Second)
			w.pass(time.Minute)
		}
		want := []remedy.Act{{From: start, Until: start.Add(2*time.Minute + time.Second)}}
		for n := range 7 {
			from := start.Add(time.Duration(3+n) * time.Minute)
			want = append(want, remedy.Act{From: from, Until: from.Add(time.Second)})
		}
		if acts, err := w.Seen(context.Background(), e.Change); err != nil || !sameActs(acts, want) {
			t.Errorf("%v\n%v\nwant\n%v", err, acts, want)
		}
		e.Lately = want
		w.closed(e)
		w.pass(48 * time.Hour)
		e = w.claim(incident("e2", "b"))
		w.act(&e, time.Second)
		if acts, err := w.Seen(context.Background(), e.Change); err != nil || !sameActs(acts, e.Lately[len(e.Lately)-1:]) {
			t.Errorf("after two days: %v, %v", err, acts)
		}
	})
}

// TestNothingIsSavedOnceAChangeWasSeen: between claim and save an event has told of a change that the worker's look may
// not have shown. Neither copy nor token is written, and the lease stays.
func TestNothingIsSavedOnceAChangeWasSeen(t *testing.T) {
	each(t, ledger.Limits{PerResource: 1, Lease: 5 * time.Minute}, func(t *testing.T, w world) {
		ctx, e := context.Background(), w.claim(incident("e1", "b"))
		change := incident("c", "b").Change
		change.Time = w.Now()
		if _, err := w.Seen(ctx, change); err != nil {
			t.Fatal(err)
		}
		refused := e
		refused.State, refused.Saved, refused.Token, refused.TokenAt, refused.Takes = remedy.Saved, "{}", true, w.Now(), true
		refused.Copies = []remedy.Copy{{Policy: "{}", At: w.Now()}}
		refused.Since = change.Time.Add(-time.Millisecond)
		later := (*remedy.Later)(nil)
		if err := w.Record(ctx, refused); !errors.As(err, &later) || !later.Until.Equal(change.Time.Add(time.Minute)) {
			t.Errorf("%v", err)
		}
		if found, err := w.Find(ctx, "e1", "arn:aws:s3:::b"); err != nil || found.State != remedy.Claimed || found.Token ||
			len(found.Copies) != 0 {
			t.Errorf("%v %+v", err, found)
		}
		e.Since = change.Time // the look came later
		if held := w.save(&e); held != "" {
			t.Error(held)
		}
	})
}

// TestAChangeInTheSameSecondIsInDoubt: CloudTrail does not tell which of the two came first.
func TestAChangeInTheSameSecondIsInDoubt(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		for _, row := range []struct {
			resource string
			before   time.Duration
			doubt    bool
		}{{"a", 0, true}, {"b", time.Second, false}} {
			i := incident("e"+row.resource, row.resource)
			i.Change.Time = w.Now()
			other := incident("c"+row.resource, row.resource).Change
			other.Time = w.Now().Add(-row.before)
			if _, err := w.Seen(context.Background(), other); err != nil {
				t.Fatal(err)
			}
			if e := w.claim(i); e.Settles.IsZero() == row.doubt {
				t.Errorf("%v before: settles at %v", row.before, e.Settles)
			}
		}
	})
}
