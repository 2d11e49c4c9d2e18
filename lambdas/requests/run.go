package requests

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
)

// StoodDown is the result of what was not done, since it was not wanted any more.
const StoodDown = string(remedy.StoodDown)

// Run runs a request that is approved, and tells people how it ended. It may be called at any time and as often as
// anybody likes: what is not approved does not run, and nothing runs twice. An error is worth a retry.
func (d *Desk) Run(ctx context.Context, id string) (Request, error) {
	if _, limited := ctx.Deadline(); !limited {
		timed, cancel := context.WithTimeout(ctx, Takes)
		defer cancel()
		ctx = timed
	}
	for range tries {
		r, over, err := d.attempt(ctx, id)
		if over || err != nil {
			return r, err
		}
	}
	r, err := d.get(ctx, id)
	if err == nil && r.State == Approved { // the policy will not hold still
		d.queue(ctx, r)
	}
	return r, err
}

// attempt takes the request one step on, and tells whether there is nothing more to do for now.
func (d *Desk) attempt(ctx context.Context, id string) (r Request, over bool, err error) {
	before, err := d.get(ctx, id)
	if err != nil {
		return before, true, err
	}
	now := d.now()
	r = before.clone()
	switch {
	case r.settle(now):
		return d.close(ctx, before, r)
	case r.State != Approved:
		return d.tell(ctx, r), true, nil
	case now.Before(r.After):
		d.queue(ctx, r)
		return r, true, nil
	}
	stop, err := d.check(ctx, &r)
	if err != nil {
		return before, true, err
	}
	if stop {
		return d.close(ctx, before, r)
	}
	mine := d.NewID()
	r.turn(Running, now, "", "")
	deadline, _ := ctx.Deadline()
	r.Until, r.Worker = now.Add(max(0, time.Until(deadline))+Margin), mine
	r, err = d.write(ctx, before, r)
	if errors.Is(err, ErrChanged) { // somebody else's write; or ours, whose answer was lost
		if r, err = d.get(ctx, id); err == nil && r.Worker != mine {
			return r, false, nil
		}
	}
	if err != nil {
		return before, true, err
	}
	return d.do(ctx, r)
}

// close writes a step after which the worker has nothing to do, and tells of it.
func (d *Desk) close(ctx context.Context, before, r Request) (Request, bool, error) {
	r, err := d.write(ctx, before, r)
	if errors.Is(err, ErrChanged) {
		return r, false, nil
	}
	if err != nil {
		return r, true, err
	}
	return d.tell(ctx, r), true, nil
}

// check looks whether a request that is approved may run as things are now: the allow list, the account, who approved,
// and the policy that was shown. Where it may not, the request is taken to the state that it has then.
func (d *Desk) check(ctx context.Context, r *Request) (stop bool, err error) {
	now := d.now()
	e, err := d.standing(ctx, *r)
	refused := (*Refusal)(nil)
	switch {
	case errors.As(err, &refused):
		r.fail(now, StoodDown, refused.Why)
		return true, nil
	case err != nil:
		return false, err
	case !approved(*r, e):
		r.Needs, r.MayApprove = max(1, r.Needs, e.Approvals), e.Approvers
		r.void(now, r.Shown, false, "the allow list has changed, and by what it says now too few have approved")
		return true, nil
	}
	sight, err := d.Work.Look(ctx, *r)
	switch {
	case errors.As(err, &refused) && (refused.Kind == Absent || refused.Kind == Conflict):
		r.fail(now, StoodDown, refused.Why)
		return true, nil
	case errors.As(err, &refused):
		r.fail(now, string(remedy.Failed), refused.Error())
		return true, nil
	case err != nil:
		return false, err
	case r.Task == Unlock && sight.Task == Force:
		r.fail(now, StoodDown, "it is not locked any more: "+cmp.Or(sight.Why, "nothing proves it"))
		return true, nil
	case r.Task == Force && sight.Task == Unlock:
		r.fail(now, StoodDown, "it is locked by now, so that to unlock it is another task")
		return true, nil
	}
	seen := *r
	seen.Shown, seen.Resource = sight.Policy, cmp.Or(sight.Resource, r.Resource)
	if digest(seen) == r.Digest {
		return false, nil
	}
	r.void(now, sight.Policy, true, "the policy that was shown is not in force any more")
	return true, nil
}

// fail ends a request that was approved. Where some steps of it were taken before, it has not stood down.
func (r *Request) fail(at time.Time, result, why string) {
	why = brief(remedy.Scrub(why))
	out := Outcome{Result: result, Why: why, At: at}
	if before := r.Outcome; before != nil && len(before.Steps) > 0 {
		out.Result, out.Steps, out.Incident = string(remedy.Failed), before.Steps, before.Incident
	}
	r.Outcome = &out
	r.turn(Failed, at, "", why)
}

// void takes a request back to waiting, since the approvals are not enough, or not for the policy that is there now.
// Where there is another policy and nobody was asked, nobody is asked now: who asks has to look again.
func (r *Request) void(at time.Time, shown string, other bool, why string) {
	r.Decisions = []Decision{}
	switch {
	case other && (r.Needs == 0 || r.BreakGlass), len(r.MayApprove) == 0:
		r.fail(at, StoodDown, why+"; look at it again, and ask again")
	case r.Rounds >= mostRounds:
		r.fail(at, StoodDown, fmt.Sprintf("%s, for the %dth time", why, r.Rounds+1))
	default:
		r.Rounds++
		r.Shown, r.Expires = shown, r.Waits
		r.Digest = digest(*r)
		r.turn(Requested, at, "", why)
		r.settle(at)
	}
}

// do does a request that is running, and writes how it ended.
func (d *Desk) do(ctx context.Context, r Request) (Request, bool, error) {
	out, err := d.Work.Do(ctx, r.clone())
	now, before := d.now(), r
	r = r.clone()
	later, open := (*remedy.Later)(nil), (*remedy.NotKnown)(nil)
	out.At = cmpTime(out.At, now)
	r.Outcome = bounded(out)
	next, over := time.Time{}, true
	switch {
	case errors.As(err, &later):
		next = later.Until
		r.rest(now, next, later.Why)
	case errors.Is(err, ErrOther):
		over = false // the next look says what is in force
		r.rest(now, next, ErrOther.Error())
	case errors.As(err, &open):
		r.Outcome.Why = cmp.Or(r.Outcome.Why, brief(remedy.Scrub(err.Error())))
		r.turn(Unknown, now, "", r.Outcome.Why)
	case err != nil && ctx.Err() != nil:
		r.Outcome = nil
		r.turn(Unknown, now, "", "its time was over while it ran, so that what was done is not known")
	case err != nil:
		r.Outcome.Result = cmp.Or(r.Outcome.Result, string(remedy.Failed))
		r.Outcome.Why = cmp.Or(r.Outcome.Why, brief(remedy.Scrub(err.Error())))
		r.turn(Failed, now, "", r.Outcome.Why)
	default:
		r.turn(Done, now, "", r.Outcome.Why)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Margin/2)
	defer cancel()
	r, err = d.insist(ctx, before, r)
	switch {
	case err != nil:
		return r, true, err
	case r.State == Approved && over:
		d.queue(ctx, r)
		return r, true, nil
	case r.State == Approved:
		return r, false, nil
	}
	return d.tell(ctx, r), true, nil
}

// rest takes a request back to approved, to be run later within its time. Where some steps of it were taken, they stay.
func (r *Request) rest(now, until time.Time, why string) {
	if len(r.Outcome.Steps) == 0 {
		r.Outcome = nil
	}
	untold, told := r.Untold, r.Told
	r.turn(Approved, now, "", brief(remedy.Scrub(why)))
	r.After, r.Untold, r.Told = until, untold, told
}

// insist writes what became of a run, several times: nobody else knows it. Where the request is not running any more,
// the write was ours, or somebody has given the run up.
func (d *Desk) insist(ctx context.Context, before, r Request) (written Request, err error) {
	for range tries {
		written, err = d.write(ctx, before, r)
		switch {
		case err == nil:
			return written, nil
		case errors.Is(err, ErrChanged):
			return d.get(ctx, r.ID)
		}
		d.Log.Error("how a request ended could not be written", "request", r.ID, "state", r.State, "error", err)
	}
	return written, err
}

// queue has a request run that is approved. Where that fails, [Desk.Tend] does it again.
func (d *Desk) queue(ctx context.Context, r Request) {
	at := d.now()
	if at.Before(r.After) {
		at = r.After
	}
	if err := d.Queue.Run(ctx, r.Task, r.ID, at); err != nil {
		d.Log.Error("a request could not be queued", "request", r.ID, "error", err)
	}
}

// The most that is kept of what a worker says: with all else that a request can hold, it stays below the 400 KB that
// DynamoDB takes.
const (
	longestWhy  = 500 // bytes
	longestStep = 300
	mostSteps   = 150
)

// bounded is an outcome that a table can hold, without credentials.
func bounded(out Outcome) *Outcome {
	out.Why = brief(remedy.Scrub(out.Why))
	steps := out.Steps
	if len(steps) > mostSteps {
		steps = steps[:mostSteps]
	}
	out.Steps = nil
	for _, s := range steps {
		s.What, s.Why = short(s.What, longestStep), short(remedy.Scrub(s.Why), longestStep)
		out.Steps = append(out.Steps, s)
	}
	return &out
}

func brief(s string) string { return short(s, longestWhy) }

// short cuts a text to n bytes, between two characters.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + " …"
}

func cmpTime(t, or time.Time) time.Time {
	if t.IsZero() {
		return or
	}
	return t
}
