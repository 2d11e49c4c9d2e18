package lockout_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/lockout"
)

// Statements and conditions that lock only together, or not even then: tags, times, ranges, names and sessions.

// TestTogether holds statements that only together lock, or only together leave one kind of request. The expectations
// are written by hand.
func TestTogether(t *testing.T) {
	for _, row := range []struct {
		name       string
		conditions []string
		want       lockout.Answer
		statements []int
	}{
		{"a VPC endpoint, and an address that no call through one carries", []string{
			`{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`,
			`{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/22"}}`}, lockout.Lockout, []int{0}},
		{"the same, the second only where there is an address", []string{
			`{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`,
			`{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/22"},"Null":{"aws:SourceIp":"false"}}`}, lockout.Restricted,
			nil},
		{"no roles, and nobody but roles", []string{
			`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}`,
			`{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}`}, lockout.Lockout, []int{0}},
		{"three halves of everybody", []string{
			`{"StringEquals":{"aws:PrincipalType":["User","FederatedUser"]}}`,
			`{"StringNotLike":{"aws:userid":"*:ci"}}`, `{"StringLike":{"aws:userid":"AROA*:c*"}}`}, lockout.Lockout,
			[]int{0}},
		{"one session name", []string{`{"StringNotLike":{"aws:userid":"*:ci"}}`}, lockout.Restricted, nil},
		{"tags that have to be equal",
			[]string{`{"StringNotEquals":{"aws:PrincipalTag/team":"${aws:ResourceTag/team}"}}`}, lockout.Restricted,
			nil},
		// whoever has no path,
		{"a user's own name",
			[]string{`{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/${aws:username}"}}`},
			lockout.Open, nil},
		{"before one day and after another", []string{
			`{"DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`,
			`{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"}}`}, lockout.Lockout, []int{0}},
		{"the two clocks are one", []string{
			`{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"}}`,
			`{"NumericGreaterThan":{"aws:EpochTime":"1893456000"}}`}, lockout.Lockout, []int{0}},
		{"a token of the future, a call before it", []string{
			`{"DateLessThanIfExists":{"aws:TokenIssueTime":"2031-01-01T00:00:00Z"}}`,
			`{"DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`}, lockout.Lockout, []int{0}},
		{"MFA without a token, which no page rules out", []string{`{"Null":{"aws:TokenIssueTime":"false"}}`,
			`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`}, lockout.Open, nil},
		{"old MFA", []string{`{"NumericGreaterThan":{"aws:MultiFactorAuthAge":"3600"}}`}, lockout.Open, nil},
		{"two ranges that do not overlap", []string{`{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/22"}}`,
			`{"NotIpAddress":{"aws:SourceIp":"8.8.8.0/24"}}`}, lockout.Lockout, []int{0}},
		{"every address", []string{`{"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}}`}, lockout.Restricted, nil},
		{"every address, also behind an endpoint",
			[]string{`{"IpAddressIfExists":{"aws:SourceIp":["0.0.0.0/0","::/0"]}}`}, lockout.Lockout, []int{0}},
		{"plain HTTP only, TLS 1.3 only", []string{`{"Bool":{"aws:SecureTransport":"true"}}`,
			`{"NumericLessThanIfExists":{"s3:TlsVersion":"1.3"}}`}, lockout.Restricted, nil},
		{"plain HTTP only, TLS 1.3 only, and told", []string{`{"Bool":{"aws:SecureTransport":"true"}}`,
			`{"NumericLessThanIfExists":{"s3:TlsVersion":"1.3"}}`,
			`{"Null":{"aws:SecureTransport":"true"}}`}, lockout.Lockout, []int{0}},
		{"names that start with a and end with b, not abb", []string{
			`{"StringNotLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/a?b"]}}`,
			`{"StringLike":{"aws:PrincipalArn":["*role/a[a-z]b","*/a?b"]}}`}, lockout.Lockout, []int{0}},
		{"letter case", []string{`{"StringNotEqualsIgnoreCase":{"aws:PrincipalTag/env":"PROD"}}`,
			`{"StringEquals":{"aws:PrincipalTag/env":["prod","PROD","Prod"]}}`}, lockout.Restricted, nil},
		{"letter case, under a pattern", []string{`{"StringNotEqualsIgnoreCase":{"aws:PrincipalTag/env":"PROD"}}`,
			`{"StringLike":{"aws:PrincipalTag/env":"PROD"}}`}, lockout.Restricted, nil},
		{"every IPv4 address inside the VPC", []string{`{"IpAddress":{"aws:VpcSourceIp":"0.0.0.0/0"}}`,
			`{"Null":{"aws:VpcSourceIp":"true"}}`}, lockout.Restricted, nil},
		{"a text pattern on a time", []string{`{"StringNotLike":{"aws:CurrentTime":"2027-*"}}`}, lockout.Undecided,
			nil},
		{"a text pattern on a number", []string{`{"StringNotLike":{"aws:MultiFactorAuthAge":"36*"}}`},
			lockout.Undecided, nil},
		{"a text pattern on an address", []string{`{"StringNotLike":{"aws:SourceIp":"8.8.*"}}`}, lockout.Restricted,
			nil},
		{"a name in another letter case",
			[]string{`{"StringNotEqualsIgnoreCase":{"aws:PrincipalArn":"ARN:AWS:IAM::111122223333:USER/KIM"}}`},
			lockout.Restricted, nil},
		{"a key compared with itself", []string{`{"StringEquals":{"aws:PrincipalArn":"${aws:PrincipalArn}"}}`},
			lockout.Lockout, []int{0}},
		{"a key compared with itself, where it can be absent",
			[]string{`{"StringEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/a}"}}`}, lockout.Open, nil},
		{"the same account twice", []string{`{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}`},
			lockout.Lockout, []int{0}},
		{"a star in a name, written as a variable", []string{`{"StringNotLike":{"aws:username":"a${*}b"}}`},
			lockout.Lockout, []int{0}},
		{"a form upload", []string{`{"StringNotEquals":{"s3:authType":"POST"}}`}, lockout.Restricted, nil},
		// with a path
		{"a name too long", []string{`{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/` +
			strings.Repeat("?", 65) + `"}}`}, lockout.Open, nil},
		{"a name with a star", []string{`{"StringNotEquals":{"aws:username":"kim*"}}`}, lockout.Lockout, []int{0}},
		{"paths of an organization",
			[]string{`{"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}}`}, lockout.Restricted, nil},
		{"paths of another organization",
			[]string{`{"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-zzzzzzzzzz/*"}}`}, lockout.Lockout,
			[]int{0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := judge(t, bucket, denies(row.conditions...))
			if v.Answer != row.want {
				t.Fatalf("%s %q %+v, want %s", v.Answer, v.Reasons, v.Witness, row.want)
			}
			if diff := cmp.Diff(row.statements, v.Statements); diff != "" {
				t.Error(diff)
			}
		})
	}
}
