package policies

import (
	"regexp"
	"strings"
)

// identities are the names by which a Principal element can mean the caller. For users and roles the account is one of them
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (c Caller) identities() []string {
	parts, isARN := cutARN(c.ARN)
	switch {
	case c.Kind == Anonymous:
		return nil
	case !isARN || c.Kind == Service:
		return []string{c.ARN}
	case c.Kind == Root:
		return []string{parts[4]}
	case c.Kind == Role:
		name := parts[5][strings.LastIndexByte(parts[5], '/')+1:]
		session := "arn:" + parts[1] + ":sts::" + parts[4] + ":assumed-role/" + name + "/" + c.Session
		return []string{parts[4], c.ARN, session}
	}
	return []string{parts[4], c.ARN}
}

// matchesPrincipal tells whether the statement's Principal or NotPrincipal covers the caller.
func (s *Statement) matchesPrincipal(r Request) Truth {
	switch {
	case s.Ambiguous("Principal"):
		return Unknown
	case s.Principal == nil:
		return Yes
	case !s.Principal.Not:
		_, some := s.Principal.lists(r)
		return some
	}
	all, some := s.Principal.lists(r)
	if s.Effect == Allow && all != some {
		return Unknown // the user guide advises against it, and says nothing of a caller that is listed in part
	}
	return all.Not()
}

// lists tells whether all of the caller's identities are in the element, and whether some are. A NotPrincipal in a Deny spares only a caller of which all
// are: the account, the user or role, and for a session the session too
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html). It never spares a principal with a permissions
// boundary, but a request does not show one: callers are taken to have none.
func (p *Principals) lists(r Request) (all, some Truth) {
	everyone := truth(p.Everyone)
	for _, n := range p.Named {
		everyone = everyone.Or(n.everyone(r.Caller))
	}
	if everyone == Yes {
		return Yes, Yes
	}
	identities := r.Caller.identities()
	all, some = truth(len(identities) > 0), No
	for _, identity := range identities {
		listed := No
		for _, n := range p.Named {
			listed = listed.Or(n.names(identity, r))
		}
		all, some = all.And(listed), some.Or(listed)
	}
	return everyone.Or(all), everyone.Or(some)
}

// everyone tells whether the entry is {"AWS": "*"}. Whether that holds service principals is not documented.
func (n Named) everyone(c Caller) Truth {
	switch {
	case n.Kind != "AWS" || n.Value != "*":
		return No
	case c.Kind == Service:
		return Unknown
	}
	return Yes
}

// The forms of a principal. CloudFront's origin access identities have a word in the place of the account.
var (
	account  = regexp.MustCompile(`^[0-9]{12}$`)
	rootARN  = regexp.MustCompile(`^arn:([a-z-]+):iam::([0-9]{12}):root$`)
	uniqueID = regexp.MustCompile(`^A(IDA|ROA)[A-Z0-9]{12,}$`)
	fullARN  = regexp.MustCompile(`^arn:[a-z-]+:(iam|sts)::([0-9]{12}|cloudfront):[^*?]+$`)
)

// names tells whether the entry is one of the caller's identities. Partial wildcards are not allowed in a principal, and of what is no principal in form
// nothing is known.
func (n Named) names(identity string, r Request) Truth {
	kind := r.Caller.Kind
	switch {
	case n.Kind == "Service" && kind == Service && strings.ContainsAny(n.Value, "*?"):
		return Unknown
	case n.Kind == "Service":
		return truth(kind == Service && n.Value == identity)
	case n.Kind != "AWS" || kind == Service || kind == Anonymous:
		return No // Federated means sessions of an identity provider, CanonicalUser an account's old id: neither is written for callers like these
	case n.Value == "*":
		return No // see everyone
	case account.MatchString(n.Value):
		return truth(n.Value == identity)
	}
	root := rootARN.FindStringSubmatch(n.Value)
	switch {
	case root != nil && root[2] == identity && !strings.HasPrefix(r.Caller.ARN, "arn:"+root[1]+":"):
		return Unknown // the account's number, in another partition
	case root != nil:
		return truth(root[2] == identity)
	case uniqueID.MatchString(n.Value):
		return n.unique(identity, r)
	case !fullARN.MatchString(n.Value):
		return Unknown
	}
	return truth(n.Value == identity)
}

// unique compares a unique id, which stands in a stored policy once its user or role has been deleted.
func (n Named) unique(identity string, r Request) Truth {
	values, present := r.Context.Get("aws:userid")
	switch {
	case account.MatchString(identity):
		return No
	case !present || len(values) != 1:
		return Unknown
	}
	id, _, _ := strings.Cut(values[0], ":")
	return truth(id == n.Value)
}
