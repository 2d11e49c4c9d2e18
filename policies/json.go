package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A node is one JSON value with its place in the text. Unlike encoding/json's values it keeps duplicate keys and the spelling of numbers.
type node struct {
	kind    kind
	text    string // of a string, number or boolean
	members []member
	items   []*node
	at, end int
}

type kind string

const (
	object  kind = "object"
	list    kind = "list"
	text    kind = "string"
	number  kind = "number"
	boolean kind = "boolean"
	null    kind = "null"
)

type member struct {
	name  string
	at    int
	value *node
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
func (r *reader) read() (*node, error) {
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

func (r *reader) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, r.fail(r.next(), "document", fmt.Sprintf("nested more than %d deep", maxDepth), "")
	}
	n := &node{at: r.next()}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.broken(err)
	}
	switch t := token.(type) {
	case json.Delim:
		err = r.inside(n, t, depth)
	case string:
		n.kind, n.text = text, t
	case json.Number:
		n.kind, n.text = number, t.String()
	case bool:
		n.kind, n.text = boolean, fmt.Sprint(t)
	default:
		n.kind, n.text = null, "null"
	}
	n.end = int(r.decoder.InputOffset())
	return n, err
}

func (r *reader) inside(n *node, open json.Delim, depth int) error {
	n.kind = list
	if open == '{' {
		n.kind = object
	}
	for r.decoder.More() {
		m := member{at: r.next()}
		if n.kind == object {
			name, err := r.decoder.Token()
			if err != nil {
				return r.broken(err)
			}
			m.name, _ = name.(string)
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if m.value = value; n.kind == object {
			n.members = append(n.members, m)
		} else {
			n.items = append(n.items, value)
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

func (r *reader) position(offset int) Position {
	before := r.text[:min(offset, len(r.text))]
	return Position{Line: 1 + bytes.Count(before, []byte("\n")), Column: len(before) - bytes.LastIndexByte(before, '\n'), Offset: len(before)}
}

func (r *reader) fail(offset int, path, text, hint string) error {
	return &SyntaxError{Problem{At: r.position(offset), Path: path, Text: text, Hint: hint}}
}
