package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger/directory"
	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// A Sweep is the sweep's function beside the pipeline, with a queue of its own and dead letters.
type Sweep struct {
	*sweeper.Sweeper
	Queue, DeadLetters string // ARNs
	pipeline           *Pipeline
}

// SweepOptions are what differs from one sweep to another.
type SweepOptions struct {
	Regions []string
	Tries   int // deliveries before the dead letters; 0 stands for 5
	Rate    pace.Rate
	Herald  remedy.Herald
	Keeper  sweeper.Keeper
	Reader  string         // the ARN of the members' role that lists who exists, with * for the account; "" for none
	Lease   time.Duration  // of a visit; 0 stands for that of a deployment
	Client  aws.HTTPClient // of the SDK; nil for its own
	Log     *slog.Logger
	Report  func(sweeper.Report)
}

// Sweep puts the sweep beside the pipeline.
func (p *Pipeline) Sweep(o SweepOptions) (*Sweep, error) {
	c := p.cloud.Config()
	o = o.filled()
	central := c.DelegatedAdministrator
	s := &Sweep{pipeline: p, DeadLetters: p.cloud.CreateQueue(central, Region, "locksmith-sweep-dead-letters", nil)}
	redrive := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`, s.DeadLetters, o.Tries)
	s.Queue = p.cloud.CreateQueue(central, Region, "locksmith-sweep", map[string]string{"RedrivePolicy": redrive})
	return s, s.Restart(o)
}

// filled has the values that stand for those that are left out.
func (o SweepOptions) filled() SweepOptions {
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Rate.PerSecond == 0 {
		o.Rate = pace.Rate{Name: "sts:AssumeRoot", PerSecond: 1e6, Burst: 1e6}
	}
	return o
}

// Restart puts another process in the place of the function: it knows nothing of what the one before did.
func (s *Sweep) Restart(o SweepOptions) error {
	o = o.filled()
	p, c := s.pipeline, s.pipeline.cloud.Config()
	cfg := p.config.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(c.DelegatedAdministrator+".role.LocksmithSweep", p.secret,
		"")
	if o.Client != nil {
		cfg.HTTPClient = o.Client
	}
	root, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: c.ManagementAccount, Duration: 15 * time.Minute,
		Opened: p.Sessions.Opened})
	if err != nil {
		return err
	}
	client, store := organization.New(cfg), sweeps.New(cfg, Table)
	client.Tags = p.Flow.Allow.NamesTags()
	store.Lease = cmp.Or(o.Lease, store.Lease)
	s.Sweeper = &sweeper.Sweeper{Allow: p.Flow.Allow, Accounts: client, Directory: directory.New(cfg, Table), Root: root,
		Store: store, Index: store, Queue: awsroot.NewQueue(cfg), Keeper: o.Keeper, Herald: o.Herald,
		Turns: o.Rate.Adaptive(), Own: s.Queue, Work: p.Queue, Regions: o.Regions, Tries: o.Tries,
		ManagementAccount: c.ManagementAccount, Now: p.Flow.Now, Log: o.Log, Report: o.Report}
	if o.Reader != "" {
		s.Principals, p.Flow.Principals = organization.NewReader(cfg, o.Reader), organization.NewReader(p.config, o.Reader)
	}
	return nil
}

// Environment is what a deployment sets for the sweep's function, and what Lambda adds. The allow list is a file.
func (s *Sweep) Environment(allow string, regions []string) []string {
	return append(s.pipeline.Environment(), "AWS_LAMBDA_FUNCTION_NAME=locksmith-sweep", "LOCKSMITH_ALLOWLIST="+allow,
		"AWS_ACCESS_KEY_ID="+s.pipeline.cloud.Config().DelegatedAdministrator+".role.LocksmithSweep",
		"LOCKSMITH_SWEEP_QUEUE="+s.Queue, "LOCKSMITH_WORK_QUEUE="+s.pipeline.Queue,
		"LOCKSMITH_REGIONS="+strings.Join(regions, ","), "LOCKSMITH_ASSUME_ROOT_RATE=100")
}

// Deliver hands up to five visible messages to the sweep's function, as its event source mapping does. It says how
// many there were.
func (s *Sweep) Deliver(ctx context.Context) int { return s.pipeline.deliver(ctx, s.Queue, s.Batch, 5) }

// Config is the configuration of the function that unlocks.
func (p *Pipeline) Config() aws.Config { return p.config }
