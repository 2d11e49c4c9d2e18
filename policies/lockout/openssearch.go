package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The clauses of a request from outside: allowed by what follows, and denied or not allowed before. Read clause.go
// and opens.go first.

// matching are the clauses that are all satisfied where the statement matches: see when.
func (w *world) matching(st *policies.Statement) []clause {
	if made, there := w.outsider.matching[st.Index]; there {
		return made
	}
	made := w.when(st)
	w.outsider.matching[st.Index] = made
	return made
}

// passing are the clauses that are all satisfied where the statement does not match: see unless.
func (w *world) passing(st *policies.Statement) []clause {
	if made, there := w.outsider.passing[st.Index]; there {
		return made
	}
	made := w.unless(st)
	w.outsider.passing[st.Index] = made
	return made
}

// mayAllow tells whether a request may exist that the statement allows, and nothing that follows denies.
func (w *world) mayAllow(allow *policies.Statement) bool {
	var whom []clause
	if len(allow.Problems) == 0 {
		whom = w.meant(allow) // most are for others, and so need no closer look
	}
	first := w.searchFor(whom)
	first.doubts = true
	if !first.run() {
		return w.budget.out
	}
	s := w.searchFor(append(slices.Clone(w.matching(allow)), w.denied()...))
	s.doubts = true
	return s.run() || w.budget.out
}

// perhaps tells whether a request may exist that what follows allows by one statement, and what was in force did not,
// because of the other, or because nothing allowed it. It is searched for among more requests than there are; why says
// what is uncertain about it.
func (w *world) perhaps(allow, deny *policies.Statement) (why []string, possible bool) {
	s := w.opening(allow, deny)
	s.doubts = true
	s.finish = func(choices []*choice) bool {
		why = s.doubted(choices)
		return true
	}
	if !s.run() {
		return nil, false
	}
	if len(why) == 0 {
		why = []string{"statement " + allow.Label() + " may let in " + w.outsider.who() +
			", but only by a request of which it is not known whether it can be made"}
	}
	return why, true
}

// doubted are the reasons of the uncertain ways by which a request satisfies clauses that it satisfies by no certain
// one.
func (s *search) doubted(choices []*choice) (why []string) {
	s.doubts = false
	for _, c := range s.clauses {
		if s.satisfied(c, choices) {
			continue
		}
		for _, w := range c.ways {
			if w.uncertain != "" {
				why = append(why, "statement "+s.Policy.Statements[c.statement].Label()+": "+w.uncertain)
				break
			}
		}
	}
	s.doubts = true
	if s.doubt != "" {
		why = append(why, s.doubt)
	}
	return why
}

// opening makes a search for the requests that the one statement allows, nothing that follows denies, and the other
// denied, or nothing allowed.
func (w *world) opening(allow, deny *policies.Statement) *search {
	clauses := append(slices.Clone(w.matching(allow)), w.denied()...)
	if deny != nil {
		return w.searchFor(append(clauses, w.matching(deny)...))
	}
	for _, st := range w.outsider.change.was {
		clauses = append(clauses, w.passing(st)...)
	}
	return w.searchFor(clauses)
}

// denied are the clauses that no Deny statement of what follows matches.
func (w *world) denied() []clause {
	if w.outsider.denied != nil {
		return w.outsider.denied
	}
	all := []clause{} // never nil
	for _, st := range w.outsider.change.denies {
		all = append(all, w.passing(st)...)
	}
	slices.SortStableFunc(all, func(a, b clause) int { return len(a.ways) - len(b.ways) })
	w.outsider.denied = all
	return all
}

// searchFor makes a search for the requests of this world that satisfy the clauses.
func (w *world) searchFor(clauses []clause) *search {
	s := &search{world: w, clauses: append(w.bounds(), clauses...), budget: w.budget}
	w.budget.spend(1 + len(s.clauses)) // to put them in order costs something, too
	slices.SortStableFunc(s.clauses, func(a, b clause) int { return len(a.ways) - len(b.ways) })
	return s
}

// bounds are the clauses that every request of this world satisfies: its sender is not of the owning account, and no
// action is one that is closed to all others.
func (w *world) bounds() []clause {
	var all []clause
	if !w.outsider.exact {
		others := impossible()[w.outsider.object]
		all = []clause{{ways: certain(constraint{variable: w.variableOf("action"), present: true, out: others})}}
	}
	if w.outsider.account() {
		owners := language{globOf("arn:*:*::"+w.Account+":*", globAs{})}
		arn := w.variableOf("aws:principalarn")
		all = append(all, clause{ways: certain(constraint{variable: arn, present: true, out: owners})})
	}
	return all
}

// when are the clauses that are all satisfied where the statement matches.
func (w *world) when(st *policies.Statement) []clause {
	all := []clause{{st.Index, w.action(st, policies.Yes)}, {st.Index, w.resource(st, policies.Yes)}}
	all = append(all, w.meant(st)...)
	for i := range st.Conditions {
		all = append(all, clause{st.Index, w.settle(&st.Conditions[i], policies.Yes)})
	}
	if len(st.Problems) == 0 {
		return all
	}
	for i := range all {
		all[i].ways = append(slices.Clone(all[i].ways), unread(st))
	}
	return all
}

// unless are the clauses that are all satisfied where the statement does not match: one for each principal that it
// names.
func (w *world) unless(st *policies.Statement) []clause {
	ways := append(w.action(st, policies.No), w.resource(st, policies.No)...)
	for i := range st.Conditions {
		ways = append(ways, w.settle(&st.Conditions[i], policies.No)...)
	}
	if len(st.Problems) > 0 {
		ways = append(ways, unread(st))
	}
	var all []clause
	for _, spared := range w.notMeant(st) {
		all = append(all, clause{st.Index, append(slices.Clone(spared), ways...)})
	}
	return all
}

// unread is the way of a statement that this program does not read in full.
func unread(st *policies.Statement) way { return way{uncertain: st.Problems[0].String()} }

// A scope of values is what they surely match, and what they may match; doubtful says that the two differ.
type scope struct {
	under, over language
	doubtful    bool
}

func (r *scope) add(under, over sequence, sure, same bool) {
	if sure {
		r.under = append(r.under, under)
	}
	r.over, r.doubtful = append(r.over, over), r.doubtful || !sure || !same
}

// element are the ways in which Action, Resource or their opposites match, where want is Yes, or do not.
func element(variable int, r scope, not bool, want policies.Truth, doubt string) []way {
	sure, perhaps := constraint{variable: variable, present: true}, constraint{variable: variable, present: true}
	if not == (want == policies.No) {
		// Never nil: in nothing is not the same as anywhere.
		sure.in, perhaps.in = append(language{}, r.under...), append(language{}, r.over...)
	} else {
		sure.out, perhaps.out = r.over, r.under
	}
	if !r.doubtful {
		return certain(sure)
	}
	return append(certain(sure), way{[]constraint{perhaps}, doubt})
}

// action are the ways in which the Action element matches, or does not. Actions are in lower case here, since letter
// case does not count.
func (w *world) action(st *policies.Statement, want policies.Truth) []way {
	var r scope
	for _, v := range st.Action.Values {
		l := globOf(lowered(v), globAs{})
		service, _, ok := strings.Cut(v, ":")
		r.add(l, l, v == "*" || ok && !strings.ContainsAny(service, "*?"), true)
	}
	return element(w.variableOf("action"), r, st.Action.Not, want, "which actions it covers is not settled")
}

// resource are the ways in which the Resource element matches, or does not. What a wildcard matches over one of the
// first five colons, but for a * at the end, is not settled; nor is a value with policy variables.
func (w *world) resource(st *policies.Statement, want policies.Truth) []way {
	const doubt = "which resources it covers is not settled"
	if st.Resource == nil {
		return []way{{uncertain: doubt}}
	}
	var r scope
	for _, v := range st.Resource.Values {
		w.readResource(&r, v)
	}
	ways := element(w.variableOf("resource"), r, st.Resource.Not, want, doubt)
	if !w.outsider.exact || st.Resource.Not || want != policies.Yes || !w.Policy.Variables() {
		return ways
	}
	for _, v := range st.Resource.Values {
		if strings.Contains(v, "${") && strings.Count(v, ":") >= 5 {
			like := &policies.Condition{Operator: policies.StringLike, Values: []string{v}}
			related, _ := w.related(like, "resource", v)
			ways = append(ways, related...)
		}
	}
	return ways
}

func (w *world) readResource(r *scope, v string) {
	if w.Policy.Variables() && strings.Contains(v, "${") {
		w.readVariables(r, v)
		return
	}
	whole, colons := globOf(v, globAs{}), strings.Count(v, ":")
	switch {
	case v == "*", colons >= 5 && !strings.ContainsAny(cutFive(v), "*?"):
		r.add(whole, whole, true, true)
	case colons >= 5:
		r.add(globOf(v, globAs{arn: true}), whole, true, false)
	case strings.HasSuffix(v, "*"):
		r.add(concat(globOf(strings.TrimSuffix(v, "*"), globAs{arn: true}), many(anything)), whole, true, false)
	default:
		r.add(sequence{}, whole, false, false)
	}
}

// readVariables reads a value with policy variables: those that are the same in every request of this world are put in.
func (w *world) readVariables(r *scope, v string) {
	if strings.Count(v, ":") < 5 || strings.Contains(cutFive(v), "${") {
		r.add(sequence{}, many(anything), false, false) // not documented
		return
	}
	whole, state := w.expand(v, globAs{})
	switch {
	case state == matchesNothing:
	case state == known && !strings.ContainsAny(cutFive(v), "*?"):
		r.add(whole, whole, true, true)
	default:
		r.add(sequence{}, whole, false, false)
	}
}

// cutFive is what stands before the fifth colon.
func cutFive(v string) string {
	parts := strings.SplitN(v, ":", 6)
	return strings.Join(parts[:5], ":")
}

// lowered is a text with its ASCII letters in lower case.
func lowered(v string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, v)
}
