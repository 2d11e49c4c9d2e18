package lockout_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// All that is said of a policy, word by word, by hand.

// A saying is one policy and all that is said of it, written by hand.
type saying struct {
	name           string
	policy         string
	administrators []string
	want           []string
}

// when is a Deny of everything under conditions.
func when(conditions ...string) string {
	var all []string
	for _, c := range conditions {
		all = append(all, part(`"s3:*"`, c))
	}
	return list(all...)
}

const (
	denied  = "statement #1 denies s3:PutBucketPolicy and s3:DeleteBucketPolicy to "
	people  = denied + "every user and role of account 111122223333"
	ofNamed = denied + "every administrator that the allow list names"
)

var (
	ops       = []string{"arn:aws:iam::*:role/Ops"}
	identity  = []string{"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_*"}
	spareOnly = people + ": it spares only "
)

// unless is a Deny of everything for all whose aws:PrincipalArn is not as given.
func unless(operator string, arns ...string) string {
	return when(on(operator, "aws:PrincipalArn", arns...))
}

// TestMistakes: each of the well-known mistakes that lock their author out is called by its name.
func TestMistakes(t *testing.T) {
	tell(t, []saying{
		{"a session's ARN", unless("ArnNotLike", "arn:aws:sts::111122223333:assumed-role/Admin/*"), nil,
			[]string{spareOnly + "arn:aws:sts::111122223333:assumed-role/Admin/*, and aws:PrincipalArn never holds " +
				"the ARN " +
				"of a session, but that of its role"}},
		{"a wildcard in StringNotEquals", unless("StringNotEquals", "arn:aws:iam::111122223333:role/Admin-*"), nil,
			[]string{spareOnly + "arn:aws:iam::111122223333:role/Admin-*, and StringNotEquals takes wildcards " +
				"literally, " +
				"and no name has them"}},
		{"another account", unless("ArnNotEquals", "arn:aws:iam::111122223334:role/A",
			"arn:aws:iam::111122223334:role/B"),
			nil,
			[]string{spareOnly + "arn:aws:iam::111122223334:role/A and arn:aws:iam::111122223334:role/B, and account " +
				"111122223334 is not the owner, which is 111122223333"}},
		{"an account's number cut short", unless("StringNotEquals", "arn:aws:iam::11112222333:role/A"), nil,
			[]string{spareOnly + "arn:aws:iam::11112222333:role/A, and 11112222333 has 11 digits, and an account's " +
				"number 12"}},
		{"another partition", unless("ArnNotEquals", "arn:aws-us-gov:iam::111122223333:role/A"), nil,
			[]string{spareOnly + "arn:aws-us-gov:iam::111122223333:role/A, and that is partition aws-us-gov, and the " +
				"owner " +
				"is in aws"}},
		{"a Region", unless("ArnNotEquals", "arn:aws:iam:eu-west-1:111122223333:role/A"), nil,
			[]string{spareOnly + "arn:aws:iam:eu-west-1:111122223333:role/A, and the ARN of a principal has no " +
				"Region"}},
		{"no role/", unless("StringNotEquals", "arn:aws:iam::111122223333:Admin"), nil,
			[]string{spareOnly + "arn:aws:iam::111122223333:Admin, and the ARN of a principal has user/ or role/ " +
				"before " +
				"its name"}},
		{"no ARN", unless("StringNotEquals", "Admin"), nil,
			[]string{spareOnly + "Admin, and an ARN has six parts, with a colon between"}},
		{"the root user", unless("StringNotEquals", "arn:aws:iam::111122223333:root"), nil,
			[]string{spareOnly + "arn:aws:iam::111122223333:root, and that is the root user alone, not the account"}},
		{"mistakes of two kinds", unless("StringNotEquals", "arn:aws:iam::111122223333:root",
			"arn:aws:iam::444455556666:role/A"), nil,
			[]string{spareOnly + "arn:aws:iam::111122223333:root and arn:aws:iam::444455556666:role/A, and nobody in " +
				"account 111122223333 has such an ARN"}},
		{"a role that is no administrator", unless("StringNotEquals", "arn:aws:iam::111122223333:role/A"), ops,
			[]string{ofNamed + ": it spares only arn:aws:iam::111122223333:role/A, and no administrator that the " +
				"allow " +
				"list names has such an ARN"}},
		{"a private range", when(on("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")), nil,
			[]string{people + ": aws:SourceIp is a public address or absent, and 10.0.0.0/8 is a private range"}},
		{"private ranges", when(on("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "172.16.0.0/12")), nil,
			[]string{people + ": aws:SourceIp is a public address or absent, and 10.0.0.0/8 and 172.16.0.0/12 are " +
				"private " +
				"ranges"}},
		{"a range from a tutorial", when(on("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")), nil,
			[]string{people + ": aws:SourceIp is a public address or absent, and 203.0.113.0/24 is a range for " +
				"examples in " +
				"documentation"}},
		{"shared and link-local addresses", when(on("NotIpAddress", "aws:SourceIp", "100.64.0.0/10", "169.254.0.0/16")),
			nil,
			[]string{people + ": aws:SourceIp is a public address or absent, and 100.64.0.0/10 and 169.254.0.0/16 " +
				"are no " +
				"public ranges"}},
		{"a key of uploads", when(on("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms")), nil,
			[]string{people + ": s3:x-amz-server-side-encryption comes with uploads, and no request that changes the " +
				"policy carries it"}},
		{"a key of listings", when(on("StringNotLike", "s3:prefix", "home/*")), nil,
			[]string{people + ": s3:prefix comes with listings, and no request that changes the policy carries it"}},
		{"the source of a service's call", when(on("ArnNotLike", "aws:SourceArn", "arn:aws:sns:*:*:t")), nil,
			[]string{people + ": aws:SourceArn comes with calls by AWS services for one of their resources, never " +
				"with a " +
				"person's"}},
		{"tags in the request", when(on("Null", "aws:RequestTag/team", "true")), nil,
			[]string{people + ": aws:RequestTag/team comes with calls that set tags, and no request that changes the " +
				"policy carries it"}},
		{"a VPC for an endpoint", when(on("StringNotEquals", "aws:SourceVpce", "vpc-1a2b3c4d")), nil,
			[]string{people + ": aws:SourceVpce holds ids that begin with vpce-, never vpc-1a2b3c4d, for which there " +
				"is " +
				"aws:SourceVpc"}},
		{"an endpoint for a VPC", when(on("StringNotEquals", "aws:SourceVpc", "vpce-1a2b3c4d")), nil,
			[]string{people + ": aws:SourceVpc holds ids that begin with vpc-, never vpce-1a2b3c4d, for which there " +
				"is " +
				"aws:SourceVpce"}},
		{"another organization", when(on("StringNotEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz")), nil,
			[]string{people + ": aws:PrincipalOrgID is o-a1b2c3d4e5 in all of their requests, never o-zzzzzzzzzz"}},
		{"another organization's paths", when(on("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths",
			"o-zzzzzzzzzz/*")),
			nil,
			[]string{people + ": aws:PrincipalOrgPaths begins with o-a1b2c3d4e5/ in all of their requests, never as " +
				"in " +
				"o-zzzzzzzzzz/*"}},
		{"another account's people", when(on("StringNotEquals", "aws:PrincipalAccount", "444455556666")), nil,
			[]string{people + ": aws:PrincipalAccount is 111122223333 in all of their requests, never 444455556666"}},
		{"a date that has passed", when(on("DateGreaterThan", "aws:CurrentTime", "2025-12-31T00:00:00Z")), nil,
			[]string{people + ": 2025-12-31T00:00:00Z has passed"}},
		{"a number for a date", when(on("NumericGreaterThan", "aws:EpochTime", "1577836800")), nil,
			[]string{people + ": 1577836800, which is 2020-01-01T00:00:00Z, has passed"}},
		{"a tag that cannot be", when(on("StringNotEquals", "aws:PrincipalTag/team", "red|blue")), nil,
			[]string{people + ": none of their requests has aws:PrincipalTag/team red|blue; tags take letters, " +
				"digits, " +
				"spaces and _.:/=+-@"}},
		{"a wildcard in a tag", when(on("StringNotEquals", "aws:PrincipalTag/team", "*")), nil,
			[]string{people + ": StringNotEquals takes the wildcards in * literally, and aws:PrincipalTag/team never " +
				"holds " +
				"that; StringNotLike knows wildcards"}},
		{"MFA of Identity Center", when(on("BoolIfExists", "aws:MultiFactorAuthPresent", "false")), identity,
			[]string{ofNamed + ": aws:MultiFactorAuthPresent is never true in their requests, since sessions of IAM " +
				"Identity Center do not tell of MFA"}},
		{"MFA's age of Identity Center", when(on("NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", "3600")),
			identity,
			[]string{ofNamed + ": none of their requests carries aws:MultiFactorAuthAge, since sessions of IAM " +
				"Identity " +
				"Center do not tell of MFA"}},
	})
}

// TestPrincipalsSaid: who is meant, and which identity a NotPrincipal lacks.
func TestPrincipalsSaid(t *testing.T) {
	spared := func(names ...string) string {
		return statement(`"NotPrincipal":`+encode(map[string]any{"AWS": names}), allS3, both)
	}
	root, admin := "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/Admin"
	tell(t, []saying{
		{"everyone", statement(everyone, allS3, both), nil, []string{denied + "everyone, without a condition"}},
		{"everyone, administrators named", statement(everyone, allS3, both), ops,
			[]string{ofNamed + ", without a condition"}},
		{"the account", statement(`"Principal":{"AWS":"111122223333"}`, allS3, both), nil,
			[]string{people + ", without a condition"}},
		{"the one administrator", statement(`"Principal":{"AWS":"arn:aws:iam::111122223333:role/Ops"}`, allS3, both),
			[]string{"arn:aws:iam::111122223333:role/Ops"},
			[]string{ofNamed + ": its Principal names them"}},
		{"the account alone is listed", spared(root), nil,
			[]string{people + ": its NotPrincipal lists the account, but none of its users and roles"}},
		{"no session is listed", spared(root, admin), nil,
			[]string{people + ": its NotPrincipal lists role/Admin, but no session of it, and spares no session that " +
				"it " +
				"does not list"}},
		{"the role is not listed", spared(root, "arn:aws:sts::111122223333:assumed-role/Admin/kim"), nil,
			[]string{people + ": its NotPrincipal lists arn:aws:sts::111122223333:assumed-role/Admin/kim, but not " +
				"the role " +
				"itself"}},
		{"strangers are listed", spared("arn:aws:iam::444455556666:role/Admin"), nil,
			[]string{people + ": its NotPrincipal lists nobody of account 111122223333"}},
		{"a session is listed in full", spared(root, admin, "arn:aws:sts::111122223333:assumed-role/Admin/kim"), nil,
			[]string{"only for role/Admin in session kim"}},
		{"a user is listed in full", spared(root, "arn:aws:iam::111122223333:user/kim"), nil,
			[]string{"only for user/kim"}},
	})
}

// TestSaidTogether: which statements lock together, and what each adds.
func TestSaidTogether(t *testing.T) {
	both := "statements #1 and #2 together deny s3:PutBucketPolicy and s3:DeleteBucketPolicy to every user and role " +
		"of account 111122223333: "
	tell(t, []saying{
		{"from a range, and not", when(on("NotIpAddress", "aws:SourceIp", "52.94.76.0/24"),
			on("IpAddress", "aws:SourceIp",
				"52.94.76.0/24")), nil,
			[]string{both + "#1 leaves only requests from 52.94.76.0/24, and #2 denies those"}},
		{"roles, and all but roles", when(on("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
			on("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*")), nil,
			[]string{both + "#1 leaves only requests by principals like role/*, and #2 denies those"}},
		{"a tag, and none", when(on("Null", "aws:PrincipalTag/team", "true"),
			on("Null", "aws:PrincipalTag/team", "false")),
			nil,
			[]string{both + "#1 leaves only requests with aws:PrincipalTag/team present, and #2 denies those"}},
		{"three", when(on("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"), on("ArnLike",
			"aws:PrincipalArn", "arn:aws:iam::111122223333:user/*"),
			on("StringLike", "aws:PrincipalArn", "*:federated-user/*")), nil, []string{
			"statements #1, #2 and #3 together deny s3:PutBucketPolicy and s3:DeleteBucketPolicy to every user and " +
				"role of " +
				"account 111122223333",
			"statement #1 leaves only requests by others than principals like role/*",
			"statement #2 leaves only requests by others than principals like user/*",
			"statement #3 denies what is left"}},
		{"a bucket for each team, and all others", list(
			`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::${aws:PrincipalTag/team}"}`,
			`{"Effect":"Deny","Principal":"*","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:PrincipalTag/team}"}`),
			nil,
			[]string{both + "#1 leaves only requests where its Resource (arn:aws:s3:::${aws:PrincipalTag/team}) " +
				"does not cover arn:aws:s3:::payroll, and #2 denies those"}},
		{"an action each", list(part(`"s3:PutBucketPolicy"`, ""),
			part(`"s3:DeleteBucketPolicy"`, on("StringNotEquals", "aws:SourceVpce", "vpc-1"))), nil, []string{
			"statement #1 denies s3:PutBucketPolicy to everyone, without a condition",
			"statement #2 denies s3:DeleteBucketPolicy to every user and role of account 111122223333: " +
				"aws:SourceVpce holds ids that begin with vpce-, never vpc-1, for which there is aws:SourceVpc",
			"no statement denies s3:GetObject, so this may be a deliberate seal"}},
	})
}

// TestParticulars: "only" where every other request is denied, and patterns as the policy has them.
func TestParticulars(t *testing.T) {
	pattern := "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*"
	tell(t, []saying{
		{"a pattern", unless("StringNotLike", pattern), nil,
			[]string{"only for principals like role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*"}},
		{"a range or an endpoint",
			when(`{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/24"},"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`), nil,
			[]string{"only in one of 2 ways: from 52.94.76.0/24, or through the VPC endpoint vpce-1a2b3c4d"}},
		{"a range and a role", when(on("NotIpAddress", "aws:SourceIp", "52.94.76.0/24"), on("ArnNotEquals",
			"aws:PrincipalArn", "arn:aws:iam::111122223333:role/A")), nil,
			[]string{"only from 52.94.76.0/24", "only for role/A"}},
		{"one of two is another account's", unless("ArnNotEquals", "arn:aws:iam::444455556666:role/A",
			"arn:aws:iam::111122223333:role/B"), nil, []string{"only for role/B"}},
		{"one of three is denied elsewhere", when(on("ArnNotEquals", "aws:PrincipalArn",
			"arn:aws:iam::111122223333:role/A",
			"arn:aws:iam::111122223333:role/B"),
			on("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/A")), nil, []string{"only for role/B"}},
		{"a role for each action", list(part(`"s3:Put*"`,
			on("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/A")),
			part(`"s3:Delete*"`, on("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/B"))), nil,
			[]string{"to call s3:PutBucketPolicy, only for role/A", "to call s3:DeleteBucketPolicy, only for role/B"}},
		{"later", when(on("DateLessThan", "aws:CurrentTime", "2031-01-01T00:00:00Z")), nil,
			[]string{"only from 2031-01-01T00:00:00Z on"}},
		{"without an address", when(on("IpAddress", "aws:SourceIp", "0.0.0.0/0", "::/0")), nil,
			[]string{"only without aws:SourceIp"}},
		{"any letter case", unless("StringNotEqualsIgnoreCase", "arn:aws:iam::111122223333:role/A"), nil,
			[]string{"only for role/A, in any letter case"}},
		{"two keys that have to be equal", when(on("StringNotEquals", "aws:PrincipalTag/team",
			"${aws:ResourceTag/team}")),
			nil,
			[]string{"only with aws:PrincipalTag/team ${aws:ResourceTag/team}"}},
	})
}

// TestHints: what the parser found, and what it takes it for, reaches the reader.
func TestHints(t *testing.T) {
	for _, row := range []struct{ policy, want string }{
		{unless("StringNotEqual", "arn:aws:iam::111122223333:role/A"), "did you mean StringNotEquals?"},
		{unless("ArnNotLike", "Admin"), "six parts with a colon between"},
		{unless("stringNotEquals", "arn:aws:iam::111122223333:role/A"), "did you mean StringNotEquals?"},
		{when(on("NotIpAddress", "aws:SourceIp", "52.94.76")), "such as 203.0.113.0/24"},
		{when(on("StringNotEquals", "kms:ViaService", "s3.eu-central-1.amazonaws.com")), "belongs to another service"},
		{when(on("StringNotEquals", "saml:sub", "kim")), "comes from an identity provider"},
		{when(on("StringNotEquals", "aws:Nonsense", "x")), "no reference lists the key aws:Nonsense"},
	} {
		if v := judge(t, bucket, row.policy); !strings.Contains(strings.Join(v.Reasons, "\n"), row.want) {
			t.Errorf("%s %q, want one with %q\n%s", v.Answer, v.Reasons, row.want, row.policy)
		}
	}
}

// tell checks what is said of each policy, word for word, and that no request makes a liar of it.
func tell(t *testing.T, rows []saying) {
	t.Helper()
	for n, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			doc, err := policies.Parse([]byte(row.policy))
			if err != nil {
				t.Fatal(err)
			}
			q := lockout.Question{Policy: doc, Resource: bucket, Account: account, Organization: "o-a1b2c3d4e5",
				Now:            now,
				Administrators: row.administrators}
			tr := trial{question: q, verdict: lockout.Judge(q)}
			if diff := cmp.Diff(row.want, tr.verdict.Reasons); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tr.verdict.Answer, diff)
			}
			g := generator{rand.New(rand.NewPCG(uint64(n), 37))}
			tr.everyone, tr.requests = g.crowd(place{bucket, q.Organization, q.Administrators}, 400)
			for _, sentence := range tr.verdict.Reasons {
				if wrong := tr.refute(sentence); wrong != "" {
					t.Errorf("%q: %s", sentence, wrong)
				}
			}
		})
	}
}

// TestRefuted: the trial of sentences finds those that are false. Most were said before sentences were checked.
func TestRefuted(t *testing.T) {
	rangeOrEndpoint := when(`{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/22"},"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`)
	twoWays := when(on("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"), on("ArnNotLike",
		"aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"))
	for _, row := range []struct{ name, policy, sentence string }{
		{"one of two ways", rangeOrEndpoint, "only from 52.94.76.0/22"},
		{"the other", rangeOrEndpoint, "only through the VPC endpoint vpce-1a2b3c4d"},
		{"a name that was made up", unless("ArnNotLike", "arn:aws:iam::111122223333:role/A*"), "only for role/Ax"},
		{"one of two roles", unless("ArnNotEquals", "arn:aws:iam::111122223333:role/Admin",
			"arn:aws:iam::111122223333:role/A1"), "only for role/Admin"},
		{"everyone, where others matter", statement(everyone, allS3, both), ofNamed + ", without a condition"},
		{"a condition that does not always hold", when(on("StringNotEquals", "aws:PrincipalTag/team", "red")),
			people + ": its condition StringNotEquals on aws:PrincipalTag/team (red) holds for all of their requests"},
		{"more than is left", twoWays, "statement #1 leaves only requests by user/kim"},
		{"less than locks", twoWays, people + ": its Principal names them"},
		{"a key that is carried", when(on("StringNotEquals", "aws:UserAgent", "x")),
			people + ": no request that changes the policy carries aws:UserAgent"},
		{"a later time", when(on("DateLessThan", "aws:CurrentTime", "2026-11-21T12:30:00Z")),
			"only from 2041-01-01T00:00:00Z on"},
		{"a form that nobody knows", statement(everyone, allS3, both), "nobody gets in"},
	} {
		doc, err := policies.Parse([]byte(row.policy))
		if err != nil {
			t.Fatal(err)
		}
		q := lockout.Question{Policy: doc, Resource: bucket, Account: account, Organization: "o-a1b2c3d4e5", Now: now}
		tr := trial{question: q, verdict: lockout.Judge(q)}
		g := generator{rand.New(rand.NewPCG(1, 41))}
		tr.everyone, tr.requests = g.crowd(place{bucket, q.Organization, nil}, 600)
		if tr.verdict.Witness == nil {
			tr.verdict.Witness = &lockout.Witness{}
		}
		if tr.refute(row.sentence) == "" {
			t.Errorf("%s: %q is taken for true", row.name, row.sentence)
		}
	}
}
