// Command watch is the Lambda function that watches root: who uses it beside Locksmith, and what changes for those who
// may. It takes CloudTrail events from its own queue.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/watcher"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(context.Background(), log); err != nil {
		log.Error("watch cannot start", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger) error {
	s, err := readSettings(os.Getenv)
	if err != nil {
		return err
	}
	cfg, err := awsroot.Load(ctx)
	if err != nil {
		return err
	}
	store := sessions.New(cfg, s.table, s.limits, time.Now)
	w := &watcher.Watch{Roles: s.roles, Desk: s.desk, Sessions: store, Book: store, Herald: notice.New(cfg, s.topics),
		Queue: awsroot.NewQueue(cfg), Owners: s.owners, Now: time.Now, Log: log, Report: metrics{os.Stdout}.report}
	lambda.Start(w.Batch)
	return nil
}
