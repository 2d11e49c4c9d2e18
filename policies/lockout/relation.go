package lockout

import (
	"maps"
	"slices"
	"strings"

	"locksmith/policies"
)

// What depends on two keys at once: a condition that compares one with a policy variable that the request chooses, such
// as StringNotEquals aws:ResourceTag/team ${aws:PrincipalTag/team}.
//
// Where the first key has to be equal to the variable, with or without a text around it, its variable is tied to the
// other's (tie.go). It has no domain of its own any more, and what is asked of it is asked of the other. Where the two
// have to differ, values are looked for that do (difference.go). Read clause.go, values.go and search.go first.

// A link says that the value of one key is that of another, with a text before it and one behind it.
type link struct {
	key           string // whose value it is
	of            string // the key that it is made of
	before, after string
}

// wildcards in the value of a policy variable may or may not be wildcards there: no page says.
const wildcards = "*?$"

// related reads a value with one policy variable that the request chooses. The ways are those in which the key is what
// the value says; exact tells that there are no others. It is nil for other values.
func (w *world) related(c *policies.Condition, name, v string) (ways []way, exact bool) {
	l, fallback, ok := w.linkOf(c, name, v)
	i := w.variableOf(name)
	if !ok || w.variables[i].plural || w.variables[i].base == nil {
		return nil, false
	}
	j := w.variableOf(l.of)
	other := w.variables[j]
	if i == j && name == "aws:principalarn" && l.of == "aws:username" && fallback == nil && l.after == "" &&
		!w.wild(c, v) {
		// The text around the name holds the user's path, if there is any.
		whole := concat(text(l.before), repeat(nameSet, 1, 64))
		return certain(constraint{variable: i, present: true, in: language{whole}}), true
	}
	if other.plural || other.base == nil || !other.present || i == j {
		return nil, false
	}
	text := globAs{plain: true}
	equal := constraint{variable: i, present: true, link: &l}
	tame := constraint{variable: j, present: true}
	if w.mayBeAmbiguous(c, l) {
		tame.out = w.viewAll(l.of, w.ambiguous(c, l.before), text)
	}
	ways = append(ways, way{constraints: []constraint{equal, tame}})
	if fallback != nil && other.absent {
		whole := language{globOf(l.before+*fallback+l.after, text)}
		ways = append(ways, way{constraints: []constraint{{variable: j, absent: true},
			{variable: i, present: true, in: w.viewAll(name, whole, text)}}})
	}
	if w.wild(c, v) {
		pinned := constraint{variable: i, present: true, pin: &pin{c, v, strings.ToLower(l.of)}}
		ways = append(ways, way{constraints: []constraint{tame, pinned}})
	}
	folds := strings.Contains(string(c.Operator), "IgnoreCase")
	literal := fallback == nil || c.Operator == policies.StringEquals || c.Operator == policies.StringNotEquals
	return ways, tame.out == nil && !folds && !w.wild(c, v) && literal
}

// mayBeAmbiguous tells whether the other key can have a value that may mean more than itself in the place of the policy
// variable.
func (w *world) mayBeAmbiguous(c *policies.Condition, l link) bool {
	base := w.variables[w.variableOf(l.of)].base
	_, may := (&textDomain{base: base, in: []language{w.ambiguous(c, l.before)}}).sample(nil, w.budget)
	return may
}

// A pin holds the other key at its value for now, so that a pattern around it can be read.
type pin struct {
	condition *policies.Condition
	value, of string
}

// pinned is what the first key has to match while the other keeps its value. It is nil where the other has none.
func (s *search) pinned(p *pin, choices []*choice) language {
	value, present := s.shown(p.of, choices)
	if !present {
		return nil
	}
	held := *s.world
	held.fixed, held.index, held.variables = map[string]string{p.of: value}, maps.Clone(s.index),
		slices.Clone(s.variables)
	delete(held.index, p.of)
	under, _, _ := held.read(p.condition, strings.ToLower(p.condition.Key), p.value)
	return under
}

// holdPin narrows the first key to the pattern, and the other to its value.
func (s *search) holdPin(choices []*choice, k constraint) bool {
	of := s.root(choices, k.pin.of).of
	j := s.variableOf(of)
	other := s.at(choices, j)
	around := s.pinned(k.pin, choices)
	if around == nil || other == nil || s.variables[j].name != of || j == k.variable ||
		choices[k.variable] != nil && choices[k.variable].tied != nil {
		return false
	}
	held, first := *other, *s.at(choices, k.variable)
	held.narrow(constraint{present: true, in: language{text(held.values[0])}}, s.variables[j])
	first.narrow(constraint{present: true, in: around}, s.variables[k.variable])
	choices[j], choices[k.variable] = &held, &first
	return s.choose(k.variable, &first)
}

// ambiguous are the texts that as the value of a policy variable may mean more than themselves: wildcards and, between
// the parts of an ARN, colons.
func (w *world) ambiguous(c *policies.Condition, before string) language {
	characters := ""
	switch {
	case c.Operator.Family() == policies.ARNs && strings.Count(before, ":") < 5:
		characters = wildcards + ":"
	case c.Operator.Family() == policies.ARNs:
		characters = wildcards
	case c.Operator == policies.StringLike || c.Operator == policies.StringNotLike:
		characters = wildcards
	}
	set := &class{}
	for _, r := range characters {
		set.ascii[r>>6] |= 1 << (uint(r) & 63)
	}
	return language{concat(many(anything), sequence{items: []item{{set: set, kind: '1'}}}, many(anything))}
}

// wild tells whether a value has wildcards of its own.
func (w *world) wild(c *policies.Condition, v string) bool {
	likes := c.Operator.Family() == policies.ARNs || c.Operator == policies.StringLike ||
		c.Operator == policies.StringNotLike
	return likes && strings.ContainsAny(variableShape.ReplaceAllString(v, ""), "*?")
}

// linkOf reads a value around its one policy variable that the request chooses. Wildcards are filled in, since one text
// that matches is enough.
func (w *world) linkOf(c *policies.Condition, name, v string) (l link, fallback *string, ok bool) {
	l.key = name
	part := &l.before
	for {
		before, rest, found := strings.Cut(v, "${")
		if w.wild(c, before) {
			before = leastFor.Replace(before)
		}
		*part += before
		if !found {
			return l, fallback, l.of != ""
		}
		inner, rest, closed := strings.Cut(rest, "}")
		if !closed {
			return l, nil, false
		}
		v = rest
		if inner == "*" || inner == "?" || inner == "$" {
			*part += inner
			continue
		}
		key, text, hasDefault, known := policies.ParseVariable(inner)
		if !known {
			return l, nil, false
		}
		value, present, settled := w.settledValue(key)
		switch _, listed := policies.LookupKey(key); {
		case !listed || !settled && l.of != "" || settled && !present && !hasDefault:
			return l, nil, false
		case settled && present:
			*part += value
		case settled:
			*part += text
		default:
			l.of, part = strings.ToLower(key), &l.after
			if hasDefault {
				fallback = &text
			}
		}
	}
}

func (w *world) viewAll(name string, l language, as globAs) (all language) {
	for _, s := range l {
		all = append(all, w.view(name, s, as)...)
	}
	return all
}

// holdsLink tells whether two values for now are as a link says.
func (s *search) holdsLink(l *link, choices []*choice) bool {
	x, here := s.shown(l.key, choices)
	y, there := s.shown(l.of, choices)
	return here && there && x == l.before+y+l.after
}

// shown is the value for now of a key, if it is there.
func (s *search) shown(key string, choices []*choice) (value string, present bool) {
	c := s.at(choices, s.variableOf(key))
	if c == nil || c.gone {
		return "", false
	}
	return s.value(key, c.values[0])
}
