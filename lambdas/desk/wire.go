package main

import (
	"context"
	"log/slog"
	"time"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/credentials"
	"locksmith/lambdas/desk/api"
	"locksmith/lambdas/desk/function"
	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/ledger"
	rows "locksmith/lambdas/ledger/credentials"
	"locksmith/lambdas/ledger/directory"
	"locksmith/lambdas/ledger/good"
	"locksmith/lambdas/ledger/preflights"
	store "locksmith/lambdas/ledger/requests"
	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/lambdas/sweeper"
)

// A desk is what the functions are made of, whatever they serve. To make it calls nothing.
type desk struct {
	settings
	region    string
	log       *slog.Logger
	accounts  *organization.Client
	directory *organization.Directory
	reader    *organization.Reader
	root      *awsroot.Opener
	herald    *notice.Publisher
	incidents *ledger.Dynamo
	past      *good.Store
	requests  *store.Dynamo
	rows      *rows.Dynamo
	sweeps    *sweeps.Dynamo
	reports   *preflights.Store
	queue     *awsroot.Queue
	queues    function.Queues
}

// build makes all of it, by the credentials that the function has.
func (s settings) build(ctx context.Context, log *slog.Logger) (*desk, error) {
	cfg, err := awsroot.Load(ctx)
	if err != nil {
		return nil, err
	}
	noted := sessions.New(cfg, s.ledger, sessions.Defaults(), time.Now)
	root, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: s.management, Desk: true, Opened: noted.Opened})
	if err != nil {
		return nil, err
	}
	d := &desk{settings: s, region: cfg.Region, log: log, root: root, accounts: organization.New(cfg),
		herald: notice.New(cfg, s.topics).Linking(s.pages), incidents: ledger.NewDynamo(cfg, s.ledger, s.limits, time.Now),
		past: good.New(cfg, s.ledger, good.DefaultAge, time.Now), requests: store.New(cfg, s.table, time.Now),
		rows: rows.New(cfg, s.table), sweeps: sweeps.New(cfg, s.ledger), reports: preflights.New(cfg, s.ledger),
		queue: awsroot.NewQueue(cfg)}
	d.accounts.Tags = s.allow.NamesTags()
	d.directory = organization.NewDirectory(d.accounts, directory.New(cfg, s.ledger), time.Now, log)
	d.queues = function.Queues{Sender: d.queue, ARNs: s.queues}
	if s.members != "" {
		d.reader = organization.NewReader(cfg, s.members)
	}
	return d, nil
}

// function is that of the part.
func (d *desk) function() *function.Function {
	custodian := &credentials.Custodian{Root: d.root, Store: d.rows, Accounts: d.accounts, Members: d.directory,
		Herald: d.herald, Queue: d.queues, ManagementAccount: d.management, Now: time.Now, Log: d.log,
		Turns: credentials.Pace(d.perSecond).Share(d.instances).Adaptive()}
	work := d.tasks(custodian)
	front := &requests.Desk{Allow: d.allow, Accounts: d.directory, Store: d.requests, Work: work, Queue: d.queues,
		Herald: d.herald, Now: time.Now, NewID: requests.NewID, Log: d.log}
	sweep := &sweeper.Sweeper{Store: d.sweeps, Queue: d.queue, Own: d.sweep, Now: time.Now, Log: d.log}
	surface := api.New(api.Config{Part: d.part, Region: d.region, Allow: d.allow, Desk: front, Viewer: work,
		Incidents: work, Sweeps: api.Sweeping(sweep), Preflight: d.reports, Credentials: custodian, Rows: d.rows,
		AuditAge: d.auditAge, Keys: d.requests, Now: time.Now, Log: d.log})
	f := &function.Function{API: surface, WithCaller: api.WithCaller, SignedIn: d.signedIn, Queue: d.queue,
		Now: time.Now, Log: d.log}
	if d.part != api.Audit {
		f.Desk = front
	}
	if d.part == api.Audit || d.part == api.All {
		f.Credentials = custodian
	}
	return f
}

// tasks does what requests ask for, by the flow that events take.
func (d *desk) tasks(custodian *credentials.Custodian) *tasks.Tasks {
	flow := &remedy.Flow{Allow: d.allow, Root: d.root, Ledger: d.incidents, Past: d.past, Teller: d.herald,
		Queue: d.queue, Now: time.Now, Wait: remedy.Sleep, LookAgain: remedy.Pauses(), Directory: d.directory, Log: d.log}
	if d.reader != nil {
		flow.Principals = d.reader
	}
	return &tasks.Tasks{Flow: flow, Finder: d.root, Ledger: d.incidents, Region: d.region, Now: time.Now, Log: d.log,
		ManagementAccount: d.management, Credentials: &tasks.Credentials{Custodian: custodian, Now: time.Now}}
}
