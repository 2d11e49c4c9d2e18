package difference_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"locksmith/policies/difference"
)

// TestOf: expectations are what diff(1) shows of the two texts laid out by hand.
func TestOf(t *testing.T) {
	for name, row := range map[string]struct{ first, second, want string }{
		"the same, in another order": {`{"Version":"x","Statement":[]}`, `{ "Statement": [], "Version": "x" }`,
			`={|=  "Version": "x",|=  "Statement": []|=}`},
		"deleted": {`{"Version":"x"}`, "", `-{|-  "Version": "x"|-}`},
		"put":     {"", `{"Version":"x"}`, `+{|+  "Version": "x"|+}`},
		"nothing": {"", "", ""},
		"a value": {`{"Sid":"A","Effect":"Deny"}`, `{"Sid":"A","Effect":"Allow"}`,
			`={|=  "Sid": "A",|-  "Effect": "Deny"|+  "Effect": "Allow"|=}`},
		"as it is":  {`{"a":"<&>"}`, `{"a":"<&>"}`, `={|=  "a": "<&>"|=}`},
		"no JSON":   {"one\ntwo", "one\nthree", "=one|-two|+three"},
		"a number":  {`{"a":1.50}`, `{"a":1.5}`, `={|-  "a": 1.50|+  "a": 1.5|=}`},
		"rearrange": {`["a","b"]`, `["b","a"]`, `=[|-  "a",|-  "b"|+  "b",|+  "a"|=]`},
	} {
		var lines []string
		for _, l := range difference.Of(row.first, row.second) {
			lines = append(lines, string(l.Op)+l.Text)
		}
		if got := strings.Join(lines, "|"); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

// TestWorkIsBounded, whatever somebody makes of the two policies.
func TestWorkIsBounded(t *testing.T) {
	many := func(word string) string { return "[" + strings.Repeat(`"`+word+`",`, 20_000) + `"end"]` }
	for i, row := range [][2]string{{many("a"), many("b")}, {strings.Repeat("[", 50_000), strings.Repeat("{", 50_000)},
		{strings.Repeat("a\n", 50_000), strings.Repeat("b\n", 50_000)}} {
		start := time.Now()
		n := len(difference.Of(row[0], row[1]))
		if took := time.Since(start); took > 5*time.Second || n > 200_000 {
			t.Error(fmt.Sprint(i, ": ", took, ", ", n, " lines"))
		}
	}
}
