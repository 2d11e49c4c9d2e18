package lockout

import (
	"math"
	"math/bits"
	"strings"
	"unicode/utf8"

	"locksmith/policies"
)

// Patterns as languages: globs of policies and shapes of ARNs and ids, as sequences of items (class.go) that match
// texts.

// An item is one step of a sequence: a character once, at most once, or any number of times.
type item struct {
	set  *class // the characters that will do, or nil for
	r    rune   // this one only
	kind byte   // '1', '?' or '*'
}

func (it *item) has(r rune) bool {
	if it.set == nil {
		return it.r == r
	}
	return it.set.has(r)
}

// A sequence is a language: what its items match one after the other. Globs are sequences, and so are the shapes of
// ARNs and ids.
type sequence struct {
	items   []item // of a fixed one they may be left out: see path
	literal string // the one text it matches, if fixed; else what its first items spell, as far as that is known
	fixed   bool
	glob    string // the pattern that it was read from, if it was one, and
	as      globAs // how
}

// path are the items of the sequence.
func (s *sequence) path() []item {
	if s.items != nil || !s.fixed {
		return s.items
	}
	return s.onto(make([]item, 0, len(s.literal)))
}

// onto puts the items of the sequence behind others.
func (s *sequence) onto(items []item) []item {
	if s.items != nil || !s.fixed {
		return append(items, s.items...)
	}
	for _, r := range s.literal {
		items = append(items, item{r: r, kind: '1'})
	}
	return items
}

func concat(parts ...sequence) (s sequence) {
	s.fixed = true
	n := 0
	for i := range parts {
		if n += len(parts[i].items); parts[i].items == nil {
			n += len(parts[i].literal)
		}
	}
	s.items = make([]item, 0, n)
	for i := range parts {
		s.items = parts[i].onto(s.items)
		if s.fixed {
			s.literal += parts[i].literal
		}
		s.fixed = s.fixed && parts[i].fixed
	}
	return s
}

// text is the language of one text.
func text(t string) sequence {
	return sequence{literal: t, fixed: true, glob: t, as: globAs{plain: true}}
}

// repeat is at least min and at most max characters of the class.
func repeat(c *class, min, max int) (s sequence) {
	s.items = make([]item, max)
	for i := range s.items {
		s.items[i] = item{set: c, kind: '?'}
		if i < min {
			s.items[i].kind = '1'
		}
	}
	return s
}

func many(c *class) sequence { return sequence{items: []item{{set: c, kind: '*'}}} }

// some is one character of the class, or more.
func some(c *class) sequence {
	return sequence{items: []item{{set: c, kind: '1'}, {set: c, kind: '*'}}}
}

// globAs says how a value of a policy is read.
type globAs struct {
	plain bool // * and ? stand for themselves
	fold  bool // letter case does not count
	wide  bool // nor does it outside ASCII
	arn   bool // part by part: a wildcard does not reach over one of the first five colons
	after int  // how many colons of the pattern have come before, where it is read in pieces
}

func globOf(v string, as globAs) sequence {
	if !as.fold && (as.plain || !strings.ContainsAny(v, "*?")) {
		return sequence{literal: v, fixed: true, glob: v, as: as}
	}
	s := sequence{glob: v, as: as, items: make([]item, 0, len(v))}
	colons := as.after
	for _, r := range v {
		wild := anything
		if as.arn && colons < 5 {
			wild = anyButColon
		}
		it := item{r: r, kind: '1'}
		switch {
		case r == '*' && !as.plain:
			it = item{set: wild, kind: '*'}
		case r == '?' && !as.plain:
			it.set = wild
		case as.fold:
			it.set = folded(r, as.wide)
		}
		if r == ':' {
			colons++
		}
		s.add(it)
	}
	return s
}

// add puts an item at the end. Of stars one is enough, and it stands behind what has to be there: ** and *? are * and
// ?*.
func (s *sequence) add(it item) {
	last := len(s.items) - 1
	if last < 0 || s.items[last].kind != '*' || it.set == nil || s.items[last].set != it.set {
		s.items = append(s.items, it)
		return
	}
	if it.kind == '1' {
		s.items[last], it = it, s.items[last]
		s.items = append(s.items, it)
	}
}

// A places is a set of places in a sequence: before, between and behind its items. Up to 256 of them need no memory of
// their own.
type places struct {
	near [4]uint64
	far  []uint64
}

// newPlaces is the empty set for a sequence of n items.
func newPlaces(n int) (p places) {
	if n >= 256 { // one place more than items
		p.far = make([]uint64, n/64+1)
	}
	return p
}

func (p *places) words() []uint64 {
	if p.far != nil {
		return p.far
	}
	return p.near[:]
}

func (p *places) has(i int) bool { return p.words()[i>>6]>>(uint(i)&63)&1 == 1 }

// reach adds a place, and those that can be reached from it without a character.
func (p *places) reach(items []item, i int) {
	words := p.words()
	for {
		known := words[i>>6]>>(uint(i)&63)&1 == 1 // and so are those behind it
		words[i>>6] |= 1 << (uint(i) & 63)
		if known || i == len(items) || items[i].kind == '1' {
			return
		}
		i++
	}
}

// after are the places that can be reached by reading a text.
func (s *sequence) after(t string) places {
	items := s.path()
	now, next := newPlaces(len(items)), newPlaces(len(items))
	now.reach(items, 0)
	for _, r := range t {
		clear(next.words())
		for w, left := range now.words() {
			for ; left != 0; left &= left - 1 {
				i := w<<6 + bits.TrailingZeros64(left)
				switch {
				case i == len(items) || !items[i].has(r):
				case items[i].kind == '*':
					next.reach(items, i)
				default:
					next.reach(items, i+1)
				}
			}
		}
		now, next = next, now
	}
	return now
}

// matches tells whether the sequence matches a text.
func (s *sequence) matches(t string) bool {
	switch {
	case s.fixed:
		return s.literal == t
	case s.glob != "" && !s.as.arn:
		return s.greedy(t)
	case s.glob != "" && s.as == globAs{arn: true} && strings.Count(s.glob, ":") >= 5:
		return policies.MatchARN(s.glob, t)
	case s.glob != "" && s.as == globAs{arn: true} && strings.Count(s.glob, ":") != strings.Count(t, ":"):
		return false // no wildcard stands for a colon there
	}
	rest, begins := strings.CutPrefix(t, s.literal)
	if !begins {
		return false
	}
	behind := sequence{items: s.items[utf8.RuneCountInString(s.literal):]}
	p := behind.after(rest)
	return p.has(len(behind.items))
}

// meets tells whether two sequences can have a text in common, as far as their lengths, beginnings and ends tell.
func (s *sequence) meets(o *sequence) bool {
	switch {
	case s.fixed:
		return o.matches(s.literal)
	case o.fixed:
		return s.matches(o.literal)
	}
	return s.shortest() <= o.longest() && o.shortest() <= s.longest() && alike(s.items, o.items, false) &&
		alike(s.items, o.items, true)
}

// shortest and longest are bounds of the length, in characters, of what a sequence that is not fixed matches.
func (s *sequence) shortest() (n int) {
	for i := range s.items {
		if s.items[i].kind == '1' {
			n++
		}
	}
	return n
}

func (s *sequence) longest() int {
	for i := range s.items {
		if s.items[i].kind == '*' {
			return math.MaxInt
		}
	}
	return len(s.items)
}

// alike walks along two sequences from an end, until one of them has no definite place for a character, and tells
// whether they agree so far.
func alike(a, b []item, back bool) bool {
	at := func(items []item, n int) int {
		if back {
			return len(items) - 1 - n
		}
		return n
	}
	for n := range min(len(a), len(b)) {
		x, y := &a[at(a, n)], &b[at(b, n)]
		switch {
		case x.kind != '1' || y.kind != '1':
			return true
		case x.set == nil && !y.has(x.r), y.set == nil && !x.has(y.r):
			return false
		}
	}
	return true
}

// greedy matches a glob whose stars match anything: going back to the latest of them is enough.
func (s *sequence) greedy(t string) bool {
	i, star, from := 0, -1, 0
	for at := 0; at < len(t); {
		r, width := utf8.DecodeRuneInString(t[at:])
		switch {
		case i < len(s.items) && s.items[i].kind == '*':
			star, from, i = i, at, i+1
		case i < len(s.items) && s.items[i].has(r):
			i, at = i+1, at+width
		case star >= 0:
			_, width = utf8.DecodeRuneInString(t[from:])
			from += width
			i, at = star+1, from
		default:
			return false
		}
	}
	for i < len(s.items) && s.items[i].kind == '*' {
		i++
	}
	return i == len(s.items)
}

// A language is a union of sequences.
type language []sequence

// weight is how much there is to read in a language.
func (l language) weight() (n int) {
	for i := range l {
		n += 1 + len(l[i].items)
	}
	return n
}

// effort is what matching a text with so much to read costs, in steps.
func effort(weight int, t string) int { return 1 + weight*len(t)/2048 }

func (l language) matches(t string) bool {
	for i := range l {
		if l[i].matches(t) {
			return true
		}
	}
	return false
}
