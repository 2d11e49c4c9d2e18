package lockout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// The verdict on policies of every kind, each with its answer by hand, and the texts that other tests build policies
// from.

const (
	bucket  = "arn:aws:s3:::payroll"
	queue   = "arn:aws:sqs:eu-central-1:111122223333:orders"
	account = "111122223333"
	admins  = "arn:aws:iam::*:role/OrganizationAccountAccessRole"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// statement is a Deny for everyone on the bucket and its objects, or whatever else the parts say.
func statement(parts ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",` + strings.Join(parts, ",") + `}]}`
}

const (
	everyone = `"Principal":"*"`
	allS3    = `"Action":"s3:*"`
	both     = `"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]`
	allSQS   = `"Action":"sqs:*","Resource":"` + queue + `"`
)

// TestJudge holds the examples of the specification, and what lies beside them. The expectations are written by hand.
func TestJudge(t *testing.T) {
	spares := func(operator, arn string) string {
		return statement(`"Sid":"DenyAllExceptPipeline"`, everyone, allS3, both,
			`"Condition":{"`+operator+`":{"aws:PrincipalArn":"`+arn+`"}}`)
	}
	pipeline := "arn:aws:iam::111122223333:role/PipelineAccessS3"
	for _, row := range []struct {
		name, resource, policy string
		administrators         []string
		want                   lockout.Answer
		statements             []int
		reason                 string // part of a reason
	}{
		{"deny all", bucket, statement(`"Sid":"DenyAllAccess"`, everyone, allS3, both), nil, lockout.Lockout, []int{0},
			"statement DenyAllAccess denies s3:PutBucketPolicy and s3:DeleteBucketPolicy to everyone, without a " +
				"condition"},
		{"deny all by account", bucket, statement(`"Principal":{"AWS":"111122223333"}`, allS3, both), nil,
			lockout.Lockout, []int{0}, "without a condition"},
		{"deny all by account root", bucket, statement(`"Principal":{"AWS":"arn:aws:iam::111122223333:root"}`, allS3,
			both), nil, lockout.Lockout, []int{0}, ""},
		{"deny another account", bucket, statement(`"Principal":{"AWS":"444455556666"}`, allS3, both), nil,
			lockout.Open, nil, ""},
		{"deny a service", bucket, statement(`"Principal":{"Service":"logging.s3.amazonaws.com"}`, allS3, both), nil,
			lockout.Open, nil, ""},
		{"deny all on the objects only", bucket, statement(everyone, allS3, `"Resource":"arn:aws:s3:::payroll/*"`), nil,
			lockout.Open, nil, ""},
		{"deny all on another bucket", bucket, statement(everyone, allS3, `"Resource":"arn:aws:s3:::payroll2"`), nil,
			lockout.Open, nil, ""},
		{"deny all but reading", bucket, statement(everyone, `"NotAction":"s3:GetObject"`, both), nil, lockout.Sealed,
			[]int{0}, ""},
		{"deny all but the policy", bucket, statement(everyone, `"NotAction":"s3:*BucketPolicy"`, both), nil,
			lockout.Open, nil, ""},
		{"one recovery action left", bucket, statement(everyone, `"Action":["s3:Put*","s3:Get*","s3:List*"]`, both),
			nil, lockout.Open, nil, ""},
		{"two statements lock together", bucket, `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"*"},
			{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"},
			{"Effect":"Deny","Principal":"*","Action":["s3:Delete*","s3:Get*","s3:List*"],"Resource":"*"}]}`, nil, lockout.Lockout, []int{0}, "statement #1"},
		{"sealed", bucket, statement(`"Sid":"Seal"`, everyone,
			`"Action":["s3:PutBucketPolicy","s3:DeleteBucketPolicy"]`, both), nil, lockout.Sealed, []int{0},
			"may be a deliberate seal"},
		{"TLS only", bucket, statement(everyone, allS3, both, `"Condition":{"Bool":{"aws:SecureTransport":"false"}}`),
			nil, lockout.Open, nil, ""},
		{"TLS only, administrators named", bucket,
			statement(everyone, allS3, both, `"Condition":{"Bool":{"aws:SecureTransport":"false"}}`), []string{admins},
			lockout.Open, nil, ""},
		{"an allow", bucket, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`, nil,
			lockout.Open, nil, ""},

		{"one role spared", bucket, spares("StringNotEquals", pipeline), nil, lockout.Restricted, nil,
			"only for role/PipelineAccessS3"},
		{"one role spared, by ARN", bucket, spares("ArnNotEquals", pipeline), nil, lockout.Restricted, nil,
			"only for role/PipelineAccessS3"},
		{"one role spared that is no administrator", bucket, spares("StringNotEquals", pipeline), []string{admins},
			lockout.Lockout, []int{0},
			"it spares only arn:aws:iam::111122223333:role/PipelineAccessS3, and no administrator that the allow " +
				"list names has such an ARN"},
		{"one role spared that is an administrator", bucket, spares("StringNotEquals", pipeline),
			[]string{admins, "arn:aws:iam::*:role/Pipeline*"}, lockout.Restricted, nil, "only for role/"},
		{"a mistyped account", bucket, spares("StringNotEquals", "arn:aws:iam::111122223334:role/PipelineAccessS3"),
			nil, lockout.Lockout, []int{0},
			"account 111122223334 is not the owner, which is 111122223333"},
		{"a session spared", bucket, spares("ArnNotLike", "arn:aws:sts::111122223333:assumed-role/Admin/*"), nil,
			lockout.Lockout, []int{0}, "aws:PrincipalArn never holds the ARN of a session, but that of its role"},
		{"the root user spared", bucket, spares("ArnNotEquals", "arn:aws:iam::111122223333:root"), nil, lockout.Lockout,
			[]int{0}, ""},
		{"a star that is literal", bucket, spares("StringNotEquals", "arn:aws:iam::444455556666:role/*"), nil,
			lockout.Lockout, []int{0}, ""},
		{"every role denied", bucket, spares("StringLike", "arn:aws:iam::111122223333:role/*"), nil, lockout.Open, nil,
			""},
		{"every role denied, administrators are roles", bucket,
			spares("StringLike", "arn:aws:iam::111122223333:role/*"), []string{"arn:aws:iam::111122223333:role/Admin*"},
			lockout.Lockout, []int{0}, ""},
		{"administrators that cannot be", bucket, statement(everyone, allS3, both),
			[]string{"arn:aws:iam::444455556666:role/Admin"}, lockout.Undecided, nil, "a mistake in the configuration"},

		{"administrators with a name that nobody can have", bucket, statement(everyone, allS3, both),
			[]string{"arn:aws:iam::111122223333:role/two words"}, lockout.Undecided, nil,
			"a mistake in the configuration"},
		{"the same, and no Deny", bucket, `{"Statement":[]}`, []string{"arn:aws:sts::111122223333:federated-user/a"},
			lockout.Undecided, nil, "a mistake in the configuration"},

		{"encryption demanded of everything", bucket,
			statement(everyone, allS3, both,
				`"Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`), nil,
			lockout.Lockout, []int{0}, "s3:x-amz-server-side-encryption comes with uploads, and no request that " +
				"changes the policy carries it"},
		{"deny all but a topic", queue, statement(everyone, allSQS,
			`"Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:111122223333:t"}}`), nil,
			lockout.Lockout, []int{0}, "aws:SourceArn comes with calls by AWS services for one of their resources, " +
				"never with a person's"},
		{"deny all queue", queue, statement(everyone, allSQS), nil, lockout.Lockout, []int{0},
			"statement #1 denies sqs:SetQueueAttributes and sqs:RemovePermission to everyone, without a condition"},
		{"deny sending only", queue, statement(everyone, `"Action":"sqs:SendMessage","Resource":"*"`), nil,
			lockout.Open, nil, ""},
		{"RemovePermission left", queue, statement(`"Sid":"Mine"`, everyone,
			`"Action":["sqs:*Attributes"],"Resource":"*"`), nil, lockout.Open, nil, ""},
		{"RemovePermission left, and nothing to name", queue,
			statement(everyone, `"Action":["sqs:*Attributes"],"Resource":"*"`), nil, lockout.Sealed, []int{0}, ""},
		{"from one public range", bucket, statement(everyone, allS3, both,
			`"Condition":{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/22"}}`), nil, lockout.Restricted, nil,
			"only from 52.94.76.0/22"},
		{"from one VPC endpoint", bucket, statement(everyone, allS3, both,
			`"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`), nil, lockout.Restricted, nil,
			"vpce-1a2b3c4d"},
		{"until a day", bucket, statement(everyone, allS3, both,
			`"Condition":{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"}}`), nil, lockout.Restricted, nil,
			"only from 2031-01-01T00:00:00Z on"},
		{"another organization's bucket", bucket,
			statement(everyone, allS3, both, `"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`),
			nil, lockout.Open, nil, ""},
		{"the wrong organization", bucket, statement(everyone, allS3, both,
			`"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-zzzzzzzzzz"}}`), nil, lockout.Lockout, []int{0},
			""},
		{"MFA demanded", bucket, statement(everyone, allS3, both,
			`"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`), nil, lockout.Open, nil, ""},

		{"an operator that is unknown", bucket,
			statement(everyone, allS3, both, `"Condition":{"StringEqual":{"aws:PrincipalArn":"x"}}`), nil,
			lockout.Undecided, nil, "StringEqual"},
		{"an unknown element", bucket, statement(everyone, allS3, both, `"Conditions":{}`), nil, lockout.Undecided, nil,
			"Conditions"},
		{"an unknown key", bucket, statement(everyone, allS3, both,
			`"Condition":{"StringNotEquals":{"aws:Nonsense":"x"}}`), nil, lockout.Undecided, nil, "aws:Nonsense"},
		{"the account's root in another partition", bucket,
			statement(`"Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"}`, allS3, both), nil, lockout.Undecided,
			nil, "arn:aws-cn"},
		{"any tag", bucket, statement(everyone, allS3, both, `"Condition":{"Null":{"aws:PrincipalTag/team":"true"}}`),
			nil, lockout.Restricted, nil, "only with aws:PrincipalTag/team present"},
		{"a private range", bucket, statement(everyone, allS3, both,
			`"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), nil, lockout.Lockout, []int{0},
			"aws:SourceIp is a public address or absent, and 10.0.0.0/8 is a private range"},
		{"not a bucket", "arn:aws:s3:::payroll/key", statement(everyone, allS3, both), nil, lockout.Undecided, nil,
			"not the ARN of a bucket or a queue"},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := judge(t, row.resource, row.policy, row.administrators...)
			if v.Answer != row.want {
				t.Fatalf("%s %q, want %s", v.Answer, v.Reasons, row.want)
			}
			if diff := cmp.Diff(row.statements, v.Statements); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(strings.Join(v.Reasons, "\n"), row.reason) ||
				(len(v.Reasons) == 0) != (v.Answer == lockout.Open) {
				t.Errorf("reasons %q, want one with %q", v.Reasons, row.reason)
			}
			if (v.Witness != nil) != (row.want == lockout.Open || row.want == lockout.Restricted) {
				t.Errorf("witness %v with %s", v.Witness, v.Answer)
			}
		})
	}
}

func judge(t *testing.T, resource, policy string, administrators ...string) lockout.Verdict {
	t.Helper()
	return lockout.Judge(lockout.Question{Policy: parse(t, policy), Resource: resource, Account: account,
		Organization: "o-a1b2c3d4e5", Now: now, Administrators: administrators})
}

func parse(t *testing.T, policy string) *policies.Document {
	t.Helper()
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// denies makes a policy of Deny statements on the bucket for everyone, one for each condition.
func denies(conditions ...string) string {
	var all []string
	for i, c := range conditions {
		all = append(all,
			fmt.Sprintf(`{"Sid":"S%d","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],"Condition":%s}`, i, c))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(all, ",") + `]}`
}

// fortyGuards leave one kind of request: forty tags, each with its own value.
func fortyGuards() string {
	var guards []string
	for i := range 40 {
		guards = append(guards,
			fmt.Sprintf(`{"StringNotEquals":{"aws:PrincipalTag/t%d":"v%d","aws:PrincipalTag/t%d":["v%d","w"]},"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*%d*"}}`,
				i, i, (i+1)%40, (i+1)%40, i))
	}
	return denies(guards...)
}

func TestFortyGuards(t *testing.T) {
	if v := judge(t, bucket, fortyGuards()); v.Answer != lockout.Restricted {
		t.Errorf("%s %q", v.Answer, v.Reasons)
	}
}

// hostile is a policy made to blow up the search: globs that overlap all over, some to be matched and some not.
func hostile() string {
	var must, not []string
	for i := range 12 {
		must = append(must, fmt.Sprintf(`{"StringNotLike":{"aws:UserAgent":"*%c*%c*"}}`, 'a'+i, 'b'+i))
		not = append(not, fmt.Sprintf(`{"StringLike":{"aws:UserAgent":"*%c?%c*"}}`, 'a'+i, 'c'+i))
	}
	return denies(append(must, not...)...)
}

// TestHostilePolicyEnds: it is answered within the bound, whatever the answer.
func TestHostilePolicyEnds(t *testing.T) {
	v := judge(t, bucket, hostile())
	if v.Answer != lockout.Restricted && v.Answer != lockout.Undecided {
		t.Errorf("%s %q", v.Answer, v.Reasons)
	}
}

// TestRemovingTheStatementsUnlocks: the statements of a verdict are enough, and none of them can stay.
func TestRemovingTheStatementsUnlocks(t *testing.T) {
	const two = `{"Statement":[
	 {"Sid":"A","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"},
	 {"Sid":"B","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll"},
	 {"Sid":"C","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*"}]}`
	v := judge(t, bucket, two)
	if diff := cmp.Diff([]int{0, 1}, v.Statements); diff != "" || v.Answer != lockout.Lockout {
		t.Fatalf("%s %s", v.Answer, diff)
	}
	for name, rest := range map[string]struct {
		policy string
		want   lockout.Answer
	}{
		"both": {`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*"}]}`,
			lockout.Open},
		"A": {`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll"}]}`,
			lockout.Lockout},
		"B": {`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`, lockout.Lockout},
	} {
		if got := judge(t, bucket, rest.policy); got.Answer != rest.want {
			t.Errorf("without %s: %s, want %s", name, got.Answer, rest.want)
		}
	}
}

// largest is a policy of nearly the size that the service allows: 20 KB on a bucket, 8 KB on a queue
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html,
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html).
func largest(limit int) string {
	var conditions []string
	for i := 0; len(denies(conditions...)) < limit; i++ {
		conditions = append(conditions,
			fmt.Sprintf(`{"StringNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/*a%d*","arn:aws:iam::*:user/*b%d*","*/ops-%d/*"],"aws:PrincipalTag/t%d":["v*%d","w%d*"]},"NotIpAddress":{"aws:SourceIp":"52.%d.0.0/16"}}`,
				i, i, i, i, i, i, i))
	}
	return denies(conditions[:len(conditions)-1]...)
}

// tangled is made to blow up the search by other means. Every value of a set has to be one thing, and some value
// another. Letter case does not count. Roles and users, sessions and networks all matter.
func tangled() string {
	var conditions []string
	for i := range 10 {
		c := string(rune('a' + i))
		conditions = append(conditions,
			fmt.Sprintf(`{"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-*/r-*%s*/ou-*%s/*"},"ForAnyValue:StringLike":{"aws:CalledVia":["*%s*","*.%s?.*"]}}`, c, c, c, c),
			fmt.Sprintf(`{"StringNotEqualsIgnoreCase":{"aws:PrincipalTag/%s":["x","Y"]},"StringNotLike":{"aws:userid":["*:*%s*%s*"],"aws:PrincipalArn":"*%s*%s*"},"Bool":{"aws:MultiFactorAuthPresent":"%v"}}`, c, c, c, c, c, i%2 == 0))
	}
	return denies(conditions...)
}

func BenchmarkJudge(b *testing.B) {
	for name, policy := range map[string]string{
		"20KB":     largest(20 << 10),
		"8KB":      largest(8 << 10),
		"tangled":  tangled(),
		"TLS-only": statement(everyone, allS3, both, `"Condition":{"Bool":{"aws:SecureTransport":"false"}}`),
		"deny-all": statement(everyone, allS3, both),
		"forty":    fortyGuards(),
		"hostile":  hostile(),
	} {
		doc, err := policies.Parse([]byte(policy))
		if err != nil {
			b.Fatal(err)
		}
		q := lockout.Question{Policy: doc, Resource: bucket, Account: account, Organization: "o-a1b2c3d4e5", Now: now}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lockout.Judge(q)
			}
		})
	}
}
