package reach_test

import (
	"strings"
	"testing"
	"time"

	"locksmith/policies/guardrails"
	"locksmith/policies/reach"
)

const (
	organization = "o-a1b2c3d4e5"
	member       = "111122223333"
	central      = "999988887777"
	fullSCP      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	fullRCP      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
)

var today = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// statement is a policy of one Deny statement, by the rest of it.
func statement(rest string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Deny",` + rest + `}]}`
}

// chain is root, unit and account, with full access everywhere and the given policies at the unit.
func chain(account string, extra ...*reach.Policy) []reach.Unit {
	full := []*reach.Policy{reach.NewPolicy("p-FullAWSAccess", "FullAWSAccess", reach.SCP, fullSCP),
		reach.NewPolicy("p-RCPFullAWSAccess", "RCPFullAWSAccess", reach.RCP, fullRCP)}
	return []reach.Unit{{ID: "r-a1b2", Policies: full},
		{ID: "ou-a1b2-11111111", Name: "Sandbox", Policies: append(extra, full...)},
		{ID: account, Policies: full}}
}

func world() *reach.World {
	return &reach.World{Partition: "aws", Organization: organization, From: today, Until: today.Add(48 * time.Hour),
		Caller: reach.Account{Number: central, Chain: chain(central)}, Home: "us-east-1", SCPs: true, RCPs: true,
		Role: "arn:aws:iam::" + central + ":role/Locksmith-Unlock"}
}

// ask asks a call of a member with one more policy at its unit.
func ask(kind reach.Kind, document, action, region string) reach.Answer {
	account := reach.Account{Number: member, Chain: chain(member, reach.NewPolicy("p-1", "One", kind, document))}
	if action == reach.OpenRoot {
		return world().Open(account, reach.BucketTask)
	}
	return world().Session(account, action, region)
}

// A row is one policy at the unit, a call in eu-central-1 and what becomes of it.
type row struct {
	name     string
	kind     reach.Kind
	document string
	action   string
	want     reach.State
	says     string // part of the first obstacle
}

func test(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		got := ask(r.kind, r.document, r.action, "eu-central-1")
		said := ""
		if len(got.Obstacles) > 0 {
			said = got.Obstacles[0].String()
		}
		if got.State != r.want || !strings.Contains(said, r.says) || (said == "") != (r.want == reach.Reachable) {
			t.Errorf("%s, %s: %s %q, want %s %q", r.name, r.action, got.State, said, r.want, r.says)
		}
	}
}

const (
	denyRoot    = `"Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}`
	spareRoot   = `"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}`
	onlyRegions = `"NotAction":["iam:*","sts:*","organizations:*","s3:ListAllMyBuckets"],"Resource":"*",` +
		`"Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}`
	byOrg = `"Principal":"*","Action":["s3:*","sqs:*","sts:*"],"Resource":"*","Condition":{` +
		`"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`
	byNetwork = `"Principal":"*","Action":["s3:*","sqs:*"],"Resource":"*","Condition":{` +
		`"NotIpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"},"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-11112222"},` +
		`"BoolIfExists":{"aws:PrincipalIsAWSService":"false","aws:ViaAWSService":"false"}}`
)

// TestServiceControlPolicies are shapes that AWS documents, or that its customers publish.
func TestServiceControlPolicies(t *testing.T) {
	controlTower := strings.Replace(statement(denyRoot), `"S"`, `"GRRESTRICTROOTUSER"`, 1)
	test(t, []row{
		{"nothing", reach.SCP, fullSCP, reach.PutBucket, reach.Reachable, ""},
		{"nothing", reach.SCP, fullSCP, reach.ListQueues, reach.Reachable, ""},
		{"root may nothing", reach.SCP, statement(denyRoot), reach.DeleteBucket, reach.Blocked,
			"statement S of SCP One (p-1) at unit ou-a1b2-11111111 (Sandbox)"},
		{"root may nothing", reach.SCP, statement(denyRoot), reach.FindQueue, reach.Blocked, ""},
		{"root may nothing", reach.SCP, statement(denyRoot), reach.ListBuckets, reach.Blocked, ""},
		{"root may nothing: the caller is none", reach.SCP, statement(denyRoot), reach.OpenRoot, reach.Reachable, ""},
		{"root sessions may", reach.SCP, statement(spareRoot), reach.DeleteBucket, reach.Reachable, ""},
		{"our own guardrail", reach.SCP, guardrails.NoLongTermRoot(), reach.SetQueue, reach.Reachable, ""},
		{"only root sessions may not", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{"Bool":` +
			`{"aws:AssumedRoot":"true"}}`), reach.SetQueue, reach.Blocked, ""},
		{"Control Tower", reach.SCP, controlTower, reach.PutBucket, reach.Blocked, "statement GRRESTRICTROOTUSER"},
		{"other Regions only", reach.SCP, statement(onlyRegions), reach.PutBucket, reach.Blocked, "statement S"},
		{"other Regions only", reach.SCP, statement(onlyRegions), reach.ReadQueue, reach.Blocked, "statement S"},
		{"other Regions only, but for listing", reach.SCP, statement(onlyRegions), reach.ListBuckets, reach.Reachable, ""},
		{"but for one role", reach.SCP, statement(`"Action":"s3:DeleteBucketPolicy","Resource":"*","Condition":{` +
			`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/X"}}`), reach.DeleteBucket, reach.Blocked, ""},
		{"but for one role", reach.SCP, statement(`"Action":"s3:DeleteBucketPolicy","Resource":"*","Condition":{` +
			`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/X"}}`), reach.PutBucket, reach.Reachable, ""},
		{"one role", reach.SCP, statement(`"Action":"s3:*","Resource":"*","Condition":{` +
			`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/X"}}`), reach.PutBucket, reach.Reachable, ""},
		{"some buckets", reach.SCP, statement(`"Action":"s3:*","Resource":["arn:aws:s3:::finance-*","arn:aws:s3:::finance-*/*"]`),
			reach.PutBucket, reach.Partly, "for resources like arn:aws:s3:::finance-*"},
		{"objects", reach.SCP, statement(`"Action":"s3:*","Resource":"arn:aws:s3:::*/*"`), reach.PutBucket,
			reach.Reachable, ""},
		{"all but some buckets", reach.SCP, statement(`"Action":"s3:*","NotResource":"arn:aws:s3:::team-*"`),
			reach.DeleteBucket, reach.Partly, "for resources that it does not name, such as arn:aws:s3:::xxx"},
		{"all buckets by pattern", reach.SCP, statement(`"Action":"s3:*","Resource":"arn:aws:s3:::*"`),
			reach.PutBucket, reach.Blocked, ""},
		{"all buckets of three letters or more", reach.SCP, statement(`"Action":"s3:*","Resource":"arn:aws:s3:::???*"`),
			reach.PutBucket, reach.Blocked, ""},
		{"of three letters", reach.SCP, statement(`"Action":"s3:*","Resource":"arn:aws:s3:::???"`), reach.PutBucket,
			reach.Partly, "???"},
		{"queues of the account", reach.SCP,
			statement(`"Action":"sqs:*","Resource":"arn:aws:sqs:*:${aws:PrincipalAccount}:*"`), reach.SetQueue,
			reach.CannotTell, "the resource's name"}, // a variable before the fifth colon is not documented
		{"queues of another account", reach.SCP, statement(`"Action":"sqs:*","Resource":"arn:aws:sqs:*:444455556666:*"`),
			reach.SetQueue, reach.Reachable, ""},
		{"queues of another Region", reach.SCP, statement(`"Action":"sqs:*","Resource":"arn:aws:sqs:us-*:*:*"`),
			reach.SetQueue, reach.Reachable, ""},
		{"tagged", reach.SCP, statement(`"Action":"s3:*","Resource":"*","Condition":{"StringEquals":` +
			`{"aws:ResourceTag/env":"prod"}}`), reach.PutBucket, reach.CannotTell, "a tag of the resource"},
		{"without the right tag of root", reach.SCP, statement(`"Action":"s3:*","Resource":"*","Condition":{` +
			`"StringNotEquals":{"aws:PrincipalTag/team":"core"}}`), reach.PutBucket, reach.Blocked, ""},
		{"until last year", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{"DateLessThan":` +
			`{"aws:CurrentTime":"2025-12-31T00:00:00Z"}}`), reach.PutBucket, reach.Reachable, ""},
		{"until 2031", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{"DateLessThan":` +
			`{"aws:CurrentTime":"2031-01-01T00:00:00Z"}}`), reach.PutBucket, reach.Blocked, ""},
		{"from tomorrow", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{"DateGreaterThan":` +
			`{"aws:CurrentTime":"2026-11-22T00:00:00Z"}}`), reach.PutBucket, reach.CannotTell, "when it is called"},
		{"at one moment tomorrow", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{"DateEquals":` +
			`{"aws:CurrentTime":"2026-11-22T00:00:00Z"}}`), reach.PutBucket, reach.CannotTell, "when it is called"},
		{"without TLS", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{"Bool":` +
			`{"aws:SecureTransport":"false"}}`), reach.PutBucket, reach.Reachable, ""},
		{"old TLS", reach.SCP, statement(`"Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":` +
			`{"s3:TlsVersion":"1.2"}}`), reach.PutBucket, reach.Reachable, ""},
		{"not the newest TLS", reach.SCP, statement(`"Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":` +
			`{"s3:TlsVersion":"1.3"}}`), reach.PutBucket, reach.CannotTell, "s3:TlsVersion"},
		{"a mistyped operator", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{"StringEqualz":` +
			`{"aws:PrincipalArn":"x"}}`), reach.PutBucket, reach.CannotTell, ""},
		{"an operator in another letter case", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{` +
			`"stringequals":{"aws:PrincipalAccount":"111122223333"}}`), reach.PutBucket, reach.CannotTell, "not documented"},
		{"a plain operator on a key with several values", reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{` +
			`"StringLike":{"aws:PrincipalOrgPaths":"o-*"}}`), reach.PutBucket, reach.CannotTell, "not documented"},
		{"no policy at all", reach.SCP, `{"Version":"2012-10-17"}`, reach.PutBucket, reach.CannotTell, "cannot be read"},
		{"another element", reach.SCP, statement(`"Action":"*","Resource":"*","Unless":"x"`), reach.PutBucket,
			reach.CannotTell, "Unless"},
		{"AssumeRoot but for unlocking buckets", reach.SCP, statement(`"Action":"sts:AssumeRoot","Resource":"*"`),
			reach.OpenRoot, reach.Reachable, ""}, // at the member's unit, it binds the member's principals alone
	})
}

// TestResourceControlPolicies are shapes of data perimeters, as in
// github.com/aws-samples/data-perimeter-policy-examples.
func TestResourceControlPolicies(t *testing.T) {
	test(t, []row{
		{"only the organization", reach.RCP, statement(byOrg), reach.PutBucket, reach.Reachable, ""},
		{"only the organization", reach.RCP, statement(byOrg), reach.ListQueues, reach.Reachable, ""},
		{"only the organization", reach.RCP, statement(byOrg), reach.OpenRoot, reach.Reachable, ""},
		{"another organization", reach.RCP, statement(strings.Replace(byOrg, "o-a1b2c3d4e5", "o-zzzzzzzzzz", 1)),
			reach.PutBucket, reach.Blocked, "RCP One"},
		{"another organization", reach.RCP, statement(strings.Replace(byOrg, "o-a1b2c3d4e5", "o-zzzzzzzzzz", 1)),
			reach.OpenRoot, reach.Blocked, "RCP One"},
		{"the network", reach.RCP, statement(byNetwork), reach.PutBucket, reach.CannotTell, "aws:SourceIp"},
		{"one endpoint", reach.RCP, statement(`"Principal":"*","Action":"s3:*","Resource":"*","Condition":{` +
			`"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`), reach.PutBucket, reach.Blocked, ""},
		{"if by an endpoint, by this one", reach.RCP, statement(`"Principal":"*","Action":"s3:*","Resource":"*",` +
			`"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"},"Null":{"aws:SourceVpce":"false"}}`),
			reach.PutBucket, reach.CannotTell, "aws:SourceVpce"},
		{"not by this endpoint", reach.RCP, statement(`"Principal":"*","Action":"s3:*","Resource":"*","Condition":{` +
			`"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`), reach.PutBucket, reach.Reachable, ""},
		{"not by such endpoints", reach.RCP, statement(`"Principal":"*","Action":"s3:*","Resource":"*","Condition":{` +
			`"StringLike":{"aws:SourceVpce":"vpce-0*"}}`), reach.PutBucket, reach.CannotTell, "aws:SourceVpce"},
		{"units", reach.RCP, statement(`"Principal":"*","Action":"s3:*","Resource":"*","Condition":{` +
			`"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-a1b2/ou-a1b2-11111111/*"}}`),
			reach.PutBucket, reach.Reachable, ""},
		{"other units", reach.RCP, statement(`"Principal":"*","Action":"s3:*","Resource":"*","Condition":{` +
			`"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-a1b2/ou-a1b2-22222222/*"}}`),
			reach.PutBucket, reach.Blocked, ""},
		{"confused deputy", reach.RCP, statement(`"Principal":"*","Action":["s3:*","sqs:*"],"Resource":"*","Condition":{` +
			`"StringNotEqualsIfExists":{"aws:SourceOrgID":"o-a1b2c3d4e5"},"Null":{"aws:SourceAccount":"false"},` +
			`"Bool":{"aws:PrincipalIsAWSService":"true"}}`), reach.PutBucket, reach.Reachable, ""},
		{"another account's", reach.RCP, statement(`"Principal":"*","Action":"s3:*","Resource":"*","Condition":{` +
			`"StringNotEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}}`), reach.PutBucket, reach.Reachable, ""},
		{"somebody named", reach.RCP, statement(`"Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"`),
			reach.PutBucket, reach.CannotTell, "Principal"},
		{"no Principal", reach.RCP, statement(`"Action":"s3:*","Resource":"*"`), reach.PutBucket, reach.CannotTell, ""},
	})
}

// TestEveryLevelAllows: an allow-list that leaves SQS out, at one level of three.
func TestEveryLevelAllows(t *testing.T) {
	const list = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*","sts:*"],"Resource":"*"}]}`
	units := chain(member)
	units[1].Policies = []*reach.Policy{reach.NewPolicy("p-2", "Services", reach.SCP, list),
		reach.NewPolicy("p-RCPFullAWSAccess", "RCPFullAWSAccess", reach.RCP, fullRCP)}
	account := reach.Account{Number: member, Chain: units}
	w := world()
	if got := w.Session(account, reach.PutBucket, "eu-central-1"); got.State != reach.Reachable {
		t.Errorf("%+v", got)
	}
	got := w.Session(account, reach.SetQueue, "eu-central-1")
	if want := "no SCP at unit ou-a1b2-11111111 (Sandbox) allows it"; got.State != reach.Blocked ||
		got.Obstacles[0].String() != want {
		t.Errorf("%s %v, want %s", got.State, got.Obstacles, want)
	}
	w.SCPs = false
	if got := w.Session(account, reach.SetQueue, "eu-central-1"); got.State != reach.Reachable {
		t.Errorf("SCPs are not in force: %+v", got)
	}
	for i := range units {
		units[i].Policies = units[i].Policies[:1]
	}
	if got := w.Session(account, reach.SetQueue, "eu-central-1"); got.State != reach.CannotTell {
		t.Errorf("no RCP that allows: %+v", got)
	}
}

// TestWhatIsNotKnownBeforehand: a Deny that hangs on it neither surely stops nor surely spares. What is known decides.
func TestWhatIsNotKnownBeforehand(t *testing.T) {
	for condition, want := range map[string]reach.State{
		`"StringEquals":{"aws:PrincipalType":"Account"}`:                            reach.CannotTell,
		`"StringEquals":{"aws:PrincipalType":"AssumedRole"}`:                        reach.CannotTell,
		`"Null":{"aws:PrincipalType":"false"}`:                                      reach.Blocked,
		`"StringEquals":{"aws:userid":"111122223333"}`:                              reach.CannotTell,
		`"StringLike":{"aws:UserAgent":"*"}`:                                        reach.CannotTell,
		`"Null":{"aws:UserAgent":"true"}`:                                           reach.Reachable,
		`"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`:                                  reach.CannotTell,
		`"Null":{"aws:SourceIp":"true"}`:                                            reach.CannotTell,
		`"Null":{"aws:SourceVpc":"true"}`:                                           reach.CannotTell,
		`"StringEquals":{"aws:SourceVpc":"vpc-0c0ffee0c0ffee0c0"}`:                  reach.CannotTell,
		`"ArnLike":{"aws:SourceVpcArn":"arn:aws:ec2:*:*:vpc/vpc-1"}`:                reach.CannotTell,
		`"StringNotEquals":{"aws:VpceOrgID":"o-a1b2c3d4e5"}`:                        reach.Blocked,
		`"StringNotEquals":{"aws:ResourceTag/env":"prod"}`:                          reach.CannotTell,
		`"StringNotEquals":{"s3:BucketTag/env":"prod"}`:                             reach.CannotTell,
		`"StringNotEquals":{"made:Up":"x"}`:                                         reach.CannotTell,
		`"StringEquals":{"aws:MadeUp":"x"}`:                                         reach.CannotTell,
		`"Null":{"lambda:SourceFunctionArn":"true"}`:                                reach.CannotTell,
		`"StringNotEquals":{"example.auth0.com/:aud":"x"}`:                          reach.CannotTell,
		`"NumericGreaterThan":{"s3:signatureAge":"600000"}`:                         reach.CannotTell,
		`"Bool":{"aws:MultiFactorAuthPresent":"false"}`:                             reach.CannotTell,
		`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`:                     reach.Blocked,
		`"Bool":{"aws:MultiFactorAuthPresent":"true"}`:                              reach.Reachable,
		`"DateLessThan":{"aws:TokenIssueTime":"2026-11-21T07:00:00Z"}`:              reach.CannotTell,
		`"DateLessThan":{"aws:TokenIssueTime":"2026-11-01T00:00:00Z"}`:              reach.Reachable,
		`"StringEquals":{"aws:SourceIdentity":"kim"}`:                               reach.Reachable,
		`"StringNotEquals":{"aws:SourceIdentity":"kim"}`:                            reach.Blocked,
		`"StringNotEquals":{"s3:x-amz-acl":"private"}`:                              reach.Blocked,
		`"StringNotEqualsIfExists":{"kms:ViaService":"s3"}`:                         reach.Blocked,
		`"StringLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:ResourceAccount}:*"}`: reach.Blocked,
		`"StringLike":{"aws:PrincipalArn":"${aws:SourceIp}"}`:                       reach.CannotTell,
		`"ForAnyValue:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}`:       reach.Reachable,
		`"ForAllValues:StringEquals":{"aws:TagKeys":"a"}`:                           reach.Blocked,
	} {
		got := ask(reach.SCP, statement(`"Action":"*","Resource":"*","Condition":{`+condition+`}`), reach.PutBucket,
			"eu-central-1")
		if got.State != want {
			t.Errorf("%s: %s %v, want %s", condition, got.State, got.Obstacles, want)
		}
	}
}

// TestAllowsHaveToBeSure: an Allow that may not hold for some requests is none.
func TestAllowsHaveToBeSure(t *testing.T) {
	for rest, want := range map[string]reach.State{
		`"Action":"*","Resource":"*"`:                       reach.Reachable,
		`"NotAction":"ec2:*","NotResource":"arn:aws:ec2:*"`: reach.Reachable,
		`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`: reach.Reachable,
		`"Action":"*","Resource":"*","Condition":{"stringequals":{"aws:PrincipalAccount":"111122223333"}}`: reach.CannotTell,
		`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"4"}}`:            reach.Blocked,
		`"Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`:               reach.CannotTell,
		`"Action":"*","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":"*"}}`:                     reach.CannotTell,
		`"Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-22T00:00:00Z"}}`: reach.
			CannotTell,
		`"Action":"*","Resource":"*","Condition":{"Null":{"aws:PrincipalTag/team":"true"}}`: reach.Reachable,
		`"Action":"*","Resource":"*","Sometimes":"x"`:                                       reach.CannotTell,
		`"Action":"*","Resource":"arn:aws:s3:::team-*"`:                                     reach.Partly,
		`"Action":"*","Resource":["arn:aws:s3:::team-*","arn:aws:s3:::*"]`:                  reach.Reachable,
		`"Action":"*","Resource":"arn:aws:s3:::??*"`:                                        reach.Reachable,
		`"Action":"*","Resource":"arn:aws:s3:::????*"`:                                      reach.Partly,
		`"Action":"*"`: reach.CannotTell,
	} {
		units := chain(member)
		units[1].Policies = []*reach.Policy{units[0].Policies[1], reach.NewPolicy("p-2", "List", reach.SCP,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",`+rest+`}]}`)}
		got := world().Session(reach.Account{Number: member, Chain: units}, reach.PutBucket, "eu-central-1")
		if got.State != want {
			t.Errorf("%s: %s %v, want %s", rest, got.State, got.Obstacles, want)
		}
	}
}

// TestPoliciesOfTheCaller: the account that opens root sessions is bound by its own SCPs, and the member's do not
// count.
func TestPoliciesOfTheCaller(t *testing.T) {
	for _, r := range []struct {
		rest, task, role string
		want             reach.State
	}{
		{`"Action":"sts:AssumeRoot","Resource":"*"`, reach.BucketTask, "", reach.Blocked},
		{`"Action":"sts:AssumeRoot","Resource":"*","Condition":{"StringNotEquals":{"sts:TaskPolicyArn":` +
			`"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}}`, reach.BucketTask, "", reach.Reachable},
		{`"Action":"sts:AssumeRoot","Resource":"*","Condition":{"StringNotEquals":{"sts:TaskPolicyArn":` +
			`"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}}`, reach.QueueTask, "", reach.Blocked},
		{`"Action":"sts:*","Resource":"arn:aws:iam::444455556666:root"`, reach.QueueTask, "", reach.Reachable},
		{`"Action":"sts:*","Resource":"arn:aws:iam::111122223333:root"`, reach.QueueTask, "", reach.Blocked},
		{`"Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Locksmith-*"}}`,
			reach.QueueTask, "arn:aws:iam::999988887777:role/Locksmith-Unlock", reach.Reachable},
		{`"Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Locksmith-*"}}`,
			reach.QueueTask, "", reach.CannotTell},
		{`"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::*:root"},` +
			`"Null":{"aws:AssumedRoot":"true"}}`, reach.QueueTask, "", reach.Reachable}, // our own guardrail
		{`"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:*"}}`,
			reach.QueueTask, "", reach.Blocked},
		{`"Action":"*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}`,
			reach.QueueTask, "", reach.Reachable},
		{`"Action":"*","Resource":"*","Condition":{"ArnNotEquals":{"aws:PrincipalArn":` +
			`"arn:aws:iam::111122223333:role/*"}}`, reach.QueueTask, "", reach.Blocked},
		{`"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a+b"}}`,
			reach.QueueTask, "", reach.CannotTell},
		{`"Action":"*","Resource":"*","Condition":{"Null":{"aws:PrincipalArn":"true"}}`, reach.QueueTask, "",
			reach.Reachable},
		{`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}`,
			reach.QueueTask, "", reach.Blocked},
		{`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"core"}}`,
			reach.QueueTask, "", reach.CannotTell},
		{`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}}`,
			reach.QueueTask, "", reach.Reachable},
	} {
		w := world()
		w.Role = r.role
		w.Caller.Chain = chain(central, reach.NewPolicy("p-1", "One", reach.SCP, statement(r.rest)))
		if got := w.Open(reach.Account{Number: member, Chain: chain(member)}, r.task); got.State != r.want {
			t.Errorf("%s, %s by %q: %s %v, want %s", r.task, r.rest, r.role, got.State, got.Obstacles, r.want)
		}
	}
}

// TestNothingIsReachableInTheDark: where a level may be missing, nothing is known.
func TestNothingIsReachableInTheDark(t *testing.T) {
	whole := chain(member)
	for name, units := range map[string][]reach.Unit{"no chain": nil, "no root": whole[1:], "no account": whole[:2],
		"another account": chain("444455556666"), "a strange unit": {whole[0], {ID: "x"}, whole[2]}} {
		got := world().Session(reach.Account{Number: member, Chain: units}, reach.PutBucket, "eu-central-1")
		if got.State == reach.Reachable || got.State == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w := world()
	w.Organization = ""
	if got := w.Session(reach.Account{Number: member, Chain: whole}, reach.PutBucket, "eu-central-1"); got.State !=
		reach.CannotTell {
		t.Errorf("%+v", got)
	}
}

// TestAdvice: what is said to do about it has to be something that lets root sessions pass.
func TestAdvice(t *testing.T) {
	got := ask(reach.SCP, statement(denyRoot), reach.DeleteBucket, "eu-central-1")
	if advice := got.Obstacles[0].Advice(got.Action); !strings.Contains(advice, `"Null": {"aws:AssumedRoot": "true"}`) {
		t.Error(advice)
	}
	tower := strings.Replace(statement(denyRoot), `"S"`, `"GRRESTRICTROOTUSER"`, 1)
	got = ask(reach.SCP, tower, reach.DeleteBucket, "eu-central-1")
	if advice := got.Obstacles[0].Advice(got.Action); !strings.Contains(advice, "ExemptAssumeRoot") {
		t.Error(advice)
	}
}
