package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
)

// This file is what comes after the act of a request: it is looked at, and seen to where its worker never came back.

// glance is the pause between two looks at an act of a request, after the first few.
const glance = 5 * time.Second

// watch looks until what was done is seen, or has to show, or time runs out. Lost is the error of the act, where that
// leaves open whether it took effect. What could not be seen is said.
func (f *Flow) watch(ctx context.Context, e *Entry, session Session, ruling allowlist.Ruling, lost error) {
	settled, pauses := e.Outcome.At.Add(f.settling()), f.LookAgain
	for {
		pause := glance
		if len(pauses) > 0 {
			pause, pauses = pauses[0], pauses[1:]
		} else if !f.Now().Before(settled) {
			break
		}
		if !leaves(ctx, pause+margin) || pause > 0 && f.Wait(ctx, pause) != nil {
			break
		}
		live, err := session.Policy(ctx)
		gone := errors.Is(err, ErrGone)
		if err != nil && !gone {
			continue
		}
		if f.shows(e, live, gone, !f.Now().Before(settled), ruling) {
			return
		}
	}
	if lost != nil {
		e.Outcome = f.doubtful(*e, fmt.Sprintf("the call failed (%v), and whether it took effect was not seen", lost))
		return
	}
	e.Outcome.Unseen, e.Outcome.Why = true, also(e.Outcome.Why, "it does not show yet")
}

// shows tells whether one look settles what became of the act. As long as a copy may be stale, only what was put or
// taken off is believed; anything else is kept, since it may have gone with the act.
func (f *Flow) shows(e *Entry, live string, gone, settled bool, ruling allowlist.Ruling) bool {
	o := &e.Outcome
	switch {
	case gone && o.Put == "", !gone && o.Put != "" && same(live, o.Put):
		return true
	case !settled:
		if !gone && !same(live, e.Saved) {
			f.between(e, live, ruling)
		}
		return false
	case gone:
		o.Why = also(o.Why, "somebody has taken it off since")
	case same(live, e.Saved):
		*o = f.doubtful(*e, "the service still shows the old policy")
	default:
		o.Why = also(o.Why, f.replaced(e.Change, live, ruling))
	}
	return true
}

// doubtful is the outcome of an act that may have been done, or not.
func (f *Flow) doubtful(e Entry, why string) Outcome {
	o := e.Outcome
	return Outcome{Result: Failed, Cause: Unexpected, Removed: e.Saved, Rule: o.Rule, Live: o.Live, Before: o.Before,
		At: f.Now(), Why: also(o.Why, why)}
}

// waitsFor is how long a request's entry on which nothing was done may be taken up again: longer than a request waits
// for its approval, and for leave to run.
const waitsFor = 31 * Daily

// dropped sees to the entry of a request that a reminder has come upon: its worker, or the request, never came back.
// Nothing is done but to look.
func (f *Flow) dropped(ctx context.Context, e *Entry, ruling allowlist.Ruling) error {
	switch {
	case e.State == Claimed && f.Now().Sub(e.Change.Time) < waitsFor:
		e.Due, e.Release = f.Now().Add(Daily), true
		return f.record(ctx, e)
	case e.State == Closed: // people know
		e.Open, e.Release = false, true
		return f.record(ctx, e)
	case e.State == Claimed:
		e.mute, e.State = "nothing was done: the request came to nothing", Settled
		e.Outcome = Outcome{Result: StoodDown, Why: e.mute, At: f.Now()}
	case e.State != Settled:
		if err := f.cutOff(ctx, e, ruling); err != nil {
			return f.giveBack(ctx, &Report{}, *e, err)
		}
	}
	f.announce(ctx, e, ruling)
	return nil
}

// cutOff says what is in force after a request whose worker was cut off after the save. It does not act. What is seen
// proves nothing of what the worker did: somebody else may have done the same since, or undone it.
func (f *Flow) cutOff(ctx context.Context, e *Entry, ruling allowlist.Ruling) error {
	if e.State == Settled {
		return nil
	}
	f, err := f.knowing(ctx, e.Change)
	if err != nil {
		return err
	}
	session, err := f.Root.Open(ctx, e.Change)
	if err != nil {
		return err
	}
	live, err := session.Policy(ctx)
	gone := errors.Is(err, ErrGone)
	const cut = "the worker was cut off after saving the policy"
	switch {
	case err != nil && !gone:
		return err
	case f.Now().Before(e.Settles):
		e.Due = e.Settles
		return fmt.Errorf("%s: what it did may show at %s", cut, e.Settles.UTC().Format(time.RFC3339))
	}
	o := Outcome{Result: StoodDown, Removed: e.Saved, Rule: ruleName(ruling), At: f.Now()}
	if e.Change.Call == undone {
		o = restored(e.Change.Asked.Of, e.Saved, e.Change.Policy, f.Now())
		o.Unseen, o.Cause = true, Unexpected
	}
	o.Why = cut + "; " + f.now(*e, live, gone, ruling)
	e.State, e.Outcome = Settled, o
	return f.record(ctx, e)
}

// now says what is in force after a request that was cut off.
func (f *Flow) now(e Entry, live string, gone bool, ruling allowlist.Ruling) string {
	switch {
	case gone && e.Saved == "", !gone && same(live, e.Saved):
		return "the same is in force: nothing was done, or somebody has put it back since"
	case gone:
		return "there is none now"
	}
	return fmt.Sprintf("the policy in force now is another, which is %s", f.judge(e.Change, live, ruling).Answer)
}
