package policies

// This file says whether a Principal or NotPrincipal element covers the caller of a request.

import (
	"regexp"
	"strings"
)

// An identity is one of the names by which a Principal element can mean a caller.
type identity struct {
	part part
	name string
}

// part says what an identity is to its caller.
type part int

const (
	ofAccount part = iota // the caller's account, by its number
	ofSelf                // the user, role, federated user or service
	ofSession             // the role session
)

// identities are the names of the caller. Users and roles are meant with their account, too
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (c Caller) identities() []identity {
	parts, isARN := cutARN(c.ARN)
	self := identity{ofSelf, c.ARN}
	account := identity{ofAccount, parts[4]}
	switch {
	case c.Kind == Anonymous:
		return nil
	case !isARN || c.Kind == Service:
		return []identity{self}
	case c.Kind == Root:
		return []identity{account}
	case c.Kind == Role:
		name := parts[5][strings.LastIndexByte(parts[5], '/')+1:]
		session := "arn:" + parts[1] + ":sts::" + parts[4] + ":assumed-role/" + name + "/" + c.Session
		return []identity{account, self, {ofSession, session}}
	}
	return []identity{account, self}
}

// matchesPrincipal tells whether the statement's Principal or NotPrincipal covers the caller.
func (s *Statement) matchesPrincipal(r Request) Truth {
	switch {
	case s.Ambiguous("Principal"):
		return Unknown
	case s.Principal == nil:
		return Yes
	case !s.Principal.Not:
		return s.Principal.some(r)
	case s.Effect == Deny:
		return s.Principal.spares(r).Not()
	}
	all, some := s.Principal.all(r), s.Principal.some(r)
	if all != some {
		return Unknown // the user guide advises against it, and says nothing of a caller that is listed in part
	}
	return all.Not()
}

// some tells whether the element lists one of the caller's identities.
func (p *Principals) some(r Request) Truth {
	found := p.everyone(r.Caller).Or(p.provider(r.Caller))
	for _, id := range r.Caller.identities() {
		found = found.Or(p.lists(id, r))
	}
	return found
}

// all tells whether the element lists all of the caller's identities.
func (p *Principals) all(r Request) Truth {
	identities := r.Caller.identities()
	all := truth(len(identities) > 0)
	for _, id := range identities {
		all = all.And(p.lists(id, r))
	}
	return p.everyone(r.Caller).Or(all)
}

// spares tells whether a NotPrincipal keeps a Deny from the caller. It certainly does where all of the caller's
// identities are listed: the account, the user or role, and of a role the session. It certainly does not where the
// user, or the role or its session, is missing. Where only the account is missing, the user guide says that AWS might
// deny (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
//
// A NotPrincipal never spares a principal with a permissions boundary. A request does not show one: callers are taken
// to have none.
func (p *Principals) spares(r Request) Truth {
	all, named := p.all(r), Yes
	for _, id := range r.Caller.identities() {
		if id.part != ofAccount {
			named = named.And(p.lists(id, r))
		}
	}
	if all == No && named != No && r.Caller.Kind != Root && r.Caller.Kind != Anonymous {
		all = Unknown // only the account is missing
	}
	return all.Or(p.provider(r.Caller))
}

// everyone tells whether the element means every caller. Whether {"AWS": "*"} holds service principals is not
// documented.
func (p *Principals) everyone(c Caller) Truth {
	found := truth(p.Everyone)
	for _, n := range p.Named {
		switch {
		case n.Kind != "AWS" || n.Value != "*":
		case c.Kind == Service:
			found = found.Or(Unknown)
		default:
			found = Yes
		}
	}
	return found
}

// provider tells whether the element may mean the caller by an identity provider. That stands for role sessions which
// came through it, and a request does not show surely which did.
func (p *Principals) provider(c Caller) Truth {
	for _, n := range p.Named {
		if n.Kind == "Federated" && c.Kind == Role {
			return Unknown
		}
	}
	return No
}

// lists tells whether one of the element's entries is the identity.
func (p *Principals) lists(id identity, r Request) Truth {
	found := No
	for _, n := range p.Named {
		found = found.Or(n.means(id, r))
	}
	return found
}

// The forms of a principal. CloudFront's origin access identities have a word in the place of the account.
var (
	account  = regexp.MustCompile(`^[0-9]{12}$`)
	rootARN  = regexp.MustCompile(`^arn:([a-z-]+):iam::([0-9]{12}):root$`)
	uniqueID = regexp.MustCompile(`^A(IDA|ROA)[A-Z0-9]{12,}$`)
	fullARN  = regexp.MustCompile(`^arn:[a-z-]+:(iam|sts)::([0-9]{12}|cloudfront):[^*?]+$`)
)

// means tells whether the entry is one of the caller's identities. Partial wildcards are not allowed in a principal,
// and of what is no principal in form nothing is known.
func (n Named) means(id identity, r Request) Truth {
	kind := r.Caller.Kind
	switch {
	case n.Kind == "Service" && kind == Service && strings.ContainsAny(n.Value, "*?"):
		return Unknown
	case n.Kind == "Service":
		return truth(kind == Service && n.Value == id.name)
	case kind == Service || kind == Anonymous:
		return No
	case n.Kind == "CanonicalUser" && id.part == ofAccount:
		return Unknown // the id of some account, which may be this one
	case n.Kind != "AWS" || n.Value == "*": // see provider and everyone
		return No
	case account.MatchString(n.Value):
		return truth(n.Value == id.name)
	}
	root := rootARN.FindStringSubmatch(n.Value)
	switch {
	case root != nil && root[2] == id.name && !strings.HasPrefix(r.Caller.ARN, "arn:"+root[1]+":"):
		return Unknown // the account's number, in another partition
	case root != nil:
		return truth(root[2] == id.name)
	case uniqueID.MatchString(n.Value):
		return n.unique(id, r)
	case elsewhere(n.Value, r.Caller):
		return No
	case !fullARN.MatchString(n.Value):
		return Unknown
	}
	return truth(n.Value == id.name)
}

// elsewhere tells whether a value that may be no principal in form is of another account than the caller all the same:
// by the account in its ARN, or by a number that is not the caller's, not even without its first zeros.
func elsewhere(value string, c Caller) bool {
	parts, isARN := cutARN(value)
	of, _ := cutARN(c.ARN)
	switch {
	case !isARN && strings.Trim(value, "0123456789") == "":
		return strings.TrimLeft(value, "0") != strings.TrimLeft(of[4], "0")
	case !isARN || parts[0] != "arn":
		return false
	}
	return parts[4] != "" && parts[4] != of[4] && !strings.ContainsAny(parts[4], "*?$")
}

// unique compares the unique id of one user (AIDA…) or role (AROA…), which stands in a stored policy in the place of an
// ARN. Whose it is the request tells by aws:userid; without that it may be any user's, or any role's
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
func (n Named) unique(id identity, r Request) Truth {
	of := User
	if strings.HasPrefix(n.Value, "AROA") {
		of = Role
	}
	values, present := r.Context.Get("aws:userid")
	switch {
	case id.part != ofSelf || r.Caller.Kind != of:
		return No
	case !present || len(values) != 1:
		return Unknown
	}
	whose, _, _ := strings.Cut(values[0], ":")
	return truth(whose == n.Value)
}
