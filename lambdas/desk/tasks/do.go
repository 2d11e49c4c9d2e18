package tasks

import (
	"context"
	"errors"
	"fmt"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

// Do implements [requests.Work].
func (t *Tasks) Do(ctx context.Context, r requests.Request) (requests.Outcome, error) {
	switch r.Task {
	case requests.Unlock, requests.Force:
		o, err := t.Flow.Grant(ctx, remedy.Wish{Resource: r.Resource, Account: r.Account, Region: r.Region, Shown: r.Shown,
			Force: r.Task == requests.Force, By: caller(r), Asked: behind(r, actionOf(r))})
		return ended(r, r.Resource, o, err)
	case requests.Restore:
		e, err := t.kept(ctx, r)
		if err != nil {
			return requests.Outcome{}, err
		}
		asked := behind(r, "")
		o, err := t.Flow.PutBack(ctx, e, undo(r, &asked))
		return ended(r, e.Change.Resource, o, err)
	}
	if t.Credentials == nil {
		return requests.Outcome{}, unknownTask(r.Task)
	}
	return t.Credentials.Do(ctx, r)
}

func caller(r requests.Request) remedy.Caller { return remedy.Caller{ARN: r.By, Kind: "person"} }

// behind is the request as the incident and the notice have it.
func behind(r requests.Request, action allowlist.Action) remedy.Asked {
	a := remedy.Asked{Request: r.ID, Action: action, Reason: r.Reason, Ticket: r.Ticket, BreakGlass: r.BreakGlass}
	for _, d := range r.Decisions {
		if d.Decision == "approved" {
			a.Approved = append(a.Approved, d.By)
		}
	}
	return a
}

// ended is what became of a request, for the desk.
func ended(r requests.Request, resource string, o remedy.Outcome, err error) (requests.Outcome, error) {
	out := requests.Outcome{Result: string(o.Result), Why: o.Why, At: o.At,
		Incident: IncidentID(remedy.RequestID(r.ID), resource)}
	not, known := (*remedy.NotDone)(nil), (*remedy.NotKnown)(nil)
	switch {
	case err == nil:
	case errors.Is(err, remedy.ErrShown):
		return requests.Outcome{}, fmt.Errorf("%w (%w)", requests.ErrOther, err)
	case errors.As(err, new(*remedy.Later)):
		return requests.Outcome{}, err
	case errors.As(err, &known):
		out.Result, out.Why = string(known.Outcome.Result), known.Outcome.Why
	case errors.As(err, new(*remedy.HeldError)):
		out.Result, out.Why = string(remedy.Held), err.Error()
	case errors.As(err, &not):
		out.Result, out.Why = string(remedy.StoodDown), not.Why
	default:
		out.Result, out.Why = string(remedy.Failed), remedy.Scrub(err.Error())
	}
	return out, forPeople(err)
}
