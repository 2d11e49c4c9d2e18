// Command sweep is the Lambda function that looks for lockouts no event told of. It takes the messages of the sweep's
// own queue, and puts what it finds on the work queue. What people run is the command in ../locksmith.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger/directory"
	"locksmith/lambdas/ledger/good"
	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/sweeper"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(context.Background(), log); err != nil {
		log.Error("sweep cannot start", "error", err)
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
	root, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: s.management, Duration: 15 * time.Minute,
		Opened: noted.Opened})
	if err != nil {
		return err
	}
	accounts := organization.New(cfg)
	accounts.Tags = s.allow.NamesTags()
	store := sweeps.New(cfg, s.table)
	sweep := &sweeper.Sweeper{
		Allow: s.allow, Accounts: accounts, Directory: directory.New(cfg, s.table), Root: root,
		Store: store, Index: store, Queue: awsroot.NewQueue(cfg), Herald: notice.New(cfg, s.topics),
		Keeper: good.New(cfg, s.table, s.good, time.Now),
		Turns:  sweeper.Pace(s.perSecond).Share(s.instances).Adaptive(),
		Own:    s.queue, Work: s.work, Regions: s.regions, ManagementAccount: s.management, Tries: s.tries,
		Named: s.named, Now: time.Now, Log: log, Report: metrics{os.Stdout}.report,
	}
	if s.reader != "" {
		sweep.Principals = organization.NewReader(cfg, s.reader)
	}
	lambda.Start(sweep.Batch)
	return nil
}
