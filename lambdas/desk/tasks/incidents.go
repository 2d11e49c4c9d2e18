package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/difference"
)

// ErrPage says that a list does not go on where somebody says.
var ErrPage = errors.New("no such page")

// Incidents is one query: a page of at most n incidents, the newest first, and where the next page begins, "" at the
// end.
func (t *Tasks) Incidents(ctx context.Context, which Listing, n int, from string) ([]Line, string, error) {
	lines, next, err := t.Ledger.List(ctx, which, n, from)
	if errors.Is(err, ErrPage) {
		err = &requests.Refusal{Kind: requests.Malformed, Why: err.Error(), Hint: "take what the page before said is next"}
	}
	return lines, next, err
}

// Incident is one by its id at the desk. Where there is none, the error is a *[requests.Refusal].
func (t *Tasks) Incident(ctx context.Context, id string) (Incident, error) {
	event, resource, ok := splitID(id)
	if !ok {
		return Incident{}, &requests.Refusal{Kind: requests.Absent, Why: fmt.Sprintf("no incident %q", id),
			Hint: "an incident's id is its event's id, a tilde and the resource's ARN"}
	}
	e, err := t.Ledger.Find(ctx, event, resource)
	if err != nil {
		return Incident{}, forPeople(err)
	}
	return incidentOf(e), nil
}

// LineOf is an entry as a line of a list.
func LineOf(e remedy.Entry) Line {
	c := e.Change
	return Line{ID: IncidentID(c.EventID, c.Resource), Event: c.EventID, Resource: c.Resource, Account: c.Account,
		Region: c.Region, Result: e.Outcome.Result, Verdict: e.Verdict.Answer, State: e.State, Open: e.Open, At: e.At,
		Call: c.Call, By: c.By.ARN}
}

func incidentOf(e remedy.Entry) Incident {
	o := e.Outcome
	i := Incident{Line: LineOf(e), Statements: e.Verdict.Statements, Reasons: e.Verdict.Reasons,
		Before: remedy.Notice{Change: e.Change, Outcome: o}.Policy(), After: o.Put, Difference: []difference.Line{},
		Steps: stepsOf(e), Told: []string{}, Copies: []Copy{}, Requests: []string{}, Quiet: e.Quiet, Why: o.Why,
		Cause: o.Cause, Rule: o.Rule, Losses: lost(o), Asked: e.Change.Asked}
	if o.Result == remedy.Restored {
		i.Before = o.Removed
	}
	if g := o.Before; g != nil {
		i.Good = &Before{Policy: g.Policy, At: g.At, Verdict: g.Verdict.Answer, Difference: difference.Of(g.Policy, i.Before)}
	}
	switch {
	case o.Result.Opens() || o.Result == remedy.Restored:
		i.Difference = difference.Of(i.Before, i.After)
	case i.Good != nil:
		i.Difference = i.Good.Difference
	}
	for _, channel := range e.Told {
		i.Told = append(i.Told, string(channel))
	}
	for n, k := range e.Copies {
		i.Copies = append(i.Copies, Copy{Number: n + 1, At: k.At, Why: k.Why, Verdict: k.Verdict.Answer, Policy: k.Policy})
	}
	if e.Change.Asked != nil {
		i.Requests = append(i.Requests, e.Change.Asked.Request)
	}
	return i
}

// stepsOf is what is known to have happened, in its order.
func stepsOf(e remedy.Entry) (steps []Step) {
	add := func(at time.Time, format string, args ...any) {
		if !at.IsZero() {
			steps = append(steps, Step{At: at.UTC(), What: fmt.Sprintf(format, args...)})
		}
	}
	c, o := e.Change, e.Outcome
	switch {
	case c.Found():
		add(c.Time, "a sweep found the policy")
	case c.Asked != nil:
		add(c.Time, "request %s, by %s", c.Asked.Request, c.By.ARN)
	default:
		add(c.Time, "%s by %s", c.Call, cmp.Or(c.By.ARN, "somebody unknown"))
	}
	add(e.At, "Locksmith began; the policy is %s", e.Verdict.Answer)
	for n, k := range e.Copies {
		add(k.At, "copy %d was saved: %s", n+1, k.Why)
	}
	if e.Token {
		add(e.TokenAt, "the guards let it pass")
	}
	if o.Result != "" {
		add(o.At, "%s", outcome(o))
	}
	if e.Failure != "" {
		steps = append(steps, Step{At: e.At.UTC(), What: fmt.Sprintf("%d tries failed, the last: %s", e.Failures, e.Failure)})
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	if e.Open {
		steps = append(steps, Step{At: e.Due.UTC(), What: "is looked at again, and told, while nobody has seen it open"})
	}
	return steps
}

func outcome(o remedy.Outcome) string {
	if o.Why == "" {
		return string(o.Result)
	}
	return string(o.Result) + ": " + o.Why
}
