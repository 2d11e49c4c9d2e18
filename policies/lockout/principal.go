package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The ways past a Principal or NotPrincipal element, for senders of the owning account. Read clause.go first.

// principals are the ways past the Principal element: one list for each of its entries, since each catches by itself.
func (w *world) principals(st *policies.Statement) [][]way {
	p := st.Principal
	switch {
	case p == nil:
		return [][]way{{{uncertain: "statement " + st.Label() + ": it has no Principal"}}}
	case p.Not:
		return [][]way{w.spared(st)}
	case p.Everyone:
		return [][]way{nil}
	}
	var all [][]way
	for _, n := range p.Named {
		if ways, concerns := w.entry(st, n); concerns {
			all = append(all, ways)
		}
	}
	return all
}

// entry are the ways past one entry of a Principal element; concerns is false where it is nobody that counts here.
func (w *world) entry(st *policies.Statement, n policies.Named) (ways []way, concerns bool) {
	arn := w.variableOf("aws:principalarn")
	switch {
	case n.Kind == "CanonicalUser":
		return []way{{uncertain: "the canonical user " + n.Value + " may stand for account " + w.Account}}, true
	case n.Kind == "Federated" && w.kind == policies.Role:
		return []way{{uncertain: "whether a session came through the provider " + n.Value + " is not known"}}, true
	case n.Kind != "AWS":
		return nil, false
	case n.Value == "*" || w.whole(n.Value):
		return nil, true
	case w.another(n.Value):
		return nil, false
	case w.foreign(n.Value):
		return []way{{uncertain: "the principal " + n.Value + " is of another partition than the resource"}}, true
	case isUniqueID(n.Value):
		if w.kind == policies.Federated || strings.HasPrefix(n.Value, "AIDA") != (w.kind == policies.User) {
			return nil, false
		}
		if w.fewAdministrators() {
			return []way{{uncertain: "the id " + n.Value + " may be that of an administrator"}}, true
		}
		return []way{{constraints: []constraint{{variable: w.variableOf("aws:userid"), present: true,
			out: w.byID(n.Value)}}}}, true
	case strings.ContainsAny(n.Value, "*?") || !isPrincipal(n.Value) && !isAccount(n.Value):
		return []way{{uncertain: "the principal " + n.Value + " is none that AWS knows"}}, true
	}
	if role, name, ok := w.sessionOf(n.Value); ok {
		if w.kind != policies.Role {
			return nil, false
		}
		return []way{{constraints: []constraint{{variable: arn, present: true, out: role}}},
			{constraints: []constraint{{variable: w.variableOf("aws:userid"), present: true,
				out: language{concat(many(anyButColon), text(":"+name))}}}}}, true
	}
	return []way{{constraints: []constraint{{variable: arn, present: true, out: language{text(n.Value)}}}}}, true
}

// whole tells whether a principal is the whole account.
func (s *setting) whole(value string) bool {
	return value == s.Account || value == "arn:"+s.partition+":iam::"+s.Account+":root"
}

// fewAdministrators tells whether the administrators are so few of this kind that the unique ids in the policy may be
// theirs, every one. Which name an id belongs to is not known, and of many principals some are none of them.
func (w *world) fewAdministrators() bool {
	if w.alone != nil && w.alone.ID != "" {
		return false
	}
	prefix := strings.TrimSuffix(w.shape(w.kind), "?*")
	named := 0
	for _, pattern := range w.Administrators {
		switch own := w.own(pattern); {
		case strings.HasPrefix(own, prefix) && !strings.ContainsAny(own, "*?"):
			named++
		case w.possible(w.kind, []string{pattern}):
			return false
		}
	}
	ids := slices.DeleteFunc(w.ids(), func(id string) bool {
		return strings.HasPrefix(id, "AIDA") != (w.kind == policies.User)
	})
	return len(w.Administrators) > 0 && named <= len(ids)
}

// ids are the unique ids that stand in the policy as principals.
func (s *setting) ids() (ids []string) {
	for _, st := range s.denies {
		for _, n := range namesOf(st.Principal) {
			if isUniqueID(n) && !slices.Contains(ids, n) {
				ids = append(ids, n)
			}
		}
	}
	return ids
}

func namesOf(p *policies.Principals) (names []string) {
	if p == nil {
		return nil
	}
	for _, n := range p.Named {
		names = append(names, n.Value)
	}
	return names
}

// another tells whether a principal is of another account than the owner: by its number, or by the account in its ARN.
// A number that has lost its first zeros is still that number.
func (s *setting) another(value string) bool {
	account := value
	if parts := strings.SplitN(value, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		account = parts[4]
	} else if strings.Trim(value, "0123456789") != "" {
		return false
	}
	return account != "" && !strings.ContainsAny(account, "*?$") &&
		strings.TrimLeft(account, "0") != strings.TrimLeft(s.Account, "0")
}

// foreign tells whether a principal is of another partition than the resource.
func (s *setting) foreign(value string) bool {
	return strings.HasPrefix(value, "arn:") && !strings.HasPrefix(value, "arn:"+s.partition+":")
}

// byID are the values of aws:userid of the one whose unique id it is.
func (w *world) byID(id string) language {
	if w.kind == policies.User {
		return language{text(id)}
	}
	return language{concat(text(id+":"), many(anything))}
}

// sessionOf takes a session's ARN apart: the ARNs of its role, whatever the path, and the session's name.
func (w *world) sessionOf(value string) (role language, name string, ok bool) {
	rest, ok := strings.CutPrefix(value, "arn:"+w.partition+":sts::"+w.Account+":assumed-role/")
	if !ok {
		return nil, "", false
	}
	roleName, name, ok := strings.Cut(rest, "/")
	prefix := text("arn:" + w.partition + ":iam::" + w.Account + ":role/")
	return language{concat(prefix, text(roleName)), concat(prefix, many(visible), text("/"+roleName))}, name, ok
}

// spared are the ways to be spared by a NotPrincipal
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html). Who is listed with
// all identities (the account; the user, or the role and this very session) is. Where the account is not listed, the
// page says only that AWS "might" deny. Nobody else is.
func (w *world) spared(st *policies.Statement) []way {
	unknown := func(value string) []way {
		return []way{{uncertain: "whom the principal " + value + " in NotPrincipal spares is not known"}}
	}
	var ways []way
	whole := st.Principal.Everyone
	for _, n := range st.Principal.Named {
		switch {
		case n.Kind == "Federated" && w.kind == policies.Role,
			n.Kind == "AWS" && n.Value != "*" && !w.understood(n.Value):
			ways = append(ways, unknown(n.Value)...)
		case n.Kind == "AWS" && (n.Value == "*" || w.whole(n.Value)):
			whole = whole || n.Value == "*"
		}
	}
	if whole {
		return []way{always()}
	}
	account := slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool {
		return n.Kind == "AWS" && w.whole(n.Value)
	})
	for _, itself := range w.listed(st.Principal) {
		if !account {
			itself.uncertain = "whether NotPrincipal spares a caller whose account it does not list is not documented"
		}
		ways = append(ways, itself)
	}
	return ways
}

// understood tells whether a value in NotPrincipal is one that says whom it names.
func (w *world) understood(value string) bool {
	return w.another(value) || isUniqueID(value) ||
		!w.foreign(value) && !strings.ContainsAny(value, "*?") &&
			(isPrincipal(value) || isAccount(value))
}

// listed are the ways to be one whom a NotPrincipal lists: as the user or federated user, or as the role and the
// session. By a unique id any one can be meant.
func (w *world) listed(p *policies.Principals) (ways []way) {
	for _, n := range p.Named {
		if n.Kind != "AWS" || n.Value == "*" || w.whole(n.Value) || !w.understood(n.Value) {
			continue
		}
		self := constraint{variable: w.variableOf("aws:principalarn"), present: true, in: language{text(n.Value)}}
		byID := isUniqueID(n.Value)
		if byID && (w.kind == policies.Federated || strings.HasPrefix(n.Value, "AIDA") != (w.kind == policies.User)) {
			continue
		}
		if byID {
			self = constraint{variable: w.variableOf("aws:userid"), present: true, in: w.byID(n.Value)}
		}
		itself := []way{{constraints: []constraint{self}}}
		if w.kind == policies.Role {
			itself = w.withSession(p, self, n.Value)
		}
		for _, one := range itself {
			if byID && w.fewAdministrators() {
				one.uncertain = "the id " + n.Value + " may be that of an administrator, or not"
			}
			ways = append(ways, one)
		}
	}
	return ways
}

// withSession are the ways to be a role in one of its sessions that a NotPrincipal lists.
func (w *world) withSession(p *policies.Principals, self constraint, name string) (ways []way) {
	for _, n := range p.Named {
		role, session, ok := w.sessionOf(n.Value)
		if n.Kind != "AWS" || !ok || strings.ContainsAny(session, "*?") ||
			!isUniqueID(name) && !role.matches(name) {
			continue
		}
		one := way{constraints: []constraint{self, w.inSession(session)}}
		if isUniqueID(name) {
			one.constraints = append(one.constraints, constraint{variable: w.variableOf("aws:principalarn"),
				present: true, in: role})
		}
		ways = append(ways, one)
	}
	return ways
}

// inSession asks for a role's session by its name.
func (w *world) inSession(name string) constraint {
	return constraint{variable: w.variableOf("aws:userid"), present: true,
		in: language{concat(many(anyButColon), text(":"+name))}}
}
