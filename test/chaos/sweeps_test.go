package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/lockout"
	"locksmith/test/pipeline"
)

// A sight is what a sweep was shown of a resource, and when.
type sight struct {
	policy string
	at     time.Time
}

// look is a sweep that comes by. What lets people in is kept, what does not is found, sometimes twice. A queue may show
// what it had a minute ago.
func (w *world) look(r resource) {
	shown := sight{w.cloud.Policy(r.arn), w.clock()}
	if old, seen := w.sights[r.arn]; seen && r.queue() && shown.at.Sub(old.at) < time.Minute && w.IntN(2) == 0 {
		shown.policy = old.policy
	}
	w.sights[r.arn] = shown
	label, known := w.labels[shown.policy]
	switch {
	case shown.policy == "" || known && !label.told:
		if r.account == told || r.account == strange {
			return
		}
		err := w.Good.Keep(context.Background(), r.account, []remedy.Good{{Resource: r.arn, Policy: shown.policy,
			Verdict: lockout.Verdict{Answer: lockout.Open}, At: shown.at}})
		w.tell("a sweep keeps %q of %s: %v", shown.policy, r.arn, err)
	case known:
		w.sweeps++
		c := remedy.Change{EventID: fmt.Sprintf("sweep-%d-0123456789abcdef", w.sweeps), Call: remedy.Sweep, Resource: r.arn,
			Account: r.account, Region: "eu-central-1", Time: shown.at, Policy: shown.policy}
		w.tell("a sweep finds %q on %s: %s", shown.policy, r.arn, c.EventID)
		for range 1 + w.IntN(2) {
			w.cloud.Send(w.Queue, string(remedy.Finding(c)))
		}
	}
}

// relapse is a good policy that a sweep sees, and then a lock.
func (w *world) relapse(r resource) {
	good := slices.DeleteFunc(slices.Clone(templates), func(t template) bool { return t.locks || t.told })
	for _, t := range []template{good[w.IntN(len(good))], templates[w.IntN(4)]} {
		w.tell("%s gets %s: %v", r.arn, r.fill(t.text), w.put(r, r.fill(t.text)))
		w.look(r)
	}
}

// unheard puts a lock of which no event tells.
func (w *world) unheard(r resource) {
	t := templates[w.IntN(4)]
	if before, known := w.labels[w.cloud.Policy(r.arn)]; known && before.locks {
		return // nobody could put it
	}
	w.tell("%s gets %s, and no event tells of it", r.arn, r.fill(t.text))
	w.cloud.SetPolicy(r.arn, r.fill(t.text))
	w.mu.Lock()
	w.writes[r.arn], w.silent[r.arn] = moment{w.calls, w.now}, true
	w.mu.Unlock()
}

// sweep looks at everything, in the end: as the sweep's function does, or at some resources in an order of its own.
func (w *world) sweep() {
	if w.IntN(2) == 0 {
		w.visit()
	} else {
		for _, r := range w.resources {
			w.pass(time.Minute)
			w.look(r)
		}
	}
	if !w.drain() {
		w.breaks("every event is acknowledged, retried or a dead letter: the queue does not empty after a sweep")
	}
}

// bulletins are what a sweep tells people in the end.
type bulletins []remedy.Bulletin

func (b *bulletins) Announce(_ context.Context, one remedy.Bulletin, _ []remedy.Channel) ([]remedy.Channel, error) {
	*b = append(*b, one)
	return []remedy.Channel{remedy.Alerts}, nil
}

// visit has the sweep's function go through all accounts. It ends, reads what is there, and tells of its end once.
func (w *world) visit() {
	ctx, told := context.Background(), &bulletins{}
	s, err := w.Pipeline.Sweep(pipeline.SweepOptions{Regions: []string{"us-east-1", "eu-central-1"}, Herald: told,
		Keeper: w.Good, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = s.Start(ctx, sweeper.Request{By: "chaos"})
	}
	if err != nil {
		w.breaks("a sweep comes to its end: it does not begin: %v", err)
		return
	}
	for idle := 0; idle < 20; {
		if s.Deliver(ctx) == 0 {
			idle++
			w.pass(time.Minute)
		}
	}
	sum, err := s.Summary(ctx, "")
	w.tell("a sweep of all accounts: %s, %d findings (%v)", sum.Sweep.State, sum.Sweep.Totals.Findings, err)
	if err != nil || sum.Sweep.State != sweeper.Over || len(*told) != 1 {
		w.breaks("a sweep comes to its end: %s, %d bulletins (%v)", sum.Sweep.State, len(*told), err)
	}
}

// isPast tells whether a policy is the last good one that an incident has weighed.
func (w *world) isPast(e remedy.Entry, policy string) bool {
	return policy != "" && e.Outcome.Before != nil && e.Outcome.Before.Policy == policy
}

// wasPut tells whether a policy was put by an act under way, whose reply was lost.
func (w *world) wasPut(arn, policy string) bool {
	return slices.ContainsFunc(w.Incidents(), func(e remedy.Entry) bool {
		return e.Change.Resource == arn && e.State == remedy.Saved && w.isPast(e, policy)
	})
}

// checkFound: an event and a sweep that came upon the same policy are one incident, where nothing fails. Nothing of
// either is told twice.
func (w *world) checkFound() {
	if !w.quiet {
		return
	}
	all := w.Incidents()
	for _, f := range all {
		for _, e := range all {
			if !f.Change.Found() || e.Change.EventID == f.Change.EventID || e.Change.Resource != f.Change.Resource ||
				!same(e.Change.Policy, f.Change.Policy) || between(all, e, f) {
				continue
			}
			if twice(e, f) {
				w.breaks("event and sweep are one incident: %s (%s) and %s (%s) of %s", e.Change.EventID, e.Outcome.Result,
					f.Change.EventID, f.Outcome.Result, f.Change.Resource)
			}
		}
	}
}

// twice tells whether a policy was put, found, and taken off in this order, and both put and find were told of.
func twice(e, f remedy.Entry) bool {
	const slack = 2 * time.Second // CloudTrail's times are whole seconds
	first, second := e, f
	if f.At.Before(e.At) {
		first, second = f, e
	}
	return second.Quiet == "" && first.Outcome.Result.Opens() && !e.Change.Time.After(f.Change.Time) &&
		!e.Change.Found() && !second.Change.Time.Add(slack).After(first.Outcome.At)
}

// between tells whether the resource had another incident between two.
func between(all []remedy.Entry, a, b remedy.Entry) bool {
	if b.At.Before(a.At) {
		a, b = b, a
	}
	return slices.ContainsFunc(all, func(e remedy.Entry) bool {
		return e.Change.Resource == a.Change.Resource && e.Change.EventID != a.Change.EventID &&
			e.Change.EventID != b.Change.EventID && !e.At.Before(a.At) && !e.At.After(b.At)
	})
}
