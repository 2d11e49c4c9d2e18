package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"locksmith/policies"
)

// Deepest bounds how deep values may be nested in an input.
const Deepest = 256

// ReadJSON reads the whole file as one JSON value. Unlike [policies.ReadJSON], which is for policies, it takes a text
// of any length: plans are long.
func (f *File) ReadJSON() (*policies.Value, error) {
	if !utf8.Valid(f.Text) {
		return nil, f.Fault(0, "want UTF-8", "not text in UTF-8")
	}
	// The decoder of tokens tells no places of errors, so the whole text is checked first.
	var raw json.RawMessage
	if syntax := (*json.SyntaxError)(nil); errors.As(json.Unmarshal(f.Text, &raw), &syntax) {
		return nil, f.Fault(int(syntax.Offset)-1, "", "not JSON: %v", syntax)
	}
	r := &jsonReader{file: f, decoder: json.NewDecoder(bytes.NewReader(f.Text))}
	r.decoder.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

type jsonReader struct {
	file    *File
	decoder *json.Decoder
}

// token reads a token and tells where it stands.
func (r *jsonReader) token() (token json.Token, start, end int, err error) {
	start = int(r.decoder.InputOffset())
	token, err = r.decoder.Token()
	if err != nil {
		return nil, 0, 0, r.file.Fault(start, "", "not JSON: %v", err)
	}
	for start < len(r.file.Text) && strings.IndexByte(" \t\r\n,:", r.file.Text[start]) >= 0 {
		start++
	}
	end = int(r.decoder.InputOffset())
	if s, ok := token.(string); ok && strings.ContainsAny(s, "\x00\ufffd") && r.unclear(s, start, end) {
		return nil, 0, 0, r.file.Fault(start, "", "not text: a string with NUL or half a surrogate pair")
	}
	return token, start, end, nil
}

// unclear tells whether a string holds NUL, which marks unknown parts here, or what was half a surrogate pair, which
// encoding/json replaces.
func (r *jsonReader) unclear(s string, start, end int) bool {
	raw := r.file.Text[start:end]
	meant := bytes.Count(raw, []byte("\ufffd")) + bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
	return strings.Contains(s, "\x00") || strings.Count(s, "\ufffd") > meant
}

func (r *jsonReader) value(depth int) (v policies.Value, err error) {
	token, start, end, err := r.token()
	if err != nil {
		return v, err
	}
	if depth > Deepest {
		return v, r.file.Fault(start, "", "nested more than %d deep", Deepest)
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
