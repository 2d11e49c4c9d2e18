package lockout_test

import (
	"slices"
	"strings"
	"testing"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// The sentences about statements that go, by hand.

// lossesOf are statements, each with the sentence about it.
var lossesOf = []struct{ statement, want string }{
	{`{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
		"TLSOnly: forbade all of s3:* to everyone over plain HTTP"},
	{`{"Sid":"Office","Effect":"Deny","Principal":{"AWS":"*"},"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"NotIpAddress":{"aws:SourceIp":["52.94.76.0/22","10.0.0.0/8"]}}}`,
		"Office: forbade s3:GetObject and s3:PutObject on arn:aws:s3:::payroll/* to everyone unless aws:SourceIp is " +
			"in 52.94.76.0/22 or 10.0.0.0/8"},
	{`{"Effect":"Deny","Principal":"*","NotAction":"s3:GetObject","NotResource":"arn:aws:s3:::payroll/open/*","Condition":{
		"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`,
		"#1: forbade everything but s3:GetObject on all but arn:aws:s3:::payroll/open/* to everyone when " +
			"aws:PrincipalIsAWSService is false, or is absent, " +
			"unless aws:PrincipalOrgID is o-a1b2c3d4e5"},
	{`{"Sid":"A","Effect":"Deny","NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/App"]},"Action":"*","Resource":"*",
		"Condition":{"StringNotLike":{"aws:PrincipalArn":"*Admin"},"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}`,
		"A: forbade everything to everyone who is not listed in its NotPrincipal (everyone in its own account " +
			"111122223333 and " +
			"arn:aws:iam::111122223333:role/App) unless aws:PrincipalArn is like *Admin, or aws:SourceVpce is vpce-1"},
	{`{"Sid":"Trail","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"*",
		"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}}`,
		"Trail: allowed s3:PutObject to the service cloudtrail.amazonaws.com when aws:SourceArn is like " +
			"arn:aws:cloudtrail:*:111122223333:trail/*"},
	{`{"Sid":"Share","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","777788889999"],"CanonicalUser":"79a59df9"},"Action":"s3:Get*",
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}`,
		"Share: allowed s3:Get* on arn:aws:s3:::payroll and arn:aws:s3:::payroll/* to everyone in account " +
			"444455556666, everyone in account 777788889999 and " +
			"the canonical user 79a59df9"},
	{`{"Sid":"Tags","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*","Condition":{"ForAllValues:StringNotEquals":{"aws:TagKeys":["a","b"]}}}`,
		"Tags: forbade s3:PutObject to everyone unless some value of aws:TagKeys is a or b"},
	{`{"Sid":"Until","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"},
		"Null":{"aws:SourceVpce":"true"}}}`,
		"Until: forbade all of s3:* to everyone when aws:CurrentTime is before 2031-01-01T00:00:00Z, and " +
			"aws:SourceVpce is absent"},
}

func TestLosses(t *testing.T) {
	for _, c := range lossesOf {
		q, _ := questionOf(t, "arn:aws:s3:::payroll", c.statement)
		losses := lockout.Losses(q, nil, nil)
		if len(losses) != 1 || losses[0].Sentence != c.want {
			t.Errorf("%+v\nwant %q", losses, c.want)
		}
		if len(losses) == 1 && losses[0].Effect != q.Policy.Statements[0].Effect {
			t.Errorf("%+v: the effect is not the statement's", losses[0])
		}
	}
}

// twoLocks is a policy with two locking statements, one of which stands twice, a protection and a grant.
const twoLocks = `{"Sid":"Lock","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"},
	{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
	 "Condition":{"Bool":{"aws:SecureTransport":"false"}}},
	{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject",
	 "Resource":"arn:aws:s3:::payroll/*"},
	{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`

func TestLossesOfAChange(t *testing.T) {
	q, text := questionOf(t, "arn:aws:s3:::payroll", twoLocks)
	labels := func(after *policies.Document, locking ...int) (all []string) {
		for _, l := range lockout.Losses(q, after, locking) {
			all = append(all, l.Label)
		}
		return all
	}
	for _, c := range []struct {
		gone, locking []int
		want          []string
	}{
		{nil, []int{0}, []string{"TLSOnly", "Own", "TLSOnly"}}, // the policy is deleted
		{[]int{0}, []int{0}, nil},                              // it is repaired
		{[]int{0, 1}, []int{0}, nil},                           // a copy stays
		{[]int{0, 1, 3}, []int{0}, []string{"TLSOnly", "TLSOnly"}},
		{[]int{0, 2}, nil, []string{"Lock", "Own"}},
	} {
		if got := labels(less(t, text, c.gone), c.locking...); !slices.Equal(got, c.want) {
			t.Errorf("without %v, locking %v: %q, want %q", c.gone, c.locking, got, c.want)
		}
	}
	inside := lockout.Opens(q, nil).Inside
	if len(inside) != 3 || !strings.Contains(inside[0], "what Lock forbade (all of s3:*)") ||
		!strings.Contains(inside[1], "over plain HTTP") {
		t.Errorf("%q", inside)
	}
}

// Statements that concern nobody of the account say nothing about its own people.
func TestOpensInsideConcernsTheAccount(t *testing.T) {
	q, _ := questionOf(t, "arn:aws:s3:::payroll", `{"Effect":"Deny","Principal":{"AWS":"444455556666","Service":"sns.amazonaws.com"},"Action":"s3:*","Resource":"*"},
		{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:role/App"},"Action":"s3:GetObject",
		 "Resource":"*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
		 "Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"444455556666"}}}`)
	inside := lockout.Opens(q, nil).Inside
	if len(inside) != 1 || !strings.Contains(inside[0], "what #2 forbade (s3:GetObject)") {
		t.Errorf("%q", inside)
	}
}

func TestCorrected(t *testing.T) {
	public := `{"Sid":"Public","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"},`
	for _, c := range []struct {
		name, statements string
		locking          []int
		want             lockout.Answer // "": none is offered
		reason           string
	}{
		{"the lock goes, the rest stays", twoLocks, []int{0}, lockout.Open, ""},
		{"nothing is left", `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{0}, "",
			"no statement is left"},
		{"it would be public", public + twoLocks, []int{1}, "", "lets in somebody from outside"},
		{"it would lock still", twoLocks, []int{1}, "", "still lockout"},
		{"it cannot be told", strings.Replace(public, `"*","Action"`, `{"CanonicalUser":"79a59df9"},"Action"`, 1) +
			twoLocks, []int{1}, "", "cannot be told"},
		{"no such statement", twoLocks, []int{9}, "", "no statement 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, text := questionOf(t, "arn:aws:s3:::payroll", c.statements)
			got := lockout.Corrected(q, text, c.locking)
			if got.Verdict != c.want || !strings.Contains(got.Reason, c.reason) || (got.Text == "") != (c.want == "") {
				t.Errorf("%+v, want %q and %q", got, c.want, c.reason)
			}
			if c.want != "" && !strings.Contains(got.Text, `"Sid":"TLSOnly"`) ||
				strings.Contains(got.Text, `"Sid":"Lock"`) {
				t.Errorf("text %s", got.Text)
			}
		})
	}
}
