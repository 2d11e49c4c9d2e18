package lockout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/lockout"
)

// What a restricted policy needs that people may not have today.

// TestNeeds: of what restricts, some is nobody's today.
func TestNeeds(t *testing.T) {
	later, agent := "a later time", "a value of aws:UserAgent"
	for _, row := range []struct {
		name, policy string
		want         []string
	}{
		{"until a day", denies(on("DateLessThan", "aws:CurrentTime", "2031-01-01T00:00:00Z")), []string{later}},
		{"unless a user agent", denies(on("StringNotEquals", "aws:UserAgent", "open sesame")), []string{agent}},
		{"unless a user agent, and until a day", denies(on("StringNotEquals", "aws:UserAgent", "open sesame"),
			on("DateLessThan", "aws:CurrentTime", "2031-01-01T00:00:00Z")), []string{later, agent}},
		{"until a day, or with a user agent", `{"Version":"2012-10-17","Statement":` + statementOnly(
			`{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"},"StringNotEquals":{"aws:UserAgent":"open sesame"}}`) + `}`, []string{later}},
		{"unless a tag", denies(on("StringNotEquals", "aws:PrincipalTag/vault", "k7")),
			[]string{"a value of aws:PrincipalTag/vault"}},
		{"unless a role", denies(on("StringNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/Ops")), nil},
		{"unless a role, or a day", denies(on("StringNotEquals", "aws:PrincipalArn",
			"arn:aws:iam::111122223333:role/Ops")), nil},
		{"from a range", denies(on("NotIpAddress", "aws:SourceIp", "52.94.76.0/22")), nil},
		{"through an endpoint", denies(on("StringNotEquals", "aws:SourceVpce", "vpce-1a2b3c4d")), nil},
		{"with any referer", denies(on("Null", "aws:Referer", "true")), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			doc := parse(t, row.policy)
			q := lockout.Question{Policy: doc, Resource: bucket, Account: account, Organization: "o-a1b2c3d4e5",
				Now: now}
			v := lockout.Judge(q)
			if v.Answer != restricted && !(row.name == "with any referer") {
				t.Fatalf("%s %q", v.Answer, v.Reasons)
			}
			if diff := cmp.Diff(row.want, lockout.Needs(q, v)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func statementOnly(condition string) string {
	return `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":` + condition + `}`
}
