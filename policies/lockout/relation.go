package lockout

import (
	"maps"
	"slices"
	"strings"

	"locksmith/policies"
)

// This part is for what hangs on two keys at once: a condition that compares one with a policy variable that the request chooses, such as
// StringNotEquals aws:ResourceTag/team ${aws:PrincipalTag/team}.
//
// Where the first key has to be equal to the variable, with or without a text around it, its variable is tied to the other's: it has no domain of its own any
// more, and what is asked of it is asked of the other (see [search.tie]). Where the two have to differ, values are looked for that do (see [search.spread]).

// A link says that the value of one key is that of another, with a text before it and one behind it.
type link struct {
	key           string // whose value it is
	of            string // the key that it is made of
	before, after string
	loose         bool // there may be more before and behind it
}

// wildcards in the value of a policy variable may or may not be wildcards there: no page says.
const wildcards = "*?$"

// related reads a value with one policy variable that the request chooses: ways are those in which the key is what the value says, and exact tells that there
// are no others. It is nil for other values.
func (w *world) related(c *policies.Condition, name, v string) (ways []way, exact bool) {
	l, fallback, ok := w.linkOf(c, name, v)
	i := w.variableOf(name)
	if !ok || w.variables[i].plural || w.variables[i].base == nil {
		return nil, false
	}
	j := w.variableOf(l.of)
	other := w.variables[j]
	if i == j && name == "aws:principalarn" && l.of == "aws:username" && fallback == nil && l.after == "" && !w.wild(c, v) {
		whole := concat(text(l.before), repeat(nameSet, 1, 64)) // a user whose path, if any, the text around the name holds
		return certain(constraint{variable: i, present: true, in: language{whole}}), true
	}
	if other.plural || other.base == nil || !other.present || i == j {
		return nil, false
	}
	text := globAs{plain: true}
	equal := constraint{variable: i, present: true, link: &l}
	tame := constraint{variable: j, present: true}
	forbidden := w.ambiguous(c, l.before)
	if _, may := (&textDomain{base: other.base, in: []language{forbidden}}).sample(nil, w.budget); may {
		tame.out = w.viewAll(l.of, forbidden, text)
	}
	ways = append(ways, way{constraints: []constraint{equal, tame}})
	if fallback != nil && other.absent {
		whole := language{globOf(l.before+*fallback+l.after, text)}
		ways = append(ways, way{constraints: []constraint{{variable: j, absent: true}, {variable: i, present: true, in: w.viewAll(name, whole, text)}}})
	}
	if w.wild(c, v) {
		pinned := constraint{variable: i, present: true, pin: &pin{c, v, strings.ToLower(l.of)}}
		ways = append(ways, way{constraints: []constraint{tame, pinned}})
	}
	folds := strings.Contains(string(c.Operator), "IgnoreCase")
	return ways, tame.out == nil && !folds && !w.wild(c, v) && fallback == nil
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
	held.fixed, held.index, held.variables = map[string]string{p.of: value}, maps.Clone(s.index), slices.Clone(s.variables)
	delete(held.index, p.of)
	under, _, _ := held.read(p.condition, strings.ToLower(p.condition.Key), p.value)
	return under
}

// holdPin narrows the first key to the pattern, and the other to its value.
func (s *search) holdPin(choices []*choice, k constraint) bool {
	j := s.variableOf(k.pin.of)
	other := s.at(choices, j)
	around := s.pinned(k.pin, choices)
	if around == nil || other == nil || other.tied != nil || s.variables[j].name != k.pin.of || choices[k.variable] != nil && choices[k.variable].tied != nil {
		return false
	}
	held, first := *other, *s.at(choices, k.variable)
	held.narrow(constraint{present: true, in: language{text(held.values[0])}}, s.variables[j])
	first.narrow(constraint{present: true, in: around}, s.variables[k.variable])
	choices[j], choices[k.variable] = &held, &first
	return s.choose(k.variable, &first)
}

// ambiguous are the texts that as the value of a policy variable may mean more than themselves: wildcards and, between the parts of an ARN, colons.
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
	likes := c.Operator.Family() == policies.ARNs || c.Operator == policies.StringLike || c.Operator == policies.StringNotLike
	return likes && strings.ContainsAny(variableShape.ReplaceAllString(v, ""), "*?")
}

// linkOf reads a value around its one policy variable that the request chooses. Wildcards are filled in, since one text that matches is enough.
func (w *world) linkOf(c *policies.Condition, name, v string) (l link, fallback *string, ok bool) {
	l.key = name
	part := &l.before
	for {
		before, rest, found := strings.Cut(v, "${")
		if w.wild(c, before) {
			before = strings.NewReplacer("*", "", "?", "x").Replace(before)
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

// tie makes a key's value that of another by a link: it takes the first key's variable out of the search, and asks of the other what was asked of it. It tells
// false where no request can be so, or where this program does not know how; doubt says the latter.
func (s *search) tie(choices []*choice, l link) bool {
	x, y := s.root(choices, l.key), s.root(choices, l.of)
	made, possible, simple := x.equals(link{of: y.of, before: l.before + y.before, after: y.after + l.after})
	switch {
	case !possible:
		return false
	case simple && made.key == made.of:
		return made.before == "" && made.after == "" // of other lengths they are never the same
	case simple && !s.plain(made.key) && made.before == "" && made.after == "":
		made.key, made.of = made.of, made.key
	}
	if !simple || !s.plain(made.key) {
		s.doubt = "how " + l.key + " and " + l.of + " hang together could not be settled"
		return false
	}
	return s.bind(choices, made)
}

// pass asks of the variable behind a tied one what is asked of that.
func (s *search) pass(choices []*choice, k constraint, tied *choice) bool {
	root := s.root(choices, tied.tied.key)
	j := s.variableOf(root.of)
	c := *s.at(choices, j)
	if k.in != nil {
		c.text.in = append(slices.Clone(c.text.in), s.inside(k.in, root))
	}
	if k.out != nil {
		c.text.out = append(slices.Clone(c.text.out), s.inside(k.out, root))
	}
	choices[j] = &c
	return s.choose(j, &c)
}

// root is what a key's value is made of, through all ties: itself where it is not tied.
func (s *search) root(choices []*choice, key string) link {
	l := link{key: key, of: key}
	for {
		c := choices[s.variableOf(l.of)]
		if c == nil || c.tied == nil || s.variables[s.variableOf(l.of)].name != l.of {
			return l
		}
		l.before, l.after, l.of = l.before+c.tied.before, c.tied.after+l.after, c.tied.of
	}
}

// equals solves an equation: what one key is made of is what another is made of. Possible tells that it may have a solution, simple that the solution is a link.
func (l link) equals(o link) (made link, possible, simple bool) {
	front := strings.HasPrefix(l.before, o.before) || strings.HasPrefix(o.before, l.before)
	back := strings.HasSuffix(l.after, o.after) || strings.HasSuffix(o.after, l.after)
	switch {
	case !front || !back:
		return link{}, false, true
	case len(l.before) <= len(o.before) && len(l.after) <= len(o.after):
		return link{key: l.of, of: o.of, before: o.before[len(l.before):], after: strings.TrimSuffix(o.after, l.after)}, true, true
	case len(l.before) >= len(o.before) && len(l.after) >= len(o.after):
		return link{key: o.of, of: l.of, before: l.before[len(o.before):], after: strings.TrimSuffix(l.after, o.after)}, true, true
	}
	return link{}, true, false
}

// plain tells whether a key has a text variable of its own.
func (s *search) plain(key string) bool {
	v := s.variables[s.variableOf(key)]
	return v.name == key && v.base != nil && !v.plural
}

// bind ties a variable.
func (s *search) bind(choices []*choice, l link) bool {
	i, j := s.variableOf(l.key), s.variableOf(l.of)
	x, y := s.at(choices, i), s.at(choices, j)
	if i == j || x == nil || y == nil || !x.present || !y.present || s.variables[j].base == nil || s.variables[j].plural {
		s.unsettled(i == j || s.variables[j].base == nil || s.variables[j].plural, l)
		return false
	}
	tied, root := *x, *y
	tied.tied, tied.absent, root.absent = &l, false, false
	root.text.in, root.text.out = slices.Clone(root.text.in), slices.Clone(root.text.out)
	for _, in := range append(slices.Clone(x.text.in), x.text.base) {
		root.text.in = append(root.text.in, s.inside(in, l))
	}
	for _, out := range x.text.out {
		root.text.out = append(root.text.out, s.inside(out, l))
	}
	choices[i], choices[j] = &tied, &root
	return s.choose(j, &root) && s.follow(choices)
}

func (s *search) unsettled(is bool, l link) {
	if is {
		s.doubt = "how " + l.key + " and " + l.of + " hang together could not be settled"
	}
}

// inside is what the other key's variable has to match for the tied one to match a language.
func (s *search) inside(l language, by link) (all language) {
	for i := range l {
		for _, rest := range l[i].rests(by.before) {
			for _, middle := range rest.backwards().rests(reversed(by.after)) {
				all = append(all, s.view(by.of, *middle.backwards(), globAs{plain: true})...)
			}
		}
	}
	return append(language{}, all...) // never nil
}

// backwards is the sequence read from its end.
func (s *sequence) backwards() *sequence {
	items := slices.Clone(s.path())
	slices.Reverse(items)
	return &sequence{items: items}
}

func reversed(t string) string {
	runes := []rune(t)
	slices.Reverse(runes)
	return string(runes)
}

// follow gives tied variables the values that their ties say. It tells false where a variable that was tied cannot be so.
func (s *search) follow(choices []*choice) bool {
	for i, c := range choices {
		if c == nil || c.tied == nil {
			continue
		}
		root := s.root(choices, c.tied.key)
		value, present := s.shown(root.of, choices)
		if !present {
			return false
		}
		next := *c
		next.gone, next.values = false, []string{root.before + value + root.after}
		choices[i] = &next
	}
	return true
}

// A difference says that a condition is to fail, or to hold, by what its key and its policy variables are for now.
type difference struct {
	condition *policies.Condition
	keys      []string // all keys that it speaks of
	want      policies.Truth
	exact     bool // it is a plain inequality of texts
}

// apart is the way in which a key is none of the texts that other keys make. It is nil where a key has no text variable.
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
	return d.condition.Matches(context, s.Policy.Variables()) == d.want
}

// spread finds values that are as all differences say. Of a variable with many values one more than there are differences is enough to have one to spare,
// since each rules out one at most; where differences are of another sort, not finding any proves nothing.
func (s *search) spread(choices []*choice) bool {
	var all []*difference
	for _, c := range choices {
		if c != nil {
			all = append(all, c.differs...)
		}
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
	}
	return false
}

// tryValues gives the variables other values, one after the other, until all differences hold.
func (s *search) tryValues(choices []*choice, variables []int, all []*difference) bool {
	if !s.budget.spend(1 + len(all)) {
		return false
	}
	if len(variables) == 0 {
		return s.follow(choices) && !slices.ContainsFunc(all, func(d *difference) bool { return !s.differs(d, choices) })
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
