package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os/user"
	"strings"
	"time"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/sweeper"
)

const sweepUsage = `usage: locksmith sweep start  -table TABLE -queue ARN [-accounts NUMBER,…] [-tasks s3,sqs] [-resume] [-json]
       locksmith sweep status -table TABLE [-sweep ID] [-json]
       locksmith sweep stop   -table TABLE [-sweep ID] [-json]

A sweep looks for lockouts that no event told of: in every account of the organization, or in those that are named. It
changes nothing itself. What it finds goes to the pipeline, which unlocks by the allow list as it does for events.
One sweep runs at a time. One that was stopped goes on where it was with start -resume, as long as it is the last.
The commands need the credentials of a person who may read and write the table, and for start send to the queue, in the
account and Region of the central stack.

`

// errUsage says that the arguments are wrong.
var errUsage = errors.New("usage")

// A sweepCommand is what a person asks for.
type sweepCommand struct {
	sweeper.Request
	do, table, queue, sweep string
	resume, json            bool
}

// readSweep reads the arguments after "sweep". The error for -help is [flag.ErrHelp].
func readSweep(args []string, help io.Writer) (c sweepCommand, err error) {
	f := flag.NewFlagSet("sweep", flag.ContinueOnError)
	f.SetOutput(help)
	f.Usage = func() { fmt.Fprint(help, sweepUsage); f.PrintDefaults() }
	f.StringVar(&c.table, "table", "", "`name` of the ledger's table (output LedgerTable of the central stack)")
	f.StringVar(&c.queue, "queue", "", "`ARN` of the sweep's queue (output SweepQueue of the central stack)")
	f.StringVar(&c.sweep, "sweep", "", "`id` of a sweep; the last one by default")
	f.BoolVar(&c.resume, "resume", false, "go on with the last sweep, which was stopped")
	f.BoolVar(&c.json, "json", false, "print JSON")
	accounts := f.String("accounts", "", "`numbers` of the accounts to sweep, with commas; all by default")
	tasks := f.String("tasks", "", "what to look at, with commas: `s3,sqs`; both by default")
	name := "a person"
	if who, err := user.Current(); err == nil {
		name = who.Username
	}
	f.StringVar(&c.By, "by", name, "`name` of who asks, for the record")
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		c.do, args = args[0], args[1:]
	}
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return c, err
	} else if err != nil {
		return c, fmt.Errorf("%w: %w", errUsage, err)
	}
	for a := range strings.SplitSeq(*accounts, ",") {
		if a = strings.TrimSpace(a); a != "" {
			c.Accounts = append(c.Accounts, a)
		}
	}
	for t := range strings.SplitSeq(*tasks, ",") {
		if t = strings.TrimSpace(t); t != "" {
			c.Tasks = append(c.Tasks, sweeper.Task(t))
		}
	}
	return c, c.problem(f.Args())
}

// problem says what is wrong with the arguments.
func (c sweepCommand) problem(rest []string) error {
	named := len(c.Accounts)+len(c.Tasks) > 0
	switch {
	case c.do != "start" && c.do != "status" && c.do != "stop":
		return fmt.Errorf("%w: %q: want start, status or stop (locksmith sweep -help)", errUsage, c.do)
	case len(rest) > 0:
		return fmt.Errorf("%w: %q: no such argument (locksmith sweep -help)", errUsage, rest[0])
	case c.table == "":
		return fmt.Errorf(`%w: -table "": want the name of the ledger's table, the output LedgerTable of the central stack`,
			errUsage)
	case c.do == "start" && !strings.HasPrefix(c.queue, "arn:"):
		return fmt.Errorf(`%w: -queue %q: want the ARN of the sweep's queue, the output SweepQueue of the central stack`,
			errUsage, c.queue)
	case c.do != "start" && (named || c.resume) || c.do == "start" && c.sweep != "":
		return fmt.Errorf("%w: -accounts, -tasks and -resume are for start, -sweep for status and stop", errUsage)
	case c.resume && named:
		return fmt.Errorf("%w: -resume goes on with what was asked for then: want no -accounts and no -tasks", errUsage)
	}
	if err := c.Check(); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

// runSweep is the command "locksmith sweep".
func runSweep(ctx context.Context, args []string, out, help io.Writer) error {
	c, err := readSweep(args, help)
	if err != nil {
		return err
	}
	cfg, err := awsroot.Load(ctx)
	if err != nil {
		return err
	}
	s := &sweeper.Sweeper{Store: sweeps.New(cfg, c.table), Queue: awsroot.NewQueue(cfg), Own: c.queue, Now: time.Now,
		Log: slog.New(slog.DiscardHandler)}
	return c.carryOut(ctx, s, out)
}

// carryOut does what the person asks for, and says what was done.
func (c sweepCommand) carryOut(ctx context.Context, s *sweeper.Sweeper, out io.Writer) error {
	var sweep sweeper.Sweep
	var err error
	said := ""
	switch {
	case c.resume:
		said = "goes on"
		sweep, err = s.Resume(ctx)
	case c.do == "start":
		said = "has begun"
		sweep, err = s.Start(ctx, c.Request)
	case c.do == "stop":
		said = "stops at the end of the pages that are being read; start -resume goes on with it"
		sweep, err = s.Stop(ctx, c.sweep)
	}
	if err != nil {
		return err
	}
	if said != "" && !c.json {
		_, err := fmt.Fprintf(out, "sweep %s %s\n", sweep.ID, said)
		return err
	}
	summary, err := s.Summary(ctx, cmp.Or(sweep.ID, c.sweep))
	if err != nil {
		return err
	}
	if !c.json {
		return summary.Progress().Write(out)
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(summary.Progress())
}
