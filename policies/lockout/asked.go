package lockout

import (
	"slices"

	"locksmith/policies"
)

// How a sentence is proved before it is said. The files that say something (explain.go, why.go, phrases.go,
// particulars.go, circumstances.go) ask here.

// An inquiry is what a sentence claims can never be: a request that counts, that gets past some statements, and that
// meets further demands. A sentence is said only once the inquiry has found nothing, with everything counted that is
// uncertain.
type inquiry struct {
	action   string                 // "": any action, whatever the policy says of it
	without  []int                  // the statements that are left out
	ordinary bool                   // only an ordinary administrator's requests count
	in       func(w *world) bool    // only requests of these worlds count; nil: of all
	and      func(w *world) [][]way // further demands: of each list one way has to be taken
}

// forReasons bounds what the reasons of a verdict cost. What cannot be proved within it is said in a weaker form.
func (s *setting) forReasons() *budget {
	return &budget{left: 6_000, memory: s.memory}
}

// never tells whether it is proved that there is no such request. It is false too where the budget is out.
func (s *setting) never(q inquiry) bool {
	for _, w := range s.worlds(q.ordinary) {
		if q.in != nil && !q.in(w) {
			continue
		}
		found := w.inquire(q)
		if found != nil && found.run() || s.budget.out {
			return false
		}
	}
	return true
}

// inquire makes the search for such a request in one world, or nil where the world has none at a glance.
func (w *world) inquire(q inquiry) *search {
	w.variableOf("aws:principalarn")
	var demands []clause
	if q.and != nil {
		for _, ways := range q.and(w) {
			if !slices.ContainsFunc(ways, w.thinkable) {
				return nil
			}
			demands = append(demands, clause{statement: -1, ways: ways})
		}
	}
	found := &search{world: w, budget: w.budget}
	if q.action != "" {
		found = w.search(q.action, q.without)
	}
	found.doubts = true
	found.clauses = append(found.clauses, demands...)
	if len(demands) > 0 {
		slices.SortStableFunc(found.clauses, func(a, b clause) int { return len(a.ways) - len(b.ways) })
	}
	return found
}

// thinkable tells whether each of a way's keys can be there, or absent, as the way has it. Whether their values can
// be is for the search.
func (w *world) thinkable(one way) bool {
	return !slices.ContainsFunc(one.constraints, func(k constraint) bool {
		v := w.variables[k.variable]
		return !(k.absent && v.absent) && !(k.present && v.present &&
			(k.points == nil || slices.Contains(k.points, true)))
	})
}

// An asker asks the prover whether some request can be so. It knows one request that is not denied, or none.
type asker struct {
	possible func(and func(w *world) [][]way) bool
	witness  policies.Context
}

// closed tells whether it is proved that the statements by themselves keep everybody that matters from an action.
func (s *setting) closed(action string, statements []int) bool {
	return s.never(inquiry{action: action, without: s.allBut(statements)})
}

// unusual tells whether it is proved that no ordinary request gets past the statements.
func (s *setting) unusual(action string, statements []int) bool {
	return s.never(inquiry{action: action, without: s.allBut(statements), ordinary: true})
}

// allBut are the Deny statements that are not among the given.
func (s *setting) allBut(statements []int) []int {
	var others []int
	for _, st := range s.denies {
		if !slices.Contains(statements, st.Index) {
			others = append(others, st.Index)
		}
	}
	return others
}

// least leaves out of the statements what is not needed for a fact that holds of all of them, the last ones first.
// One that suffices by itself is taken at once.
func (s *setting) least(statements []int, holds func(statements []int) bool) []int {
	if len(statements) > 1 {
		for _, i := range statements {
			if holds([]int{i}) {
				return []int{i}
			}
		}
	}
	for at := len(statements) - 1; at >= 0 && len(statements) > 1 && !s.budget.out; at-- {
		if fewer := slices.Delete(slices.Clone(statements), at, at+1); holds(fewer) {
			statements = fewer
		}
	}
	return statements
}

// covering are the statements, among the given, that may keep somebody from an action.
func (s *setting) covering(action string, among []int) []int {
	return slices.DeleteFunc(slices.Clone(among), func(i int) bool { return s.covered(action)[i] == policies.No })
}

// carries are the ways to be a request with the key.
func (w *world) carries(key string) []way {
	i := w.variableOf(key)
	k := constraint{variable: i, present: true}
	if w.variables[i].base == nil {
		k.points = slices.Repeat([]bool{true}, len(w.variables[i].points))
	}
	return certain(k)
}
