package tasks

import (
	"context"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// kept is the entry whose copy a request puts back.
func (t *Tasks) kept(ctx context.Context, r requests.Request) (remedy.Entry, error) {
	event, resource, ok := splitID(r.Incident)
	if !ok {
		return remedy.Entry{}, &requests.Refusal{Kind: requests.Malformed, Why: "incident " + r.Incident,
			Hint: "want the id that GET /incidents shows"}
	}
	e, err := t.Ledger.Find(ctx, event, resource)
	return e, forPeople(err)
}

// undo is the wish of a request. Restoring with the action repair leaves out the statements that locked.
func undo(r requests.Request, asked *remedy.Asked) remedy.Undo {
	return remedy.Undo{Copy: r.Copy, Repaired: actionOf(r) == "repair", Anyway: r.Anyway, By: caller(r), Asked: asked}
}

// lookAtCopy looks at the resource that is to have a policy back. What an undo would refuse is refused before anybody
// is asked to approve it.
func (t *Tasks) lookAtCopy(ctx context.Context, r requests.Request) (requests.Sight, error) {
	e, err := t.kept(ctx, r)
	if err != nil {
		return requests.Sight{}, err
	}
	if e.Change.Account != r.Account {
		return requests.Sight{}, &requests.Refusal{Kind: requests.Malformed,
			Why: "incident " + r.Incident + " is not of account " + r.Account}
	}
	r.Region = e.Change.Region
	c, s, err := t.see(ctx, r, e.Change.Resource)
	if err == nil {
		err = forPeople(t.Flow.Undoes(ctx, e, undo(r, nil), s.Policy))
	}
	return requests.Sight{Resource: c.Resource, Region: c.Region, Policy: s.Policy, Task: requests.Restore}, err
}
