package policies_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies"
)

// request is a call by an IAM user of account 111122223333.
func request(action, resource string, context policies.Context) policies.Request {
	return policies.Request{Caller: ann, Action: action, Resource: resource, Context: context}
}

func TestEvaluate(t *testing.T) {
	const (
		all     = `"Principal":"*","Action":"*","Resource":"*"`
		allow   = `{"Sid":"A","Effect":"Allow",` + all + `}`
		deny    = `{"Sid":"D","Effect":"Deny",` + all + `}`
		other   = `{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}`
		perhaps = `"Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"no"}}}`
		why     = `Statement[%s].Condition.Bool.aws:SecureTransport: "no" is no boolean (true or false, in lower case)`
	)
	maybeAllow, maybeDeny := `{"Sid":"MA","Effect":"Allow",`+perhaps, `{"Sid":"MD","Effect":"Deny",`+perhaps
	for _, row := range []struct {
		name, statements string
		want             policies.Decision
	}{
		{"nothing", ``, policies.Decision{Effect: policies.NotAllowed}},
		{"nothing that matches", other, policies.Decision{Effect: policies.NotAllowed}},
		{"allow", allow, policies.Decision{Effect: policies.Allowed, Statements: []int{0}}},
		{"two allows", allow + `,` + other + `,` + allow,
			policies.Decision{Effect: policies.Allowed, Statements: []int{0, 2}}},
		{"deny wins", allow + `,` + deny, policies.Decision{Effect: policies.Denied, Statements: []int{1}}},
		{"deny wins over what is unknown", maybeDeny + `,` + maybeAllow + `,` + deny,
			policies.Decision{Effect: policies.Denied, Statements: []int{2}}},
		{"unknown deny", allow + `,` + maybeDeny, policies.Decision{Effect: policies.Unsettled, Statements: []int{1},
			Reasons: []string{"statement MD: 1:204: " + fmt.Sprintf(why, "1")}}},
		{"allow beside an unknown allow", maybeAllow + `,` + allow,
			policies.Decision{Effect: policies.Allowed, Statements: []int{1}}},
		{"unknown allow", other + `,` + maybeAllow, policies.Decision{Effect: policies.Unsettled, Statements: []int{1},
			Reasons: []string{"statement MA: 1:198: " + fmt.Sprintf(why, "1")}}},
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[`+row.statements+`]}`)
		got := d.Evaluate(request("s3:PutBucketPolicy", "arn:aws:s3:::logs",
			policies.Context{"aws:securetransport": {"true"}}))
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

// TestReasons holds what people read where a decision is unsettled.
func TestReasons(t *testing.T) {
	for _, row := range []struct{ elements, want string }{
		{`"Sid":"S","Principal":"*","Action":"s3*","Resource":"*"`,
			"statement S: whether its actions cover s3:PutBucketPolicy is not settled"},
		{`"Principal":"*","Action":"*"`, "statement #1: whether its resources cover arn:aws:s3:::logs is not settled"},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:user/*"},"Action":"*","Resource":"*"`,
			"statement #1: whether its principals hold the user arn:aws:iam::111122223333:user/staff/ann is not " +
				"settled"},
		{`"Principal":"*","Action":"*","Resource":"*",` +
			`"Condition":{"StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}}`,
			"statement #1: the condition StringEquals on aws:CalledVia is not settled"},
		{`"Principal":"*","Action":"*","Resource":"*","Comment":"x"`,
			`statement #1: 1:76: Statement[0].Comment: unknown element "Comment"`},
	} {
		d := parse(t, `{"Statement":[{"Effect":"Deny",`+row.elements+`}]}`)
		got := d.Evaluate(request("s3:PutBucketPolicy", "arn:aws:s3:::logs",
			policies.Context{"aws:calledvia": {"athena.amazonaws.com"}}))
		want := policies.Decision{Effect: policies.Unsettled, Statements: []int{0}, Reasons: []string{row.want}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.elements, diff)
		}
	}
}

func TestProblemsOfTheDocumentUnsettleEverything(t *testing.T) {
	d := parse(t,
		`{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"},"Comment":"x","Statement":[]}`)
	want := policies.Decision{Effect: policies.Unsettled, Reasons: []string{
		`1:76: Comment: unknown element "Comment"`,
		`1:90: Statement: the same key twice (which of the two counts is not known)`}}
	if diff := cmp.Diff(want, d.Evaluate(request("s3:GetObject", "arn:aws:s3:::logs/a", nil))); diff != "" {
		t.Errorf("decision (-want +got):\n%s", diff)
	}
}

// TestKnownPartsSettle holds that one part of a statement that surely does not match settles it, and that a part that
// stands twice settles nothing.
func TestKnownPartsSettle(t *testing.T) {
	const everything = `"Principal":"*","Action":"*","Resource":"*"`
	for _, row := range []struct{ statement, want string }{
		{`"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Comment":"x"`, policies.NotAllowed},
		{`"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::other","NotAction":"*"`,
			policies.NotAllowed},
		{`"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"s3*","Resource":"*"`, policies.NotAllowed},
		{`"Effect":"Deny",` + everything +
			`,"Condition":{"StringEqual":{"k":"v"},"Bool":{"aws:SecureTransport":false}}`, policies.NotAllowed},
		{`"Effect":"Deny",` + everything + `,"Condition":{"StringEqual":{"k":"v"},"Bool":{"aws:SecureTransport":true}}`,
			policies.Unsettled},
		{`"Effect":"Deny",` + everything + `,"Condition":{"Bool":{"aws:SecureTransport":false}},"Condition":{}`,
			policies.Unsettled},
		{`"Effect":"Deny",` + everything + `,"Condition":{"Bool":{"aws:SecureTransport":false}},"condition":{}`,
			policies.Unsettled},
		{`"Effect":"Deny",` + everything +
			`,"Condition":{"Bool":{"aws:SecureTransport":false,"AWS:securetransport":true}}`, policies.Unsettled},
		{`"Effect":"Deny",` + everything + `,"Condition":{"Bool":{"aws:SecureTransport":false},"Bool":{}}`,
			policies.Unsettled},
		{`"Effect":"Deny","Principal":"*","Action":"sqs:*","Action":"*","Resource":"*"`, policies.Unsettled},
		{`"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::other","Resource":"*"`,
			policies.Unsettled},
		{`"Effect":"Deny","Principal":{"AWS":"444455556666"},"Principal":"*","Action":"*","Resource":"*"`,
			policies.Unsettled},
		{`"Effect":"Deny","Principal":{"AWS":"444455556666","AWS":"*"},"Action":"*","Resource":"*"`,
			policies.Unsettled},
	} {
		d := parse(t, `{"Statement":{`+row.statement+`}}`)
		got := d.Evaluate(request("s3:PutBucketPolicy", "arn:aws:s3:::logs",
			policies.Context{"aws:securetransport": {"true"}}))
		if got.Effect != row.want {
			t.Errorf("%s: %s %v, want %s", row.statement, got.Effect, got.Reasons, row.want)
		}
	}
}

// TestRepeatedEffect holds that a statement whose effect stands twice may be a Deny, beside whatever else allows.
func TestRepeatedEffect(t *testing.T) {
	const all = `"Principal":"*","Action":"*","Resource":"*"`
	for _, twice := range []string{`"Effect":"Allow","Effect":"Deny"`, `"Effect":"Deny","Effect":"Allow"`,
		`"Effect":"Allow","effect":"Deny"`} {
		d := parse(t, `{"Statement":[{"Effect":"Allow",`+all+`},{`+twice+`,`+all+`}]}`)
		if got := d.Evaluate(request("s3:GetObject", "arn:aws:s3:::logs/a", nil)); got.Effect != policies.Unsettled {
			t.Errorf("%s: %s", twice, got.Effect)
		}
	}
}

// TestEveryConditionCounts holds that several operators and keys all have to hold.
func TestEveryConditionCounts(t *testing.T) {
	d := parse(t, `{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",
		"Condition":{"StringEquals":{"a":"1","b":["2","3"]},"Null":{"c":true}}}}`)
	for _, row := range []struct {
		context policies.Context
		want    string
	}{
		{policies.Context{"a": {"1"}, "b": {"3"}}, policies.Denied},
		{policies.Context{"a": {"1"}, "b": {"4"}}, policies.NotAllowed},
		{policies.Context{"a": {"2"}, "b": {"3"}}, policies.NotAllowed},
		{policies.Context{"a": {"1"}, "b": {"3"}, "c": {"x"}}, policies.NotAllowed},
		{policies.Context{"a": {"1"}}, policies.NotAllowed},
	} {
		if got := d.Evaluate(request("s3:GetObject", "arn:aws:s3:::logs/a", row.context)); got.Effect != row.want {
			t.Errorf("%v: %s, want %s", row.context, got.Effect, row.want)
		}
	}
}
