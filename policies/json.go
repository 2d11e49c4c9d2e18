package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A Value is one JSON value with its place in the text. Unlike encoding/json's values it keeps duplicate keys and the spelling of numbers.
type Value struct {
	Type       Type
	Text       string // of a string, number or boolean
	Members    []Member
	Items      []*Value
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

// A Member is a name in a JSON object, and its value.
type Member struct {
	Name  string
	Start int // byte offset of the name
	Value *Value
}

// ReadJSON reads a text as one JSON value of at most 1 MiB and 64 levels. The error is a *[SyntaxError].
func ReadJSON(text []byte) (*Value, error) { return newReader(text).read() }

// PositionIn is the position of a byte offset in a text.
func PositionIn(text []byte, offset int) Position {
	before := text[:min(offset, len(text))]
	return Position{Line: 1 + bytes.Count(before, []byte("\n")), Column: len(before) - bytes.LastIndexByte(before, '\n'), Offset: len(before)}
}

// Bounds keep a hostile text from costing memory or stack.
const (
	maxSize  = 1 << 20
	maxDepth = 64
)

// A reader turns a text into nodes.
type reader struct {
	text    []byte
	decoder *json.Decoder
}

func newReader(text []byte) *reader {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return &reader{text, d}
}

// read reads the whole text as one value.
func (r *reader) read() (*Value, error) {
	if len(r.text) > maxSize {
		return nil, r.fail(0, "document", fmt.Sprintf("%d bytes long", len(r.text)), "no policy is longer than 1 MiB")
	}
	for i := 0; i < len(r.text); {
		c, size := utf8.DecodeRune(r.text[i:])
		if c == utf8.RuneError && size <= 1 {
			return nil, r.fail(i, "document", "not valid UTF-8", "")
		}
		i += size
	}
	n, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if at := r.next(); at < len(r.text) {
		return nil, r.fail(at, "document", "more text after the policy", "")
	}
	return n, nil
}

// next is where the next token begins.
func (r *reader) next() int {
	i := int(r.decoder.InputOffset())
	for i < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,:"), r.text[i]) >= 0 {
		i++
	}
	return i
}

func (r *reader) value(depth int) (*Value, error) {
	if depth > maxDepth {
		return nil, r.fail(r.next(), "document", fmt.Sprintf("nested more than %d deep", maxDepth), "")
	}
	n := &Value{Start: r.next()}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.broken(err)
	}
	switch t := token.(type) {
	case json.Delim:
		err = r.inside(n, t, depth)
	case string:
		n.Type, n.Text = String, t
	case json.Number:
		n.Type, n.Text = Number, t.String()
	case bool:
		n.Type, n.Text = Boolean, fmt.Sprint(t)
	default:
		n.Type, n.Text = NullVal, "null"
	}
	n.End = int(r.decoder.InputOffset())
	return n, err
}

func (r *reader) inside(n *Value, open json.Delim, depth int) error {
	n.Type = List
	if open == '{' {
		n.Type = Object
	}
	for r.decoder.More() {
		m := Member{Start: r.next()}
		if n.Type == Object {
			name, err := r.decoder.Token()
			if err != nil {
				return r.broken(err)
			}
			m.Name, _ = name.(string)
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if m.Value = value; n.Type == Object {
			n.Members = append(n.Members, m)
		} else {
			n.Items = append(n.Items, value)
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.broken(err)
	}
	return nil
}

func (r *reader) broken(err error) error {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return r.fail(max(int(syntax.Offset)-1, 0), "document", "not JSON: "+syntax.Error(), "")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.fail(len(r.text), "document", "not JSON: the text ends too early", "")
	}
	return r.fail(int(r.decoder.InputOffset()), "document", "not JSON: "+err.Error(), "")
}

func (r *reader) position(offset int) Position { return PositionIn(r.text, offset) }

func (r *reader) fail(offset int, path, text, hint string) error {
	return &SyntaxError{Problem{At: r.position(offset), Path: path, Text: text, Hint: hint}}
}
