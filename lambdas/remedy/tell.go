package remedy

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// again is how long after a notice people are told once more of a lockout that goes on.
const again = 24 * time.Hour

// tell tells people, and closes the entry. Of a lockout that goes on they are told once, and again after a day. They
// are not told at each event, since a pipeline may apply the same policy every ten minutes.
func (f *Flow) tell(ctx context.Context, e *Entry, ruling allowlist.Ruling) (err error) {
	notice := Notice{Change: e.Change, Verdict: e.Verdict, Outcome: e.Outcome}
	telling := Telling{Of: subject(notice), EventID: e.Change.EventID, At: f.Now()}
	if e.Quiet, err = f.toldBefore(ctx, *e, telling, ruling); err != nil {
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

// subject is what a notice is about, so that a repetition can be recognized: the result, its cause, the account and the
// policy, and nothing of the event. Where nothing goes on after the notice it is the result alone: after good news, bad
// news is news.
func subject(n Notice) string {
	o := n.Outcome
	if !o.Result.goesOn() {
		return string(o.Result)
	}
	why := ""
	if o.Result == NotCovered {
		why = o.Why // which rule has run out, or that there never was one
	}
	return fmt.Sprintf("%s %s %s %s %x", o.Result, o.Cause, n.Change.Account, why, sha256.Sum256([]byte(n.Policy())))
}

// goesOn tells whether the result leaves the resource as it is, so that the next event about it may bring no news.
func (r Result) goesOn() bool {
	switch r {
	case NotCovered, NotifyOnly, Deliberate, Sealed, Undecided, Held, Observed, Failed:
		return true
	}
	return false
}

// toldBefore says when people were told the same, if that is less than a day ago. A notice that was sent on some
// channels already is sent on the others, too.
func (f *Flow) toldBefore(ctx context.Context, e Entry, t Telling, ruling allowlist.Ruling) (string, error) {
	if !e.Outcome.Result.goesOn() || len(e.Told) > 0 {
		return "", nil
	}
	last, err := f.Ledger.LastTold(ctx, e.Change.Resource)
	if err != nil || last.Of != t.Of || t.At.Sub(last.At) >= again {
		return "", err
	}
	if !repeatable(e, ruling) && e.Change.Time.Sub(last.At) >= Settling {
		return "", nil
	}
	return fmt.Sprintf("people were told the same at %s, by the notice about event %s",
		last.At.UTC().Format(time.RFC3339), last.EventID), nil
}

// repeatable tells whether the call can be made while its own policy is in force. If it cannot, then somebody had
// unlocked the resource in between, and this is a new lockout. Root can make the call, and so can a principal that the
// policy spares and that does not count as an administrator.
func repeatable(e Entry, ruling allowlist.Ruling) bool {
	proved := e.Verdict.Answer == lockout.Lockout || e.Verdict.Answer == lockout.Sealed
	return !proved || e.Change.By.Kind == "Root" || ruling.Rule != nil && len(ruling.Rule.Administrators) > 0
}
