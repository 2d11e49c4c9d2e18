package remedy

import (
	"context"
	"slices"
	"time"
)

// Whoever a lock spares may put it right at the moment when we act on an old copy. Two things see to it that what they
// put is kept. The save is refused where the ledger knows of a change that our look may not have shown. And the ledger
// knows when we acted, so that the event of any other change finds that its policy may have gone with the act.

// slack is what CloudTrail's times, which are whole seconds, leave open.
const slack = 2 * time.Second

// overtaken tells whether the change of the entry fell between our last look at the resource and an act of ours on it,
// as far as the times tell. Then what was put may have been taken off with the policy that locked. An entry that has
// saved something itself was there before.
func overtaken(e Entry) bool {
	return e.State == Claimed && len(e.Kept) == 0 && e.Quiet != ownDoing && under(e.Change, e.Lately) != (Act{})
}

// under is the act that a change may have gone with, or the zero Act.
func under(c Change, acts []Act) Act {
	late := slack
	if c.Found() { // its time is from a clock like ours
		late = 0
	}
	for _, a := range acts {
		if !c.Time.Before(a.From) && !c.Time.After(a.Until.Add(late)) {
			return a
		}
	}
	return Act{}
}

// longest is how long an act may take that has no deadline.
const longest = 5 * time.Minute

// startAct notes that an act begins. What was put before the policy that it is about, or so long ago that the next look
// shows it, does not go with it. Should the worker be killed, the act was not later than the deadline.
func (f *Flow) startAct(ctx context.Context, e *Entry) {
	until := f.Now().Add(longest)
	if deadline, limited := ctx.Deadline(); limited {
		until = deadline.Add(margin)
	}
	from := f.Now().Add(-Settling - slack)
	if put := e.Change.Time.Truncate(time.Second); !e.Change.looked() && put.After(from) && !put.After(f.Now()) {
		from = put
	}
	e.Lately, e.acting = append(slices.Clone(e.Lately), Act{from, until}), true
}

// endAct notes that what this worker did to the resource, if anything, is done by now.
func (e *Entry) endAct(now time.Time) {
	if e.acting {
		e.Lately = slices.Clone(e.Lately)
		e.Lately[len(e.Lately)-1].Until = now
	}
}

// stale is the time after which nobody may have changed the resource, if what is read of it now is to be believed. A
// change before that of the entry is no matter, but CloudTrail does not tell the order within a second.
func (f *Flow) stale(e Entry) time.Time {
	before, settled := e.Change.Time.Truncate(time.Second).Add(-time.Millisecond), f.Now().Add(-Settling)
	switch {
	case f.Instant:
		return time.Time{}
	case before.After(settled) && e.Change.Call != asked: // of that it is not known when the policy was put
		return before
	}
	return settled
}
