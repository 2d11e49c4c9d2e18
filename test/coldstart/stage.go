package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"locksmith/test/cloud"
	"locksmith/test/events"
)

// A stage is an AWS with topics in the central account, and in a member account the bucket of which the events tell.
type stage struct {
	cloud         *cloud.Cloud
	server        *http.Server
	base          string // its URL
	alerts, pages string // ARNs
	chat          string
}

const (
	region = "us-east-1" // of the central account's resources
	bucket = "arn:aws:s3:::payroll"
	// lock is the policy of the event 02-s3-deny-all.json.
	lock = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}]}`
)

func open() (*stage, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := cloud.New(cloud.Config{})
	central := c.Config().DelegatedAdministrator
	s := &stage{cloud: c, base: "http://" + listener.Addr().String(), alerts: c.CreateTopic(central, region, "locksmith-alerts"),
		pages: c.CreateTopic(central, region, "locksmith-pages"), chat: c.CreateTopic(central, region, "locksmith-chat")}
	c.PutBucket("111122223333", "eu-central-1", "payroll")
	s.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }() // ends with Close
	return s, nil
}

func (s *stage) close() { _ = s.server.Close() }

// reset puts the lock on the bucket and forgets the calls.
func (s *stage) reset() {
	s.cloud.SetPolicy(bucket, lock)
	s.cloud.ResetCalls()
}

// calls are those since the last reset, in their order.
func (s *stage) calls() []string {
	made := []string{}
	for _, c := range s.cloud.Calls() {
		made = append(made, c.Service+":"+c.Action)
	}
	return made
}

// environment is what a deployment sets and Lambda adds; the SDKs find this AWS by their own variable for endpoints
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
func (s *stage) environment() []string {
	c := s.cloud.Config()
	return []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=en_US.UTF-8", "TZ=:UTC",
		"AWS_LAMBDA_FUNCTION_NAME=locksmith-unlock", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "_HANDLER=bootstrap", "AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
		"AWS_ACCESS_KEY_ID=" + c.DelegatedAdministrator + ".role.LocksmithUnlock", "AWS_SECRET_ACCESS_KEY=any",
		"AWS_ENDPOINT_URL=" + s.base, "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"LOCKSMITH_MODE=act", "LOCKSMITH_TRIES=5", "LOCKSMITH_MANAGEMENT_ACCOUNT=" + c.ManagementAccount,
		"LOCKSMITH_ALERTS_TOPIC=" + s.alerts, "LOCKSMITH_PAGES_TOPIC=" + s.pages, "LOCKSMITH_CHAT_TOPIC=" + s.chat,
	}
}

// A message is one of a batch from the work queue.
type message struct {
	id   string
	body string
	try  int // how often it has been delivered, this time included
}

// eventFrom is a message whose body is a file of test/events.
func eventFrom(file, id string) (message, error) {
	body, err := events.Files.ReadFile(file)
	return message{id, string(body), 1}, err
}

// batch is what Lambda hands a function whose source is a queue
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
func batch(messages ...message) []byte {
	var records []any
	for _, m := range messages {
		records = append(records, map[string]any{
			"messageId": m.id, "receiptHandle": "receipt-of-" + m.id, "body": m.body,
			"attributes": map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.try), "SentTimestamp": "1795248930000",
				"SenderId": "AIDAEXAMPLEEXAMPLE000", "ApproximateFirstReceiveTimestamp": "1795248930001"},
			"messageAttributes": map[string]any{}, "eventSource": "aws:sqs", "awsRegion": region,
			"eventSourceARN": "arn:aws:sqs:us-east-1:999988887777:locksmith-work",
		})
	}
	text, _ := json.Marshal(map[string]any{"Records": records}) // strings always marshal
	return text
}
