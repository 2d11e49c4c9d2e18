package front_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner   = place.Owner
	central = place.Central
	region  = place.Region
	lock    = place.Lock
	lockQ   = place.LockQ
)

// TestConditionKeys asks the cloud for each key by a policy that denies where the key is not as it should be: whoever
// gets through carried it.
func TestConditionKeys(t *testing.T) {
	p := place.New(t)
	for _, row := range []struct{ key, callerKey, operator, value string }{
		{"aws:PrincipalArn", owner, "ArnEquals", "arn:aws:iam::111122223333:user/admin"},
		{"aws:PrincipalArn", owner + ".role.Admin", "ArnEquals", "arn:aws:iam::111122223333:role/Admin"},
		{"aws:PrincipalType", owner + ".user.kim", "StringEquals", "User"},
		{"aws:PrincipalType", owner + ".role.Admin", "StringEquals", "AssumedRole"},
		{"aws:username", owner + ".user.kim", "StringEquals", "kim"},
		{"aws:username", owner + ".role.Admin", "Null", "true"},
		{"aws:userid", owner + ".role.Admin", "StringLike", "AROA*:session"},
		{"aws:TokenIssueTime", owner, "Null", "true"},
		{"aws:TokenIssueTime", owner + ".role.Admin", "DateLessThan", "2026-11-21T08:00:00Z"},
		{"aws:MultiFactorAuthPresent", owner, "Null", "true"},
		{"aws:MultiFactorAuthPresent", owner + ".role.Admin", "Bool", "false"},
		{"aws:PrincipalAccount", owner, "StringEquals", owner},
		{"aws:ResourceAccount", owner, "StringEquals", owner},
		{"aws:PrincipalOrgID", owner, "StringEquals", "o-a1b2c3d4e5"},
		{"aws:ResourceOrgID", owner, "StringEquals", "o-a1b2c3d4e5"},
		{"aws:PrincipalOrgPaths", owner, "ForAnyValue:StringLike", "o-a1b2c3d4e5/*"},
		{"aws:SourceIp", owner, "IpAddress", "198.51.99.7/32"},
		{"aws:SourceVpce", owner, "Null", "true"},
		{"aws:SecureTransport", owner, "Bool", "true"},
		{"aws:PrincipalIsAWSService", owner, "Bool", "false"},
		{"aws:ViaAWSService", owner, "Bool", "false"},
		{"aws:CurrentTime", owner, "DateEquals", "2026-11-21T08:00:00Z"},
		{"aws:EpochTime", owner, "DateEquals", "2026-11-21T08:00:00Z"},
		{"aws:RequestedRegion", owner, "StringEquals", region},
		{"aws:UserAgent", owner, "StringLike", "aws-sdk-go-v2/*"},
		{"s3:TlsVersion", owner, "NumericEquals", "1.3"},
		{"s3:authType", owner, "StringEquals", "REST-HEADER"},
		{"s3:signatureversion", owner, "StringEquals", "AWS4-HMAC-SHA256"},
		{"s3:prefix", owner, "Null", "true"},
	} {
		carried := fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:DeleteBucketPolicy",`+
				`"Resource":"arn:aws:s3:::b","Condition":{%q:{%q:%q}}}]}`,
			row.operator, row.key, row.value)
		denied := strings.Replace(carried, "Allow", "Deny", 1)
		for policy, want := range map[string]string{carried: "ok", denied: "AccessDenied"} {
			p.SetPolicy("arn:aws:s3:::b", policy)
			if got := place.Code(place.DeleteBucketPolicy(p.As(row.callerKey, region), "")); got != want {
				t.Errorf("%s: %s, want %s by %s", row.callerKey, got, want, policy)
			}
		}
	}
}

// TestNeverAGuess: what is not settled is no answer, unless it makes no difference.
func TestNeverAGuess(t *testing.T) {
	p := place.New(t)
	unsettled := strings.Replace(lock, `"Resource"`, `"Condition":{"StringEqualz":{"aws:PrincipalArn":"x"}},"Resource"`,
		1)
	p.SetPolicy("arn:aws:s3:::b", unsettled)
	for range 2 { // the second answer is the same
		if w := p.Raw(http.MethodGet, "/b?policy", owner, "s3", ""); w.Code != 501 ||
			!strings.Contains(w.Body.String(), "StringEqualz") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if err := place.DeleteBucketPolicy(p.Root(t, "S3UnlockBucketPolicy"), owner); err != nil {
		t.Errorf("root, by right: %v", err)
	}
	allow := strings.Replace(unsettled, "Deny", "Allow", 1)
	p.SetPolicy("arn:aws:s3:::b", allow)
	if err := place.GetBucketPolicy(p.As(owner, region)); err != nil {
		t.Errorf("an Allow for one who needs none: %v", err)
	}
	if got := place.Code(place.GetBucketPolicy(p.As("222233334444", region))); got != "NotImplemented" {
		t.Errorf("an Allow for one who needs it: %s", got)
	}
}

// TestServiceControlPolicies bind the root sessions of members, and not the management account.
func TestServiceControlPolicies(t *testing.T) {
	p := place.New(t)
	noRoot := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*",
		"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`
	spared := strings.Replace(noRoot, `"ArnLike"`, `"Null":{"aws:AssumedRoot":"true"},"ArnLike"`, 1)
	task := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:AssumeRoot",
		"Resource":"arn:aws:iam::111122223333:root",
		"Condition":{"StringEquals":{"sts:TaskPolicyArn":"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}}}]}`
	session := p.Root(t, "S3UnlockBucketPolicy")
	p.SetSCP(owner, noRoot)
	if err := place.GetBucketPolicy(session); place.Code(err) != "AccessDenied" ||
		!strings.Contains(err.Error(), "with an explicit deny in a service control policy") {
		t.Errorf("root is forbidden: %v", err)
	}
	if got := place.Code(place.GetBucketPolicy(p.As(owner, region))); got != "NoSuchBucketPolicy" {
		t.Errorf("the administrator: %s", got)
	}
	p.SetSCP(owner, spared)
	if got := place.Code(place.GetBucketPolicy(session)); got != "NoSuchBucketPolicy" {
		t.Errorf("long-term root is forbidden: %s", got)
	}
	p.SetSCP(central, task)
	p.SetSCP("000011112222", task)
	for _, row := range []struct{ key, task, want string }{
		{central, "S3UnlockBucketPolicy", "AccessDenied"}, {central, "SQSUnlockQueuePolicy", "ok"},
		{"000011112222", "S3UnlockBucketPolicy", "ok"},
	} {
		if _, err := place.Assume(p.As(row.key, region), owner, row.task, 60); place.Code(err) != row.want {
			t.Errorf("%s for %s: %v", row.key, row.task, err)
		}
	}
}
