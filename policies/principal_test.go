package policies_test

import (
	"testing"

	"locksmith/policies"
)

// The callers of these tests, all of account 111122223333 where they have one.
var (
	ann       = policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::111122223333:user/staff/ann"}
	deployer  = policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::111122223333:role/ci/Deployer", Session: "run-7"}
	guest     = policies.Caller{Kind: policies.Federated, ARN: "arn:aws:sts::111122223333:federated-user/guest"}
	root      = policies.Caller{Kind: policies.Root, ARN: "arn:aws:iam::111122223333:root"}
	topic     = policies.Caller{Kind: policies.Service, ARN: "sns.amazonaws.com"}
	anonymous = policies.Caller{Kind: policies.Anonymous}
)

// principalTruth asks whether a statement with the element and nothing else to it applies to the caller.
func principalTruth(t *testing.T, effect, element string, c policies.Caller) policies.Truth {
	t.Helper()
	d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"`+effect+`",`+element+`,"Action":"*","Resource":"*"}}`)
	context := policies.Context{}
	switch c.Kind {
	case policies.User:
		context.Set("aws:userid", "AIDAJQABLZS4A3QDU576Q")
	case policies.Role:
		context.Set("aws:userid", "AROADBQP57FF2AEXAMPLE:run-7")
	}
	got, _ := d.Statements[0].Matches(policies.Request{Caller: c, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: context}, true)
	return got
}

const y, n, u = yes, no, unknown

type principalRow struct {
	element                                        string
	ann, deployer, guest, root, service, anonymous policies.Truth
}

func TestPrincipal(t *testing.T) {
	testPrincipals(t, []principalRow{
		{`"Sid":"no Principal at all"`, y, y, y, y, y, y},
		{`"Principal":"*"`, y, y, y, y, y, y},
		{`"Principal":{"AWS":"*"}`, y, y, y, y, u, y},
		{`"Principal":{"AWS":"111122223333"}`, y, y, y, y, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:root"}`, y, y, y, y, n, n},
		{`"Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":"444455556666"}`, n, n, n, n, n, n},
		{`"Principal":{"AWS":["444455556666","111122223333"]}`, y, y, y, y, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:user/staff/ann"}`, y, n, n, n, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"}`, n, n, n, n, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:user/staff/Ann"}`, n, n, n, n, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:role/ci/Deployer"}`, n, y, n, n, n, n},
		{`"Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/Deployer/run-7"}`, n, y, n, n, n, n},
		{`"Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/Deployer/run-8"}`, n, n, n, n, n, n},
		{`"Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/ci/Deployer/run-7"}`, n, n, n, n, n, n},
		{`"Principal":{"AWS":"arn:aws:sts::111122223333:federated-user/guest"}`, n, n, y, n, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE"}`, n, n, n, n, n, n},
		{`"Principal":{"Service":"sns.amazonaws.com"}`, n, n, n, n, y, n},
		{`"Principal":{"Service":["sqs.amazonaws.com","s3.amazonaws.com"]}`, n, n, n, n, n, n},
		{`"Principal":{"Service":"*"}`, n, n, n, n, u, n},
		{`"Principal":{"Federated":"cognito-identity.amazonaws.com"}`, n, n, n, n, n, n},
		{`"Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, n, n, n, n, n, n},
		{`"Principal":{"AWS":"AIDAJQABLZS4A3QDU576Q"}`, y, n, u, n, n, n}, // the guest carries no aws:userid here; root has no such id
		{`"Principal":{"AWS":"AROADBQP57FF2AEXAMPLE"}`, n, y, u, n, n, n},
		// What is no principal in form.
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:role/*"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::*:root"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":"11112222333"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":"ann"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":["ann","111122223333"]}`, y, y, y, y, n, n},
		{`"Principal":"111122223333"`, u, u, u, u, u, u},
		{`"Principal":{"AWS":"*","Org":"o-a1b2c3d4e5"}`, u, u, u, u, u, u},
		{`"Principal":"*","NotPrincipal":"*"`, u, u, u, u, u, u},
	})
}

// TestNotPrincipal holds that NotPrincipal in a Deny spares those of whom all identities are listed.
func TestNotPrincipal(t *testing.T) {
	testPrincipals(t, []principalRow{
		{`"NotPrincipal":"*"`, n, n, n, n, n, n},
		{`"NotPrincipal":{"AWS":"*"}`, n, n, n, n, u, n},
		{`"NotPrincipal":{"AWS":"111122223333"}`, y, y, y, n, y, y},
		{`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/staff/ann"}`, y, y, y, y, y, y},
		{`"NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/staff/ann"]}`, n, y, y, n, y, y},
		{`"NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/ci/Deployer"]}`, y, y, y, n, y, y},
		{`"NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/ci/Deployer","arn:aws:sts::111122223333:assumed-role/Deployer/run-7"]}`, y, n, y, n, y, y},
		{`"NotPrincipal":{"AWS":["111122223333","arn:aws:sts::111122223333:federated-user/guest"]}`, y, y, n, n, y, y},
		{`"NotPrincipal":{"Service":"sns.amazonaws.com"}`, y, y, y, y, n, y},
		{`"NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::111122223333:user/*"]}`, u, u, u, n, y, y},
	})
}

func testPrincipals(t *testing.T, rows []principalRow) {
	t.Helper()
	for _, row := range rows {
		for _, c := range []struct {
			policies.Caller
			want policies.Truth
		}{{ann, row.ann}, {deployer, row.deployer}, {guest, row.guest}, {root, row.root}, {topic, row.service}, {anonymous, row.anonymous}} {
			if got := principalTruth(t, "Deny", row.element, c.Caller); got != c.want {
				t.Errorf("%s: %s %v, want %v", row.element, c.Kind, got, c.want)
			}
		}
	}
}

// TestNotPrincipalInAllow holds that a caller of whom some identities are listed and some are not is not settled there.
func TestNotPrincipalInAllow(t *testing.T) {
	for _, row := range []struct {
		element string
		caller  policies.Caller
		want    policies.Truth
	}{
		{`"NotPrincipal":{"AWS":"444455556666"}`, ann, yes},
		{`"NotPrincipal":{"AWS":"111122223333"}`, ann, unknown},
		{`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/staff/ann"}`, ann, unknown},
		{`"NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/staff/ann"]}`, ann, no},
		{`"NotPrincipal":{"AWS":"111122223333"}`, root, no},
		{`"NotPrincipal":{"AWS":"111122223333"}`, anonymous, yes},
		{`"NotPrincipal":"*"`, deployer, no},
	} {
		if got := principalTruth(t, "Allow", row.element, row.caller); got != row.want {
			t.Errorf("%s: %s %v, want %v", row.element, row.caller.Kind, got, row.want)
		}
	}
}
