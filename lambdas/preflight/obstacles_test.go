package main

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger/preflights"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/readiness"
	"locksmith/lambdas/remedy"
	"locksmith/policies/reach"
	"locksmith/test/cloud/front"
	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
	"locksmith/test/pipeline"
)

const (
	unit = "ou-a1b2-11111111"
	home = "us-east-1"
	role = "arn:aws:iam::" + place.Central + ":role/Locksmith"
)

// A deployment is an organization with the preflight in its central account, as main wires it.
type deployment struct {
	*place.Place
	topics notice.Topics
	run    *readiness.Preflight
}

func deploy(t *testing.T) *deployment {
	d := &deployment{Place: place.New(t)}
	d.PutUnit(unit, organizations.RootID, "Sandbox")
	d.PutAccount(organizations.Account{Number: place.Owner, Parent: unit})
	d.PutAccount(organizations.Account{Number: "444455556666"})
	d.PutAccount(organizations.Account{Number: "555566667777", State: organizations.Suspended})
	cfg := d.As(place.Central+".role.Locksmith", home)
	d.topics = notice.Topics{Alerts: d.CreateTopic(place.Central, home, "alerts"),
		Pages: d.CreateTopic(place.Central, home, "pages")}
	queue := d.CreateQueue(place.Central, home, "inbox", nil)
	for _, topic := range []string{d.topics.Alerts, d.topics.Pages} {
		in := &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &queue}
		if _, err := sns.NewFromConfig(cfg).Subscribe(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if err := pipeline.CreateLedger(dynamodb.NewFromConfig(cfg), pipeline.Table); err != nil {
		t.Fatal(err)
	}
	s := readiness.Settings{Organization: "o-a1b2c3d4e5", Regions: []string{place.Region, home}, Home: home, Role: role,
		Topics: map[string]string{"alerts": d.topics.Alerts, "pages": d.topics.Pages}, Horizon: horizon}
	publisher, access := notice.New(cfg, d.topics), organization.NewAccess(cfg)
	access.Raise(100) // this AWS throttles nobody here
	d.run = &readiness.Preflight{
		Checker: readiness.Checker{Organization: access, Topics: publisher, Settings: s,
			Now: func() time.Time { return d.Time }},
		Store: preflights.New(cfg, pipeline.Table), Herald: publisher,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Report: metrics{io.Discard}.report}
	return d
}

// rescue is what the unlock function does for a bucket or a queue, as far as organizations can be in its way.
func (d *deployment) rescue(t *testing.T, account, resource string) error {
	t.Helper()
	ctx := t.Context()
	opener, err := awsroot.New(d.As(place.Central+".role.Locksmith", home), awsroot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	session, err := opener.Open(ctx, remedy.Change{Resource: resource, Account: account, Region: place.Region})
	if err != nil {
		return err
	}
	if _, err := session.Policy(ctx); err != nil {
		return err
	}
	return session.Delete(ctx)
}

// lock puts a lock on the owner's bucket and queue, past whatever policies bind the owner.
func (d *deployment) lock(t *testing.T) {
	t.Helper()
	cfg := d.As(place.Owner, place.Region)
	if err := place.PutBucketPolicy(cfg, place.Lock); err != nil {
		t.Fatal(err)
	}
	if err := d.SetQueue(cfg, place.LockQ); err != nil {
		t.Fatal(err)
	}
}

func deny(sid, rest string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"` + sid + `","Effect":"Deny",` + rest + `}]}`
}

// An obstacle is planted, and has to be found and named.
type obstacle struct {
	name           string
	plant          func(d *deployment)
	kind           string
	bucket, queue  reach.State // of the owner's account
	says, does, at string      // parts of the finding: what it is, what to do, where
}

func attach(kind, node, name, document string) func(*deployment) {
	return func(d *deployment) { d.Attach(kind, node, name, document) }
}

const (
	ok      = reach.Reachable
	blocked = reach.Blocked
)

func obstacles() []obstacle {
	const any = `"Action":"*","Resource":"*"`
	return []obstacle{
		{"credentials management alone", func(d *deployment) { d.RootSessions(false) }, readiness.RootSessions,
			blocked, blocked, "[RootCredentialsManagement] is another feature", "enable-organizations-root-sessions", ""},
		{"no trusted access", func(d *deployment) { d.TrustedAccess("iam.amazonaws.com", false) },
			readiness.TrustedAccess, blocked, blocked, "IAM has no trusted access", "enable-aws-service-access", ""},
		{"delegated to another", func(d *deployment) {
			d.Delegate(place.Central, "iam.amazonaws.com", false)
			d.Delegate(place.Central, "cloudtrail.amazonaws.com", true)
			d.Delegate("444455556666", "iam.amazonaws.com", true)
		}, readiness.Delegation, blocked, blocked, "account 999988887777 is not the delegated administrator",
			"register-delegated-administrator", ""},
		{"root may nothing", attach(front.SCP, unit, "no-root", deny("NoRoot",
			any+`,"Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}`)), readiness.PolicyKind,
			blocked, blocked, "statement NoRoot of SCP no-root", `"Null": {"aws:AssumedRoot": "true"}`, unit},
		{"Control Tower", attach(front.SCP, unit, "aws-guardrails-x", deny("GRRESTRICTROOTUSER",
			any+`,"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:root"]}}`)), readiness.PolicyKind,
			blocked, blocked, "statement GRRESTRICTROOTUSER of SCP aws-guardrails-x", "ExemptAssumeRoot", unit},
		{"other Regions only", attach(front.SCP, organizations.RootID, "regions", deny("Regions",
			`"NotAction":["iam:*","sts:*","organizations:*","s3:*"],"Resource":"*","Condition":{"StringNotEquals":`+
				`{"aws:RequestedRegion":["us-east-1"]}}`)), readiness.PolicyKind, ok, blocked,
			"statement Regions of SCP regions", "", organizations.RootID},
		{"an allow-list without SQS", func(d *deployment) {
			d.Detach("p-FullAWSAccess", unit)
			d.Attach(front.SCP, unit, "services",
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}]}`)
		}, readiness.PolicyKind, ok, blocked, "no SCP at unit ou-a1b2-11111111", "FullAWSAccess", unit},
		{"one role may delete", attach(front.SCP, place.Owner, "guard", deny("OnlyX",
			`"Action":"s3:DeleteBucketPolicy","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":`+
				`"arn:aws:iam::*:role/X"}}`)), readiness.PolicyKind, blocked, ok, "statement OnlyX of SCP guard", "",
			place.Owner},
		{"a mistyped data perimeter", attach(front.RCP, organizations.RootID, "perimeter", deny("Perimeter",
			`"Principal":"*","Action":["s3:*"],"Resource":"*","Condition":{"StringNotEqualsIfExists":`+
				`{"aws:PrincipalOrgID":"o-a1b2c3d4e6"}}`)), readiness.PolicyKind, blocked, ok,
			"statement Perimeter of RCP perimeter", "", organizations.RootID},
		{"a network perimeter", attach(front.RCP, unit, "network", deny("Network",
			`"Principal":"*","Action":["sqs:*"],"Resource":"*","Condition":{"NotIpAddressIfExists":`+
				`{"aws:SourceIp":"203.0.113.0/24"}}`)), readiness.PolicyKind, ok, reach.CannotTell,
			"it hangs on aws:SourceIp, the address that the function calls from", "", unit},
		{"quarantine", attach(front.SCP, unit, "quarantine", deny("Quarantine", any)), readiness.PolicyKind, blocked,
			blocked, "statement Quarantine of SCP quarantine", "", unit},
		{"some buckets", attach(front.SCP, unit, "logs", deny("Logs",
			`"Action":"s3:*","Resource":"arn:aws:s3:::logs-*"`)), readiness.PolicyKind, reach.Partly, ok,
			"for resources like arn:aws:s3:::logs-*", "", unit},
		{"no AssumeRoot in the central account", attach(front.SCP, place.Central, "no-assume", deny("NoAssume",
			`"Action":"sts:AssumeRoot","Resource":"*"`)), readiness.PolicyKind, blocked, blocked,
			"statement NoAssume of SCP no-assume", "ArnNotLike aws:PrincipalArn", place.Central},
		{"only the bucket task", attach(front.SCP, place.Central, "task", deny("Task", `"Action":"sts:AssumeRoot",`+
			`"Resource":"*","Condition":{"StringNotLike":{"sts:TaskPolicyArn":"*/S3UnlockBucketPolicy"}}`)),
			readiness.PolicyKind, ok, blocked, "statement Task of SCP task", "", place.Central},
	}
}

// TestPlantedObstacles: each is found, named, and told whom it concerns; and what is said agrees with what the
// unlocking then meets.
func TestPlantedObstacles(t *testing.T) {
	for _, o := range obstacles() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t)
			d.lock(t)
			o.plant(d)
			report := d.run.Check(t.Context())
			f := find(report, o)
			if f == nil {
				t.Fatalf("not found:\n%s", shown(report))
			}
			if len(report.Findings) > 2 { // for opening and for acting
				t.Errorf("%d findings:\n%s", len(report.Findings), shown(report))
			}
			a := account(t, report, place.Owner)
			if a.Services[0].State != o.bucket || a.Services[1].State != o.queue {
				t.Errorf("%+v, want %s and %s", a.Services, o.bucket, o.queue)
			}
			for resource, want := range map[string]reach.State{"arn:aws:s3:::b": o.bucket,
				"arn:aws:sqs:" + place.Region + ":" + place.Owner + ":q": o.queue} {
				err := d.rescue(t, place.Owner, resource)
				if want == ok && err != nil || want == blocked && err == nil {
					t.Errorf("%s is %s, and the rescue: %v", resource, want, err)
				}
			}
		})
	}
}

func find(r *readiness.Report, o obstacle) *readiness.Finding {
	for i, f := range r.Findings {
		if f.Kind == o.kind && strings.Contains(f.What, o.says) && strings.Contains(f.Do, o.does) && f.Where == o.at {
			return &r.Findings[i]
		}
	}
	return nil
}

func account(t *testing.T, r *readiness.Report, number string) readiness.Account {
	t.Helper()
	for _, a := range r.Accounts {
		if a.Number == number {
			return a
		}
	}
	t.Fatalf("nothing on account %s", number)
	return readiness.Account{}
}

func shown(r *readiness.Report) string {
	var text strings.Builder
	_ = r.Print(&text)
	return text.String()
}

// TestNothingInTheWay: all accounts are reachable, but for those that no rescue is meant for.
func TestNothingInTheWay(t *testing.T) {
	d := deploy(t)
	d.lock(t)
	report := d.run.Check(t.Context())
	want := readiness.Counts{Reachable: 3, OutOfReach: 2}
	if report.State != reach.Reachable || report.Counts != want || len(report.Findings) > 0 {
		t.Errorf("%+v\n%s", report.Counts, shown(report))
	}
	for number, why := range map[string]string{"555566667777": "the account is SUSPENDED",
		"000011112222": "root of the management account cannot be assumed"} {
		if a := account(t, report, number); a.State != readiness.OutOfReach || a.Why != why {
			t.Errorf("%+v", a)
		}
	}
	if err := d.rescue(t, place.Owner, "arn:aws:s3:::b"); err != nil {
		t.Error(err)
	}
}

// TestToldWhenItChanges: once, then not again while nothing changes; again when an obstacle comes, with a page where
// nobody can be helped, and again when it goes. What could not be told is told by the next run.
func TestToldWhenItChanges(t *testing.T) {
	d := deploy(t)
	ctx := context.Background()
	told := func(step string, alerts, pages int) {
		t.Helper()
		if _, err := d.run.Run(ctx); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if a, p := len(d.Inbox(d.topics.Alerts)), len(d.Inbox(d.topics.Pages)); a != alerts || p != pages {
			t.Errorf("%s: %d mails and %d pages, want %d and %d", step, a, p, alerts, pages)
		}
		d.Time = d.Time.Add(24 * time.Hour)
	}
	told("at first", 1, 0)
	told("the same", 1, 0)
	d.RootSessions(false)
	told("root sessions are off", 2, 1)
	told("still", 2, 1)
	last, err := d.run.Store.Last(ctx)
	if err != nil || len(last.Report.Findings) != 1 {
		t.Fatalf("%+v, %v", last, err)
	}
	if since := last.Report.Findings[0].Since; since.Format(time.DateOnly) != "2026-11-23" {
		t.Errorf("seen since %s", since)
	}
	d.RootSessions(true)
	told("on again", 3, 1)
	d.Fail(func(c front.Call) *front.Fault {
		if c.Service == "sns" && c.Action == "Publish" {
			return &front.Fault{Status: 403, Code: "AuthorizationError"}
		}
		return nil
	})
	d.Attach(front.SCP, unit, "quarantine", deny("Q", `"Action":"*","Resource":"*"`))
	if _, err := d.run.Run(ctx); err == nil {
		t.Error("nobody was told, and that is no error")
	}
	d.Fail(nil)
	told("the mail that did not go out", 4, 1)
}
