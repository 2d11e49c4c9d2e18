package exhaustive

import (
	"encoding/json"
	"slices"
)

// Minimize drops from a question whatever it can while a finding of the class remains.
func Minimize(q Question, class string, e *explorer) (Question, Finding) {
	best := Finding{Class: class}
	holds := func(q *Question) bool {
		_, all := Check(q, e, class == Sentence || class == Broken)
		for _, f := range all {
			if f.Class == class {
				best = f
				return true
			}
		}
		return false
	}
	if !holds(&q) {
		return q, best
	}
	for smaller := true; smaller; {
		smaller = false
		for _, less := range lessOf(q) {
			if holds(&less) {
				q, smaller = less, true
				break
			}
		}
	}
	holds(&q)
	return q, best
}

// lessOf are the questions with one thing less.
func lessOf(q Question) (all []Question) {
	for i := range q.Administrators {
		less := q
		less.Administrators = slices.Delete(slices.Clone(q.Administrators), i, i+1)
		all = append(all, less)
	}
	if q.Organization != "" {
		less := q
		less.Organization = ""
		all = append(all, less)
	}
	p, err := Read([]byte(q.Policy))
	if err != nil {
		return all
	}
	for _, smaller := range smallerPolicies(p) {
		if text, err := json.Marshal(smaller); err == nil {
			less := q
			less.Policy = string(text)
			all = append(all, less)
		}
	}
	return all
}

func smallerPolicies(p *Policy) (all []*Policy) {
	with := func(change func(*Policy)) {
		c := &Policy{Version: p.Version, Statements: slices.Clone(p.Statements)}
		for i := range c.Statements {
			s := &c.Statements[i]
			s.Conditions = slices.Clone(s.Conditions)
		}
		change(c)
		all = append(all, c)
	}
	for i, s := range p.Statements {
		if len(p.Statements) > 1 {
			with(func(c *Policy) { c.Statements = slices.Delete(c.Statements, i, i+1) })
		}
		for j, one := range s.Conditions {
			with(func(c *Policy) { c.Statements[i].Conditions = slices.Delete(c.Statements[i].Conditions, j, j+1) })
			for k := range one.Values {
				if len(one.Values) > 1 {
					with(func(c *Policy) {
						c.Statements[i].Conditions[j].Values = slices.Delete(slices.Clone(one.Values), k, k+1)
					})
				}
			}
		}
		for j := range s.Principals {
			if len(s.Principals) > 1 {
				with(func(c *Policy) {
					c.Statements[i].Principals = slices.Delete(slices.Clone(s.Principals), j,
						j+1)
				})
			}
		}
		for j := range s.Resources {
			if len(s.Resources) > 1 {
				with(func(c *Policy) { c.Statements[i].Resources = slices.Delete(slices.Clone(s.Resources), j, j+1) })
			}
		}
		for j := range s.Actions {
			if len(s.Actions) > 1 {
				with(func(c *Policy) { c.Statements[i].Actions = slices.Delete(slices.Clone(s.Actions), j, j+1) })
			}
		}
	}
	return all
}
