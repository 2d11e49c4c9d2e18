package lockout_test

import (
	"testing"

	"locksmith/policies/lockout"
)

// Resource elements with policy variables: arn:aws:s3:::${aws:PrincipalTag/team} covers the bucket for those whose tag
// is its name, by https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.

// TestVariablesInResource: a statement covers the resource, or spares it, by what the sender's request carries.
func TestVariablesInResource(t *testing.T) {
	in := func(element, of string) string {
		return `{"Effect":"Deny","Principal":"*","Action":"s3:*","` + element + `":"arn:aws:s3:::` + of + `"}`
	}
	for _, row := range []struct {
		name, bucket, statements string
		administrators           []string
		want                     lockout.Answer
	}{
		{"all but those through the endpoint that the bucket is called by", "vpce-1a2b3c4d",
			in("NotResource", "${aws:SourceVpce}"), nil, lockout.Restricted},
		{"all but those from the VPC that the bucket is called by", "vpc-1a2b3c4d",
			in("NotResource", "${aws:SourceVpc}"), nil, lockout.Restricted},
		{"an endpoint by whose name no bucket is called", "payroll", in("NotResource", "${aws:SourceVpce}"), nil,
			lockout.Lockout},
		{"all but calls by a service", "true", in("NotResource", "${aws:ViaAWSService}"), nil, lockout.Restricted},
		{"all but calls with TLS, which are ordinary", "true", in("NotResource", "${aws:SecureTransport}"), nil,
			lockout.Open},
		{"all but sessions of that identity", "kim", in("NotResource", "${aws:SourceIdentity}"), nil,
			lockout.Restricted},
		{"a user has no source identity", "kim", in("NotResource", "${aws:SourceIdentity}"),
			[]string{"arn:aws:iam::111122223333:user/*"}, lockout.Lockout},
		{"the type of a principal is no bucket's name", "user", in("NotResource", "${aws:PrincipalType}"), nil,
			lockout.Lockout},
		{"all but the user that the bucket is called by", "kim", in("NotResource", "${aws:username}"), nil,
			lockout.Restricted},
		{"that user, and all others", "kim", in("Resource", "${aws:username}") + "," +
			in("NotResource", "${aws:username}"), nil, lockout.Lockout},
		{"only that user", "kim", in("Resource", "${aws:username}"), nil, lockout.Open},
		{"all but through the service that the bucket is called by", "athena.amazonaws.com",
			in("NotResource", "${aws:CalledViaFirst}"), nil, lockout.Restricted},
		{"two variables", "a-b", in("NotResource", "${aws:PrincipalTag/a}-${aws:PrincipalTag/b}"), nil,
			lockout.Undecided},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := judge(t, "arn:aws:s3:::"+row.bucket, list(row.statements), row.administrators...)
			if v.Answer != row.want {
				t.Errorf("%s %q %+v, want %s", v.Answer, v.Reasons, v.Witness, row.want)
			}
		})
	}
}
