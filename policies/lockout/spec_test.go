package lockout_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// The spec tests hold what the specification of the verdict demands, sentence by sentence. Every expectation was
// written by hand from the specification and AWS's documentation before the program was asked.

// The five answers, short, since each row has one.
const (
	locked     = lockout.Lockout
	sealed     = lockout.Sealed
	restricted = lockout.Restricted
	open       = lockout.Open
	undecided  = lockout.Undecided
)

// A question is what a row asks beside its policy; what is left out is the usual bucket, in the usual organization.
type question struct {
	resource       string
	organization   string // "none": not known
	administrators []string
}

// A demand is one row.
type demand struct {
	name       string
	policy     string
	ask        question
	want       lockout.Answer
	statements []int // nil: not looked at
}

func meet(t *testing.T, rows []demand) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			v := row.ask.judge(t, row.policy)
			if v.Answer != row.want {
				t.Fatalf("%s %q, want %s\n%s", v.Answer, v.Reasons, row.want, row.policy)
			}
			if diff := cmp.Diff(row.statements, v.Statements); row.statements != nil && diff != "" {
				t.Errorf("statements (-want +got):\n%s", diff)
			}
		})
	}
}

func (q question) judge(t *testing.T, policy string) lockout.Verdict {
	t.Helper()
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	full := lockout.Question{Policy: doc, Resource: bucket, Account: account, Organization: "o-a1b2c3d4e5", Now: now,
		Administrators: q.administrators}
	if q.resource != "" {
		full.Resource = q.resource
	}
	switch q.organization {
	case "":
	case "none":
		full.Organization = ""
	default:
		full.Organization = q.organization
	}
	return lockout.Judge(full)
}

func by(administrators ...string) question { return question{administrators: administrators} }
func at(resource string) question          { return question{resource: resource} }

var onQueue = at(queue)

// on is one condition.
func on(operator, key string, values ...string) string {
	list, err := json.Marshal(append([]string{}, values...))
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"%s":{"%s":%s}}`, operator, key, list)
}

// acts and lies make a Deny of everything but for one element, which is given as it stands in the document.
func acts(element string) string { return statement(everyone, element, both) }
func lies(element string) string { return statement(everyone, allS3, element) }

// queued is a Deny of one Action or NotAction on the queue, under conditions.
func queued(element string, conditions ...string) string {
	parts := []string{everyone, element, `"Resource":"*"`}
	if len(conditions) > 0 {
		parts = append(parts, `"Condition":`+conditions[0])
	}
	return statement(parts...)
}

// list makes a policy of whole statements.
func list(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// part is a Deny of some actions, under a condition or none.
func part(actions, condition string) string {
	s := `{"Effect":"Deny","Principal":"*","Resource":"*","Action":` + actions
	if condition != "" {
		s += `,"Condition":` + condition
	}
	return s + "}"
}

func TestSpecActions(t *testing.T) {
	meet(t, []demand{
		{"all of S3", acts(`"Action":"s3:*"`), question{}, locked, []int{0}},
		{"in capitals", acts(`"Action":"S3:*"`), question{}, locked, nil},
		{"everything", acts(`"Action":"*"`), question{}, locked, nil},
		{"two stars", acts(`"Action":"s3:**"`), question{}, locked, nil},
		{"the two recovery actions, in odd letter case",
			acts(`"Action":["s3:putbucketpolicy","S3:DELETEBUCKETPOLICY"]`), question{}, sealed, []int{0}},
		{"the two, with question marks", acts(`"Action":["s3:?utBucketPolicy","s3:DeleteBucketPolic?"]`), question{},
			sealed, nil},
		{"one question mark too many", acts(`"Action":["s3:PutBucketPolicy?","s3:DeleteBucketPolicy?"]`), question{},
			open, nil},
		{"a name cut short", acts(`"Action":["s3:PutBucketPolic","s3:DeleteBucketPolicy"]`), question{}, open, nil},
		{"all four",
			acts(`"Action":["s3:PutBucketPolicy","s3:DeleteBucketPolicy","s3:GetBucketPolicy","s3:ListBucket"]`),
			question{}, sealed, nil},
		{"listing left", acts(`"Action":["s3:PutBucketPolicy","s3:DeleteBucketPolicy","s3:GetBucketPolicy"]`),
			question{}, sealed, nil},
		{"listing versions is not listing", acts(`"Action":["s3:*BucketPolicy","s3:ListBucketVersions"]`), question{},
			sealed, nil},
		{"reading the policy left", acts(`"Action":["s3:PutBucketPolicy","s3:DeleteBucketPolicy","s3:ListBucket"]`),
			question{}, sealed, nil},
		{"whatever has Bucket in its name", acts(`"Action":"s3:*Bucket*"`), question{}, sealed, nil},
		{"puts", acts(`"Action":"s3:Put*"`), question{}, open, nil},
		{"puts and deletes", acts(`"Action":["s3:Put*","s3:Delete*"]`), question{}, sealed, nil},
		{"deletes", acts(`"Action":"s3:Delete*"`), question{}, open, nil},
		{"S3 Express", acts(`"Action":"s3express:*"`), question{}, open, nil},
		{"another service", acts(`"Action":"sqs:*"`), question{}, open, nil},
		{"no name", acts(`"Action":"s3:"`), question{}, open, nil},
		{"a wildcard over the colon", acts(`"Action":"s3*"`), question{}, undecided, nil},
		{"a wildcard in the prefix", acts(`"Action":"s?:*"`), question{}, undecided, nil},
		{"a wildcard for a prefix", acts(`"Action":"*:*"`), question{}, undecided, nil},
		{"no action at all", acts(`"Action":[]`), question{}, undecided, nil},
		{"Action and NotAction", acts(`"Action":"s3:*","NotAction":"s3:GetObject"`), question{}, undecided, nil},
		{"all but reading objects", acts(`"NotAction":"s3:GetObject"`), question{}, sealed, []int{0}},
		{"all but another service", acts(`"NotAction":"sqs:*"`), question{}, locked, nil},
		{"all but putting the policy", acts(`"NotAction":"s3:PutBucketPolicy"`), question{}, open, nil},
		{"all but deleting the policy, in odd letter case", acts(`"NotAction":"S3:deletebucketpolicy"`), question{},
			open, nil},
		{"all but policies", acts(`"NotAction":"s3:*Policy"`), question{}, open, nil},
		{"all but reading the policy", acts(`"NotAction":"s3:GetBucketPolicy"`), question{}, sealed, nil},
		{"all but lists", acts(`"NotAction":"s3:List*"`), question{}, sealed, nil},
		{"all but everything", acts(`"NotAction":"*"`), question{}, open, nil},
		{"all but a wildcard over the colon", acts(`"NotAction":"s3*"`), question{}, undecided, nil},
		{"each in its own statement", list(part(`"s3:PutBucketPolicy"`, ""), part(`"s3:DeleteBucketPolicy"`, "")),
			question{}, sealed, []int{0}},

		{"all of SQS", queued(`"Action":"sqs:*"`), onQueue, locked, []int{0}},
		{"all of SQS, in capitals", queued(`"Action":"SQS:*"`), onQueue, locked, nil},
		{"the two of SQS", queued(`"Action":["SQS:SetQueueAttributes","SQS:RemovePermission"]`), onQueue, sealed, nil},
		{"attributes only", queued(`"Action":"sqs:*Attributes"`), onQueue, sealed, nil},
		{"attributes and permissions", queued(`"Action":["sqs:*Attributes","sqs:*Permission"]`), onQueue, sealed, nil},
		{"setting attributes only", queued(`"Action":"sqs:SetQueueAttributes"`), onQueue, sealed, nil},
		{"removing permissions only", queued(`"Action":"sqs:RemovePermission"`), onQueue, open, nil},
		{"adding permissions", queued(`"Action":"sqs:AddPermission"`), onQueue, open, nil},
		{"all but sending", queued(`"NotAction":"sqs:SendMessage"`), onQueue, sealed, nil},
		{"all but reading attributes", queued(`"NotAction":"sqs:GetQueueAttributes"`), onQueue, sealed, nil},
		{"all but removing permissions", queued(`"NotAction":"sqs:RemovePermission"`), onQueue, locked, nil},
		{"all of S3, on a queue", queued(`"Action":"s3:*"`), onQueue, open, nil},
	})
}

func TestSpecResources(t *testing.T) {
	const cn, gov = "arn:aws-cn:s3:::payroll", "arn:aws-us-gov:s3:::payroll"
	const fifo = "arn:aws:sqs:eu-central-1:111122223333:orders.fifo"
	meet(t, []demand{
		{"everything", lies(`"Resource":"*"`), question{}, locked, nil},
		{"the bucket", lies(`"Resource":"arn:aws:s3:::payroll"`), question{}, locked, nil},
		{"its objects", lies(`"Resource":"arn:aws:s3:::payroll/*"`), question{}, open, nil},
		{"all objects", lies(`"Resource":"arn:aws:s3:::*/*"`), question{}, open, nil},
		{"all buckets", lies(`"Resource":"arn:aws:s3:::*"`), question{}, locked, nil},
		{"buckets that begin so", lies(`"Resource":"arn:aws:s3:::p*"`), question{}, locked, nil},
		{"buckets that begin so, and objects", lies(`"Resource":"arn:aws:s3:::payroll*"`), question{}, locked, nil},
		{"buckets that begin otherwise", lies(`"Resource":"arn:aws:s3:::q*"`), question{}, open, nil},
		{"question marks", lies(`"Resource":"arn:aws:s3:::p?yrol?"`), question{}, locked, nil},
		{"a question mark too many", lies(`"Resource":"arn:aws:s3:::payroll?"`), question{}, open, nil},
		{"letter case counts", lies(`"Resource":"arn:aws:s3:::Payroll"`), question{}, open, nil},
		{"any partition", lies(`"Resource":"arn:*:s3:::payroll"`), question{}, locked, nil},
		{"another partition", lies(`"Resource":"arn:aws-cn:s3:::payroll"`), question{}, open, nil},
		{"a star at the end crosses colons", lies(`"Resource":"arn:aws:s3*"`), question{}, locked, nil},
		{"a star before the end that would have to cross colons", lies(`"Resource":"arn:aws:*payroll"`), question{},
			undecided, nil},
		{"a star at the beginning that would have to", lies(`"Resource":"*payroll"`), question{}, undecided, nil},
		{"no Resource", statement(everyone, allS3), question{}, undecided, nil},
		{"an empty Resource", lies(`"Resource":[]`), question{}, undecided, nil},
		{"Resource and NotResource", lies(`"Resource":"*","NotResource":"*"`), question{}, undecided, nil},
		{"all but the objects", lies(`"NotResource":"arn:aws:s3:::payroll/*"`), question{}, locked, nil},
		{"all but another bucket", lies(`"NotResource":"arn:aws:s3:::other"`), question{}, locked, nil},
		{"all but the bucket", lies(`"NotResource":"arn:aws:s3:::payroll"`), question{}, open, nil},
		{"all but the bucket and its objects", lies(`"NotResource":"arn:aws:s3:::payroll*"`), question{}, open, nil},
		{"all but everything", lies(`"NotResource":"*"`), question{}, open, nil},
		{"all but what is not settled", lies(`"NotResource":["arn:aws:s3:::other","*payroll"]`), question{}, undecided,
			nil},

		{"in China", lies(`"Resource":"arn:aws-cn:s3:::payroll"`), at(cn), locked, nil},
		{"in China, the ARN of elsewhere", lies(`"Resource":"arn:aws:s3:::payroll"`), at(cn), open, nil},
		{"in GovCloud", lies(`"Resource":["` + gov + `","` + gov + `/*"]`), at(gov), locked, nil},
		{"an object is no bucket", lies(`"Resource":"*"`), at("arn:aws:s3:::payroll/a"), undecided, nil},
		{"a topic is no queue", lies(`"Resource":"*"`), at("arn:aws:sns:eu-central-1:111122223333:t"), undecided, nil},
		{"a pattern is no bucket", lies(`"Resource":"*"`), at("arn:aws:s3:::pay*"), undecided, nil},
		{"a queue of another account", queued(`"Action":"sqs:*"`), at("arn:aws:sqs:eu-central-1:444455556666:orders"),
			undecided, nil},

		{"the queue", statement(everyone, allSQS), onQueue, locked, nil},
		{"the queue in any Region", statement(everyone,
			`"Action":"sqs:*","Resource":"arn:aws:sqs:*:111122223333:orders"`), onQueue, locked, nil},
		{"all queues", statement(everyone, `"Action":"sqs:*","Resource":"arn:aws:sqs:*:*:*"`), onQueue, locked, nil},
		{"a queue in another Region", statement(everyone,
			`"Action":"sqs:*","Resource":"arn:aws:sqs:eu-west-1:111122223333:orders"`), onQueue, open, nil},
		{"a queue's URL", statement(everyone, `"Action":"sqs:*","Resource":"https://sqs.eu-central-1.amazonaws.com/111122223333/orders"`), onQueue, open, nil},
		{"a FIFO queue", statement(everyone, `"Action":"sqs:*","Resource":"`+fifo+`"`), at(fifo), locked, nil},
		{"a FIFO queue without its ending", statement(everyone, allSQS), at(fifo), open, nil},
		{"a FIFO queue under a pattern", statement(everyone, `"Action":"sqs:*","Resource":"`+queue+`*"`), at(fifo),
			locked, nil},
	})
}

// TestSpecResourceVariables: a Resource may speak of the caller, so the same statement can cover the bucket for one and
// not for another.
func TestSpecResourceVariables(t *testing.T) {
	old := func(policy string) string { return strings.Replace(policy, "2012-10-17", "2008-10-17", 1) }
	logs := at("arn:aws:s3:::111122223333-logs")
	meet(t, []demand{
		{"a bucket for each user", lies(`"Resource":"arn:aws:s3:::${aws:username}"`), question{}, open, nil},
		// Whoever has that name, or that tag, can take the policy off: restricted would be right too. Values that
		// differ from request to request are not searched here.
		{"all but the user's own bucket", lies(`"NotResource":"arn:aws:s3:::${aws:username}"`), question{}, restricted,
			nil},
		{"all but the team's bucket", lies(`"NotResource":"arn:aws:s3:::${aws:PrincipalTag/bucket}"`), question{},
			restricted, nil},
		{"all but the team's bucket, with a default that is another",
			lies(`"NotResource":"arn:aws:s3:::${aws:PrincipalTag/bucket, 'none'}"`), question{}, undecided, nil},
		{"the team's bucket, with this one for a default",
			lies(`"Resource":"arn:aws:s3:::${aws:PrincipalTag/bucket, 'payroll'}"`), question{}, undecided, nil},
		{"the user's bucket, with this one for a default", lies(`"Resource":"arn:aws:s3:::${aws:username, 'payroll'}"`),
			question{}, open, nil},
		{"the same, and the administrators are roles", lies(`"Resource":"arn:aws:s3:::${aws:username, 'payroll'}"`),
			by("arn:aws:iam::*:role/*"), locked, nil},
		{"a key that is never there, with a default", lies(`"Resource":"arn:aws:s3:::${aws:SourceAccount, 'payroll'}"`),
			question{}, locked, nil},
		{"a key that is never there", lies(`"Resource":"arn:aws:s3:::${aws:SourceAccount}"`), question{}, open, nil},
		{"all but what is never there", lies(`"NotResource":"arn:aws:s3:::${aws:SourceAccount}"`), question{}, locked,
			nil},
		{"the account's number", lies(`"Resource":"arn:aws:s3:::${aws:PrincipalAccount}-logs"`), logs, locked, nil},
		{"all but the account's number", lies(`"NotResource":"arn:aws:s3:::${aws:PrincipalAccount}-logs"`), logs, open,
			nil},
		{"a key in no reference", lies(`"Resource":"arn:aws:s3:::${foo:bar}"`), question{}, undecided, nil},
		{"all but a key in no reference", lies(`"NotResource":"arn:aws:s3:::${foo:bar}"`), question{}, undecided, nil},
		{"a key in no reference that does not matter", lies(`"Resource":"arn:aws:s3:::other-${foo:bar}"`), question{},
			open, nil},
		{"a star that is one", lies(`"Resource":"arn:aws:s3:::pay${*}"`), question{}, open, nil},
		{"all but a star that is one", lies(`"NotResource":"arn:aws:s3:::pay${*}"`), question{}, locked, nil},
		{"of old, variables are text", old(lies(`"Resource":"arn:aws:s3:::${aws:PrincipalAccount}-logs"`)), logs, open,
			nil},
		{"of old, all but a text", old(lies(`"NotResource":"arn:aws:s3:::${aws:username}"`)), question{}, locked, nil},
		{"a variable before the fifth colon", lies(`"NotResource":"arn:aws:s3:${aws:username}::payroll"`), question{},
			undecided, nil},
	})
}

func TestSpecDocuments(t *testing.T) {
	meet(t, []demand{
		{"no statement", `{"Version":"2012-10-17","Statement":[]}`, question{}, open, nil},
		{"one statement, no list", `{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`,
			question{}, locked, []int{0}},
		{"Allow only", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`, question{},
			open, nil},
		{"an Allow does not help", list(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`,
			part(`"s3:*"`, "")), question{}, locked, []int{1}},
		{"an unknown element at the top", `{"Statment":[],"Statement":[]}`, question{}, undecided, nil},
		{"an unknown element in a Deny",
			list(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Conditions":{}}`), question{},
			undecided, nil},
		{"an unknown element in an Allow",
			list(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Conditions":{}}`), question{}, open,
			nil},
		{"an unknown element in a Deny of something else",
			list(`{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*","Conditions":{}}`),
			question{}, open, nil},
		{"an effect twice, Allow first",
			list(`{"Effect":"Allow","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`), question{},
			undecided, nil},
		{"an effect twice, Deny first",
			list(`{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`), question{},
			undecided, nil},
		{"an action twice",
			list(`{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Action":"s3:*","Resource":"*"}`),
			question{}, undecided, nil},
		{"a resource twice",
			list(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other","Resource":"*"}`),
			question{}, undecided, nil},
		{"a principal twice",
			list(`{"Effect":"Deny","Principal":{"AWS":"444455556666"},"Principal":"*","Action":"s3:*","Resource":"*"}`),
			question{}, undecided, nil},
		{"conditions twice",
			list(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Condition":{}}`), question{}, undecided, nil},
		{"no condition in Condition",
			list(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{}}`), question{}, locked,
			[]int{0}},
		{"no key under an operator",
			list(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{}}}`),
			question{}, undecided, nil},
		{"something unknown beside a deny-all",
			list(part(`"s3:*"`, ""), part(`"s3:*"`, on("StringEqual", "aws:PrincipalArn", "x"))), question{}, locked,
			nil},
	})
}

func TestSpecQuestions(t *testing.T) {
	doc, err := policies.Parse([]byte(statement(everyone, allS3, both)))
	if err != nil {
		t.Fatal(err)
	}
	good := lockout.Question{Policy: doc, Resource: bucket, Account: account, Now: now}
	for name, spoil := range map[string]func(*lockout.Question){
		"eleven digits":        func(q *lockout.Question) { q.Account = "11112222333" },
		"no account":           func(q *lockout.Question) { q.Account = "" },
		"no time":              func(q *lockout.Question) { q.Now = time.Time{} },
		"no resource":          func(q *lockout.Question) { q.Resource = "" },
		"a resource not a ARN": func(q *lockout.Question) { q.Resource = "payroll" },
	} {
		q := good
		spoil(&q)
		if v := lockout.Judge(q); v.Answer != undecided || len(v.Reasons) == 0 {
			t.Errorf("%s: %s %q", name, v.Answer, v.Reasons)
		}
	}
	if v := lockout.Judge(good); v.Answer != locked {
		t.Errorf("%s %q", v.Answer, v.Reasons)
	}
}
