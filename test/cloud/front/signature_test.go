package front_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/test/cloud/place"
)

// services are a call of each service, by the SDK.
func services(p *place.Place) map[string]func(aws.Config) error {
	ctx := context.Background()
	return map[string]func(aws.Config) error{
		"s3":  place.GetBucketPolicy,
		"sqs": p.GetQueue,
		"sts": func(c aws.Config) error {
			_, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, nil)
			return err
		},
		"sns": func(c aws.Config) error {
			_, err := sns.NewFromConfig(c).ListTopics(ctx, nil)
			return err
		},
		"dynamodb": func(c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("none")})
			return err
		},
		"organizations": func(c aws.Config) error {
			_, err := organizations.NewFromConfig(c).DescribeOrganization(ctx, nil)
			return err
		},
	}
}

// bad are the codes for a signature that does not fit, by service.
var bad = map[string]string{"s3": "SignatureDoesNotMatch", "sqs": "InvalidSignatureException",
	"sts": "SignatureDoesNotMatch", "sns": "SignatureDoesNotMatch", "dynamodb": "InvalidSignatureException",
	"organizations": "InvalidSignatureException"}

func with(p *place.Place, key, secret string) aws.Config {
	c := p.As(key, place.Region)
	c.Credentials = credentials.NewStaticCredentialsProvider(key, secret, "")
	return c
}

// TestSignatures: where a secret is everybody's, another is refused, by every service in its own words. Without one any
// secret serves.
func TestSignatures(t *testing.T) {
	p := place.New(t)
	for name, call := range services(p) {
		p.Time = time.Now()
		p.CheckSignatures("")
		without := place.Code(call(with(p, owner, "any")))
		p.CheckSignatures("the secret")
		right, wrong := place.Code(call(with(p, owner, "the secret"))), place.Code(call(with(p, owner, "any")))
		if right != without || wrong != bad[name] {
			t.Errorf("%s: %s with the secret, %s without one, %s with a wrong one", name, right, without, wrong)
		}
	}
}

// TestDates: a request that is dated more than 15 minutes from now is refused, with a secret and without.
func TestDates(t *testing.T) {
	for _, secret := range []string{"", "any"} {
		p := place.New(t)
		p.CheckSignatures(secret)
		for name, call := range services(p) {
			p.Time = time.Now()
			plain := place.Code(call(with(p, owner, "any")))
			for off, far := range map[time.Duration]bool{-14 * time.Minute: false, 14 * time.Minute: false,
				-16 * time.Minute: true, 16 * time.Minute: true} {
				p.Time = time.Now().Add(off)
				want := plain
				if far {
					want = bad[name]
				}
				if far && name == "s3" {
					want = "RequestTimeTooSkewed"
				}
				if got := place.Code(call(with(p, owner, "any"))); got != want {
					t.Errorf("%s, %v away: %s, want %s", name, off, got, want)
				}
			}
		}
	}
}

// TestSessionsHaveTheirOwnSecret: root sessions are issued with one.
func TestSessionsHaveTheirOwnSecret(t *testing.T) {
	p := place.New(t)
	p.Time = time.Now()
	p.SetPolicy("arn:aws:s3:::b", place.Lock)
	p.CheckSignatures("any") // which is what the place signs with
	root := p.Root(t, "S3UnlockBucketPolicy")
	if err := place.GetBucketPolicy(root); err != nil {
		t.Errorf("with its own: %v", err)
	}
	c, err := root.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root.Credentials = credentials.NewStaticCredentialsProvider(c.AccessKeyID, "any", c.SessionToken)
	if got := place.Code(place.GetBucketPolicy(root)); got != "SignatureDoesNotMatch" {
		t.Errorf("with everybody's: %s", got)
	}
}

// TestKeysSayWhoCalls: the access key names the caller.
func TestKeysSayWhoCalls(t *testing.T) {
	p := place.New(t)
	for key, want := range map[string]string{
		"111122223333":                            "arn:aws:iam::111122223333:user/admin",
		"111122223333.user.kim":                   "arn:aws:iam::111122223333:user/kim",
		"111122223333.user.kim.smith@example.com": "arn:aws:iam::111122223333:user/kim.smith@example.com",
		"111122223333.role.Admin":                 "arn:aws:sts::111122223333:assumed-role/Admin/session",
		"111122223333.role.Admin.kim@example.com": "arn:aws:sts::111122223333:assumed-role/Admin/kim@example.com",
		"111122223333.root":                       "arn:aws:iam::111122223333:root",
		"111122223333.role.":                      "InvalidClientTokenId",
		"111122223333.role..kim":                  "InvalidClientTokenId",
		"111122223333.admin":                      "InvalidClientTokenId",
		"1111222233334":                           "InvalidClientTokenId",
		"111122223333.root.kim":                   "InvalidClientTokenId",
	} {
		out, err := sts.NewFromConfig(p.As(key, "us-east-1")).GetCallerIdentity(t.Context(), nil)
		got := place.Code(err)
		if err == nil {
			got = *out.Arn
		}
		if got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// TestRootItself: the root user may see to its own account's policies, whatever they say, and has no session.
func TestRootItself(t *testing.T) {
	p := place.New(t)
	p.SetPolicy("arn:aws:s3:::b", place.Lock)
	for key, want := range map[string]string{owner + ".root": "ok", owner: "AccessDenied",
		central + ".root": "AccessDenied"} {
		if got := place.Code(place.GetBucketPolicy(p.As(key, place.Region))); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	_, err := place.Assume(p.As(central+".root", "us-east-1"), owner, "S3UnlockBucketPolicy", 60)
	if place.Code(err) != "AccessDenied" {
		t.Errorf("root assumes root: %v", err)
	}
}
