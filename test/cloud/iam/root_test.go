package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

// asRoot is a client in a root session of the owner's account, by one of the three tasks.
func asRoot(t *testing.T, p *place.Place, task string) *sdk.Client {
	t.Helper()
	out, err := place.Assume(p.As(central, "us-east-1"), owner, task, 300)
	if err != nil {
		t.Fatal(err)
	}
	cfg, c := p.As("", "us-east-1"), out.Credentials
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	return sdk.NewFromConfig(cfg)
}

// TestRootsCredentials: seen, deleted and made again, each under its task's policy.
func TestRootsCredentials(t *testing.T) {
	p := place.New(t)
	ctx := t.Context()
	p.PutRoot(owner, iam.RootUser{Password: true, AccessKeys: []string{"AKIAROOT"}, Certificates: []string{"C1"},
		MFA: []string{"arn:aws:iam::111122223333:mfa/root"}})
	audit := asRoot(t, p, "IAMAuditRootUserCredentials")
	summary, err := audit.GetAccountSummary(ctx, nil)
	if err != nil || summary.SummaryMap["AccountPasswordPresent"] != 1 ||
		summary.SummaryMap["AccountAccessKeysPresent"] != 1 || summary.SummaryMap["AccountMFAEnabled"] != 1 {
		t.Errorf("%+v %v", summary, err)
	}
	profile, err := audit.GetLoginProfile(ctx, nil)
	if err != nil || profile.LoginProfile.UserName != nil || profile.LoginProfile.CreateDate == nil {
		t.Errorf("%+v %v", profile, err)
	}
	me, err := audit.GetUser(ctx, nil)
	if err != nil || *me.User.Arn != "arn:aws:iam::111122223333:root" || me.User.UserName != nil {
		t.Errorf("%+v %v", me, err)
	}
	keys, err := audit.ListAccessKeys(ctx, nil)
	if err != nil || len(keys.AccessKeyMetadata) != 1 || *keys.AccessKeyMetadata[0].AccessKeyId != "AKIAROOT" {
		t.Errorf("%+v %v", keys, err)
	}
	key := &sdk.DeleteAccessKeyInput{AccessKeyId: aws.String("AKIAROOT")}
	if _, err := audit.DeleteAccessKey(ctx, key); place.Code(err) != "AccessDenied" {
		t.Errorf("deleted by an audit: %v", err)
	}
	remove := asRoot(t, p, "IAMDeleteRootUserCredentials")
	_, key1 := remove.DeleteAccessKey(ctx, key)
	_, key2 := remove.DeleteAccessKey(ctx, key)
	_, password := remove.DeleteLoginProfile(ctx, nil)
	_, certificate := remove.DeleteSigningCertificate(ctx, &sdk.DeleteSigningCertificateInput{
		CertificateId: aws.String("C1")})
	_, device := remove.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{
		SerialNumber: aws.String("arn:aws:iam::111122223333:mfa/root")})
	_, create := remove.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{})
	for i, row := range []struct {
		err  error
		want string
	}{{key1, "ok"}, {key2, "NoSuchEntity"}, {password, "ok"}, {certificate, "ok"}, {device, "ok"},
		{create, "AccessDenied"}} {
		if got := place.Code(row.err); got != row.want {
			t.Errorf("%d: %s, want %s", i, got, row.want)
		}
	}
	if left := p.RootHas(owner); left.Password || len(left.AccessKeys)+len(left.Certificates)+len(left.MFA) > 0 {
		t.Errorf("left: %+v", left)
	}
	if _, err := asRoot(t, p, "IAMCreateRootUserPassword").CreateLoginProfile(ctx, nil); err != nil {
		t.Error(err)
	}
	last := p.Events()[len(p.Events())-1]
	for _, part := range []string{`"eventName":"CreateLoginProfile"`, `"type":"Root"`, `"account":"111122223333"`,
		`"awsRegion":"us-east-1"`} {
		if !strings.Contains(string(last), part) {
			t.Errorf("no %s: %s", part, last)
		}
	}
}

// TestRootsOwnKey: root itself may do what no session of it may.
func TestRootsOwnKey(t *testing.T) {
	p := place.New(t)
	root := client(p, owner+".root")
	made, err := root.CreateAccessKey(t.Context(), nil)
	if err != nil || !strings.HasPrefix(*made.AccessKey.AccessKeyId, "AKIA") {
		t.Fatalf("%+v %v", made, err)
	}
	event := string(p.Events()[0])
	if !strings.Contains(event, `"eventName":"CreateAccessKey"`) || !strings.Contains(event, `"type":"Root"`) ||
		strings.Contains(event, `"sessionContext"`) || strings.Contains(event, *made.AccessKey.SecretAccessKey) {
		t.Errorf("%s", event)
	}
	_, err = client(p, owner).CreateAccessKey(t.Context(), nil)
	if place.Code(err) != "NotImplemented" {
		t.Errorf("a user's: %v", err)
	}
}
