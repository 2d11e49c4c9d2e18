package s3_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"locksmith/test/cloud/place"
)

func TestPoliciesAreEnforced(t *testing.T) {
	p := place.New(t)
	admin, session := p.As(owner, region), p.Root(t, "S3UnlockBucketPolicy")
	for _, step := range []struct {
		what string
		err  func() error
		want string
	}{
		{"no policy yet", func() error { return place.GetBucketPolicy(admin) }, "NoSuchBucketPolicy"},
		{"the administrator locks", func() error { return place.PutBucketPolicy(admin, lock) }, "ok"},
		{"and is out", func() error { return place.GetBucketPolicy(admin) }, "AccessDenied"},
		{"a role too", func() error { return place.PutBucketPolicy(p.As(owner+".role.Admin", region), lock) },
			"AccessDenied"},
		{"another owner expected", func() error { return place.DeleteBucketPolicy(session, "222233334444") },
			"AccessDenied"},
		{"root takes it off", func() error { return place.DeleteBucketPolicy(session, owner) }, "ok"},
		{"and again", func() error { return place.DeleteBucketPolicy(session, owner) }, "ok"},
		{"the administrator is in", func() error { return place.GetBucketPolicy(admin) }, "NoSuchBucketPolicy"},
		{"a stranger", func() error { return place.GetBucketPolicy(p.As("222233334444", region)) }, "AccessDenied"},
		{"the wrong Region", func() error { return place.GetBucketPolicy(p.As(owner, "us-west-2")) },
			"PermanentRedirect"},
		{"no policy at all", func() error { return place.PutBucketPolicy(admin, `{"Statement":`) }, "MalformedPolicy"},
		{"an unknown operator", func() error {
			return place.PutBucketPolicy(admin,
				strings.Replace(lock, `"Resource"`, `"Condition":{"StringEqualz":{"a":"b"}},"Resource"`, 1))
		}, "MalformedPolicy"},
		{"another bucket's", func() error {
			return place.PutBucketPolicy(admin, strings.ReplaceAll(lock, ":::b", ":::z"))
		}, "MalformedPolicy"},
		{"too long", func() error { return place.PutBucketPolicy(admin, lock+strings.Repeat(" ", 20*1024)) },
			"MalformedPolicy"},
		{"a stranger is allowed", func() error {
			return place.PutBucketPolicy(admin, strings.Replace(lock, "Deny", "Allow", 1))
		}, "ok"},
		{"but not to the policy", func() error { return place.GetBucketPolicy(p.As("222233334444", region)) },
			"MethodNotAllowed"},
		{"what the documentation does not settle", func() error {
			return place.PutBucketPolicy(admin,
				strings.Replace(lock, `"Resource"`,
					`"Condition":{"StringEquals":{"aws:PrincipalOrgPaths":"x"}},"Resource"`, 1))
		}, "ok"},
	} {
		if got := place.Code(step.err()); got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
	}
}

// TestUploadKeys: what an upload says in its headers, and a listing in its query, can be asked for.
func TestUploadKeys(t *testing.T) {
	p := place.New(t)
	ctx, client := context.Background(), s3.NewFromConfig(p.As(owner, region))
	p.SetPolicy("arn:aws:s3:::b", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*",
		 "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b",
		 "Condition":{"StringNotLike":{"s3:prefix":"mine/*"}}}]}`)
	put := &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("x")}
	if _, err := client.PutObject(ctx, put); place.Code(err) != "AccessDenied" {
		t.Errorf("not encrypted: %v", err)
	}
	put.ServerSideEncryption = s3types.ServerSideEncryptionAwsKms
	if _, err := client.PutObject(ctx, put); err != nil {
		t.Errorf("encrypted: %v", err)
	}
	if _, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String("b")}); place.Code(err) != "AccessDenied" {
		t.Errorf("all of it: %v", err)
	}
	if _, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String("b"), Prefix: aws.String("mine/x")}); err != nil {
		t.Errorf("one's own: %v", err)
	}
}
