package remedy

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"
)

// again is how long people are not told once more of a lockout that goes on.
const again = 24 * time.Hour

// tell tells people, and closes the entry. Of a lockout that goes on they are told once and again after a day, not at each event: a pipeline may apply the same policy every ten
// minutes.
func (f *Flow) tell(ctx context.Context, e *Entry) (err error) {
	notice := Notice{Change: e.Change, Verdict: e.Verdict, Outcome: e.Outcome}
	telling := Telling{Of: subject(notice), EventID: e.Change.EventID, At: f.Now()}
	if e.Quiet, err = f.toldBefore(ctx, *e, telling); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if e.Quiet == "" {
		if e.Told, err = f.Teller.Tell(ctx, notice, e.Told); err != nil {
			return fmt.Errorf("notice: %w", err)
		}
		e.Telling = telling
	}
	e.State = Closed
	if err := f.Ledger.Record(ctx, *e); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// subject is what a notice is about, so that the same again can be known: the result, its cause and the policy, none of the event. It is "" for what is over with its notice.
func subject(n Notice) string {
	if !n.Outcome.Result.goesOn() {
		return ""
	}
	return fmt.Sprintf("%s %s %x", n.Outcome.Result, n.Outcome.Cause, sha256.Sum256([]byte(n.Policy())))
}

// goesOn tells whether the result leaves the resource as it is, so that the next event about it may bring no news.
func (r Result) goesOn() bool {
	switch r {
	case NotCovered, NotifyOnly, Deliberate, Sealed, Undecided, Held, Observed, Failed:
		return true
	}
	return false
}

// toldBefore says when people were told the same, if that is less than a day ago. A notice that was sent on some channels already is sent on the others, too.
func (f *Flow) toldBefore(ctx context.Context, e Entry, t Telling) (string, error) {
	if t.Of == "" || len(e.Told) > 0 {
		return "", nil
	}
	last, err := f.Ledger.LastTold(ctx, e.Change.Resource)
	if err != nil || last.Of != t.Of || t.At.Sub(last.At) >= again {
		return "", err
	}
	return fmt.Sprintf("people were told the same at %s, by the notice about event %s", last.At.UTC().Format(time.RFC3339), last.EventID), nil
}
