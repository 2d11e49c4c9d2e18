package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The Resource element, which may depend on the sender: arn:aws:s3:::${aws:PrincipalTag/team} covers the bucket payroll
// for those with the tag team=payroll. Read clause.go first.

// onResource tells whether a statement covers the resource, in every request or in none. A value with policy variables
// that differ from request to request covers it in some, if it can at all: that is Unknown here.
func (s *setting) onResource(st *policies.Statement) policies.Truth {
	if st.Resource == nil || !s.Policy.Variables() || !slices.ContainsFunc(st.Resource.Values, func(v string) bool {
		return strings.Contains(v, "${")
	}) {
		return st.MatchesResource(s.Resource, nil, s.Policy.Variables())
	}
	found := policies.No
	for _, v := range st.Resource.Values {
		one := *st
		one.Resource = &policies.Patterns{Values: []string{v}}
		context, same := s.sameIn(v)
		matches := one.MatchesResource(s.Resource, context, true)
		if !same && (matches != policies.No || policies.Glob(variableShape.ReplaceAllString(v, "*"), s.Resource)) {
			matches = policies.Unknown
		}
		found = found.Or(matches)
	}
	if st.Resource.Not {
		return found.Not()
	}
	return found
}

// sameIn are the keys that a value speaks of as policy variables; same tells whether each is the same, or absent, in
// every request that counts here.
func (s *setting) sameIn(v string) (context policies.Context, same bool) {
	context, same = policies.Context{}, true
	for _, key := range variablesIn(v) {
		if key == "*" || key == "?" || key == "$" {
			continue
		}
		values, settled := s.settled(s.kinds[0]).Get(key)
		settled = settled && key != "aws:principaltype"
		if settled {
			context.Set(key, values...)
		}
		absent := !slices.ContainsFunc(s.kinds, func(k policies.Kind) bool { return !s.absent(key, k) })
		same = same && (settled || absent)
	}
	return context, same
}

// uncovered are the ways in which a statement does not cover the action on the resource, where that depends on who
// asks.
func (w *world) uncovered(st *policies.Statement, action string) []way {
	unsettled := way{uncertain: "statement " + st.Label() + ": whether it covers " + action + " on " + w.Resource +
		" cannot be settled"}
	if st.MatchesAction(action) != policies.Yes || st.Resource == nil || len(st.Problems) > 0 {
		return []way{unsettled}
	}
	var each []constraint
	exact := true
	for _, v := range st.Resource.Values {
		k, known, decides := w.pattern(st, v)
		if !decides {
			continue
		}
		if k == nil {
			return []way{unsettled}
		}
		if st.Resource.Not && w.ordinary && k.in != nil {
			continue // to be called as the resource is would be particular
		}
		each, exact = append(each, *k), exact && known
	}
	var ways []way
	if st.Resource.Not { // one that matches is enough
		for _, k := range each {
			ways = append(ways, way{constraints: []constraint{k}})
		}
	} else { // none may match
		ways = []way{{constraints: each}}
	}
	if !exact {
		ways = append(ways, unsettled)
	}
	return ways
}

// pattern reads one value of Resource or NotResource. It says which texts its one policy variable must not be so that
// the statement does not cover the resource. For NotResource it says which it has to be. It is nil for a value that
// this program cannot read so; decides is false for one that matches in no request.
func (w *world) pattern(st *policies.Statement, v string) (k *constraint, exact, decides bool) {
	one := *st
	one.Resource = &policies.Patterns{Values: []string{v}}
	context, key, ok := w.around(v)
	matches := func() policies.Truth { return one.MatchesResource(w.Resource, context, true) }
	if key == "" || !ok {
		switch t := matches(); {
		case t == policies.No && ok:
			return nil, false, false
		case t == policies.Yes && ok: // in every request of this world
			return &constraint{variable: w.variableOf("aws:principalarn"), present: st.Resource.Not}, true, true
		}
		return nil, false, true
	}
	i := w.variableOf(key)
	x := w.variables[i]
	k = &constraint{variable: i, present: true, absent: x.absent && !st.Resource.Not}
	if x.base == nil && !x.dense {
		return w.patternOfPoints(k, key, st.Resource.Not, context, matches)
	}
	if x.base == nil || x.plural {
		return nil, false, true
	}
	texts, exact := w.coveringTexts(key, context, matches)
	if st.Resource.Not {
		k.in = append(language{}, texts...)
		return k, exact, true
	}
	wild := w.view(key, concat(many(anything), sequence{items: []item{{set: ranges("**??$$"), kind: '1'}}},
		many(anything)), globAs{})
	if _, may := (&textDomain{base: x.base, in: []language{wild}}).sample(nil, w.budget); may {
		texts, exact = append(texts, wild...), false
	}
	k.out = texts
	return k, exact, true
}

// coveringTexts are what the variable of a key has to be so that a value of Resource matches; exact is false where
// there may be others.
func (w *world) coveringTexts(key string, context policies.Context, matches func() policies.Truth) (
	texts language, exact bool) {
	exact = true
	for from := range len(w.Resource) {
		for to := from + 1; to <= len(w.Resource); to++ {
			context.Set(key, w.Resource[from:to])
			switch matches() {
			case policies.Yes:
				texts = append(texts, w.view(key, text(w.Resource[from:to]), globAs{plain: true})...)
			case policies.Unknown:
				exact = false
			}
		}
		if !w.budget.spend(len(w.Resource)) {
			return nil, false
		}
	}
	return texts, exact
}

// patternOfPoints reads a value of Resource or NotResource whose policy variable has few values.
func (w *world) patternOfPoints(k *constraint, key string, not bool, context policies.Context,
	matches func() policies.Truth) (*constraint, bool, bool) {
	exact := true
	for _, point := range w.variables[k.variable].points {
		delete(context, key)
		if value, present := w.value(key, point); present {
			context.Set(key, value)
		}
		t := matches()
		k.points = append(k.points, t == policies.Yes == not && t != policies.Unknown)
		exact = exact && t != policies.Unknown
	}
	return k, exact, true
}

// around is what a value's policy variables hold in every request of this world, and the key of the one that the
// request chooses, or "". It is not ok where there are more, or where there is one that no reference lists. A default
// would be another text.
func (w *world) around(v string) (context policies.Context, key string, ok bool) {
	context = policies.Context{}
	for _, name := range variablesIn(v) {
		if name == "*" || name == "?" || name == "$" {
			continue
		}
		value, present, settled := w.settledValue(name)
		_, listed := policies.LookupKey(name)
		switch {
		case !listed, !settled && (key != "" && key != name || strings.Contains(v, ",")):
			return context, "", false
		case !settled:
			key = name
		case present:
			context.Set(name, value)
		}
	}
	return context, key, true
}
