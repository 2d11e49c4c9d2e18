package lockout

import (
	"slices"
)

// The exact search of a domain: a shortest text that is in some languages and in none of others, or that there is
// none. Read language.go first. Its letters are chosen in alphabet.go.

// A product is the automata of a domain's sequences, walked at once. Its states are sets of places: those of all
// sequences, in one row of bits, so that a character moves all of them by a few operations on whole words.
type product struct {
	letters []rune
	words   int
	move    [][]uint64 // for each letter, the places that can read it
	stay    []uint64   // the places that reading does not leave: stars
	skip    []uint64   // the places that can be passed without reading
	groups  []group
	tracks  []track
	bytes   int // what it holds
}

// A group is one language of the domain: the tracks from first to before last.
type group struct {
	first, last int
	low, high   int  // its places: from low to before high
	must        bool // the text has to be in the language; else it must not be
}

// A track is one sequence: its places from low to end, where it accepts.
type track struct {
	low, end int
	// wide are the places, highest first, of stars that take every letter. What can be read from a place before such a
	// star can also be read from the star.
	wide []int
	open int // the place from which every text is accepted, or -1
}

// newProduct lays the sequences out. Where the budget does not suffice, the product is none to walk.
func newProduct(d *textDomain, b *budget) *product {
	p := &product{}
	var items [][]item
	free := 0 // the next place
	add := func(l language, must bool) {
		g := group{first: len(p.tracks), low: free, must: must}
		for i := range l {
			path := l[i].path()
			t := track{low: free, end: free + len(path), open: -1}
			p.tracks, items, free = append(p.tracks, t), append(items, path), t.end+1
		}
		g.last, g.high = len(p.tracks), free
		p.groups = append(p.groups, g)
	}
	add(d.base, true)
	for _, l := range d.in {
		add(l, true)
	}
	for _, l := range d.out {
		add(l, false)
	}
	p.letters = alphabet(union(items[:p.groups[0].last]), items)
	if free > 0 {
		p.words = (free-1)/64 + 1
	}
	places := 64 * p.words
	p.bytes = 8*p.words*(len(p.letters)+2) + 24*places
	if !b.hold(p.bytes) || !b.spend(places*len(p.letters)/256) {
		return p
	}
	p.stay, p.skip = make([]uint64, p.words), make([]uint64, p.words)
	room := make([]uint64, len(p.letters)*p.words)
	for range p.letters {
		p.move, room = append(p.move, room[:p.words:p.words]), room[p.words:]
	}
	for i := range p.tracks {
		p.lay(&p.tracks[i], items[i])
	}
	return p
}

// lay notes what the places of a track can do.
func (p *product) lay(t *track, items []item) {
	for i := range items {
		it, place := &items[i], t.low+i
		reads := 0
		for l, r := range p.letters {
			if it.has(r) {
				set(p.move[l], place)
				reads++
			}
		}
		if it.kind != '1' {
			set(p.skip, place)
		}
		if it.kind == '*' {
			set(p.stay, place)
			if reads == len(p.letters) {
				t.wide = append(t.wide, place)
			}
		}
	}
	slices.Reverse(t.wide)
	if len(t.wide) > 0 && t.wide[0] == t.end-1 {
		t.open = t.wide[0]
	}
}

func set(b []uint64, i int) { b[i>>6] |= 1 << (uint(i) & 63) }

func has(b []uint64, i int) bool { return b[i>>6]>>(uint(i)&63)&1 == 1 }

// wipe takes the places from low to before high out of the set.
func wipe(b []uint64, low, high int) {
	for w := low >> 6; w <= (high-1)>>6 && low < high; w++ {
		mask := ^uint64(0)
		if w == low>>6 {
			mask &= ^uint64(0) << (uint(low) & 63)
		}
		if w == (high-1)>>6 {
			mask &= ^uint64(0) >> (63 - uint(high-1)&63)
		}
		b[w] &^= mask
	}
}

// within tells whether one of the places from low to before high is in the set.
func within(b []uint64, low, high int) bool {
	for w := low >> 6; w <= (high-1)>>6 && low < high; w++ {
		v := b[w]
		if w == low>>6 {
			v &= ^uint64(0) << (uint(low) & 63)
		}
		if w == (high-1)>>6 {
			v &= ^uint64(0) >> (63 - uint(high-1)&63)
		}
		if v != 0 {
			return true
		}
	}
	return false
}

// start is the state before the first character.
func (p *product) start() []uint64 {
	b := make([]uint64, p.words)
	for _, t := range p.tracks {
		set(b, t.low)
	}
	p.pass(b)
	return b
}

// pass adds the places that can be reached without a character.
func (p *product) pass(b []uint64) {
	for more := true; more; {
		more = false
		carry := uint64(0)
		for w := range b {
			hop := b[w] & p.skip[w]
			grown := b[w] | hop<<1 | carry
			carry = hop >> 63
			more = more || grown != b[w]
			b[w] = grown
		}
	}
}

// readable tells at little cost whether each language that the text has to be in can read the letter.
func (p *product) readable(b []uint64, letter int) bool {
	can := p.move[letter]
	for i := range p.groups {
		g := &p.groups[i]
		if !g.must || g.low == g.high {
			continue
		}
		first, last := g.low>>6, (g.high-1)>>6
		some := uint64(0)
		for w := first; w <= last; w++ {
			both := b[w] & can[w]
			if w == first {
				both &= ^uint64(0) << (uint(g.low) & 63)
			}
			if w == last {
				both &= ^uint64(0) >> (63 - uint(g.high-1)&63)
			}
			some |= both
		}
		if some == 0 {
			return false
		}
	}
	return true
}

// read moves a state by a letter, which the places in moving can read. It tells false where nothing can follow that is
// in the domain.
func (p *product) read(next, moving []uint64) bool {
	carry := uint64(0)
	for w, at := range moving {
		going := at &^ p.stay[w]
		next[w] = at&p.stay[w] | going<<1 | carry
		carry = going >> 63
	}
	p.pass(next)
	return p.alive(next)
}

// alive tells whether a state can lead to a text of the domain, as far as each language for itself tells; and it puts
// equal states into one form.
func (p *product) alive(b []uint64) bool {
	for _, g := range p.groups {
		if g.first == g.last {
			if g.must {
				return false
			}
			continue
		}
		if !within(b, g.low, g.high) {
			if g.must {
				return false
			}
			continue
		}
		for i := g.first; i < g.last; i++ {
			t := &p.tracks[i]
			if t.open >= 0 && has(b, t.open) {
				if !g.must {
					return false // whatever follows must not be
				}
				wipe(b, g.low, g.high) // whatever follows will do
				set(b, t.open)
				set(b, t.end)
				break
			}
			for _, wide := range t.wide {
				if has(b, wide) {
					wipe(b, t.low, wide)
					break
				}
			}
		}
	}
	return true
}

func (p *product) accepts(b []uint64) bool {
	for _, g := range p.groups {
		some := false
		for i := g.first; i < g.last && !some; i++ {
			some = has(b, p.tracks[i].end)
		}
		if some != g.must {
			return false
		}
	}
	return true
}
