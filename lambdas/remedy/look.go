package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
)

// confirm looks until what was done is seen, for as long as the pauses and the deadline allow. What cannot be seen yet
// is left to a later delivery, in the state Acted.
func (f *Flow) confirm(ctx context.Context, e *Entry, session Session, ruling allowlist.Ruling,
	done Outcome) (Outcome, error) {
	done.Rule, done.Live, done.Before, done.At = e.Outcome.Rule, e.Outcome.Live, e.Outcome.Before, f.Now()
	e.State, e.Outcome = Acted, done
	var err error
	for _, pause := range f.LookAgain {
		if !f.pause(ctx, pause) {
			break
		}
		if done, err = f.look(ctx, e, session, ruling); !isLater(err) {
			return done, err
		}
	}
	return Outcome{}, f.notYet(*e)
}

// notYet says when what was done can be seen for certain.
func (f *Flow) notYet(e Entry) error {
	until := e.Outcome.At.Add(f.settling())
	if next := f.Now().Add(time.Second); next.After(until) {
		until = next
	}
	return &Later{until, "the service accepted the change of " + e.Change.Resource + ", which does not show yet"}
}

// look reads the policy once after the act. As long as it may be stale, only what we have put, or taken off, is
// believed: anything else may be what somebody had put before the act, and is kept.
func (f *Flow) look(ctx context.Context, e *Entry, session Session, ruling allowlist.Ruling) (Outcome, error) {
	done := &e.Outcome
	live, err := session.Policy(ctx)
	refusal, gone := (*Refusal)(nil), errors.Is(err, ErrGone)
	switch {
	case errors.As(err, &refusal):
		return refused(*e, refusal), nil
	case err != nil && !gone:
		return Outcome{}, err
	case gone && done.Put == "", !gone && done.Put != "" && same(live, done.Put):
		return *done, nil
	case f.Now().Before(done.At.Add(f.settling())):
		if !gone && !same(live, e.Saved) {
			f.between(e, live, ruling)
		}
		return Outcome{}, f.notYet(*e)
	case gone:
		done.Why = also(done.Why, "somebody has taken it off since")
		return *done, nil
	case same(live, e.Saved):
		return Outcome{Result: Failed, Cause: Unexpected, Removed: e.Saved,
			Why: "the service accepted the change, but still shows the old policy"}, nil
	case !passes(f.judge(e.Change, live, ruling)):
		e.State, e.Outcome = Saved, Outcome{Rule: done.Rule}
		return Outcome{}, fmt.Errorf("%s has another policy since, which is no better: it has to be looked at anew",
			e.Change.Resource)
	}
	done.Why = also(done.Why, f.replaced(e.Change, live, ruling))
	return *done, nil
}

// replaced says what somebody has put in the place of the policy that was there. It never locks, since a policy that
// locks is judged anew.
func (f *Flow) replaced(c Change, live string, ruling allowlist.Ruling) string {
	return fmt.Sprintf("somebody has put another policy there since, which is %s", f.judge(c, live, ruling).Answer)
}

// margin is what has to be left of the deadline after a pause: for one more look, the ledger and the notice.
const margin = 10 * time.Second

// pause sleeps, unless too little would be left of the deadline afterwards.
func (f *Flow) pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && f.Now().Add(d+margin).After(deadline) {
		return false
	}
	return d == 0 || f.Wait(ctx, d) == nil
}
