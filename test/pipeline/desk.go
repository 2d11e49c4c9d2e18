package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"locksmith/lambdas/awsroot"
	root "locksmith/lambdas/credentials"
	"locksmith/lambdas/desk/api"
	served "locksmith/lambdas/desk/function"
	"locksmith/lambdas/desk/tasks"
	rows "locksmith/lambdas/ledger/credentials"
	"locksmith/lambdas/ledger/preflights"
	store "locksmith/lambdas/ledger/requests"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/readiness"
	"locksmith/lambdas/requests"
)

// DeskTable is the name of the desk's table.
const DeskTable = "locksmith-desk"

// A Desk is the desk's functions beside the pipeline, as one that serves all parts, with one queue for all tasks.
type Desk struct {
	*requests.Desk
	Function *served.Function
	// Handle takes what comes through API Gateway: the Function's, unless a test puts processes in its place.
	Handle             func(ctx context.Context, event []byte) ([]byte, error)
	Custodian          *root.Custodian
	Store              *store.Dynamo
	Queue, DeadLetters string // ARNs

	pipeline *Pipeline
	reports  *preflights.Store
	check    readiness.Checker
}

// DeskOptions are what differs from one desk to another.
type DeskOptions struct {
	Sweep    *Sweep        // nil: sweeps cannot be started
	Regions  []string      // that the preflight reports on
	AuditAge time.Duration // how old an audit of the organization may be that is listed
	Tries    int           // deliveries before the dead letters; 0 stands for 5
	Log      *slog.Logger
}

// NewDesk puts the desk beside the pipeline. It takes the flow as it is by then.
func (p *Pipeline) NewDesk(o DeskOptions) (*Desk, error) {
	if _, err := p.client.CreateTable(context.Background(), store.Schema(DeskTable)); err != nil {
		return nil, err
	}
	c := p.cloud.Config()
	central := c.DelegatedAdministrator
	d := &Desk{pipeline: p, DeadLetters: p.cloud.CreateQueue(central, Region, "locksmith-desk-dead-letters", nil)}
	redrive := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`, d.DeadLetters, cmp.Or(o.Tries, 5))
	d.Queue = p.cloud.CreateQueue(central, Region, "locksmith-desk", map[string]string{"RedrivePolicy": redrive})
	p.Flow.People = true
	d.Handle = d.handle
	return d, d.Restart(o)
}

// Restart puts another process in the place of the functions: it knows nothing of what the one before did.
func (d *Desk) Restart(o DeskOptions) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p, c := d.pipeline, d.pipeline.cloud.Config()
	cfg := p.config.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(c.DelegatedAdministrator+".role.LocksmithDesk", p.secret,
		"")
	opener, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: c.ManagementAccount, Desk: true,
		Opened: p.Sessions.Opened})
	if err != nil {
		return err
	}
	d.Store = store.New(cfg, DeskTable, p.Flow.Now)
	queues := served.Queues{Sender: awsroot.NewQueue(cfg), ARNs: d.queues()}
	kept := d.custodian(cfg, opener, queues, o.Log)
	flow := *p.Flow
	flow.Root = opener
	work := &tasks.Tasks{Flow: &flow, Finder: opener, Ledger: p.Ledger, Region: Region, Now: flow.Now, Log: o.Log,
		ManagementAccount: c.ManagementAccount, Credentials: &tasks.Credentials{Custodian: d.Custodian, Now: flow.Now}}
	d.Desk = &requests.Desk{Allow: flow.Allow, Accounts: flow.Directory, Store: d.Store, Work: work, Queue: queues,
		Herald: p.publisher(), Now: flow.Now, NewID: requests.NewID, Log: o.Log}
	access := organization.NewAccess(cfg)
	access.Raise(100) // this AWS throttles nobody here
	d.reports = preflights.New(cfg, Table)
	d.check = readiness.Checker{Organization: access, Now: flow.Now,
		Settings: readiness.Settings{Organization: c.Organization, Regions: o.Regions, Home: Region,
			Central: c.DelegatedAdministrator, Horizon: 24 * time.Hour}}
	var sweeps api.Sweeps
	if o.Sweep != nil {
		sweeps = api.Sweeping(o.Sweep.Sweeper)
	}
	surface := api.New(api.Config{Part: api.All, Region: Region, Allow: flow.Allow, Desk: d.Desk, Viewer: work,
		Incidents: work, Sweeps: sweeps, Preflight: d.reports, Credentials: d.Custodian, Rows: kept,
		AuditAge: o.AuditAge, Keys: d.Store, Now: flow.Now, Log: o.Log})
	d.Function = &served.Function{API: surface, WithCaller: api.WithCaller, Desk: d.Desk, Credentials: d.Custodian,
		Queue: awsroot.NewQueue(cfg), Now: flow.Now, Log: o.Log}
	return nil
}

// queues are the queue of each task that acts, and of audits: here they are one.
func (d *Desk) queues() map[requests.Task]string {
	all := map[requests.Task]string{}
	for _, task := range []requests.Task{requests.Unlock, requests.Force, requests.Restore, requests.CreatePassword,
		requests.DeleteCredentials, requests.Audit} {
		all[task] = d.Queue
	}
	return all
}

// custodian makes the part that looks after root's credentials, and what it keeps.
func (d *Desk) custodian(cfg aws.Config, opener *awsroot.Opener, queues served.Queues, log *slog.Logger) api.Rows {
	p := d.pipeline
	kept := rows.New(cfg, DeskTable)
	d.Custodian = &root.Custodian{Root: opener, Store: kept, Accounts: organization.New(cfg), Members: p.Flow.Directory,
		Herald: p.publisher(), Queue: queues,
		Turns:             pace.Rate{Name: "sts:AssumeRoot", PerSecond: 1e6, Burst: 1e6}.Adaptive(),
		ManagementAccount: p.cloud.Config().ManagementAccount, Now: p.Flow.Now, Log: log}
	return kept
}

// Deliver hands up to ten visible messages to the function, and says how many there were.
func (d *Desk) Deliver(ctx context.Context) int {
	return d.pipeline.deliver(ctx, d.Queue, d.Function.Batch, 10)
}

// Environment is what a deployment sets for the function of a part, and what Lambda adds. The allow list is a file.
func (d *Desk) Environment(part, allow string, queues map[string]string) []string {
	p := d.pipeline
	all := append(p.Environment(), "AWS_LAMBDA_FUNCTION_NAME=locksmith-desk-"+part, "LOCKSMITH_ALLOWLIST="+allow,
		"AWS_ACCESS_KEY_ID="+p.cloud.Config().DelegatedAdministrator+".role.LocksmithDesk-"+part,
		"LOCKSMITH_DESK_PART="+part, "LOCKSMITH_DESK_TABLE="+DeskTable)
	for name, arn := range queues {
		all = append(all, "LOCKSMITH_"+name+"_QUEUE="+arn)
	}
	return all
}

// Tend is the schedule's event.
func (d *Desk) Tend(ctx context.Context) error {
	_, err := d.Function.Handle(ctx, []byte(served.Tend))
	return err
}

// Preflight makes a report, and keeps it for the API.
func (d *Desk) Preflight(ctx context.Context) error {
	return d.reports.Keep(ctx, readiness.Kept{Report: d.check.Check(ctx)})
}
