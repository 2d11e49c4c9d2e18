package cloudtrail

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// A place is where a bucket or queue is.
type place struct {
	service, partition, region, account, name string
}

func (p place) arn() string {
	if p.service == "s3" {
		return "arn:" + p.partition + ":s3:::" + p.name
	}
	return strings.Join([]string{"arn", p.partition, p.service, p.region, p.account, p.name}, ":")
}

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	// Buckets made in us-east-1 before 2018 may have upper case and underscores and up to 255 characters
	// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
	bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)
	queueName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}(\.fifo)?$`)
)

func (p place) check() (place, error) {
	name := bucketName
	if p.service == "sqs" {
		name = queueName
	}
	switch {
	case !accountID.MatchString(p.account):
		return p, fmt.Errorf("owner account %q: want twelve digits", p.account)
	case !regionName.MatchString(p.region):
		return p, fmt.Errorf("awsRegion %q: want one such as eu-central-1", p.region)
	case p.partition == "":
		return p, fmt.Errorf("partition of awsRegion %q is not known", p.region)
	case !name.MatchString(p.name):
		return p, fmt.Errorf("%q is no name of an %s resource", p.name, p.service)
	}
	return p, nil
}

// partitionOf knows the partitions by their Regions' names
// (https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html).
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.Contains(region, "-iso") || strings.HasPrefix(region, "eusc-"):
		return "" // isolated and sovereign partitions: nothing is known of root sessions there
	}
	return "aws"
}

// bucketOf finds the bucket of a PutBucketPolicy record: its owner stands in resources, if that is there; only
// principals of the owning account can put a policy, so without it the recipient of the record is the owner.
func bucketOf(r record, p parameters) (place, error) {
	where := place{service: "s3", region: r.Region, partition: partitionOf(r.Region), name: p.text("bucketName"),
		account: cmp.Or(r.RecipientAccountID, r.UserIdentity.AccountID)}
	for _, resource := range r.Resources {
		parts := strings.SplitN(resource.ARN, ":", 6)
		if len(parts) == 6 && parts[2] == "s3" && parts[5] == where.name {
			where.partition, where.account = parts[1], cmp.Or(resource.AccountID, where.account)
		}
	}
	return where.check()
}

// queueOf finds the queue of a SetQueueAttributes record.
func queueOf(r record, p parameters) (place, error) {
	if where, ok := queueInResources(r); ok {
		return where.check()
	}
	return queueAt(r.Region, p.text("queueUrl"))
}

// newQueueOf finds the queue that a CreateQueue record tells of: the URL is in the answer only.
func newQueueOf(r record, p parameters) (place, error) {
	if where, ok := queueInResources(r); ok {
		return where.check()
	}
	var response struct {
		QueueURL string `json:"queueUrl"`
	}
	if json.Unmarshal(r.ResponseElements, &response) == nil && response.QueueURL != "" {
		return queueAt(r.Region, response.QueueURL)
	}
	return place{service: "sqs", region: r.Region, partition: partitionOf(r.Region), name: p.text("queueName"),
		account: cmp.Or(r.RecipientAccountID, r.UserIdentity.AccountID)}.check()
}

func queueInResources(r record) (place, bool) {
	for _, resource := range r.Resources {
		parts := strings.SplitN(resource.ARN, ":", 6)
		if len(parts) == 6 && parts[2] == "sqs" {
			return place{service: "sqs", partition: parts[1], region: parts[3], account: parts[4], name: parts[5]}, true
		}
	}
	return place{}, false
}

// queueAt reads a queue URL. The host has had many forms (sqs.us-east-1.amazonaws.com, us-east-1.queue.amazonaws.com,
// queue.amazonaws.com, …), so account and name come from the path, the Region from the record.
func queueAt(region, address string) (place, error) {
	u, err := url.Parse(address)
	if err != nil {
		return place{}, fmt.Errorf("queue URL %q cannot be read", address)
	}
	account, name, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok {
		return place{}, fmt.Errorf("queue URL %q: want https://HOST/ACCOUNT/NAME", address)
	}
	return place{service: "sqs", region: region, partition: partitionOf(region), account: account, name: name}.check()
}
