package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"locksmith/test/cloud"
)

const (
	owner   = "111122223333"
	central = "999988887777"
	region  = "eu-central-1"
	lock    = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}]}`
	lockQ   = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}`
)

// A place is a cloud that listens, with a bucket b and a queue q of the owner's in it.
type place struct {
	*cloud.Cloud
	url string
	now time.Time
}

func newPlace(t *testing.T) *place { return newPlaceOf(t, cloud.Config{}) }

func newPlaceOf(t *testing.T, c cloud.Config) *place {
	p := &place{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	c.Now = func() time.Time { return p.now }
	p.Cloud = cloud.New(c)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	p.PutBucket(owner, region, "b")
	p.CreateQueue(owner, region, "q", nil)
	return p
}

func (p *place) config(key, region string) aws.Config { return p.with(key, "any", "", region) }

func (p *place) with(key, secret, token, region string) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(p.url), Credentials: credentials.NewStaticCredentialsProvider(key, secret, token), RetryMaxAttempts: 1}
}

// root opens a root session in the owner's account.
func (p *place) root(t *testing.T, task string) aws.Config {
	t.Helper()
	out, err := assume(p.config(central+".role.Locksmith", "us-east-1"), owner, task, 300)
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	return p.with(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken, region)
}

func assume(cfg aws.Config, target, task string, seconds int32) (*sts.AssumeRootOutput, error) {
	in := &sts.AssumeRootInput{TargetPrincipal: aws.String(target), DurationSeconds: aws.Int32(seconds),
		TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/" + task)}}
	return sts.NewFromConfig(cfg).AssumeRoot(context.Background(), in)
}

// The calls that the tests make, each by the real SDK.
func getBucketPolicy(cfg aws.Config) error {
	_, err := s3.NewFromConfig(cfg).GetBucketPolicy(context.Background(), &s3.GetBucketPolicyInput{Bucket: aws.String("b")})
	return err
}

func putBucketPolicy(cfg aws.Config, policy string) error {
	_, err := s3.NewFromConfig(cfg).PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: aws.String("b"), Policy: aws.String(policy)})
	return err
}

func deleteBucketPolicy(cfg aws.Config, expectedOwner string) error {
	in := &s3.DeleteBucketPolicyInput{Bucket: aws.String("b")}
	if expectedOwner != "" {
		in.ExpectedBucketOwner = aws.String(expectedOwner)
	}
	_, err := s3.NewFromConfig(cfg).DeleteBucketPolicy(context.Background(), in)
	return err
}

func (p *place) setQueue(cfg aws.Config, policy string) error {
	_, err := sqs.NewFromConfig(cfg).SetQueueAttributes(context.Background(), &sqs.SetQueueAttributesInput{
		QueueUrl: aws.String(p.url + "/" + owner + "/q"), Attributes: map[string]string{"Policy": policy}})
	return err
}

func (p *place) getQueue(cfg aws.Config) error {
	_, err := sqs.NewFromConfig(cfg).GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(p.url + "/" + owner + "/q"), AttributeNames: []sqstypes.QueueAttributeName{"Policy"}})
	return err
}

func code(err error) string {
	if err == nil {
		return "ok"
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return err.Error()
}

func TestAssumeRootErrors(t *testing.T) {
	ours := central + ".role.Locksmith"
	for _, row := range []struct {
		name, key, target, task string
		seconds                 int32
		spoil                   func(*place)
		code, message           string
	}{
		{"well", ours, owner, "S3UnlockBucketPolicy", 900, nil, "ok", ""},
		{"by root ARN", ours, "arn:aws:iam::111122223333:root", "SQSUnlockQueuePolicy", 300, nil, "ok", ""},
		{"by the management account", "000011112222.role.Admin", owner, "S3UnlockBucketPolicy", 300, nil, "ok", ""},
		{"by a member", "222233334444.role.Admin", owner, "S3UnlockBucketPolicy", 300, nil, "AccessDenied",
			"User: arn:aws:sts::222233334444:assumed-role/Admin/session is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::111122223333:root"},
		{"into the management account", ours, "000011112222", "S3UnlockBucketPolicy", 300, nil, "AccessDenied", "arn:aws:iam::000011112222:root"},
		{"sessions off", ours, owner, "S3UnlockBucketPolicy", 300, func(p *place) { p.RootSessions(false) }, "AccessDenied", "Root sessions feature is not enabled for your AWS Organization."},
		{"a task that is none", ours, owner, "AdministratorAccess", 300, nil, "ValidationError", "Request must contain valid AWS managed task policy ARN"},
		{"a user", ours, "arn:aws:iam::111122223333:user/kim", "S3UnlockBucketPolicy", 300, nil, "ValidationError", "Request must contain a valid target principal"},
		{"too long", ours, owner, "S3UnlockBucketPolicy", 901, nil, "ValidationError", "Value '901' at 'durationSeconds'"},
		{"Region off", ours, owner, "S3UnlockBucketPolicy", 300, func(p *place) { p.DisableRegion(owner, "us-east-1") }, "RegionDisabledException", ""},
		{"a key that is unknown", "AKIAEXAMPLE", owner, "S3UnlockBucketPolicy", 300, nil, "InvalidClientTokenId", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlace(t)
			if row.spoil != nil {
				row.spoil(p)
			}
			_, err := assume(p.config(row.key, "us-east-1"), row.target, row.task, row.seconds)
			if code(err) != row.code || err != nil && !strings.Contains(err.Error(), row.message) {
				t.Errorf("%v, want %s: %s", err, row.code, row.message)
			}
		})
	}
}

// TestGlobalEndpoint: AssumeRoot is unknown at sts.amazonaws.com.
func TestGlobalEndpoint(t *testing.T) {
	p := newPlace(t)
	r := httptest.NewRequest(http.MethodPost, "http://sts.amazonaws.com/", strings.NewReader("Action=AssumeRoot&Version=2011-06-15&TargetPrincipal="+owner))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+central+".role.L/20261121/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Code>InvalidAction</Code>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestCeilings: each task policy lets through what AWS publishes, and nothing else.
func TestCeilings(t *testing.T) {
	p := newPlace(t)
	p.SetPolicy("arn:aws:s3:::b", lock)
	p.SetPolicy("arn:aws:sqs:eu-central-1:111122223333:q", lockQ)
	calls := []struct {
		name string
		call func(aws.Config) error
	}{
		{"s3:GetBucketPolicy", getBucketPolicy},
		{"s3:PutBucketPolicy", func(c aws.Config) error { return putBucketPolicy(c, lock) }},
		{"s3:ListAllMyBuckets", func(c aws.Config) error {
			_, err := s3.NewFromConfig(c).ListBuckets(context.Background(), nil)
			return err
		}},
		{"s3:GetBucketLocation", func(c aws.Config) error {
			_, err := s3.NewFromConfig(c).GetBucketLocation(context.Background(), &s3.GetBucketLocationInput{Bucket: aws.String("b")})
			return err
		}},
		{"sqs:GetQueueAttributes", p.getQueue},
		{"sqs:SetQueueAttributes", func(c aws.Config) error { return p.setQueue(c, lockQ) }},
		{"sqs:RemovePermission", func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).RemovePermission(context.Background(), &sqs.RemovePermissionInput{QueueUrl: aws.String(p.url + "/" + owner + "/q"), Label: aws.String("l")})
			return err
		}},
		{"sqs:SendMessage", func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: aws.String(p.url + "/" + owner + "/q"), MessageBody: aws.String("m")})
			return err
		}},
		{"sts:AssumeRoot", func(c aws.Config) error {
			c.Region = "us-east-1"
			_, err := assume(c, owner, "S3UnlockBucketPolicy", 60)
			return err
		}},
	}
	allowed := map[string][]string{
		"S3UnlockBucketPolicy":         {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListAllMyBuckets"},
		"SQSUnlockQueuePolicy":         {"sqs:GetQueueAttributes", "sqs:SetQueueAttributes"},
		"IAMAuditRootUserCredentials":  nil,
		"IAMCreateRootUserPassword":    nil,
		"IAMDeleteRootUserCredentials": nil,
	}
	for task, may := range allowed {
		session := p.root(t, task)
		for _, c := range calls {
			want := "AccessDenied"
			if slices.Contains(may, c.name) {
				want = "ok"
			}
			if got := code(c.call(session)); got != want {
				t.Errorf("%s: %s is %s, want %s", task, c.name, got, want)
			}
		}
	}
}

func TestSessionsEndAndStayInTheirAccount(t *testing.T) {
	p := newPlace(t)
	p.SetPolicy("arn:aws:s3:::b", lock)
	session := p.root(t, "S3UnlockBucketPolicy")
	stolen := session.Copy()
	stolen.Credentials = credentials.NewStaticCredentialsProvider(p.Secrets()[0], "any", "another token")
	if got := code(getBucketPolicy(stolen)); got != "InvalidToken" {
		t.Errorf("with another token: %s", got)
	}
	p.PutBucket("222233334444", region, "c")
	_, err := s3.NewFromConfig(session).GetBucketPolicy(context.Background(), &s3.GetBucketPolicyInput{Bucket: aws.String("c")})
	if code(err) != "AccessDenied" {
		t.Errorf("another account's bucket: %v", err)
	}
	p.now = p.now.Add(5 * time.Minute)
	if got := code(getBucketPolicy(session)); got != "ExpiredToken" {
		t.Errorf("after five minutes: %s", got)
	}
}

func TestPoliciesAreEnforced(t *testing.T) {
	p := newPlace(t)
	admin, session := p.config(owner, region), p.root(t, "S3UnlockBucketPolicy")
	for _, step := range []struct {
		what string
		err  func() error
		want string
	}{
		{"no policy yet", func() error { return getBucketPolicy(admin) }, "NoSuchBucketPolicy"},
		{"the administrator locks", func() error { return putBucketPolicy(admin, lock) }, "ok"},
		{"and is out", func() error { return getBucketPolicy(admin) }, "AccessDenied"},
		{"a role too", func() error { return putBucketPolicy(p.config(owner+".role.Admin", region), lock) }, "AccessDenied"},
		{"another owner expected", func() error { return deleteBucketPolicy(session, "222233334444") }, "AccessDenied"},
		{"root takes it off", func() error { return deleteBucketPolicy(session, owner) }, "ok"},
		{"and again", func() error { return deleteBucketPolicy(session, owner) }, "ok"},
		{"the administrator is in", func() error { return getBucketPolicy(admin) }, "NoSuchBucketPolicy"},
		{"a stranger", func() error { return getBucketPolicy(p.config("222233334444", region)) }, "AccessDenied"},
		{"the wrong Region", func() error { return getBucketPolicy(p.config(owner, "us-west-2")) }, "PermanentRedirect"},
		{"no policy at all", func() error { return putBucketPolicy(admin, `{"Statement":`) }, "MalformedPolicy"},
		{"an unknown operator", func() error {
			return putBucketPolicy(admin, strings.Replace(lock, `"Resource"`, `"Condition":{"StringEqualz":{"a":"b"}},"Resource"`, 1))
		}, "MalformedPolicy"},
		{"another bucket's", func() error { return putBucketPolicy(admin, strings.ReplaceAll(lock, ":::b", ":::z")) }, "MalformedPolicy"},
		{"too long", func() error { return putBucketPolicy(admin, lock+strings.Repeat(" ", 20*1024)) }, "MalformedPolicy"},
		{"a stranger is allowed", func() error { return putBucketPolicy(admin, strings.Replace(lock, "Deny", "Allow", 1)) }, "ok"},
		{"but not to the policy", func() error { return getBucketPolicy(p.config("222233334444", region)) }, "MethodNotAllowed"},
		{"what the documentation does not settle", func() error {
			return putBucketPolicy(admin, strings.Replace(lock, `"Resource"`, `"Condition":{"StringEquals":{"aws:PrincipalOrgPaths":"x"}},"Resource"`, 1))
		}, "ok"},
	} {
		if got := code(step.err()); got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
	}
}

// TestTrail: changes and refused ones become events in CloudTrail's shape.
func TestTrail(t *testing.T) {
	p := newPlace(t)
	session := p.root(t, "S3UnlockBucketPolicy")
	_ = putBucketPolicy(p.config(owner+".role.Admin", region), lock)
	_ = putBucketPolicy(p.config(owner, region), lock)
	_ = deleteBucketPolicy(session, owner)
	_ = p.setQueue(p.config(owner, region), lockQ)
	events := p.Events()
	want := [][]string{
		{`"eventName":"AssumeRoot"`, `"targetPrincipal":"111122223333"`, `"taskPolicyArn":{"arn":"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}`, `"account":"999988887777"`,
			`"assumedRoot":"true"`, `"accessKeyId":"` + p.Secrets()[0] + `"`, `"expiration":"Nov 21, 2026, 8:05:00 AM"`},
		{`"eventName":"PutBucketPolicy"`, `"bucketPolicy":{"Version"`, `"policy":""`, `"Host":"b.s3.eu-central-1.amazonaws.com"`, `"type":"AssumedRole"`, `"sessionIssuer"`, `"ARN":"arn:aws:s3:::b"`},
		{`"errorCode":"AccessDenied"`, `"type":"IAMUser"`},
		{`"eventName":"DeleteBucketPolicy"`, `"type":"Root"`, `"arn":"arn:aws:iam::111122223333:root"`, `"accessKeyId":"` + p.Secrets()[0] + `"`},
		{`"source":"aws.sqs"`, `"attributes":{"Policy":"{`, `"awsRegion":"eu-central-1"`},
	}
	if len(events) != len(want) {
		t.Fatalf("%d events: %s", len(events), events)
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(string(events[i]), part) {
				t.Errorf("event %d has no %s: %s", i, part, events[i])
			}
		}
	}
	for _, secret := range p.Secrets()[1:] {
		if strings.Contains(string(events[0]), secret) {
			t.Error("the AssumeRoot event holds a secret")
		}
	}
}
