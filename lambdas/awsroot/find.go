package awsroot

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"locksmith/lambdas/remedy"
)

// This file finds what people ask for by its name, in the account that they say owns it. Both ways only read.

// Bucket is the Region of a bucket that the account owns. The account's own list is asked: a bucket of that name may be
// anybody's. Where the account has none, the error is a [remedy.ErrGone]. Event is what the session is opened for.
func (o *Opener) Bucket(ctx context.Context, account, name, event string) (region string, err error) {
	cfg, partition, err := o.search(ctx, account, name, "s3", event)
	if err != nil {
		return "", err
	}
	client := newS3(cfg)
	in := &s3.ListBucketsInput{Prefix: &name, MaxBuckets: aws.Int32(listed)}
	for {
		out, err := client.ListBuckets(ctx, in)
		if err != nil {
			return "", classify("ListBuckets", inside, err)
		}
		for _, b := range out.Buckets {
			if aws.ToString(b.Name) == name {
				return o.regionOf(aws.ToString(b.BucketRegion)), nil
			}
		}
		if in.ContinuationToken = out.ContinuationToken; aws.ToString(out.ContinuationToken) == "" {
			return "", fmt.Errorf("account %s has no bucket %s in partition %s: %w", account, name, partition,
				remedy.ErrGone)
		}
	}
}

// regionOf is a bucket's Region as S3 lists it. Where it says none, S3 points to the right one when the bucket is read.
func (o *Opener) regionOf(listed string) string {
	if regionName.MatchString(listed) {
		return listed
	}
	return o.options.STSRegion
}

// Queue tells whether the account has the queue in the Region. Where it has none, the error is a [remedy.ErrGone]. A
// policy that locks forbids root GetQueueUrl, too; reading the attributes is root's by right. Event is what the session
// is opened for.
func (o *Opener) Queue(ctx context.Context, account, region, name, event string) error {
	if home := o.options.STSRegion; !regionName.MatchString(region) || partitionOf(region) != partitionOf(home) {
		return refuse(remedy.Unexpected, fmt.Errorf("region %q: want one such as %s, of the same partition", region, home))
	}
	cfg, partition, err := o.search(ctx, account, name, "sqs", event)
	if err != nil {
		return err
	}
	cfg.Region = region
	client := sqs.NewFromConfig(cfg)
	_, err = client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err = classify("GetQueueUrl", inside, err); errors.As(err, new(*remedy.Refusal)) {
		url := queueURL(client, remedy.Change{Resource: queueARN(partition, region, account, name), Account: account,
			Region: region})
		_, err = client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url,
			AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
		err = classify("GetQueueAttributes", inside, err)
	}
	if errors.Is(err, remedy.ErrGone) {
		return fmt.Errorf("account %s has no queue %s in Region %s: %w", account, name, region, remedy.ErrGone)
	}
	if err != nil && region != o.options.STSRegion {
		return (&lister{home: o.options.STSRegion}).elsewhere(region, err)
	}
	return err
}

func queueARN(partition, region, account, name string) string {
	return "arn:" + partition + ":sqs:" + region + ":" + account + ":" + name
}

// search opens a session of an account's root that looks for one of its resources.
func (o *Opener) search(ctx context.Context, account, name, service, event string) (cfg aws.Config, partition string,
	err error) {
	switch {
	case !accountID.MatchString(account):
		return cfg, "", refuse(remedy.Unexpected, fmt.Errorf("account %q: want twelve digits", account))
	case !plainName.MatchString(name):
		return cfg, "", refuse(remedy.Unexpected, fmt.Errorf("%q is no name of a bucket or queue", name))
	case account == o.options.ManagementAccount:
		return cfg, "", refuse(remedy.ManagementAccount, fmt.Errorf("root of account %s cannot be assumed", account))
	}
	partition = partitionOf(o.options.STSRegion)
	cfg, _, err = o.assume(ctx, partition, remedy.Opening{Account: account, Task: taskName(service), Purpose: o.purpose(),
		Event: event})
	return cfg, partition, err
}

// purpose is what sessions for one resource are opened for.
func (o *Opener) purpose() string {
	if o.options.Desk {
		return "desk"
	}
	return "unlock"
}
