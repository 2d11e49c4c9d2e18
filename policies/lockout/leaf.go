package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The end of a search: a request for which every clause is satisfied, which has to be whole and to be confirmed. Read
// search.go first.

// leaf has a request for which every clause is satisfied. Its keys that depend on each other must agree, and so must
// the evaluator.
func (s *search) leaf(choices []*choice) bool {
	choices, ok := s.complete(choices)
	if !ok {
		return false
	}
	if later, wait := s.afterToken(choices); wait {
		return later != nil && s.step(later)
	}
	if s.finish != nil {
		return s.finish(choices)
	}
	if s.doubts {
		s.final = choices
		return true
	}
	c := s.dressed(choices)
	if !oneOrganization(c.context) {
		s.doubt = "a request that seemed to get through is of two organizations"
		return false
	}
	rest := s.denyOnly
	if len(s.without) > 0 {
		rest = onlyDenies(s.Policy, s.without)
	}
	decision := rest.Evaluate(s.request(c, s.action))
	if (decision.Effect == policies.Allowed || decision.Effect == policies.NotAllowed) &&
		s.removable(rest, c, s.action) {
		s.witness = &c
		return true
	}
	s.doubt = "a request that seemed to get through could not be confirmed"
	if len(decision.Reasons) > 0 {
		s.doubt += ": " + strings.Join(decision.Reasons, "; ")
	}
	return false
}

// oneOrganization tells whether the organization's id and the paths in it are of one.
func oneOrganization(context policies.Context) bool {
	var ids []string
	for _, key := range []string{"aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgpaths"} {
		for _, v := range context[key] {
			id, _, _ := strings.Cut(v, "/")
			ids = append(ids, id)
		}
	}
	return len(slices.Compact(ids)) < 2
}

// complete puts in the first choices about the sender and about the variables that the clauses, or policy variables,
// speak of; ok is false where one can have no value.
func (s *search) complete(choices []*choice) (all []*choice, ok bool) {
	all = slices.Clone(choices)
	put := func(key string) bool {
		i, there := s.index[key]
		if !there {
			return true
		}
		all[i] = s.at(choices, i)
		return all[i] != nil
	}
	ok = put("aws:principalarn")
	for key := range s.fixed {
		ok = ok && put(key)
	}
	for _, c := range s.clauses {
		for _, w := range c.ways {
			for _, k := range w.constraints {
				ok = ok && put(s.variables[k.variable].name)
			}
		}
	}
	if i, there := s.index["aws:tokenissuetime"]; ok && there && all[i] != nil {
		ok = put("aws:currenttime")
	}
	return all, ok
}

// afterToken moves a call that is before the issue of its session's token to a time after it. Wait says that the call
// is too early, and later is nil where there is no such time.
func (s *search) afterToken(choices []*choice) (later []*choice, wait bool) {
	i, issued := s.index["aws:tokenissuetime"]
	if !issued || choices[i] == nil || choices[i].gone {
		return nil, false
	}
	j := s.index["aws:currenttime"]
	token, at := choices[i].values[0], choices[j].values[0] // the token is the earliest that is possible: see choose
	if token <= at {
		return nil, false
	}
	points := make([]bool, len(s.variables[j].points))
	for p, t := range s.variables[j].points {
		points[p] = t >= token
	}
	later, ok := s.take(choices, way{constraints: []constraint{{variable: j, present: true, points: points}}})
	if !ok {
		return nil, true
	}
	return later, true
}
