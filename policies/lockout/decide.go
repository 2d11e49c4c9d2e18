package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// steps bound one verdict. A step is a character of one state of an automaton, or a clause that is looked at.
const steps = 60_000

// Judge answers the question.
func Judge(q Question) Verdict {
	s, err := newSetting(q)
	if err != nil {
		return undecided(err.Error())
	}
	if len(q.Policy.Problems) > 0 {
		return undecided(q.Policy.Problems[0].String())
	}
	s.budget, s.denyOnly = &budget{left: steps}, onlyDenies(q.Policy, nil)
	s.mentioned = mentionedKeys(q.Policy)
	if w := s.quick(); w != nil {
		return Verdict{Answer: Open, Witness: w}
	}
	if c, action := s.escape(s.recovery, true, nil); c != nil {
		return Verdict{Answer: Open, Witness: s.witness(*c, action)}
	}
	if c, action := s.escape(s.recovery, false, nil); c != nil {
		return Verdict{Answer: Restricted, Reasons: s.particulars(*c), Witness: s.witness(*c, action)}
	}
	if reasons := s.openQuestions(s.recovery); len(reasons) > 0 {
		return undecided(reasons...)
	}
	v := Verdict{Answer: Lockout, Statements: s.smallest()}
	v.Reasons = s.explain(q.Policy, v.Statements)
	s.budget = &budget{left: steps}
	if c, action := s.escape(s.further, false, nil); c != nil {
		v.Answer = Sealed
		v.Reasons = append(v.Reasons, action+" is still possible, so this may be a deliberate seal")
		return v
	}
	if reasons := s.openQuestions(s.further); len(reasons) > 0 {
		return undecided(append([]string{"nobody can take the policy off, but what else is possible could not be settled"}, reasons...)...)
	}
	return v
}

// onlyDenies is the policy without its Allow statements: an administrator's own permissions allow everything. The statements keep their places.
func onlyDenies(d *policies.Document, without []int) *policies.Document {
	rest := *d
	rest.Statements = nil
	for _, st := range d.Statements {
		if st.Effect == policies.Deny && !slices.Contains(without, st.Index) {
			rest.Statements = append(rest.Statements, st)
		}
	}
	return &rest
}

func undecided(reasons ...string) Verdict { return Verdict{Answer: Undecided, Reasons: reasons} }

// mentionedKeys are the keys that Deny statements speak of, in conditions and in policy variables, in lower case.
func mentionedKeys(d *policies.Document) []string {
	var keys []string
	for i := range d.Statements {
		st := &d.Statements[i]
		if st.Effect != policies.Deny {
			continue
		}
		for _, c := range st.Conditions {
			keys = append(keys, strings.ToLower(c.Key))
			for _, v := range c.Values {
				for _, part := range strings.Split(v, "${")[1:] {
					key, _, _ := strings.Cut(strings.ToLower(part), "}")
					key, _, _ = strings.Cut(key, ",")
					keys = append(keys, strings.TrimSpace(key))
				}
			}
		}
	}
	return keys
}

func (s *setting) mentions(prefixes ...string) bool {
	return slices.ContainsFunc(s.mentioned, func(key string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
	})
}

// worlds are the ways in which a request can come about, as far as the policy tells them apart.
func (s *setting) worlds(ordinary bool) []*world {
	both := func(relevant bool) []bool {
		if relevant {
			return []bool{false, true}
		}
		return []bool{false}
	}
	endpoints := both(!ordinary && s.mentions("aws:sourceip", "aws:sourcevpc", "aws:vpc"))
	services := both(!ordinary && s.mentions("aws:calledvia", "aws:viaawsservice"))
	orgs := both(s.Organization == "" && s.mentions("aws:principalorg", "aws:resourceorg"))
	var all []*world
	for _, kind := range s.kinds {
		if ordinary && kind == policies.Federated {
			continue
		}
		sessions := []session{longTerm, unverified, verified}
		if kind != policies.User {
			sessions = sessions[1:]
		}
		if !s.mentions("aws:tokenissuetime", "aws:multifactorauth") {
			sessions = sessions[:1]
		}
		for _, session := range sessions {
			for _, endpoint := range endpoints {
				for _, service := range services {
					for _, org := range orgs {
						all = append(all, &world{setting: s, kind: kind, endpoint: endpoint, service: service, session: session, org: org, ordinary: ordinary})
					}
				}
			}
		}
	}
	return all
}

// escape looks for a request that gets through, once the statements without are gone.
func (s *setting) escape(actions []string, ordinary bool, without []int) (*candidate, string) {
	for _, w := range s.worlds(ordinary) {
		for _, action := range actions {
			search := w.search(action, nil)
			search.without = without
			if search.run() {
				return search.witness, action
			}
			s.note(search)
			if c := s.escapeBound(w, search, action, without); c != nil {
				return c, action
			}
		}
	}
	return nil, ""
}

// escapeBound looks again with the variables held at one value that policy variables speak of, so that what hangs together can be put together.
func (s *setting) escapeBound(w *world, first *search, action string, without []int) *candidate {
	if !s.Policy.Variables() {
		return nil
	}
	fixed := map[string]string{}
	for _, key := range s.mentioned {
		i, there := first.index[key]
		if there && first.variables[i].base != nil && !first.variables[i].plural && s.spokenOf(key) {
			value, ok := (&textDomain{base: first.variables[i].base}).sample(append(slices.Clone(first.variables[i].favour), "locksmith"), s.budget)
			if ok {
				fixed[first.variables[i].name] = value
			}
		}
	}
	if s.spokenOf("aws:username") || s.spokenOf("aws:userid") || s.spokenOf("aws:principalarn") {
		arn := first.variables[first.index["aws:principalarn"]]
		if value, ok := (&textDomain{base: arn.base}).sample(arn.favour, s.budget); ok {
			fixed[arn.name] = value
		}
	}
	if len(fixed) == 0 {
		return nil
	}
	bound := w.search(action, fixed)
	bound.without = without
	if bound.run() {
		return bound.witness
	}
	return nil
}

// spokenOf tells whether a policy variable names the key.
func (s *setting) spokenOf(key string) bool {
	for i := range s.Policy.Statements {
		for _, c := range s.Policy.Statements[i].Conditions {
			for _, v := range c.Values {
				if strings.Contains(strings.ToLower(v), "${"+key) {
					return true
				}
			}
		}
	}
	return false
}

// note keeps what a search that found nothing could not be sure of.
func (s *setting) note(search *search) {
	if search.doubt != "" && !slices.Contains(s.doubts, search.doubt) {
		s.doubts = append(s.doubts, search.doubt)
	}
}

// search makes a search of this world.
func (w *world) search(action string, fixed map[string]string) *search {
	fresh := *w
	fresh.doc, fresh.index, fresh.variables, fresh.fixed = w.Policy, map[string]int{}, nil, fixed
	fresh.variableOf("aws:principalarn")
	s := &search{world: &fresh, action: action, budget: w.budget}
	for i := range w.Policy.Statements {
		st := &w.Policy.Statements[i]
		covers := st.MatchesAction(action).And(st.MatchesResource(w.Resource, nil, w.Policy.Variables()))
		if st.Effect != policies.Deny || covers == policies.No {
			continue
		}
		for _, c := range fresh.clauses(st) {
			if covers == policies.Unknown {
				c.ways = append(c.ways, way{uncertain: "statement " + st.Label() + ": whether it covers " + action + " on " + w.Resource + " cannot be settled"})
			}
			s.clauses = append(s.clauses, c)
		}
	}
	return s
}

// openQuestions are why nobody can say that the actions are closed: none, where the search over all requests, and over all that the policy may mean, finds nothing.
func (s *setting) openQuestions(actions []string) []string {
	if s.budget.out {
		return []string{"the search came to its bound before it was complete"}
	}
	var reasons []string
	for _, w := range s.worlds(false) {
		for _, action := range actions {
			search := w.search(action, nil)
			search.doubts = true
			if search.run() {
				reasons = append(reasons, search.uncertainties()...)
			}
		}
	}
	if s.budget.out {
		return []string{"the search came to its bound before it was complete"}
	}
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	if len(reasons) == 0 {
		return s.doubts
	}
	return reasons
}

// uncertainties are the uncertain ways of the search's clauses.
func (s *search) uncertainties() []string {
	var all []string
	for _, c := range s.clauses {
		for _, w := range c.ways {
			if w.uncertain != "" {
				label := s.doc.Statements[c.statement].Label()
				reason := w.uncertain
				if !strings.HasPrefix(reason, "statement ") {
					reason = "statement " + label + ": " + reason
				}
				all = append(all, reason)
			}
		}
	}
	if len(all) == 0 {
		all = append(all, "a way in seemed open, but no request could be confirmed that takes it")
	}
	return all
}

// smallest is the smallest set of statements without which somebody gets back in; among equals the earliest in the document.
func (s *setting) smallest() []int {
	denies := s.denies()
	s.budget = &budget{left: 5 * steps} // a new one: the verdict is settled
	for size := 1; size <= len(denies) && !s.budget.out; size++ {
		if !s.opensWithout(nil, size) {
			continue
		}
		var set []int
		for _, i := range denies {
			if len(set) < size && s.opensWithout(append(slices.Clone(set), i), size-len(set)-1) {
				set = append(set, i)
			}
		}
		if len(set) == size {
			return set
		}
	}
	return denies // the search came to its bound: that all of them together are enough is sure
}

// denies are the Deny statements that cover a recovery action.
func (s *setting) denies() []int {
	var all []int
	for i := range s.Policy.Statements {
		st := &s.Policy.Statements[i]
		if st.Effect == policies.Deny && slices.ContainsFunc(s.recovery, func(action string) bool {
			return st.MatchesAction(action) != policies.No && st.MatchesResource(s.Resource, nil, s.Policy.Variables()) != policies.No
		}) {
			all = append(all, i)
		}
	}
	return all
}

// opensWithout tells whether somebody gets in once the statements, and as many more as spare says, are gone.
func (s *setting) opensWithout(without []int, spare int) bool {
	for _, w := range s.worlds(false) {
		for _, action := range s.recovery {
			search := w.search(action, nil)
			search.without, search.spare = slices.Clone(without), spare
			if search.run() {
				return true
			}
		}
	}
	return false
}
