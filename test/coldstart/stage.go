package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/events"
	"locksmith/test/lambda"
	"locksmith/test/pipeline"
)

// A stage is the pipeline on an AWS, and in a member account the bucket of which the events tell.
type stage struct {
	*pipeline.Pipeline
	cloud  *cloud.Cloud
	server *http.Server
}

const (
	bucket = "arn:aws:s3:::payroll"
	// lock is the policy of the event 02-s3-deny-all.json.
	lock = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*",` +
		`"Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}]}`
)

func open() (*stage, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &stage{cloud: cloud.New(cloud.Config{})}
	s.cloud.PutBucket("111122223333", "eu-central-1", "payroll")
	s.server = &http.Server{Handler: s.cloud, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }() // ends with Close
	s.Pipeline, err = pipeline.New(s.cloud, "http://"+listener.Addr().String(), pipeline.Options{Allow: &allowlist.List{}})
	return s, err
}

func (s *stage) close() { _ = s.server.Close() }

// reset puts the lock on the bucket, empties the ledger, which would know of the event, and forgets the calls.
func (s *stage) reset(ctx context.Context) error {
	s.cloud.SetPolicy(bucket, lock)
	table := aws.String(pipeline.Table)
	known, err := s.Client().Scan(ctx, &dynamodb.ScanInput{TableName: table, ProjectionExpression: aws.String("id")})
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	for _, key := range known.Items {
		if _, err := s.Client().DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key}); err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
	}
	s.cloud.ResetCalls()
	return nil
}

// calls are those since the last reset, in their order.
func (s *stage) calls() []string {
	made := []string{}
	for _, c := range s.cloud.Calls() {
		made = append(made, c.Service+":"+c.Action)
	}
	return made
}

// eventFrom is a message whose body is a file of test/events.
func eventFrom(file, id string) (lambda.Message, error) {
	body, err := events.Files.ReadFile(file)
	return lambda.Message{ID: id, Body: string(body), Try: 1}, err
}
