// Command local runs Locksmith on an AWS in one process: nothing leaves the machine.
//
//	go run ./test/local                      plays the story: what gets locked, is unlocked, and what people are told
//	go run ./test/local -event FILE          plays one CloudTrail event, by itself or in EventBridge's envelope
//	go run ./test/local -sweep [-json]       sweeps an organization with planted lockouts; -json prints the figures alone
//	go run ./test/local -serve 127.0.0.1:4566  keeps that AWS running, for the aws command line or any SDK
//
// -allowlist takes another allow list than the sample, -secret has signatures verified, and -strict gives the pipeline
// a deployment's guards and settling times.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	event := flags.String("event", "", "play the CloudTrail event in this `file`")
	serve := flags.String("serve", "", "keep that AWS running on this `address`, such as 127.0.0.1:4566")
	sweep := flags.Bool("sweep", false, "sweep an organization with planted lockouts")
	asJSON := flags.Bool("json", false, "with -sweep: print the figures, as one line of JSON")
	var o options
	flags.StringVar(&o.list, "allowlist", sample, "take the allow list in this `file`")
	flags.StringVar(&o.secret, "secret", "", "verify signatures: this is everybody's secret access `key`")
	flags.BoolVar(&o.strict, "strict", false, "give the pipeline a deployment's guards and settling times")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage // the flag package has said what is wrong
	}
	several := *event != "" && *serve != "" || *sweep && *event+*serve != ""
	if flags.NArg() > 0 || several || *asJSON && !*sweep {
		fmt.Fprintln(os.Stderr, "local: want no arguments, one of -event, -serve and -sweep, and -json with -sweep alone")
		return errUsage
	}
	s := &screen{w: out, colour: terminal(out), start: time.Now()}
	switch {
	case *event != "":
		return playEvent(ctx, s, o, *event)
	case *sweep:
		return playSweep(ctx, s, *asJSON)
	case *serve != "":
		return keepRunning(ctx, s, o, *serve)
	}
	return playStory(ctx, s, o)
}

// terminal tells whether a person looks at what is written, who has not asked for no colour (https://no-color.org).
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" &&
		os.Getenv("TERM") != "dumb"
}
