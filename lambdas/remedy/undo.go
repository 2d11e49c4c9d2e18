package remedy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// An Undo is a person's wish to have a policy back that Locksmith took off.
type Undo struct {
	Copy     int    // which of the entry's copies, from 1; 0 stands for the last
	Repaired bool   // without the statements that locked
	Anyway   bool   // also where it locks again, or lets in somebody from outside: told twice
	By       Caller // who asks
	// Asked is the request behind the wish; nil: the person is here, and waits. Of a request, a minute between the two
	// looks is a *[Later] and no sleep.
	Asked *Asked
}

// Undo puts back a policy that an entry keeps, whole or repaired. It goes through the guards of the flow: it claims an
// entry of its own, and so the lease on the resource; it looks twice, as far apart as a change may take to show; it
// keeps what it replaces, and tells people. A policy that is not open or restricted, or that lets in somebody from
// outside, is refused unless the wish says anyway. Undo never replaces a policy that somebody has put there since. The
// verdict is on the policy that was, or would have been, put back.
func (f *Flow) Undo(ctx context.Context, of Entry, u Undo) (lockout.Verdict, error) {
	f, err := f.knowing(ctx, of.Change)
	if err != nil {
		return lockout.Verdict{}, err
	}
	ruling, err := f.ruling(ctx, of.Change)
	if err != nil {
		return lockout.Verdict{}, err
	}
	policy, v, err := f.wanted(of, u, ruling)
	if err != nil {
		return v, err
	}
	e, err := f.Ledger.Claim(ctx, Incident{Change: undoing(of, u, policy, f.Now()), Verdict: v})
	if err != nil {
		return v, fmt.Errorf("ledger: %w", err)
	}
	if err := f.putBack(ctx, &e, of, policy, u, ruling); err != nil {
		return v, f.leave(ctx, e, err)
	}
	f.Log.InfoContext(ctx, "put back", "eventId", of.Change.EventID, "resource", of.Change.Resource, "verdict",
		string(v.Answer), "repaired", u.Repaired, "anyway", u.Anyway)
	if f.Teller == nil { // the next reminder tells it
		e.Open, e.Due, e.Release = true, f.Now(), true
		return v, f.record(ctx, &e)
	}
	if err := f.tell(ctx, &e, ruling); err != nil {
		return v, f.leave(ctx, e, err)
	}
	return v, nil
}

// leave ends an undo that failed. The person who is here hears of it. Where something may have been put, the others
// hear of it by the next reminder, as they do a day later where the command itself was cut short.
func (f *Flow) leave(ctx context.Context, e Entry, err error) error {
	if e.Open, e.Due = true, f.Now(); e.State == Claimed {
		e.State, e.Open, e.Quiet = Closed, false, "an undo put nothing: the person heard of it"
		e.Outcome = Outcome{Result: StoodDown, Why: Scrub(err.Error()), At: f.Now()}
	}
	return f.giveBack(ctx, &Report{}, e, err)
}

// undoing is an undo as a change of its own.
func undoing(of Entry, u Undo, policy string, now time.Time) Change {
	c := of.Change
	c.EventID, c.Call = fmt.Sprintf("%s-%s-%d", undone, of.Change.EventID, now.UnixMilli()), undone
	c.Time, c.By, c.Policy, c.Asked = now, u.By, policy, nil
	if u.Asked != nil {
		behind := *u.Asked
		c.EventID, c.Asked, behind.Of = RequestID(behind.Request), &behind, of.Change.EventID
	}
	return c
}

// wanted is the policy that the wish is about, judged.
func (f *Flow) wanted(of Entry, u Undo, ruling allowlist.Ruling) (string, lockout.Verdict, error) {
	if len(of.Copies) == 0 {
		return "", lockout.Verdict{}, fmt.Errorf("entry %s: no policy was saved, since nothing was changed",
			of.Change.EventID)
	}
	n := u.Copy
	if n == 0 {
		n = len(of.Copies)
	}
	if n < 1 || n > len(of.Copies) {
		return "", lockout.Verdict{}, fmt.Errorf("entry %s: copy %d: want 1 to %d", of.Change.EventID, n, len(of.Copies))
	}
	k := of.Copies[n-1]
	policy := k.Policy
	if u.Repaired {
		rest, left, err := policies.WithoutStatements([]byte(policy), k.Verdict.Statements)
		if err != nil || left == 0 {
			return "", lockout.Verdict{},
				fmt.Errorf("entry %s: without its locking statements nothing is left of the policy (%w)",
					of.Change.EventID, errors.Join(err, errNothingLeft))
		}
		policy = rest
	}
	v := f.judge(of.Change, policy, ruling)
	if passes(v) && policy == k.Policy {
		v = k.Verdict // that was for the administrators of that time, and a rule that is gone has none
	}
	if !passes(v) && !u.Anyway {
		return policy, v, fmt.Errorf("%s would be %s again: %s (anyway, if that is meant)", of.Change.Resource, v.Answer,
			strings.Join(v.Reasons, "; "))
	}
	return policy, v, nil
}

var errNothingLeft = errors.New("there has to be a statement")

// putBack looks, weighs, saves what it replaces, puts the policy back and looks again. Then the entry is settled.
func (f *Flow) putBack(ctx context.Context, e *Entry, of Entry, policy string, u Undo, ruling allowlist.Ruling) error {
	session, err := f.Root.Open(ctx, e.Change)
	if err != nil {
		return err
	}
	live, err := f.free(ctx, session, of, policy)
	if err == nil && !same(live, policy) {
		if live, err = f.lookTwice(ctx, *e, session, of, policy); err == nil {
			err = f.replace(ctx, e, session, live, policy, u, ruling)
		}
	}
	if err != nil {
		return err
	}
	there := same(live, policy)
	e.State, e.Outcome = Settled, restored(of.Change.EventID, live, policy, f.Now())
	if there {
		e.Outcome.Why = "the policy was in force already; nothing was put"
	}
	if now, err := session.Policy(ctx); err != nil || !same(now, policy) {
		e.Outcome.Unseen, e.Outcome.Why = true, also(e.Outcome.Why, "it does not show yet")
	}
	return f.record(ctx, e)
}

func restored(event, live, policy string, at time.Time) Outcome {
	return Outcome{Result: Restored, Removed: live, Put: policy, At: at,
		Why: "a policy that Locksmith took off was put back, from event " + event}
}

// cutShort ends an undo whose worker never came back: what it did is not known, and a person can look.
func (e *Entry) cutShort(now time.Time) {
	e.State, e.Outcome = Settled, restored(e.Change.EventID, e.Saved, e.Change.Policy, now)
	e.Outcome.Unseen, e.Outcome.Why = true, "an undo was cut short: whether the policy was put back was not seen"
}

// undone is the call of a change that a person made by undoing.
const undone = "undo"

// lookTwice reads once more when what anybody put before the first look has to show. A request comes back for that.
func (f *Flow) lookTwice(ctx context.Context, e Entry, session Session, of Entry, policy string) (string, error) {
	until := e.Change.Time.Add(Settling)
	switch {
	case f.Instant:
	case e.Change.Asked == nil:
		if err := f.Wait(ctx, Settling); err != nil {
			return "", err
		}
	case f.Now().Before(until):
		return "", &Later{until, e.Change.Resource + " may still show a policy that is not in force any more"}
	}
	return f.free(ctx, session, of, policy)
}

// free reads what is in force, "" for nothing. It is an error if that is neither what is wanted nor what we have put
// ourselves.
func (f *Flow) free(ctx context.Context, session Session, of Entry, policy string) (string, error) {
	live, err := session.Policy(ctx)
	switch {
	case errors.Is(err, ErrGone):
		return "", nil
	case err != nil:
		return "", err
	}
	return live, replaceable(of, live, policy)
}

// replaceable is why a policy must not be put in the place of the one in force, "" for none: somebody else has put
// that.
func replaceable(of Entry, live, policy string) error {
	if live == "" || same(live, policy) || of.Outcome.Put != "" && same(live, of.Outcome.Put) {
		return nil
	}
	return &NotDone{Why: of.Change.Resource + " has another policy by now; take it off first, if it is not wanted"}
}

// closed is why a policy must not be put: it would let in somebody from outside, and nobody has said anyway.
func (f *Flow) closed(c Change, live, policy string, u Undo, ruling allowlist.Ruling) error {
	opening, _, err := f.opens(c, live, policy, nil, ruling)
	switch {
	case err != nil:
		return &NotDone{Why: err.Error()}
	case opening.Outside != lockout.Nothing && !u.Anyway:
		return &NotDone{Why: fmt.Sprintf("%s would let in somebody from outside the account, or may: %s (anyway, if that "+
			"is meant)", c.Resource, strings.Join(opening.Reasons, "; "))}
	}
	return nil
}

// replace weighs what the policy would open, keeps what is in force, and puts the policy in its place.
func (f *Flow) replace(ctx context.Context, e *Entry, session Session, live, policy string, u Undo,
	ruling allowlist.Ruling) error {
	err := f.closed(e.Change, live, policy, u, ruling)
	switch {
	case err != nil:
		return err
	case !leaves(ctx, 2*margin):
		return &Later{f.Now().Add(time.Second), "too little time was left to put it back, and to see what came of it"}
	}
	unsaved := *e
	e.State, e.Saved, e.Since = Saved, live, f.stale(*e)
	if live != "" {
		e.keep(Copy{Policy: live, Verdict: f.judge(e.Change, live, ruling), At: f.Now(), Why: "replaced by an undo"})
	}
	f.startAct(ctx, e)
	if err := f.Ledger.Record(ctx, *e); err != nil {
		*e = unsaved
		return unwritten(err)
	}
	e.written()
	if err = session.Put(ctx, policy); errors.As(err, new(*Refusal)) {
		return f.untouched(e, unsaved, err)
	}
	return err
}
