package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// settle brings an entry to its outcome. What an earlier try has done is not done again. An error means that this try
// failed and another may succeed. A refusal that no retry mends is an outcome.
func (f *Flow) settle(ctx context.Context, e *Entry, ruling allowlist.Ruling) error {
	if e.State == Settled || e.State == Claimed && e.Outcome.Result != "" {
		return nil
	}
	outcome, err := f.rescue(ctx, e, ruling)
	held, refusal := (*HeldError)(nil), (*Refusal)(nil)
	switch {
	case errors.As(err, &held):
		outcome = Outcome{Result: Held, Why: held.Why}
	case errors.As(err, &refusal):
		outcome = refused(*e, refusal)
	case err != nil:
		return err
	}
	outcome.Rule, outcome.Live, outcome.Before = e.Outcome.Rule, e.Outcome.Live, e.Outcome.Before
	if outcome.At.IsZero() {
		outcome.At = f.Now()
	}
	e.State, e.Outcome = Settled, outcome
	e.Counts = outcome.Result == StoodDown // a root session that came to nothing
	if err := f.record(ctx, e); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// savedBefore is said of every entry with a saved policy that was not seen to be acted on.
const savedBefore = "the policy had been saved, and may have been taken off, by an earlier try that was cut short, " +
	"or by this one"

// refused is the outcome where a service refuses for good. What was done before is not forgotten, and where people have
// been told of the resource before, it is what they were told.
func refused(e Entry, refusal *Refusal) Outcome {
	switch {
	case e.State == Acted:
		o := e.Outcome
		o.Unseen, o.Why = true, also(o.Why, fmt.Sprintf("the service accepted the change, but did not let us look again (%v)",
			refusal.Err))
		return o
	case e.before.Result != "" && e.State != Saved:
		o := e.before
		o.At, o.Why = time.Time{}, also(o.Why, "it could not be looked at ("+refusal.Error()+")")
		return o
	}
	o := Outcome{Result: Failed, Cause: refusal.Cause, Why: refusal.Error(), Removed: e.Saved}
	if e.State == Saved {
		o.Why = also(o.Why, savedBefore)
	}
	return o
}

// record writes the entry. What the entry says for one record only is done then.
func (f *Flow) record(ctx context.Context, e *Entry) error {
	e.endAct(f.Now())
	if err := f.Ledger.Record(ctx, *e); err != nil {
		return err
	}
	e.written()
	return nil
}

// rescue unlocks the resource: steps 5 to 9.
func (f *Flow) rescue(ctx context.Context, e *Entry, before allowlist.Ruling) (Outcome, error) {
	ruling, err := f.freshRuling(ctx, e, before)
	if err != nil {
		return Outcome{}, err
	}
	session, err := f.Root.Open(ctx, e.Change) // 5: open root
	if err != nil {
		return Outcome{}, err
	}
	if f, err = f.knowing(ctx, e.Change); err != nil {
		return Outcome{}, err
	}
	if e.State == Acted {
		return f.look(ctx, e, session, ruling)
	}
	live, gone, err := f.read(ctx, session, *e, ruling)
	if err != nil {
		return Outcome{}, err
	}
	v := f.judge(e.Change, live, ruling) // 6: judge the live copy
	went := f.went(e, live)
	if over := f.over(e, live, gone, v, went, ruling); over.Result != "" {
		return over, nil
	}
	e.Verdict, e.Outcome.Live = v, live
	if outcome := f.decide(e.Change, live, v, ruling); outcome.Result != "" {
		outcome.Why = also(outcome.Why, went)
		return outcome, nil
	}
	if ruling.Rule.Action == allowlist.Restore {
		if err := f.recall(ctx, e); err != nil {
			return Outcome{}, err
		}
	}
	weighed := f.weigh(locked{e.Change, live, v, ruling, e.Outcome.Before}) // 7: weigh the act, and save
	weighed.Why = also(weighed.Why, went)
	if f.Observe {
		return f.observed(*e, weighed), nil
	}
	if err := f.save(ctx, e, session, live); err != nil {
		return Outcome{}, err
	}
	return f.act(ctx, e, session, ruling, weighed) // 8 and 9: act, and look again
}

// over is the outcome where there is nothing to act on any more.
func (f *Flow) over(e *Entry, live string, gone bool, v lockout.Verdict, went string,
	ruling allowlist.Ruling) Outcome {
	switch {
	case e.State == Saved && (gone || live != e.Saved && passes(v)):
		return f.doneBefore(*e, live, gone, ruling)
	case (gone || passes(v)) && went != "":
		return Outcome{Result: Overtaken, Why: went}
	case gone:
		return Outcome{Result: StoodDown, Why: "the policy, or the resource itself, is gone"}
	case passes(v) && same(live, e.Change.Policy): // it was thought to have gone with an act
		e.mute = "the policy of the event is in force, and lets its administrators in"
		return Outcome{Result: StoodDown, Why: e.mute}
	case passes(v):
		return Outcome{Result: StoodDown,
			Why: fmt.Sprintf("the policy in force now is not the one of the event; it is %s", v.Answer)}
	}
	return Outcome{}
}

// read reads the policy in force. To stand down for a stale copy would leave a lockout. To act on one could take away
// what somebody has put since. Where the copy may be stale, the error is a *[Later].
func (f *Flow) read(ctx context.Context, session Session, e Entry,
	ruling allowlist.Ruling) (live string, gone bool, err error) {
	live, err = session.Policy(ctx)
	if gone = errors.Is(err, ErrGone); err != nil && !gone {
		return "", false, err
	}
	if until := f.settles(e, live, gone, ruling); f.Now().Before(until) {
		return "", false, &Later{until, e.Change.Resource + " may still show a policy that is not in force any more"}
	}
	return live, gone, nil
}

// settles is until when a copy may be stale. A copy that disagrees with the event may be older than the event, and so
// may one that agrees, where somebody whom the policy spares can have written since. What a sweep was shown may have
// been stale itself. Any that is acted on is stale where the policy is known to have been changed, by us or others,
// unless it is the event's own and was put after that.
func (f *Flow) settles(e Entry, live string, gone bool, ruling allowlist.Ruling) time.Time {
	c, until := e.Change, time.Time{}
	v := f.judge(c, live, ruling)
	disagrees := gone || v.Answer != e.Verdict.Answer
	if disagrees || sparing(ruling) || c.Found() {
		until = c.Time.Add(Settling)
	}
	switch {
	case f.Instant, e.State == Saved && gone: // gone is what we meant it to be
		return time.Time{}
	case disagrees && e.State != Saved && (gone || passes(v)): // nothing is done, and what came since has its own event
	case !sparing(ruling) && !c.Found() && c.Time.After(e.Settles.Add(-Settling)) && same(live, c.Policy):
		return time.Time{}
	case e.Settles.After(until):
		until = e.Settles
	}
	if most := f.Now().Add(Settling); until.After(most) {
		until = most // the clock that the event's time is from is ahead
	}
	return until
}

// early says that a lock which spares somebody, or that was found, cannot be acted on yet, before anything is claimed
// or opened.
func (f *Flow) early(c Change, outcome Outcome, ruling allowlist.Ruling) error {
	until := c.Time.Add(Settling)
	if outcome.Result != "" || f.Instant || !sparing(ruling) && !c.Found() || !f.Now().Before(until) ||
		until.Sub(f.Now()) > Settling {
		return nil
	}
	if c.Found() {
		return &Later{until, "what the sweep was shown may have been replaced before, which has to show by then"}
	}
	return &Later{until, "the policy spares others than administrators, who may have corrected it: " +
		"what they put may not show yet"}
}

// save keeps the live policy and takes the tokens, in one record. Then it reads once more: what has changed since is
// not what was judged.
func (f *Flow) save(ctx context.Context, e *Entry, session Session, live string) error {
	unsaved := *e
	if !e.Token {
		e.Token, e.Takes, e.TokenAt = true, true, f.Now()
	}
	e.State, e.Saved, e.Since = Saved, live, f.stale(*e)
	e.keep(Copy{Policy: live, Verdict: e.Verdict, At: f.Now(), Why: "in force when it was taken off"})
	f.startAct(ctx, e)
	if err := f.Ledger.Record(ctx, *e); err != nil {
		*e = unsaved // giving back the lease must not record a save that did not happen
		return unwritten(err)
	}
	e.written()
	again, err := session.Policy(ctx)
	switch {
	case err == nil && same(again, live):
		return nil
	case err != nil && !errors.Is(err, ErrGone):
		return f.untouched(e, unsaved, err)
	}
	return f.untouched(e, unsaved, &Later{f.Now().Add(f.settling()),
		"the policy was changed while it was being saved"})
}

// unwritten is the error of a save that was not recorded, or of which nobody knows whether it was.
func unwritten(err error) error {
	err = fmt.Errorf("ledger: %w", err)
	if errors.As(err, new(*HeldError)) || errors.Is(err, ErrBusy) || isLater(err) {
		return err
	}
	return unsure{err}
}

// untouched notes that nothing was done after the save: the tokens go back. Where an earlier try may have acted, the
// entry stays as it is.
func (f *Flow) untouched(e *Entry, before Entry, why error) error {
	e.Lately, e.acting = append([]Act{}, before.Lately...), false
	if before.State == Claimed {
		e.State, e.Saved, e.Returns = Claimed, "", e.Token
	}
	return why
}

func (f *Flow) settling() time.Duration {
	if f.Instant {
		return 0
	}
	return Settling
}

// act does what was weighed, and looks again. Where the service refuses the policy that is to be put, it does less.
func (f *Flow) act(ctx context.Context, e *Entry, session Session, ruling allowlist.Ruling,
	weighed Outcome) (Outcome, error) {
	for weighed.Put != "" {
		err := session.Put(ctx, weighed.Put)
		refusal := (*Refusal)(nil)
		switch {
		case err == nil:
			return f.confirm(ctx, e, session, ruling, weighed)
		case !errors.As(err, &refusal):
			return Outcome{}, err
		}
		l := locked{e.Change, e.Saved, e.Verdict, ruling, e.Outcome.Before}
		if weighed.Result == Reinstated {
			weighed = f.atMost(allowlist.Repair, l, also(fmt.Sprintf("not restored, since the service refused the last good "+
				"policy (%v)", refusal.Err), weighed.Why))
			continue
		}
		weighed = f.atMost(allowlist.Delete, l, also(weighed.Why, fmt.Sprintf(
			"not repaired, since the service refused the policy without its locking statements (%v)", refusal.Err)))
	}
	if err := session.Delete(ctx); err != nil {
		return Outcome{}, err
	}
	return f.confirm(ctx, e, session, ruling, weighed)
}

// doneBefore is the outcome where an earlier try saved the policy and it is not there any more. That is taken for our
// own work, since nothing but the act follows the save. Its reply, or what came after it, may have been lost.
func (f *Flow) doneBefore(e Entry, live string, gone bool, ruling allowlist.Ruling) Outcome {
	o := f.weigh(locked{e.Change, e.Saved, e.Verdict, ruling, e.Outcome.Before})
	switch {
	case !gone && o.Result == Reinstated && same(live, o.Put):
		o.Why = also(o.Why, "an earlier try was cut short after putting it back")
	case !gone && o.Put != "" && same(live, o.Put):
		o.Why = "an earlier try was cut short after putting the policy back without its locking statements"
	case gone:
		o = f.deleting(e.Change, e.Saved, e.Verdict, ruling,
			"an earlier try was cut short after saving the policy; the policy is gone now")
	default:
		o = f.deleting(e.Change, e.Saved, e.Verdict, ruling,
			"an earlier try was cut short after saving the policy; "+f.replaced(e.Change, live, ruling))
	}
	return o
}
