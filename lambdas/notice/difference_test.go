package notice

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
)

// TestDifference: expectations are what diff(1) shows, or written by hand.
func TestDifference(t *testing.T) {
	for name, row := range map[string]struct{ before, after, want string }{
		"same, in another order of keys": {`{"Version":"x","Statement":[{"Sid":"A","Effect":"Deny"}]}`,
			`{ "Statement": [{"Effect": "Deny", "Sid": "A"}], "Version": "x" }`, ""},
		"a statement more": {`{"Statement":[{"Sid":"A"}]}`, `{"Statement":[{"Sid":"A"},{"Sid":"B"}]}`,
			"...|      {|        \"Sid\": \"A\"|+     },|+     {|+       \"Sid\": \"B\"|      }|    ]|..."},
		"a value": {`{"Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:*"}]}`,
			`{"Statement":[{"Sid":"A","Effect":"Deny","Action":"s3:*"}]}`,
			"...|      {|        \"Sid\": \"A\",|-       \"Effect\": \"Allow\",|+       \"Effect\": \"Deny\"," +
				"|        \"Action\": \"s3:*\"|      }|..."},
		"no JSON": {"one\ntwo", "one\nthree", "  one|- two|+ three"},
		"a secret in no JSON": {"one", "aws:Referer open-sesame",
			"not shown, since one of them cannot be read and may hold a secret; the ledger has both"},
		"numbers as they are": {`{"a":1.50}`, `{"a":1.5}`, "  {|-   \"a\": 1.50|+   \"a\": 1.5|  }"},
	} {
		got := strings.Join(policiesDiffer(row.before, row.after, maxDifference), "|")
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestALongDifferenceIsBounded: in time, and in bytes, whatever somebody makes of the two policies.
func TestALongDifferenceIsBounded(t *testing.T) {
	line := func(word string, n int) string { return "[" + strings.Repeat(`"`+word+`",`, n) + `"end"]` }
	mixed := "[" + strings.Repeat(`"a","b",`, 5000) + `"end"]`
	for name, row := range map[string][2]string{
		"many lines":       {line("a", 20_000), line("b", 20_000)},
		"in turn":          {mixed, line("a", 5000)},
		"one long line":    {strings.Repeat("a", 100_000), strings.Repeat("b", 100_000)},
		"nested":           {strings.Repeat("[", 10_000), strings.Repeat("{", 10_000)},
		"nothing in there": {"", "\x00\u2028"},
	} {
		start := time.Now()
		lines := policiesDiffer(row[0], row[1], maxDifference)
		if took := time.Since(start); took > 3*time.Second || size(lines) > maxDifference+200 {
			t.Errorf("%s: %v, %d bytes", name, took, size(lines))
		}
		for _, l := range lines {
			if clean(l, len(l)) != l {
				t.Errorf("%s: line %q", name, l[:min(len(l), 80)])
			}
		}
	}
}

// TestTheDifferenceFitsTheMessage: two policies as large as they can be.
func TestTheDifferenceFitsTheMessage(t *testing.T) {
	large := func(word string) string {
		return `{"Statement":[` + strings.Repeat(`{"Sid":"`+word+`","Effect":"Deny"},`, 500) + `{"Sid":"end"}]}`
	}
	n := past(with(bucketLocked(), remedy.Reinstated, ""), large("before"))
	n.Change.Policy, n.Outcome.Removed = large("after"), large("after")
	if _, message := alert(n); len(message) > maxMessage || !strings.Contains(message, "after") {
		t.Errorf("%d bytes", len(message))
	}
	if _, body := Mail(n); !strings.Contains(body, "... shortened: ") {
		t.Error("the difference is not cut")
	}
}
