// Command preflight is the Lambda function that says each day whether a rescue would work in every account. It opens no
// root session. What people run is the command "locksmith preflight" in ../locksmith.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger/preflights"
	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/readiness"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(context.Background(), log); err != nil {
		log.Error("preflight cannot start", "error", err)
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
	publisher := notice.New(cfg, s.topics)
	p := &readiness.Preflight{
		Checker: readiness.Checker{Organization: organization.NewAccess(cfg), Topics: publisher,
			Coverage: sweeps.New(cfg, s.table), Settings: s.Settings, Now: time.Now},
		Store: preflights.New(cfg, s.table), Herald: publisher, Log: log, Report: metrics{os.Stdout}.report,
	}
	lambda.Start(p.Run)
	return nil
}
