package lockout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// What a change of policy opens, case by case, with the answers by hand.

const (
	mailQueue = "arn:aws:sqs:eu-central-1:111122223333:mail"
	noon      = "2026-11-21T12:00:00Z"
)

// opensCase is a policy in force and the statements that go.
type opensCase struct {
	name       string
	statements string // the statements, without the brackets around them
	gone       []int  // nil: the policy is deleted
	want       lockout.Access
	senders    []lockout.Sender // for Something: those that a witness shows
}

// everybody are all kinds of senders.
var everybody = []lockout.Sender{lockout.FromAnybody, lockout.FromAccount, lockout.FromService}

// opensBuckets are changes of the policy of the bucket payroll.
var opensBuckets = []opensCase{
	{"public reading behind an address range", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, []int{1}, lockout.Something, everybody},
	{"the same, deleted", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, nil, lockout.Nothing, nil},
	{"the Deny did not reach the objects", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll"}`, []int{1}, lockout.Nothing, nil},
	{"only own people are allowed", `{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/App"]},"Action":"s3:*",
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}`, []int{1}, lockout.Nothing, nil},
	{"a Deny alone", `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, []int{0}, lockout.Nothing, nil},
	{"a trail writes, and the Deny kept it from it", `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::payroll/AWSLogs/111122223333/*",
		 "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/t"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}`, []int{1}, lockout.Something,
		[]lockout.Sender{lockout.FromService}},
	{"a trail writes, and the Deny did not reach it", `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::payroll/AWSLogs/111122223333/*",
		 "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/t"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"Bool":{"aws:PrincipalIsAWSService":"false"}}}`, []int{1}, lockout.Nothing, nil},
	{"what is allowed, a Deny that stays takes back", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::payroll/*",
		 "Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}`, []int{2}, lockout.Nothing, nil},
	{"another account's role, behind a Deny that stays", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/Reader"},"Action":"s3:GetObject",
		"Resource":"arn:aws:s3:::payroll/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
		 "Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{2}, lockout.Nothing, nil},
	{"another account's role, behind the Deny that goes", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/Reader"},"Action":"s3:GetObject",
		"Resource":"arn:aws:s3:::payroll/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
		 "Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1, 2}, lockout.Something, []lockout.Sender{lockout.FromAccount}},
	{"the whole organization", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223334:role/Ops"}}}`,
		[]int{1}, lockout.Something, []lockout.Sender{lockout.FromAccount}},
	{"CloudFront by its identity", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF"},
		"Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`, []int{1},
		lockout.Something, []lockout.Sender{lockout.FromService}},
	{"an operator that nobody knows", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"StringEqualz":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1},
		lockout.CannotTell, nil},
	{"an action that AWS does not have", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObjectz","Resource":"arn:aws:s3:::payroll/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1}, lockout.CannotTell, nil},
	{"uploads only encrypted", `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["s3:PutObject","s3:ListBucket"],
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/in/*"]},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`,
		[]int{1}, lockout.Something, []lockout.Sender{lockout.FromAccount}},
	{"listings by prefix: no action on objects carries it", `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject",
		"Resource":"arn:aws:s3:::payroll/*","Condition":{"StringLike":{"s3:prefix":"in/*"}}},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`,
		[]int{1}, lockout.CannotTell, nil},
	{"a Deny stays of which it is not documented what it covers", `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject",
		"Resource":"arn:aws:s3:::payroll/*"},{"Effect":"Deny","Principal":"*","Action":"s?:*","Resource":"*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{2}, lockout.CannotTell, nil},
	{"to anonymous callers alone", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"StringEquals":{"aws:PrincipalType":"Anonymous"}}},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1},
		lockout.Something, []lockout.Sender{lockout.FromAnybody}},
	{"to anonymous callers alone, by a key that they may not carry", `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"StringEquals":{"aws:PrincipalAccount":"anonymous"}}},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1},
		lockout.CannotTell, nil},
	{"to those without a principal's ARN", `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"Null":{"aws:PrincipalArn":"true"}}},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1},
		lockout.Something, []lockout.Sender{lockout.FromAnybody}},
	{"to a service, if it tells what program it is", `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::payroll/*","Condition":{"StringLike":{"aws:UserAgent":"*"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1}, lockout.CannotTell, nil},
	{"to all but an account, whose people are listed in part", `{"Effect":"Allow","NotPrincipal":{"AWS":"444455556666"},"Action":"s3:GetObject",
		"Resource":"arn:aws:s3:::payroll/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
		 "Condition":{"StringNotEquals":{"aws:PrincipalAccount":"444455556666"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{2}, lockout.CannotTell, nil},
	{"the owner alone may change the policy", `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:PutBucketPolicy",
		"Resource":"arn:aws:s3:::payroll"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`, []int{1}, lockout.Nothing, nil},
}

// opensQueues are changes of the policy of the queue mail.
var opensQueues = []opensCase{
	{"everything for everyone, behind a source", `{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"arn:aws:sqs:eu-central-1:111122223333:mail"},
		{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:111122223333:t"}}}`,
		[]int{1}, lockout.Something, everybody},
	{"a topic sends, and could before", `{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:mail",
		 "Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:111122223333:t"}}},
		{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:111122223333:t"}}}`,
		[]int{1}, lockout.Nothing, nil},
	{"any topic of the account sends", `{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:mail",
		 "Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}},
		{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:111122223333:t"}}}`,
		[]int{1}, lockout.Something, []lockout.Sender{lockout.FromService}},
	{"the owner alone may change the queue", `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sqs:SetQueueAttributes",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:mail"},{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}`, []int{1}, lockout.Nothing, nil},
}

func questionOf(t *testing.T, resource, statements string) (lockout.Question, string) {
	t.Helper()
	text := `{"Version":"2012-10-17","Statement":[` + statements + `]}`
	d, err := policies.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.Parse(time.RFC3339, noon)
	if err != nil {
		t.Fatal(err)
	}
	return lockout.Question{Policy: d, Resource: resource, Account: "111122223333", Now: now}, text
}

// less is the policy without some statements, or nil for none.
func less(t *testing.T, text string, gone []int) *policies.Document {
	t.Helper()
	if gone == nil {
		return nil
	}
	rest, _, err := policies.WithoutStatements([]byte(text), gone)
	if err != nil {
		t.Fatal(err)
	}
	d, err := policies.Parse([]byte(rest))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOpens(t *testing.T) {
	for resource, cases := range map[string][]opensCase{"arn:aws:s3:::payroll": opensBuckets, mailQueue: opensQueues} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				q, text := questionOf(t, resource, c.statements)
				after := less(t, text, c.gone)
				o := lockout.Opens(q, after)
				if o.Outside != c.want {
					t.Errorf("%s, want %s: %q", o.Outside, c.want, o.Reasons)
				}
				var senders []lockout.Sender
				for _, e := range o.Witnesses {
					senders = append(senders, e.Sender)
					replayEntry(t, q, after, e)
				}
				if !slices.Equal(senders, c.senders) {
					t.Errorf("senders %v, want %v: %q", senders, c.senders, o.Reasons)
				}
			})
		}
	}
}

// replayEntry asks the evaluator for both policies.
func replayEntry(t *testing.T, q lockout.Question, after *policies.Document, e lockout.Entry) {
	t.Helper()
	r := policies.Request{Caller: policies.Caller{Kind: e.Kind, ARN: e.Principal, Session: e.Session}, Action: e.Action,
		Resource: e.Resource,
		Context:  policies.Context(e.Context)}
	if d := after.Evaluate(r); d.Effect != policies.Allowed {
		t.Errorf("what follows: %s, want allowed: %v %+v", d.Effect, d.Reasons, e)
	}
	before := q.Policy
	if before == nil {
		before = &policies.Document{}
	}
	if d := before.Evaluate(r); d.Effect != policies.Denied && d.Effect != policies.NotAllowed {
		t.Errorf("what is in force: %s, want denied: %v %+v", d.Effect, d.Reasons, e)
	}
	if strings.Contains(e.Principal, "::"+q.Account+":") {
		t.Errorf("%s is of the owning account", e.Principal)
	}
}
