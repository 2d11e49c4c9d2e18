package remedy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// A Hopeless error is of a message that no retry mends, and that people know of. Nothing but the message itself says
// what it was, so it goes to the dead letters, as fast as the queue lets it.
type Hopeless struct{ error }

func (h *Hopeless) Unwrap() error { return h.error }

// unreadable tells people at once of a record that no retry mends, with all that the record says of itself. One that
// has an event id is finished then, since CloudTrail has it. Anything else is [Hopeless].
func (f *Flow) unreadable(ctx context.Context, d Delivery, r *Report, cause error) error {
	known := r.Change.EventID != ""
	if !known {
		r.Change.EventID = fmt.Sprintf("message-%x", sha256.Sum256(d.Event))
	}
	r.Verdict = lockout.Verdict{Answer: lockout.Undecided, Reasons: []string{Scrub(cause.Error())}}
	e, err := f.Ledger.Claim(ctx, Incident{Change: r.Change, Verdict: r.Verdict})
	switch {
	case err != nil:
		return errors.Join(cause, fmt.Errorf("ledger: %w", err))
	case e.State == Closed:
		r.Outcome, r.Repeated = e.Outcome, true
	default:
		e.State, e.Outcome = Settled, Outcome{Result: Unreadable, Why: Scrub(cause.Error()), At: f.Now()}
		r.claimed, r.Outcome = true, e.Outcome
		ruling := f.Allow.Find(r.Change.Resource, allowlist.Account{Number: r.Change.Account}, f.Now())
		if err := f.tell(ctx, &e, ruling); err != nil {
			return f.giveBack(ctx, r, e, errors.Join(cause, err))
		}
		r.told = e.Told
	}
	if known {
		return nil
	}
	return &Hopeless{cause}
}
