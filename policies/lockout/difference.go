package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// Keys that have to differ: values are tried until all conditions on them are as they have to be. Read relation.go
// and search.go first.

// A difference says that a condition is to fail, or to hold, by what its key and its policy variables are for now.
type difference struct {
	condition *policies.Condition
	keys      []string // all keys that it speaks of
	want      policies.Truth
	exact     bool // it is a plain inequality of texts
	perhaps   bool // that it may fail, or hold, is enough
}

// perhapsApart is the uncertain way in which a key may be none of the texts that other keys make.
func (w *world) perhapsApart(c *policies.Condition, k constraint, want policies.Truth) way {
	found := way{constraints: []constraint{k}}
	if apart := w.apart(c, k, want); apart != nil {
		found = *apart
		found.constraints[len(found.constraints)-1].differ.perhaps = true
	}
	found.uncertain = w.whyUnsure(c)
	return found
}

// apart is the way in which a key is none of the texts that other keys make. It is nil where a key has no text
// variable.
func (w *world) apart(c *policies.Condition, k constraint, want policies.Truth) *way {
	d := &difference{condition: c, keys: []string{strings.ToLower(c.Key)}, want: want}
	d.exact = c.Operator == policies.StringEquals || c.Operator == policies.StringNotEquals
	found := way{}
	for _, v := range c.Values {
		for _, key := range variablesIn(v) {
			if key == "*" || key == "?" || key == "$" || slices.Contains(d.keys, key) {
				continue
			}
			if _, listed := policies.LookupKey(key); !listed || !w.Policy.Variables() {
				return nil
			}
			j := w.variableOf(key)
			d.keys = append(d.keys, key)
			found.constraints = append(found.constraints, constraint{variable: j, absent: true, present: true})
			d.exact = d.exact && (w.variables[j].base != nil || !w.variables[j].present)
		}
	}
	if len(d.keys) == 1 || w.variables[k.variable].plural {
		return nil
	}
	k.differ = d
	found.constraints = append(found.constraints, k)
	return &found
}

// differs tells whether the values for now are as a difference says.
func (s *search) differs(d *difference, choices []*choice) bool {
	context := policies.Context{}
	for _, key := range d.keys {
		c := s.at(choices, s.variableOf(key))
		switch {
		case c == nil:
			return false
		case c.gone:
			continue
		case s.variables[s.variableOf(key)].plural:
			context[key] = c.values
			continue
		}
		if value, present := s.value(key, c.values[0]); present {
			context[key] = []string{value}
		}
	}
	t := d.condition.Matches(context, s.Policy.Variables())
	return t == d.want || d.perhaps && t == policies.Unknown
}

// spread finds values that are as all differences say. Each plain difference rules out one value of a variable at most.
// So one value more than there are differences is enough. Where differences are of another sort, not finding any proves
// nothing, and it tells true where doubts count.
func (s *search) spread(choices []*choice) bool {
	var all []*difference
	for _, c := range choices {
		if c != nil {
			all = append(all, c.differs...)
		}
	}
	if slices.ContainsFunc(all, func(d *difference) bool { return s.inevitable(d, choices) }) {
		return false
	}
	wrong := func(d *difference) bool { return !s.differs(d, choices) }
	if !slices.ContainsFunc(all, wrong) {
		return true
	}
	var variables []int
	for _, d := range all {
		for _, key := range d.keys {
			i := s.variableOf(s.root(choices, key).of)
			if !slices.Contains(variables, i) {
				variables = append(variables, i)
			}
		}
	}
	if s.tryValues(choices, variables, all) {
		return true
	}
	if slices.ContainsFunc(all, func(d *difference) bool { return !d.exact }) {
		s.doubt = "which values differ as the conditions ask could not be settled"
		return s.doubts
	}
	return false
}

// tryValues gives the variables other values, one after the other, until all differences hold.
func (s *search) tryValues(choices []*choice, variables []int, all []*difference) bool {
	if !s.budget.spend(1 + len(all)) {
		return false
	}
	if len(variables) == 0 {
		return s.follow(choices) && !slices.ContainsFunc(all, func(d *difference) bool {
			return !s.differs(d, choices)
		})
	}
	i := variables[0]
	before := choices[i]
	first := s.at(choices, i)
	if first == nil {
		return false
	}
	for _, c := range s.several(i, first, len(all)+2) {
		choices[i] = c
		if s.tryValues(choices, variables[1:], all) {
			return true
		}
	}
	choices[i] = before
	return false
}

// several are choices that differ in their value: absent where that is possible, and at most so many texts.
func (s *search) several(i int, c *choice, most int) (all []*choice) {
	v := s.variables[i]
	if v.base == nil || v.plural {
		return []*choice{c}
	}
	if c.absent {
		gone := *c
		gone.gone, gone.values = true, nil
		all = append(all, &gone)
	}
	d := c.text
	d.out = slices.Clone(d.out)
	for range most {
		value, ok := d.sample(v.favour, s.budget)
		if !c.present || !ok {
			break
		}
		one := *c
		one.gone, one.values = false, []string{value}
		all = append(all, &one)
		d.out = append(d.out, language{text(value)})
	}
	return all
}
