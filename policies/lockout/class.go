package lockout

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sets of characters, of which the sequences of language.go are made.

// A class is a set of characters.
type class struct {
	ascii [2]uint64
	runes []rune // characters outside ASCII that are in it
	rest  bool   // and all others outside ASCII
}

func (c *class) has(r rune) bool {
	if r < utf8.RuneSelf {
		return c.ascii[r>>6]>>(uint(r)&63)&1 == 1
	}
	return c.rest || slices.Contains(c.runes, r)
}

// ranges is a class of ASCII characters, given as pairs of a first and a last.
func ranges(pairs string) *class {
	var c class
	for i := 0; i+1 < len(pairs); i += 2 {
		for r := pairs[i]; r <= pairs[i+1]; r++ {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	return &c
}

// letters is the class with everything outside ASCII, where the letters of most languages are.
func letters(c *class) *class {
	c.rest = true
	return c
}

// folded is the class of a character in every letter case, or nil for one that has only one. Wide holds the letters
// outside ASCII too that Unicode takes for the same.
func folded(r rune, wide bool) *class {
	var c class
	n := 0
	for f := r; ; {
		switch {
		case f < utf8.RuneSelf:
			c.ascii[f>>6] |= 1 << (uint(f) & 63)
			n++
		case wide || f == r:
			c.runes = append(c.runes, f)
			n++
		}
		if f = unicode.SimpleFold(f); f == r {
			break
		}
	}
	if n < 2 {
		return nil
	}
	return &c
}

// foldsAbroad tells whether a text has letters that Unicode takes for the same as others outside ASCII.
func foldsAbroad(v string) bool {
	return strings.ContainsFunc(v, func(r rune) bool {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if f >= utf8.RuneSelf || r >= utf8.RuneSelf {
				return true
			}
		}
		return false
	})
}

// without is the class less an ASCII character.
func (c *class) without(r rune) *class {
	less := *c
	less.ascii[r>>6] &^= 1 << (uint(r) & 63)
	return &less
}

// The classes that patterns and ids are made of. They are never changed; two items have the same class if they point to
// the same.
var (
	anything         = &class{ascii: [2]uint64{^uint64(0), ^uint64(0)}, rest: true}
	anyButColon      = anything.without(':')
	anyButSlash      = anything.without('/')
	nothing          = &class{}
	visible          = ranges("!~")
	visibleButColon  = visible.without(':')
	nameSet          = ranges("azAZ09__++==,,..@@--") // of users, roles and sessions
	upperNum         = ranges("AZ09")
	lowerNum         = ranges("az09")
	hostSet          = ranges("az09..--")
	regionSet        = ranges("az09--")
	digits           = ranges("09")
	lettersAndDigits = ranges("az09--")
	lowerLetters     = ranges("az")
	hexAndDash       = ranges("afAF09--")
	lettersAndDash   = ranges("az--")
	resourceIDs      = ranges("az09")                              // of VPCs, their endpoints, and what else AWS makes up
	unitSet          = ranges("az09--//")                          // of the path of an organizational unit
	resourceSet      = visible.without('*').without('?')           // of the last part of an ARN
	tagSet           = letters(ranges("azAZ09  __..:://==++--@@")) // of tags on principals
)
