package policies_test

import (
	"testing"

	"locksmith/policies"
)

// The callers of these tests, all of account 111122223333 where they have one.
var (
	ann      = policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::111122223333:user/staff/ann"}
	deployer = policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::111122223333:role/ci/Deployer",
		Session: "run-7"}
	guest     = policies.Caller{Kind: policies.Federated, ARN: "arn:aws:sts::111122223333:federated-user/guest"}
	root      = policies.Caller{Kind: policies.Root, ARN: "arn:aws:iam::111122223333:root"}
	topic     = policies.Caller{Kind: policies.Service, ARN: "sns.amazonaws.com"}
	anonymous = policies.Caller{Kind: policies.Anonymous}
)

// principalTruth asks whether a statement with the element and nothing else to it applies to the caller.
func principalTruth(t *testing.T, effect, element string, c policies.Caller) policies.Truth {
	t.Helper()
	d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"`+effect+`",`+
		element+`,"Action":"*","Resource":"*"}}`)
	context := policies.Context{}
	switch c.Kind {
	case policies.User:
		context.Set("aws:userid", "AIDAJQABLZS4A3QDU576Q")
	case policies.Role:
		context.Set("aws:userid", "AROADBQP57FF2AEXAMPLE:run-7")
	}
	got, _ := d.Statements[0].Matches(policies.Request{Caller: c, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k",
		Context: context}, true)
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
		{`"Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE"}`, n, n, n, n,
			n, n},
		{`"Principal":{"Service":"sns.amazonaws.com"}`, n, n, n, n, y, n},
		{`"Principal":{"Service":["sqs.amazonaws.com","s3.amazonaws.com"]}`, n, n, n, n, n, n},
		{`"Principal":{"Service":"*"}`, n, n, n, n, u, n},
		// An identity provider stands for sessions that came through it; a canonical id for some account.
		{`"Principal":{"Federated":"cognito-identity.amazonaws.com"}`, n, u, n, n, n, n},
		{`"Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/Corporate"}`, n, u, n, n, n, n},
		{`"Principal":{"CanonicalUser":"` + canonical + `"}`, u, u, u, u, n, n},
		{`"Principal":{"CanonicalUser":"` + canonical + `","AWS":"111122223333"}`, y, y, y, y, n, n},
		{`"Principal":{"AWS":"AIDAJQABLZS4A3QDU576Q"}`, y, n, n, n, n, n},
		{`"Principal":{"AWS":"AROADBQP57FF2AEXAMPLE"}`, n, y, n, n, n, n},
		{`"Principal":{"AWS":"AIDAJQABLZS4A3QDU5OTH"}`, n, n, n, n, n, n},
		// What is no principal in form.
		{`"Principal":{"AWS":"arn:aws:iam::111122223333:role/*"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":"arn:aws:iam::*:root"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":"11112222333"}`, n, n, n, n, n, n}, // a number, and not the account's
		{`"Principal":{"AWS":"ann"}`, u, u, u, u, n, n},
		{`"Principal":{"AWS":["ann","111122223333"]}`, y, y, y, y, n, n},
		{`"Principal":"111122223333"`, u, u, u, u, u, u},
		{`"Principal":{"AWS":"*","Org":"o-a1b2c3d4e5"}`, u, u, u, u, u, u},
		{`"Principal":"*","NotPrincipal":"*"`, u, u, u, u, u, u},
	})
}

// canonical is the canonical id of an account, whose number it does not tell.
const canonical = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

// TestNotPrincipal holds the three zones of NotPrincipal in a Deny. It spares those of whom all identities are listed,
// and nobody whose user, role or session is not. Where only the account is missing, AWS "might" deny
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
func TestNotPrincipal(t *testing.T) {
	const (
		anAnn     = `"arn:aws:iam::111122223333:user/staff/ann"`
		aRole     = `"arn:aws:iam::111122223333:role/ci/Deployer"`
		aSession  = `"arn:aws:sts::111122223333:assumed-role/Deployer/run-7"`
		another   = `"arn:aws:sts::111122223333:assumed-role/Deployer/run-8"`
		aGuest    = `"arn:aws:sts::111122223333:federated-user/guest"`
		anAccount = `"111122223333"`
	)
	listed := func(values string) string { return `"NotPrincipal":{"AWS":[` + values + `]}` }
	testPrincipals(t, []principalRow{
		{`"NotPrincipal":"*"`, n, n, n, n, n, n},
		{`"NotPrincipal":{"AWS":"*"}`, n, n, n, n, u, n},
		{listed(anAccount), y, y, y, n, y, y},
		{listed(`"444455556666"`), y, y, y, y, y, y},
		// All identities are listed.
		{listed(anAccount + "," + anAnn), n, y, y, n, y, y},
		{listed(anAccount + "," + aRole + "," + aSession), y, n, y, n, y, y},
		{listed(anAccount + "," + aGuest), y, y, n, n, y, y},
		{listed(`"arn:aws:iam::111122223333:root",` + anAnn), n, y, y, n, y, y},
		// The session is missing, or the role, or it is another session.
		{listed(anAccount + "," + aRole), y, y, y, n, y, y},
		{listed(anAccount + "," + aSession), y, y, y, n, y, y},
		{listed(anAccount + "," + aRole + "," + another), y, y, y, n, y, y},
		{listed(aRole), y, y, y, y, y, y},
		{listed(aSession), y, y, y, y, y, y},
		{listed(aRole + "," + another), y, y, y, y, y, y},
		// Only the account is missing.
		{listed(anAnn), u, y, y, y, y, y},
		{listed(aRole + "," + aSession), y, u, y, y, y, y},
		{listed(aGuest), y, y, u, y, y, y},
		{listed(`"444455556666",` + anAnn), u, y, y, y, y, y},
		// A canonical id may be the account's: it spares what listing the account would.
		{`"NotPrincipal":{"CanonicalUser":"` + canonical + `"}`, y, y, y, u, y, y},
		{`"NotPrincipal":{"CanonicalUser":"` + canonical + `","AWS":` + anAnn + `}`, u, y, y, u, y, y},
		// An identity provider may stand for a session.
		{`"NotPrincipal":{"Federated":"cognito-identity.amazonaws.com"}`, y, u, y, y, y, y},
		{`"NotPrincipal":{"Service":"sns.amazonaws.com"}`, y, y, y, y, n, y},
		// Unique ids stand for one user or role, and never for a session.
		{listed(anAccount + `,"AIDAJQABLZS4A3QDU576Q"`), n, y, y, n, y, y},
		{listed(`"AIDAJQABLZS4A3QDU576Q"`), u, y, y, y, y, y},
		{listed(anAccount + `,"AROADBQP57FF2AEXAMPLE"`), y, y, y, n, y, y},
		{listed(anAccount + `,"AROADBQP57FF2AEXAMPLE",` + aSession), y, n, y, n, y, y},
		// What is no principal in form.
		{listed(`"arn:aws:iam::111122223333:root","arn:aws:iam::111122223333:user/*"`), u, u, u, n, y, y},
	})
}

// TestUniqueIDs holds that a unique id may be any user's, or any role's, where the request does not show aws:userid.
// AIDA… is never a role, and AROA… never a user
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
func TestUniqueIDs(t *testing.T) {
	const aUser, aRole = `"AIDAJQABLZS4A3QDU576Q"`, `"AROADBQP57FF2AEXAMPLE"`
	for _, row := range []struct {
		element string
		caller  policies.Caller
		userID  string // "" where the request does not show it
		want    policies.Truth
	}{
		{`"Principal":{"AWS":` + aUser + `}`, ann, "AIDAJQABLZS4A3QDU576Q", yes},
		{`"Principal":{"AWS":` + aUser + `}`, ann, "AIDAJQABLZS4A3QDU5OTH", no},
		{`"Principal":{"AWS":` + aUser + `}`, ann, "", unknown},
		{`"Principal":{"AWS":` + aUser + `}`, deployer, "", no},
		{`"Principal":{"AWS":` + aUser + `}`, guest, "", no},
		{`"Principal":{"AWS":` + aUser + `}`, root, "", no},
		{`"Principal":{"AWS":` + aRole + `}`, deployer, "AROADBQP57FF2AEXAMPLE:run-7", yes},
		{`"Principal":{"AWS":` + aRole + `}`, deployer, "AROADBQP57FF2AEXAMPLE:run-8", yes}, // all of its sessions
		{`"Principal":{"AWS":` + aRole + `}`, deployer, "AROADBQP57FF2AOTHER00:run-7", no},
		{`"Principal":{"AWS":` + aRole + `}`, deployer, "", unknown},
		{`"Principal":{"AWS":` + aRole + `}`, ann, "", no},
		{`"NotPrincipal":{"AWS":["111122223333",` + aUser + `]}`, ann, "", unknown},
		{`"NotPrincipal":{"AWS":["111122223333",` + aRole + `]}`, deployer, "", yes}, // the session is not listed
		{`"NotPrincipal":{"AWS":["111122223333",` + aUser + `]}`, deployer, "", yes},
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny",`+
			row.element+`,"Action":"*","Resource":"*"}}`)
		context := policies.Context{}
		if row.userID != "" {
			context.Set("aws:userid", row.userID)
		}
		r := policies.Request{Caller: row.caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k",
			Context: context}
		if got, _ := d.Statements[0].Matches(r, true); got != row.want {
			t.Errorf("%s: %s with id %q: %v, want %v", row.element, row.caller.Kind, row.userID, got, row.want)
		}
	}
}

func testPrincipals(t *testing.T, rows []principalRow) {
	t.Helper()
	for _, row := range rows {
		for _, c := range []struct {
			policies.Caller
			want policies.Truth
		}{{ann, row.ann}, {deployer, row.deployer}, {guest, row.guest}, {root, row.root}, {topic, row.service},
			{anonymous, row.anonymous}} {
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
