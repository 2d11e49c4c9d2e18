package awsroot

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"locksmith/lambdas/remedy"
)

// A bucketSession is root for the policy of one bucket. Every call names the expected owner, so that a bucket of the
// same name that somebody else has made since is never touched
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html). One goroutine uses it.
type bucketSession struct {
	label
	cfg     aws.Config
	client  *s3.Client
	bucket  string
	account string // the owner
}

func newBucketSession(cfg aws.Config, c remedy.Change) *bucketSession {
	return &bucketSession{label: sessionLabel(c), cfg: cfg, client: newS3(cfg), bucket: c.Name(), account: c.Account}
}

// newS3 makes a client that puts the bucket's name in the path where the endpoint is not AWS's own: an IP address has
// no subdomains.
func newS3(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
}

// Policy reads the policy in force. See [remedy.Session].
func (s *bucketSession) Policy(ctx context.Context) (policy string, err error) {
	err = s.do("GetBucketPolicy", func(client *s3.Client) error {
		out, err := client.GetBucketPolicy(ctx,
			&s3.GetBucketPolicyInput{Bucket: &s.bucket, ExpectedBucketOwner: &s.account})
		if err == nil {
			policy = aws.ToString(out.Policy)
		}
		return err
	})
	if err == nil && strings.TrimSpace(policy) == "" {
		err = remedy.ErrGone
	}
	return policy, err
}

// Delete takes the policy off. See [remedy.Session].
func (s *bucketSession) Delete(ctx context.Context) error {
	err := s.do("DeleteBucketPolicy", func(client *s3.Client) error {
		_, err := client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &s.bucket,
			ExpectedBucketOwner: &s.account})
		return err
	})
	if errors.Is(err, remedy.ErrGone) {
		return nil
	}
	return err
}

// Put replaces the policy. See [remedy.Session].
func (s *bucketSession) Put(ctx context.Context, policy string) error {
	return s.do("PutBucketPolicy", func(client *s3.Client) error {
		_, err := client.PutBucketPolicy(ctx,
			&s3.PutBucketPolicyInput{Bucket: &s.bucket, ExpectedBucketOwner: &s.account, Policy: &policy})
		return err
	})
}

// do makes a call, and follows S3 one step to the Region where the bucket really is, for this call and those after it.
// GetBucketLocation, which would tell, is outside the task policy.
func (s *bucketSession) do(call string, send func(*s3.Client) error) error {
	err := send(s.client)
	if region := bucketRegion(err); region != "" && region != s.cfg.Region {
		s.cfg.Region = region
		s.client = newS3(s.cfg)
		err = send(s.client)
	}
	return classify(call, inside, err)
}

var expectedRegion = regexp.MustCompile(`expecting ['"]([a-z0-9-]+)['"]`)

// bucketRegion is the Region to which S3 points with an error, or "". It does so with a redirect, or with the complaint
// that the signature is for the wrong Region (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html:
// PermanentRedirect, AuthorizationHeaderMalformed).
func bucketRegion(err error) (region string) {
	var response *smithyhttp.ResponseError
	var said smithy.APIError
	if !errors.As(err, &response) || !errors.As(err, &said) {
		return ""
	}
	switch {
	case said.ErrorCode() == "AuthorizationHeaderMalformed":
		if m := expectedRegion.FindStringSubmatch(said.ErrorMessage()); m != nil {
			region = m[1]
		}
	case response.HTTPStatusCode() != http.StatusMovedPermanently &&
		response.HTTPStatusCode() != http.StatusTemporaryRedirect:
		return ""
	}
	if named := response.Response.Header.Get("X-Amz-Bucket-Region"); named != "" {
		region = named
	}
	if !regionName.MatchString(region) {
		return ""
	}
	return region
}
