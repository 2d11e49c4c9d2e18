package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
)

// TestAnAccountThatWastesRootSessionsWaits: its events that want one are put off, those under way and those of others
// are not.
func TestAnAccountThatWastesRootSessionsWaits(t *testing.T) {
	each(t, ledger.Limits{StandDowns: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		under := w.claim(incident("under way", "u"))
		under.State, under.Release = remedy.Saved, true
		w.record(under)
		for n := range 2 {
			e := w.claim(incident(fmt.Sprint("e", n), "b"))
			e.State, e.Counts = remedy.Settled, true
			w.record(e)
			e.Counts = false
			w.closed(e)
		}
		later := (*remedy.Later)(nil)
		if _, err := w.Claim(context.Background(), incident("e3", "b")); !errors.As(err, &later) ||
			!later.Until.Equal(w.Now().Add(10*time.Minute)) {
			t.Errorf("%v", err)
		}
		other := incident("e4", "c")
		other.Change.Account = "444455556666"
		told := incident("e5", "d")
		told.Acts = false
		for _, i := range []remedy.Incident{other, told, incident("under way", "u")} {
			w.claim(i)
		}
		w.pass(time.Hour)
		w.claim(incident("e3", "b"))
	})
}

// waiting is what is due, in its order.
func (w world) waiting() string {
	w.t.Helper()
	all, err := w.Waiting(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	var events []string
	for _, one := range all {
		events = append(events, one.EventID+" "+strings.TrimPrefix(one.Resource, "arn:aws:s3:::"))
	}
	return strings.Join(events, ", ")
}

// TestWhatIsOpenIsFoundAgain: a new entry is due in a day, whatever becomes of it, and each account has its turn.
func TestWhatIsOpenIsFoundAgain(t *testing.T) {
	each(t, ledger.Limits{Lease: time.Minute}, func(t *testing.T, w world) {
		for n := range 3 {
			w.claim(incident(fmt.Sprint("e", n), fmt.Sprint("b", n)))
			w.pass(time.Second)
		}
		other := incident("f", "c")
		other.Change.Account = "444455556666"
		w.claim(other)
		if got := w.waiting(); got != "" {
			t.Errorf("at once: %s", got)
		}
		w.pass(remedy.Daily)
		if got := w.waiting(); got != "e0 b0, f c, e1 b1, e2 b2" {
			t.Errorf("after a day: %s", got)
		}
		e := w.claim(incident("e0", "b0"))
		e.State, e.Due = remedy.Closed, w.Now().Add(time.Hour)
		w.record(e)
		if got := w.waiting(); got != "e1 b1, f c, e2 b2" && got != "f c, e1 b1, e2 b2" {
			t.Errorf("after one was put off: %s", got)
		}
		again := incident("e0", "b0")
		again.Again = true
		e = w.claim(again)
		if e.State != remedy.Closed || !e.Open {
			t.Errorf("%+v", e)
		}
		if _, err := w.Claim(context.Background(), again); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("a second worker: %v", err)
		}
		w.closed(e)
		again.Change.EventID = "unknown"
		if _, err := w.Claim(context.Background(), again); !errors.Is(err, remedy.ErrNoEntry) {
			t.Errorf("an entry that is not there: %v", err)
		}
		w.pass(2 * time.Hour)
		if got := w.waiting(); strings.Contains(got, "e0") {
			t.Errorf("after it was closed: %s", got)
		}
	})
}

// TestPagesAndTheDigest: an account has so many pages an hour, and what is more is in its digest once the hour is over.
func TestPagesAndTheDigest(t *testing.T) {
	each(t, ledger.Limits{Pages: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		ctx := context.Background()
		for n, want := range []bool{true, true, false} {
			if free, err := w.Page(ctx, "111122223333"); free != want || err != nil {
				t.Errorf("page %d: %t, %v", n, free, err)
			}
		}
		if free, err := w.Page(ctx, "444455556666"); !free || err != nil {
			t.Errorf("another account: %t, %v", free, err)
		}
		for n := range 52 {
			e := w.claim(incident(fmt.Sprint("e", n), "b"))
			e.Outcome = remedy.Outcome{Result: remedy.NotCovered, At: w.Now()}
			e.Listed = true
			w.closed(e)
		}
		w.pass(59 * time.Minute)
		if all, err := w.Waiting(ctx); err != nil || len(all) != 0 {
			t.Errorf("before the hour is over: %v, %v", all, err)
		}
		w.pass(time.Minute)
		all, err := w.Waiting(ctx)
		if err != nil || len(all) != 1 || all[0].Account != "111122223333" {
			t.Fatalf("%+v, %v", all, err)
		}
		d, err := w.Digest(ctx, all[0].Digest)
		if err != nil || len(d.Items) != 50 || d.More != 2 || d.Items[1].EventID != "e1" ||
			d.Items[0].Result != remedy.NotCovered || !d.From.Equal(w.Now().Add(-time.Hour)) {
			t.Errorf("%d items, %d more, from %v, %v", len(d.Items), d.More, d.From, err)
		}
		if err := w.Sent(ctx, all[0].Digest); err != nil {
			t.Error(err)
		}
		if all, err := w.Waiting(ctx); err != nil || len(all) != 0 {
			t.Errorf("once it is sent: %v, %v", all, err)
		}
	})
}

// TestWhatOthersDidIsKnown: an event has told of a later change by somebody else, so an older copy may show until that
// has settled.
func TestWhatOthersDidIsKnown(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		ctx, i := context.Background(), incident("e1", "b")
		i.Change.Time = w.Now()
		corrected := incident("c", "b").Change
		corrected.Time = w.Now().Add(20 * time.Second)
		w.pass(30 * time.Second)
		if acts, err := w.Seen(ctx, corrected); err != nil || len(acts) != 0 {
			t.Errorf("acts %v, %v", acts, err)
		}
		e := w.claim(i)
		if want := corrected.Time.Add(remedy.Settling); !e.Settles.Equal(want) {
			t.Errorf("settles at %v, want %v", e.Settles, want)
		}
	})
}
