package lockout

// The bounds of a verdict: how many steps it may take and how many bytes it may hold.

// What one verdict may cost. Both bounds count, so that the same policy gets the same answer on every machine.
const (
	steps    = 60_000    // a step is a letter read by one state of an automaton, or a clause that is looked at
	maxBytes = 6 << 20   // what the prover holds for one verdict: compiled patterns, points and automata's states
	light    = 512 << 10 // what verdicts may hold side by side; one that holds more waits for its turn
)

// turn is taken by the one verdict in this process that may hold more than a light one. It bounds memory only, and no
// answer depends on it.
var turn = make(chan struct{}, 1)

// A memory counts what one verdict holds.
type memory struct {
	held int
	turn bool
}

// release gives the turn back.
func (m *memory) release() {
	if m.turn {
		m.turn = false
		<-turn
	}
}

// A budget bounds one search of a verdict.
type budget struct {
	left   int  // steps
	out    bool // steps or bytes have run out: what was not found may still be there
	memory *memory
}

// fresh is a budget of steps for another search of the same verdict.
func (s *setting) fresh() *budget { return &budget{left: steps, memory: s.memory} }

// spend takes steps. It tells false once there are none left.
func (b *budget) spend(n int) bool {
	if b.left -= n; b.left < 0 {
		b.out = true
	}
	return !b.out
}

// hold takes bytes, and waits for the turn where they are many. It tells false where the verdict would hold too many;
// free gives them back in any case.
func (b *budget) hold(n int) bool {
	b.memory.held += n
	if b.memory.held > light && !b.memory.turn {
		turn <- struct{}{}
		b.memory.turn = true
	}
	if b.memory.held > maxBytes {
		b.out = true
	}
	return !b.out
}

// free gives bytes back.
func (b *budget) free(n int) { b.memory.held -= n }
