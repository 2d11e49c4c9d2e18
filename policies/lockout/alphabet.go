package lockout

import (
	"slices"
	"unicode/utf8"
)

// The letters of an automaton: one for each kind of character that the patterns tell apart.

// readable are the characters in the order in which a person would choose among those that no pattern tells apart.
const readable = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_/.:@+=,"

// union is the class of all characters that some item reads.
func union(sequences [][]item) *class {
	all := &class{}
	for _, items := range sequences {
		for i := range items {
			switch it := &items[i]; {
			case it.set != nil:
				all.ascii[0] |= it.set.ascii[0]
				all.ascii[1] |= it.set.ascii[1]
				all.runes, all.rest = append(all.runes, it.set.runes...), all.rest || it.set.rest
			case it.r < utf8.RuneSelf:
				all.ascii[it.r>>6] |= 1 << (uint(it.r) & 63)
			default:
				all.runes = append(all.runes, it.r)
			}
		}
	}
	return all
}

// alphabet is one character for each kind that the sequences tell apart, of those that the base can have.
func alphabet(base *class, all [][]item) []rune {
	candidates := make([]rune, 0, 256)
	candidates = append(candidates, []rune(readable)...)
	for r := range rune(utf8.RuneSelf) {
		candidates = append(candidates, r)
	}
	named := map[rune]bool{}
	var classes []*class
	for _, items := range all {
		for i := range items {
			switch it := &items[i]; {
			case it.set == nil:
				named[it.r] = true
			case !slices.Contains(classes, it.set):
				classes = append(classes, it.set)
			}
		}
	}
	foreign := []rune{'ж'} // for all characters outside ASCII that no pattern names
	for _, c := range classes {
		foreign = append(foreign, c.runes...)
	}
	for r := range named {
		if r >= utf8.RuneSelf {
			foreign = append(foreign, r)
		}
	}
	slices.Sort(foreign) // a map has no order
	return tellApart(append(candidates, foreign...), named, classes, base)
}

// tellApart keeps, of the characters, those that a pattern names, and of the others the first of each kind.
func tellApart(candidates []rune, named map[rune]bool, classes []*class, base *class) []rune {
	var letters []rune
	var kinds [][]bool
	kept := map[rune]bool{}
	kind := make([]bool, len(classes))
	for _, r := range candidates {
		if !base.has(r) || kept[r] {
			continue
		}
		if !named[r] {
			for i, c := range classes {
				kind[i] = c.has(r)
			}
			if slices.ContainsFunc(kinds, func(k []bool) bool { return slices.Equal(k, kind) }) {
				continue
			}
			kinds = append(kinds, slices.Clone(kind))
		}
		kept[r] = true
		letters = append(letters, r)
	}
	return letters
}
