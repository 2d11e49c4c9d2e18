package lockout

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A node is one state of the product of all automata, and how the search came to it.
type node struct {
	places []bits // of base, in and out, one after the other
	from   int
	by     rune
}

// search walks the product of all sequences breadth first, so that the shortest text is found, or that there is none.
func (d *textDomain) search(b *budget) (string, bool) {
	groups := append(append([]language{d.base}, d.in...), d.out...)
	must := 1 + len(d.in)
	letters := alphabet(groups)
	start := node{from: -1}
	for _, g := range groups {
		for i := range g {
			start.places = append(start.places, g[i].start())
		}
	}
	nodes, seen := []node{start}, map[string]bool{key(start.places): true}
	for at := 0; at < len(nodes); at++ {
		if accepts(groups, must, nodes[at].places) {
			return spell(nodes, at), true
		}
		for _, r := range letters {
			if !b.spend(1) {
				return "", false
			}
			next, alive := advance(groups, must, nodes[at].places, r)
			if !alive {
				continue
			}
			if k := key(next); !seen[k] {
				seen[k] = true
				nodes = append(nodes, node{next, at, r})
			}
		}
	}
	return "", false
}

func accepts(groups []language, must int, places []bits) bool {
	n := 0
	for i, g := range groups {
		some := false
		for j := range g {
			some = some || g[j].accepts(places[n])
			n++
		}
		if some != (i < must) {
			return false
		}
	}
	return true
}

func advance(groups []language, must int, places []bits, r rune) (next []bits, alive bool) {
	next = make([]bits, len(places))
	n := 0
	for i, g := range groups {
		some := i >= must
		for j := range g {
			next[n] = g[j].step(places[n], r)
			some = some || !next[n].empty()
			n++
		}
		if !some {
			return nil, false
		}
	}
	return next, true
}

func key(places []bits) string {
	var b strings.Builder
	for _, p := range places {
		for _, w := range p {
			for range 8 {
				b.WriteByte(byte(w))
				w >>= 8
			}
		}
	}
	return b.String()
}

func spell(nodes []node, at int) string {
	var runes []rune
	for ; nodes[at].from >= 0; at = nodes[at].from {
		runes = append(runes, nodes[at].by)
	}
	slices.Reverse(runes)
	return string(runes)
}

// readable are the characters in the order in which a person would choose among those that no pattern tells apart.
const readable = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_/.:@+=,"

// alphabet is one character for each kind that the sequences tell apart.
func alphabet(groups []language) []rune {
	candidates := []rune(readable)
	for r := rune(0); r < utf8.RuneSelf; r++ {
		candidates = append(candidates, r)
	}
	candidates = append(candidates, 'ж') // for all characters outside ASCII that no pattern names
	for _, g := range groups {
		for i := range g {
			for _, it := range g[i].items {
				candidates = append(candidates, it.set.runes...)
			}
		}
	}
	var classes []class
	known := map[string]bool{}
	for _, g := range groups {
		for i := range g {
			for _, it := range g[i].items {
				k := string(it.set.runes) + key([]bits{it.set.ascii[:]})
				if it.set.rest {
					k += "r"
				}
				if !known[k] {
					known[k], classes = true, append(classes, it.set)
				}
			}
		}
	}
	var letters []rune
	told := map[string]bool{}
	signature := make([]byte, len(classes))
	for _, r := range candidates {
		for i, c := range classes {
			signature[i] = '0'
			if c.has(r) {
				signature[i] = '1'
			}
		}
		if !told[string(signature)] {
			told[string(signature)] = true
			letters = append(letters, r)
		}
	}
	return letters
}
