package front_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/test/cloud/place"
)

// A call is one that root may make, or not.
type call struct {
	name string
	do   func(aws.Config) error
}

func callsOf(p *place.Place) []call {
	return []call{
		{"s3:GetBucketPolicy", place.GetBucketPolicy},
		{"s3:PutBucketPolicy", func(c aws.Config) error { return place.PutBucketPolicy(c, lock) }},
		{"s3:ListAllMyBuckets", func(c aws.Config) error {
			_, err := s3.NewFromConfig(c).ListBuckets(context.Background(), nil)
			return err
		}},
		{"s3:GetBucketLocation", func(c aws.Config) error {
			_, err := s3.NewFromConfig(c).GetBucketLocation(context.Background(),
				&s3.GetBucketLocationInput{Bucket: aws.String("b")})
			return err
		}},
		{"sqs:GetQueueAttributes", p.GetQueue},
		{"sqs:SetQueueAttributes", func(c aws.Config) error { return p.SetQueue(c, lockQ) }},
		{"sqs:RemovePermission", func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).RemovePermission(context.Background(),
				&sqs.RemovePermissionInput{QueueUrl: aws.String(p.URL + "/" + owner + "/q"), Label: aws.String("l")})
			return err
		}},
		{"sqs:SendMessage", func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).SendMessage(context.Background(),
				&sqs.SendMessageInput{QueueUrl: aws.String(p.URL + "/" + owner + "/q"), MessageBody: aws.String("m")})
			return err
		}},
		{"sts:AssumeRoot", func(c aws.Config) error {
			c.Region = "us-east-1"
			_, err := place.Assume(c, owner, "S3UnlockBucketPolicy", 60)
			return err
		}},
	}
}

// TestCeilings: each task policy lets through what AWS publishes, and nothing else.
func TestCeilings(t *testing.T) {
	p := place.New(t)
	p.SetPolicy("arn:aws:s3:::b", lock)
	p.SetPolicy("arn:aws:sqs:eu-central-1:111122223333:q", lockQ)
	allowed := map[string][]string{
		"S3UnlockBucketPolicy":         {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListAllMyBuckets"},
		"SQSUnlockQueuePolicy":         {"sqs:GetQueueAttributes", "sqs:SetQueueAttributes"},
		"IAMAuditRootUserCredentials":  nil,
		"IAMCreateRootUserPassword":    nil,
		"IAMDeleteRootUserCredentials": nil,
	}
	for task, may := range allowed {
		session := p.Root(t, task)
		for _, c := range callsOf(p) {
			want := "AccessDenied"
			if slices.Contains(may, c.name) {
				want = "ok"
			}
			if got := place.Code(c.do(session)); got != want {
				t.Errorf("%s: %s is %s, want %s", task, c.name, got, want)
			}
		}
	}
}

func TestSessionsEndAndStayInTheirAccount(t *testing.T) {
	p := place.New(t)
	p.SetPolicy("arn:aws:s3:::b", lock)
	session := p.Root(t, "S3UnlockBucketPolicy")
	stolen := session.Copy()
	stolen.Credentials = credentials.NewStaticCredentialsProvider(p.Secrets()[0], "any", "another token")
	if got := place.Code(place.GetBucketPolicy(stolen)); got != "InvalidToken" {
		t.Errorf("with another token: %s", got)
	}
	p.PutBucket("222233334444", region, "c")
	_, err := s3.NewFromConfig(session).GetBucketPolicy(context.Background(),
		&s3.GetBucketPolicyInput{Bucket: aws.String("c")})
	if place.Code(err) != "AccessDenied" {
		t.Errorf("another account's bucket: %v", err)
	}
	p.Time = p.Time.Add(5 * time.Minute)
	if got := place.Code(place.GetBucketPolicy(session)); got != "ExpiredToken" {
		t.Errorf("after five minutes: %s", got)
	}
}
