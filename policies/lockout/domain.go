package lockout

import (
	"slices"
	"strings"
)

// A textDomain is the texts that are in the base and in every language of in, and in none of out.
type textDomain struct {
	base language
	in   []language
	out  []language
}

// has tells whether a text of the base is in the domain.
func (d *textDomain) has(t string) bool {
	return !slices.ContainsFunc(d.in, func(l language) bool { return !l.matches(t) }) && !slices.ContainsFunc(d.out, func(l language) bool { return l.matches(t) })
}

// excluded tells whether what has to be matched is, pattern by pattern, what must not be: the usual way in which nothing is left.
func (d *textDomain) excluded() bool {
	covered := func(s sequence) bool {
		return s.glob != "" && slices.ContainsFunc(d.out, func(l language) bool {
			return slices.ContainsFunc(l, func(o sequence) bool { return o.glob == s.glob && (o.as == s.as || o.as == globAs{} && !s.as.fold) })
		})
	}
	return slices.ContainsFunc(d.in, func(l language) bool { return !slices.ContainsFunc(l, func(s sequence) bool { return !covered(s) }) })
}

// sample finds a text of the domain: exactly, unless the steps run out, which b says. Preferred texts, all of the base, are tried first.
func (d *textDomain) sample(preferred []string, b *budget) (string, bool) {
	for _, t := range preferred {
		if d.has(t) {
			return t, true
		}
	}
	if d.excluded() {
		return "", false
	}
	if fixed(d.base) {
		return d.oneOf(d.base)
	}
	for _, l := range d.in {
		if fixed(l) {
			return d.oneOf(l)
		}
	}
	for _, l := range d.in {
		for i := range l {
			for _, t := range instances(l[i].glob) {
				if d.has(t) && d.base.matches(t) {
					return t, true
				}
			}
		}
	}
	loose := *d
	loose.base = loosen(d.base)
	if t, ok := loose.search(b); !ok || d.base.matches(t) {
		return t, ok // nothing in more texts than there are is nothing in those that there are
	}
	return d.search(b)
}

// oneOf looks through a language that is a list of texts.
func (d *textDomain) oneOf(l language) (string, bool) {
	for i := range l {
		if t := l[i].literal; d.has(t) && d.base.matches(t) {
			return t, true
		}
	}
	return "", false
}

// instances are texts that a pattern matches, likely ones first.
func instances(glob string) []string {
	if glob == "" {
		return nil
	}
	return []string{strings.NewReplacer("*", "x", "?", "x").Replace(glob), strings.NewReplacer("*", "", "?", "x").Replace(glob)}
}

// loosen forgets the upper bounds of repetitions, which cost the search a state for each length.
func loosen(l language) language {
	var all language
	for _, s := range l {
		loose := sequence{literal: s.literal, fixed: s.fixed}
		for i, it := range s.items {
			if it.kind == '?' {
				if i > 0 && s.items[i-1].kind == '?' {
					continue
				}
				it.kind = '*'
			}
			loose.items = append(loose.items, it)
		}
		all = append(all, loose)
	}
	return all
}

func fixed(l language) bool {
	return !slices.ContainsFunc(l, func(s sequence) bool { return !s.fixed })
}

// A budget bounds a search. It counts steps, never seconds, so that the same policy gets the same answer on every machine.
type budget struct {
	left int
	out  bool // it has run out: what was not found may still be there
}

func (b *budget) spend(n int) bool {
	if b.left -= n; b.left < 0 {
		b.out = true
	}
	return !b.out
}
