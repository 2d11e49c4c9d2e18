package lockout

import "slices"

// The walk over the states of the automata (automaton.go), breadth first, so that the shortest text is found, or that
// there is none.

// search walks the states breadth first, so that the shortest text is found, or that there is none. The empty text is
// taken only where there is no other, since ForAllValues and ForAnyValue do not tell an empty value from none.
func (d *textDomain) search(b *budget) (string, bool) {
	p := newProduct(d, b)
	defer func() { b.free(p.bytes) }()
	if b.out {
		return "", false
	}
	w := walk{product: p, budget: b, seen: map[uint64]int32{}}
	defer w.free()
	first := p.start()
	empty := p.alive(first)
	if empty {
		w.visit(first, -1, 0)
		empty = p.accepts(first)
	}
	next := make([]uint64, p.words)
	t := tried{words: p.words, rows: make([]uint64, p.words*mostTried)}
	for at := 0; at < len(w.steps); at++ {
		t.n = 0
		if at > 0 && p.accepts(w.state(at)) {
			return w.text(at), true
		}
		for l := range p.letters {
			if !b.spend(1 + p.words/16) {
				return "", empty
			}
			if p.readable(w.state(at), l) && t.another(w.state(at), p.move[l]) && p.read(next, t.last()) {
				w.visit(next, at, l)
			}
		}
	}
	return "", empty
}

// A tried holds the places of one state that letters could move. A letter that moves the same places as one before it
// leads nowhere else.
type tried struct {
	words, n int
	rows     []uint64
}

// mostTried is how many letters of a state are told apart.
const mostTried = 16

// another notes the places of a state that a letter can move. It tells false where a letter before it moved the same.
func (t *tried) another(state, can []uint64) bool {
	t.n = min(t.n, mostTried-1)
	row := t.rows[t.n*t.words:][:t.words]
	for w := range row {
		row[w] = state[w] & can[w]
	}
	for i := range t.n {
		if slices.Equal(t.rows[i*t.words:][:t.words], row) {
			return false
		}
	}
	t.n++
	return true
}

// last are the places that were noted last.
func (t *tried) last() []uint64 { return t.rows[(t.n-1)*t.words:][:t.words] }

// A step is how the walk came to a state: from another, by a letter. Alike is the state before it whose bits come to
// the same sum, or -1.
type step struct{ from, by, alike int32 }

// A walk is the states that were reached, in the order in which they were. They lie in blocks, so that growing moves
// none of them.
type walk struct {
	*product
	*budget
	blocks [][]uint64
	steps  []step
	seen   map[uint64]int32 // the latest state whose bits come to a sum
	held   int
}

const statesInBlock = 64

func (w *walk) state(i int) []uint64 {
	block := w.blocks[i/statesInBlock]
	return block[i%statesInBlock*w.words:][:w.words:w.words]
}

// visit notes a state, unless it was reached before. The first is not noted as reached: a longer text may lead to it
// again.
func (w *walk) visit(state []uint64, from, by int) {
	s, sum := step{int32(from), int32(by), -1}, sumOf(state)
	if at, there := w.seen[sum]; there {
		s.alike = at
	}
	for i := s.alike; i >= 0 && from >= 0; i = w.steps[i].alike {
		if slices.Equal(w.state(int(i)), state) {
			return
		}
	}
	if len(w.steps)%statesInBlock == 0 {
		size := 8*w.words*statesInBlock + 64*statesInBlock // a state's bits, and what is noted of it
		w.held += size
		if !w.hold(size) {
			return
		}
		w.blocks = append(w.blocks, make([]uint64, w.words*statesInBlock))
	}
	if from >= 0 {
		w.seen[sum] = int32(len(w.steps))
	}
	w.steps = append(w.steps, s)
	copy(w.state(len(w.steps)-1), state)
}

// sumOf is what a state's bits come to: another for nearly every state.
func sumOf(state []uint64) uint64 {
	sum := uint64(len(state))
	for _, v := range state {
		sum = (sum ^ v) * 0x9e3779b97f4a7c15
		sum ^= sum >> 29
	}
	return sum
}

func (w *walk) free() { w.budget.free(w.held) }

// text is the text that leads to a state.
func (w *walk) text(at int) string {
	var text []rune
	for ; w.steps[at].from >= 0; at = int(w.steps[at].from) {
		text = append(text, w.letters[w.steps[at].by])
	}
	slices.Reverse(text)
	return string(text)
}
