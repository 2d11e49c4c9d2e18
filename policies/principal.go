package policies

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// identities are the names by which a Principal element can mean the caller. For users and roles the account is one of them
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (c Caller) identities() []string {
	parts := strings.SplitN(c.ARN, ":", 6)
	switch {
	case c.Kind == Anonymous:
		return nil
	case len(parts) != 6 || c.Kind == Service:
		return []string{c.ARN}
	case c.Kind == Root:
		return []string{parts[4]}
	case c.Kind == Role:
		name := parts[5][strings.LastIndexByte(parts[5], '/')+1:]
		session := fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", parts[1], parts[4], name, c.Session)
		return []string{parts[4], c.ARN, session}
	}
	return []string{parts[4], c.ARN}
}

// covers tells whether the element applies to the caller.
func (p *Principals) covers(r Request) Truth {
	if p.Not {
		return p.spares(r).Not()
	}
	if p.Everyone {
		return Yes
	}
	found := No
	for _, n := range p.Named {
		found = found.Or(n.everyone(r.Caller))
		for _, identity := range r.Caller.identities() {
			found = found.Or(n.names(identity, r))
		}
	}
	return found
}

// spares tells whether a NotPrincipal lists the caller: that takes all of its identities, the account, the user or role, and for a session the session too
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
func (p *Principals) spares(r Request) Truth {
	everyone := truth(p.Everyone)
	for _, n := range p.Named {
		everyone = everyone.Or(n.everyone(r.Caller))
	}
	identities := r.Caller.identities()
	all := truth(len(identities) > 0)
	for _, identity := range identities {
		listed := No
		for _, n := range p.Named {
			listed = listed.Or(n.names(identity, r))
		}
		all = all.And(listed)
	}
	return everyone.Or(all)
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

var (
	account    = regexp.MustCompile(`^[0-9]{12}$`)
	rootARN    = regexp.MustCompile(`^arn:[a-z-]+:iam::([0-9]{12}):root$`)
	uniqueID   = regexp.MustCompile(`^A[A-Z0-9]{15,}$`)
	fullARN    = regexp.MustCompile(`^arn:[a-z-]+:(iam|sts)::[0-9]{12}:.+$`)
	principals = []Kind{User, Role, Federated, Root}
)

// names tells whether the entry is one of the caller's identities.
func (n Named) names(identity string, r Request) Truth {
	kind := r.Caller.Kind
	switch {
	case n.Kind == "Service":
		return truth(kind == Service && n.Value == identity)
	case n.Kind != "AWS" || !slices.Contains(principals, kind):
		return No // Federated means sessions of an identity provider, CanonicalUser an account's old id: neither is written for callers like these
	case n.Value == "*":
		return No // see everyone
	case account.MatchString(n.Value):
		return truth(n.Value == identity)
	}
	if m := rootARN.FindStringSubmatch(n.Value); m != nil {
		return truth(m[1] == identity)
	}
	switch {
	case account.MatchString(identity):
		if strings.ContainsAny(n.Value, "*?") || !fullARN.MatchString(n.Value) && !uniqueID.MatchString(n.Value) {
			return Unknown
		}
		return No
	case uniqueID.MatchString(n.Value):
		return n.unique(r)
	case strings.ContainsAny(n.Value, "*?") || !fullARN.MatchString(n.Value):
		return Unknown // a principal has no partial wildcards: S3 and SQS refuse such a policy
	}
	return truth(n.Value == identity)
}

// unique compares a unique id, which stands in a stored policy once its user or role has been deleted.
func (n Named) unique(r Request) Truth {
	values, present := r.Context.Get("aws:userid")
	if !present || len(values) != 1 {
		return Unknown
	}
	id, _, _ := strings.Cut(values[0], ":")
	return truth(id == n.Value)
}
