package main

import (
	"encoding/json"
	"errors"

	"locksmith/policies"
)

// embedded is a policy document that may be given as text. The places in the result are places in the file, as exact as the file allows.
func (f *file) embedded(v *policies.Value) (*policies.Value, error) {
	if v.Type != policies.String || holed(v.Text) {
		return v, nil
	}
	at := f.inside(v)
	inner, err := policies.ReadJSON([]byte(v.Text))
	if syntax := (*policies.SyntaxError)(nil); errors.As(err, &syntax) {
		moved := *syntax
		moved.At = f.position(at(syntax.At.Offset))
		return nil, &moved
	}
	if err != nil {
		return nil, err
	}
	each(inner, func(v *policies.Value) {
		v.Start, v.End = at(v.Start), at(v.End)
		for i := range v.Members {
			v.Members[i].Start = at(v.Members[i].Start)
		}
	})
	return inner, nil
}

// inside says where the bytes of a string stand in the file. Where the file does not spell the string out, that is where the value begins.
func (f *file) inside(v *policies.Value) func(int) int {
	begin := func(int) int { return v.Start }
	if f.yaml || v.End > len(f.text) || v.Start >= v.End || f.text[v.Start] != '"' {
		return begin
	}
	var same string
	if raw := f.text[v.Start:v.End]; json.Unmarshal(raw, &same) != nil || same != v.Text {
		return begin
	}
	// Each entry is an offset in the file, one for each byte of the string and one for its end.
	places := make([]int, 0, len(v.Text)+1)
	for at := v.Start + 1; at < v.End-1; {
		size, bytes := 1, 1
		if f.text[at] == '\\' {
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
func (f *file) escape(at int) (size, bytes int) {
	if f.text[at+1] != 'u' {
		return 2, 1
	}
	size = 6
	var s string
	if pair := at + 12; pair < len(f.text) && f.text[at+6] == '\\' && json.Unmarshal([]byte(`"`+string(f.text[at:pair])+`"`), &s) == nil && len(s) == 4 {
		return 12, 4
	}
	_ = json.Unmarshal([]byte(`"`+string(f.text[at:at+size])+`"`), &s) // it has been read before: cannot fail
	return size, len(s)
}
