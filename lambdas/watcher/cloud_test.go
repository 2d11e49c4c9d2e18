package watcher_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"locksmith/lambdas/awsroot"
	rootcredentials "locksmith/lambdas/credentials"
	"locksmith/lambdas/ledger"
	kept "locksmith/lambdas/ledger/credentials"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/cloud/iam"
	"locksmith/test/pipeline"
)

// A product is the pipeline and the watch beside it, on one AWS.
type product struct {
	*pipeline.Pipeline
	t     *testing.T
	cloud *cloud.Cloud
	watch *pipeline.Watch
	url   string
	now   time.Time
	said  strings.Builder
}

func newProduct(t *testing.T) *product {
	t.Helper()
	p := &product{t: t, now: then}
	clock := func() time.Time { return p.now }
	p.cloud = cloud.New(cloud.Config{Now: clock})
	s := httptest.NewServer(p.cloud)
	t.Cleanup(s.Close)
	p.url = s.URL
	list, err := allowlist.Read([]byte(`{"organization":"o-a1b2c3d4e5","rules":[{"name":"sandboxes",
		"accounts":["111122223333"],"resources":["arn:aws:s3:::*"],"action":"delete","owner":"o","reason":"r",
		"expires":"2027-06-30"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&p.said, nil))
	if p.Pipeline, err = pipeline.New(p.cloud, s.URL, pipeline.Options{Allow: list, Now: clock, Log: log,
		Limits: ledger.Defaults(), Retryer: pipeline.Impatient, Visibility: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if p.watch, err = p.Watch(log, nil); err != nil {
		t.Fatal(err)
	}
	p.cloud.PutBucket(member, "eu-central-1", "payroll")
	return p
}

// as is the configuration of whoever an access key stands for.
func (p *product) as(who, secret, token string) aws.Config {
	return aws.Config{Region: "eu-central-1", BaseEndpoint: &p.url, Retryer: pipeline.Impatient,
		Credentials: credentials.NewStaticCredentialsProvider(who, secret, token)}
}

const lock = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*",
	"Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}]}`

func (p *product) lock() {
	p.t.Helper()
	_, err := s3.NewFromConfig(p.as(member, "any", "")).PutBucketPolicy(ctx,
		&s3.PutBucketPolicyInput{Bucket: aws.String("payroll"), Policy: aws.String(lock)})
	if err != nil {
		p.t.Fatal(err)
	}
}

// run lets the flow and the watch do what is to be done within an hour.
func (p *product) run() {
	for range 60 {
		p.now = p.now.Add(time.Minute)
		for p.Deliver(ctx)+p.watch.Deliver(ctx) > 0 {
		}
	}
}

// rootMail is the subjects of what people read about root, with the topic's name before each.
func (p *product) rootMail() string {
	var subjects []string
	for name, topic := range map[string]string{"page": p.Topics.Pages, "mail": p.Topics.Alerts} {
		for _, m := range p.cloud.Inbox(topic) {
			if strings.Contains(m.For("sqs"), `"kind":"root"`) {
				subjects = append(subjects, name+" "+m.Subject)
			}
		}
	}
	return strings.Join(sorted(subjects), "; ")
}

// TestTheFlowIsSilentInTheWatch: Locksmith unlocks a bucket, and the watch sees it, keeps it, and says nothing.
func TestTheFlowIsSilentInTheWatch(t *testing.T) {
	p := newProduct(t)
	p.lock()
	p.run()
	incidents := p.Incidents()
	if len(incidents) != 1 || incidents[0].Outcome.Result != "unlocked" {
		t.Fatalf("%+v\n%s", incidents, p.said.String())
	}
	c := incidents[0].Change
	calls, err := p.Sessions.Calls(ctx, c.EventID, c.Resource)
	if err != nil || len(calls) != 2 || calls[0].Call != "AssumeRoot" || calls[1].Call != "DeleteBucketPolicy" ||
		calls[0].Key != calls[1].Key || calls[0].Key == "" {
		t.Errorf("%+v, %v", calls, err)
	}
	if told := p.rootMail(); told != "" {
		t.Error(told)
	}
}

// TestASweepIsSilentInTheWatch: it opens root in every account, twice.
func TestASweepIsSilentInTheWatch(t *testing.T) {
	p := newProduct(t)
	p.cloud.SetPolicy("arn:aws:s3:::payroll", lock) // no event tells of it
	s, err := p.Sweep(pipeline.SweepOptions{Regions: []string{"eu-central-1"}, Herald: newWorld(t),
		Log: slog.New(slog.NewTextHandler(&p.said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(ctx, sweeper.Request{By: "a test"}); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		p.now = p.now.Add(time.Minute)
		for s.Deliver(ctx)+p.Deliver(ctx)+p.watch.Deliver(ctx) > 0 {
		}
	}
	opened := 0
	for _, c := range p.cloud.Calls() {
		if c.Action == "AssumeRoot" {
			opened++
		}
	}
	if incidents := p.Incidents(); len(incidents) != 1 || incidents[0].Outcome.Result != "unlocked" || opened < 3 {
		t.Fatalf("%d sessions, %+v\n%s", opened, incidents, p.said.String())
	}
	if told := p.rootMail(); told != "" {
		t.Error(told)
	}
	if d, err := p.Sessions.Digest(ctx, "day-2026-11-21"); err != nil || len(d.Groups) > 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestTheDeskIsSilentInTheWatch: root's credentials are audited, deleted and created anew for people, by the real
// calls, and each of those is kept with its request.
func TestTheDeskIsSilentInTheWatch(t *testing.T) {
	p := newProduct(t)
	p.cloud.DeleteVirtualDevices(true)
	p.cloud.PutRoot(member, iam.RootUser{Password: true, AccessKeys: []string{"AKIA1"}, Certificates: []string{"C1"},
		MFA: []string{"arn:aws:iam::111122223333:mfa/root"}})
	cfg := p.as("999988887777.role.LocksmithDesk", "any", "")
	cfg.Region = "us-east-1"
	root, err := awsroot.New(cfg, awsroot.Options{Opened: p.Sessions.Opened})
	if err != nil {
		t.Fatal(err)
	}
	desk := rootcredentials.Custodian{Root: root, Store: kept.NewMemory(), Turns: rootcredentials.Pace(1000).Adaptive(),
		Now: func() time.Time { return p.now }, Log: slog.New(slog.DiscardHandler)}
	if _, err := desk.Look(ctx, "audit-1", member); err != nil {
		t.Fatal(err)
	}
	if o, err := desk.Delete(ctx, "request-1", member); err != nil || o.Result != "deleted" {
		t.Fatalf("%+v, %v", o, err)
	}
	wish := rootcredentials.Wish{Request: "request-2", Account: member}
	if o, err := desk.Create(ctx, wish); err != nil || o.Result != "created" {
		t.Fatalf("%+v, %v", o, err)
	}
	p.run()
	if told := p.rootMail(); told != "" {
		t.Error(told)
	}
	if d, err := p.Sessions.Digest(ctx, "day-2026-11-21"); err != nil || len(d.Groups) > 0 {
		t.Errorf("%+v, %v", d, err)
	}
	for request, want := range map[string]string{"request-2": "AssumeRoot CreateLoginProfile",
		"request-1": "AssumeRoot DeactivateMFADevice DeleteAccessKey DeleteLoginProfile DeleteSigningCertificate " +
			"DeleteVirtualMFADevice"} {
		calls, err := p.Sessions.Calls(ctx, request, "arn:aws:iam::111122223333:root")
		var names []string
		for _, c := range calls {
			names = append(names, c.Call)
		}
		if got := strings.Join(sorted(names), " "); got != want || err != nil {
			t.Errorf("%s: %s, %v", request, got, err)
		}
	}
}

// TestAPersonIsTold: somebody unlocks by hand, and somebody creates a password.
func TestAPersonIsTold(t *testing.T) {
	p := newProduct(t)
	p.lock()
	open := func(who, task string) (*types.Credentials, error) {
		out, err := sts.NewFromConfig(p.as(who, "any", "")).AssumeRoot(ctx, &sts.AssumeRootInput{
			TargetPrincipal: aws.String(member), TaskPolicyArn: &types.PolicyDescriptorType{
				Arn: aws.String("arn:aws:iam::aws:policy/root-task/" + task)}})
		if err != nil {
			return nil, err
		}
		return out.Credentials, nil
	}
	const onCall, locksmith = "999988887777.role.OnCall", "999988887777.role.LocksmithUnlock"
	c, err := open(onCall, "S3UnlockBucketPolicy")
	if err != nil {
		t.Fatal(err)
	}
	session := p.as(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	if _, err := s3.NewFromConfig(session).DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{
		Bucket: aws.String("payroll")}); err != nil {
		t.Fatal(err)
	}
	if _, err := open("000011112222.role.Admin", "IAMCreateRootUserPassword"); err != nil {
		t.Fatal(err)
	}
	if _, err := open("444455556666.role.Developer", "IAMCreateRootUserPassword"); err == nil {
		t.Fatal("a member may open root")
	}
	if _, err := open(locksmith, "S3UnlockBucketPolicy"); err != nil { // with our role, and not by our code
		t.Fatal(err)
	}
	p.run()
	want := "mail [Locksmith] A policy was changed by hand, as root (111122223333); " +
		"mail [Locksmith] Locksmith's role opened root, unrecorded (111122223333); " +
		"mail [Locksmith] Root opened by hand, to unlock (111122223333); " +
		"mail [Locksmith] Root opened to create its password (111122223333); " +
		"page ALARM: [Locksmith] Locksmith's role opened root, unrecorded (111122223333); " +
		"page ALARM: [Locksmith] Root opened to create its password (111122223333)"
	if got := p.rootMail(); got != want {
		t.Errorf("%s\nwant %s\n%s", got, want, p.said.String())
	}
	d, err := p.Sessions.Digest(ctx, "day-2026-11-21")
	if err != nil || len(d.Groups) != 1 || d.Groups[0].What != "Tried in vain: AssumeRoot IAMCreateRootUserPassword" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestOffSwitchesPage: the delegate is removed and the trust is taken away, by the real calls.
func TestOffSwitchesPage(t *testing.T) {
	p := newProduct(t)
	client := organizations.NewFromConfig(p.as("000011112222.role.Admin", "any", ""))
	iam := aws.String("iam.amazonaws.com")
	if _, err := client.DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{
		AccountId: aws.String("999988887777"), ServicePrincipal: iam}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{
		ServicePrincipal: iam}); err != nil {
		t.Fatal(err)
	}
	p.run()
	want := "mail [Locksmith] A delegate for root was removed (000011112222); " +
		"mail [Locksmith] IAM's trusted access was taken away (000011112222); " +
		"page ALARM: [Locksmith] A delegate for root was removed (000011112222); " +
		"page ALARM: [Locksmith] IAM's trusted access was taken away (000011112222)"
	if got := p.rootMail(); got != want {
		t.Errorf("%s\nwant %s\n%s", got, want, p.said.String())
	}
}
