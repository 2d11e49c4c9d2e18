package remedy

import (
	"context"
	"errors"
	"fmt"

	"locksmith/policies/allowlist"
)

// PutBack is [Flow.Undo] for a request, which the wish names. Its rules are those of an undo, and its incident is the
// request's. Between the two looks nobody waits: the first time the error is a *[Later]. Errors, and what a wish comes
// to that comes twice, are as those of [Flow.Grant].
func (f *Flow) PutBack(ctx context.Context, of Entry, u Undo) (Outcome, error) {
	f, err := f.knowing(ctx, of.Change)
	if err != nil {
		return Outcome{}, err
	}
	ruling, err := f.ruling(ctx, of.Change)
	if err != nil {
		return Outcome{}, err
	}
	if ruling.Standing == allowlist.Forbidden {
		return Outcome{}, &NotDone{Why: ruling.Sentence(), Err: ErrNever}
	}
	policy, v, err := f.wanted(of, u, ruling)
	if err != nil {
		return Outcome{}, &NotDone{Why: err.Error()}
	}
	e, err := f.Ledger.Claim(ctx, Incident{Change: undoing(of, u, policy, f.Now()), Verdict: v})
	switch {
	case errors.Is(err, ErrBusy):
		return Outcome{}, &Later{f.Now().Add(busyFor), "Locksmith is busy with " + of.Change.Resource}
	case err != nil:
		return Outcome{}, fmt.Errorf("ledger: %w", err)
	case e.State == Closed:
		return ended(e)
	case e.State == Claimed:
		err = f.putBack(ctx, &e, of, policy, u, ruling)
	default:
		err = f.cutOff(ctx, &e, ruling)
	}
	return f.conclude(ctx, &e, err, ruling)
}

// Undoes tells why an undo of an entry's copy would be refused, as a *[NotDone], with the policy that is in force now,
// "" for none.
func (f *Flow) Undoes(ctx context.Context, of Entry, u Undo, live string) error {
	f, err := f.knowing(ctx, of.Change)
	if err != nil {
		return err
	}
	ruling, err := f.ruling(ctx, of.Change)
	if err != nil {
		return err
	}
	if ruling.Standing == allowlist.Forbidden {
		return &NotDone{Why: ruling.Sentence(), Err: ErrNever}
	}
	policy, _, err := f.wanted(of, u, ruling)
	if err != nil {
		return &NotDone{Why: err.Error()}
	}
	if err := replaceable(of, live, policy); err != nil || same(live, policy) {
		return err
	}
	return f.closed(of.Change, live, policy, u, ruling)
}
