package reach

// This file asks one condition for all requests of a question.

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// condition tells whether a condition holds for all requests (Yes), for none (No), or not for sure. Then it says what
// it hangs on.
func (c *call) condition(s *policies.Condition, variables bool) (policies.Truth, string) {
	context := policies.Context{}
	if !s.Understood() {
		return policies.Unknown, s.Key + " is asked for in a way that is not known"
	}
	if variables && !c.fill(context, s.Values) {
		return policies.Unknown, "a policy variable in the values of " + s.Key
	}
	f := c.known(s.Key)
	hangs := "it hangs on " + s.Key + ", " + f.what
	can := f.can
	switch {
	case f.texts != nil && s.Operator != policies.Null:
		return f.texts.condition(s, variables), hangs
	case s.Operator == policies.Null && (f.other || f.texts != nil) && f.there:
		can = [][]string{{"something"}}
	case f.other, f.clock && !ordered(s.Operator):
		return policies.Unknown, hangs
	case f.alien != "" && s.Operator != policies.Null && (globs(s) || slices.Contains(s.Values, f.alien)):
		return policies.Unknown, hangs
	case f.alien != "":
		can = append(slices.Clone(can), []string{f.alien})
	}
	every, none := true, true
	for _, values := range can {
		delete(context, strings.ToLower(s.Key))
		if values != nil {
			context.Set(s.Key, values...)
		}
		found := s.Matches(context, variables)
		every, none = every && found == policies.Yes, none && found == policies.No
	}
	switch {
	case every:
		return policies.Yes, ""
	case none:
		return policies.No, ""
	case len(can) == 1:
		return policies.Unknown, "what AWS makes of " + s.Written + " on " + s.Key + " is not documented"
	}
	return policies.Unknown, hangs
}

// condition tells whether a condition holds for all texts of a language, or for none. Operators without wildcards, and
// values with variables or problems, are left open.
func (l *language) condition(s *policies.Condition, variables bool) policies.Truth {
	family := s.Operator.Family()
	if family != policies.ARNs && s.Operator != policies.StringLike && s.Operator != policies.StringNotLike ||
		s.Set != policies.Single || len(s.Problems) > 0 {
		return policies.Unknown
	}
	found := policies.No
	for _, v := range s.Values {
		pattern, ok := tokens(v, false, nil)
		switch {
		case !ok, variables && strings.Contains(v, "${"), strings.Contains(v, "\x00"):
			return policies.Unknown
		case l.all(pattern):
			found = policies.Yes
		case l.some(pattern, family == policies.ARNs): // which are matched part by part, by the reference
			found = found.Or(policies.Unknown)
		}
	}
	if s.Operator.Negated() {
		return found.Not()
	}
	return found
}

// ordered tells whether what the operator says of two moments it says of all between. So do the inequalities.
func ordered(o policies.Operator) bool {
	switch o {
	case policies.DateLessThan, policies.DateLessThanEquals, policies.DateGreaterThan, policies.DateGreaterThanEquals,
		policies.NumericLessThan, policies.NumericLessThanEquals, policies.NumericGreaterThan,
		policies.NumericGreaterThanEquals, policies.Null:
		return true
	}
	return false
}

// globs tells whether a wildcard in the values may fit some names of a kind and not others.
func globs(s *policies.Condition) bool {
	return slices.ContainsFunc(s.Values, func(v string) bool { return v != "*" && strings.ContainsAny(v, "*?$") })
}

// fill puts the values of all policy variables into the context. It is false where one of them is not known.
func (c *call) fill(context policies.Context, texts []string) bool {
	for _, text := range texts {
		for {
			_, rest, found := strings.Cut(text, "${")
			if !found {
				break
			}
			inner, after, _ := strings.Cut(rest, "}")
			if inner != "*" && inner != "?" && inner != "$" {
				key, _, _, ok := policies.ParseVariable(inner)
				value, known := c.value(key)
				if !ok || !known {
					return false
				}
				context.Set(key, value)
			}
			text = after
		}
	}
	return true
}
