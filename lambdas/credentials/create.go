package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/lambdas/remedy"
)

// A Wish is one for root to be able to recover its password.
type Wish struct {
	Request string // its id
	Account string
	By      string // who asked
	Reason  string
	Ticket  string
	Case    bool // a person is going to log in as root: see [Case]
}

// skew is by how much IAM's clock may differ from ours.
const skew = time.Minute

// Create makes a login profile for an account's root. That allows the recovery of its password by mail; it sets none,
// and sends nothing. The error is a *[remedy.Refusal] where it is refused, and a *[remedy.Later] where nothing was done
// for lack of time.
//
// A case is opened first, so that nobody who dies in between leaves a password without a clock.
func (c *Custodian) Create(ctx context.Context, w Wish) (Outcome, error) {
	if _, err := c.reach(ctx, w.Account); err != nil {
		return Outcome{}, err
	}
	begun := c.Now().Add(-skew)
	if w.Case {
		opened, err := c.openCase(ctx, w)
		if err != nil {
			return Outcome{}, err
		}
		begun = opened.Opened.Add(-skew)
	}
	s := c.sit(w.Request, w.Account, ToCreate)
	at, err := ask(ctx, s, func(r Session) (time.Time, error) { return r.Create(ctx) })
	there := errors.Is(err, ErrThere)
	if there {
		at, err = ask(ctx, s, func(r Session) (time.Time, error) { return r.Profile(ctx) })
		there = at.Before(begun) // else we have made it, and did not hear of it
	}
	switch {
	case errors.Is(err, errShort):
		return Outcome{}, &remedy.Later{Until: c.Now().Add(time.Minute), Why: "no login profile is known to be made yet"}
	case errors.As(err, new(*remedy.Refusal)) && w.Case:
		return Outcome{}, errors.Join(err, c.endCase(ctx, w.Request, "no login profile was made"))
	case err != nil:
		return Outcome{}, err
	}
	return created(w, at, there), nil
}

// created says what is possible now, and what was not done.
func created(w Wish, at time.Time, there bool) Outcome {
	o := Outcome{Result: ResultCreated, Why: fmt.Sprintf("root of account %s has a login profile since %s, which only "+
		"allows the recovery of its password through the root mailbox. No password was set, and nothing was sent: whoever "+
		"reads that mailbox has to choose \"Forgot password?\" at AWS's sign-in as root", w.Account,
		at.UTC().Format(time.RFC3339))}
	if there {
		o.Result, o.Why = ResultThere, fmt.Sprintf("root of account %s already had a login profile, since %s, and nothing "+
			"was changed. Its password can be recovered through the root mailbox, or somebody has one", w.Account,
			at.UTC().Format(time.RFC3339))
	}
	if w.Case {
		o.Why += ". After an hour the pager is called, and each hour from then on, until root's credentials are deleted"
	}
	return o
}
