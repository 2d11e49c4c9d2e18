// Package cloud is an AWS in one process: S3, SQS, STS, SNS and DynamoDB behind one HTTP handler, with CloudTrail and an EventBridge bus behind them.
//
// It speaks the services' real wire protocols, so that the unmodified SDK and the aws command line work against it by endpoint alone. It enforces resource
// policies through package policies, knows root sessions and their task policies, and can be made to fail. Where it cannot know what AWS would
// do, it answers 501 rather than guess.
package cloud

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config is what differs from one AWS to another.
type Config struct {
	Organization           string
	ManagementAccount      string
	DelegatedAdministrator string // for root access in member accounts
	Now                    func() time.Time
	QueuePropagation       time.Duration // how long GetQueueAttributes shows the old attributes
	ItemPropagation        time.Duration // how long a read of DynamoDB that does not ask for consistency shows an item as it was
	EventDelay             time.Duration // how long CloudTrail and EventBridge take to bring an event to a queue; some 20 seconds at AWS
}

// A Cloud is one AWS. Make it with [New].
type Cloud struct {
	config Config

	mu       sync.Mutex
	buckets  map[string]*bucket
	queues   map[string]*queue // by ARN
	topics   map[string]*topic // by ARN
	tables   map[string]*table // by ARN
	done     map[string]done   // DynamoDB transactions, by account, Region and token,
	tokens   []done            // and by time
	sessions map[string]*session
	scps     map[string]string // by account
	disabled map[string]bool   // account and Region: STS is off there
	off      map[string]bool   // the features for root access that are off, by the words STS has for them
	rules    []Rule
	events   [][]byte
	calls    []Call
	counts   map[string]int
	fail     func(Call) *Fault
	observe  func(Call)
}

// New makes an AWS without anything in it. Zero fields of the configuration get their usual values.
func New(c Config) *Cloud {
	defaults := Config{Organization: "o-a1b2c3d4e5", ManagementAccount: "000011112222", DelegatedAdministrator: "999988887777", Now: time.Now}
	if c.Organization == "" {
		c.Organization = defaults.Organization
	}
	if c.ManagementAccount == "" {
		c.ManagementAccount = defaults.ManagementAccount
	}
	if c.DelegatedAdministrator == "" {
		c.DelegatedAdministrator = defaults.DelegatedAdministrator
	}
	if c.Now == nil {
		c.Now = defaults.Now
	}
	return &Cloud{config: c, buckets: map[string]*bucket{}, queues: map[string]*queue{}, topics: map[string]*topic{},
		tables: map[string]*table{}, done: map[string]done{}, sessions: map[string]*session{},
		scps: map[string]string{}, disabled: map[string]bool{}, off: map[string]bool{}, counts: map[string]int{}}
}

// Config is the configuration, with its defaults filled in.
func (c *Cloud) Config() Config { return c.config }

// ServeHTTP finds the service by the credential scope of the signature, and the service's own way of naming its actions.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, scope, err := c.authenticate(r)
	call := &request{Request: r, cloud: c, caller: who, region: scope.region, service: scope.service, id: randomID(16), w: w}
	if err != nil {
		call.reject(err)
		return
	}
	switch scope.service {
	case "s3":
		call.serveS3()
	case "sqs":
		call.serveSQS()
	case "sts":
		call.serveQuery(stsActions, "https://sts.amazonaws.com/doc/2011-06-15/")
	case "sns":
		call.serveQuery(snsActions, "http://sns.amazonaws.com/doc/2010-03-31/")
	case "dynamodb":
		call.serveDynamoDB()
	default:
		call.reject(&apiError{Code: "UnknownService", Message: "this AWS has no service " + scope.service, Status: http.StatusNotImplemented})
	}
}

// randomID makes an id of n bytes in hexadecimal.
func randomID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return hex.EncodeToString(b)
}

func upper(n int) string { return strings.ToUpper(randomID((n + 1) / 2))[:n] }
