package remedy

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"locksmith/policies/allowlist"
)

// This file asks the allow list, and before that the directory, where a rule names units or tags.

// firstRuling is the ruling on a new event. The directory is not asked while the event's policy passes under every
// ruling that its answer can lead to: that is the way of nearly all events. Then the event is over.
func (f *Flow) firstRuling(ctx context.Context, r *Report) (ruling allowlist.Ruling, over bool, err error) {
	c := r.Change
	possible := f.Allow.Possible(c.Resource, c.Account, f.Now())
	if len(possible) == 1 {
		return possible[0], false, nil
	}
	if over, err = f.passedByAll(ctx, r, possible); over || err != nil {
		return ruling, over, err
	}
	ruling, err = f.ruling(ctx, c)
	return ruling, false, err
}

// passedByAll ends an event whose policy passes under each of the rulings, as [Flow.passed] does under one.
func (f *Flow) passedByAll(ctx context.Context, r *Report, possible []allowlist.Ruling) (over bool, err error) {
	others := false
	for _, ruling := range possible {
		r.Verdict = f.judge(r.Change, r.Change.Policy, ruling)
		if !passes(r.Verdict) || f.restricted(r.Change, r.Verdict, ruling).Result != "" {
			return false, nil
		}
		others = others || f.othersWrite(r.Change, ruling)
	}
	if others && !r.Change.Found() { // a look is no change
		acts, err := f.Ledger.Seen(ctx, r.Change)
		if err != nil {
			return true, fmt.Errorf("ledger: %w", err)
		}
		if under(r.Change, acts) != (Act{}) {
			return false, nil
		}
	}
	r.Nothing = "the policy is " + string(r.Verdict.Answer)
	return true, nil
}

// unsettled ends a delivery whose ruling is not known. It is entered in the ledger, so that somebody comes back to it
// whatever becomes of the event.
func (f *Flow) unsettled(ctx context.Context, d Delivery, r *Report, cause error) error {
	if cause == nil {
		return nil
	}
	e, joined, err := f.claim(ctx, r, Outcome{Result: NotCovered})
	switch {
	case err != nil:
		return errors.Join(cause, err)
	case joined:
		return nil
	case e.State == Closed:
		r.Verdict, r.Outcome, r.Repeated = e.Verdict, e.Outcome, true
		return nil
	}
	r.claimed, r.laters, r.warned = true, e.Laters, e.Warned
	f.warnUnexplained(ctx, d, r, &e)
	return f.giveBack(ctx, r, e, cause)
}

// ruling asks the allow list about a change. Where what the directory has of the account covers nothing, that may have
// changed within the day: then it is asked for what is fresh, and what it had stands where that fails.
func (f *Flow) ruling(ctx context.Context, c Change) (allowlist.Ruling, error) {
	if f.Directory == nil || f.settled(c) {
		return f.Allow.Find(c.Resource, allowlist.Account{Number: c.Account}, f.Now()), nil
	}
	ruling, err := f.rulingFor(ctx, c, f.Directory.Account)
	if err != nil || ruling.Rule != nil {
		return ruling, err
	}
	if fresh, err := f.rulingFor(ctx, c, f.Directory.Fresh); err == nil {
		ruling = fresh
	}
	return ruling, nil
}

// freshRuling asks again at the live look, for the entry whose resource may be touched next: the account may have been
// moved since. An entry that was acted on keeps its rule, and waits for nobody.
func (f *Flow) freshRuling(ctx context.Context, e *Entry, before allowlist.Ruling) (allowlist.Ruling, error) {
	if f.Directory == nil || f.settled(e.Change) {
		return before, nil
	}
	ruling, err := f.rulingFor(ctx, e.Change, f.Directory.Fresh)
	switch {
	case e.State == Acted && err != nil:
		return before, nil
	case e.State == Acted || err != nil:
		return ruling, err
	}
	e.Outcome.Rule = ""
	if ruling.Rule != nil {
		e.Outcome.Rule = ruling.Rule.Name
	}
	return ruling, nil
}

// settled tells whether the ruling is the same whatever units and tags the account has.
func (f *Flow) settled(c Change) bool {
	return len(f.Allow.Possible(c.Resource, c.Account, f.Now())) == 1
}

// rulingFor asks the allow list with what the directory knows. An account that it does not know, may not look up, or
// that is closed, is covered by nothing.
func (f *Flow) rulingFor(ctx context.Context, c Change,
	ask func(context.Context, string) (Account, error)) (allowlist.Ruling, error) {
	unknown := func(format string, args ...any) (allowlist.Ruling, error) {
		account := allowlist.Account{Number: c.Account, Why: Scrub(fmt.Sprintf(format, args...))}
		return f.Allow.Find(c.Resource, account, f.Now()), nil
	}
	account, err := ask(ctx, c.Account)
	refusal := (*Refusal)(nil)
	switch {
	case errors.Is(err, ErrNoMember):
		return unknown("the organization has no account %s", c.Account)
	case errors.As(err, &refusal):
		return unknown("account %s could not be looked up (%v)", c.Account, refusal)
	case err != nil:
		return allowlist.Ruling{}, fmt.Errorf("directory: %w", err)
	case account.State != Active:
		return unknown("account %s is not active but %s", c.Account, cmp.Or(account.State, "in no known state"))
	}
	return f.Allow.Find(c.Resource, account.Account, f.Now()), nil
}
