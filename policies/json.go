package policies

// This file reads JSON and keeps the place of every value. The allow list and the templates are read by it, too.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Value is one JSON value with its place in the text. encoding/json would drop duplicate keys and places; its
// decoder's tokens keep them at ten times the cost, which every event of the organization would pay.
type Value struct {
	Type       Type
	Text       string // of a string, number or boolean
	Members    []Member
	Items      []Value
	Start, End int // byte offsets
}

// Type is the type of a JSON value.
type Type string

// The types.
const (
	Object  Type = "object"
	List    Type = "list"
	String  Type = "string"
	Number  Type = "number"
	Boolean Type = "boolean"
	NullVal Type = "null"
)

// article is the type's name in a sentence.
func (t Type) article() string {
	switch t {
	case Object:
		return "an object"
	case NullVal:
		return "null"
	}
	return "a " + string(t)
}

// A Member is a name in a JSON object, and its value.
type Member struct {
	Name  string
	Start int // byte offset of the name
	Value Value
}

// ReadJSON reads a text as one JSON value of at most 1 MiB and 64 levels. The error is a *[SyntaxError].
func ReadJSON(text []byte) (*Value, error) {
	r := &reader{text: text}
	if len(text) > maxSize {
		return nil, r.fail(0, "document", fmt.Sprintf("%d bytes long", len(text)), "no policy is longer than 1 MiB")
	}
	if at := invalidUTF8(text); at >= 0 {
		return nil, r.fail(at, "document", "not valid UTF-8", "")
	}
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if r.space(); r.pos < len(text) {
		return nil, r.fail(r.pos, "document", "more text after the policy", "")
	}
	return &v, nil
}

// PositionIn is the position of a byte offset in a text.
func PositionIn(text []byte, offset int) Position {
	before := text[:min(offset, len(text))]
	line, column := 1+bytes.Count(before, []byte("\n")), len(before)-bytes.LastIndexByte(before, '\n')
	return Position{Line: line, Column: column, Offset: len(before)}
}

// Bounds keep a hostile text from costing memory or stack.
const (
	maxSize     = 1 << 20   // bytes of a JSON text
	maxPolicy   = 256 << 10 // bytes of a policy
	maxDepth    = 64        // levels of lists and objects
	maxProblems = 100       // of one condition
	maxExpanded = 64 << 10  // bytes of a value whose policy variables are expanded; no key's value is longer
)

func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; ; {
		c, size := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}

// A reader reads JSON by RFC 8259.
type reader struct {
	text  []byte
	pos   int
	lines []int // where each line begins, once a position has been asked for
}

func (r *reader) fail(offset int, path, text, hint string) error {
	return &SyntaxError{Problem{At: r.position(offset), Path: path, Text: text, Hint: hint}}
}

// position does what [PositionIn] does, and looks for the line breaks only once: a hostile text can hold a hundred
// thousand keys.
func (r *reader) position(offset int) Position {
	if r.lines == nil {
		r.lines = []int{0}
		for i, c := range r.text {
			if c == '\n' {
				r.lines = append(r.lines, i+1)
			}
		}
	}
	line, found := slices.BinarySearch(r.lines, offset)
	if !found {
		line--
	}
	return Position{Line: line + 1, Column: offset - r.lines[line] + 1, Offset: offset}
}

// unexpected is the error for what stands at the reader's place.
func (r *reader) unexpected(want string) error {
	if r.pos >= len(r.text) {
		return r.fail(r.pos, "document", "not JSON: the text ends too early", "want "+want)
	}
	c, _ := utf8.DecodeRune(r.text[r.pos:])
	return r.fail(r.pos, "document", fmt.Sprintf("not JSON: unexpected %q", c), "want "+want)
}

func (r *reader) space() {
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return
		}
	}
}

// next is the next character that is not white space, or 0.
func (r *reader) next() byte {
	if r.space(); r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

func (r *reader) value(depth int) (v Value, err error) {
	c := r.next()
	v.Start = r.pos
	switch {
	case depth == maxDepth && (c == '{' || c == '['):
		return v, r.fail(r.pos, "document", fmt.Sprintf("nested more than %d deep", maxDepth), "")
	case c == '{':
		v.Type = Object
		err = r.inside('}', func() error { return r.member(&v, depth) })
	case c == '[':
		v.Type = List
		err = r.inside(']', func() error { return r.item(&v, depth) })
	case c == '"':
		v.Type = String
		v.Text, err = r.string()
	default:
		err = r.scalar(&v)
	}
	v.End = r.pos
	return v, err
}

// inside reads what stands between brackets, parted by commas.
func (r *reader) inside(end byte, each func() error) error {
	r.pos++
	if r.next() == end {
		r.pos++
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		switch r.next() {
		case ',':
			r.pos++
		case end:
			r.pos++
			return nil
		default:
			return r.unexpected("a comma or " + string(end))
		}
	}
}

func (r *reader) member(v *Value, depth int) (err error) {
	if r.next() != '"' {
		return r.unexpected("a name in double quotes")
	}
	m := Member{Start: r.pos}
	if m.Name, err = r.string(); err != nil {
		return err
	}
	if r.next() != ':' {
		return r.unexpected("a colon")
	}
	r.pos++
	m.Value, err = r.value(depth + 1)
	v.Members = append(v.Members, m)
	return err
}

func (r *reader) item(v *Value, depth int) error {
	item, err := r.value(depth + 1)
	v.Items = append(v.Items, item)
	return err
}

// string reads a string. One with escapes is left to encoding/json, save half a surrogate pair. There it would put a
// replacement character in its place, and what AWS makes of it is not documented.
func (r *reader) string() (string, error) {
	start, escaped := r.pos, false
	for r.pos++; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; {
		case c == '\\':
			escaped = true
			r.pos++
		case c < ' ':
			return "", r.unexpected("no control character in a string")
		case c != '"':
		default:
			r.pos++
			if !escaped {
				return string(r.text[start+1 : r.pos-1]), nil
			}
			var s string
			raw := r.text[start:r.pos]
			if err := json.Unmarshal(raw, &s); err != nil {
				return "", r.fail(start, "document", "not JSON: a string with an unknown escape", "")
			}
			if halfPair(string(raw)) {
				return "", r.fail(start, "document", "not text: a string with half a surrogate pair", "")
			}
			return s, nil
		}
	}
	r.pos = len(r.text)
	return "", r.unexpected("the end of a string")
}

// halfPair tells whether a string's escapes, which are well formed, leave half of a surrogate pair alone.
func halfPair(raw string) bool {
	unit := func(s string) rune {
		if !strings.HasPrefix(s, `\u`) {
			return 0
		}
		n, _ := strconv.ParseUint(s[2:6], 16, 16)
		return rune(n)
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if u := unit(raw[i:]); utf16.IsSurrogate(u) {
			if utf16.DecodeRune(u, unit(raw[i+6:])) == utf8.RuneError {
				return true
			}
			i += 6 // past the second half's backslash, with the loop's own step
		}
		i++
	}
	return false
}

// scalar reads a number, true, false or null, the number as it is spelled.
func (r *reader) scalar(v *Value) error {
	start := r.pos
	for r.pos < len(r.text) && bytes.IndexByte([]byte("{}[]:,\" \t\r\n"), r.text[r.pos]) < 0 {
		r.pos++
	}
	v.Text = string(r.text[start:r.pos])
	switch {
	case v.Text == "true" || v.Text == "false":
		v.Type = Boolean
	case v.Text == "null":
		v.Type = NullVal
	case v.Text != "" && json.Valid(r.text[start:r.pos]):
		v.Type = Number
	default:
		r.pos = start
		return r.unexpected("a value")
	}
	return nil
}
