package policies_test

import (
	"fmt"
	"strings"
	"testing"

	"locksmith/policies"
)

// hostileGlobs are patterns that cost a matcher dear which tries every way to spread a text over the wildcards: two to
// the power of their number. Here each takes at most as many steps as the lengths of pattern and text multiplied.
func hostileGlobs(size int) map[string]struct{ pattern, text string } {
	text := strings.Repeat("a", size)
	return map[string]struct{ pattern, text string }{
		"stars":           {strings.Repeat("*a", size/2) + "b", text},
		"stars and marks": {strings.Repeat("*?", size/2) + "b", text},
		"a long tail":     {"*" + text[:size/2] + "b", text},
		"marks in a tail": {"*" + strings.Repeat("?a", size/4) + "b", text},
		"only stars":      {strings.Repeat("*", size) + "b", text},
		"two characters":  {strings.Repeat("*ba", size/3) + "*b", strings.Repeat("ba", size/2)},
		"a middle":        {"*" + text[:size/8] + "?" + text[:size/8] + "*b", text},
	}
}

// TestHostileGlobs ends: a matcher that tries every way would outlast the sun on the shortest of these.
func TestHostileGlobs(t *testing.T) {
	for name, row := range hostileGlobs(20_000) {
		if policies.Glob(row.pattern, row.text) {
			t.Errorf("%s: matches a text without b at its end", name)
		}
		if !policies.Glob(row.pattern, row.text+"b") {
			t.Errorf("%s: does not match the text with b at its end", name)
		}
	}
}

// BenchmarkHostileGlobs doubles the sizes: time grows with their square at most.
func BenchmarkHostileGlobs(b *testing.B) {
	for _, size := range []int{1000, 2000, 4000} {
		for name, row := range hostileGlobs(size) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				for b.Loop() {
					policies.Glob(row.pattern, row.text)
				}
			})
		}
	}
}

// hostilePolicies are texts of 20 KB, as much as AWS takes, each of which makes much of one thing.
func hostilePolicies() map[string]string {
	const size = 20_000
	fill := func(before, each, after string) string {
		return before + strings.Repeat(each, (size-len(before)-len(after))/len(each)) + after
	}
	const deny = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",`
	const ends = `}}}}`
	return map[string]string{
		"values":       fill(deny+`"Condition":{"StringLike":{"aws:UserAgent":[`, `"*a",`, `"*b"]`+ends),
		"wrong values": fill(deny+`"Condition":{"NumericEquals":{"aws:MultiFactorAuthAge":[`, `"",`, `""]`+ends),
		"one value":    fill(deny+`"Condition":{"StringLike":{"aws:UserAgent":"*`, `a`, `b"`+ends),
		"variables":    fill(deny+`"Condition":{"StringLike":{"aws:UserAgent":"`, `${aws:UserAgent}`, `"`+ends),
		"operators":    fill(deny+`"Condition":{`, `"a":{"b":0},`, `"c":{"d":0}}}}`),
		"keys":         fill(deny+`"Condition":{"Null":{`, `"a":0,`, `"b":0`+ends),
		"elements":     fill(deny, `"x":0,`, `"y":0}}`),
		"statements":   fill(`{"Statement":[`, `{"Effect":"Deny","Action":"*"},`, `{"Effect":"Deny","Action":"*"}]}`),
		"actions":      fill(`{"Statement":{"Effect":"Deny","Resource":"*","Action":[`, `"s3:*a*b",`, `"s3:*c"]}}`),
		"resources": fill(`{"Statement":{"Effect":"Deny","Action":"*","Resource":[`,
			`"arn:aws:s3:::*a*b",`, `"*"]}}`),
		"principals": fill(`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","NotPrincipal":{"AWS":[`,
			`"a",`, `"b"]}}}`),
	}
}

// TestHostilePolicies counts allocations, which do not hang on the machine. A policy of 20 KB and a user agent of 8 KB
// cost no more than a few for each byte of the policy.
func TestHostilePolicies(t *testing.T) {
	r := request("s3:PutBucketPolicy", "arn:aws:s3:::logs", policies.Context{})
	r.Context.Set("aws:UserAgent", strings.Repeat("a", 8000))
	r.Context.Set("aws:MultiFactorAuthAge", "1")
	for name, text := range hostilePolicies() {
		if len(text) < 19_000 || len(text) > 20_480 {
			t.Fatalf("%s: %d bytes", name, len(text))
		}
		d := parse(t, text)
		if got := testing.AllocsPerRun(1, func() { parse(t, text) }); got > 50_000 {
			t.Errorf("%s: %v allocations to parse", name, got)
		}
		if got := testing.AllocsPerRun(1, func() { d.Evaluate(r) }); got > 10_000 {
			t.Errorf("%s: %v allocations to evaluate", name, got)
		}
	}
}

// TestBounds holds what is refused, and that a condition keeps no more than a hundred problems.
func TestBounds(t *testing.T) {
	const open, shut = `{"Statement":[],"Id":"`, `"}`
	for size, want := range map[int]string{
		256 << 10:   "",
		256<<10 + 1: "1:1: document: 262145 bytes long (no policy is longer than 256 KiB)",
	} {
		_, err := policies.Parse([]byte(open + strings.Repeat("x", size-len(open)-len(shut)) + shut))
		if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
			t.Errorf("%d bytes: %v, want %q", size, err, want)
		}
	}
	d := parse(t, hostilePolicies()["wrong values"])
	if got := len(d.Statements[0].Conditions[0].Problems); got != 100 {
		t.Errorf("%d problems, want 100", got)
	}
}

func BenchmarkHostilePolicies(b *testing.B) {
	r := request("s3:PutBucketPolicy", "arn:aws:s3:::logs", policies.Context{})
	r.Context.Set("aws:UserAgent", strings.Repeat("a", 8000))
	for name, text := range hostilePolicies() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				parse(b, text).Evaluate(r)
			}
		})
	}
}
