package api

import (
	"context"
	_ "embed"
	"errors"
	"net/http"

	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/readiness"
	"locksmith/lambdas/requests"
	"locksmith/lambdas/sweeper"
)

// listRequests lists requests, the newest first: all, those that the caller made, those that have not ended, or those
// that wait for the caller.
func (a *API) listRequests(c *call) (*answer, error) {
	var which requests.Ask
	var err, errMine, errOpen, errWaiting error
	which.Limit, err = c.limit()
	which.Mine, errMine = c.truth("mine")
	which.Open, errOpen = c.truth("open")
	which.Waiting, errWaiting = c.truth("waiting")
	which.From = c.query.Get("from")
	if err := errors.Join(err, errMine, errOpen, errWaiting); err != nil {
		return nil, err
	}
	page, err := a.Desk.List(c.Context(), c.who, which)
	if err != nil {
		return nil, err
	}
	shown := []request{}
	for _, r := range page.Requests {
		shown = append(shown, show(r))
	}
	return ok(struct {
		Requests []request `json:"requests"`
		Next     string    `json:"next,omitempty"`
		Hidden   int       `json:"hidden"`
	}{shown, page.Next, page.Hidden}), nil
}

func (a *API) getRequest(c *call) (*answer, error) {
	if err := a.belongs(c); err != nil {
		return nil, err
	}
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	r, err := a.Desk.Get(c.Context(), c.who, id)
	if err != nil {
		return nil, err
	}
	return ok(show(r)), nil
}

func (a *API) approve(c *call) (*answer, error) { return a.decide(c, a.Desk.Approve) }
func (a *API) deny(c *call) (*answer, error)    { return a.decide(c, a.Desk.Deny) }
func (a *API) cancel(c *call) (*answer, error)  { return a.decide(c, a.Desk.Cancel) }

// decide passes on what somebody says to a request. What was approved runs elsewhere, so it is not done yet.
func (a *API) decide(c *call, say func(context.Context, requests.Caller, string, requests.Answer) (requests.Request,
	error)) (*answer, error) {
	if err := a.belongs(c); err != nil {
		return nil, err
	}
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	r, err := say(c.Context(), c.who, id, requests.Answer{Reason: c.body.Reason, Digest: c.body.Digest})
	if err != nil {
		return nil, err
	}
	if r.State == requests.Approved || r.State == requests.Running {
		return &answer{status: http.StatusAccepted, value: show(r)}, nil
	}
	return ok(show(r)), nil
}

// listIncidents lists incidents, the newest first, of accounts that the caller has an entry for.
func (a *API) listIncidents(c *call) (*answer, error) {
	if err := a.operates(c, false); err != nil {
		return nil, err
	}
	n, errLimit := c.limit()
	open, errOpen := c.truth("open")
	if err := errors.Join(errLimit, errOpen); err != nil {
		return nil, err
	}
	which := tasks.Listing{Account: c.query.Get("account"), Resource: c.query.Get("resource"), Open: open}
	if c.query.Has("account") && !accountNumber.MatchString(which.Account) {
		return nil, refuse(http.StatusBadRequest, "account "+clip(which.Account), "want its twelve digits")
	}
	all, next, err := a.Incidents.Incidents(c.Context(), which, n, c.query.Get("from"))
	if err != nil {
		return nil, err
	}
	shown, hidden := []tasks.Line{}, 0
	for _, i := range all {
		if !a.Desk.Sees(c.Context(), c.who, i.Account) {
			hidden++
			continue
		}
		shown = append(shown, i)
	}
	return ok(struct {
		Incidents []tasks.Line `json:"incidents"`
		Next      string       `json:"next,omitempty"`
		Hidden    int          `json:"hidden"`
	}{shown, next, hidden}), nil
}

// getIncident shows all of one incident.
func (a *API) getIncident(c *call) (*answer, error) {
	i, err := a.incident(c)
	if err != nil {
		return nil, err
	}
	return ok(i), nil
}

// incident is the one that the path names, where the caller may see it.
func (a *API) incident(c *call) (i tasks.Incident, err error) {
	if err = a.belongs(c); err != nil {
		return i, err
	}
	if i, err = a.Incidents.Incident(c.Context(), c.PathValue("id")); err != nil {
		return i, err
	}
	if _, err = a.Desk.Leave(c.Context(), c.who, requests.Operate, i.Account); err != nil {
		return tasks.Incident{}, err
	}
	return i, nil
}

// restore asks for a saved policy to be put back.
func (a *API) restore(c *call) (*answer, error) {
	if err := a.belongs(c); err != nil {
		return nil, err
	}
	i, err := a.Incidents.Incident(c.Context(), c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return a.submit(c, requests.Wish{Task: requests.Restore, Account: i.Account, Resource: i.Resource, Region: i.Region,
		Incident: i.ID, Copy: c.body.Copy, Anyway: c.body.Force})
}

// listSweeps lists the last sweeps.
func (a *API) listSweeps(c *call) (*answer, error) {
	n, err := c.limit()
	if err == nil {
		err = a.operates(c, false)
	}
	if err != nil {
		return nil, err
	}
	all, err := a.Sweeps.List(c.Context(), n)
	if err != nil {
		return nil, err
	}
	shown := []sweeper.Progress{}
	for _, s := range all {
		shown = append(shown, sweeper.Summary{Sweep: s}.Progress())
	}
	return ok(struct {
		Sweeps []sweeper.Progress `json:"sweeps"`
	}{shown}), nil
}

// startSweep begins a sweep of the accounts that are named, or of all.
func (a *API) startSweep(c *call) (*answer, error) {
	r := sweeper.Request{By: c.who.ARN, Accounts: c.body.Accounts}
	for _, t := range c.body.Tasks {
		r.Tasks = append(r.Tasks, sweeper.Task(t))
	}
	if err := r.Check(); err != nil {
		return nil, refuse(http.StatusBadRequest, err.Error(), `accounts are lists of numbers, tasks of "s3" and "sqs"`)
	}
	if err := a.operates(c, len(r.Accounts) == 0); err != nil {
		return nil, err
	}
	for _, account := range r.Accounts {
		if _, err := a.Desk.Leave(c.Context(), c.who, requests.Operate, account); err != nil {
			return nil, err
		}
	}
	s, err := a.Sweeps.Start(c.Context(), r)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusAccepted, value: sweeper.Summary{Sweep: s}.Progress()}, nil
}

// getSweep shows how far a sweep has come.
func (a *API) getSweep(c *call) (*answer, error) {
	id, err := c.id()
	if err == nil {
		err = a.operates(c, false)
	}
	if err != nil {
		return nil, err
	}
	s, err := a.Sweeps.Summary(c.Context(), id)
	if err != nil {
		return nil, err
	}
	return ok(s.Progress()), nil
}

// stopSweep ends a sweep at the end of the pages that are being read.
func (a *API) stopSweep(c *call) (*answer, error) {
	id, err := c.id()
	if err == nil {
		err = a.operates(c, true)
	}
	if err != nil {
		return nil, err
	}
	if _, err := a.Sweeps.Summary(c.Context(), id); err != nil {
		return nil, err
	}
	s, err := a.Sweeps.Stop(c.Context(), id)
	if err != nil {
		return nil, refuse(http.StatusConflict, err.Error(), "GET /sweeps/"+id+" shows it")
	}
	return ok(sweeper.Summary{Sweep: s}.Progress()), nil
}

// preflight shows the last report.
func (a *API) preflight(c *call) (*answer, error) {
	if err := a.operates(c, false); err != nil {
		return nil, err
	}
	kept, err := a.Preflight.Last(c.Context())
	if err != nil {
		return nil, err
	}
	if kept.Report == nil {
		return nil, refuse(http.StatusNotFound, "no preflight has run yet", "one runs each day, and after a deployment")
	}
	report := *kept.Report
	if report.Findings == nil {
		report.Findings = []readiness.Finding{}
	}
	return ok(report), nil
}

//go:embed openapi.json
var description []byte

// describe serves the description of the API.
func (a *API) describe(*call) (*answer, error) {
	return &answer{status: http.StatusOK, kind: "application/json", text: description}, nil
}

// Sweeping are the sweeps that a sweeper starts and stops.
func Sweeping(s *sweeper.Sweeper) Sweeps { return sweeping{s} }

type sweeping struct{ *sweeper.Sweeper }

func (s sweeping) List(ctx context.Context, n int) ([]sweeper.Sweep, error) {
	return s.Store.Sweeps(ctx, n)
}
