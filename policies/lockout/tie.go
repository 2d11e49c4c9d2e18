package lockout

import (
	"slices"
	"strings"
)

// Keys that have to be equal: one is tied to the other, and what is asked of it is asked of that. Read relation.go
// first.

// tie makes a key's value that of another by a link. It takes the first key's variable out of the search, and asks of
// the other what was asked of it. It tells false where no request can be so, or where this program does not know how.
// Doubt says the latter, and it tells true then where doubts count.
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
		return s.unsettled(l)
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

// equals solves an equation: what one key is made of is what another is made of. Possible tells that it may have a
// solution, simple that the solution is a link.
func (l link) equals(o link) (made link, possible, simple bool) {
	front := strings.HasPrefix(l.before, o.before) || strings.HasPrefix(o.before, l.before)
	back := strings.HasSuffix(l.after, o.after) || strings.HasSuffix(o.after, l.after)
	switch {
	case !front || !back:
		return link{}, false, true
	case len(l.before) <= len(o.before) && len(l.after) <= len(o.after):
		return link{key: l.of, of: o.of, before: o.before[len(l.before):], after: strings.TrimSuffix(o.after, l.after)},
			true, true
	case len(l.before) >= len(o.before) && len(l.after) >= len(o.after):
		return link{key: o.of, of: l.of, before: l.before[len(o.before):], after: strings.TrimSuffix(l.after, o.after)},
			true, true
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
	if i == j || x == nil || y == nil || !x.present || !y.present || s.variables[j].base == nil ||
		s.variables[j].plural {
		unknown := i == j || s.variables[j].base == nil || s.variables[j].plural
		return unknown && s.unsettled(l)
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

// unsettled notes that it is not known how two keys hang together. It tells whether that counts.
func (s *search) unsettled(l link) bool {
	s.doubt = "how " + l.key + " and " + l.of + " hang together could not be settled"
	return s.doubts
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

// follow gives tied variables the values that their ties say. It tells false where a variable that was tied cannot be
// so.
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
