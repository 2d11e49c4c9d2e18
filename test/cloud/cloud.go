// Package cloud is an AWS in one process: S3, SQS, STS, SNS, DynamoDB, IAM, Organizations and API Gateway's
// front door behind one HTTP handler, with CloudTrail and an EventBridge bus behind them.
//
// It speaks the services' real wire protocols, so that the unmodified SDK and the aws command line work against it by
// endpoint alone. Through package policies it enforces resource policies, the service and resource control policies of
// its organization, and roles' trust and identity policies. It knows root sessions and their task policies, and lists
// in pages as the services do. It can be made to fail, to throttle by rate and burst, and to have Regions that are not
// enabled. Where it cannot know what AWS would do, it answers 501 rather than guess.
//
// Accounts, users and roles come into being when they are first used: accounts as members under the root of the
// organization, users and roles with every permission.
//
// This package only puts the parts together. What all services share is in the package front, and each service is a
// package of its own. To add a service, write a package with a function
//
//	func New(f *front.Front) *State
//
// that registers a [front.Service], and call it in [New]: one line. Where tests should reach the service's state past
// its API, add that state to [Cloud] as the others are.
package cloud

import (
	"time"

	"locksmith/test/cloud/dynamodb"
	"locksmith/test/cloud/events"
	"locksmith/test/cloud/front"
	"locksmith/test/cloud/gateway"
	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/s3"
	"locksmith/test/cloud/signin"
	"locksmith/test/cloud/sns"
	"locksmith/test/cloud/sqs"
	"locksmith/test/cloud/sts"
)

// Config is what differs from one AWS to another.
type Config struct {
	Organization           string
	ManagementAccount      string
	DelegatedAdministrator string // for root access in member accounts
	Now                    func() time.Time
	QueuePropagation       time.Duration // how long GetQueueAttributes shows the old attributes
	// ItemPropagation is how long a read of DynamoDB that does not ask for consistency shows an item as it was.
	ItemPropagation time.Duration
	// EventDelay is how long CloudTrail and EventBridge take to bring an event to a queue; some 20 seconds at AWS.
	EventDelay time.Duration
}

// A Cloud is one AWS. Make it with [New]. What tests do to it past its API is with the service that it concerns.
type Cloud struct {
	*front.Front
	*s3.Buckets
	*sqs.Queues
	*sns.Topics
	*sts.RootAccess
	*dynamodb.Tables
	*events.Bus
	*organizations.Tree
	*iam.Identities
	*signin.Pages
	*gateway.Gateway
	config Config
}

// What tests hold in their hands of the parts.
type (
	// A Call is one call that reached a service.
	Call = front.Call
	// A Fault is how a call fails.
	Fault = front.Fault
	// Mail is one message that a topic took.
	Mail = sns.Mail
)

// New makes an AWS without anything in it. Zero fields of the configuration get their usual values.
func New(c Config) *Cloud {
	f := front.New(front.Config{Organization: c.Organization, ManagementAccount: c.ManagementAccount,
		DelegatedAdministrator: c.DelegatedAdministrator, Now: c.Now})
	filled := f.Config()
	c.Organization, c.ManagementAccount = filled.Organization, filled.ManagementAccount
	c.DelegatedAdministrator, c.Now = filled.DelegatedAdministrator, filled.Now
	tree := organizations.New(f)
	root := sts.New(f, tree)
	queues := sqs.New(f, c.QueuePropagation)
	return &Cloud{
		config:     c,
		Front:      f,
		Tree:       tree,
		Queues:     queues,
		Buckets:    s3.New(f),
		Topics:     sns.New(f, queues),
		RootAccess: root,
		Identities: iam.New(f, tree, root),
		Tables:     dynamodb.New(f, c.ItemPropagation),
		Pages:      signin.New(f),
		Gateway:    gateway.New(f),
		Bus:        events.New(f, queues, c.EventDelay),
	}
}

// Config is the configuration, with its defaults filled in.
func (c *Cloud) Config() Config { return c.config }
