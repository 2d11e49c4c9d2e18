package requests

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// A Desk takes requests, and sees to it that each comes to its end. Its errors are a *[Refusal] for who asks, or worth
// a retry.
type Desk struct {
	Allow    *allowlist.List
	Accounts remedy.Directory
	Store    Store
	Work     Work
	Queue    Queue
	Herald   remedy.Herald
	Now      func() time.Time
	NewID    func() string // see [NewID]
	Log      *slog.Logger
}

// tries is how often a step is tried that others are in the way of.
const tries = 5

func (d *Desk) now() time.Time { return d.Now().UTC() }

// Get is one request, as its clocks have it now.
func (d *Desk) Get(ctx context.Context, c Caller, id string) (Request, error) {
	r, err := d.get(ctx, id)
	if err != nil {
		return Request{}, err
	}
	eyes, err := d.eyes(c)
	if err == nil && !eyes.see(ctx, r) {
		err = &Refusal{Kind: NotPermitted, Why: "no entry of the desk lets " + c.ARN + " see what is asked for in account " +
			r.Account, Hint: `the allow list's "desk" says who may see which accounts`}
	}
	if err != nil {
		return Request{}, err
	}
	r.settle(d.now())
	return r, nil
}

// get is one request, as it was written.
func (d *Desk) get(ctx context.Context, id string) (Request, error) {
	r, err := d.Store.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNone):
		return r, &Refusal{Kind: Absent, Why: fmt.Sprintf("there is no request %.40q", id)}
	case err != nil:
		return r, fmt.Errorf("request %s: %w", id, err)
	}
	return r, nil
}

// An Ask is which requests somebody wants listed.
type Ask struct {
	Mine    bool // those that they made
	Open    bool // those that have not ended
	Waiting bool // those that wait for them
	Limit   int  // at most so many; 0: 50
	From    string
}

// A Page is one page of a list. It may hold nothing, and not be the last.
type Page struct {
	Requests []Request
	Next     string // where the next page begins, or ""
	Hidden   int    // how many more this page would have, which the caller has no entry for
}

// most is how many requests a page has at most.
const most = 100

// List is a page of requests, the newest first. It makes one query.
func (d *Desk) List(ctx context.Context, c Caller, a Ask) (Page, error) {
	person, err := c.Person()
	if err != nil {
		return Page{}, err
	}
	eyes, err := d.eyes(c)
	if err != nil {
		return Page{}, err
	}
	which := Listing{Open: a.Open || a.Waiting}
	if a.Mine {
		which = Listing{Person: person}
	}
	if a.Limit <= 0 {
		a.Limit = most / 2
	}
	all, next, err := d.Store.List(ctx, which, min(a.Limit, most), a.From)
	if err != nil {
		return Page{}, fmt.Errorf("requests: %w", err)
	}
	p := Page{Requests: []Request{}, Next: next}
	for _, r := range all {
		r.settle(d.now())
		switch {
		case (a.Open || a.Waiting) && r.State.Ended():
		case a.Waiting && !(r.State == Requested && r.waitsFor(c.ARN, person)):
		case !eyes.see(ctx, r):
			p.Hidden++
		default:
			p.Requests = append(p.Requests, r.Brief())
		}
	}
	return p, nil
}

// waitsFor tells whether somebody may decide, and has not yet.
func (r *Request) waitsFor(arn, person string) bool {
	if person == r.Person || !allowlist.Fits(r.MayApprove, arn) {
		return false
	}
	for _, dec := range r.Decisions {
		if dec.Person == person {
			return false
		}
	}
	return true
}

// eyes are what somebody may see: what they asked for, what they may approve, and the accounts that they have an entry
// for.
type eyes struct {
	desk    *Desk
	caller  Caller
	person  string
	entries []*allowlist.Entry
	known   map[string]bool
}

// eyes are somebody's who has something to do here.
func (d *Desk) eyes(c Caller) (*eyes, error) {
	person, err := c.Person()
	if err != nil {
		return nil, err
	}
	e, approves := &eyes{d, c, person, nil, map[string]bool{}}, false
	for i := range d.Allow.Desk {
		entry := &d.Allow.Desk[i]
		if allowlist.Fits(entry.Who, c.ARN) {
			e.entries = append(e.entries, entry)
		}
		approves = approves || allowlist.Fits(entry.Approvers, c.ARN)
	}
	if len(e.entries) == 0 && !approves {
		return nil, stranger(c)
	}
	return e, nil
}

func (e *eyes) see(ctx context.Context, r Request) bool {
	return r.Person == e.person || allowlist.Fits(r.MayApprove, e.caller.ARN) || e.holds(ctx, r.Account)
}

// holds tells whether some entry of theirs is for the account. It is looked up only where a unit or tag decides, since
// a page may hold many.
func (e *eyes) holds(ctx context.Context, number string) bool {
	if known, ok := e.known[number]; ok {
		return known
	}
	grouped := false
	for _, entry := range e.entries {
		if entry.Holds(allowlist.Account{Number: number}) || slices.ContainsFunc(entry.Accounts, isRoot) {
			e.known[number] = true
			return true
		}
		grouped = grouped || slices.ContainsFunc(entry.Accounts, func(a string) bool { return !twelveDigits(a) })
	}
	if grouped {
		a, err := e.desk.account(ctx, number, false)
		if err != nil {
			e.desk.Log.Warn("an account that is listed cannot be looked up", "account", number, "error", err)
		}
		e.known[number] = slices.ContainsFunc(e.entries, func(entry *allowlist.Entry) bool {
			return entry.Holds(a.Account)
		})
	}
	return e.known[number]
}

// isRoot tells whether an entry names the organization's root, which holds every account.
func isRoot(account string) bool { return strings.HasPrefix(account, "r-") }

// Sees tells whether somebody may see what concerns an account: whether they have an entry for it. Lists of other
// things than requests ask it, too.
func (d *Desk) Sees(ctx context.Context, c Caller, account string) bool {
	e, err := d.eyes(c)
	return err == nil && e.holds(ctx, account)
}
