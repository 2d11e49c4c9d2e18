package reach

// This file runs a resource pattern over all names that there can be, at once.

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// A language is a set of texts: all that begin with head and go on with a name. A name has between least and most
// letters, digits, dots, hyphens and underscores; in a wide language it has whatever characters. With most 0 it is the
// head alone.
type language struct {
	head        string
	least, most int
	wide        bool
}

// A token is one character of a pattern, or a wildcard.
type token struct {
	char byte
	any  bool // * stands for any run of characters
	one  bool // ? stands for one
}

// fits tells whether the token can stand for a character. The character 0 stands for all characters of a name, so that
// only a wildcard surely fits it.
func (t token) fits(char byte) bool { return t.any || t.one || t.char == char && char != 0 }

// tokens reads a resource pattern. It is not ok where the documentation does not say what is meant: a variable before
// the fifth colon, or in a form that is not known. Values says what a variable holds, if that is known.
func tokens(pattern string, variables bool, values func(key string) (string, bool)) (all []token, ok bool) {
	colons := 0
	for i := 0; i < len(pattern); i++ {
		char := pattern[i]
		if variables && strings.HasPrefix(pattern[i:], "${") {
			inner, _, closed := strings.Cut(pattern[i+2:], "}")
			text, known := value(inner, values)
			if !closed || !known || colons < 5 {
				return nil, false
			}
			for j := range len(text) {
				all = append(all, token{char: text[j]})
			}
			i += len("${") + len(inner)
			continue
		}
		if char == ':' {
			colons++
		}
		all = append(all, token{char: char, any: char == '*', one: char == '?'})
	}
	return all, true
}

// value is the text that a policy variable stands for, where that is the same in every request.
func value(inner string, values func(key string) (string, bool)) (string, bool) {
	if inner == "*" || inner == "?" || inner == "$" {
		return inner, true
	}
	key, _, _, ok := policies.ParseVariable(inner)
	if !ok {
		return "", false
	}
	return values(key)
}

// A run is where a pattern can stand after some characters: bit i says that the first i tokens are used up.
type run struct {
	pattern []token
	at      []bool
	// strict says that no wildcard reaches over one of the first five colons, save a * at the pattern's end. Whether
	// AWS reads patterns so is documented for most of the cases and contradicted for some.
	strict bool
}

func start(pattern []token, strict bool) run {
	r := run{pattern: pattern, at: make([]bool, len(pattern)+1), strict: strict}
	r.at[0] = true
	r.rest()
	return r
}

// rest lets each * stand for nothing.
func (r *run) rest() {
	for i, t := range r.pattern {
		if r.at[i] && t.any {
			r.at[i+1] = true
		}
	}
}

// step reads one character, for which could tells whether a token can stand.
func (r *run) step(could func(token) bool, colon bool) {
	next := make([]bool, len(r.at))
	for i, t := range r.pattern {
		switch over := r.strict && colon && !(t.any && i == len(r.pattern)-1); {
		case !r.at[i] || !could(t):
		case (t.any || t.one) && over:
		case t.any:
			next[i] = true
		default:
			next[i+1] = true
		}
	}
	r.at = next
	r.rest()
}

// read reads the head of a language.
func (r *run) read(head string) {
	for i := range len(head) {
		r.step(func(t token) bool { return t.fits(head[i]) }, head[i] == ':')
	}
}

func (r *run) done() bool { return r.at[len(r.pattern)] }

func (r *run) dead() bool { return !slices.Contains(r.at, true) }

// all tells whether the pattern surely matches every text.
func (l language) all(pattern []token) bool {
	r := start(pattern, true)
	r.read(l.head)
	for n := 0; ; n++ {
		if n >= l.least && !r.done() {
			return false
		}
		if n == l.most || r.dead() {
			return n == l.most
		}
		r.step(func(t token) bool { return t.fits(0) }, false)
	}
}

// some tells whether the pattern may match some text, in the strict reading or in the one in which wildcards reach
// anywhere.
func (l language) some(pattern []token, strict bool) bool {
	r := start(pattern, strict)
	r.read(l.head)
	for n := 0; n <= l.most && !r.dead(); n++ {
		if n >= l.least && r.done() {
			return true
		}
		r.step(func(t token) bool { return t.any || t.one || l.wide || named(t.char) }, false)
	}
	return false
}

// example is a short text that the pattern matches, wildcards reaching anywhere, and that a resource can be named by
// today; or "".
func (l language) example(pattern []token) string {
	r := start(pattern, false)
	r.read(l.head)
	ways := map[int]string{} // by how much of the pattern is used up, a name that leads there
	for i, at := range r.at {
		if at {
			ways[i] = ""
		}
	}
	for n := 0; n <= l.most && len(ways) > 0; n++ {
		if name, ok := ways[len(pattern)]; ok && n >= l.least && usual(name) {
			return l.head + name
		}
		ways = longer(ways, pattern)
	}
	return ""
}

// longer makes each name one character longer, in the ways that the pattern allows.
func longer(ways map[int]string, pattern []token) map[int]string {
	next := map[int]string{}
	for i, t := range pattern {
		name, ok := ways[i]
		switch {
		case !ok:
		case t.any:
			next[i] = name + "x"
		case t.one:
			next[i+1] = name + "x"
		case named(t.char):
			next[i+1] = name + string(t.char)
		}
		if name, ok := next[i]; ok && t.any {
			next[i+1] = name
		}
	}
	return next
}

// usual tells whether buckets and queues of today can both have the name, but for its length.
func usual(name string) bool {
	inner := strings.Trim(name, "-._")
	return inner == name && !strings.ContainsAny(name, "_.") && strings.ToLower(name) == name
}

// named tells whether a name can have the character.
func named(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._", c) >= 0
}
