package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// Grant does what a person has asked for, on the policy that was shown and on no other. The request is an incident of
// its own, under the guards of the flow: the lease on the resource, a look at the live policy, the tokens, a saved
// copy, one more look, the act, a look at what became of it, a notice.
//
// The allow list's rules do not bind people, but its never does. Exactly the action that was asked for is done, or
// nothing. What somebody else can write is looked at twice, [Settling] apart, before it is acted on. The errors are
// [ErrShown], a *[NotDone], a *[HeldError] or a *[Refusal], where nothing was done and nothing will be; a *[Later],
// where nothing was done yet, as after the first few failures that may pass; a *[NotKnown]; and others, after which
// nothing was done that the ledger does not know of.
// A wish that comes twice is done once: the second time the outcome is what the ledger has.
func (f *Flow) Grant(ctx context.Context, w Wish) (Outcome, error) {
	c := w.change(f.Now())
	if w.Shown == "" {
		return Outcome{}, &NotDone{Why: w.Resource + " has no policy that could be taken off"}
	}
	ruling, err := f.ruling(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	if ruling.Standing == allowlist.Forbidden {
		return Outcome{}, &NotDone{Why: ruling.Sentence(), Err: ErrNever}
	}
	e, err := f.Ledger.Claim(ctx, Incident{Change: c, Verdict: f.judge(c, w.Shown, ruling)})
	switch {
	case errors.Is(err, ErrBusy):
		return Outcome{}, &Later{f.Now().Add(busyFor), "Locksmith is busy with " + w.Resource}
	case err != nil:
		return Outcome{}, fmt.Errorf("ledger: %w", err)
	case e.State == Closed:
		return ended(e)
	case e.State == Claimed && !same(e.Change.Policy, w.Shown):
		e.Change = c // it was shown anew since
	case e.State == Claimed:
		e.Change.Asked, e.Change.By = c.Asked, c.By
	}
	if e.State == Claimed {
		err = f.grant(ctx, &e, w, ruling)
	} else {
		err = f.cutOff(ctx, &e, ruling)
	}
	return f.conclude(ctx, &e, err, ruling)
}

// conclude ends a try of a request. What was saved, and cannot be seen now, the next reminder looks at.
func (f *Flow) conclude(ctx context.Context, e *Entry, err error, ruling allowlist.Ruling) (Outcome, error) {
	switch {
	case err != nil && e.State == Settled: // it was done, and could not be recorded
		f.Log.WarnContext(ctx, "outcome not recorded", "eventId", e.Change.EventID, "error", scrubbed{err}.Error())
	case err != nil && e.State == Saved:
		e.Due = f.Now()
		return Outcome{}, &NotKnown{f.doubtful(*e, f.refrain(ctx, e, err).Error())}
	case err != nil:
		return Outcome{}, f.refrain(ctx, e, err)
	}
	f.announce(ctx, e, ruling)
	return ended(*e)
}

// leaves tells whether so much of the deadline is left, which is by the clock of the machine.
func leaves(ctx context.Context, d time.Duration) bool {
	deadline, limited := ctx.Deadline()
	return !limited || time.Until(deadline) >= d
}

// afterwards is for what follows an act: who asked may have gone, and what was done is still to be recorded and told.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), margin)
}

// busyFor is when a request comes back to a resource that another worker is busy with.
const busyFor = 15 * time.Second

// ended is what the ledger has of a request that is over.
func ended(e Entry) (Outcome, error) {
	switch o := e.Outcome; {
	case o.Result.Opens(), o.Result == Restored && o.Cause == "":
		return o, nil
	case o.Result == Held:
		return o, &HeldError{Why: o.Why}
	case o.Removed != "", o.Result == Restored:
		return o, &NotKnown{Outcome: o}
	default:
		return o, &NotDone{Why: o.Why}
	}
}

// grant is the way of a request on which nothing was done yet: steps 5 to 9.
func (f *Flow) grant(ctx context.Context, e *Entry, w Wish, ruling allowlist.Ruling) error {
	session, err := f.Root.Open(ctx, e.Change)
	if err != nil {
		return err
	}
	live, err := session.Policy(ctx)
	switch {
	case errors.Is(err, ErrGone), err == nil && !same(live, e.Change.Policy):
		return ErrShown
	case err != nil:
		return err
	}
	e.Change.Living, e.Outcome = false, Outcome{Live: live, Rule: ruleName(ruling)}
	if f, e.Verdict, err = f.byNames(ctx, &e.Change, live, f.judge(e.Change, live, ruling), ruling); err != nil {
		return err
	}
	locks, mark := f.locks(live, e.Verdict)
	if e.Change.Asked.Forced = !locks; !locks && !w.Force {
		return &NotDone{Why: notLocked(e.Verdict, mark)}
	}
	if until := f.lookAgainAt(*e, ruling); f.Now().Before(until) {
		return &Later{until, e.Change.Resource + " may still show a policy that is not in force any more"}
	}
	if w.Action == allowlist.Restore {
		if err := f.recall(ctx, e); err != nil {
			return err
		}
	}
	weighed := f.exactly(w.Action, locked{e.Change, live, e.Verdict, ruling, e.Outcome.Before})
	if weighed.Refused != "" {
		return &NotDone{Why: fmt.Sprintf("%s is not safe here: %s", w.Action, weighed.Refused)}
	}
	if !leaves(ctx, 2*margin) {
		return &Later{f.Now().Add(time.Second), "too little time was left to act, and to see what came of it"}
	}
	unsaved := *e
	if err := f.save(ctx, e, session, live); err != nil {
		return err
	}
	return f.carryOut(ctx, e, unsaved, session, ruling, weighed.Outcome)
}

func ruleName(ruling allowlist.Ruling) string {
	if ruling.Rule == nil {
		return ""
	}
	return ruling.Rule.Name
}

// notLocked is why a person has to insist.
func notLocked(v lockout.Verdict, mark string) string {
	if mark != "" {
		return "it is not taken for a lockout: " + mark
	}
	return fmt.Sprintf("it is not proved to be locked: its policy is %s", v.Answer)
}

// lookAgainAt is when what is read can be acted on. A lockout that spares nobody, on a bucket, can be acted on at once:
// nobody but root can have written since it was shown. Anything else may have been put right since, and so it has to
// show the same for as long as an old copy may. So has what we have changed ourselves lately.
func (f *Flow) lookAgainAt(e Entry, ruling allowlist.Ruling) time.Time {
	if f.Instant {
		return time.Time{}
	}
	until := e.Change.Time.Add(Settling)
	if e.Verdict.Answer == lockout.Lockout && !e.Change.Asked.Forced && !e.Change.Living && !sparing(ruling) &&
		e.Change.Service() == "s3" {
		until = time.Time{}
	}
	if e.Settles.After(until) {
		until = e.Settles
	}
	if most := f.Now().Add(Settling); until.After(most) {
		until = most
	}
	return until
}

// carryOut does what was weighed. Where the service refuses it, nothing was done, and nothing is done in its place.
func (f *Flow) carryOut(ctx context.Context, e *Entry, unsaved Entry, session Session, ruling allowlist.Ruling,
	weighed Outcome) error {
	var err error
	if weighed.Put != "" {
		err = session.Put(ctx, weighed.Put)
	} else {
		err = session.Delete(ctx)
	}
	if errors.As(err, new(*Refusal)) {
		return f.untouched(e, unsaved, err)
	}
	weighed.Rule, weighed.Live, weighed.Before, weighed.At = e.Outcome.Rule, e.Outcome.Live, e.Outcome.Before, f.Now()
	e.State, e.Outcome = Acted, weighed
	f.watch(ctx, e, session, ruling, err)
	e.State = Settled
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := f.record(ctx, e); err != nil { // the reminder finds the entry as it was saved, and sees what was done
		f.Log.WarnContext(ctx, "outcome not recorded", "eventId", e.Change.EventID, "error", scrubbed{err}.Error())
	}
	return nil
}

// refrain ends a try after which nothing was done. What cannot become anything any more is closed: the person hears of
// it by the request. What may still be done stays claimed, and the lease is given back.
func (f *Flow) refrain(ctx context.Context, e *Entry, cause error) error {
	if e.State == Claimed && e.Failures < patience-1 && passing(cause) {
		if err := f.giveBack(ctx, &Report{}, *e, cause); err != nil {
			cause = err
		}
		return &Later{f.Now().Add(busyFor), scrubbed{cause}.Error()}
	}
	if e.State == Claimed && !isLater(cause) && !errors.Is(cause, ErrShown) {
		o := Outcome{Result: StoodDown, At: f.Now(), Why: Scrub(cause.Error()), Live: e.Outcome.Live, Rule: e.Outcome.Rule}
		if held := (*HeldError)(nil); errors.As(cause, &held) {
			o.Result, o.Why = Held, held.Why
		}
		e.State, e.Open, e.Outcome, e.Quiet = Closed, false, o, "nothing was done: the request says so"
	}
	return f.giveBack(ctx, &Report{}, *e, cause)
}

// passing tells whether an error may be over the next time, and nothing was done.
func passing(err error) bool {
	final := errors.As(err, new(*HeldError)) || errors.As(err, new(*Refusal)) || errors.As(err, new(*NotDone))
	return !final && !isLater(err) && !errors.Is(err, ErrShown) && !errors.As(err, new(unsure))
}

// announce tells people of a request that is over. Where that fails, the next reminder tells them.
func (f *Flow) announce(ctx context.Context, e *Entry, ruling allowlist.Ruling) {
	e.ends = true // what stays locked has its own incidents
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := f.tell(ctx, e, ruling); err != nil {
		e.Open, e.Due = true, f.Now()
		_ = f.giveBack(ctx, &Report{}, *e, err) // logged here, and not returned: it was done
		f.Log.WarnContext(ctx, "request not told", "eventId", e.Change.EventID, "error", scrubbed{err}.Error())
		return
	}
	f.Log.InfoContext(ctx, "request done", "eventId", e.Change.EventID, "resource", e.Change.Resource, "result",
		string(e.Outcome.Result), "why", e.Outcome.Why, "forced", e.Change.Asked.Forced, "action",
		string(e.Change.Asked.Action))
}
