package lockout

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"locksmith/policies"
)

// A clause is what one Deny statement demands of a request that gets through: one of its ways out has to be taken.
type clause struct {
	statement int
	ways      []way
}

// A way out of a statement is a set of constraints that keep it from matching. An uncertain one may or may not do so: what the policy says there is not known
// to this program, or hangs on two keys at once.
type way struct {
	constraints []constraint
	uncertain   string // why, for people
}

// A constraint says which values of a variable are meant.
type constraint struct {
	variable int
	absent   bool // the variable may be absent
	present  bool // it may be present, with a value that fits the rest
	in, out  language
	points   []bool // of a variable with points: which
	every    bool   // of a plural variable: every value is in in, or not in out; else some value is
	link     *link  // the variable's key is equal to another
	pin      *pin   // it matches a pattern around another, which keeps its value
	differ   *difference
}

// clauses are the demands of a Deny statement, for an action that it covers. One statement makes one clause for each entry of its Principal list.
func (w *world) clauses(st *policies.Statement) []clause {
	var conditions []way
	for i := range st.Conditions {
		conditions = append(conditions, w.out(&st.Conditions[i])...)
	}
	if len(st.Problems) > 0 {
		conditions = append(conditions, way{uncertain: "statement " + st.Label() + ": " + st.Problems[0].String()})
	}
	entries := w.principals(st)
	if len(entries) == 0 && len(st.Problems) > 0 {
		entries = [][]way{nil} // whom it means is not known
	}
	var all []clause
	for _, ways := range entries {
		all = append(all, clause{st.Index, append(ways, conditions...)})
	}
	return all
}

// always is the way out that is open to everyone.
func always() way { return way{} }

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
	case uniqueID.MatchString(n.Value):
		if w.kind == policies.Federated || strings.HasPrefix(n.Value, "AIDA") != (w.kind == policies.User) {
			return nil, false
		}
		if w.fewAdministrators() {
			return []way{{uncertain: "the id " + n.Value + " may be that of an administrator"}}, true
		}
		return []way{{constraints: []constraint{{variable: w.variableOf("aws:userid"), present: true, out: w.byID(n.Value)}}}}, true
	case strings.ContainsAny(n.Value, "*?") || !principalARN.MatchString(n.Value) && !twelveDigits.MatchString(n.Value):
		return []way{{uncertain: "the principal " + n.Value + " is none that AWS knows"}}, true
	}
	if role, name, ok := w.sessionOf(n.Value); ok {
		if w.kind != policies.Role {
			return nil, false
		}
		return []way{{constraints: []constraint{{variable: arn, present: true, out: role}}},
			{constraints: []constraint{{variable: w.variableOf("aws:userid"), present: true, out: language{concat(many(anyButColon), text(":"+name))}}}}}, true
	}
	return []way{{constraints: []constraint{{variable: arn, present: true, out: language{text(n.Value)}}}}}, true
}

// whole tells whether a principal is the whole account.
func (s *setting) whole(value string) bool {
	return value == s.Account || value == "arn:"+s.partition+":iam::"+s.Account+":root"
}

// fewAdministrators tells whether the administrators are so few of this kind that the unique ids in the policy may be theirs, every one. Which name an id belongs to
// is not known, and of many principals some are none of them.
func (w *world) fewAdministrators() bool {
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
	ids := slices.DeleteFunc(w.ids(), func(id string) bool { return strings.HasPrefix(id, "AIDA") != (w.kind == policies.User) })
	return len(w.Administrators) > 0 && named <= len(ids)
}

// ids are the unique ids that stand in the policy as principals.
func (s *setting) ids() (ids []string) {
	for _, st := range s.denies {
		for _, n := range namesOf(st.Principal) {
			if uniqueID.MatchString(n) && !slices.Contains(ids, n) {
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

// another tells whether a principal is of another account than the owner: by its number, or by the account in its ARN. A number that has lost its first zeros is
// still that number.
func (s *setting) another(value string) bool {
	account := value
	if parts := strings.SplitN(value, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		account = parts[4]
	} else if strings.Trim(value, "0123456789") != "" {
		return false
	}
	return account != "" && !strings.ContainsAny(account, "*?$") && strings.TrimLeft(account, "0") != strings.TrimLeft(s.Account, "0")
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
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html). Who is listed with all identities (the account; the user, or
// the role and this very session) is. Where the account is not listed, the page says only that AWS "might" deny. Nobody else is.
func (w *world) spared(st *policies.Statement) []way {
	unknown := func(value string) []way {
		return []way{{uncertain: "whom the principal " + value + " in NotPrincipal spares is not known"}}
	}
	var ways []way
	whole := st.Principal.Everyone
	for _, n := range st.Principal.Named {
		switch {
		case n.Kind == "Federated" && w.kind == policies.Role, n.Kind == "AWS" && n.Value != "*" && !w.understood(n.Value):
			ways = append(ways, unknown(n.Value)...)
		case n.Kind == "AWS" && (n.Value == "*" || w.whole(n.Value)):
			whole = whole || n.Value == "*"
		}
	}
	if whole {
		return []way{always()}
	}
	account := slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool { return n.Kind == "AWS" && w.whole(n.Value) })
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
	return w.another(value) || uniqueID.MatchString(value) ||
		!w.foreign(value) && !strings.ContainsAny(value, "*?") && (principalARN.MatchString(value) || twelveDigits.MatchString(value))
}

// listed are the ways to be one whom a NotPrincipal lists: as the user or federated user, or as the role and the session. By a unique id any one can be meant.
func (w *world) listed(p *policies.Principals) (ways []way) {
	for _, n := range p.Named {
		if n.Kind != "AWS" || n.Value == "*" || w.whole(n.Value) || !w.understood(n.Value) {
			continue
		}
		self := constraint{variable: w.variableOf("aws:principalarn"), present: true, in: language{text(n.Value)}}
		byID := uniqueID.MatchString(n.Value)
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
		if n.Kind != "AWS" || !ok || strings.ContainsAny(session, "*?") || !uniqueID.MatchString(name) && !role.matches(name) {
			continue
		}
		one := way{constraints: []constraint{self, w.inSession(session)}}
		if uniqueID.MatchString(name) {
			one.constraints = append(one.constraints, constraint{variable: w.variableOf("aws:principalarn"), present: true, in: role})
		}
		ways = append(ways, one)
	}
	return ways
}

// inSession asks for a role's session by its name.
func (w *world) inSession(name string) constraint {
	return constraint{variable: w.variableOf("aws:userid"), present: true, in: language{concat(many(anyButColon), text(":"+name))}}
}

// out are the ways in which a condition fails, so that its statement does not match.
func (w *world) out(c *policies.Condition) []way { return w.settle(c, policies.No) }

// settle are the ways in which a condition fails, where want is No, or holds, where it is Yes. One in the wrong letter case may be what was meant, or a condition
// that never holds.
func (w *world) settle(c *policies.Condition, want policies.Truth) []way {
	ways := w.asMeant(c, want)
	if !c.Miscased {
		return ways
	}
	if want == policies.No {
		return append(ways, way{uncertain: c.Problems[0].String()})
	}
	for i := range ways {
		ways[i].uncertain = c.Problems[0].String()
	}
	return ways
}

// asMeant are the ways in which a condition fails, or holds, where its letter case is what was meant.
func (w *world) asMeant(c *policies.Condition, want policies.Truth) []way {
	name := strings.ToLower(c.Key)
	unsettled := []way{{uncertain: "the condition " + c.Written + " on " + c.Key + " cannot be settled"}}
	known, ok := policies.LookupKey(name)
	i := w.variableOf(name)
	v := w.variables[i]
	switch {
	case c.Operator == "":
		return []way{{uncertain: c.Problems[0].String()}}
	case !ok: // no call is documented to carry it, and none not to
		return append(w.onlyAbsent(c, i, want), way{uncertain: unlisted(c.Key)})
	case !v.present: // values, and variables in them, decide nothing about a key that is not there
		return append(w.onlyAbsent(c, i, want), w.doubtful(c, i)...)
	case !c.Understood():
		return append(w.onlyAbsent(c, i, want), way{uncertain: notUnderstood(c)})
	case v.base == nil:
		return w.settlePoints(c, name, i, want)
	case c.Operator == policies.Null:
		k := constraint{variable: i, absent: c.Matches(nil, false) == want, present: c.Matches(policies.Context{name: {"x"}}, false) == want}
		return certain(k)
	case c.Operator.Family() != policies.Strings && c.Operator.Family() != policies.ARNs:
		return append(w.onlyAbsent(c, i, want), unsettled...)
	case c.Operator.Family() == policies.ARNs && known.Type != "ARN":
		return append(w.onlyAbsent(c, i, want), unsettled...)
	case known.Multivalued && c.Set == policies.Single:
		return append(w.onlyAbsent(c, i, want), unsettled...)
	}
	return w.settleTexts(c, name, i, want)
}

// unlisted says of a key that is not in the tables why it decides nothing here.
func unlisted(key string) string {
	switch policies.ListingOf(key) {
	case policies.Elsewhere:
		return key + " belongs to another service, and whether a call to this one carries it is not documented"
	case policies.Claim:
		return key + " comes from an identity provider, and whether a later call carries it is not documented"
	}
	return "no reference lists the key " + key
}

// notUnderstood says of a condition what is wrong with it, with the parser's hint.
func notUnderstood(c *policies.Condition) string {
	if len(c.Problems) > 0 {
		return c.Problems[0].String()
	}
	return "the condition " + c.Written + " on " + c.Key + " is not understood"
}

func certain(k constraint) []way { return []way{{constraints: []constraint{k}}} }

// doubtful is the way of a request without the key, where the condition says nothing certain about it.
func (w *world) doubtful(c *policies.Condition, i int) []way {
	if c.Matches(policies.Context{}, w.Policy.Variables()) != policies.Unknown {
		return nil
	}
	return []way{{[]constraint{{variable: i, absent: true}}, "what the condition " + c.Written + " on " + c.Key + " means where the key is absent is not documented"}}
}

// onlyAbsent is the way that a condition leaves to a request without the key.
func (w *world) onlyAbsent(c *policies.Condition, i int, want policies.Truth) []way {
	if c.Matches(policies.Context{}, w.Policy.Variables()) == want {
		return certain(constraint{variable: i, absent: true})
	}
	return nil
}

// settlePoints asks for each value that the key can have.
func (w *world) settlePoints(c *policies.Condition, name string, i int, want policies.Truth) []way {
	v := w.variables[i]
	others, unsettled := w.settledIn(c.Values)
	sure := constraint{variable: i, present: true}
	perhaps := sure
	if v.absent {
		t := c.Matches(others, w.Policy.Variables())
		sure.absent, perhaps.absent = t == want && !unsettled, t == policies.Unknown || unsettled
	}
	key := sorting{c, want, nil}
	if v.dense && len(others) == 0 && !unsettled && len(v.points) > 0 {
		key.points = &v.points[0]
	}
	found, made := w.sorted[key]
	if !made {
		if !w.budget.spend(len(v.points)*len(c.Values)/32) || !w.budget.hold(2*len(v.points)) {
			return nil
		}
		found = w.sort(c, name, v, others, unsettled, want)
		if key.points != nil {
			w.keepSorted(key, found)
		}
	}
	sure.points, perhaps.points = found.sure, found.perhaps
	if !perhaps.absent && !slices.Contains(perhaps.points, true) {
		return certain(sure)
	}
	return append(certain(sure), way{[]constraint{perhaps}, w.unsettledOn(c)})
}

// unsettledOn says of a condition why it cannot be settled, with the parser's hint where there is one.
func (w *world) unsettledOn(c *policies.Condition) string {
	if len(c.Problems) > 0 {
		return notUnderstood(c)
	}
	return "the condition " + c.Written + " on " + c.Key + " cannot be settled"
}

// A sorting is what the points of a dense variable were asked, and sortedPoints which of them answered as is wanted, surely or perhaps.
type sorting struct {
	condition *policies.Condition
	want      policies.Truth
	points    *string
}

type sortedPoints struct{ sure, perhaps []bool }

func (s *setting) keepSorted(key sorting, found sortedPoints) {
	if s.sorted == nil {
		s.sorted = map[sorting]sortedPoints{}
	}
	s.sorted[key] = found
}

// sort asks the condition about each point.
func (w *world) sort(c *policies.Condition, name string, v *variable, others policies.Context, unsettled bool, want policies.Truth) sortedPoints {
	found := sortedPoints{make([]bool, len(v.points)), make([]bool, len(v.points))}
	for p, point := range v.points {
		if value, present := w.value(name, point); present {
			others.Set(name, value)
		}
		t := c.Matches(others, w.Policy.Variables())
		found.sure[p], found.perhaps[p] = t == want && !unsettled, t == policies.Unknown || unsettled
		delete(others, name)
	}
	if v.dense && (c.Operator.Family() == policies.Strings || c.Operator != policies.Null && !w.pointed(name, c.Values)) {
		found.perhaps = slices.Repeat([]bool{true}, len(v.points)) // the points do not tell apart what the condition does
	}
	return found
}

// pointed tells whether there are points for all the values that a dense variable is compared with.
func (w *world) pointed(name string, values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool {
		known, _ := policies.LookupKey(name)
		switch f, err := strconv.ParseFloat(v, 64); known.Type {
		case "Numeric":
			return err != nil || math.Abs(f) >= maxNumber
		case "Date":
			_, ok := parseDate(v)
			return !ok
		case "IPAddress":
			_, ok := readPrefix(v)
			return !ok
		}
		return false
	})
}

// settledIn are the keys that values speak of as policy variables, where they are the same in every request of this world; unsettled tells whether others are
// there too.
func (w *world) settledIn(values []string) (context policies.Context, unsettled bool) {
	context = policies.Context{}
	if !w.Policy.Variables() {
		return context, false
	}
	for _, v := range values {
		for _, key := range variablesIn(v) {
			if key == "*" || key == "?" || key == "$" {
				continue
			}
			value, present, settled := w.settledValue(key)
			unsettled = unsettled || !settled
			if present {
				context.Set(key, value)
			}
		}
	}
	return context, unsettled
}

// settleTexts reads the values as languages. Those with policy variables that the request chooses may match more, or nothing: under is what they match in any
// case, over what they may match. Of those, some are related to another key in a way that can be searched.
func (w *world) settleTexts(c *policies.Condition, name string, i int, want policies.Truth) []way {
	r := w.readAll(c, name)
	fails := want == policies.No
	without := c.Matches(policies.Context{}, w.Policy.Variables())
	build := func(in, out language) constraint {
		k := constraint{variable: i, absent: w.variables[i].absent && without == want, present: true}
		if c.Operator.Negated() == fails {
			k.in = append(language{}, in...) // never nil: in nothing is not the same as anywhere
		} else {
			k.out = out
		}
		// ForAllValues fails where some value does not fit, ForAnyValue where every value does not.
		k.every = w.variables[i].plural && (c.Set == policies.ForAnyValue) == fails
		return k
	}
	ways := certain(build(r.under, r.over))
	if c.Operator.Negated() == fails {
		ways = append(ways, r.related...)
	} else if apart := w.apart(c, build(r.under, r.settled), want); apart != nil {
		ways = append(ways, *apart)
	}
	if !r.sure {
		ways = append(ways, way{[]constraint{build(r.over, r.under)},
			w.whyUnsure(c)})
	}
	if c.Set != policies.Single && w.variables[i].present && w.variables[i].base.matches("") && (c.Set == policies.ForAnyValue) == fails {
		empty := constraint{variable: i, present: true, in: language{text("")}, every: true}
		ways = append(ways, way{[]constraint{empty}, "whether " + c.Written + " takes an empty value of " + c.Key + " for none is not documented"})
	}
	if w.variables[i].absent {
		ways = append(ways, w.doubtful(c, i)...)
	}
	return ways
}

// whyUnsure says why it is not known what a condition matches.
func (w *world) whyUnsure(c *policies.Condition) string {
	if len(c.Problems) > 0 {
		return notUnderstood(c)
	}
	return "what the condition " + c.Written + " on " + c.Key + " matches depends on more than that key, or is not documented"
}

// A reach is what the values of a condition match: under in any case, over perhaps, settled of those that hang on no other key. Related are the ways in which
// the key is what the others say. Sure tells that nothing else is possible.
type reach struct {
	under, over, settled language
	related              []way
	sure                 bool
}

func (w *world) readAll(c *policies.Condition, name string) reach {
	r := reach{sure: true}
	for _, v := range c.Values {
		under, over, known := w.read(c, name, v)
		r.under, r.over = append(r.under, under...), append(r.over, over...)
		ways, exact := []way(nil), known
		if !known && w.Policy.Variables() && strings.Contains(v, "${") {
			ways, exact = w.related(c, name, v)
		}
		if ways == nil {
			r.settled = append(r.settled, over...)
		}
		r.related, r.sure = append(r.related, ways...), r.sure && exact
	}
	return r
}
