package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
)

// settle brings an entry to its outcome. What an earlier try has done is not done again. An error means that this try
// failed and another may succeed. A refusal that no retry mends is an outcome.
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
		outcome = Outcome{Result: Failed, Cause: refusal.Cause, Why: refusal.Error(), Removed: e.Saved}
		if e.State == Saved {
			outcome.Why = also(outcome.Why, "the policy had been saved, and may have been taken off, "+
				"by an earlier try that was cut short, or by this one")
		}
	} else if err != nil {
		return err
	}
	outcome.Rule, outcome.Live, outcome.At = e.Outcome.Rule, e.Outcome.Live, f.Now()
	e.State, e.Outcome = Settled, outcome
	// The guards count only what was done. Otherwise whoever locks and unlocks a bucket of his own could use them up.
	e.Returns = e.Token && e.Saved == ""
	if err := f.Ledger.Record(ctx, *e); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	e.Token, e.Returns = e.Token && !e.Returns, false
	return nil
}

// rescue unlocks the resource: steps 5 to 9.
func (f *Flow) rescue(ctx context.Context, e *Entry, ruling allowlist.Ruling) (Outcome, error) {
	session, err := f.Root.Open(ctx, e.Change) // 5: open root
	if err != nil {
		return Outcome{}, err
	}
	live, gone, err := f.read(ctx, session, *e, ruling)
	if err != nil {
		return Outcome{}, err
	}
	v := f.judge(e.Change, live, ruling) // 6: judge the live copy
	if e.State == Saved && (gone || live != e.Saved && passes(v)) {
		return f.doneBefore(*e, live, gone, ruling), nil
	}
	if gone {
		return Outcome{Result: StoodDown, Why: "the policy, or the resource itself, is gone"}, nil
	}
	if passes(v) {
		return Outcome{Result: StoodDown,
			Why: fmt.Sprintf("the policy in force now is not the one of the event; it is %s", v.Answer)}, nil
	}
	e.Verdict, e.Outcome.Live = v, live
	if outcome := f.decide(live, v, ruling); outcome.Result != "" {
		return outcome, nil
	}
	repaired, why := f.repair(*e, live, ruling)
	if f.Observe {
		return f.observed(*e, repaired, why), nil
	}
	unsaved := *e
	if e.State == Saved && live != e.Saved {
		e.Before = e.Saved // the earlier policy may have been taken off, and another one locks now
	}
	e.State, e.Saved = Saved, live // 7: save
	if err := f.Ledger.Record(ctx, *e); err != nil {
		*e = unsaved // giving back the lease must not record a save that did not happen
		return Outcome{}, fmt.Errorf("ledger: %w", err)
	}
	return f.act(ctx, *e, session, ruling, repaired, why) // 8 and 9: act, and look again
}

// read reads the policy in force, and reads it again where it may be a stale copy. To stand down for a stale copy would
// leave a lockout. To act on one could take away what somebody has put since. Where the copy would settle after the
// deadline, the event has to come again.
func (f *Flow) read(ctx context.Context, session Session, e Entry,
	ruling allowlist.Ruling) (live string, gone bool, err error) {
	for range 3 {
		live, err = session.Policy(ctx)
		if gone = errors.Is(err, ErrGone); err != nil && !gone {
			return "", false, err
		}
		left := min(Settling, f.settles(e, live, gone, ruling).Sub(f.Now()))
		if left <= 0 {
			return live, gone, nil
		}
		if !f.pause(ctx, left) {
			break
		}
	}
	return "", false, fmt.Errorf("%s may still show a policy that is not in force any more: too early to tell",
		e.Change.Resource)
}

// settles is until when a copy may be stale. A copy that disagrees with the event may be older than the event. One that
// agrees is stale only where we ourselves have changed the policy, unless it is the event's own and was put after that.
func (f *Flow) settles(e Entry, live string, gone bool, ruling allowlist.Ruling) time.Time {
	c := e.Change
	switch {
	case f.Instant:
		return time.Time{}
	case gone, f.judge(c, live, ruling).Answer != e.Verdict.Answer:
		return c.Time.Add(Settling)
	case c.Time.After(e.Settles.Add(-Settling)) && same(live, c.Policy):
		return time.Time{}
	}
	return e.Settles
}

// act deletes the policy, or puts back what is left of it, and looks again. Where the service refuses what is left, it
// deletes.
func (f *Flow) act(ctx context.Context, e Entry, session Session, ruling allowlist.Ruling,
	repaired, why string) (Outcome, error) {
	if repaired != "" {
		err := session.Put(ctx, repaired)
		refusal := (*Refusal)(nil)
		switch {
		case err == nil:
			return f.confirm(ctx, e, session, ruling, Outcome{Result: Repaired, Removed: e.Saved, Put: repaired})
		case !errors.As(err, &refusal):
			return Outcome{}, err
		}
		why = fmt.Sprintf("not repaired, since the service refused the policy without its locking statements (%v)",
			refusal.Err)
	}
	if err := session.Delete(ctx); err != nil {
		return Outcome{}, err
	}
	return f.confirm(ctx, e, session, ruling, Outcome{Result: Unlocked, Removed: e.Saved, Why: why})
}

// doneBefore is the outcome where an earlier try saved the policy and it is not there any more. That is taken for our
// own work, since nothing but the act follows the save. Its reply, or what came after it, may have been lost.
func (f *Flow) doneBefore(e Entry, live string, gone bool, ruling allowlist.Ruling) Outcome {
	o := Outcome{Result: Unlocked, Removed: e.Saved,
		Why: "an earlier try was cut short after saving the policy; the policy is gone now"}
	repaired, _ := f.repair(e, e.Saved, ruling)
	switch {
	case !gone && repaired != "" && same(live, repaired):
		o.Result, o.Put = Repaired, repaired
		o.Why = "an earlier try was cut short after putting the policy back without its locking statements"
	case !gone:
		o.Why = "an earlier try was cut short after saving the policy; " + f.replaced(e.Change, live, ruling)
	}
	return o
}

// replaced says what somebody has put in the place of the policy that was there. It never locks, since a policy that
// locks is judged anew.
func (f *Flow) replaced(c Change, live string, ruling allowlist.Ruling) string {
	return fmt.Sprintf("somebody has put another policy there since, which is %s", f.judge(c, live, ruling).Answer)
}

// confirm looks until what was done is seen, for as long as the pauses and the deadline allow. Then the outcome is
// done.
func (f *Flow) confirm(ctx context.Context, e Entry, session Session, ruling allowlist.Ruling,
	done Outcome) (Outcome, error) {
	for _, pause := range f.LookAgain {
		if !f.pause(ctx, pause) {
			done.Why = also(done.Why,
				"the service accepted the change, but it could not be seen yet when our time ran out")
			return done, nil
		}
		live, err := session.Policy(ctx)
		refusal := (*Refusal)(nil)
		switch gone := errors.Is(err, ErrGone); {
		case errors.As(err, &refusal):
			done.Why = also(done.Why, fmt.Sprintf("the service accepted the change, but did not let us look again (%v)",
				refusal.Err))
			return done, nil
		case err != nil && !gone:
			return Outcome{}, err
		case gone && done.Put == "", !gone && done.Put != "" && same(live, done.Put):
			return done, nil
		case gone:
			done.Why = also(done.Why, "somebody has taken it off since")
			return done, nil
		case live != e.Saved && !passes(f.judge(e.Change, live, ruling)):
			return Outcome{}, fmt.Errorf("%s has another policy since, which is no better: it has to be looked at anew",
				e.Change.Resource)
		case live != e.Saved:
			done.Why = also(done.Why, f.replaced(e.Change, live, ruling))
			return done, nil
		}
	}
	return Outcome{Result: Failed, Cause: Unexpected, Removed: e.Saved,
		Why: "the service accepted the change, but still shows the old policy"}, nil
}

// also joins two sentences.
func also(first, second string) string {
	if first == "" {
		return second
	}
	return first + "; " + second
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
