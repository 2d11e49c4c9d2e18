package awsroot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// listed is how many buckets, or queues of a Region, a page has at most. SQS gives no more, and stops there without a
// token where nobody says how many
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html).
const listed = 1000

// Visit opens a session that lists and reads. See [sweeper.Opener].
func (o *Opener) Visit(ctx context.Context, sweep, account string, task sweeper.Task) (sweeper.Session, error) {
	switch {
	case !accountID.MatchString(account):
		return nil, refuse(remedy.Unexpected, fmt.Errorf("account %q: want twelve digits", account))
	case !slices.Contains(sweeper.Tasks(), task):
		return nil, refuse(remedy.Unexpected, fmt.Errorf("task %q: want one of %v", task, sweeper.Tasks()))
	case account == o.options.ManagementAccount:
		return nil, refuse(remedy.ManagementAccount, fmt.Errorf("root of account %s cannot be assumed", account))
	}
	partition := partitionOf(o.options.STSRegion)
	once := func(s *sts.Options) { s.RetryMaxAttempts = 1 } // whoever calls waits for a turn before each attempt
	cfg, ends, err := o.assume(ctx, partition, remedy.Opening{Account: account, Task: taskName(string(task)),
		Purpose: "sweep", Event: sweep}, once)
	if err != nil {
		return nil, err
	}
	l := &lister{label: label(fmt.Sprintf("root session in %s to read %s", account, task)), cfg: cfg, account: account,
		partition: partition, task: task, ends: ends, home: o.options.STSRegion}
	return l, nil
}

func refuse(cause remedy.Cause, err error) error { return &remedy.Refusal{Cause: cause, Err: err} }

// partitionOf is the partition that a Region is in (https://docs.aws.amazon.com/whitepapers/latest/
// aws-fault-isolation-boundaries/partitions.html).
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// A lister is root in one account, that lists and reads buckets or queues. It changes nothing.
type lister struct {
	label
	cfg       aws.Config
	account   string
	partition string
	task      sweeper.Task
	ends      time.Time
	home      string // the Region in which buckets are listed

	mu      sync.Mutex
	buckets map[string]*s3.Client // by Region
	queues  map[string]*sqs.Client
}

// Ends implements [sweeper.Session].
func (l *lister) Ends() time.Time { return l.ends }

// List implements [sweeper.Session].
func (l *lister) List(ctx context.Context, region, token string) ([]sweeper.Resource, string, error) {
	if l.task == sweeper.Buckets {
		return l.listBuckets(ctx, token)
	}
	return l.listQueues(ctx, region, token)
}

// listBuckets lists the account's buckets in all Regions: asked for by pages, S3 says of each where it is
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html).
func (l *lister) listBuckets(ctx context.Context, token string) (page []sweeper.Resource, next string, err error) {
	in := &s3.ListBucketsInput{MaxBuckets: aws.Int32(listed)}
	if token != "" {
		in.ContinuationToken = &token
	}
	out, err := l.bucketsIn(l.home).ListBuckets(ctx, in)
	if err != nil {
		return nil, "", classify("ListBuckets", inside, err)
	}
	for _, b := range out.Buckets {
		region := aws.ToString(b.BucketRegion)
		if region == "" {
			region = l.home // S3 points to the right one where it is read
		}
		page = append(page, sweeper.Resource{ARN: "arn:" + l.partition + ":s3:::" + aws.ToString(b.Name), Region: region})
	}
	return page, aws.ToString(out.ContinuationToken), nil
}

func (l *lister) listQueues(ctx context.Context, region, token string) (page []sweeper.Resource, next string,
	err error) {
	if !regionName.MatchString(region) {
		return nil, "", refuse(remedy.Unexpected, fmt.Errorf("region %q: want one such as eu-central-1", region))
	}
	in := &sqs.ListQueuesInput{MaxResults: aws.Int32(listed)}
	if token != "" {
		in.NextToken = &token
	}
	out, err := l.queuesIn(region).ListQueues(ctx, in)
	if err != nil {
		return nil, "", l.elsewhere(region, classify("ListQueues", inside, err))
	}
	for _, url := range out.QueueUrls {
		name := url[strings.LastIndex(url, "/")+1:]
		page = append(page, sweeper.Resource{ARN: strings.Join([]string{"arn", l.partition, "sqs", region, l.account, name},
			":"), Region: region})
	}
	return page, aws.ToString(out.NextToken), nil
}

// unknownHere are the codes with which a Region answers that the account has not enabled: it does not know the
// credentials, which STS has just issued
// (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html).
var unknownHere = []string{"InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken", "OptInRequired"}

// elsewhere tells a Region that the account has not enabled from a session that has run out. Where STS issued the
// session, the same answer means something else.
func (l *lister) elsewhere(region string, err error) error {
	f := (*fault)(nil)
	if region != l.home && errors.As(err, &f) && slices.Contains(unknownHere, f.code) {
		return refuse(remedy.RegionDisabled, f)
	}
	return err
}

// Policy implements [sweeper.Session].
func (l *lister) Policy(ctx context.Context, r sweeper.Resource) (string, error) {
	c := remedy.Change{Resource: r.ARN, Account: l.account, Region: r.Region}
	if err := check(c); err != nil {
		return "", refuse(remedy.Unexpected, err)
	}
	policy, err := "", error(nil)
	if l.task == sweeper.Buckets {
		cfg := l.cfg.Copy()
		cfg.Region = r.Region
		s := bucketSession{label: l.label, cfg: cfg, client: l.bucketsIn(r.Region), bucket: c.Name(), account: l.account}
		policy, err = s.Policy(ctx)
	} else {
		client := l.queuesIn(r.Region)
		policy, err = (&queueSession{label: l.label, client: client, url: queueURL(client, c)}).Policy(ctx)
	}
	if errors.Is(err, remedy.ErrGone) {
		return "", nil
	}
	return policy, err
}

// bucketsIn and queuesIn are the clients of a Region.
func (l *lister) bucketsIn(region string) *s3.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buckets == nil {
		l.buckets = map[string]*s3.Client{}
	}
	if l.buckets[region] == nil {
		cfg := l.cfg.Copy()
		cfg.Region = region
		l.buckets[region] = newS3(cfg)
	}
	return l.buckets[region]
}

func (l *lister) queuesIn(region string) *sqs.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queues == nil {
		l.queues = map[string]*sqs.Client{}
	}
	if l.queues[region] == nil {
		l.queues[region] = sqs.NewFromConfig(l.cfg, func(o *sqs.Options) { o.Region = region })
	}
	return l.queues[region]
}

var _ sweeper.Opener = (*Opener)(nil)
