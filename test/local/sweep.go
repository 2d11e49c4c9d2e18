package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
	"locksmith/test/sweep"
)

// organization is how large the organization is that is swept here. The lockouts are for everybody to see; test/sweep
// does the same with a thousand accounts.
func organization() sweep.Size {
	return sweep.Size{Accounts: 110, Buckets: 12, Queues: 4, Planted: 40}
}

// figures are what a sweep ends with, as one line of JSON.
type figures struct {
	Accounts struct {
		Complete int `json:"complete"`
		Partial  int `json:"partial"`
		Refused  int `json:"refused"`
		Skipped  int `json:"skipped"`
	} `json:"accounts"`
	Resources int `json:"resources"`
	Lockouts  struct {
		Found   int `json:"found"`
		Settled int `json:"settled"`
		Told    int `json:"told"`
	} `json:"lockouts"`
	Calls   map[string]int `json:"calls"`
	Seconds float64        `json:"seconds"`
}

// playSweep sweeps an organization with planted lockouts, and has the pipeline settle what is found.
func playSweep(ctx context.Context, s *screen, asJSON bool) error {
	story := s
	if asJSON {
		story = &screen{w: io.Discard, start: s.start} // nothing but the figures goes there
	}
	c, base, stop, err := serveCloud()
	if err != nil {
		return err
	}
	defer stop()
	p, sw, err := sweepingPipeline(c, base)
	if err != nil {
		return err
	}
	size := organization()
	planted := sweep.Make(c, size, 1)
	story.title("An organization of %d accounts, with %d buckets and queues in %d Regions", size.Accounts,
		len(planted.Policies), len(sweep.Regions()))
	story.print(fmt.Sprintf("  %d resources are locked: %d where the allow list covers them, %d where it does not, %d in "+
		"accounts that refuse\n\n", size.Planted, len(planted.Lockouts), len(planted.Spared), len(planted.Hidden)))
	begun := time.Now()
	if _, err := sw.Start(ctx, sweeper.Request{By: "test/local"}); err != nil {
		return err
	}
	if err := watchSweep(ctx, story, sw); err != nil {
		return err
	}
	for ctx.Err() == nil && p.Deliver(ctx) > 0 {
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	sum, err := sw.Summary(ctx, "")
	if err != nil {
		return err
	}
	f := figuresOf(sum.Progress(), p.Incidents(), time.Since(begun))
	if asJSON {
		return json.NewEncoder(s.w).Encode(f)
	}
	return showSweep(s, sum.Progress(), f, c.Inbox(p.Topics.Alerts))
}

// showSweep shows what came of a sweep, and the mail at its end.
func showSweep(s *screen, p sweeper.Progress, f figures, inbox []cloud.Mail) error {
	s.title("What came of it")
	if err := p.Write(s.w); err != nil {
		return err
	}
	s.print(fmt.Sprintf("\nOf %d findings %d are open again, and people were told of %d that the allow list does not "+
		"cover.\n", f.Lockouts.Found, f.Lockouts.Settled, f.Lockouts.Told))
	for _, m := range inbox {
		if strings.Contains(m.Subject, "Sweep") {
			s.box("The mail at its end", "Subject: "+m.Subject+"\n\n"+m.For("email"))
		}
	}
	return nil
}

// serveCloud starts an AWS on a free port.
func serveCloud() (c *cloud.Cloud, base string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", nil, err
	}
	c = cloud.New(cloud.Config{})
	server := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close
	return c, "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}

// sweepingPipeline puts the pipeline and the sweep on it, with the allow list of that organization.
func sweepingPipeline(c *cloud.Cloud, base string) (*pipeline.Pipeline, *pipeline.Sweep, error) {
	list, err := allowlist.Read([]byte(sweep.AllowList))
	if err != nil {
		return nil, nil, err
	}
	log, limits := slog.New(slog.DiscardHandler), ledger.Defaults()
	limits.PerHour, limits.PerAccount = 1000, 100 // so many at once would stop at the breaker
	p, err := pipeline.New(c, base, pipeline.Options{Allow: list, Limits: limits, Log: log, Visibility: 5 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	p.Flow.Instant = true
	s, err := p.Sweep(pipeline.SweepOptions{Regions: sweep.Regions(), Reader: sweep.Reader, Log: log, Keeper: p.Good,
		Herald: notice.New(p.Config(), p.Topics)})
	return p, s, err
}

// watchSweep delivers the sweep's messages until it is over, and shows how far it is: with a bar on a terminal, by some
// lines elsewhere.
func watchSweep(ctx context.Context, s *screen, sw *pipeline.Sweep) error {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil && sw.Deliver(ctx) > 0 {
		}
	}()
	go func() {
		defer close(stopped)
		show := lines(s)
		if terminal(os.Stderr) {
			show = bar(os.Stderr)
		}
		for over := false; !over; {
			select {
			case <-done:
				over = true
			case <-time.After(100 * time.Millisecond):
			}
			if sweep, err := sw.Store.Sweep(ctx, ""); err == nil {
				show(sweep)
			}
		}
	}()
	<-stopped
	return ctx.Err()
}

// bar shows a progress bar.
func bar(w io.Writer) func(sweeper.Sweep) {
	b := progressbar.NewOptions(-1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("  sweeping"),
		progressbar.OptionShowCount(), progressbar.OptionSetItsString("visits"), progressbar.OptionShowIts(),
		progressbar.OptionSetWidth(40), progressbar.OptionClearOnFinish())
	return func(s sweeper.Sweep) {
		if s.Visits == 0 {
			return
		}
		b.ChangeMax(s.Visits)
		_ = b.Set(s.Done) // a terminal that is gone has nobody to be told
		if s.State == sweeper.Over {
			_ = b.Finish()
		}
	}
}

// lines shows a line at each quarter.
func lines(s *screen) func(sweeper.Sweep) {
	quarter := 0
	return func(sweep sweeper.Sweep) {
		if !sweep.Dispatched || sweep.Visits == 0 || sweep.Done*4/sweep.Visits < quarter {
			return
		}
		s.line("sweep", fmt.Sprintf("%d of %d visits, %d resources read, %d findings", sweep.Done, sweep.Visits,
			sweep.Totals.Resources, sweep.Totals.Findings), "", "")
		quarter = sweep.Done*4/sweep.Visits + 1
	}
}

// figuresOf adds up what a sweep did, and what became of what it found.
func figuresOf(p sweeper.Progress, incidents []remedy.Entry, took time.Duration) figures {
	var f figures
	f.Accounts.Complete, f.Accounts.Partial = p.Counts[sweeper.Complete], p.Counts[sweeper.Partial]
	f.Accounts.Refused, f.Accounts.Skipped = p.Counts[sweeper.Refused], p.Counts[sweeper.Skipped]
	f.Resources, f.Calls, f.Lockouts.Found, f.Seconds = p.Resources, p.Calls, p.Findings, took.Seconds()
	for _, e := range incidents {
		switch e.Outcome.Result {
		case remedy.Unlocked, remedy.Repaired, remedy.StoodDown:
			f.Lockouts.Settled++
		default:
			f.Lockouts.Told++
		}
	}
	return f
}
