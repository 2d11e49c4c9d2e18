package policies_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies"
)

func TestReadJSON(t *testing.T) {
	text := "{\"b\": [1.50, true, null],\n \"\\u0062\": \"\\ud83d\\ude00\\n\", \"\": {}}"
	want := &policies.Value{Type: policies.Object, Start: 0, End: 63, Members: []policies.Member{
		{Name: "b", Start: 1, Value: policies.Value{Type: policies.List, Start: 6, End: 24, Items: []policies.Value{
			{Type: policies.Number, Text: "1.50", Start: 7, End: 11},
			{Type: policies.Boolean, Text: "true", Start: 13, End: 17},
			{Type: policies.NullVal, Text: "null", Start: 19, End: 23},
		}}},
		{Name: "b", Start: 27, Value: policies.Value{Type: policies.String, Text: "😀\n", Start: 37, End: 53}},
		{Name: "", Start: 55, Value: policies.Value{Type: policies.Object, Start: 59, End: 61}},
	}}
	want.End = len(text)
	got, err := policies.ReadJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReadJSON (-want +got):\n%s", diff)
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "1:1: document: not JSON: the text ends too early (want a value)"},
		{" \n ", "2:2: document: not JSON: the text ends too early (want a value)"},
		{"{", "1:2: document: not JSON: the text ends too early (want a name in double quotes)"},
		{`{"a"`, "1:5: document: not JSON: the text ends too early (want a colon)"},
		{`{"a":1,}`, "1:8: document: not JSON: unexpected '}' (want a name in double quotes)"},
		{"{\n  'a': 1}", "2:3: document: not JSON: unexpected '\\'' (want a name in double quotes)"},
		{`{"a" 1}`, "1:6: document: not JSON: unexpected '1' (want a colon)"},
		{`{"a":1 "b":2}`, "1:8: document: not JSON: unexpected '\"' (want a comma or })"},
		{`[1 2]`, "1:4: document: not JSON: unexpected '2' (want a comma or ])"},
		{`[1,]`, "1:4: document: not JSON: unexpected ']' (want a value)"},
		{`[01]`, "1:2: document: not JSON: unexpected '0' (want a value)"},
		{`[True]`, "1:2: document: not JSON: unexpected 'T' (want a value)"},
		{`{"a`, "1:4: document: not JSON: the text ends too early (want the end of a string)"},
		{`["a`, "1:4: document: not JSON: the text ends too early (want the end of a string)"},
		{`["a\`, "1:5: document: not JSON: the text ends too early (want the end of a string)"},
		{"[\"a\nb\"]", "1:4: document: not JSON: unexpected '\\n' (want no control character in a string)"},
		{`["\x"]`, "1:2: document: not JSON: a string with an unknown escape"},
		{`["\ud83d"]`, "1:2: document: not text: a string with half a surrogate pair"},
		{`["\ude00\ud83d"]`, "1:2: document: not text: a string with half a surrogate pair"},
		{`["\ud83d\\ude00"]`, "1:2: document: not text: a string with half a surrogate pair"},
		{"\ufeff{}", "1:1: document: not JSON: unexpected '\\ufeff' (want a value)"},
		{"[\"\xff\"]", "1:3: document: not valid UTF-8"},
		{"{}\n{}", "2:1: document: more text after the policy"},
		{"{}x", "1:3: document: more text after the policy"},
		{strings.Repeat("[", 65) + strings.Repeat("]", 65), "1:65: document: nested more than 64 deep"},
		{strings.Repeat("[", 100000), "1:65: document: nested more than 64 deep"},
		{strings.Repeat(`{"a":`, 65), "1:321: document: nested more than 64 deep"},
		{strings.Repeat(" ", 1<<20) + "1", "1:1: document: 1048577 bytes long (no policy is longer than 1 MiB)"},
	} {
		_, err := policies.ReadJSON([]byte(row.text))
		var syntax *policies.SyntaxError
		switch {
		case !errors.As(err, &syntax):
			t.Errorf("%.40q: error %v, want a SyntaxError", row.text, err)
		case err.Error() != row.want:
			t.Errorf("%.40q:\n got %s\nwant %s", row.text, err, row.want)
		}
	}
}

func TestReadJSONAccepts(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("[", 64) + strings.Repeat("]", 64),
		strings.Repeat("[", 64) + "1" + strings.Repeat("]", 64),
		strings.Repeat(" ", 1<<20-1) + "1",
		`"\ud83d\ude00\ud83d\ude00 \\ud83d"`,
		"\t\r\n-1.5e-3 ",
	} {
		if _, err := policies.ReadJSON([]byte(text)); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func TestPositionIn(t *testing.T) {
	text := []byte("a\nüb\n")
	for _, row := range []struct {
		offset int
		want   policies.Position
	}{
		{0, policies.Position{Line: 1, Column: 1, Offset: 0}},
		{1, policies.Position{Line: 1, Column: 2, Offset: 1}},
		{2, policies.Position{Line: 2, Column: 1, Offset: 2}},
		{4, policies.Position{Line: 2, Column: 3, Offset: 4}}, // the column counts bytes
		{6, policies.Position{Line: 3, Column: 1, Offset: 6}},
		{99, policies.Position{Line: 3, Column: 1, Offset: 6}},
	} {
		if got := policies.PositionIn(text, row.offset); got != row.want {
			t.Errorf("offset %d: %+v, want %+v", row.offset, got, row.want)
		}
	}
}
