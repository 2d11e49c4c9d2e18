package iam_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

// device is a virtual MFA device of root's.
const device = "arn:aws:iam::111122223333:mfa/root-account-mfa-device"

// full is a root that has all kinds of credentials.
func full() iam.RootUser {
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	return iam.RootUser{Password: true, PasswordUsed: at, AccessKeys: []string{"AKIAROOT", "AKIAIDLE"},
		Certificates: []string{"C1"}, MFA: []string{device, "GAHT1"}, Since: map[string]time.Time{"AKIAROOT": at},
		Used: map[string]iam.KeyUse{"AKIAROOT": {At: at, Service: "s3", Region: "eu-central-1"}}}
}

// A session has the clients of all services in one root session.
type session struct {
	iam *sdk.Client
	s3  *s3.Client
	sqs *sqs.Client
	url *string
}

// calls are what a root session may try, about root itself, and about others.
var calls = map[string]func(context.Context, session) error{
	"GetAccountSummary": func(ctx context.Context, s session) error {
		_, err := s.iam.GetAccountSummary(ctx, nil)
		return err
	},
	"GetLoginProfile": func(ctx context.Context, s session) error {
		_, err := s.iam.GetLoginProfile(ctx, nil)
		return err
	},
	"GetUser": func(ctx context.Context, s session) error {
		_, err := s.iam.GetUser(ctx, nil)
		return err
	},
	"ListAccessKeys": func(ctx context.Context, s session) error {
		_, err := s.iam.ListAccessKeys(ctx, nil)
		return err
	},
	"ListSigningCertificates": func(ctx context.Context, s session) error {
		_, err := s.iam.ListSigningCertificates(ctx, nil)
		return err
	},
	"ListMFADevices": func(ctx context.Context, s session) error {
		_, err := s.iam.ListMFADevices(ctx, nil)
		return err
	},
	"GetAccessKeyLastUsed": func(ctx context.Context, s session) error {
		_, err := s.iam.GetAccessKeyLastUsed(ctx, &sdk.GetAccessKeyLastUsedInput{AccessKeyId: aws.String("AKIAROOT")})
		return err
	},
	"GetAccessKeyLastUsed of another": func(ctx context.Context, s session) error {
		_, err := s.iam.GetAccessKeyLastUsed(ctx, &sdk.GetAccessKeyLastUsedInput{AccessKeyId: aws.String("AKIAOTHER")})
		return err
	},
	"ListAccessKeys of a user": func(ctx context.Context, s session) error {
		_, err := s.iam.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{UserName: aws.String("kim")})
		return err
	},
	"DeleteLoginProfile of a user": func(ctx context.Context, s session) error {
		_, err := s.iam.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{UserName: aws.String("kim")})
		return err
	},
	"CreateLoginProfile of a user": func(ctx context.Context, s session) error {
		_, err := s.iam.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{UserName: aws.String("kim")})
		return err
	},
	"CreateLoginProfile": func(ctx context.Context, s session) error {
		_, err := s.iam.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{})
		return err
	},
	"CreateAccessKey": func(ctx context.Context, s session) error {
		_, err := s.iam.CreateAccessKey(ctx, nil)
		return err
	},
	"UpdateAccessKey": func(ctx context.Context, s session) error {
		_, err := s.iam.UpdateAccessKey(ctx, &sdk.UpdateAccessKeyInput{AccessKeyId: aws.String("AKIAROOT"),
			Status: "Inactive"})
		return err
	},
	"DeleteAccessKey": func(ctx context.Context, s session) error {
		_, err := s.iam.DeleteAccessKey(ctx, &sdk.DeleteAccessKeyInput{AccessKeyId: aws.String("AKIAROOT")})
		return err
	},
	"DeleteSigningCertificate": func(ctx context.Context, s session) error {
		_, err := s.iam.DeleteSigningCertificate(ctx, &sdk.DeleteSigningCertificateInput{CertificateId: aws.String("C1")})
		return err
	},
	"DeleteLoginProfile": func(ctx context.Context, s session) error {
		_, err := s.iam.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		return err
	},
	"DeactivateMFADevice": func(ctx context.Context, s session) error {
		_, err := s.iam.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{SerialNumber: aws.String("GAHT1")})
		return err
	},
	"DeleteVirtualMFADevice": func(ctx context.Context, s session) error {
		_, err := s.iam.DeleteVirtualMFADevice(ctx, &sdk.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(device)})
		return err
	},
	"ListRoles": func(ctx context.Context, s session) error {
		_, err := s.iam.ListRoles(ctx, nil)
		return err
	},
	"GetBucketPolicy": func(ctx context.Context, s session) error {
		_, err := s.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("b")})
		return err
	},
	"ListBuckets": func(ctx context.Context, s session) error {
		_, err := s.s3.ListBuckets(ctx, nil)
		return err
	},
	"ListObjects": func(ctx context.Context, s session) error {
		_, err := s.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("b")})
		return err
	},
	"ListQueues": func(ctx context.Context, s session) error {
		_, err := s.sqs.ListQueues(ctx, nil)
		return err
	},
	"GetQueueAttributes": func(ctx context.Context, s session) error {
		_, err := s.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: s.url})
		return err
	},
	"SendMessage": func(ctx context.Context, s session) error {
		_, err := s.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: s.url, MessageBody: aws.String("m")})
		return err
	},
}

// TestCeilings: each of the five task policies lets through what its text does not deny, and nothing else. The rows are
// read from the documents that AWS publishes.
func TestCeilings(t *testing.T) {
	details := "GetLoginProfile GetUser ListAccessKeys ListSigningCertificates ListMFADevices GetAccessKeyLastUsed"
	for task, may := range map[string]string{
		"IAMAuditRootUserCredentials": "GetAccountSummary " + details,
		"IAMCreateRootUserPassword":   "GetLoginProfile CreateLoginProfile",
		"IAMDeleteRootUserCredentials": details + " DeleteAccessKey DeleteSigningCertificate DeleteLoginProfile " +
			"DeactivateMFADevice",
		"S3UnlockBucketPolicy": "GetBucketPolicy ListBuckets",
		"SQSUnlockQueuePolicy": "ListQueues GetQueueAttributes",
	} {
		for name, call := range calls {
			p := place.New(t)
			p.PutRoot(owner, full())
			cfg := p.Root(t, task)
			s := session{iam: sdk.NewFromConfig(cfg), sqs: sqs.NewFromConfig(cfg), url: p.QueueURL(),
				s3: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })}
			err := call(t.Context(), s)
			allowed := slices.Contains(strings.Fields(may), name)
			if denied := place.Code(err) == "AccessDenied"; denied == allowed {
				t.Errorf("%s, %s: %v", task, name, err)
			}
			if !allowed && !strings.HasSuffix(name, "KeyLastUsed of another") && err != nil &&
				!strings.Contains(err.Error(), "with an explicit deny in a session policy") {
				t.Errorf("%s, %s: %v", task, name, err)
			}
		}
	}
}

// TestVirtualDevices: by the letter of the task policy they stay, and it can be had the other way.
func TestVirtualDevices(t *testing.T) {
	p := place.New(t)
	p.PutRoot(owner, full())
	p.DeleteVirtualDevices(true)
	c := asRoot(t, p, "IAMDeleteRootUserCredentials")
	in := &sdk.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(device)}
	_, busy := c.DeleteVirtualMFADevice(t.Context(), in)
	_, off := c.DeactivateMFADevice(t.Context(), &sdk.DeactivateMFADeviceInput{SerialNumber: aws.String(device)})
	_, again := c.DeactivateMFADevice(t.Context(), &sdk.DeactivateMFADeviceInput{SerialNumber: aws.String(device)})
	if loose := p.LooseDevices(owner); len(loose) != 1 || loose[0] != device {
		t.Errorf("%v", loose)
	}
	_, deleted := c.DeleteVirtualMFADevice(t.Context(), in)
	_, gone := c.DeleteVirtualMFADevice(t.Context(), in)
	for i, row := range []struct {
		err  error
		want string
	}{{busy, "DeleteConflict"}, {off, "ok"}, {again, "NoSuchEntity"}, {deleted, "ok"}, {gone, "NoSuchEntity"}} {
		if got := place.Code(row.err); got != row.want {
			t.Errorf("%d: %v, want %s", i, row.err, row.want)
		}
	}
	if left := p.LooseDevices(owner); len(left) > 0 {
		t.Errorf("%v", left)
	}
}

// TestLastUse: of the password and of a key, and of what was never used.
func TestLastUse(t *testing.T) {
	p := place.New(t)
	c := asRoot(t, p, "IAMAuditRootUserCredentials")
	if me, err := c.GetUser(t.Context(), nil); err != nil || me.User.PasswordLastUsed != nil {
		t.Errorf("without a password: %+v, %v", me, err)
	}
	p.PutRoot(owner, full())
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	me, err := c.GetUser(t.Context(), nil)
	if err != nil || !aws.ToTime(me.User.PasswordLastUsed).Equal(at) {
		t.Errorf("%+v, %v", me, err)
	}
	used := func(key string) *sdk.GetAccessKeyLastUsedOutput {
		out, err := c.GetAccessKeyLastUsed(t.Context(), &sdk.GetAccessKeyLastUsedInput{AccessKeyId: &key})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if u := used("AKIAROOT").AccessKeyLastUsed; !aws.ToTime(u.LastUsedDate).Equal(at) || *u.ServiceName != "s3" {
		t.Errorf("%+v", u)
	}
	if u := used("AKIAIDLE").AccessKeyLastUsed; u.LastUsedDate != nil || *u.ServiceName != "N/A" || *u.Region != "N/A" {
		t.Errorf("%+v", u)
	}
	summary, err := c.GetAccountSummary(t.Context(), nil)
	if err != nil || len(summary.SummaryMap) != 34 || summary.SummaryMap["AccessKeysPerUserQuota"] != 2 ||
		summary.SummaryMap["MFADevicesInUse"] != 2 || summary.SummaryMap["AccountSigningCertificatesPresent"] != 1 {
		t.Errorf("%d: %+v, %v", len(summary.SummaryMap), summary, err)
	}
}

// TestRootMakesItsOwn: with its own key root makes what a session of it may only delete.
func TestRootMakesItsOwn(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, owner+".root"), t.Context()
	made, err := c.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("phone")})
	if err != nil || *made.VirtualMFADevice.SerialNumber != "arn:aws:iam::111122223333:mfa/phone" {
		t.Fatalf("%+v %v", made, err)
	}
	enable := &sdk.EnableMFADeviceInput{SerialNumber: made.VirtualMFADevice.SerialNumber, UserName: aws.String("root"),
		AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("123456")}
	if _, err := c.EnableMFADevice(ctx, enable); place.Code(err) != "NotImplemented" {
		t.Errorf("of a user: %v", err)
	}
	for serial, row := range map[string]struct{ second, want string }{
		"arn:aws:iam::111122223333:mfa/phone":  {"123456", "InvalidAuthenticationCode"},
		"arn:aws:iam::111122223333:mfa/nobody": {"654321", "NoSuchEntity"},
		"GAHT12345678":                         {"654321", "ok"},
	} {
		out := p.Raw("POST", p.URL+"/", owner+".root", "iam", "Action=EnableMFADevice&Version=2010-05-08&SerialNumber="+
			serial+"&AuthenticationCode1=123456&AuthenticationCode2="+row.second).Body.String()
		if !strings.Contains(out, row.want) && (row.want != "ok" || strings.Contains(out, "Error")) {
			t.Errorf("%s: %s", serial, out)
		}
	}
	body := &sdk.UploadSigningCertificateInput{CertificateBody: aws.String("any")}
	_, first := c.UploadSigningCertificate(ctx, body)
	_, second := c.UploadSigningCertificate(ctx, body)
	if _, third := c.UploadSigningCertificate(ctx, body); first != nil || second != nil ||
		place.Code(third) != "LimitExceeded" {
		t.Errorf("%v %v %v", first, second, third)
	}
	key, err := c.CreateAccessKey(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, off := c.UpdateAccessKey(ctx, &sdk.UpdateAccessKeyInput{AccessKeyId: key.AccessKey.AccessKeyId, Status: "Inactive"})
	keys, err := c.ListAccessKeys(ctx, nil)
	if off != nil || err != nil || keys.AccessKeyMetadata[0].Status != "Inactive" {
		t.Errorf("%+v %v %v", keys, off, err)
	}
	if has := p.RootHas(owner); len(has.MFA) != 1 || len(has.Certificates) != 2 || len(p.LooseDevices(owner)) != 1 {
		t.Errorf("%+v", has)
	}
}
