package cloud_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/test/cloud"
)

// TestConditionKeys asks the cloud for each key by a policy that denies where the key is not as it should be: whoever gets through carried it.
func TestConditionKeys(t *testing.T) {
	p := newPlace(t)
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
		carried := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:DeleteBucketPolicy","Resource":"arn:aws:s3:::b","Condition":{%q:{%q:%q}}}]}`,
			row.operator, row.key, row.value)
		denied := strings.Replace(carried, "Allow", "Deny", 1)
		for policy, want := range map[string]string{carried: "ok", denied: "AccessDenied"} {
			p.SetPolicy("arn:aws:s3:::b", policy)
			if got := code(deleteBucketPolicy(p.config(row.callerKey, region), "")); got != want {
				t.Errorf("%s: %s, want %s by %s", row.callerKey, got, want, policy)
			}
		}
	}
}

// TestUploadKeys: what an upload says in its headers, and a listing in its query, can be asked for.
func TestUploadKeys(t *testing.T) {
	p := newPlace(t)
	ctx, client := context.Background(), s3.NewFromConfig(p.config(owner, region))
	p.SetPolicy("arn:aws:s3:::b", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringNotLike":{"s3:prefix":"mine/*"}}}]}`)
	put := &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("x")}
	if _, err := client.PutObject(ctx, put); code(err) != "AccessDenied" {
		t.Errorf("not encrypted: %v", err)
	}
	put.ServerSideEncryption = s3types.ServerSideEncryptionAwsKms
	if _, err := client.PutObject(ctx, put); err != nil {
		t.Errorf("encrypted: %v", err)
	}
	if _, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("b")}); code(err) != "AccessDenied" {
		t.Errorf("all of it: %v", err)
	}
	if _, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("b"), Prefix: aws.String("mine/x")}); err != nil {
		t.Errorf("one's own: %v", err)
	}
}

// TestNeverAGuess: what is not settled is no answer, unless it makes no difference.
func TestNeverAGuess(t *testing.T) {
	p := newPlace(t)
	unsettled := strings.Replace(lock, `"Resource"`, `"Condition":{"StringEqualz":{"aws:PrincipalArn":"x"}},"Resource"`, 1)
	p.SetPolicy("arn:aws:s3:::b", unsettled)
	for range 2 { // the second answer is the same
		if w := p.raw(http.MethodGet, "/b?policy", owner, "s3", ""); w.Code != 501 || !strings.Contains(w.Body.String(), "StringEqualz") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if err := deleteBucketPolicy(p.root(t, "S3UnlockBucketPolicy"), owner); err != nil {
		t.Errorf("root, by right: %v", err)
	}
	allow := strings.Replace(unsettled, "Deny", "Allow", 1)
	p.SetPolicy("arn:aws:s3:::b", allow)
	if err := getBucketPolicy(p.config(owner, region)); err != nil {
		t.Errorf("an Allow for one who needs none: %v", err)
	}
	if got := code(getBucketPolicy(p.config("222233334444", region))); got != "NotImplemented" {
		t.Errorf("an Allow for one who needs it: %s", got)
	}
}

// TestServiceControlPolicies bind the root sessions of members, and not the management account.
func TestServiceControlPolicies(t *testing.T) {
	p := newPlace(t)
	noRoot := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`
	spared := strings.Replace(noRoot, `"ArnLike"`, `"Null":{"aws:AssumedRoot":"true"},"ArnLike"`, 1)
	task := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:AssumeRoot","Resource":"arn:aws:iam::111122223333:root",
		"Condition":{"StringEquals":{"sts:TaskPolicyArn":"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}}}]}`
	session := p.root(t, "S3UnlockBucketPolicy")
	p.SetSCP(owner, noRoot)
	if err := getBucketPolicy(session); code(err) != "AccessDenied" || !strings.Contains(err.Error(), "with an explicit deny in a service control policy") {
		t.Errorf("root is forbidden: %v", err)
	}
	if got := code(getBucketPolicy(p.config(owner, region))); got != "NoSuchBucketPolicy" {
		t.Errorf("the administrator: %s", got)
	}
	p.SetSCP(owner, spared)
	if got := code(getBucketPolicy(session)); got != "NoSuchBucketPolicy" {
		t.Errorf("long-term root is forbidden: %s", got)
	}
	p.SetSCP(central, task)
	p.SetSCP("000011112222", task)
	for _, row := range []struct{ key, task, want string }{
		{central, "S3UnlockBucketPolicy", "AccessDenied"}, {central, "SQSUnlockQueuePolicy", "ok"}, {"000011112222", "S3UnlockBucketPolicy", "ok"},
	} {
		if _, err := assume(p.config(row.key, region), owner, row.task, 60); code(err) != row.want {
			t.Errorf("%s for %s: %v", row.key, row.task, err)
		}
	}
}

// TestFeatures: neither of the organization's features implies the other.
func TestFeatures(t *testing.T) {
	for _, row := range []struct{ sessions, credentials bool }{{true, false}, {false, true}} {
		p := newPlace(t)
		p.RootSessions(row.sessions)
		p.RootCredentialsManagement(row.credentials)
		for task, on := range map[string]bool{"S3UnlockBucketPolicy": row.sessions, "IAMAuditRootUserCredentials": row.credentials} {
			_, err := assume(p.config(central, region), owner, task, 60)
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
	p := newPlace(t)
	for key, want := range map[string]string{
		owner: "arn:aws:iam::111122223333:user/admin", owner + ".user.kim": "arn:aws:iam::111122223333:user/kim",
		owner + ".role.A+b=c,d@e_f-g.h": "arn:aws:sts::111122223333:assumed-role/A+b=c,d@e_f-g.h/session",
	} {
		out, err := sts.NewFromConfig(p.config(key, region)).GetCallerIdentity(context.Background(), nil)
		if err != nil || *out.Arn != want || *out.Account != owner {
			t.Errorf("%s: %+v %v", key, out, err)
		}
	}
	out, err := sts.NewFromConfig(p.root(t, "S3UnlockBucketPolicy")).GetCallerIdentity(context.Background(), nil)
	if err != nil || *out.Arn != "arn:aws:iam::111122223333:root" || *out.UserId != owner {
		t.Errorf("root: %+v %v", out, err)
	}
}

// TestFaults: before the work, after it, and with no answer at all.
func TestFaults(t *testing.T) {
	for _, row := range []struct {
		what  string
		fault cloud.Fault
		code  string
		done  bool
	}{
		{"before", cloud.Fault{Code: "SlowDown", Message: "Please reduce your request rate.", Status: 503}, "SlowDown", false},
		{"no status", cloud.Fault{Code: "InternalError"}, "InternalError", false},
		{"after", cloud.Fault{Code: "InternalError", Status: 500, AfterEffect: true}, "InternalError", true},
		{"no answer", cloud.Fault{DropReply: true}, "EOF", true},
	} {
		p := newPlace(t)
		p.Fail(func(c cloud.Call) *cloud.Fault {
			if c.Action == "PutBucketPolicy" && c.N == 1 && c.Resource == "arn:aws:s3:::b" {
				return &row.fault
			}
			return nil
		})
		if got := code(putBucketPolicy(p.config(owner, region), lock)); !strings.HasSuffix(got, row.code) {
			t.Errorf("%s: %s", row.what, got)
		}
		if done := p.Policy("arn:aws:s3:::b") != ""; done != row.done || len(p.Events()) > 0 != row.done {
			t.Errorf("%s: done %t, events %d", row.what, done, len(p.Events()))
		}
		if err := deleteBucketPolicy(p.root(t, "S3UnlockBucketPolicy"), owner); err != nil {
			t.Errorf("%s: another call: %v", row.what, err)
		}
		calls := p.Calls()
		if len(calls) != 3 || calls[1].Action != "AssumeRoot" || calls[1].Resource != "arn:aws:iam::111122223333:root" || calls[2].Caller != "arn:aws:iam::111122223333:root" {
			t.Errorf("%s: calls %+v", row.what, calls)
		}
	}
}

// TestManyAtOnce is for the race detector: changes, reads, receives and a clock that nobody owns.
func TestManyAtOnce(t *testing.T) {
	p := newPlace(t)
	admin, done := p.config(owner, region), make(chan error, 40)
	p.AddRule(cloud.Rule{Queue: "arn:aws:sqs:eu-central-1:111122223333:q", Matches: func([]byte) bool { return true }})
	for i := range 40 {
		go func() {
			switch i % 4 {
			case 0:
				done <- putBucketPolicy(admin, strings.Replace(lock, "s3:*", "s3:PutObject", 1))
			case 1:
				err := getBucketPolicy(admin)
				if code(err) == "NoSuchBucketPolicy" {
					err = nil
				}
				done <- err
			case 2:
				done <- p.getQueue(admin)
			default:
				p.Receive("arn:aws:sqs:eu-central-1:111122223333:q", 10, time.Second)
				done <- nil
			}
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(p.Bodies("arn:aws:sqs:eu-central-1:111122223333:q")); n != 10 {
		t.Errorf("%d events in the queue, want 10", n)
	}
}
