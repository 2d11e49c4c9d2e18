package lockout

import (
	"regexp"
	"strings"

	"locksmith/policies"
)

// What a Principal or NotPrincipal element makes of a sender outside the owning account. It is what principal.go is
// for the owner's own.

// A heed is what one entry of a Principal element makes of the sender: the ways in which it names it, and in which it
// does not.
type heed struct{ names, spares []way }

// The heeds of an entry that names every sender of a world, none, or perhaps some.
func namesAll() heed  { return heed{names: []way{always()}} }
func namesNone() heed { return heed{spares: []way{always()}} }
func namesPerhaps(doubt string) heed {
	return heed{names: []way{{uncertain: doubt}}, spares: []way{{uncertain: doubt}}}
}

// namesThose is the heed of an entry that names the senders with certain values of a variable.
func namesThose(variable int, l language) heed {
	return heed{names: certain(constraint{variable: variable, present: true, in: l}),
		spares: certain(constraint{variable: variable, present: true, out: l})}
}

// Forms of principals: an account's root, as everyone in the account; and any, whose account may be that of
// CloudFront's identities.
var (
	rootForm      = regexp.MustCompile(`^arn:([a-z-]+):iam::([0-9]{12}):root$`)
	principalForm = regexp.MustCompile(`^arn:[a-z-]+:(iam|sts)::([0-9]{12}|cloudfront):[^*?]+$`)
	sessionForm   = regexp.MustCompile(`^arn:([a-z-]+):sts::([0-9]{12}):assumed-role/([^/*?]+)/([^*?]+)$`)
)

// theAnonymous is the canonical user that S3 takes anonymous callers for
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html).
const theAnonymous = "65a011a29cdf8ec533ec3d1ccaae921c"

// heeds says what an entry makes of this world's sender, as policies.Document.Evaluate reads it where that is settled.
func (w *world) heeds(n policies.Named) heed {
	o := w.outsider
	switch {
	case n.Kind == "AWS" && n.Value == "*" && o.sender == FromService && !o.origin:
		return namesPerhaps("whether the principal AWS * holds AWS services is not documented")
	case n.Kind == "AWS" && n.Value == "*":
		return namesAll()
	case o.kind == policies.Service:
		if n.Kind == "Service" && strings.ContainsAny(n.Value, "*?") {
			return namesPerhaps("which services " + n.Value + " holds is not documented")
		}
		if n.Kind == "Service" {
			return namesThose(w.variableOf("caller"), language{text(n.Value)})
		}
		return namesNone()
	case n.Kind == "CanonicalUser" && (o.kind != policies.Anonymous || n.Value == theAnonymous):
		return namesPerhaps("for whom the canonical user " + n.Value + " stands is not known")
	case n.Kind == "Federated" && o.account():
		return namesPerhaps("who comes through the provider " + n.Value + " is not known")
	case n.Kind != "AWS" || o.kind == policies.Anonymous:
		return namesNone()
	}
	return w.heedsPrincipal(n.Value)
}

// heedsPrincipal says what an AWS principal in an entry makes of a principal of another account.
func (w *world) heedsPrincipal(value string) heed {
	root := rootForm.FindStringSubmatch(value)
	switch {
	case w.whole(value):
		return namesNone()
	case isAccount(value):
		return w.ofAccount(value)
	case root != nil && root[1] != w.partition:
		return namesPerhaps("the principal " + value + " is of another partition than the resource")
	case root != nil:
		return w.ofAccount(root[2])
	case isUniqueID(value):
		if k := w.outsider.kind; k != policies.User && k != policies.Role {
			return namesNone()
		}
		return namesThose(w.variableOf("aws:userid"), w.byID(value))
	case !principalForm.MatchString(value):
		return namesPerhaps("the principal " + value + " is none that AWS knows")
	}
	session := sessionForm.FindStringSubmatch(value)
	if session == nil {
		return namesThose(w.variableOf("caller"), language{text(value)})
	}
	if w.outsider.kind != policies.Role {
		return namesNone()
	}
	prefix := text("arn:" + session[1] + ":iam::" + session[2] + ":role/")
	role := namesThose(w.variableOf("caller"),
		language{concat(prefix, text(session[3])), concat(prefix, many(visible), text("/"+session[3]))})
	id := namesThose(w.variableOf("aws:userid"), language{concat(many(anyButColon), text(":"+session[4]))})
	both := way{constraints: []constraint{role.names[0].constraints[0], id.names[0].constraints[0]}}
	return heed{names: []way{both}, spares: append(role.spares, id.spares...)}
}

// ofAccount is the heed of an entry that names everyone of an account.
func (w *world) ofAccount(account string) heed {
	if !w.outsider.account() || account == w.Account {
		return namesNone()
	}
	return namesThose(w.variableOf("caller"), language{globOf("arn:"+w.partition+":iam::"+account+":*", globAs{}),
		globOf("arn:"+w.partition+":sts::"+account+":*", globAs{})})
}

// anAccount tells whether an entry is a whole account, be it one whose number is not known.
func anAccount(n policies.Named) bool {
	whole := isAccount(n.Value) || rootForm.MatchString(n.Value)
	return n.Kind == "CanonicalUser" || n.Kind == "AWS" && whole
}

// meant are the clauses that are all satisfied where the statement's Principal or NotPrincipal covers the sender.
func (w *world) meant(st *policies.Statement) []clause {
	p := st.Principal
	switch {
	case p == nil:
		return []clause{{st.Index, []way{{uncertain: "it has no Principal"}}}}
	case p.Everyone && p.Not:
		return []clause{{statement: st.Index}}
	case p.Everyone:
		return nil
	case !p.Not:
		var ways []way
		for _, n := range p.Named {
			ways = append(ways, w.heeds(n).names...)
		}
		return []clause{{st.Index, w.merged(ways)}}
	}
	var all []clause // nobody is covered who is listed, and whoever is listed in part may or may not be
	for _, n := range p.Named {
		spares := w.heeds(n).spares
		if st.Effect == policies.Deny && w.outsider.kind != policies.Root && anAccount(n) {
			continue // its account alone spares nobody
		}
		if len(spares) != 1 || spares[0].uncertain != "" || len(spares[0].constraints) > 0 {
			partly := way{uncertain: "whom NotPrincipal covers that it lists in part is not documented"}
			all = append(all, clause{st.Index, append(spares, partly)})
		}
	}
	return all
}

// notMeant are the ways past the Principal or NotPrincipal: one list for each of its entries, since each catches by
// itself.
func (w *world) notMeant(st *policies.Statement) [][]way {
	p := st.Principal
	switch {
	case p == nil:
		return [][]way{{{uncertain: "it has no Principal"}}}
	case p.Everyone && p.Not:
		return nil
	case p.Everyone:
		return [][]way{nil}
	case p.Not:
		return [][]way{w.sparedOutside(st)}
	}
	var all [][]way
	var exact language
	caller := w.variableOf("caller")
	for _, n := range p.Named {
		spares := w.heeds(n).spares
		switch {
		case len(spares) == 1 && len(spares[0].constraints) == 0 && spares[0].uncertain == "":
		case len(spares) == 1 && len(spares[0].constraints) == 1 && spares[0].constraints[0].variable == caller:
			exact = append(exact, spares[0].constraints[0].out...)
		default:
			all = append(all, spares)
		}
	}
	if len(exact) > 0 {
		all = append(all, certain(constraint{variable: caller, present: true, out: exact}))
	}
	return all
}

// merged puts the ways of exact principals together into one.
func (w *world) merged(ways []way) []way {
	caller := w.variableOf("caller")
	var exact language
	var rest []way
	for _, way := range ways {
		if k := way.constraints; len(k) == 1 && k[0].variable == caller && way.uncertain == "" {
			exact = append(exact, k[0].in...)
			continue
		}
		rest = append(rest, way)
	}
	if len(exact) > 0 {
		rest = append(certain(constraint{variable: caller, present: true, in: exact}), rest...)
	}
	return rest
}

// sparedOutside are the ways for one from outside to be spared by a NotPrincipal: surely where all identities are
// listed, and perhaps where some are. The account alone spares nobody.
func (w *world) sparedOutside(st *policies.Statement) (ways []way) {
	p := st.Principal
	accounts := map[string]bool{}
	for _, n := range p.Named {
		if root := rootForm.FindStringSubmatch(n.Value); root != nil && root[1] == w.partition {
			accounts[root[2]] = true
		} else if isAccount(n.Value) {
			accounts[n.Value] = true
		}
	}
	for _, n := range p.Named {
		if st.Effect == policies.Deny && w.outsider.kind != policies.Root && anAccount(n) {
			continue
		}
		parts := strings.SplitN(n.Value, ":", 6)
		names := w.heeds(n).names
		for _, itself := range names {
			kind := w.outsider.kind
			whole := len(itself.constraints) == 0 || kind == policies.Service || w.outsider.origin
			exact := len(parts) == 6 && accounts[parts[4]] && !anAccount(n) && kind != policies.Role
			if !whole && !exact && itself.uncertain == "" {
				itself.uncertain = "whom NotPrincipal spares that it lists in part is not documented"
			}
			ways = append(ways, itself)
		}
	}
	return ways
}
