package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
)

// settle brings an entry to its outcome. What an earlier try has done is not done again. An error means that this try failed and another may
// succeed; a refusal that no retry mends is an outcome.
func (f *Flow) settle(ctx context.Context, e *Entry, ruling allowlist.Ruling) error {
	switch {
	case e.State == Settled || e.Outcome.Result != "":
		return nil
	case e.Held != "":
		e.Outcome.Result, e.Outcome.Why = Held, e.Held
		return nil
	}
	outcome, err := f.rescue(ctx, e, ruling)
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		outcome = Outcome{Result: Failed, Cause: refusal.Cause, Why: refusal.Error()}
	} else if err != nil {
		return err
	}
	outcome.Rule, outcome.Live, outcome.At = e.Outcome.Rule, e.Outcome.Live, f.Now()
	e.State, e.Outcome = Settled, outcome
	if err := f.Ledger.Record(ctx, *e); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// rescue opens the door: steps 5 to 9.
func (f *Flow) rescue(ctx context.Context, e *Entry, ruling allowlist.Ruling) (Outcome, error) {
	session, err := f.Root.Open(ctx, e.Change) // 5: open root
	if err != nil {
		return Outcome{}, err
	}
	live, err := session.Policy(ctx)
	if err != nil && !errors.Is(err, ErrGone) {
		return Outcome{}, err
	}
	gone := err != nil
	if e.State == Saved && (gone || live != e.Saved) {
		return f.doneBefore(*e, live, gone, ruling), nil
	}
	if gone {
		return Outcome{Result: StoodDown, Why: "the policy, or the resource itself, is gone"}, nil
	}
	v := f.judge(e.Change, live, ruling) // 6: judge the live copy
	if passes(v) {
		return Outcome{Result: StoodDown, Why: fmt.Sprintf("the policy in force now is not the one of the event; it is %s", v.Answer)}, nil
	}
	e.Verdict, e.Outcome.Live = v, live
	if outcome := f.decide(live, v, ruling); outcome.Result != "" {
		return outcome, nil
	}
	if f.Observe {
		return Outcome{Result: Observed, Why: fmt.Sprintf("rule %s would have had the policy saved and deleted; a root session could be opened, and has only read", e.Outcome.Rule)}, nil
	}
	e.State, e.Saved = Saved, live // 7: save
	if err := f.Ledger.Record(ctx, *e); err != nil {
		return Outcome{}, fmt.Errorf("ledger: %w", err)
	}
	if err := session.Delete(ctx); err != nil { // 8: act
		return Outcome{}, err
	}
	return f.confirm(ctx, *e, session, ruling) // 9: look again
}

// doneBefore is the outcome where an earlier try saved the policy and it is not there any more. That is taken for our own work: the save is
// followed by nothing but the deletion, whose reply, or what came after it, may have been lost.
func (f *Flow) doneBefore(e Entry, live string, gone bool, ruling allowlist.Ruling) Outcome {
	o := Outcome{Result: Unlocked, Removed: e.Saved, Why: "an earlier try was cut short after saving the policy; the policy is gone now"}
	if !gone {
		o.Why = "an earlier try was cut short after saving the policy; " + f.replaced(e.Change, live, ruling)
	}
	return o
}

// replaced says what somebody has put in the place of the policy that was deleted.
func (f *Flow) replaced(c Change, live string, ruling allowlist.Ruling) string {
	v := f.judge(c, live, ruling)
	if passes(v) {
		return fmt.Sprintf("somebody has put another policy there since, which is %s", v.Answer)
	}
	return fmt.Sprintf("somebody has put another policy there since, which is %s: its own event is dealt with by itself", v.Answer)
}

// confirm looks until the policy is seen to be gone, for as long as the pauses and the deadline allow.
func (f *Flow) confirm(ctx context.Context, e Entry, session Session, ruling allowlist.Ruling) (Outcome, error) {
	done := Outcome{Result: Unlocked, Removed: e.Saved}
	for _, pause := range f.LookAgain {
		if !f.pause(ctx, pause) {
			done.Why = "the service accepted the deletion, but it could not be seen yet when our time ran out"
			return done, nil
		}
		live, err := session.Policy(ctx)
		switch {
		case errors.Is(err, ErrGone):
			return done, nil
		case err != nil:
			return Outcome{}, err
		case live != e.Saved:
			done.Why = f.replaced(e.Change, live, ruling)
			return done, nil
		}
	}
	return Outcome{Result: Failed, Cause: Unexpected, Why: "the service accepted the deletion, but still shows the old policy"}, nil
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
