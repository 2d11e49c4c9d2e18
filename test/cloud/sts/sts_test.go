package sts_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner   = place.Owner
	central = place.Central
	region  = place.Region
)

func TestAssumeRootErrors(t *testing.T) {
	ours := central + ".role.Locksmith"
	for _, row := range []struct {
		name, key, target, task string
		seconds                 int32
		spoil                   func(*place.Place)
		code, message           string
	}{
		{"well", ours, owner, "S3UnlockBucketPolicy", 900, nil, "ok", ""},
		{"by root ARN", ours, "arn:aws:iam::111122223333:root", "SQSUnlockQueuePolicy", 300, nil, "ok", ""},
		{"by the management account", "000011112222.role.Admin", owner, "S3UnlockBucketPolicy", 300, nil, "ok", ""},
		{"by a member", "222233334444.role.Admin", owner, "S3UnlockBucketPolicy", 300, nil, "AccessDenied",
			"User: arn:aws:sts::222233334444:assumed-role/Admin/session is not authorized to perform: sts:AssumeRoot " +
				"on resource: arn:aws:iam::111122223333:root"},
		{"into the management account", ours, "000011112222", "S3UnlockBucketPolicy", 300, nil, "AccessDenied",
			"arn:aws:iam::000011112222:root"},
		{"sessions off", ours, owner, "S3UnlockBucketPolicy", 300, func(p *place.Place) { p.RootSessions(false) },
			"AccessDenied", "Root sessions feature is not enabled for your AWS Organization."},
		{"a task that is none", ours, owner, "AdministratorAccess", 300, nil, "ValidationError",
			"Request must contain valid AWS managed task policy ARN"},
		{"a user", ours, "arn:aws:iam::111122223333:user/kim", "S3UnlockBucketPolicy", 300, nil, "ValidationError",
			"Request must contain a valid target principal"},
		{"too long", ours, owner, "S3UnlockBucketPolicy", 901, nil, "ValidationError",
			"Value '901' at 'durationSeconds'"},
		{"Region off", ours, owner, "S3UnlockBucketPolicy", 300,
			func(p *place.Place) { p.DisableRegion(owner, "us-east-1") }, "RegionDisabledException", ""},
		{"a key that is unknown", "AKIAEXAMPLE", owner, "S3UnlockBucketPolicy", 300, nil, "InvalidClientTokenId", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := place.New(t)
			if row.spoil != nil {
				row.spoil(p)
			}
			_, err := place.Assume(p.As(row.key, "us-east-1"), row.target, row.task, row.seconds)
			if place.Code(err) != row.code || err != nil && !strings.Contains(err.Error(), row.message) {
				t.Errorf("%v, want %s: %s", err, row.code, row.message)
			}
		})
	}
}

// TestGlobalEndpoint: AssumeRoot is unknown at sts.amazonaws.com.
func TestGlobalEndpoint(t *testing.T) {
	p := place.New(t)
	r := httptest.NewRequest(http.MethodPost, "http://sts.amazonaws.com/",
		strings.NewReader("Action=AssumeRoot&Version=2011-06-15&TargetPrincipal="+owner))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+central+
		".role.L/20261121/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Code>InvalidAction</Code>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestFeatures: neither of the organization's features implies the other.
func TestFeatures(t *testing.T) {
	for _, row := range []struct{ sessions, credentials bool }{{true, false}, {false, true}} {
		p := place.New(t)
		p.RootSessions(row.sessions)
		p.RootCredentialsManagement(row.credentials)
		for task, on := range map[string]bool{"S3UnlockBucketPolicy": row.sessions,
			"IAMAuditRootUserCredentials": row.credentials} {
			_, err := place.Assume(p.As(central, region), owner, task, 60)
			want := "Root sessions feature is not enabled for your AWS Organization."
			if !row.sessions == on {
				want = "Root credentials management feature is not enabled for your AWS Organization."
			}
			if on != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %s: %v", row, task, err)
			}
		}
	}
}

func TestCallerIdentity(t *testing.T) {
	p := place.New(t)
	for key, want := range map[string]string{
		owner: "arn:aws:iam::111122223333:user/admin", owner + ".user.kim": "arn:aws:iam::111122223333:user/kim",
		owner + ".role.A+b=c,d@e_f-g":     "arn:aws:sts::111122223333:assumed-role/A+b=c,d@e_f-g/session",
		owner + ".role.A+b=c,d@e_f-g.h.i": "arn:aws:sts::111122223333:assumed-role/A+b=c,d@e_f-g/h.i",
	} {
		out, err := sts.NewFromConfig(p.As(key, region)).GetCallerIdentity(context.Background(), nil)
		if err != nil || *out.Arn != want || *out.Account != owner {
			t.Errorf("%s: %+v %v", key, out, err)
		}
	}
	out, err := sts.NewFromConfig(p.Root(t, "S3UnlockBucketPolicy")).GetCallerIdentity(context.Background(), nil)
	if err != nil || *out.Arn != "arn:aws:iam::111122223333:root" || *out.UserId != owner {
		t.Errorf("root: %+v %v", out, err)
	}
}
