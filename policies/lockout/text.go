package lockout

import (
	mathbits "math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A class is a set of characters.
type class struct {
	ascii [2]uint64
	runes []rune // characters outside ASCII that are in it
	rest  bool   // and all others outside ASCII
}

func (c class) has(r rune) bool {
	if r < utf8.RuneSelf {
		return c.ascii[r>>6]>>(uint(r)&63)&1 == 1
	}
	return slices.Contains(c.runes, r) || c.rest
}

func one(r rune, fold bool) (c class) {
	for f := r; ; {
		if f < utf8.RuneSelf {
			c.ascii[f>>6] |= 1 << (uint(f) & 63)
		} else {
			c.runes = append(c.runes, f)
		}
		if f = unicode.SimpleFold(f); !fold || f == r {
			return c
		}
	}
}

// ranges is a class of ASCII characters, given as pairs of a first and a last.
func ranges(pairs string) (c class) {
	for i := 0; i+1 < len(pairs); i += 2 {
		for r := pairs[i]; r <= pairs[i+1]; r++ {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	return c
}

func (c class) without(r rune) class {
	c.ascii[r>>6] &^= 1 << (uint(r) & 63)
	return c
}

var (
	anything = class{ascii: [2]uint64{^uint64(0), ^uint64(0)}, rest: true}
	visible  = ranges("!~")
	nameSet  = ranges("azAZ09__++==,,..@@--") // of users, roles and sessions
	upperNum = ranges("AZ09")
	lowerNum = ranges("az09")
	hostSet  = ranges("az09..--")
)

// An item is one step of a sequence: a character of the class once, at most once, or any number of times.
type item struct {
	set  class
	kind byte // '1', '?' or '*'
}

// A sequence is a language: what its items match one after the other. Globs are sequences, and so are the shapes of ARNs and ids.
type sequence struct {
	items   []item
	literal string // the one text it matches, if fixed
	fixed   bool
	glob    string // the pattern that it was read from, if it was one, and
	as      globAs // how
}

func concat(parts ...sequence) (s sequence) {
	s.fixed = true
	for _, p := range parts {
		s.items = append(s.items, p.items...)
		s.literal += p.literal
		s.fixed = s.fixed && p.fixed
	}
	return s
}

func text(t string) sequence { return globOf(t, globAs{plain: true}) }

// repeat is at least min and at most max characters of the class.
func repeat(c class, min, max int) (s sequence) {
	for i := range max {
		kind := byte('?')
		if i < min {
			kind = '1'
		}
		s.items = append(s.items, item{c, kind})
	}
	return s
}

func many(c class) sequence { return sequence{items: []item{{c, '*'}}} }

// globAs says how a value of a policy is read.
type globAs struct {
	plain bool // * and ? stand for themselves
	fold  bool // letter case does not count
	arn   bool // part by part: a wildcard does not reach over one of the first five colons
	after int  // how many colons of the pattern have come before, where it is read in pieces
}

func globOf(v string, as globAs) sequence {
	s := sequence{fixed: true}
	colons := as.after
	for _, r := range v {
		wild := anything
		if as.arn && colons < 5 {
			wild = wild.without(':')
		}
		switch {
		case r == '*' && !as.plain:
			s.items, s.fixed = append(s.items, item{wild, '*'}), false
		case r == '?' && !as.plain:
			s.items, s.fixed = append(s.items, item{wild, '1'}), false
		default:
			if r == ':' {
				colons++
			}
			s.items = append(s.items, item{one(r, as.fold), '1'})
		}
	}
	if s.fixed && !as.fold {
		s.literal = v
	}
	s.fixed, s.glob, s.as = s.fixed && !as.fold, v, as
	return s
}

// A bits is a set of places in a sequence.
type bits []uint64

func (b bits) set(i int)      { b[i>>6] |= 1 << (uint(i) & 63) }
func (b bits) get(i int) bool { return b[i>>6]>>(uint(i)&63)&1 == 1 }
func (b bits) empty() bool    { return !slices.ContainsFunc(b, func(w uint64) bool { return w != 0 }) }

// each calls f for every place in the set, lowest first; f may add higher ones.
func (b bits) each(f func(i int)) {
	for w := range b {
		for done := uint64(0); b[w]&^done != 0; {
			bit := mathbits.TrailingZeros64(b[w] &^ done)
			done |= 1 << bit
			f(w<<6 + bit)
		}
	}
}

// close adds the places that can be reached without a character.
func (s *sequence) close(b bits) bits {
	b.each(func(i int) {
		if i < len(s.items) && s.items[i].kind != '1' {
			b.set(i + 1)
		}
	})
	return b
}

func (s *sequence) start() bits {
	b := make(bits, len(s.items)/64+1)
	b.set(0)
	return s.close(b)
}

func (s *sequence) step(b bits, r rune) bits {
	next := make(bits, len(b))
	b.each(func(i int) {
		if i == len(s.items) || !s.items[i].set.has(r) {
			return
		}
		if s.items[i].kind == '*' {
			next.set(i)
		} else {
			next.set(i + 1)
		}
	})
	return s.close(next)
}

func (s *sequence) accepts(b bits) bool { return b.get(len(s.items)) }

// matches tells whether the sequence matches a text.
func (s *sequence) matches(t string) bool {
	if s.fixed {
		return s.literal == t
	}
	b := s.start()
	for _, r := range t {
		if b = s.step(b, r); b.empty() {
			return false
		}
	}
	return s.accepts(b)
}

// A language is a union of sequences.
type language []sequence

func (l language) matches(t string) bool {
	for i := range l {
		if l[i].matches(t) {
			return true
		}
	}
	return false
}

// A textDomain is the texts that are in the base and in every language of in, and in none of out.
type textDomain struct {
	base language
	in   []language
	out  []language
}

func (d *textDomain) has(t string) bool {
	if !d.base.matches(t) {
		return false
	}
	for _, l := range d.in {
		if !l.matches(t) {
			return false
		}
	}
	for _, l := range d.out {
		if l.matches(t) {
			return false
		}
	}
	return true
}

// excluded tells whether what has to be matched is, pattern by pattern, what must not be: the usual way in which nothing is left.
func (d *textDomain) excluded() bool {
	covered := func(s sequence) bool {
		return s.glob != "" && slices.ContainsFunc(d.out, func(l language) bool {
			return slices.ContainsFunc(l, func(o sequence) bool { return o.glob == s.glob && (o.as == s.as || o.as == globAs{}) })
		})
	}
	return slices.ContainsFunc(d.in, func(l language) bool { return !slices.ContainsFunc(l, func(s sequence) bool { return !covered(s) }) })
}

// sample finds a text of the domain: exactly, unless the steps run out, which b says. Preferred texts are tried first.
func (d *textDomain) sample(preferred []string, b *budget) (string, bool) {
	if len(d.in) == 0 && len(d.out) == 0 && len(preferred) > 0 && !fixed(d.base) {
		return preferred[0], true // the first is of the base by its making
	}
	for _, t := range preferred {
		if d.has(t) {
			return t, true
		}
	}
	if d.excluded() {
		return "", false
	}
	for _, l := range append([]language{d.base}, d.in...) {
		if fixed(l) {
			for i := range l {
				if d.has(l[i].literal) {
					return l[i].literal, true
				}
			}
			return "", false
		}
	}
	for _, l := range d.in {
		for i := range l {
			for _, t := range instances(l[i].glob) {
				if d.has(t) {
					return t, true
				}
			}
		}
	}
	loose := *d
	loose.base = loosen(d.base)
	if t, ok := loose.search(b); !ok || d.has(t) {
		return t, ok // nothing in more texts than there are is nothing in those that there are
	}
	return d.search(b)
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
