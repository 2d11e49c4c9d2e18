package requests

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"locksmith/policies/allowlist"
)

// An Answer is what somebody says to a request.
type Answer struct {
	Reason string // required to deny
	// Digest is that of the request which they have seen, or "". Where the request is bound to another by now, their
	// approval does not count.
	Digest string
}

// Approve counts somebody's approval. With the last that it needs, the request is approved, and queued to be run.
func (d *Desk) Approve(ctx context.Context, c Caller, id string, a Answer) (Request, error) {
	person, err := d.speaks(c, a)
	if err != nil {
		return Request{}, err
	}
	at := d.now()
	r, err := d.change(ctx, id, func(r *Request) error {
		a.Digest = cmp.Or(a.Digest, r.Digest) // who does not say what they saw is bound to what is there first
		return d.approval(ctx, r, Decision{By: c.ARN, Person: person, At: at, Decision: Yes, Reason: a.Reason}, a.Digest)
	})
	if err != nil {
		return r, err
	}
	if r.State == Approved {
		d.queue(ctx, r)
	}
	return d.tell(ctx, r), nil
}

// approval is the step of one approval.
func (d *Desk) approval(ctx context.Context, r *Request, dec Decision, seen string) error {
	e, gone := d.standing(ctx, *r)
	refused := (*Refusal)(nil)
	if gone != nil && !errors.As(gone, &refused) {
		return gone
	}
	if err := r.mayDecide(dec, e.Approvers); err != nil {
		return err
	}
	switch mine := r.decision(dec.Person); {
	case mine != nil && mine.Decision == Yes && mine.At.Equal(dec.At) && mine.By == dec.By:
		return errUnchanged // the answer to our own write was lost
	case r.State != Requested:
		return r.conflict("it cannot be approved")
	case mine != nil:
		return &Refusal{Kind: Conflict, Why: "you have approved this request, by " + mine.By,
			Hint: "it needs other people's approval, too; all sessions of one person are one person"}
	case seen != r.Digest:
		return &Refusal{Kind: Conflict, Why: "the policy that you saw is not in force any more",
			Hint: "look at the request again, and then decide"}
	case gone != nil:
		return &Refusal{Kind: Conflict, Why: "the request cannot run any more: " + refused.Why, Hint: refused.Hint}
	case !allowlist.Fits(e.Approvers, dec.By):
		return notApprover(dec.By, e.Approvers)
	}
	r.Decisions, r.MayApprove = append(r.Decisions, dec), slices.Clone(e.Approvers)
	if r.Needs = max(r.Needs, e.Approvals); approved(*r, e) {
		r.approve(dec.At, fmt.Sprintf("%d approved", len(r.Decisions)))
	}
	return nil
}

// mayDecide is the refusal where somebody may not decide: who asked, and who is no approver, neither when the request
// was made nor now.
func (r *Request) mayDecide(dec Decision, now []string) error {
	switch {
	case dec.Person == r.Person:
		return &Refusal{Kind: NotPermitted, Why: "who asks does not decide, in whatever session",
			Hint: "one of these may: " + strings.Join(r.MayApprove, ", ")}
	case !allowlist.Fits(r.MayApprove, dec.By) && !allowlist.Fits(now, dec.By):
		return notApprover(dec.By, r.MayApprove)
	}
	return nil
}

func notApprover(who string, may []string) error {
	return &Refusal{Kind: NotPermitted, Why: who + " may not decide about this request",
		Hint: "one of these may: " + strings.Join(may, ", ")}
}

// decision is what a person said, or nil.
func (r *Request) decision(person string) *Decision {
	i := slices.IndexFunc(r.Decisions, func(d Decision) bool { return d.Person == person })
	if i < 0 {
		return nil
	}
	return &r.Decisions[i]
}

// conflict is the refusal of a step that the request is past.
func (r *Request) conflict(what string) error {
	return &Refusal{Kind: Conflict, Why: fmt.Sprintf("the request is %s: %s", r.State, what)}
}

// Deny ends a request that has not begun to run. One denial is enough.
func (d *Desk) Deny(ctx context.Context, c Caller, id string, a Answer) (Request, error) {
	person, err := d.speaks(c, a)
	if err == nil && strings.TrimSpace(a.Reason) == "" {
		err = &Refusal{Kind: Malformed, Why: "there is no reason", Hint: "say in \"reason\" why it is denied"}
	}
	if err != nil {
		return Request{}, err
	}
	dec := Decision{By: c.ARN, Person: person, At: d.now(), Decision: No, Reason: a.Reason}
	r, err := d.change(ctx, id, func(r *Request) error {
		e, gone := d.standing(ctx, *r)
		if refused := (*Refusal)(nil); gone != nil && !errors.As(gone, &refused) {
			return gone
		}
		if err := r.mayDecide(dec, e.Approvers); err != nil {
			return err
		}
		switch mine := r.decision(person); {
		case mine != nil && *mine == dec:
			return errUnchanged
		case r.State != Requested && r.State != Approved:
			return r.conflict("it cannot be denied any more")
		}
		r.Decisions = slices.DeleteFunc(r.Decisions, func(o Decision) bool { return o.Person == person })
		r.Decisions = append(r.Decisions, dec)
		r.turn(Denied, dec.At, c.ARN, a.Reason)
		return nil
	})
	if err != nil {
		return r, err
	}
	return d.tell(ctx, r), nil
}

// Cancel ends a request that has not begun to run, by who made it.
func (d *Desk) Cancel(ctx context.Context, c Caller, id string, a Answer) (Request, error) {
	person, err := d.speaks(c, a)
	if err != nil {
		return Request{}, err
	}
	at := d.now()
	r, err := d.change(ctx, id, func(r *Request) error {
		switch {
		case person != r.Person:
			return &Refusal{Kind: NotPermitted, Why: "only who asked can cancel", Hint: "who may approve can deny"}
		case r.State == Cancelled && r.last().Equal(at):
			return errUnchanged
		case r.State != Requested && r.State != Approved:
			return r.conflict("it cannot be cancelled any more")
		}
		r.turn(Cancelled, at, c.ARN, a.Reason)
		return nil
	})
	if err != nil {
		return r, err
	}
	return d.tell(ctx, r), nil
}

// speaks is who says something, where it can be said.
func (d *Desk) speaks(c Caller, a Answer) (person string, err error) {
	person, err = c.Person()
	if err == nil && !utf8.ValidString(a.Reason) {
		err = &Refusal{Kind: Malformed, Why: "the reason is no UTF-8"}
	}
	return person, cmp.Or(err, tooLong("reason", a.Reason, longestReason))
}

// errUnchanged says that the step has been taken, by a write of ours whose answer was lost.
var errUnchanged = errors.New("the step has been taken")

// change takes a step of a request, from what it is to what step makes of it. Where a clock has run out, that is
// written instead. The request is returned also with a *[Refusal], as it is.
func (d *Desk) change(ctx context.Context, id string, step func(*Request) error) (Request, error) {
	for range tries {
		before, err := d.get(ctx, id)
		if err != nil {
			return before, err
		}
		r := before.clone()
		late := r.settle(d.now())
		if !late {
			err = step(&r)
		}
		switch {
		case errors.Is(err, errUnchanged):
			return before, nil
		case err != nil:
			return before, err
		}
		r, err = d.write(ctx, before, r)
		switch {
		case errors.Is(err, ErrChanged):
		case err != nil:
			return before, err
		case late:
			return d.tell(ctx, r), r.conflict("it is too late")
		default:
			return r, nil
		}
	}
	return Request{}, fmt.Errorf("request %s: %w, again and again", id, ErrChanged)
}

// write writes a step, and gives the request as it was written.
func (d *Desk) write(ctx context.Context, before, r Request) (Request, error) {
	r.Version = before.Version + 1
	if err := d.Store.Write(ctx, before, r); err != nil {
		return before, fmt.Errorf("request %s: %w", r.ID, err)
	}
	return r, nil
}
