package lockout

import (
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
)

// Which worlds a policy tells apart, and the search that each of them makes for an action. Read world.go first.

// worlds are the circumstances of requests, as far as the policy tells them apart.
func (s *setting) worlds(ordinary bool) []*world {
	made := &s.everywhere
	if ordinary {
		made = &s.ordinaries
	}
	if *made == nil {
		*made = s.makeWorlds(ordinary)
	}
	return *made
}

func (s *setting) makeWorlds(ordinary bool) []*world {
	orgs := s.organizations()
	var all []*world
	for _, kind := range s.tellingKinds(ordinary) {
		for _, session := range s.sessions(kind) {
			for _, route := range s.routes(ordinary) {
				for _, org := range orgs {
					all = append(all, &world{setting: s, kind: kind, route: route, session: session, org: org,
						ordinary: ordinary, index: map[string]int{}})
				}
			}
		}
	}
	return all
}

// anyOrganization is an organization of which the policy tells nothing.
const anyOrganization = "any"

// organizations are those that the account may be in, where none is known: none, each that the policy names, and any
// other. Where one is known, there is no other.
func (s *setting) organizations() []string {
	if s.Organization != "" || !s.mentions("aws:principalorg", "aws:resourceorg") {
		return []string{s.Organization}
	}
	all := []string{"", anyOrganization}
	for _, value := range s.constants("aws:principalorgid", "aws:resourceorgid", "aws:principalorgpaths",
		"aws:resourceorgpaths") {
		id, _, _ := strings.Cut(value, "/")
		if one := (language{organizations}); one.matches(id) && !slices.Contains(all, id) &&
			len(all) < mostOrganizations {
			all = append(all, id)
		}
	}
	return all
}

// mostOrganizations is how many organizations are looked at one by one. Beyond them, any other stands for the rest.
const mostOrganizations = 8

// sessions are the kinds of credentials that principals of a kind sign with, as far as the policy tells them apart.
func (s *setting) sessions(kind policies.Kind) []session {
	all := sessionsOf[kind]
	if !s.mentions("aws:tokenissuetime", "aws:multifactorauth") {
		return all[:1]
	}
	return all
}

var sessionsOf = map[policies.Kind][]session{
	policies.User:      {longTerm, unverified, verified, keyVerified},
	policies.Role:      {bare, unverified, verified},
	policies.Federated: {bare, unverified},
}

// routes are how a call can come, as far as the policy tells that apart.
func (s *setting) routes(ordinary bool) []route {
	all := []route{{}}
	if ordinary {
		return all
	}
	if s.mentions("aws:sourceip", "aws:sourcevpc", "aws:vpc") {
		all = append(all, s.endpoints()...)
	}
	if s.mentions("aws:sourceip", "aws:calledvia", "aws:viaawsservice", "aws:securetransport", "s3:tlsversion") {
		if s.mentions("aws:calledvia") {
			all = append(all, route{service: true, single: true})
		}
		all = append(all, route{service: true})
	}
	return all
}

// endpoints are the routes through a VPC endpoint. Its own id and its VPC's may each be left out, but not both; where
// the VPC is named twice, it is one.
func (s *setting) endpoints() []route {
	speaks := func(key string) bool { return slices.Contains(s.mentioned, key) }
	switch {
	case speaks("aws:sourcevpc") && speaks("aws:sourcevpcarn"):
		return []route{{endpoint: carried, vpcARN: either}, {endpoint: either, vpc: carried},
			{endpoint: either, vpc: carried, vpcARN: carried}}
	case speaks("aws:sourcevpce"):
		return []route{{endpoint: carried, vpc: either, vpcARN: either}, {vpc: carried, vpcARN: either}}
	}
	return []route{{endpoint: carried, vpc: either, vpcARN: either}}
}

// tellingKinds are the kinds of principals that the policy can tell apart: one stands for all where it speaks of no
// principal.
func (s *setting) tellingKinds(ordinary bool) []policies.Kind {
	kinds := s.kinds
	if ordinary {
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(k policies.Kind) bool { return k == policies.Federated })
	}
	named := slices.ContainsFunc(s.denies, func(st *policies.Statement) bool {
		return st.Principal != nil && slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool {
			return n.Kind == "Federated" || n.Kind == "AWS" && n.Value != "*" && !s.whole(n.Value)
		})
	})
	telling := append([]string{"aws:principalarn", "aws:principaltype", "aws:userid", "aws:username",
		"aws:tokenissuetime", "aws:multifactorauth"}, ofSessions...)
	if len(kinds) > 1 && !named && !s.mentions(telling...) {
		return kinds[:1]
	}
	return kinds
}

// mentions tells whether a Deny statement speaks of a key that begins so.
func (s *setting) mentions(prefixes ...string) bool {
	return slices.ContainsFunc(s.mentioned, func(key string) bool { return begins(key, prefixes...) })
}

// mentionedKeys are the keys that statements speak of, in conditions and in policy variables, in lower case. A Resource
// has variables too.
func mentionedKeys(denies []*policies.Statement) []string {
	var keys []string
	for _, st := range denies {
		if st.Resource != nil {
			for _, v := range st.Resource.Values {
				keys = append(keys, variablesIn(v)...)
			}
		}
		for _, c := range st.Conditions {
			keys = append(keys, strings.ToLower(c.Key))
			for _, v := range c.Values {
				keys = append(keys, variablesIn(v)...)
			}
		}
	}
	return keys
}

// variablesIn are the keys that a value of a policy speaks of as policy variables, in lower case.
func variablesIn(v string) []string {
	var keys []string
	for {
		_, rest, found := strings.Cut(v, "${")
		if !found {
			return keys
		}
		key, _, _ := strings.Cut(rest, "}")
		key, _, _ = strings.Cut(key, ",")
		keys = append(keys, strings.ToLower(strings.TrimSpace(key)))
		v = rest
	}
}

// covered tells of each statement whether it may keep somebody from the action on the resource. It does where it covers
// the action. For sqs:RemovePermission it also does where it has no Sid, so that the action cannot take it away.
func (s *setting) covered(action string) []policies.Truth {
	if truths, made := s.covers[action]; made {
		return truths
	}
	truths := make([]policies.Truth, len(s.Policy.Statements))
	for _, st := range s.denies {
		covers := st.MatchesAction(action)
		if action == removePermission && st.Sid == "" {
			covers = covers.Or(st.MatchesAction(setQueueAttributes))
		}
		truths[st.Index] = covers.And(s.onResource(st))
	}
	if s.covers == nil {
		s.covers = map[string][]policies.Truth{}
	}
	s.covers[action] = truths
	return truths
}

// variableShape is a policy variable.
var variableShape = regexp.MustCompile(`\$\{[^}]*\}`)

// distinct leaves out an action that the same statements cover as one before it: what holds for the one holds for the
// other.
func (s *setting) distinct(actions []string) []string {
	if len(actions) == 2 && slices.Equal(s.covered(actions[0]), s.covered(actions[1])) &&
		!slices.Contains(s.covered(actions[0]), policies.Unknown) {
		return actions[:1]
	}
	return actions
}

// search makes a search of this world, for the policy without some statements.
func (w *world) search(action string, without []int) *search {
	if w.demands == nil {
		w.demands = make([][]clause, len(w.Policy.Statements))
		w.variableOf("aws:principalarn")
	}
	s := &search{world: w, action: action, without: without, budget: w.budget}
	s.budget.spend(len(w.denies) / 4)
	for _, st := range w.denies {
		covers := w.covered(action)[st.Index]
		if covers == policies.No || slices.Contains(without, st.Index) {
			continue
		}
		demands := w.demands[st.Index]
		if demands == nil {
			if demands = w.clauses(st); !w.budget.out { // else some ways may be missing
				w.demands[st.Index] = demands
			}
		}
		for _, c := range demands {
			if covers == policies.Unknown {
				c.ways = append(slices.Clone(c.ways), w.uncovered(st, action)...)
			}
			s.clauses = append(s.clauses, c)
		}
	}
	slices.SortStableFunc(s.clauses, func(a, b clause) int { return len(a.ways) - len(b.ways) })
	return s
}

// searchBound makes a search with the variables held at one value that policy variables speak of, so that what hangs
// together can be put together. It is nil where there are none.
func (w *world) searchBound(action string, without []int) *search {
	if !w.Policy.Variables() || w.fixed != nil {
		return nil
	}
	if w.bound != nil {
		return w.bound.search(action, without)
	}
	fixed := map[string]string{}
	hold := func(key string) {
		i, there := w.index[key]
		if !there || w.variables[i].base == nil || w.variables[i].plural || !w.variables[i].present {
			return
		}
		v := w.variables[i]
		likely := slices.DeleteFunc(append(slices.Clone(v.favour), "locksmith"), func(t string) bool {
			return !v.base.matches(t)
		})
		if value, ok := (&textDomain{base: v.base}).sample(likely, w.budget); ok {
			fixed[v.name] = value
		}
	}
	for _, key := range w.spoken() {
		hold(key)
		if key == "aws:username" || key == "aws:userid" {
			hold("aws:principalarn")
		}
	}
	if len(fixed) == 0 {
		return nil
	}
	bound := *w
	w.bound = &bound
	bound.fixed, bound.index, bound.variables = fixed, map[string]int{}, nil
	bound.first, bound.demands, bound.outs = nil, nil, nil
	return bound.search(action, without)
}

// spoken are the keys that policy variables speak of.
func (s *setting) spoken() []string {
	var keys []string
	for _, st := range s.denies {
		for _, c := range st.Conditions {
			for _, v := range c.Values {
				keys = append(keys, variablesIn(v)...)
			}
		}
	}
	return keys
}
