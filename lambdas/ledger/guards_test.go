package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// save is the record before an act: the copy and the tokens in one. It says why there are no tokens.
func (w world) save(e *remedy.Entry) (held string) {
	w.t.Helper()
	e.State, e.Saved, e.Token, e.TokenAt, e.Takes = remedy.Saved, "{}", true, w.Now(), true
	e.Copies = []remedy.Copy{{Policy: "{}", At: w.Now()}}
	err := w.Record(context.Background(), *e)
	refused := (*remedy.HeldError)(nil)
	if errors.As(err, &refused) {
		e.State, e.Saved, e.Token, e.Takes, e.Copies = remedy.Claimed, "", false, false, nil
		return refused.Why
	}
	if err != nil {
		w.t.Fatal(err)
	}
	e.Takes, e.Copies, e.Kept = false, nil, []string{e.Copies[0].Name()}
	return ""
}

// closed ends an entry.
func (w world) closed(e remedy.Entry) {
	w.t.Helper()
	e.State, e.Open = remedy.Closed, false
	w.record(e)
}

func TestGuardsHold(t *testing.T) {
	each(t, ledger.Limits{PerResource: 2, PerHour: 3, Lease: time.Minute}, func(t *testing.T, w world) {
		const (
			flapping = "unlocked 2 times today already: something keeps locking it"
			broken   = "3 unlocks in the organization within the hour: the breaker stops at 3"
		)
		for _, step := range []struct {
			event, resource string
			after           time.Duration
			want            string
		}{
			{"e1", "a", 0, ""},
			{"e2", "a", 0, ""},
			{"e3", "a", 0, flapping},
			{"e4", "b", 0, ""},
			{"e5", "c", 0, broken},
			{"e6", "a", 0, flapping},
			{"e7", "c", time.Hour, ""},
			{"e8", "a", 14 * time.Hour, flapping}, // 23:00
			{"e9", "a", time.Hour, ""},
		} {
			w.pass(step.after)
			e := w.claim(incident(step.event, step.resource))
			if held := w.save(&e); held != step.want {
				t.Errorf("%s: held %q, want %q", step.event, held, step.want)
			}
			w.closed(e)
		}
	})
}

// TestTheBreakerCountsAccounts: an account that is among them already is no more, and one whose tokens went back is
// none at all.
func TestTheBreakerCountsAccounts(t *testing.T) {
	each(t, ledger.Limits{AccountsPerHour: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		const full = "unlocks in 2 accounts within the hour: the breaker stops there"
		for i, step := range []struct {
			account, want string
			returns       bool
		}{
			{"000000000001", "", true}, {"000000000002", "", true}, {"000000000003", "", false},
			{"000000000003", "", true}, {"000000000002", "", false}, {"000000000001", full, false},
			{"000000000003", "", false},
		} {
			in := incident(fmt.Sprint("e", i), fmt.Sprint("b", i))
			in.Change.Account = step.account
			e := w.claim(in)
			if held := w.save(&e); held != step.want {
				t.Errorf("step %d: held %q, want %q", i, held, step.want)
			}
			e.Returns = step.returns
			w.closed(e)
		}
	})
}

// TestAnAccountHasItsShare: one account cannot use up what the others need.
func TestAnAccountHasItsShare(t *testing.T) {
	each(t, ledger.Limits{PerHour: 3, PerAccount: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		const spent = "unlocked 2 times in this account within the hour: that is its share"
		for i, step := range []struct{ account, want string }{
			{"000000000001", ""}, {"000000000001", ""}, {"000000000001", spent}, {"000000000002", ""},
		} {
			in := incident(fmt.Sprint("e", i), fmt.Sprint("b", i))
			in.Change.Account = step.account
			e := w.claim(in)
			if held := w.save(&e); held != step.want {
				t.Errorf("step %d: held %q, want %q", i, held, step.want)
			}
			w.closed(e)
		}
	})
}

// TestWithoutATokenNothingIsSaved: the copy and the tokens are one record.
func TestWithoutATokenNothingIsSaved(t *testing.T) {
	each(t, ledger.Limits{PerHour: 1, Lease: time.Minute}, func(t *testing.T, w world) {
		first, second := w.claim(incident("e1", "a")), w.claim(incident("e2", "b"))
		if w.save(&first) != "" || w.save(&second) == "" {
			t.Fatal("one token of one")
		}
		found, err := w.Find(context.Background(), "e2", "arn:aws:s3:::b")
		if err != nil || found.State != remedy.Claimed || found.Saved != "" || len(found.Copies) != 0 || found.Token {
			t.Errorf("%v %+v", err, found)
		}
	})
}

// TestNoCopyIsOverwritten: an entry keeps every policy that it saved, the same one once.
func TestNoCopyIsOverwritten(t *testing.T) {
	each(t, ledger.Limits{Lease: time.Minute}, func(t *testing.T, w world) {
		e := w.claim(incident("e1", "a"))
		for i, policy := range []string{"first", "second", "first"} {
			e.State, e.Saved = remedy.Saved, policy
			e.Copies = []remedy.Copy{{Policy: policy, Why: fmt.Sprint(i), At: w.Now(),
				Verdict: lockout.Verdict{Answer: lockout.Lockout, Statements: []int{i}}}}
			w.record(e)
			e.Kept = append(e.Kept, e.Copies[0].Name())
			w.pass(time.Second)
		}
		found, err := w.Find(context.Background(), "e1", "arn:aws:s3:::a")
		if err != nil || len(found.Copies) != 2 || found.Copies[0].Policy != "first" || found.Copies[0].Why != "0" ||
			found.Copies[1].Policy != "second" || found.Copies[1].Verdict.Statements[0] != 1 {
			t.Errorf("%v %+v", err, found.Copies)
		}
	})
}

// TestTokensAreGivenBackOnce: where nothing was done, the guards count nothing, however often that is written.
func TestTokensAreGivenBackOnce(t *testing.T) {
	each(t, ledger.Limits{PerResource: 2, PerHour: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		for n := range 5 {
			e := w.claim(incident(fmt.Sprint("e", n), "b"))
			if held := w.save(&e); held != "" {
				t.Fatalf("event %d: %s", n, held)
			}
			e.State, e.Returns = remedy.Settled, true
			w.record(e)
			if err := w.Record(context.Background(), e); !errors.Is(err, remedy.ErrBusy) {
				t.Errorf("given back twice: %v", err)
			}
			e.Token, e.Returns = false, false
			w.closed(e)
		}
		for n, want := range []string{"", "", "unlocked 2 times today already: something keeps locking it"} {
			e := w.claim(incident(fmt.Sprint("f", n), "b"))
			if held := w.save(&e); held != want {
				t.Errorf("unlock %d: held %q, want %q", n, held, want)
			}
			w.closed(e)
		}
	})
}
