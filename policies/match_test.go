package policies_test

import (
	"regexp"
	"strings"
	"testing"

	"locksmith/policies"
)

const (
	yes     = policies.Yes
	no      = policies.No
	unknown = policies.Unknown
)

func TestTruth(t *testing.T) {
	for _, row := range []struct{ a, b, and, or, not policies.Truth }{ // not is of a
		{no, no, no, no, yes}, {no, unknown, no, unknown, yes}, {no, yes, no, yes, yes},
		{unknown, no, no, unknown, unknown}, {unknown, unknown, unknown, unknown, unknown},
		{unknown, yes, unknown, yes, unknown},
		{yes, no, no, yes, no}, {yes, unknown, unknown, yes, no}, {yes, yes, yes, yes, no},
	} {
		if and, or, not := row.a.And(row.b), row.a.Or(row.b),
			row.a.Not(); and != row.and || or != row.or || not != row.not {
			t.Errorf("%v and %v: and %v, or %v, not %v", row.a, row.b, and, or, not)
		}
	}
	if got := no.String() + unknown.String() + yes.String(); got != "nounknownyes" {
		t.Errorf("names %s", got)
	}
}

func TestGlob(t *testing.T) {
	for _, row := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "anything: at/all", true}, {"?", "", false},
		{"**", "", true},
		{"a*c", "abbbc", true}, {"a*c", "abbbcd", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"a?c", "a:c", true},
		{"*a*a*a*", "bababab", true}, {"*a*a*a*", "bababb", false}, {"*ab", "aab", true}, {"*aab", "aaab", true},
		{"A", "a", false}, {"a.c", "abc", false}, {"[a]", "a", false}, {"[a]", "[a]", true}, {`a\*`, "ab", false},
		{`a\*`, `a\b`, true},
		{"?", "ü", true}, {"??", "ü", false}, {"*ü", "üü", true}, {"?", "\xff", true},
		{"a\x00*", "a\x00b", true}, {"a\x00*", "a*", false}, {"a\x00", "a\x00", true},
	} {
		if got := policies.Glob(row.pattern, row.s); got != row.want {
			t.Errorf("Glob(%q, %q) = %v", row.pattern, row.s, got)
		}
	}
}

// TestGlobIsRegexp compares all short patterns on all short texts with package regexp.
func TestGlobIsRegexp(t *testing.T) {
	for _, pattern := range words("ab*?", 5) {
		re := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$")
		for _, s := range words("ab", 5) {
			if got, want := policies.Glob(pattern, s), re.MatchString(s); got != want {
				t.Fatalf("Glob(%q, %q) = %v", pattern, s, got)
			}
		}
	}
}

// TestGlobTakesCharacters does the same with a character of two bytes, which is one for ?.
func TestGlobTakesCharacters(t *testing.T) {
	for _, pattern := range words("aü*?", 4) {
		re := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$")
		for _, s := range words("aü", 4) {
			if got, want := policies.Glob(pattern, s), re.MatchString(s); got != want {
				t.Fatalf("Glob(%q, %q) = %v", pattern, s, got)
			}
		}
	}
}

// TestEscapedWildcards compares StringLike, with ${*} and ${?} among wildcards, with package regexp
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func TestEscapedWildcards(t *testing.T) {
	written := strings.NewReplacer("S", "${*}", "Q", "${?}")
	meant := strings.NewReplacer("*", ".*", "?", ".", "S", `\*`, "Q", `\?`)
	for _, word := range words("a*?SQ", 4) {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*",
			"Condition":{"StringLike":{"k":"`+written.Replace(word)+`"}}}}`)
		re := regexp.MustCompile("^" + meant.Replace(word) + "$")
		for _, s := range words("a*?", 4) {
			want := no
			if re.MatchString(s) {
				want = yes
			}
			if s == "" {
				continue // an empty value has rules of its own
			}
			if got := d.Statements[0].Conditions[0].Matches(policies.Context{"k": {s}}, true); got != want {
				t.Fatalf("StringLike %q on %q: %v, want %v", written.Replace(word), s, got, want)
			}
		}
	}
}

// words are all words over an alphabet, up to a length.
func words(alphabet string, length int) []string {
	all, last := []string{""}, []string{""}
	for range length {
		var longer []string
		for _, w := range last {
			for _, c := range alphabet {
				longer = append(longer, w+string(c))
			}
		}
		all, last = append(all, longer...), longer
	}
	return all
}

func TestMatchesAction(t *testing.T) {
	for _, row := range []struct {
		element, action string
		want            policies.Truth
	}{
		{`"Action":"*"`, "s3:PutBucketPolicy", yes},
		{`"Action":"s3:*"`, "s3:PutBucketPolicy", yes},
		{`"Action":"S3:putbucketPOLICY"`, "s3:PutBucketPolicy", yes},
		{`"Action":"s3:Put*Policy"`, "s3:PutBucketPolicy", yes},
		{`"Action":"s3:PutBucketPolic?"`, "S3:PUTBUCKETPOLICY", yes},
		{`"Action":"*:PutBucketPolicy"`, "s3:PutBucketPolicy", unknown},
		{`"Action":"s3:PutBucket"`, "s3:PutBucketPolicy", no},
		{`"Action":"sqs:*"`, "s3:PutBucketPolicy", no},
		{`"Action":"PutBucketPolicy"`, "s3:PutBucketPolicy", no},
		{`"Action":["sqs:*","s3:Put*"]`, "s3:PutBucketPolicy", yes},
		{`"Action":"s3*"`, "s3:PutBucketPolicy", unknown}, // a wildcard is documented for the name after the colon only
		{`"Action":["s3*","s3:*"]`, "s3:PutBucketPolicy", yes},
		{`"Action":[]`, "s3:PutBucketPolicy", unknown},
		{`"NotAction":"s3:Get*"`, "s3:PutBucketPolicy", yes},
		{`"NotAction":["s3:Get*","S3:PUT*"]`, "s3:PutBucketPolicy", no},
		{`"NotAction":"s3*"`, "s3:PutBucketPolicy", unknown},
		{`"Action":"s3:*","NotAction":"s3:*"`, "s3:PutBucketPolicy", unknown},
		{`"Action":"sqs:*","Action":"s3:*"`, "s3:PutBucketPolicy", unknown},
		{`"Action":"sqs:*","actions":"s3:*"`, "s3:PutBucketPolicy", no},
		{`"Action":"sqs:*","action":"s3:*"`, "s3:PutBucketPolicy", unknown},
	} {
		d := parse(t, `{"Statement":{"Effect":"Deny",`+row.element+`}}`)
		if got := d.Statements[0].MatchesAction(row.action); got != row.want {
			t.Errorf("%s, %s: %v, want %v", row.element, row.action, got, row.want)
		}
	}
}

const bucket, queue = "arn:aws:s3:::logs", "arn:aws:sqs:eu-central-1:111122223333:orders"

type resourceRow struct {
	element, arn string
	want         policies.Truth
}

func TestMatchesResource(t *testing.T) {
	testResources(t, []resourceRow{
		{`"Resource":"*"`, bucket, yes},
		{`"Resource":"arn:aws:s3:::logs"`, bucket, yes},
		{`"Resource":"arn:aws:s3:::Logs"`, bucket, no},
		{`"Resource":"arn:aws:s3:::logs/*"`, bucket, no},
		{`"Resource":"arn:aws:s3:::logs*"`, bucket, yes},
		{`"Resource":"arn:aws:s3:::lo?s"`, bucket, yes},
		{`"Resource":["arn:aws:s3:::other","arn:*:s3:::l*"]`, bucket, yes},
		{`"Resource":"arn:aws:s3:::logs/*/x"`, "arn:aws:s3:::logs/a/b/x", yes},
		{`"Resource":"arn:aws:s3:::logs/*/x"`, "arn:aws:s3:::logs/a:b/x", yes},
		{`"Resource":"arn:aws:sqs:*:*:*"`, queue, yes},
		{`"Resource":"arn:aws:sqs:eu-*:111122223333:or*"`, queue, yes},
		{`"Resource":"arn:aws:sqs:*:444455556666:*"`, queue, no},
		// A * at the end reaches over colons.
		{`"Resource":"arn:aws:sqs:*"`, queue, yes},
		{`"Resource":"arn:aws:s3*"`, bucket, yes},
		{`"Resource":"arn:*"`, queue, yes},
		{`"Resource":"arn:aws:sqs:us-*"`, queue, no},
		// Whether a wildcard before the end does is where readings differ.
		{`"Resource":"arn:aws:sqs:*:orders"`, queue, unknown},
		{`"Resource":"arn:aws:s3*logs"`, bucket, unknown},
		{`"Resource":"arn:aws:s3:??logs"`, bucket, unknown},
		{`"Resource":"*logs"`, bucket, unknown},
		{`"Resource":"arn:aws:sqs:*?"`, queue, unknown},
		{`"Resource":"?"`, "*", yes}, // for actions without a resource
		{`"Resource":"arn:aws:s3:::*"`, "*", no},
		{`"Resource":"arn:aws:sqs:*:rders*"`, queue, no},
		{`"Resource":"arn:aws:sqs:e*:1*:*"`, queue, yes},
		{`"Resource":"arn:aws:sqs:*3333:*"`, queue, unknown},
		{`"NotResource":"arn:aws:sqs:*:orders"`, queue, unknown},
		{`"NotResource":"arn:aws:s3:::logs/*"`, bucket, yes},
		{`"NotResource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]`, bucket, no},
		{`"NotResource":"*"`, bucket, no},
		// Without the element, or with two of it, nothing is known.
		{`"Sid":"x"`, bucket, unknown},
		{`"Resource":[]`, bucket, unknown},
		{`"Resource":"*","NotResource":"*"`, bucket, unknown},
	})
}

// TestVariablesInResources holds that policy variables stand after the fifth colon. The caller is the user logs.
func TestVariablesInResources(t *testing.T) {
	testResources(t, []resourceRow{
		{`"Resource":"arn:aws:s3:::${aws:username}"`, bucket, yes},
		{`"Resource":"arn:aws:s3:::${AWS:UserName}*"`, bucket, yes},
		{`"Resource":"arn:aws:s3:::${aws:userid}"`, bucket, no},
		{`"Resource":"arn:aws:s3:::${aws:PrincipalTag/bucket}"`, bucket, no},
		{`"Resource":"arn:aws:s3:::${aws:PrincipalTag/bucket, 'logs'}"`, bucket, yes},
		{`"Resource":"arn:aws:s3:::log${*}"`, bucket, no},
		{`"Resource":"arn:aws:s3:::log${*}"`, "arn:aws:s3:::log*", yes},
		{`"Resource":"arn:${aws:username}:s3:::logs"`, bucket, unknown},
		{`"Resource":"${aws:username}"`, bucket, unknown},
		{`"Resource":"arn:aws:s3:::${aws:username"`, bucket, unknown},
		{`"NotResource":"arn:aws:s3:::${aws:PrincipalTag/bucket}"`, bucket, yes},
	})
}

func testResources(t *testing.T, rows []resourceRow) {
	t.Helper()
	for _, row := range rows {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*",`+row.element+`}}`)
		context := policies.Context{"aws:username": {"logs"}, "aws:userid": {"AIDAEXAMPLE"}}
		if got := d.Statements[0].MatchesResource(row.arn, context, d.Variables()); got != row.want {
			t.Errorf("%s, %s: %v, want %v", row.element, row.arn, got, row.want)
		}
	}
}

func TestVariablesInResourcesOfOldVersions(t *testing.T) {
	for _, version := range []string{"", `"Version":"2008-10-17",`} {
		d := parse(t,
			`{`+version+`"Statement":{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::logs/${aws:username}"}}`)
		context := policies.Context{"aws:username": {"ann"}}
		for arn, want := range map[string]policies.Truth{"arn:aws:s3:::logs/ann": no,
			"arn:aws:s3:::logs/${aws:username}": yes} {
			if got := d.Statements[0].MatchesResource(arn, context, d.Variables()); got != want {
				t.Errorf("%s %s: %v, want %v", version, arn, got, want)
			}
		}
	}
}
