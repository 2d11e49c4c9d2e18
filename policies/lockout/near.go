package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// Keys that match a pattern around another, such as StringNotLike aws:ResourceTag/team ${aws:PrincipalTag/team}-*
// asks. What follows from that without knowing the values. Read relation.go and difference.go first.

// A nearness says that a key matches a value of a condition, which is a pattern around another key.
type nearness struct {
	link
	condition *policies.Condition
	value     string
}

// isNear tells whether it has been settled that a key is so near, or its value for now is.
func (s *search) isNear(n *nearness, c *choice, choices []*choice) bool {
	return slices.Contains(c.near, n) ||
		s.pinned(&pin{n.condition, n.value, n.of}, choices).matches(c.values[0])
}

// tooFar tells whether a text cannot match a pattern around another.
func (s *search) tooFar(choices []*choice) bool {
	return slices.ContainsFunc(choices, func(c *choice) bool {
		return c != nil && slices.ContainsFunc(c.near, func(n *nearness) bool {
			return s.tooShort(n, choices) || s.matchesNone(n, c, choices)
		})
	})
}

// tooShort tells whether a text has to match another with more around it, though both are made of one and the same.
func (s *search) tooShort(n *nearness, choices []*choice) bool {
	x, y := s.root(choices, n.key), s.root(choices, n.of)
	return x.of == y.of && len(x.before)+len(x.after) < len(n.before)+len(y.before)+len(y.after)+len(n.after)
}

// matchesNone tells whether the other key can only have a few values, and the first matches the pattern around none of
// them.
func (s *search) matchesNone(n *nearness, c *choice, choices []*choice) bool {
	before, _, after, ok := marked(n.value)
	few := s.fewValues(choices, n.of)
	if !ok || c.tied != nil || few == nil {
		return false
	}
	as := readAs(n.condition)
	return !slices.ContainsFunc(few, func(t string) bool {
		d := c.text
		d.in = append(slices.Clone(d.in), s.view(n.key, globOf(before+t+after, as), as))
		_, may := d.sample(nil, s.budget)
		return may || s.budget.out
	})
}

// fewValues are the texts that a key can have still, where they are listed and mean themselves in any pattern; else
// nil.
func (s *search) fewValues(choices []*choice, key string) []string {
	i := s.variableOf(key)
	c := s.at(choices, i)
	if c == nil || c.absent || c.gone || c.tied != nil || s.variables[i].name != key {
		return nil
	}
	listed := slices.IndexFunc(c.text.in, fixed)
	if listed < 0 {
		return nil
	}
	all := slices.DeleteFunc(texts(c.text.in[listed]), func(t string) bool { return !c.text.has(t) })
	if slices.ContainsFunc(all, func(t string) bool { return strings.ContainsAny(t, wildcards+":") }) {
		return nil
	}
	return all
}

// atom stands for the value of a policy variable, whatever it is.
const atom = "\ue000"

// marked takes a value apart around its one policy variable.
func marked(v string) (before, key, after string, ok bool) {
	before, rest, found := strings.Cut(v, "${")
	inner, after, closed := strings.Cut(rest, "}")
	key, _, _, known := policies.ParseVariable(inner)
	return before, strings.ToLower(key), after, found && closed && known && !strings.Contains(after, "${")
}

// inevitable tells whether a key that is to be none of the texts that another makes is one of them in any case.
func (s *search) inevitable(d *difference, choices []*choice) bool {
	name := strings.ToLower(d.condition.Key)
	if readAs(d.condition).arn || !s.Policy.Variables() || !s.plain(name) {
		return false
	}
	return slices.ContainsFunc(d.condition.Values, func(v string) bool {
		before, key, after, ok := marked(v)
		if !ok {
			return false
		}
		other := choices[s.variableOf(key)]
		return other != nil && !other.absent && !other.gone &&
			s.alwaysOne(d.condition, name, [2]string{before, after}, key, choices)
	})
}

// alwaysOne tells whether a key always matches a pattern around another. It is tied to it so, or it has to match a
// narrower pattern around it, or there are few values and it does around each.
func (s *search) alwaysOne(of *policies.Condition, name string, around [2]string, key string, choices []*choice) bool {
	as := readAs(of)
	x, y := s.root(choices, name), s.root(choices, key)
	c := choices[s.variableOf(name)]
	pattern := func(t string) sequence { return globOf(around[0]+y.before+t+y.after+around[1], as) }
	if strings.ContainsAny(y.before+y.after, wildcards) {
		return false
	}
	if c == nil || c.absent {
		return false
	}
	if all := pattern(atom); x.of == y.of && all.matches(x.before+atom+x.after) {
		return true
	}
	if c.tied != nil || y.of != key {
		return false
	}
	if slices.ContainsFunc(c.near, func(n *nearness) bool { return n.of == key && s.narrower(n, pattern(atom)) }) {
		return true
	}
	few := s.fewValues(choices, key)
	return few != nil && !slices.ContainsFunc(few, func(t string) bool {
		rest := c.text
		rest.out = append(slices.Clone(rest.out), language{pattern(t)})
		_, may := rest.sample(nil, s.budget)
		return may || s.budget.out
	})
}

// narrower tells whether whatever matches a pattern around a key matches another pattern around it.
func (s *search) narrower(n *nearness, pattern sequence) bool {
	before, _, after, ok := marked(n.value)
	as := readAs(n.condition)
	if !ok || as.arn {
		return false
	}
	_, more := (&textDomain{base: language{many(anything)}, in: []language{{globOf(before+atom+after, as)}},
		out: []language{{pattern}}}).sample(nil, s.budget)
	return !more && !s.budget.out
}
