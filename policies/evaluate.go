package policies

import (
	"fmt"
	"strings"
)

// Evaluate decides one request by the documented logic: an explicit Deny wins, then an Allow, and what nothing matches is not allowed
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
// Where a statement that would change the outcome can neither be said to match nor not to, the decision is Unsettled.
func (d *Document) Evaluate(r Request) Decision {
	if len(d.Problems) > 0 {
		return Decision{Effect: Unsettled, Reasons: []string{d.Problems[0].String()}}
	}
	type finding struct {
		statements []int
		reasons    []string
	}
	var found [2][3]finding // by effect and truth
	for i := range d.Statements {
		s := &d.Statements[i]
		match, why := s.Matches(r, d.Variables())
		if match == No {
			continue
		}
		effect := 0
		if s.Effect == Deny {
			effect = 1
		}
		f := &found[effect][match]
		f.statements = append(f.statements, s.Index)
		if why != "" {
			f.reasons = append(f.reasons, why)
		}
	}
	allow, deny := found[0], found[1]
	switch {
	case len(deny[Yes].statements) > 0:
		return Decision{Effect: Denied, Statements: deny[Yes].statements}
	case len(deny[Unknown].statements) > 0:
		return Decision{Effect: Unsettled, Statements: deny[Unknown].statements, Reasons: deny[Unknown].reasons}
	case len(allow[Yes].statements) > 0:
		return Decision{Effect: Allowed, Statements: allow[Yes].statements}
	case len(allow[Unknown].statements) > 0:
		return Decision{Effect: Unsettled, Statements: allow[Unknown].statements, Reasons: allow[Unknown].reasons}
	}
	return Decision{Effect: NotAllowed}
}

// Matches tells whether the statement applies to the request; variables says whether ${…} is live in its document. For Unknown it says why.
//
// A statement without Principal is taken to mean everyone, as in identity policies, SCPs and session policies. One without Resource is Unknown.
func (s *Statement) Matches(r Request, variables bool) (Truth, string) {
	result, why := Yes, ""
	weigh := func(t Truth, part string) bool {
		if t == Unknown && why == "" {
			why = fmt.Sprintf("statement %s: %s", s.Label(), part)
		}
		result = result.And(t)
		return result != No
	}
	if !weigh(s.MatchesAction(r.Action), "whether its actions cover "+r.Action+" is not settled") {
		return No, ""
	}
	if !weigh(s.MatchesResource(r.Resource, r.Context, variables), "whether its resources cover "+r.Resource+" is not settled") {
		return No, ""
	}
	if !weigh(s.matchesPrincipal(r), "whether its principals hold "+r.Caller.ARN+" is not settled") {
		return No, ""
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if !weigh(c.Matches(r.Context, variables), "the condition "+c.Written+" on "+c.Key+" is not settled") {
			return No, ""
		}
	}
	if p, bad := s.firstProblem(); bad {
		weigh(Unknown, p.String())
	}
	return result, why
}

func (s *Statement) matchesPrincipal(r Request) Truth {
	switch {
	case s.ambiguous("Principal"):
		return Unknown
	case s.Principal == nil:
		return Yes
	}
	return s.Principal.covers(r)
}

// firstProblem is a problem of the statement itself; those of its conditions are weighed there.
func (s *Statement) firstProblem() (Problem, bool) {
	if len(s.Problems) == 0 {
		return Problem{}, false
	}
	return s.Problems[0], true
}

// ambiguous tells whether a problem concerns the element or its Not… form, so that nothing can be said of it.
func (s *Statement) ambiguous(element string) bool {
	for _, p := range s.Problems {
		_, rest, _ := strings.Cut(p.Path, ".")
		name, _, _ := strings.Cut(rest, ".")
		if strings.TrimPrefix(name, "Not") == element {
			return true
		}
	}
	return false
}
