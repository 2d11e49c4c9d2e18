package requests

// This file says who is one person, and who may.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// Person is who calls, the same for all sessions of one person. The error is a *[Refusal].
//
// A user is its ARN. A session from Identity Center is its session's name, which Identity Center sets to the user's, in
// every account and permission set. Whoever opens any other session chooses its name: there the source identity counts,
// or else the Identity Center user's id, or else the role itself, so that all its sessions are one person. A federated
// user without source identity is nobody: its name, chosen as freely, is all that the desk's entries could go by. Root
// is nobody's person.
func (c Caller) Person() (string, error) {
	parts := strings.SplitN(c.ARN, ":", 6)
	if len(parts) < 6 {
		return "", nobody(c)
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	name, session, _ := strings.Cut(rest, "/")
	switch parts[2] + " " + kind {
	case "iam user":
		if rest != "" {
			return c.ARN, nil
		}
	case "sts federated-user":
		if name != "" && c.SourceIdentity != "" {
			return strings.ToLower(c.SourceIdentity), nil
		}
	case "sts assumed-role":
		switch {
		case name == "" || session == "":
		case strings.HasPrefix(name, "AWSReservedSSO_"):
			return strings.ToLower(session), nil
		case c.SourceIdentity != "":
			return strings.ToLower(c.SourceIdentity), nil
		case c.UserID != "":
			return c.UserID, nil
		default:
			return strings.Join([]string{parts[0], parts[1], "iam", "", parts[4], "role/" + name}, ":"), nil
		}
	}
	return "", nobody(c)
}

func nobody(c Caller) error {
	return &Refusal{Kind: NotPermitted, Why: fmt.Sprintf("%q is nobody in particular", c.ARN),
		Hint: "call as a user, or in a session of a role; root asks for nothing here"}
}

// enough tells whether n persons other than one could approve. A pattern without wildcards is one person. So is a role,
// whoever opens its sessions, and one name in Identity Center, whatever its permission sets. Any other pattern is many.
func enough(approvers []string, n int, other string) bool {
	persons := map[string]bool{}
	for _, p := range approvers {
		_, name, _ := strings.Cut(p, "federated-user/")
		person, err := Caller{ARN: p, SourceIdentity: name}.Person()
		switch {
		case err != nil && strings.Count(p, "/") > 1:
			continue // a role's own ARN with its path, which no session has
		case err != nil:
			person = p
		}
		if strings.ContainsAny(person, "*?") {
			return true
		}
		if person != other {
			persons[person] = true
		}
	}
	return len(persons) >= n
}

// account is what is known of an account that somebody asks about. The error is a *[Refusal] or worth a retry.
func (d *Desk) account(ctx context.Context, number string, fresh bool) (remedy.Account, error) {
	if !twelveDigits(number) {
		return remedy.Account{}, &Refusal{Kind: Malformed, Why: fmt.Sprintf("%q is no account", number),
			Hint: "want its twelve digits"}
	}
	look := d.Accounts.Account
	if fresh {
		look = d.Accounts.Fresh
	}
	a, err := look(ctx, number)
	refused := (*remedy.Refusal)(nil)
	switch {
	case errors.Is(err, remedy.ErrNoMember):
		return a, &Refusal{Kind: Absent, Why: "the organization has no account " + number,
			Hint: "the desk is for its members alone"}
	case errors.As(err, &refused):
		return a, &Refusal{Kind: Blocked, Why: remedy.Scrub(refused.Error()),
			Hint: "whether the account is a member cannot be looked up"}
	case err != nil:
		return a, fmt.Errorf("account %s: %w", number, err)
	}
	a.Number = number
	return a, nil
}

func twelveDigits(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// Leave is the entry that lets somebody ask for a task in an account. The error is a *[Refusal], or worth a retry.
func (d *Desk) Leave(ctx context.Context, c Caller, task Task, account string) (allowlist.Entry, error) {
	if _, err := c.Person(); err != nil {
		return allowlist.Entry{}, err
	}
	return d.leave(ctx, c, task, account)
}

// leave is [Desk.Leave] for somebody who was found to be a person before.
func (d *Desk) leave(ctx context.Context, c Caller, task Task, account string) (allowlist.Entry, error) {
	if !slices.ContainsFunc(d.Allow.Desk, func(e allowlist.Entry) bool { return allowlist.Fits(e.Who, c.ARN) }) {
		return allowlist.Entry{}, stranger(c)
	}
	a, err := d.account(ctx, account, acts(task))
	if err != nil {
		return allowlist.Entry{}, err
	}
	e, why := d.Allow.Leave(c.ARN, task, a.Account)
	switch {
	case e == nil:
		return allowlist.Entry{}, &Refusal{Kind: NotPermitted, Why: why,
			Hint: `the allow list's "desk" says who may ask for what`}
	case acts(task) && a.State != "" && a.State != remedy.Active:
		return allowlist.Entry{}, &Refusal{Kind: Conflict, Why: fmt.Sprintf("account %s is %s", account, a.State),
			Hint: "root can be opened in active accounts alone"}
	}
	return *e, nil
}

func stranger(c Caller) error {
	return &Refusal{Kind: NotPermitted, Why: "no entry of the desk is for " + c.ARN,
		Hint: `the allow list's "desk" says who may ask for what`}
}

// acts tells whether a task changes something.
func acts(task Task) bool { return task != View && task != Audit && task != Operate }

// forbidden is the refusal where the allow list says never to touch the resource; else nil.
func (d *Desk) forbidden(task Task, resource string) error {
	if task != Unlock && task != Force && task != Restore {
		return nil
	}
	if why, forbidden := d.Allow.Forbids(resource); forbidden {
		return &Refusal{Kind: NotPermitted, Why: why, Hint: "it wins over every entry of the desk, and over break glass"}
	}
	return nil
}

// standing is the entry that lets a request be, as the allow list and the organization are now. The error is a
// *[Refusal], or worth a retry.
func (d *Desk) standing(ctx context.Context, r Request) (allowlist.Entry, error) {
	e, err := d.leave(ctx, Caller{ARN: r.By}, r.Task, r.Account)
	if err == nil {
		err = d.forbidden(r.Task, r.Resource)
	}
	return e, err
}

// approved tells whether the decisions on a request are enough by an entry: as many persons as the request was told to
// need, and as the entry asks for now, each among its approvers, and none of them the one who asks.
func approved(r Request, e allowlist.Entry) bool {
	if r.Needs == 0 && e.Approvals == 0 || r.BreakGlass && e.BreakGlass {
		return true
	}
	persons := map[string]bool{}
	for _, dec := range r.Decisions {
		if dec.Decision == Yes && dec.Person != r.Person && allowlist.Fits(e.Approvers, dec.By) {
			persons[dec.Person] = true
		}
	}
	return len(persons) >= max(1, r.Needs, e.Approvals)
}
