// Command desk is the Lambda function behind the desk's API. There is one for each part of the desk, with a role that
// may do what the part needs. It answers requests of API Gateway, runs what its queue brings, and sees to what is open
// when the schedule says so. What people run is the command in ../locksmith.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(context.Background(), log); err != nil {
		log.Error("desk cannot start", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger) error {
	if os.Getenv("LOCKSMITH_DESK_PART") == pagesPart {
		f, err := newPages(os.Getenv, log)
		if err != nil {
			return err
		}
		lambda.Start(f.Handle)
		return nil
	}
	s, err := readSettings(os.Getenv)
	if err != nil {
		return err
	}
	d, err := s.build(ctx, log)
	if err != nil {
		return err
	}
	lambda.Start(d.function().Handle)
	return nil
}
