package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"locksmith/test/lambda"
)

// A question is an event and the calls that answering it takes. Every start has to make just these, so that all do the
// same work.
type question struct {
	Name  string
	File  string // of test/events
	Calls []string
}

func questions() []question {
	return []question{
		// The sample's rules name administrators: then whoever is spared may have corrected a policy that was taken off.
		{"open policy, one call", "04-s3-tls-only.json", []string{"dynamodb:UpdateItem"}},
		{"lockout, thirteen calls", "02-s3-deny-all.json",
			[]string{"dynamodb:TransactWriteItems", "sts:AssumeRoot", "dynamodb:PutItem", "s3:GetBucketPolicy",
				"dynamodb:TransactWriteItems", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy",
				"dynamodb:TransactWriteItems", "dynamodb:GetItem", "sns:Publish", "sns:Publish",
				"dynamodb:TransactWriteItems"}},
	}
}

// A sample is one start.
type sample struct {
	ready     time.Duration // from the start of the process until it asks for work
	answered  time.Duration // from the start of the process until the answer is there
	processor time.Duration // time of it, in the process and the kernel for it
}

// A result is all starts of one function for one question.
type result struct {
	Function lambda.Function
	Question question
	Samples  []sample
}

// measure starts each function for each question, in turn, so that what else this machine does meets all alike. Results
// stand question by question, functions in their order.
func measure(ctx context.Context, s *stage, functions []lambda.Function, rounds int) ([]result, error) {
	var results []result
	for _, q := range questions() {
		for _, f := range functions {
			results = append(results, result{Function: f, Question: q})
		}
	}
	for round := range rounds + 1 {
		for i := range results {
			r := &results[i]
			one, err := startOnce(ctx, s, r.Function, r.Question)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", r.Function.Name, r.Question.Name, err)
			}
			if round > 0 {
				r.Samples = append(r.Samples, one)
			}
		}
	}
	return results, nil
}

// startOnce times one start, and makes sure that the work was done.
func startOnce(ctx context.Context, s *stage, f lambda.Function, q question) (sample, error) {
	m, err := eventFrom(q.File, "m-1")
	if err != nil {
		return sample{}, err
	}
	if err := s.reset(ctx); err != nil {
		return sample{}, err
	}
	p, err := f.Start(s.Environment())
	if err != nil {
		return sample{}, err
	}
	a, err := p.Invoke(ctx, lambda.Batch(m))
	p.Kill()
	if err != nil {
		return sample{}, err
	}
	failed, err := a.Failures()
	if made := s.calls(); err != nil || len(failed) > 0 || !slices.Equal(made, q.Calls) {
		return sample{}, fmt.Errorf("answer %s, calls %v: want no failures, calls %v\n%s", a.Body, made, q.Calls,
			p.Said())
	}
	state := p.State()
	return sample{p.Ready(), p.Since(a.At), state.UserTime() + state.SystemTime()}, nil
}
