package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"locksmith/policies"
)

// A file is one input.
type file struct {
	name   string // as it was given or found
	text   []byte
	walked bool  // it was found in a folder, not named
	yaml   bool  // it is read as YAML
	lines  []int // where each line begins
}

func newFile(name string, text []byte) *file {
	// Windows tools put a byte order mark before UTF-8; columns do not count it.
	f := &file{name: name, text: bytes.TrimPrefix(text, []byte("\ufeff")), lines: []int{0}}
	for i, c := range f.text {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// position is the place of a byte offset.
func (f *file) position(offset int) policies.Position {
	offset = min(max(offset, 0), len(f.text))
	line, found := slices.BinarySearch(f.lines, offset)
	if !found {
		line--
	}
	return policies.Position{Line: line + 1, Column: offset - f.lines[line] + 1, Offset: offset}
}

// offset is the byte offset of a place whose column counts characters from 1, as package yaml's do.
func (f *file) offset(line, column int) int {
	if line < 1 || line > len(f.lines) {
		return 0
	}
	at := f.lines[line-1]
	for ; column > 1 && at < len(f.text) && f.text[at] != '\n'; column-- {
		_, size := utf8.DecodeRune(f.text[at:])
		at += size
	}
	return at
}

// characters is a position's column in characters, from 1.
func (f *file) characters(at policies.Position) int {
	return 1 + utf8.RuneCount(f.text[f.lines[at.Line-1]:min(at.Offset, len(f.text))])
}

// A fault says what is wrong with an input, and where.
type fault struct {
	file string
	at   policies.Position // the zero Position where it concerns all of the file
	char int               // the column in characters
	text string
	hint string // what may be meant, or ""
}

func (f *fault) Error() string {
	s := f.file + ": "
	if f.at.Line > 0 {
		s = fmt.Sprintf("%s:%s: ", f.file, f.at)
	}
	s += f.text
	if f.hint != "" {
		s += " (" + f.hint + ")"
	}
	return s
}

func (f *file) fault(offset int, hint, format string, args ...any) *fault {
	at := f.position(offset)
	return &fault{file: f.name, at: at, char: f.characters(at), text: fmt.Sprintf(format, args...), hint: hint}
}

// syntax makes a fault of a policy's syntax error, whose place is already one in the file.
func (f *file) syntax(err error) *fault {
	var syntax *policies.SyntaxError
	if !errors.As(err, &syntax) {
		return f.fault(0, "", "%v", err)
	}
	return &fault{file: f.name, at: syntax.At, char: f.characters(syntax.At), text: syntax.Path + ": " + syntax.Text, hint: syntax.Hint}
}

// deepest bounds how deep values may be nested in an input.
const deepest = 256

// readJSON reads the whole file as one JSON value. Unlike [policies.ReadJSON], which is for policies, it takes a text of any length: plans are long.
func (f *file) readJSON() (*policies.Value, error) {
	if !utf8.Valid(f.text) {
		return nil, f.fault(0, "want UTF-8", "not text in UTF-8")
	}
	// The decoder of tokens tells no places of errors, so the whole text is checked first.
	var raw json.RawMessage
	if syntax := (*json.SyntaxError)(nil); errors.As(json.Unmarshal(f.text, &raw), &syntax) {
		return nil, f.fault(int(syntax.Offset)-1, "", "not JSON: %v", syntax)
	}
	r := &jsonReader{file: f, decoder: json.NewDecoder(bytes.NewReader(f.text))}
	r.decoder.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

type jsonReader struct {
	file    *file
	decoder *json.Decoder
}

// token reads a token and tells where it stands.
func (r *jsonReader) token() (token json.Token, start, end int, err error) {
	start = int(r.decoder.InputOffset())
	token, err = r.decoder.Token()
	if err != nil {
		return nil, 0, 0, r.file.fault(start, "", "not JSON: %v", err)
	}
	for start < len(r.file.text) && strings.IndexByte(" \t\r\n,:", r.file.text[start]) >= 0 {
		start++
	}
	end = int(r.decoder.InputOffset())
	if s, ok := token.(string); ok && strings.ContainsAny(s, "\x00\ufffd") && r.unclear(s, start, end) {
		return nil, 0, 0, r.file.fault(start, "", "not text: a string with NUL or half a surrogate pair")
	}
	return token, start, end, nil
}

// unclear tells whether a string holds NUL, which marks unknown parts here, or what was half a surrogate pair, which encoding/json replaces.
func (r *jsonReader) unclear(s string, start, end int) bool {
	raw := r.file.text[start:end]
	meant := bytes.Count(raw, []byte("\ufffd")) + bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
	return strings.Contains(s, "\x00") || strings.Count(s, "\ufffd") > meant
}

func (r *jsonReader) value(depth int) (v policies.Value, err error) {
	token, start, end, err := r.token()
	if err != nil {
		return v, err
	}
	if depth > deepest {
		return v, r.file.fault(start, "", "nested more than %d deep", deepest)
	}
	v.Start, v.End = start, end
	switch t := token.(type) {
	case string:
		v.Type, v.Text = policies.String, t
	case json.Number:
		v.Type, v.Text = policies.Number, t.String()
	case bool:
		v.Type, v.Text = policies.Boolean, fmt.Sprint(t)
	case nil:
		v.Type = policies.NullVal
	case json.Delim:
		err = r.inside(&v, t, depth)
	}
	return v, err
}

// inside reads the members or items after an opening bracket.
func (r *jsonReader) inside(v *policies.Value, open json.Delim, depth int) error {
	v.Type = policies.List
	if open == '{' {
		v.Type = policies.Object
	}
	for r.decoder.More() {
		m := policies.Member{}
		if v.Type == policies.Object {
			name, start, _, err := r.token()
			if err != nil {
				return err
			}
			m.Name, _ = name.(string)
			m.Start = start
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if m.Value = item; v.Type == policies.Object {
			v.Members = append(v.Members, m)
		} else {
			v.Items = append(v.Items, item)
		}
	}
	_, _, end, err := r.token()
	v.End = end
	return err
}

// member is a member of an object by its name, the last where it stands twice; nil where there is none.
func member(v *policies.Value, path ...string) *policies.Value {
	for _, name := range path {
		if v == nil || v.Type != policies.Object {
			return nil
		}
		at := -1
		for i := range v.Members {
			if v.Members[i].Name == name {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		v = &v.Members[at].Value
	}
	return v
}

// textAt is a member that is a string, or "".
func textAt(v *policies.Value, path ...string) string {
	if m := member(v, path...); m != nil && m.Type == policies.String {
		return m.Text
	}
	return ""
}
