package reach

// This file holds what binds an account: policies, the units that they are attached to, and the way down to it.

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// Kind is a kind of policy of an organization.
type Kind string

// The two kinds that bind what an account may do.
const (
	SCP Kind = "SCP" // service control policy: binds the principals of the accounts below
	RCP Kind = "RCP" // resource control policy: binds whoever acts on the resources of the accounts below
)

// A Policy is one policy of an organization. It may be attached to many units, and is only read here.
type Policy struct {
	ID, Name string
	Kind     Kind
	document *policies.Document // nil where it cannot be read
	trouble  string             // why not
}

// NewPolicy reads a policy's document. One that cannot be read binds in a way that is not known.
func NewPolicy(id, name string, kind Kind, document string) *Policy {
	p := &Policy{ID: id, Name: name, Kind: kind}
	d, err := policies.Parse([]byte(document))
	switch {
	case err != nil:
		p.trouble = err.Error()
	case len(d.Problems) > 0:
		p.trouble = d.Problems[0].String()
	default:
		p.document = d
	}
	return p
}

// A Unit is a root, an organizational unit or an account, with the policies that are attached to it directly.
type Unit struct {
	ID       string // r-…, ou-… or twelve digits
	Name     string // or "" where it is not known
	Policies []*Policy
}

// String names the unit for people.
func (u Unit) String() string {
	kind := "account"
	switch {
	case strings.HasPrefix(u.ID, "r-"):
		kind = "the root"
	case strings.HasPrefix(u.ID, "ou-"):
		kind = "unit"
	}
	if u.Name == "" || u.Name == u.ID {
		return kind + " " + u.ID
	}
	return fmt.Sprintf("%s %s (%s)", kind, u.ID, u.Name)
}

// An Account is a member account and what stands above it.
type Account struct {
	Number string
	// Chain leads from the root to the account itself, which comes last.
	Chain []Unit
}

// orgPath is the account's value in aws:PrincipalOrgPaths: o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths).
func (a Account) orgPath(organization string) string {
	path := organization + "/"
	for _, u := range a.Chain {
		if u.ID != a.Number {
			path += u.ID + "/"
		}
	}
	return path
}

// whole tells whether the chain begins at a root and ends at the account, so that no level can be missing unseen.
func (a Account) whole() bool {
	if len(a.Chain) < 2 || !strings.HasPrefix(a.Chain[0].ID, "r-") || a.Chain[len(a.Chain)-1].ID != a.Number {
		return false
	}
	return !slices.ContainsFunc(a.Chain[1:len(a.Chain)-1], func(u Unit) bool { return !strings.HasPrefix(u.ID, "ou-") })
}
