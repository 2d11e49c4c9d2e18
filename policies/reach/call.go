package reach

// This file says which calls are asked about, and who makes them.

import (
	"strings"
	"time"
)

// The actions of a rescue and of a sweep
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html).
const (
	OpenRoot     = "sts:AssumeRoot"
	ReadBucket   = "s3:GetBucketPolicy"
	PutBucket    = "s3:PutBucketPolicy"
	DeleteBucket = "s3:DeleteBucketPolicy"
	ListBuckets  = "s3:ListAllMyBuckets"
	ReadQueue    = "sqs:GetQueueAttributes"
	SetQueue     = "sqs:SetQueueAttributes"
	FindQueue    = "sqs:GetQueueUrl"
	ListQueues   = "sqs:ListQueues"
	taskPolicies = ":iam::aws:policy/root-task/"
	BucketTask   = "S3UnlockBucketPolicy"
	QueueTask    = "SQSUnlockQueuePolicy"
)

// Unlocking are the actions that a rescue of the service's resources makes. It never asks for a queue's address
// ([FindQueue]), which follows from the queue's ARN.
func Unlocking(service string) []string {
	if service == "sqs" {
		return []string{ReadQueue, SetQueue}
	}
	return []string{ReadBucket, PutBucket, DeleteBucket}
}

// Listing is the action that lists the service's resources.
func Listing(service string) string {
	if service == "sqs" {
		return ListQueues
	}
	return ListBuckets
}

// Task is the name of the task policy that a session for the service has.
func Task(service string) string {
	if service == "sqs" {
		return QueueTask
	}
	return BucketTask
}

// A World is what is the same for all questions of a day.
type World struct {
	Partition    string // such as aws
	Organization string // o-…
	// From and Until bound the time that answers hold for. A date in a policy that lies between decides nothing.
	From, Until time.Time
	// Caller is the account that opens root sessions, with its chain; Role is the ARN of the role that does, or ""
	// where it is not known. Home is the Region in which it calls STS.
	Caller Account
	Role   string
	Home   string
	// Management is the management account, which neither kind of policy binds.
	Management string
	// SCPs and RCPs say whether that type of policy is in force in the organization at all.
	SCPs, RCPs bool
}

// A call is one question: an action on all resources of one account that it can be about.
type call struct {
	*World
	action   string
	member   Account
	region   string
	task     string     // for OpenRoot
	resource []language // it stands for every text of each of them
}

// service is the action's prefix.
func (c *call) service() string {
	service, _, _ := strings.Cut(c.action, ":")
	return service
}

// opening tells whether the call opens a session. Everything else is done in one.
func (c *call) opening() bool { return c.action == OpenRoot }

// principal is the account of whoever calls.
func (c *call) principal() Account {
	if c.opening() {
		return c.Caller
	}
	return c.member
}

// resources are what the call can be about. Names are any that S3 and SQS have ever taken: buckets from before 2018
// may have capital letters, underscores and 255 characters
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html).
//
// A call that lists is about no resource. Policies write * for it, or an ARN that ends in one; which of them a pattern
// has to match is not documented, so it has to match both.
func (c *call) resources() []language {
	queues := "arn:" + c.Partition + ":sqs:" + c.region + ":" + c.member.Number + ":"
	buckets := "arn:" + c.Partition + ":s3:::"
	switch c.action {
	case OpenRoot:
		return []language{{head: "arn:" + c.Partition + ":iam::" + c.member.Number + ":root"}}
	case ListBuckets:
		return []language{{head: "*"}, {head: buckets + "*"}}
	case ListQueues:
		return []language{{head: "*"}, {head: queues + "*"}}
	case ReadQueue, SetQueue, FindQueue:
		return []language{{head: queues, least: 1, most: 80}}
	}
	return []language{{head: buckets, least: 3, most: 255}}
}
