package api

import (
	"net/http"
	"time"

	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/requests"
)

// view shows the policy in force on a bucket or queue, and what each act would do.
func (a *API) view(c *call) (*answer, error) {
	account, arn, region, err := a.resource(c)
	if err != nil {
		return nil, err
	}
	if _, err := a.Desk.Leave(c.Context(), c.who, requests.View, account); err != nil {
		return nil, err
	}
	seen, err := a.Viewer.View(c.Context(), c.who, account, arn, region)
	if err != nil {
		return nil, err
	}
	if seen.MayAsk == nil {
		seen.MayAsk = a.mayAsk(c, seen)
	}
	return ok(seen), nil
}

// mayAsk is what the desk's entries let the caller ask of what they see; nil where that cannot be told now.
func (a *API) mayAsk(c *call, seen tasks.View) *tasks.MayAsk {
	m := &tasks.MayAsk{Task: seen.Task}
	e, err := a.Desk.Leave(c.Context(), c.who, seen.Task, seen.Account)
	switch p := problemOf(err); {
	case err == nil && seen.Never:
		m.Why = "the allow list says never to touch it"
	case err == nil:
		m.Entry, m.Approvals, m.Approvers, m.BreakGlass = e.Name, e.Approvals, e.Approvers, e.BreakGlass
	case p.Status >= http.StatusInternalServerError:
		return nil
	default:
		m.Why = p.Detail
	}
	return m
}

// unlock asks for a bucket or queue to be unlocked.
func (a *API) unlock(c *call) (*answer, error) {
	account, arn, region, err := a.resource(c)
	if err != nil {
		return nil, err
	}
	return a.submit(c, requests.Wish{Task: requests.Unlock, Force: c.body.Force, Account: account, Resource: arn,
		Region: region, Action: c.body.Action})
}

// create asks for root of an account to be let recover its password.
func (a *API) create(c *call) (*answer, error) {
	account, err := c.account()
	if err != nil {
		return nil, err
	}
	return a.submit(c, requests.Wish{Task: requests.CreatePassword, Account: account, Case: c.body.Case})
}

// remove asks for all credentials of an account's root to be deleted.
func (a *API) remove(c *call) (*answer, error) {
	account, err := c.account()
	if err != nil {
		return nil, err
	}
	return a.submit(c, requests.Wish{Task: requests.DeleteCredentials, Account: account})
}

// submit enters a request with what all requests have.
func (a *API) submit(c *call, w requests.Wish) (*answer, error) {
	w.Reason, w.Ticket, w.Key = c.body.Reason, c.body.Ticket, c.key
	r, err := a.Desk.Submit(c.Context(), c.who, w)
	if err != nil {
		return nil, about(err, r)
	}
	return a.outcome(r)
}

// about is an error with the request that it is about, where there is one.
func about(err error, r requests.Request) error {
	p := *problemOf(err)
	if p.Status == http.StatusInternalServerError {
		return err // it is for the log
	}
	if r.ID != "" && r.State != "" {
		shown := show(r)
		p.Request = &shown
	}
	return &p
}

// outcome answers with what has become of a request that was just entered.
func (a *API) outcome(r requests.Request) (*answer, error) {
	shown := show(r)
	why, hint := "", "GET /requests/"+r.ID+" shows all of it"
	if r.Outcome != nil {
		why = ": " + r.Outcome.Why
	}
	status := http.StatusConflict
	switch r.State {
	case requests.Done:
		return &answer{status: http.StatusOK, value: shown, header: at(r)}, nil
	case requests.Requested, requests.Approved, requests.Running:
		return &answer{status: http.StatusAccepted, value: shown, header: at(r)}, nil
	case requests.Failed:
		if r.Outcome == nil || r.Outcome.Result != "stood down" {
			status = http.StatusBadGateway
		}
	case requests.Unknown:
		status, hint = http.StatusBadGateway, "look at the resource before you ask again: it may have been done"
	}
	p := refuse(status, "the request is "+string(r.State)+why, hint)
	p.Request = &shown
	return nil, p
}

// at says where the request is, relative to the route that made it: all of those are three segments deep or two.
func at(r requests.Request) http.Header {
	return http.Header{"X-Locksmith-Request": {r.ID}}
}

// A request is one as clients see it.
type request struct {
	ID         string              `json:"id"`
	State      requests.State      `json:"state"`
	Task       requests.Task       `json:"task"`
	Account    string              `json:"account"`
	Resource   string              `json:"resource,omitempty"`
	Region     string              `json:"region,omitempty"`
	Action     string              `json:"action,omitempty"`
	Incident   string              `json:"incident,omitempty"`
	Copy       int                 `json:"copy,omitempty"`
	Force      bool                `json:"force,omitempty"` // of a restore: even if it locks
	Case       bool                `json:"case,omitempty"`
	By         string              `json:"by"`
	Person     string              `json:"person"`
	Reason     string              `json:"reason"`
	Ticket     string              `json:"ticket,omitempty"`
	Entry      string              `json:"entry"`
	Needs      int                 `json:"needs"`
	Decisions  []requests.Decision `json:"decisions"`
	MayApprove []string            `json:"mayApprove"`
	Silent     []string            `json:"silent,omitempty"`
	BreakGlass bool                `json:"breakGlass,omitempty"`
	Created    time.Time           `json:"created"`
	Expires    time.Time           `json:"expires"`
	Shown      string              `json:"shown,omitempty"`
	Digest     string              `json:"digest"`
	Rounds     int                 `json:"rounds,omitempty"`
	History    []requests.Event    `json:"history,omitempty"`
	Outcome    *requests.Outcome   `json:"outcome,omitempty"`
}

// show is a request without what is the desk's own.
func show(r requests.Request) request {
	s := request{ID: r.ID, State: r.State, Task: r.Task, Account: r.Account, Resource: r.Resource, Region: r.Region,
		Action: r.Action, Incident: r.Incident, Copy: r.Copy, Force: r.Anyway, Case: r.Case, By: r.By, Person: r.Person,
		Reason: r.Reason, Ticket: r.Ticket, Entry: r.Entry, Needs: r.Needs, Decisions: r.Decisions,
		MayApprove: r.MayApprove, Silent: r.Silent, BreakGlass: r.BreakGlass, Created: r.Created, Expires: r.Expires,
		Shown: r.Shown, Digest: r.Digest, Rounds: r.Rounds, History: r.History, Outcome: r.Outcome}
	if s.Decisions == nil {
		s.Decisions = []requests.Decision{}
	}
	if s.MayApprove == nil {
		s.MayApprove = []string{}
	}
	return s
}
