package policies

// This file decides a request: which statements match it, and what they decide together.

import "strings"

// Evaluate decides one request by the documented logic: an explicit Deny wins, then an Allow, and what nothing matches
// is not allowed (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
//
// The decision is Unsettled where a statement that would change the outcome can neither be said to match nor not to. A
// problem outside the statements leaves every decision Unsettled.
func (d *Document) Evaluate(r Request) Decision {
	if len(d.Problems) > 0 {
		return Decision{Effect: Unsettled, Reasons: texts(d.Problems)}
	}
	var allows, denies, unsureAllows, unsureDenies Decision
	for i := range d.Statements {
		s := &d.Statements[i]
		match, why := s.Matches(r, d.Variables())
		switch {
		case match == Unknown && (s.Effect == Deny || s.Ambiguous("Effect")):
			unsureDenies.add(s, why)
		case match == Unknown:
			unsureAllows.add(s, why)
		case match == Yes && s.Effect == Deny:
			denies.add(s, "")
		case match == Yes:
			allows.add(s, "")
		}
	}
	for _, found := range []struct {
		Decision
		effect string
	}{{denies, Denied}, {unsureDenies, Unsettled}, {allows, Allowed}, {unsureAllows, Unsettled}} {
		if len(found.Statements) > 0 {
			found.Effect = found.effect
			return found.Decision
		}
	}
	return Decision{Effect: NotAllowed}
}

// add notes a statement, and why it is not settled.
func (d *Decision) add(s *Statement, why string) {
	d.Statements = append(d.Statements, s.Index)
	if why != "" {
		d.Reasons = append(d.Reasons, "statement "+s.Label()+": "+why)
	}
}

// Matches tells whether the statement applies to the request: its principal, its action, its resource and all of its
// conditions do. One that surely does not settles it, whatever is unknown about the others. Variables says whether
// ${…} is live in its document. For Unknown it says why, in words that follow the statement's label.
//
// A statement without Principal is taken to mean everyone, as in identity policies, SCPs and session policies. One
// without Resource is Unknown.
func (s *Statement) Matches(r Request, variables bool) (Truth, string) {
	action := s.MatchesAction(r.Action)
	if action == No {
		return No, ""
	}
	resource := s.MatchesResource(r.Resource, r.Context, variables)
	if resource == No {
		return No, ""
	}
	principal := s.matchesPrincipal(r)
	if principal == No {
		return No, ""
	}
	conditions, unsure := s.matchesConditions(r.Context, variables)
	switch {
	case conditions == No:
		return No, ""
	case len(s.Problems) > 0:
		return Unknown, s.Problems[0].String()
	case action == Unknown:
		return Unknown, "whether its actions cover " + r.Action + " is not settled"
	case resource == Unknown:
		return Unknown, "whether its resources cover " + r.Resource + " is not settled"
	case principal == Unknown:
		who := string(r.Caller.Kind) + " " + r.Caller.ARN
		return Unknown, "whether its principals hold the " + who + " is not settled"
	case conditions == Unknown:
		return Unknown, unsure.unsettled()
	}
	return Yes, ""
}

// matchesConditions tests the conditions, all of which have to hold; unsure is the first that is not settled.
func (s *Statement) matchesConditions(context Context, variables bool) (result Truth, unsure *Condition) {
	if s.Ambiguous("Condition") {
		return Unknown, nil // it stands twice, and which one counts is one of the statement's problems
	}
	result = Yes
	for i := range s.Conditions {
		c := &s.Conditions[i]
		switch c.Matches(context, variables) {
		case No:
			return No, nil
		case Unknown:
			if result = Unknown; unsure == nil {
				unsure = c
			}
		}
	}
	return result, unsure
}

// unsettled says of a condition that is Unknown why.
func (c *Condition) unsettled() string {
	if len(c.Problems) > 0 {
		return c.Problems[0].String()
	}
	return "the condition " + c.Written + " on " + c.Key + " is not settled"
}

func texts(problems []Problem) []string {
	all := make([]string, len(problems))
	for i, p := range problems {
		all[i] = p.String()
	}
	return all
}

// Ambiguous tells whether a problem concerns the element or its Not… form, in whatever letter case, so that nothing
// can be said of it.
func (s *Statement) Ambiguous(element string) bool {
	for _, p := range s.Problems {
		_, rest, _ := strings.Cut(p.Path, ".")
		name, _, _ := strings.Cut(rest, ".")
		if not := len(name) - len(element); not == len("Not") && strings.EqualFold(name[:not], "Not") {
			name = name[not:]
		}
		if strings.EqualFold(name, element) {
			return true
		}
	}
	return false
}
