package sources

import (
	"encoding/json"
	"errors"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

// Embedded is a policy document that may be given as text. The places in the result are places in the file, as exact
// as the file allows.
func (f *File) Embedded(v *policies.Value) (*policies.Value, error) {
	if v.Type != policies.String || partial.Holed(v.Text) {
		return v, nil
	}
	at := f.Inside(v)
	inner, err := policies.ReadJSON([]byte(v.Text))
	if syntax := (*policies.SyntaxError)(nil); errors.As(err, &syntax) {
		moved := *syntax
		moved.At = f.Position(at(syntax.At.Offset))
		return nil, &moved
	}
	if err != nil {
		return nil, err
	}
	inner.Each(func(v *policies.Value) {
		v.Start, v.End = at(v.Start), at(v.End)
		for i := range v.Members {
			v.Members[i].Start = at(v.Members[i].Start)
		}
	})
	return inner, nil
}

// Inside says where the bytes of a string stand in the file. Where the file does not spell the string out, that is
// where the value begins.
func (f *File) Inside(v *policies.Value) func(int) int {
	begin := func(int) int { return v.Start }
	if f.YAML || v.End > len(f.Text) || v.Start >= v.End || f.Text[v.Start] != '"' {
		return begin
	}
	var same string
	if raw := f.Text[v.Start:v.End]; json.Unmarshal(raw, &same) != nil || same != v.Text {
		return begin
	}
	// Each entry is an offset in the file, one for each byte of the string and one for its end.
	places := make([]int, 0, len(v.Text)+1)
	for at := v.Start + 1; at < v.End-1; {
		size, bytes := 1, 1
		if f.Text[at] == '\\' {
			size, bytes = f.escape(at)
		}
		for range bytes {
			places = append(places, at)
		}
		at += size
	}
	places = append(places, v.End-1)
	return func(offset int) int { return places[min(max(offset, 0), len(places)-1)] }
}

// escape measures an escape sequence: bytes in the file, and bytes of what it stands for.
func (f *File) escape(at int) (size, bytes int) {
	if f.Text[at+1] != 'u' {
		return 2, 1
	}
	size = 6
	var s string
	quoted := func(end int) []byte { return []byte(`"` + string(f.Text[at:end]) + `"`) }
	pair := at + 12
	if pair < len(f.Text) && f.Text[at+6] == '\\' && json.Unmarshal(quoted(pair), &s) == nil && len(s) == 4 {
		return 12, 4
	}
	_ = json.Unmarshal(quoted(at+size), &s) // it has been read before: cannot fail
	return size, len(s)
}
