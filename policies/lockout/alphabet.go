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
	var named characters
	var classes []*class
	for _, items := range all {
		for i := range items {
			switch it := &items[i]; {
			case it.set == nil:
				named.add(it.r)
			case !slices.Contains(classes, it.set):
				classes = append(classes, it.set)
			}
		}
	}
	foreign := []rune{'ж'} // for all characters outside ASCII that no pattern names
	for _, c := range classes {
		foreign = append(foreign, c.runes...)
	}
	for r := range named.foreign {
		foreign = append(foreign, r)
	}
	slices.Sort(foreign) // a map has no order
	return tellApart(append(slices.Clip(byReadability), foreign...), &named, classes, base)
}

// byReadability are the characters of ASCII, some of them twice.
var byReadability = func() []rune {
	all := []rune(readable)
	for r := range rune(utf8.RuneSelf) {
		all = append(all, r)
	}
	return all
}()

// tellApart keeps, of the characters, those that a pattern names, and of the others the first of each kind.
func tellApart(candidates []rune, named *characters, classes []*class, base *class) []rune {
	letters := make([]rune, 0, 64)
	var kept characters
	var kinds [][]bool
	kind := make([]bool, len(classes))
	for _, r := range candidates {
		if !base.has(r) || kept.has(r) {
			continue
		}
		if !named.has(r) {
			for i, c := range classes {
				kind[i] = c.has(r)
			}
			if slices.ContainsFunc(kinds, func(k []bool) bool { return slices.Equal(k, kind) }) {
				continue
			}
			kinds = append(kinds, slices.Clone(kind))
		}
		kept.add(r)
		letters = append(letters, r)
	}
	return letters
}

// A characters is a set of characters that grows.
type characters struct {
	ascii   [2]uint64
	foreign map[rune]bool
}

func (c *characters) has(r rune) bool {
	if r < utf8.RuneSelf {
		return has(c.ascii[:], int(r))
	}
	return c.foreign[r]
}

func (c *characters) add(r rune) {
	if r < utf8.RuneSelf {
		set(c.ascii[:], int(r))
		return
	}
	if c.foreign == nil {
		c.foreign = map[rune]bool{}
	}
	c.foreign[r] = true
}
