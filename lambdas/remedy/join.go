package remedy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// claim enters the change as an incident, or joins it to the one that it belongs to. An event and a sweep that come
// upon the same policy are one incident, with one act and one notice, whichever comes first. Joined says that there is
// no more to do about the change.
func (f *Flow) claim(ctx context.Context, r *Report, outcome Outcome) (e Entry, joined bool, err error) {
	i, quiet := Incident{Change: r.Change, Verdict: r.Verdict, Acts: outcome.Result == "", Joins: true}, ""
	for range meetings {
		e, err = f.Ledger.Claim(ctx, i)
		met := (*Met)(nil)
		switch {
		case err == nil:
			e.Quiet = cmp.Or(quiet, e.Quiet)
			return e, false, nil
		case !errors.As(err, &met):
			return e, false, fmt.Errorf("ledger: %w", err)
		}
		last, err := f.Ledger.Find(ctx, met.EventID, r.Change.Resource)
		switch {
		case errors.Is(err, ErrNoEntry): // it has grown old
			i.After = met.EventID
			continue
		case err != nil:
			return e, false, fmt.Errorf("ledger: %w", err)
		}
		kin, err := f.kin(ctx, r.Change, last, outcome.Result)
		if err != nil {
			return e, false, fmt.Errorf("ledger: %w", err)
		}
		switch kin {
		case another:
			i.After, quiet = met.EventID, ""
		case echo:
			i.After, quiet = met.EventID, ownDoing
		case over:
			r.Nothing = "it belongs to the incident " + met.EventID + ", which is over: " + string(last.Outcome.Result)
			return e, true, nil
		case goingOn:
			joined, err := f.joinOpen(ctx, r.Change, last, outcome.Result)
			if joined || err != nil {
				r.Nothing = "it belongs to the incident " + met.EventID + ", which was taken up"
				return e, true, err
			}
		}
	}
	return e, false, fmt.Errorf("%w: %s, by one incident after another", ErrBusy, r.Change.Resource)
}

// joinOpen takes up the incident that a change belongs to, and tells whether that sees to the change. It does not where
// the incident was closed meanwhile, or came to an end that does not keep the change's policy.
func (f *Flow) joinOpen(ctx context.Context, c Change, last Entry, decided Result) (joined bool, err error) {
	if open, err := f.again(ctx, last); !open || err != nil {
		return false, err
	}
	last, err = f.Ledger.Find(ctx, last.Change.EventID, c.Resource)
	if err != nil {
		return false, fmt.Errorf("ledger: %w", err)
	}
	kin, err := f.kin(ctx, c, last, decided)
	if err != nil {
		return false, fmt.Errorf("ledger: %w", err)
	}
	return kin != another, nil
}

// kin is joins, but for an event whose policy may have gone with an act on another. The finding that it belongs to was
// made after the act, came to nothing and kept no copy: then the event has to keep it.
func (f *Flow) kin(ctx context.Context, c Change, last Entry, decided Result) (kinship, error) {
	k := joins(c, last, decided)
	if k != over || c.Found() || last.Outcome.Result != StoodDown || len(last.Copies) > 0 {
		return k, nil
	}
	acts, err := f.Ledger.Seen(ctx, c)
	if err == nil && under(c, acts) != (Act{}) {
		k = another
	}
	return k, err
}

// meetings is how many incidents a change may meet in one try, each of which came after the one before.
const meetings = 4

// A kinship is what an incident is to a change of the same resource.
type kinship int

const (
	another kinship = iota // the change is an incident of its own
	echo                   // as well, but the service may still have shown what it had acted on
	over                   // the change belongs to it, and it has ended since
	goingOn                // the change belongs to it, and it has to be seen to
)

// joins tells what the last incident of a resource is to a change. They belong together where they are about the same
// policy, one of them is a finding, and nothing has ended between them. What was put, or found, after an act is a
// lockout anew, be it by the same policy. Decided is how the change would end where nothing may be touched.
func joins(c Change, last Entry, decided Result) kinship {
	latest := c.Time // when the policy of the change came into force, or was seen to be, at the latest
	if !c.Found() {
		if latest = c.Time.Add(slack); !last.Change.Found() || c.Time.After(last.Change.Time) {
			return another
		}
	}
	ended := last.ended()
	switch {
	case !alike(c.Policy, last), last.Change.byPeople() && !last.Outcome.Result.Opens():
		return another
	case !ended.IsZero() && ended.Before(latest):
		if c.Found() && ended.Add(Settling).After(c.Time) && last.Outcome.Result != StoodDown {
			return echo
		}
		return another
	case c.Living != last.Change.Living && ended.IsZero(): // they are proved in another way
		return another
	case last.State != Closed || last.Open:
		return goingOn
	case !ended.IsZero():
		return over
	case last.Outcome.Result.goesOn() && last.Outcome.Result == decided:
		return over // such as a seal that is meant
	}
	return another
}

// ended is when the incident came to a good end, and the zero time for any that has not.
func (e Entry) ended() time.Time {
	if e.Outcome.Result.Opens() || e.Outcome.Result == StoodDown {
		return e.Outcome.At
	}
	return time.Time{}
}

// alike tells whether a policy is the one of an incident, as it was put, found, or read before the act. Its statements
// may have other names, and stand in another order.
func alike(policy string, e Entry) bool {
	for _, other := range []string{e.Change.Policy, e.Outcome.Live, e.Saved, e.Outcome.Removed} {
		if other != "" && (same(policy, other) || meaning(policy, nil) == meaning(other, nil)) {
			return true
		}
	}
	return false
}

// ownDoing is why nobody is told of a finding that was over soon after an act of ours: the sweep was shown what had
// been there before it.
const ownDoing = "Locksmith had acted on the resource shortly before the sweep came by"
