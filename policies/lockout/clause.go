package lockout

import (
	"locksmith/policies"
)

// What a Deny statement demands of a request that it does not deny, as clauses, ways and constraints. The ways come
// from principal.go, condition.go and resource.go, and search.go takes them.

// A clause is what one Deny statement demands of a request that it does not deny: one of its ways has to be taken.
type clause struct {
	statement int
	ways      []way
}

// A way satisfies a clause: it is a set of constraints, and a request that fulfils all of them takes it. The word is
// used for nothing else in this package. An uncertain way may or may not satisfy its clause: what the policy says there
// is not known to this program, or depends on two keys at once.
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
	near     *nearness
	differ   *difference
}

// clauses are the demands of a Deny statement, for an action that it covers. One statement makes one clause for each
// entry of its Principal list.
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

// always is the way that every request takes.
func always() way { return way{} }

func certain(k constraint) []way { return []way{{constraints: []constraint{k}}} }
