package policies_test

import (
	"testing"

	"locksmith/policies"
)

// TestMatchARN holds the rules of ArnLike
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
func TestMatchARN(t *testing.T) {
	for _, row := range []struct {
		pattern, arn string
		want         bool
	}{
		{"arn:aws:iam::111122223333:role/Ops", "arn:aws:iam::111122223333:role/Ops", true},
		{"arn:aws:iam::*:role/Ops", "arn:aws:iam::111122223333:role/Ops", true},
		{"arn:aws:iam::*:role/Ops", "arn:aws:iam::111122223333:role/ops", false}, // letter case counts
		{"ARN:aws:iam::*:role/Ops", "arn:aws:iam::111122223333:role/Ops", false},
		{"arn:aws:iam::*:role/Ops", "arn:aws:iam::111122223333:role/x/Ops", false},
		{"arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/x/Ops", true}, // a * reaches over slashes
		{"arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/x:y/Ops", true},
		{"arn:aws:iam::*:role/O?s", "arn:aws:iam::111122223333:role/Ops", true},
		{"arn:aws:iam::*:role/O?s", "arn:aws:iam::111122223333:role/Os", false},
		{"arn:aws:iam::*:role/Ops", "arn:aws:iam::111122223333:user/:role/Ops", false}, // never over a colon
		{"arn:aws:iam:*:role/Ops", "arn:aws:iam::111122223333:role/Ops", false},
		{"arn:aws:iam::????????????:role/Ops", "arn:aws:iam::111122223333:role/Ops", true},
		{"arn:*:iam::111122223333:role/Ops", "arn:aws-cn:iam::111122223333:role/Ops", true},
		{"*:*:*:*:*:*", "arn:aws:iam::111122223333:role/Ops", true},
		{"*", "arn:aws:iam::111122223333:role/Ops", false}, // no six parts
		{"arn:*", "arn:aws:iam::111122223333:role/Ops", false},
		{"arn:aws:iam::*", "arn:aws:iam::111122223333", false},
		{"*:*:*:*:*:*", "ann", false},
		{"", "", false},
	} {
		if got := policies.MatchARN(row.pattern, row.arn); got != row.want {
			t.Errorf("%s, %s: %v, want %v", row.pattern, row.arn, got, row.want)
		}
	}
}

func TestIsAdministrator(t *testing.T) {
	const here = "arn:aws:iam::111122223333:"
	ops, all := []string{"arn:aws:iam::444455556666:role/Other", "arn:aws:iam::*:role/Ops"}, []string{"*:*:*:*:*:*"}
	for _, row := range []struct {
		patterns []string
		arn      string
		want     bool
	}{
		{nil, here + "user/ann", true},
		{nil, here + "role/ci/Deployer", true},
		{nil, "arn:aws:sts::111122223333:federated-user/guest", true},
		{ops, here + "role/Ops", true},
		{ops, here + "role/ops", false},
		{ops, here + "role/Other", false},
		{ops, here + "user/:role/Ops", false}, // a user whose path ends like the pattern
		{ops, here + "user/Ops", false},
		{[]string{"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"},
			here + "role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef", true},
		// Only their services can use service-linked roles, whoever names them
		// (https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html).
		{nil, here + "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", false},
		{all, here + "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", false},
		{all, here + "user/aws-service-role/ann", true},
		{all, here + "role/x/aws-service-role/ann", true},
		// The root user does not count; a session has its role's ARN.
		{nil, here + "root", false},
		{all, here + "root", false},
		{all, "arn:aws:sts::111122223333:assumed-role/Ops/ann", false},
		{all, here + "group/Admins", false},
		{all, here + "role/", false},
		{nil, "sns.amazonaws.com", false},
		{nil, "", false},
	} {
		if got := policies.IsAdministrator(row.patterns, row.arn); got != row.want {
			t.Errorf("%q, %s: %v, want %v", row.patterns, row.arn, got, row.want)
		}
	}
}

func TestCheckAdministrator(t *testing.T) {
	const anARN, aKind = "want an ARN such as arn:aws:iam::*:role/Name",
		"want iam role/…, iam user/… or sts federated-user/…"
	for pattern, want := range map[string]string{
		"arn:aws:iam::*:role/Ops":         "",
		"arn:*:iam::111122223333:user/*":  "",
		"arn:aws:sts::*:federated-user/*": "",
		"arn:aws:iam::*:role/*":           "",
		"":                                anARN,
		"*":                               anARN,
		"Ops":                             anARN,
		"arn:aws:iam::*":                  anARN,
		"arn:aws:iam:*:role/Ops":          anARN, // a part is missing
		"arn:aws:iam::*:*":                aKind,
		"arn:aws:iam::*:root":             aKind,
		"arn:aws:iam::*:role/aws-service-role/x.com/AWSRole": "a service-linked role is no administrator: only its " +
			"service can use it",
		"arn:aws:iam::*:role/aws-service-role/*": "a service-linked role is no administrator: only its " +
			"service can use it",
	} {
		if got := policies.CheckAdministrator(pattern); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}

// TestDenyCovers holds that only the Action element is asked, whatever else a Deny statement says
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html).
func TestDenyCovers(t *testing.T) {
	const deny, rest = `{"Effect":"Deny","Principal":"*","Resource":"arn:aws:s3:::logs",`,
		`"Action":"s3:GetObject","Resource":"*"}`
	for _, row := range []struct {
		statements string
		want       policies.Truth
	}{
		{``, no},
		{`{"Effect":"Allow","Principal":"*",` + rest, no},
		{deny + `"Action":"s3:*"}`, yes}, // on the bucket alone
		{deny + `"Action":"S3:getobject"}`, yes},
		{deny + `"Action":"s3:*Bucket*"}`, no},
		{deny + `"NotAction":"s3:GetObject"}`, no},
		{deny + `"NotAction":"s3:PutObject"}`, yes},
		{deny + `"Action":"s3*"}`, unknown},
		{deny + `"Action":"s3*"},` + deny + `"Action":"s3:Get*"}`, yes},
		{`{"Effect":"Deny","Principal":{"AWS":"444455556666"},` + rest, yes},
		{`{"Effect":"Deny","Principal":"*","Condition":{"StringEqualz":{"k":"v"}},` + rest, yes},
		{`{"Effect":"Deny","effect":"Allow","Principal":"*",` + rest, unknown},
		{`{"Effect":"Deny","Principal":"*","NotAction":"*",` + rest, unknown},
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[`+row.statements+`]}`)
		if got := d.DenyCovers("s3:GetObject"); got != row.want {
			t.Errorf("%s: %v, want %v", row.statements, got, row.want)
		}
	}
	d := parse(t, `{"Statement":`+deny+`"Action":"s3:*"},"Comment":"x"}`)
	if got := d.DenyCovers("s3:GetObject"); got != unknown {
		t.Errorf("a document with a problem: %v, want unknown", got)
	}
}
