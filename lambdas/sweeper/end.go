package sweeper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"locksmith/lambdas/remedy"
)

// leftover tells whether something was left that may be read later.
func (t *trip) leftover() bool { return slices.ContainsFunc(t.visit.Places, Place.retries) }

// end records the end of the visit. The error is why it has to end now, or nil.
func (t *trip) end(ctx context.Context, why error) error {
	v := &t.visit
	v.Ended = t.Now()
	v.Outcome, v.Cause, v.Why = outcome(*v)
	if why != nil && v.Outcome != Refused {
		v.Outcome, v.Why = Partial, also("given up: "+remedy.Scrub(why.Error()), v.Why)
	}
	if err := t.Store.End(ctx, *v, t.coverage(*v)); err != nil {
		return err
	}
	if t.Index != nil {
		if err := t.Index.KeepSpares(ctx, t.account, v.Task, v.Spares, v.Outcome == Complete, v.Ended); err != nil {
			t.Log.WarnContext(ctx, "spared names not kept", "account", v.Account, "error", remedy.Scrub(err.Error()))
		}
	}
	t.Log.InfoContext(ctx, "visited", "sweep", v.Sweep, "account", v.Account, "task", v.Task, "outcome", v.Outcome,
		"cause", v.Cause, "why", v.Why, "resources", v.Totals.Resources, "findings", v.Totals.Findings)
	if t.Report != nil {
		t.Report(Report{Visit: v, At: v.Ended})
	}
	return nil
}

// outcome is how a visit came out, by its places.
func outcome(v Visit) (o Outcome, cause remedy.Cause, why string) {
	o = Complete
	refused, off := 0, 0
	for _, p := range v.Places {
		switch {
		case p.Cause == remedy.RegionDisabled && p.Region != "":
			off++ // no queue is where the account has no Region
		case p.Cause != "":
			refused, cause = refused+1, p.Cause
			o, why = Partial, also(why, in(p)+p.Why)
		case !p.Over:
			o, why = Partial, also(why, in(p)+"not read to the end")
		case len(p.Left) > 0:
			o, why = Partial, also(why, fmt.Sprintf("%s%d could not be read: %s, %s", in(p), len(p.Left),
				p.Left[0].Resource.ARN, p.Left[0].Why))
		}
	}
	if refused+off == len(v.Places) && refused > 0 {
		return Refused, cause, why
	}
	if off == len(v.Places) && off > 0 {
		return Refused, remedy.RegionDisabled, v.Places[0].Why
	}
	return o, cause, why
}

// in says where, for a sentence.
func in(p Place) string {
	if p.Region == "" {
		return ""
	}
	return p.Region + ": "
}

// also joins sentences, as many as a person reads.
func also(first, second string) string {
	switch {
	case first == "" || second == "":
		return first + second
	case len(first) > 500:
		return first
	}
	return first + "; " + second
}

// coverage is what is known of the account and task after the visit.
func (t *trip) coverage(v Visit) Coverage {
	c := t.before
	c.Account, c.Task, c.Sweep, c.At = v.Account, v.Task, v.Sweep, v.Ended
	c.Outcome, c.Cause, c.Why = v.Outcome, v.Cause, v.Why
	if c.Since.IsZero() {
		c.Since = v.Begun
	}
	if v.Outcome == Complete {
		c.Complete = v.Ended
	}
	empty := maps.Clone(c.Empty)
	if empty == nil {
		empty = map[string]time.Time{}
	}
	for _, p := range v.Places {
		switch {
		case p.Trusted:
		case p.Empty && p.Cause == "":
			empty[p.Region] = v.Ended
		default:
			delete(empty, p.Region)
		}
	}
	if delete(empty, ""); len(empty) == 0 { // there is one list of buckets, and it is always looked at
		empty = nil
	}
	c.Empty = empty
	return c
}

// since is when the account was last complete, or else first visited; now where it never was.
func (c Coverage) since(now time.Time) time.Time {
	switch {
	case !c.Complete.IsZero():
		return c.Complete
	case !c.Since.IsZero():
		return c.Since
	}
	return now
}

// A Summary is what a sweep says at its end.
type Summary struct {
	Sweep    Sweep
	Accounts map[Outcome]int // each account by the worst of its visits
	Gaps     []Gap           // refusals and gaps, by what they have in common, the most frequent first
	// Oldest is for how long an account has not been complete, of those that nobody refuses; and which one it is.
	Oldest   time.Duration
	OldestIs string
	Names    names    // whom policies spare by name
	Unknown  []string // accounts that were asked for, and that the organization has not
	Cost     Cost
}

// A Gap is why accounts were not swept, or not all of them.
type Gap struct {
	Outcome  Outcome
	Cause    remedy.Cause // for Refused
	Tasks    string       // for which, with commas; "" for Skipped
	Accounts []string     // twelve digits each, sorted
	Example  string       // what was said, of the first
}

// finish tells how a sweep ended, and ends it. Of several that would, one does.
func (s *Sweeper) finish(ctx context.Context, sweep Sweep) error {
	if mine, err := s.Store.Finish(ctx, sweep.ID, s.Now()); err != nil {
		return err
	} else if !mine {
		return s.finishing(ctx, sweep.ID)
	}
	sum, err := s.summary(ctx, sweep, true)
	if err != nil {
		return err
	}
	news := sum.news()
	before, err := s.Store.News(ctx)
	if err != nil {
		return err
	}
	told := sweep.Told
	if news != before || sweep.Request.By != scheduled {
		told, err = s.Herald.Announce(ctx, sum.bulletin(before != "" && news == "", s.Now()), told)
		if err != nil {
			err = fmt.Errorf("bulletin of sweep %s: %w", sweep.ID, err)
			return errors.Join(err, s.Store.Tell(ctx, sweep.ID, told, false, "", s.Now()))
		}
	}
	if err := s.Store.Tell(ctx, sweep.ID, told, true, news, s.Now()); err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "sweep over", "sweep", sweep.ID, "accounts", sweep.Accounts, "findings", sweep.Totals.Findings)
	if s.Report != nil {
		s.Report(Report{Summary: &sum, At: s.Now()})
	}
	return nil
}

// finishing waits for another worker who tells how the sweep ended, or takes its place where that has died.
func (s *Sweeper) finishing(ctx context.Context, id string) error {
	sweep, err := s.Store.Sweep(ctx, id)
	if err != nil || sweep.State != Running {
		return err
	}
	return s.later(busy, "another worker tells how sweep %s ended", id)
}

// Summary is what there is to say of a sweep, over or not.
func (s *Sweeper) Summary(ctx context.Context, id string) (Summary, error) {
	sweep, err := s.Store.Sweep(ctx, id)
	if err != nil {
		return Summary{}, err
	}
	return s.summary(ctx, sweep, sweep.State == Over)
}

func (s *Sweeper) summary(ctx context.Context, sweep Sweep, final bool) (Summary, error) {
	g := gathering{Summary: Summary{Sweep: sweep, Accounts: map[Outcome]int{}, Unknown: slices.Clone(
		sweep.Request.Accounts), Cost: sweep.cost(s.Now())}, gaps: map[kind]*Gap{}, final: final, now: s.Now()}
	tasks := sweep.Request.tasks()
	for number := range sweep.Pages {
		page, err := s.Store.Page(ctx, sweep.ID, number)
		if err != nil {
			return Summary{}, err
		}
		visited := page.visited()
		visits, err := s.Store.Visits(ctx, sweep.ID, visited, tasks)
		if err != nil {
			return Summary{}, err
		}
		if slices.ContainsFunc(visits, func(v Visit) bool { return v.Ended.IsZero() }) {
			known, err := s.Store.Coverage(ctx, visited, tasks)
			if err != nil {
				return Summary{}, err
			}
			for i := range visits {
				if visits[i].Ended.IsZero() {
					visits[i].Task, visits[i].Since = tasks[i%len(tasks)], known[i].since(sweep.Started)
				}
			}
		}
		g.page(page, visits, len(tasks))
	}
	return g.done(), nil
}
