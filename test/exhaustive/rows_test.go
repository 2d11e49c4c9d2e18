package exhaustive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/policies/lockout"
)

// A row is a policy in its place, and the verdict that the specification gives it.
type row struct {
	why        string
	statements []string // JSON, with ACCOUNT for the owner's number and CANONICAL for a canonical id
	want       lockout.Answer
	set        []int // the smallest set, where it is told
	admins     []string
	org        string
	queue      bool
	version    string // "2012-10-17" where it is left out, "-" for none
}

const (
	account   = "111122223333"
	bucket    = "arn:aws:s3:::payroll"
	canonical = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
	queue     = "arn:aws:sqs:eu-west-1:111122223333:jobs"
	opsRole   = "arn:aws:iam::111122223333:role/Ops"
)

// deny is a Deny of everything to everybody under a condition.
func deny(condition string) string { return statement(`"Principal":"*"`, `"Action":"*"`, condition) }

// denyTo is a Deny of everything to some.
func denyTo(principal string) string { return statement(principal, `"Action":"*"`, "") }

// denyOf is a Deny of some actions to everybody.
func denyOf(actions string) string { return statement(`"Principal":"*"`, actions, "") }

func statement(principal, action, condition string) string {
	if condition != "" {
		condition = `,"Condition":{` + condition + `}`
	}
	return `{"Effect":"Deny",` + principal + `,` + action + `,"Resource":"*"` + condition + `}`
}

// sid gives a statement a label.
func sid(statement string) string { return `{"Sid":"A",` + statement[1:] }

func (r *row) question() Question {
	q := Question{Resource: bucket, Account: account, Organization: r.org, Administrators: r.admins,
		Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	if r.queue {
		q.Resource = queue
	}
	version := `"Version":"2012-10-17",`
	switch r.version {
	case "":
	case "-":
		version = ""
	default:
		version = fmt.Sprintf(`"Version":%q,`, r.version)
	}
	q.Policy = strings.NewReplacer("ACCOUNT", account, "CANONICAL", canonical).
		Replace(`{` + version + `"Statement":[` + strings.Join(r.statements, ",") + `]}`)
	return q
}

// TestRows asks the prover about every rule of the specification.
func TestRows(t *testing.T) {
	e := &explorer{}
	for _, rows := range [][]row{examples, actionRows, principalRows, realRows, networkRows, conditionRows,
		administratorRows, setRows} {
		for _, r := range rows {
			q := r.question()
			v, err := Judge(&q)
			if err != nil {
				t.Errorf("%s: %v\n    %s", r.why, err, q.Policy)
				continue
			}
			if v.Answer != r.want || r.set != nil && !slices.Equal(v.Statements, r.set) {
				t.Errorf("%s: %s %v %q, want %s %v\n    %s", r.why, v.Answer, v.Statements, v.Reasons, r.want, r.set,
					q.Policy)
			}
			if own := ownAnswer(t, &q, e); !slices.Contains(own, r.want) {
				t.Errorf("%s: this package's search allows %s, the row says %s\n    %s", r.why, own, r.want, q.Policy)
			}
		}
	}
}

// ownAnswer are the answers that this package's search allows, so that rows and search check each other.
func ownAnswer(t *testing.T, q *Question, e *explorer) []lockout.Answer {
	own, err := Ask(q, e)
	if err != nil {
		t.Fatal(err)
	}
	return own.Answers()
}

var examples = []row{
	{why: "deny everything on the bucket", statements: []string{deny("")}, want: lockout.Lockout, set: []int{0}},
	{why: "deny s3:* on the bucket ARN alone", want: lockout.Lockout,
		statements: []string{`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll"}`}},
	{why: "deny on the objects only", want: lockout.Open,
		statements: []string{`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll/*"}`}},
	{why: "deny without TLS", statements: []string{deny(`"Bool":{"aws:SecureTransport":"false"}`)},
		want: lockout.Open},
	{why: "all but one pipeline role", want: lockout.Restricted,
		statements: []string{deny(`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:role/Pipeline"}`)}},
	{why: "all but one pipeline role, and another administrator is named", want: lockout.Lockout,
		admins:     []string{opsRole},
		statements: []string{deny(`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:role/Pipeline"}`)}},
	{why: "all but a role whose account number is mistyped", want: lockout.Lockout,
		statements: []string{deny(`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223334:role/Pipeline"}`)}},
	{why: "all but a session ARN in aws:PrincipalArn", want: lockout.Lockout,
		statements: []string{deny(`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:sts::ACCOUNT:assumed-role/Admin/*"}`)}},
	{why: "all but a private range", statements: []string{deny(`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`)},
		want: lockout.Lockout},
	{why: "all but a topic", queue: true, want: lockout.Lockout,
		statements: []string{deny(`"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:ACCOUNT:t"}`)}},
	{why: "deny the two recovery actions", want: lockout.Sealed, set: []int{0},
		statements: []string{denyOf(`"Action":["s3:PutBucketPolicy","s3:DeleteBucketPolicy"]`)}},
	{why: "deny until 2031", statements: []string{deny(`"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"}`)},
		want: lockout.Restricted},
	{why: "deny all but reading objects", statements: []string{denyOf(`"NotAction":"s3:GetObject"`)},
		want: lockout.Sealed},
	{why: "all but through an access point of this account", want: lockout.Sealed,
		statements: []string{deny(`"StringNotEquals":{"s3:DataAccessPointAccount":"ACCOUNT"}`)}},
	{why: "NotPrincipal one user, without the account", want: lockout.Undecided,
		statements: []string{denyTo(`"NotPrincipal":{"AWS":"arn:aws:iam::ACCOUNT:user/alice"}`)}},
	{why: "deny the one administrator that is named", want: lockout.Lockout, admins: []string{opsRole},
		statements: []string{denyTo(`"Principal":{"AWS":"arn:aws:iam::ACCOUNT:role/Ops"}`)}},
	{why: "Identity Center sessions never carry MFA", want: lockout.Lockout,
		admins:     []string{"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_*"},
		statements: []string{deny(`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`)}},
	{why: "AWS's own sample on aws:SourceVpcArn", want: lockout.Restricted,
		statements: []string{deny(`"ArnNotEquals":{"aws:SourceVpcArn":"arn:aws:ec2:us-east-1:*:vpc/vpc-1a2b3c4d"}`)}},
	{why: "no endpoint and no address: a service may call for somebody", want: lockout.Restricted,
		statements: []string{deny(`"Null":{"aws:SourceVpce":"false"}`), deny(`"Null":{"aws:SourceVpc":"false"}`),
			deny(`"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}`)}},
	{why: "no endpoint id and no address", want: lockout.Restricted,
		statements: []string{deny(`"Null":{"aws:SourceVpce":"false"}`),
			deny(`"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}`)}},
}

var actionRows = []row{
	{why: "deny s3:* unless the upload is encrypted", want: lockout.Lockout,
		statements: []string{
			`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll",` +
				`"arn:aws:s3:::payroll/*"],` +
				`"Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`}},
	{why: "s3:*Bucket* leaves objects", statements: []string{denyOf(`"Action":"s3:*Bucket*"`)}, want: lockout.Sealed},
	{why: "s3:PutObject is covered by no Deny", statements: []string{denyOf(`"NotAction":"s3:PutObject"`)},
		want: lockout.Sealed},
	{why: "the rest is covered by another statement, for somebody else", want: lockout.Lockout,
		statements: []string{denyOf(`"NotAction":"s3:PutObject"`),
			`{"Effect":"Deny","Principal":{"AWS":"999988887777"},"Action":"s3:PutObject","Resource":"*"}`}},
	{why: "an Allow does not cover", want: lockout.Sealed,
		statements: []string{denyOf(`"NotAction":"s3:PutObject"`),
			`{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::payroll/*"}`}},
	{why: "DeleteBucketPolicy is left", statements: []string{denyOf(`"Action":"s3:Put*"`)}, want: lockout.Open},
	{why: "actions ignore case", want: lockout.Sealed,
		statements: []string{denyOf(`"Action":["S3:putbucketPOLICY","s3:deleteBucketPolicy"]`)}},
	{why: "listing is left", statements: []string{denyOf(`"NotAction":"s3:ListBucket"`)}, want: lockout.Sealed},
	{why: "everything that is asked of is denied", want: lockout.Lockout,
		statements: []string{
			denyOf(`"Action":["s3:PutBucketPolicy","s3:DeleteBucketPolicy","s3:GetBucketPolicy",` +
				`"s3:ListBucket","s3:GetObject","s3:PutObject"]`)}},
	{why: "a listing with a prefix is no listing of the whole bucket", want: lockout.Lockout,
		statements: []string{deny(`"StringNotLike":{"s3:prefix":"home/*"}`)}},
	{why: "receiving is left", queue: true, statements: []string{denyOf(`"NotAction":"sqs:ReceiveMessage"`)},
		want: lockout.Sealed},
	{why: "SetQueueAttributes alone, with a Sid", queue: true,
		statements: []string{sid(denyOf(`"Action":"sqs:SetQueueAttributes"`))}, want: lockout.Open},
	{why: "SetQueueAttributes alone, without a Sid", queue: true,
		statements: []string{denyOf(`"Action":"sqs:SetQueueAttributes"`)}, want: lockout.Sealed},
	{why: "two statements, one without a Sid", queue: true, want: lockout.Sealed,
		statements: []string{sid(denyOf(`"Action":"sqs:SetQueueAttributes"`)),
			denyOf(`"Action":"sqs:SetQueueAttributes"`)}},
	{why: "the one without a Sid denies others", queue: true, want: lockout.Open,
		statements: []string{sid(denyOf(`"Action":"sqs:SetQueueAttributes"`)),
			denyTo(`"Principal":{"AWS":"arn:aws:iam::ACCOUNT:role/Ops"}`)}},
	{why: "queue attributes can be read", queue: true, want: lockout.Sealed,
		statements: []string{
			denyOf(`"Action":["sqs:SetQueueAttributes","sqs:RemovePermission",` +
				`"sqs:SendMessage","sqs:ReceiveMessage"]`)}},
	{why: "an s3 key on a queue is absent", queue: true,
		statements: []string{deny(`"StringNotEquals":{"s3:prefix":"a"}`)}, want: lockout.Lockout},
}

var principalRows = []row{
	{why: "the account by its id is everybody", statements: []string{denyTo(`"Principal":{"AWS":"ACCOUNT"}`)},
		want: lockout.Lockout},
	{why: "the account by its root is everybody",
		statements: []string{denyTo(`"Principal":{"AWS":"arn:aws:iam::ACCOUNT:root"}`)}, want: lockout.Lockout},
	{why: "another account is nobody", statements: []string{denyTo(`"Principal":{"AWS":"999988887777"}`)},
		want: lockout.Open},
	{why: "a service is nobody that counts",
		statements: []string{denyTo(`"Principal":{"Service":"s3.amazonaws.com"}`)}, want: lockout.Open},
	{why: "one role", statements: []string{denyTo(`"Principal":{"AWS":"arn:aws:iam::ACCOUNT:role/Ops"}`)},
		want: lockout.Open},
	{why: "one session of a role", want: lockout.Open,
		statements: []string{denyTo(`"Principal":{"AWS":"arn:aws:sts::ACCOUNT:assumed-role/Ops/deploy"}`)}},
	{why: "NotPrincipal another account's role",
		statements: []string{denyTo(`"NotPrincipal":{"AWS":"arn:aws:iam::999988887777:role/Ops"}`)},
		want:       lockout.Lockout},
	{why: "NotPrincipal the account alone spares nobody",
		statements: []string{denyTo(`"NotPrincipal":{"AWS":"ACCOUNT"}`)}, want: lockout.Lockout},
	{why: "NotPrincipal account and user spares the user", want: lockout.Restricted,
		statements: []string{denyTo(`"NotPrincipal":{"AWS":["ACCOUNT","arn:aws:iam::ACCOUNT:user/alice"]}`)}},
	{why: "NotPrincipal a role without a session spares nobody", want: lockout.Lockout,
		statements: []string{denyTo(`"NotPrincipal":{"AWS":["ACCOUNT","arn:aws:iam::ACCOUNT:role/Ops"]}`)}},
	{why: "NotPrincipal account, role and session", want: lockout.Restricted,
		statements: []string{
			denyTo(`"NotPrincipal":{"AWS":["ACCOUNT","arn:aws:iam::ACCOUNT:role/Ops",` +
				`"arn:aws:sts::ACCOUNT:assumed-role/Ops/deploy"]}`)}},
	{why: "NotPrincipal role and session without the account", want: lockout.Undecided,
		statements: []string{
			denyTo(`"NotPrincipal":{"AWS":["arn:aws:iam::ACCOUNT:role/Ops",` +
				`"arn:aws:sts::ACCOUNT:assumed-role/Ops/deploy"]}`)}},
	{why: "NotPrincipal a session without its role", want: lockout.Lockout,
		statements: []string{
			denyTo(`"NotPrincipal":{"AWS":["ACCOUNT","arn:aws:sts::ACCOUNT:assumed-role/Ops/deploy"]}`)}},
	{why: "NotPrincipal a federated user without the account", want: lockout.Undecided,
		statements: []string{denyTo(`"NotPrincipal":{"AWS":"arn:aws:sts::ACCOUNT:federated-user/bob"}`)}},
	{why: "NotPrincipal one user, and that user matters to nobody who asked", admins: []string{opsRole},
		want:       lockout.Lockout,
		statements: []string{denyTo(`"NotPrincipal":{"AWS":"arn:aws:iam::ACCOUNT:user/alice"}`)}},
	{why: "NotPrincipal a canonical id spares what the account would: nobody", want: lockout.Lockout,
		statements: []string{denyTo(`"NotPrincipal":{"CanonicalUser":"CANONICAL"}`)}},
	{why: "NotPrincipal a canonical id and a user", want: lockout.Undecided,
		statements: []string{
			denyTo(`"NotPrincipal":{"CanonicalUser":"CANONICAL","AWS":"arn:aws:iam::ACCOUNT:user/alice"}`)}},
	{why: "a canonical id in Principal may be the owner", want: lockout.Undecided,
		statements: []string{denyTo(`"Principal":{"CanonicalUser":"CANONICAL"}`)}},
	{why: "a provider stands for no user",
		statements: []string{denyTo(`"Principal":{"Federated":"cognito-identity.amazonaws.com"}`)},
		want:       lockout.Open},
	{why: "a provider may stand for role sessions", admins: []string{opsRole}, want: lockout.Undecided,
		statements: []string{denyTo(`"Principal":{"Federated":"arn:aws:iam::ACCOUNT:saml-provider/corp"}`)}},
	{why: "a unique id is one role, the others are not it",
		statements: []string{denyTo(`"Principal":{"AWS":"AROACKCEVSQ6C2EXAMPLE"}`)}, want: lockout.Open},
	{why: "a role's unique id in NotPrincipal, without a session",
		statements: []string{denyTo(`"NotPrincipal":{"AWS":"AROACKCEVSQ6C2EXAMPLE"}`)}, want: lockout.Lockout},
	{why: "a user's unique id and the account in NotPrincipal", want: lockout.Restricted,
		statements: []string{denyTo(`"NotPrincipal":{"AWS":["ACCOUNT","AIDACKCEVSQ6C2EXAMPLE"]}`)}},
}
