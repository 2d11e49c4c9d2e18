package events_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"locksmith/test/cloud/events"
)

// TestPatternsAsEventRuler compares with the recorded answers of aws/event-ruler 2.0.1, the matcher behind EventBridge,
// for 36 pairs of pattern and event.
func TestPatternsAsEventRuler(t *testing.T) {
	cases, err := os.ReadFile("testdata/eventbridge-cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	expected, err := os.ReadFile("testdata/eventbridge-expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(string(expected)), "\n")
	lines := bufio.NewScanner(bytes.NewReader(cases))
	lines.Buffer(nil, 1<<20)
	n := 0
	for ; lines.Scan(); n++ {
		var c struct {
			Name           string
			Pattern, Event json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		name, want, _ := strings.Cut(answers[n], "\t")
		if name != c.Name {
			t.Fatalf("answer %d is for %q, case is %q", n, name, c.Name)
		}
		if got := answer(c.Pattern, c.Event); got != want {
			t.Errorf("%s: %s, event-ruler says %s", c.Name, got, want)
		}
	}
	if n != 36 {
		t.Errorf("%d cases", n)
	}
}

func answer(pattern, event []byte) string {
	p, err := events.CompilePattern(pattern)
	if err != nil {
		return "INVALID " + err.Error()
	}
	matches, err := p.Match(event)
	switch {
	case err != nil:
		return "ERROR " + err.Error()
	case matches:
		return "true"
	}
	return "false"
}

// byHand are patterns, events and whether they match, from the documentation.
var byHand = []struct{ pattern, event, want string }{
	{`{"a":[{"wildcard":"*\\\\u*"}]}`, `{"a":"x\\u0044eny"}`, "true"},
	{`{"a":[{"wildcard":"*\\\\u*"}]}`, `{"a":"Deny u"}`, "false"},
	{`{"a":[{"wildcard":"a*b*c"}]}`, `{"a":"axxbyyc"}`, "true"},
	{`{"a":[{"wildcard":"a*b*c"}]}`, `{"a":"axxcb"}`, "false"},
	{`{"a":[{"wildcard":"ab*ba"}]}`, `{"a":"aba"}`, "false"},
	{`{"a":[{"numeric":[">",0,"<=",5]}]}`, `{"a":5}`, "true"},
	{`{"a":[{"numeric":[">",0,"<=",5]}]}`, `{"a":6}`, "false"},
	{`{"a":[{"cidr":"10.0.0.0/24"}]}`, `{"a":"10.0.0.7"}`, "true"},
	{`{"a":[{"anything-but":["x","y"]}]}`, `{"a":"y"}`, "false"},
	{`{"a":[{"exists":false}]}`, `{"b":1}`, "true"},
	{`{"a":[{"exists":false},"x"]}`, `{"a":"y"}`, "false"},
	{`{"a":{"b":["x"],"c":["y"]}}`, `{"a":[{"b":"x"},{"c":"y"}]}`, "false"},
	{`{"a":{"b":["x"],"c":["y"]}}`, `{"a":[{"b":"z"},{"b":"x","c":"y"}]}`, "true"},
	{`{"a":[1]}`, `{"a":1.0}`, "true"},
	{`{"$or":[{"a":["x"]},{"b":["y"]}],"c":["z"]}`, `{"b":"y","c":"z"}`, "true"},
	{`{"$or":[{"a":["x"]},{"b":["y"]}],"c":["z"]}`, `{"b":"y"}`, "false"},
}

// TestAFieldIsTestedOnce: EventBridge would take these patterns, and forget one of the two tests.
func TestAFieldIsTestedOnce(t *testing.T) {
	for _, pattern := range []string{
		`{"$or":[{"a":["x"]},{"b":["y"]}],"a":["z"]}`,
		`{"a":["z"],"$or":[{"b":["y"]},{"a":["x"]}]}`,
		`{"a":{"c":["z"]},"$or":[{"b":["y"]},{"a":{"c":["x"]}}]}`,
		`{"a.c":["z"],"a":{"c":["x"]}}`,
		`{"$or":[{"b":["y"]},{"c":["z"],"$or":[{"c":["x"]},{"a":["x"]}]}]}`,
	} {
		if _, err := events.CompilePattern([]byte(pattern)); err == nil ||
			!strings.Contains(err.Error(), "is tested twice: EventBridge forgets one of the two") {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestPatternsByHand(t *testing.T) {
	for _, row := range byHand {
		if got := answer([]byte(row.pattern), []byte(row.event)); got != row.want {
			t.Errorf("%s on %s: %s, want %s", row.pattern, row.event, got, row.want)
		}
	}
}
