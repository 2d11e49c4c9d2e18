package sweeps

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// Dynamo keeps sweeps in the ledger's table, beside the incidents. It has these kinds of items:
//
//	sweep#ID                 a sweep, with its counters
//	sweep#last               which sweep is the last one, and what was last told
//	page#ID#NUMBER           a page of the organization, as the sweep dispatched it
//	task#ID#ACCOUNT#TASK     a visit, how far it has come, and who is busy with it (fence, until)
//	coverage#ACCOUNT#TASK    what is known of an account and task from all sweeps
//
// The end of a visit is one transaction of three items, so that it is counted once. The function needs
// dynamodb:GetItem, PutItem and UpdateItem.
type Dynamo struct {
	Lease time.Duration // how long a worker may be busy; it is set before the first call, where it is not [Lease]

	client *dynamodb.Client
	table  string
}

// New makes a store in the table.
func New(cfg aws.Config, table string) *Dynamo {
	return &Dynamo{Lease: Lease, client: dynamodb.NewFromConfig(cfg), table: table}
}

// Begin implements [sweeper.Store].
func (d *Dynamo) Begin(ctx context.Context, s sweeper.Sweep, replaces string) error {
	last, err := d.last(ctx)
	if err != nil {
		return err
	}
	if last.Sweep != replaces {
		return fmt.Errorf("%w: %s", sweeper.ErrRunning, last.Sweep)
	}
	recent := slices.Insert(last.Recent, 0, s.ID)
	recent = recent[:min(len(recent), remembered)]
	put, err := newSweepItem(s).marshal()
	if err != nil {
		return err
	}
	ids, err := marshal(recent)
	if err != nil {
		return err
	}
	values := item{":id": text(s.ID), ":kind": text("lastSweep"), ":recent": ids}
	condition := "attribute_not_exists(sweep)"
	if replaces != "" {
		condition, values[":replaces"] = "sweep = :replaces", text(replaces)
	}
	_, err = d.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: &d.table, Item: put, ConditionExpression: aws.String("attribute_not_exists(id)")}},
		{Update: &types.Update{TableName: &d.table, Key: key(lastID), ConditionExpression: &condition,
			UpdateExpression:          aws.String("SET sweep = :id, kind = :kind, recent = :recent"),
			ExpressionAttributeValues: values}},
	}})
	if canceled := (*types.TransactionCanceledException)(nil); errors.As(err, &canceled) {
		return fmt.Errorf("%w: another one has just begun", sweeper.ErrRunning)
	}
	return about("sweep "+s.ID, err)
}

// Sweep implements [sweeper.Store].
func (d *Dynamo) Sweep(ctx context.Context, id string) (sweeper.Sweep, error) {
	if id == "" {
		last, err := d.last(ctx)
		if err != nil {
			return sweeper.Sweep{}, err
		}
		id = last.Sweep
	}
	var it sweepItem
	there, err := d.get(ctx, sweepID(id), &it)
	if err == nil && (!there || id == "") {
		err = fmt.Errorf("%w: %q", sweeper.ErrNoSweep, id)
	}
	return it.sweep(), err
}

// Sweeps implements [sweeper.Store].
func (d *Dynamo) Sweeps(ctx context.Context, n int) (all []sweeper.Sweep, err error) {
	last, err := d.last(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range last.Recent[:min(n, len(last.Recent))] {
		s, err := d.Sweep(ctx, id)
		if errors.Is(err, sweeper.ErrNoSweep) {
			break // it is not kept any more
		} else if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Turn implements [sweeper.Store].
func (d *Dynamo) Turn(ctx context.Context, id string, from, to sweeper.State, now time.Time) (bool, error) {
	return d.update(ctx, sweepID(id), "SET #state = :to, updated = :now", "#state = :from",
		item{":from": text(string(from)), ":to": text(string(to)), ":now": moment(now)})
}

// Dispatch implements [sweeper.Store].
func (d *Dynamo) Dispatch(ctx context.Context, id string, p sweeper.Page, visits int, now time.Time) error {
	put, err := newPageItem(id, p, now).marshal()
	if err != nil {
		return err
	}
	_, err = d.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: &d.table, Item: put, ConditionExpression: aws.String("attribute_not_exists(id)")}},
		{Update: &types.Update{TableName: &d.table, Key: key(sweepID(id)),
			UpdateExpression: aws.String("SET pages = :next, #token = :token, dispatched = :last, updated = :now " +
				"ADD accounts :accounts, visits :visits"),
			ConditionExpression:      aws.String("pages = :number"),
			ExpressionAttributeNames: map[string]string{"#token": "token"},
			ExpressionAttributeValues: item{":number": integer(int64(p.Number)), ":next": integer(int64(p.Number + 1)),
				":token": text(p.Next), ":last": yesOrNo(p.Last), ":now": moment(now),
				":accounts": integer(int64(len(p.Accounts))), ":visits": integer(int64(visits))}}},
	}})
	if canceled := (*types.TransactionCanceledException)(nil); errors.As(err, &canceled) {
		for _, r := range canceled.CancellationReasons {
			if aws.ToString(r.Code) == "ConditionalCheckFailed" {
				return nil // it is there
			}
		}
	}
	return about(fmt.Sprintf("page %d of sweep %s", p.Number, id), err)
}

// Page implements [sweeper.Store].
func (d *Dynamo) Page(ctx context.Context, id string, number int) (sweeper.Page, error) {
	var it pageItem
	there, err := d.get(ctx, pageID(id, number), &it)
	if err == nil && !there {
		err = fmt.Errorf("sweep %s has no page %d", id, number)
	}
	return it.page(), err
}

// side is how many items are read at the same time.
const side = 16

// gather reads one item for each account and task, in their order.
func gather[T any](ctx context.Context, accounts []string, tasks []sweeper.Task,
	read func(context.Context, string, sweeper.Task) (T, error)) ([]T, error) {
	all, problems := make([]T, len(accounts)*len(tasks)), make([]error, len(accounts)*len(tasks))
	slots, readers := make(chan struct{}, side), sync.WaitGroup{}
	for i := range all {
		readers.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			all[i], problems[i] = read(ctx, accounts[i/len(tasks)], tasks[i%len(tasks)])
		})
	}
	readers.Wait()
	return all, errors.Join(problems...)
}

// Visits implements [sweeper.Store].
func (d *Dynamo) Visits(ctx context.Context, id string, accounts []string, tasks []sweeper.Task) ([]sweeper.Visit,
	error) {
	return gather(ctx, accounts, tasks, func(ctx context.Context, account string, task sweeper.Task) (sweeper.Visit,
		error) {
		var it visitItem
		_, err := d.get(ctx, visitID(id, account, task), &it)
		return it.Visit, err
	})
}

// Coverage implements [sweeper.Store].
func (d *Dynamo) Coverage(ctx context.Context, accounts []string, tasks []sweeper.Task) ([]sweeper.Coverage, error) {
	return gather(ctx, accounts, tasks, func(ctx context.Context, account string, task sweeper.Task) (sweeper.Coverage,
		error) {
		var it coverageItem
		_, err := d.get(ctx, coverageID(account, task), &it)
		return it.Coverage, err
	})
}

// Finish implements [sweeper.Store].
func (d *Dynamo) Finish(ctx context.Context, id string, now time.Time) (bool, error) {
	return d.update(ctx, sweepID(id), "SET telling = :until",
		"#state = :running AND (attribute_not_exists(telling) OR telling <= :now)",
		item{":running": text(string(sweeper.Running)), ":now": millis(now), ":until": millis(now.Add(d.Lease))})
}

// Tell implements [sweeper.Store].
func (d *Dynamo) Tell(ctx context.Context, id string, told []remedy.Channel, over bool, news string,
	now time.Time) error {
	channels, err := marshal(told)
	if err != nil {
		return err
	}
	if !over {
		_, err := d.update(ctx, sweepID(id), "SET told = :told REMOVE telling", "attribute_exists(id)",
			item{":told": channels})
		return err
	}
	_, err = d.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{TableName: &d.table, Key: key(sweepID(id)),
			UpdateExpression:         aws.String("SET told = :told, #state = :over, ended = :now, updated = :now"),
			ExpressionAttributeNames: map[string]string{"#state": "state"},
			ExpressionAttributeValues: item{":told": channels, ":over": text(string(sweeper.Over)),
				":now": moment(now)}}},
		{Update: &types.Update{TableName: &d.table, Key: key(lastID), UpdateExpression: aws.String("SET news = :news"),
			ExpressionAttributeValues: item{":news": text(news)}}},
	}})
	return about("end of sweep "+id, err)
}

// News implements [sweeper.Store].
func (d *Dynamo) News(ctx context.Context) (string, error) {
	last, err := d.last(ctx)
	return last.News, err
}

// fence is a number that nobody else has.
func fence() int64 { return rand.Int64() }

var _ sweeper.Store = (*Dynamo)(nil)
