package exhaustive

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// A machine runs one regular expression as a lazily built deterministic automaton.
type machine struct {
	prog *syntax.Prog
	ids  map[string]int
	sets [][]uint32
	next []map[byte]int
}

func newMachine(expression string) *machine {
	re, err := syntax.Parse(`(?s)`+expression, syntax.Perl)
	if err != nil {
		panic("a pattern of this package: " + err.Error())
	}
	prog, _ := syntax.Compile(re.Simplify())
	m := &machine{prog: prog, ids: map[string]int{}}
	m.state(nil) // state 0 is the dead one
	return m
}

// state numbers a set of instructions.
func (m *machine) state(set []uint32) int {
	slices.Sort(set)
	set = slices.Compact(set)
	var key strings.Builder
	for _, pc := range set {
		key.WriteRune(rune(pc))
	}
	if id, ok := m.ids[key.String()]; ok {
		return id
	}
	id := len(m.sets)
	m.ids[key.String()], m.sets, m.next = id, append(m.sets, set), append(m.next, map[byte]int{})
	return id
}

func (m *machine) start() int { return m.state(m.closure(nil, uint32(m.prog.Start))) }

// closure follows what takes no character.
func (m *machine) closure(set []uint32, pc uint32) []uint32 {
	i := &m.prog.Inst[pc]
	switch i.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return m.closure(m.closure(set, i.Out), i.Arg)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		return m.closure(set, i.Out)
	case syntax.InstFail:
		return set
	}
	if slices.Contains(set, pc) {
		return set
	}
	return append(set, pc)
}

func (m *machine) step(state int, c byte) int {
	if to, ok := m.next[state][c]; ok {
		return to
	}
	var set []uint32
	for _, pc := range m.sets[state] {
		i := &m.prog.Inst[pc]
		if i.Op != syntax.InstMatch && i.MatchRune(rune(c)) {
			set = m.closure(set, i.Out)
		}
	}
	to := m.state(set)
	m.next[state][c] = to
	return to
}

func (m *machine) accepts(state int) bool {
	return slices.ContainsFunc(m.sets[state], func(pc uint32) bool { return m.prog.Inst[pc].Op == syntax.InstMatch })
}

// fresh occurs in no policy, so a value that holds it is none that a policy names.
const fresh = "qz7"

// maxStates bounds one exploration. Where it is reached the universe is a sample.
const maxStates = 6000

// An explorer finds, for a shape and some patterns, one string for every way in which the patterns can match a string
// of the shape.
type explorer struct {
	machines []*machine
	letters  []byte
	known    map[string][]string // what was found for the same question before
	compiled map[string]*regexp.Regexp
}

func (e *explorer) regexp(expression string) *regexp.Regexp {
	if e.compiled == nil || len(e.compiled) > 10000 {
		e.compiled = map[string]*regexp.Regexp{}
	}
	if e.compiled[expression] == nil {
		e.compiled[expression] = regexp.MustCompile(expression)
	}
	return e.compiled[expression]
}

// explore returns the strings; the shape and the patterns are regular expressions. Each way is shown twice where it
// can be, with and without the fresh text.
func (e *explorer) explore(shape, extra string, patterns []string) []string {
	patterns = slices.Compact(slices.Sorted(slices.Values(patterns)))
	key := shape + "\x00" + extra + "\x00" + strings.Join(patterns, "\x00")
	if found, ok := e.known[key]; ok {
		return found
	}
	if len(e.known) > 20000 || e.known == nil {
		e.known = map[string][]string{}
	}
	e.machines = []*machine{newMachine(shape), newMachine(`.*` + fresh + `.*`)}
	for _, p := range patterns {
		e.machines = append(e.machines, newMachine(p))
	}
	e.letters = alphabet(extra, patterns)
	found := e.search()
	e.known[key] = found
	return found
}

// alphabet holds every letter that a pattern tells apart, and some that none does.
func alphabet(extra string, patterns []string) []byte {
	all := []byte(fresh + extra)
	for _, p := range patterns {
		all = append(all, literalLetters(p)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var classes = regexp.MustCompile(`\\x[0-9a-f]{2}`)

// literalLetters are the letters that a pattern of globRegexp stands for.
func literalLetters(pattern string) (all []byte) {
	for _, m := range classes.FindAllString(pattern, -1) {
		all = append(all, unhex(m[2])<<4|unhex(m[3]))
	}
	return all
}

func unhex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

type visit struct {
	text   string
	states []int
}

func (e *explorer) search() (found []string) {
	begin := visit{states: make([]int, len(e.machines))}
	for i, m := range e.machines {
		begin.states[i] = m.start()
	}
	seen, signatures := map[string]bool{}, map[string]bool{}
	for queue := []visit{begin}; len(queue) > 0 && len(seen) < maxStates; queue = queue[1:] {
		v := queue[0]
		if e.machines[0].accepts(v.states[0]) {
			if s := e.signature(v.states); !signatures[s] {
				signatures[s] = true
				found = append(found, v.text)
			}
		}
		for _, c := range e.letters {
			w := visit{v.text + string(rune(c)), make([]int, len(v.states))}
			for i, m := range e.machines {
				w.states[i] = m.step(v.states[i], c)
			}
			if w.states[0] == 0 || len(w.text) > 200 {
				continue
			}
			if key := stateKey(w.states); !seen[key] {
				seen[key] = true
				queue = append(queue, w)
			}
		}
	}
	return found
}

func stateKey(states []int) string {
	key := make([]byte, 0, 2*len(states))
	for _, s := range states {
		key = append(key, byte(s), byte(s>>8))
	}
	return string(key)
}

func (e *explorer) signature(states []int) string {
	b := make([]byte, len(states))
	for i, m := range e.machines {
		if m.accepts(states[i]) {
			b[i] = 1
		}
	}
	return string(b)
}

// globRegexp writes a glob as a regular expression; stars says what a star stands for. Letters are written as \xNN.
func globRegexp(p []piece, stars string) string {
	var b strings.Builder
	for _, c := range p {
		switch {
		case c.wild && c.char == '*':
			b.WriteString(stars + "*")
		case c.wild:
			b.WriteString(stars)
		default:
			const hex = "0123456789abcdef"
			b.WriteString(`\x` + string(hex[c.char>>4]) + string(hex[c.char&15]))
		}
	}
	return b.String()
}

// textRegexp is a glob over the whole text; arnRegexp one whose first five parts keep to themselves.
func textRegexp(p []piece) string { return "^" + globRegexp(p, ".") + "$" }

func arnRegexp(p []piece) string {
	ps := parts(p)
	if ps == nil {
		return textRegexp(p)
	}
	var all []string
	for _, one := range ps[:5] {
		all = append(all, globRegexp(one, "[^:]"))
	}
	return "^" + strings.Join(all, `\x3a`) + `\x3a` + globRegexp(ps[5], ".") + "$"
}
