package lockout

import (
	"slices"
	"strings"
)

// The texts that a variable may still have, and how one of them is found, or none is shown to be left. The languages
// are in language.go, the exact walk in automaton.go.

// A textDomain is the texts that are in the base and in every language of in, and in none of out.
type textDomain struct {
	base language
	in   []language
	out  []language
}

// has tells whether a text of the base is in the domain.
func (d *textDomain) has(t string) bool {
	lacks := func(l language) bool { return !l.matches(t) }
	holds := func(l language) bool { return l.matches(t) }
	return !slices.ContainsFunc(d.in, lacks) && !slices.ContainsFunc(d.out, holds)
}

// excluded tells whether what has to be matched is, pattern by pattern, what must not be. That is the usual reason why
// nothing is left.
func (d *textDomain) excluded() bool {
	covered := func(s sequence) bool {
		return s.glob != "" && slices.ContainsFunc(d.out, func(l language) bool {
			return slices.ContainsFunc(l, func(o sequence) bool {
				return o.glob == s.glob && (o.as == s.as || o.as == globAs{} && !s.as.fold)
			})
		})
	}
	return slices.ContainsFunc(d.in, func(l language) bool {
		return !slices.ContainsFunc(l, func(s sequence) bool { return !covered(s) })
	})
}

// sample finds a text of the domain: exactly, unless the budget runs out, which b says. Preferred texts, all of the
// base, are tried first.
func (d *textDomain) sample(preferred []string, b *budget) (string, bool) {
	weight := d.weight()
	for _, t := range preferred {
		if !b.spend(effort(weight, t)) {
			return "", false
		}
		if d.has(t) {
			return t, true
		}
	}
	if d.excluded() {
		return "", false
	}
	if fixed(d.base) {
		return d.first(texts(d.base), b)
	}
	for _, l := range d.in {
		if fixed(l) {
			return d.first(texts(l), b)
		}
	}
	narrow := d.fitting(d.base)
	if narrow.excluded() {
		return "", false
	}
	return narrow.pattern(b)
}

// first is the first of some texts that is in the domain, and in its base.
func (d *textDomain) first(texts []string, b *budget) (string, bool) {
	weight := d.weight()
	for _, t := range texts {
		if !b.spend(effort(weight, t)) {
			return "", false
		}
		if d.has(t) && d.base.matches(t) {
			return t, true
		}
	}
	return "", false
}

// weight is how much there is to read in the domain.
func (d *textDomain) weight() int {
	n := d.base.weight()
	for _, l := range slices.Concat(d.in, d.out) {
		n += l.weight()
	}
	return n
}

func texts(l language) []string {
	all := make([]string, len(l))
	for i := range l {
		all[i] = l[i].literal
	}
	return all
}

// fitting is the domain within a language, less the sequences that have nothing in common with it.
func (d *textDomain) fitting(within language) *textDomain {
	apart := func(s sequence) bool {
		return !slices.ContainsFunc(within, func(w sequence) bool { return s.meets(&w) })
	}
	fit := func(all []language) []language {
		kept := slices.Clone(all)
		for i, l := range all {
			if at := slices.IndexFunc(l, apart); at >= 0 {
				kept[i] = slices.Concat(l[:at], slices.DeleteFunc(slices.Clone(l[at+1:]), apart))
			}
		}
		return kept
	}
	return &textDomain{base: d.base, in: fit(d.in), out: fit(d.out)}
}

// pattern finds a text by taking the patterns of the shortest list, one of which it has to match, one by one.
func (d *textDomain) pattern(b *budget) (string, bool) {
	if len(d.in) == 0 {
		return d.exactly(b)
	}
	at := 0
	for i, l := range d.in {
		if len(l) < len(d.in[at]) {
			at = i
		}
	}
	shortest := d.in[at]
	for i := range min(len(shortest), likely) {
		if t, ok := d.first(instances(shortest[i].glob), b); ok || b.out {
			return t, ok
		}
	}
	weight := d.weight()
	for i := range shortest {
		one := language{shortest[i]}
		narrow := d.fitting(one)
		narrow.in[at] = one
		if !b.spend(1+weight/256) || narrow.excluded() {
			continue
		}
		if t, ok := narrow.exactly(b); ok || b.out {
			return t, ok
		}
	}
	return "", false
}

// likely is how many patterns are filled in by guess before each is looked at closely.
const likely = 64

// exactly searches the automata.
func (d *textDomain) exactly(b *budget) (string, bool) {
	loose := textDomain{base: loosen(d.base), in: make([]language, len(d.in)), out: d.out}
	for i, l := range d.in {
		loose.in[i] = loosen(l)
	}
	if t, ok := loose.search(b); !ok || d.base.matches(t) && d.has(t) {
		return t, ok // nothing in more texts than there are is nothing in those that there are
	}
	return d.search(b)
}

// instances are texts that a pattern matches, likely ones first.
func instances(glob string) []string {
	if glob == "" {
		return nil
	}
	return []string{lettersFor.Replace(glob), leastFor.Replace(glob)}
}

// What wildcards may stand for: a letter each, or the least that they have to.
var (
	lettersFor = strings.NewReplacer("*", "x", "?", "x")
	leastFor   = strings.NewReplacer("*", "", "?", "x")
)

// loosen forgets the upper bounds of repetitions, which cost the search a state for each length.
func loosen(l language) language {
	if !slices.ContainsFunc(l, func(s sequence) bool {
		return slices.ContainsFunc(s.items, func(it item) bool { return it.kind == '?' })
	}) {
		return l
	}
	all := make(language, 0, len(l))
	for _, s := range l {
		loose := sequence{literal: s.literal, fixed: s.fixed, items: make([]item, 0, len(s.items))}
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
