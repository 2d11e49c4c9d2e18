package policies_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"locksmith/policies"
)

func parse(t testing.TB, text string) *policies.Document {
	t.Helper()
	d, err := policies.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return d
}

func TestParse(t *testing.T) {
	text := `{
  "Version": "2012-10-17",
  "Id": "guard",
  "Statement": [
    {"Sid": "A", "Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "*"], "Service": "sns.amazonaws.com"},
     "NotAction": "s3:Get*", "NotResource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
     "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": "o-a/*", "aws:userid": ["x", 5, 1.50,
true]},
                   "Null": {"aws:username": false}}},
    {"Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage"]}
  ]
}`
	want := &policies.Document{Version: "2012-10-17", ID: "guard", Statements: []policies.Statement{{
		Index: 0, Sid: "A", Effect: policies.Deny,
		Principal: &policies.Principals{Not: true, Named: []policies.Named{{Kind: "AWS", Value: "111122223333"},
			{Kind: "AWS", Value: "*"}, {Kind: "Service", Value: "sns.amazonaws.com"}}},
		Action:   policies.Patterns{Not: true, Values: []string{"s3:Get*"}},
		Resource: &policies.Patterns{Not: true, Values: []string{"arn:aws:s3:::b", "arn:aws:s3:::b/*"}},
		Conditions: []policies.Condition{
			{Written: "ForAnyValue:StringLikeIfExists", Operator: policies.StringLike, Set: policies.ForAnyValue,
				IfExists: true,
				Key:      "aws:PrincipalOrgPaths", Values: []string{"o-a/*"},
				At: policies.Position{Line: 7, Column: 55, Offset: 316}},
			{Written: "ForAnyValue:StringLikeIfExists", Operator: policies.StringLike, Set: policies.ForAnyValue,
				IfExists: true,
				Key:      "aws:userid", Values: []string{"x", "5", "1.50", "true"},
				At: policies.Position{Line: 7, Column: 89, Offset: 350}},
			{Written: "Null", Operator: policies.Null, Key: "aws:username", Values: []string{"false"},
				At: policies.Position{Line: 9, Column: 29, Offset: 415}},
		},
	}, {
		Index: 1, Effect: policies.Allow, Principal: &policies.Principals{Everyone: true},
		Action: policies.Patterns{Values: []string{"sqs:SendMessage"}},
	}}}
	got := parse(t, text)
	ignored := cmp.Options{cmpopts.IgnoreUnexported(policies.Condition{}),
		cmpopts.IgnoreFields(policies.Statement{}, "Start", "End")}
	if diff := cmp.Diff(want, got, ignored); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	first, second := got.Statements[0], got.Statements[1]
	if s := text[first.Start:first.End]; !strings.HasPrefix(s, `{"Sid": "A"`) || !strings.HasSuffix(s, `false}}}`) {
		t.Errorf("the first statement is at %s", s)
	}
	if s, want := text[second.Start:second.End],
		`{"Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage"]}`; s != want {
		t.Errorf("the second statement is at %s, want %s", s, want)
	}
	if a, b := first.Label(), second.Label(); a != "A" || b != "#2" {
		t.Errorf("labels %q and %q, want A and #2", a, b)
	}
}

func TestParseAcceptsLittle(t *testing.T) {
	for text, statements := range map[string]int{
		`{"Statement":[]}`: 0,
		`{"Statement":{"Effect":"Deny","Action":"*"}}`:                                  1,
		`{"Version":"2008-10-17","Statement":{"Effect":"Deny","Action":"*"}}`:           1,
		"\n{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Condition\":{}}]}\n": 1,
	} {
		if d := parse(t, text); len(d.Statements) != statements || len(d.Problems) > 0 || statements == 1 &&
			len(d.Statements[0].Problems) > 0 {
			t.Errorf("%s: %+v", text, d)
		}
	}
}

// statement puts elements into a policy's only statement, which lacks nothing else.
func statement(elements string) string {
	return `{"Statement":{"Effect":"Deny","Action":"*",` + elements + `}}`
}

func TestParseRefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{`[]`, "1:1: document: a policy is an object, this is a list"},
		{`{"Version":"2012-10-17"}`, `1:1: Statement: missing (a policy is {"Version": …, "Statement": […]})`},
		{`{"statement":[]}`, `1:1: Statement: missing (unknown element "statement": did you mean Statement?)`},
		{`{"Statements":[]}`, `1:1: Statement: missing (unknown element "Statements": did you mean Statement?)`},
		{`{"Statement":"Deny"}`, "1:14: Statement[0]: a statement is an object, this is a string"},
		{`{"Statement":[{"Effect":"Deny","Action":"*"},[]]}`,
			"1:46: Statement[1]: a statement is an object, this is a list"},
		{`{"Statement":null}`, "1:14: Statement[0]: a statement is an object, this is null"},
		{`{"Version":"2012-10-18","Statement":[]}`,
			`1:12: Version: unknown version "2012-10-18" (2012-10-17 or 2008-10-17)`},
		{`{"Version":2012,"Statement":[]}`, "1:12: Version: want a string, this is a number"},
		{`{"Id":["a"],"Statement":[]}`, "1:7: Id: want a string, this is a list"},
		{"{\"Statement\":[\n{\"Action\":\"*\"}]}", "2:1: Statement[0].Effect: missing"},
		{`{"Statement":[{"Action":"*","effect":"Deny"}]}`,
			`1:15: Statement[0].Effect: missing (unknown element "effect": did you mean Effect?)`},
		{`{"Statement":[{"Action":"*","Effect":"DENY"}]}`,
			`1:38: Statement[0].Effect: unknown effect "DENY" (did you mean Deny? Letter case counts)`},
		{`{"Statement":[{"Action":"*","Effect":"Forbid"}]}`,
			`1:38: Statement[0].Effect: unknown effect "Forbid" (Allow or Deny)`},
		{`{"Statement":[{"Action":"*","Effect":true}]}`, "1:38: Statement[0].Effect: want a string, this is a boolean"},
		{`{"Statement":[{"Effect":"Deny","Resource":"*"}]}`, "1:15: Statement[0].Action: missing"},
		{`{"Statement":[{"Effect":"Deny","Actions":"*"}]}`,
			`1:15: Statement[0].Action: missing (unknown element "Actions": did you mean Action?)`},
		{`{"Statement":{"Effect":"Deny","Action":{"s3":"*"}}}`,
			"1:40: Statement[0].Action: want a string or a list of strings, this is an object"},
		{`{"Statement":{"Effect":"Deny","Action":["*",7]}}`,
			"1:45: Statement[0].Action[1]: want a string, this is a number"},
		{statement(`"Sid":7`), "1:50: Statement[0].Sid: want a string, this is a number"},
		{statement(`"Resource":null`), "1:55: Statement[0].Resource: want a string or a list of strings, this is null"},
		{statement(`"Resource":[["*"]]`), "1:56: Statement[0].Resource[0]: want a string, this is a list"},
		{statement(`"Principal":["*"]`), `1:56: Statement[0].Principal: want "*" or an object, this is a list`},
		{statement(`"Principal":{"AWS":{"a":"b"}}`),
			"1:63: Statement[0].Principal.AWS: want a string or a list of strings, this is an object"},
		{statement(`"Condition":"none"`), "1:56: Statement[0].Condition: want an object, this is a string"},
		{statement(`"Condition":[]`), "1:56: Statement[0].Condition: want an object, this is a list"},
		{statement(`"Condition":{"Bool":"true"}`),
			"1:64: Statement[0].Condition.Bool: want an object of keys and values, this is a string"},
		{statement(`"Condition":{"Bool":{"k":null}}`),
			"1:69: Statement[0].Condition.Bool.k: want strings, numbers or booleans, this is null"},
		{statement(`"Condition":{"Bool":{"k":[["true"]]}}`),
			"1:70: Statement[0].Condition.Bool.k: want strings, numbers or booleans, this is a list"},
	} {
		_, err := policies.Parse([]byte(row.text))
		if err == nil || err.Error() != row.want {
			t.Errorf("%s\n got %v\nwant %s", row.text, err, row.want)
		}
	}
}

// condition is the policy whose only statement has the condition.
func condition(test string) string { return statement(`"Condition":{` + test + `}`) }

// Where a problem is noted.
const document, inStatement, inCondition = "document", "statement", "condition"

type problemRow struct{ text, in, want string }

// TestParseProblems holds what is readable and not known, and where it is noted.
func TestParseProblems(t *testing.T) {
	testProblems(t, []problemRow{
		{`{"Statement":[],"Statement":[]}`, document,
			"1:17: Statement: the same key twice (which of the two counts is not known)"},
		{`{"Statement":[],"version":"2012-10-17"}`, document,
			`1:17: version: unknown element "version" (did you mean Version?)`},
		{`{"Statement":[],"Comment":""}`, document, `1:17: Comment: unknown element "Comment"`},
		{statement(`"Effect":"Allow"`), inStatement,
			"1:44: Statement[0].Effect: the same key twice (which of the two counts is not known)"},
		{statement(`"Notes":""`), inStatement, `1:44: Statement[0].Notes: unknown element "Notes"`},
		{statement(`"resource":"*"`), inStatement,
			`1:44: Statement[0].resource: unknown element "resource" (did you mean Resource?)`},
		{statement(`"NotAction":"s3:*"`), inStatement,
			"1:44: Statement[0].NotAction: an element and its Not… form in one statement (only one of the two is " +
				"allowed)"},
		{statement(`"Resource":"*","NotResource":"a"`), inStatement,
			"1:59: Statement[0].NotResource: an element and its Not… form in one statement (only one of the two is " +
				"allowed)"},
		{statement(`"Principal":"*","NotPrincipal":"*"`), inStatement,
			"1:60: Statement[0].NotPrincipal: an element and its Not… form in one statement (only one of the two is " +
				"allowed)"},
		{statement(`"Principal":"111122223333"`), inStatement,
			`1:56: Statement[0].Principal: unknown principal "111122223333" ("*", or an object such as {"AWS": …})`},
		{statement(`"Principal":{"aws":"*"}`), inStatement,
			`1:57: Statement[0].Principal.aws: unknown element "aws" (did you mean AWS?)`},
		{statement(`"Principal":{"AWS":"*","AWS":"*"}`), inStatement,
			"1:67: Statement[0].Principal.AWS: the same key twice (which of the two counts is not known)"},
		{statement(`"Principal":{}`), inStatement,
			"1:44: Statement[0].Principal: no value (an empty list has no documented meaning)"},
		{statement(`"Principal":{"AWS":[]}`), inStatement,
			"1:57: Statement[0].Principal.AWS: no value (an empty list has no documented meaning)"},
		{statement(`"Condition":{"Bool":{}}`), inStatement,
			"1:57: Statement[0].Condition.Bool: no value (an empty list has no documented meaning)"},
		{statement(`"Resource":[]`), inStatement,
			"1:44: Statement[0].Resource: no value (an empty list has no documented meaning)"},
		{statement(`"Condition":{},"Condition":{}`), inStatement,
			"1:59: Statement[0].Condition: the same key twice (which of the two counts is not known)"},
	})
}

func TestProblemsOfConditions(t *testing.T) {
	testProblems(t, []problemRow{
		{condition(`"Null":{"a":true},"Null":{"b":true}`), inCondition,
			"1:65: Statement[0].Condition.Null: the same operator twice (which of the two counts is not known)"},
		{condition(`"Null":{"a":true,"A":true}`), inCondition,
			"1:65: Statement[0].Condition.Null.a: the same key twice (key names ignore letter case)"},
		{condition(`"StringEqual":{"a":"b"}`), inCondition,
			`1:72: Statement[0].Condition.StringEqual.a: unknown operator "StringEqual" (did you mean StringEquals?)`},
		{condition(`"IPAddress":{"a":"192.0.2.0/24"}`), inCondition,
			`1:70: Statement[0].Condition.IPAddress.a: unknown operator "IPAddress" (did you mean IpAddress?)`},
		{condition(`"forAnyValues:stringlikeifexist":{"a":"b"}`), inCondition,
			`1:91: Statement[0].Condition.forAnyValues:stringlikeifexist.a: unknown operator ` +
				`"forAnyValues:stringlikeifexist" (did you mean ForAnyValue:StringLikeIfExists?)`},
		{condition(`"ForAllValues:ForAnyValue:StringLike":{"a":"b"}`), inCondition,
			`1:96: Statement[0].Condition.ForAllValues:ForAnyValue:StringLike.a: unknown operator ` +
				`"ForAllValues:ForAnyValue:StringLike" (see the list of condition operators in the IAM user guide)`},
		{condition(`"NullIfExists":{"a":"true"}`), inCondition,
			`1:73: Statement[0].Condition.NullIfExists.a: unknown operator "NullIfExists" (did you mean Null? It ` +
				`takes no modifier)`},
		{condition(`"StringMatches":{"a":"b"}`), inCondition,
			`1:74: Statement[0].Condition.StringMatches.a: unknown operator "StringMatches" (see the list of ` +
				`condition operators in the IAM user guide)`},
		{condition(`"StringLike":{"a":[]}`), inCondition,
			"1:71: Statement[0].Condition.StringLike.a: no value to compare with (an empty list has no documented " +
				"meaning)"},
		{condition(`"NumericEquals":{"a":["1","ten"]}`), inCondition,
			`1:74: Statement[0].Condition.NumericEquals.a: "ten" is no number (digits, with a decimal point or ` +
				`without)`},
		{condition(`"DateLessThan":{"a":"tomorrow"}`), inCondition,
			`1:73: Statement[0].Condition.DateLessThan.a: "tomorrow" is no date (such as 2030-01-31T00:00:00Z, or ` +
				`in seconds since 1970)`},
		{condition(`"IpAddress":{"a":"10.0.0.0/33"}`), inCondition,
			`1:70: Statement[0].Condition.IpAddress.a: "10.0.0.0/33" is no IP address or range (such as ` +
				`203.0.113.0/24)`},
		{condition(`"Bool":{"a":"True"}`), inCondition,
			`1:65: Statement[0].Condition.Bool.a: "True" is no boolean (true or false, in lower case)`},
		{condition(`"Null":{"a":"yes"}`), inCondition,
			`1:65: Statement[0].Condition.Null.a: "yes" is no true or false (true or false, in lower case)`},
		{condition(`"BinaryEquals":{"a":"!"}`), inCondition,
			`1:73: Statement[0].Condition.BinaryEquals.a: "!" is no base64 text`},
		{condition(`"ArnLike":{"a":"*"}`), inCondition,
			`1:68: Statement[0].Condition.ArnLike.a: "*" is no ARN (six parts with a colon between, each of which ` +
				`may have wildcards)`},
		{condition(`"ArnLike":{"a":"${aws:PrincipalArn}"}`), inCondition, // no Version, so this is no variable
			`1:68: Statement[0].Condition.ArnLike.a: "${aws:PrincipalArn}" is no ARN (six parts with a colon ` +
				`between, each of which may have wildcards)`},
	})
}

func testProblems(t *testing.T, rows []problemRow) {
	t.Helper()
	for _, row := range rows {
		d := parse(t, row.text)
		found := map[string][]policies.Problem{document: d.Problems}
		for _, s := range d.Statements {
			found[inStatement] = append(found[inStatement], s.Problems...)
			if len(s.Conditions) > 0 {
				found[inCondition] = s.Conditions[0].Problems
			}
		}
		for place, problems := range found {
			switch {
			case place != row.in && len(problems) > 0:
				t.Errorf("%s\n%s in the %s, want it in the %s", row.text, problems[0], place, row.in)
			case place == row.in && (len(problems) != 1 || problems[0].String() != row.want):
				t.Errorf("%s\n got %v\nwant %s", row.text, problems, row.want)
			}
		}
	}
}

func TestProblemInEachRepeatedCondition(t *testing.T) {
	d := parse(t,
		statement(`"Condition":{"Bool":{"a":true,"A":false,"b":true},"StringLike":{"a":"x"},"StringLike":{"b":"y"}}`))
	var got []string
	for _, c := range d.Statements[0].Conditions {
		got = append(got, fmt.Sprint(c.Operator, " ", c.Key, " ", len(c.Problems)))
	}
	want := []string{"Bool a 1", "Bool A 1", "Bool b 0", "StringLike a 1", "StringLike b 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestParseCostsLittle reads the texts that would cost the most if some step looked at everything before it. Each is
// read in some hundredths of a second. The bound is far above the noise of a busy machine or the race detector, and
// below what comparing each name with all before it took.
func TestParseCostsLittle(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"elements":           `{` + many(24000, `"a%d":1,`) + `"Statement":[]}`,
		"repeated elements":  `{` + strings.Repeat(`"a":1,`, 36000) + `"Statement":[]}`,
		"condition keys":     condition(`"Null":{` + many(24000, `"a%d":1,`) + `"a":1}`),
		"operators":          condition(many(15000, `"a%d":{"b":1},`) + `"a":{}`),
		"values of one key":  condition(`"IpAddress":{"a":[` + many(26000, `"x%d",`) + `"x"]}`),
		"lines":              `{"Statement":[` + strings.Repeat("\n", 260000) + `]}`,
		"names that go deep": many(26000, `{"a%d":`),
	} {
		if len(text) > 256<<10 {
			t.Fatalf("%s: %d bytes are refused for their length alone", name, len(text))
		}
		start := time.Now()
		_, _ = policies.Parse([]byte(text)) // that it comes back is the point
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v for %d bytes", name, took, len(text))
		}
	}
}
