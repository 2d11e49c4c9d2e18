package remedy

import (
	"context"
	"errors"

	"locksmith/policies/lockout"
)

// Principals knows who exists in an account, where members have the role that lets it look.
type Principals interface {
	// Living are all users and roles of the account, listed now. The error is a *[Refusal] where nobody may list them,
	// or worth a retry.
	Living(ctx context.Context, account string) ([]lockout.Principal, error)
}

// existing are the principals of one account, or why they could not be listed.
type existing struct {
	all     []lockout.Principal
	refused string
}

// knowing is the flow with the principals that exist now, where the change was found to lock by those. It lists them at
// each look: a role that was made a minute ago counts.
func (f *Flow) knowing(ctx context.Context, c Change) (*Flow, error) {
	if !c.Living {
		return f, nil
	}
	one, refusal := *f, (*Refusal)(nil)
	one.living = &existing{refused: "no role to list them with is configured"}
	if f.Principals == nil {
		return &one, nil
	}
	all, err := f.Principals.Living(ctx, c.Account)
	switch {
	case errors.As(err, &refusal):
		one.living = &existing{refused: refusal.Error()}
	case err != nil:
		return nil, err
	default:
		one.living = &existing{all: all}
	}
	return &one, nil
}

// judgeLiving asks the prover about the principals that exist alone.
func (f *Flow) judgeLiving(q lockout.Question) lockout.Verdict {
	switch l := f.living; {
	case l == nil:
		return lockout.Verdict{Answer: lockout.Undecided, Reasons: []string{"who exists in the account was not listed"}}
	case l.refused != "":
		return lockout.Verdict{Answer: lockout.Undecided, Reasons: []string{"a sweep found that the policy spares nobody " +
			"who exists; who exists now could not be listed: " + l.refused}}
	default:
		return lockout.JudgeLiving(q, l.all)
	}
}
