package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"locksmith/lambdas/notice"
	"locksmith/test/pipeline"
)

// tending is how often the schedule of the desk comes; every five minutes in a deployment.
const tending = 10 * time.Second

// A front desk is the desk beside the pipeline, with the sweep that it starts.
type frontDesk struct {
	*pipeline.Desk
	sweep *pipeline.Sweep
	next  time.Time // when the schedule comes
	log   *slog.Logger
}

// openDesk puts the desk on that AWS, behind API Gateway, and the sweep beside it. It makes the report of a preflight,
// so that there is one to look at.
func (g *stage) openDesk(ctx context.Context) (*frontDesk, error) {
	regions := []string{"us-east-1", home, "eu-west-1", "us-west-2"}
	log := slog.New(slog.DiscardHandler)
	sweep, err := g.Pipeline.Sweep(pipeline.SweepOptions{Regions: regions, Keeper: g.Good, Log: log,
		Herald: notice.New(g.Config(), g.Topics)})
	if err != nil {
		return nil, err
	}
	desk, err := g.NewDesk(pipeline.DeskOptions{Sweep: sweep, Regions: regions, Log: log})
	if err != nil {
		return nil, err
	}
	desk.Serve()
	shown, err := g.Pages(g.base, g.cloud)
	if err != nil {
		return nil, err
	}
	g.pages.Store(&shown)
	return &frontDesk{Desk: desk, sweep: sweep, log: log}, desk.Preflight(ctx)
}

// deliver does what is on the queues of the desk and of the sweep, and what the clock asks for. It says how many
// messages there were.
func (d *frontDesk) deliver(ctx context.Context) int {
	if now := time.Now(); now.After(d.next) {
		d.next = now.Add(tending)
		if err := d.Tend(ctx); err != nil {
			d.log.WarnContext(ctx, "not tended", "error", err) // the next one sees to it
		}
	}
	return d.Deliver(ctx) + d.sweep.Deliver(ctx)
}

// welcomeToDesk says how to call the desk.
func (g *stage) welcomeToDesk() string {
	return fmt.Sprintf(`The desk's API is at %[1]s%[2]s, for those whom "desk" in the allow list names. With curl:

  curl --aws-sigv4 aws:amz:%[3]s:execute-api --user %[4]s:%[5]q %[1]s%[2]s/openapi.json

Its pages are at %[1]s%[6]s/?as=%[4]s;
"as" is the access key to look with, by default %[7]s.

`, g.base, pipeline.DeskPath, pipeline.Region, onCall, g.secret, pipeline.PagesPath,
		g.cloud.Config().DelegatedAdministrator)
}

// onCall is the access key of somebody whom the sample allow list's desk names.
const onCall = "999988887777.role.AWSReservedSSO_OnCall_0123456789abcdef.kim@example.com"
