// Command unlock is the Lambda function that unlocks buckets and queues. It takes CloudTrail events from the work
// queue and leads each to its end. What people run is the command in ../locksmith.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/ledger/directory"
	"locksmith/lambdas/ledger/good"
	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/remedy"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(context.Background(), log); err != nil {
		log.Error("unlock cannot start", "error", err)
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
	noted := sessions.New(cfg, s.table, sessions.Defaults(), time.Now)
	root, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: s.management, Opened: noted.Opened})
	if err != nil {
		return err
	}
	accounts := organization.New(cfg)
	accounts.Tags = s.allow.NamesTags()
	flow := &remedy.Flow{
		Allow: s.allow, Root: root, Ledger: ledger.NewDynamo(cfg, s.table, s.limits, time.Now),
		Past: good.New(cfg, s.table, good.DefaultAge, time.Now), Teller: notice.New(cfg, s.topics).Linking(s.desk),
		Queue: awsroot.NewQueue(cfg), Now: time.Now, Wait: remedy.Sleep, LookAgain: remedy.Pauses(), Tries: s.tries,
		Directory: organization.NewDirectory(accounts, directory.New(cfg, s.table), time.Now, log),
		Observe:   s.observe, People: s.desk.On, Log: log, Report: metrics{os.Stdout, s.heartbeat}.report,
	}
	if s.reader != "" {
		flow.Principals = organization.NewReader(cfg, s.reader)
	}
	lambda.Start(flow.Batch)
	return nil
}
