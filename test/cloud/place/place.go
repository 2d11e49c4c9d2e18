// Package place is where the tests of the services stand: a cloud that listens, with a bucket and a queue in it. The
// calls that many tests make are here too, each by the real SDK.
package place

import (
	"context"
	"errors"
	"net/http/httptest"
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
	Owner   = "111122223333" // the account of the bucket and the queue
	Central = "999988887777" // the delegated administrator
	Region  = "eu-central-1" // of the bucket and the queue

	// Lock is a policy that locks the bucket, and LockQ one that locks the queue.
	Lock = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}]}`
	LockQ = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}`
)

// A Place is a cloud that listens, with a bucket b and a queue q of the owner's in it.
type Place struct {
	*cloud.Cloud
	URL  string
	Time time.Time // in that cloud
}

// New makes a place for a test.
func New(t testing.TB) *Place { return Of(t, cloud.Config{}) }

// Of makes a place with a cloud of some configuration. The clock is the place's own.
func Of(t testing.TB, c cloud.Config) *Place {
	p := &Place{Time: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	c.Now = func() time.Time { return p.Time }
	p.Cloud = cloud.New(c)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	p.PutBucket(Owner, Region, "b")
	p.CreateQueue(Owner, Region, "q", nil)
	return p
}

// As is what a client of the SDK needs to call as the holder of an access key.
func (p *Place) As(key, region string) aws.Config { return p.with(key, "any", "", region) }

func (p *Place) with(key, secret, token, region string) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(p.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, token)}
}

// Root opens a root session in the owner's account.
func (p *Place) Root(t testing.TB, task string) aws.Config {
	t.Helper()
	out, err := Assume(p.As(Central+".role.Locksmith", "us-east-1"), Owner, task, 300)
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	return p.with(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken, Region)
}

// Raw sends one request as it stands, signed in name only. Headers are names and values in turn.
func (p *Place) Raw(method, url, key, service, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20261121/"+Region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=0")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

// Code is the code of an error from the SDK, ok where there is none.
func Code(err error) string {
	if err == nil {
		return "ok"
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return err.Error()
}

// Assume calls AssumeRoot for a task.
func Assume(cfg aws.Config, target, task string, seconds int32) (*sts.AssumeRootOutput, error) {
	arn := aws.String("arn:aws:iam::aws:policy/root-task/" + task)
	in := &sts.AssumeRootInput{TargetPrincipal: aws.String(target), DurationSeconds: aws.Int32(seconds),
		TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: arn}}
	return sts.NewFromConfig(cfg).AssumeRoot(context.Background(), in)
}

// GetBucketPolicy reads the bucket's policy.
func GetBucketPolicy(cfg aws.Config) error {
	in := &s3.GetBucketPolicyInput{Bucket: aws.String("b")}
	_, err := s3.NewFromConfig(cfg).GetBucketPolicy(context.Background(), in)
	return err
}

// PutBucketPolicy sets the bucket's policy.
func PutBucketPolicy(cfg aws.Config, policy string) error {
	in := &s3.PutBucketPolicyInput{Bucket: aws.String("b"), Policy: aws.String(policy)}
	_, err := s3.NewFromConfig(cfg).PutBucketPolicy(context.Background(), in)
	return err
}

// DeleteBucketPolicy takes the bucket's policy off. The expected owner may be "".
func DeleteBucketPolicy(cfg aws.Config, expectedOwner string) error {
	in := &s3.DeleteBucketPolicyInput{Bucket: aws.String("b")}
	if expectedOwner != "" {
		in.ExpectedBucketOwner = aws.String(expectedOwner)
	}
	_, err := s3.NewFromConfig(cfg).DeleteBucketPolicy(context.Background(), in)
	return err
}

// QueueURL is the queue's.
func (p *Place) QueueURL() *string { return aws.String(p.URL + "/" + Owner + "/q") }

// SetQueue sets the queue's policy.
func (p *Place) SetQueue(cfg aws.Config, policy string) error {
	in := &sqs.SetQueueAttributesInput{QueueUrl: p.QueueURL(), Attributes: map[string]string{"Policy": policy}}
	_, err := sqs.NewFromConfig(cfg).SetQueueAttributes(context.Background(), in)
	return err
}

// GetQueue reads the queue's policy.
func (p *Place) GetQueue(cfg aws.Config) error {
	in := &sqs.GetQueueAttributesInput{QueueUrl: p.QueueURL(), AttributeNames: []sqstypes.QueueAttributeName{"Policy"}}
	_, err := sqs.NewFromConfig(cfg).GetQueueAttributes(context.Background(), in)
	return err
}
