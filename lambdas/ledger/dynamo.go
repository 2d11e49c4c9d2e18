package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// Dynamo is a ledger in a DynamoDB table whose partition key is the string "id". It has these kinds of items:
//
//	incident#EVENT#RESOURCE    an [remedy.Entry], as attributes that a person can read
//	copy#EVENT#RESOURCE#HASH   a policy that was or may have been taken off, written once
//	resource#RESOURCE          who is busy with it (fence, until), when we changed it (acts), when somebody else did
//	                           (seen), and the last notice
//	latest#RESOURCE            the last incident of a policy of the resource, and when a sweep looked if it is a finding
//	flap#RESOURCE#DAY          the flap guard's counter of unlocks
//	breaker#HOUR               the breaker's counters of unlocks and accounts
//	account#ACCOUNT#HOUR       what the account has had: unlocks, stand-downs, pages
//	digest#ACCOUNT#HOUR        what is to be told of the account beyond its pages
//
// Each claim and each record is one transaction with its conditions, so that repeated and concurrent deliveries
// converge: a claim enters the incident and takes the lease, a save keeps the copy and takes the tokens, or neither
// does any of it. The SDK tries a transaction again with the same token, so that one whose reply was lost is not done
// twice (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html).
// Where the SDK gives up on one that had taken effect, the lease runs out, and the next try finds what was written.
//
// The index [OpenIndex] holds what is to be looked at again: items with "open", their account, and "due". Items that
// may be removed carry their time in "expires", the table's TTL attribute. Counters, and resources with nothing new,
// stay two days. Closed incidents that saved no policy stay for the retention. The function needs
// dynamodb:GetItem, PutItem, UpdateItem and ConditionCheckItem, and Scan of the index. [Dynamo.List] needs Query of the
// index [KindIndex], and [Dynamo.Incidents] Scan of the table.
type Dynamo struct {
	client *dynamodb.Client
	table  string
	limits Limits
	now    func() time.Time
}

// NewDynamo makes a ledger in the table that reads the time from now.
func NewDynamo(cfg aws.Config, table string, limits Limits, now func() time.Time) *Dynamo {
	return &Dynamo{client: dynamodb.NewFromConfig(cfg), table: table, limits: limits, now: now}
}

// OpenIndex is the table's index of what is open: its partition key is the string "open", its sort key the string
// "due", and it holds nothing but keys.
const OpenIndex = "open"

// Claim implements [remedy.Ledger]. It makes one call, unless the entry is there already, the resource was changed a
// short time ago, or transactions collide.
func (d *Dynamo) Claim(ctx context.Context, i remedy.Incident) (remedy.Entry, error) {
	c := newClaim(i, d.now())
	for try := range tries {
		steps := d.claim(c)
		reasons, err := d.transact(ctx, steps)
		if err == nil {
			return c.entry, nil
		}
		if len(reasons) != len(steps) {
			return remedy.Entry{}, fmt.Errorf("claim of event %s: %w", i.Change.EventID, err)
		}
		learned, err := c.learn(d.limits, steps, reasons)
		if err != nil {
			return remedy.Entry{}, err
		}
		if c.closed() {
			return c.entry, nil
		}
		if learned {
			continue
		}
		if err := collided(ctx, try); err != nil {
			return remedy.Entry{}, err
		}
	}
	return remedy.Entry{}, fmt.Errorf("claim of event %s: other writes were in its way %d times", i.Change.EventID,
		tries)
}

// Record implements [remedy.Ledger]. It makes one call, unless it has to learn something (a copy is kept
// already, an unlock that is given back was not its account's only one), or transactions collide.
func (d *Dynamo) Record(ctx context.Context, e remedy.Entry) error {
	w := newWriting(e, d.now())
	for try := range tries {
		steps := d.record(w)
		reasons, err := d.transact(ctx, steps)
		switch {
		case err == nil:
			return nil
		case len(reasons) != len(steps):
			return fmt.Errorf("record of event %s: %w", e.Change.EventID, err)
		}
		learned, err := w.learn(d.limits, steps, reasons)
		if err != nil {
			return err
		}
		if learned {
			continue
		}
		if err := collided(ctx, try); err != nil {
			return err
		}
	}
	return fmt.Errorf("record of event %s: other writes were in its way %d times", e.Change.EventID, tries)
}

// LastTold implements [remedy.Ledger].
func (d *Dynamo) LastTold(ctx context.Context, resource string) (remedy.Telling, error) {
	out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &d.table, Key: key(resourceID(remedy.Change{Resource: resource})), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return remedy.Telling{}, fmt.Errorf("last notice about %s: %w", resource, err)
	}
	return tellingOf(out.Item)
}

// Incidents are all incidents, the oldest first. It reads the whole table, so it is for people and tests. Items that
// cannot be read are in the error, and do not hide the others.
func (d *Dynamo) Incidents(ctx context.Context) ([]remedy.Entry, error) {
	var all []remedy.Entry
	var spoiled []error
	pages := dynamodb.NewScanPaginator(d.client, &dynamodb.ScanInput{
		TableName: &d.table, ConsistentRead: aws.Bool(true),
		FilterExpression: aws.String("kind = :kind"), ExpressionAttributeValues: item{":kind": text("incident")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, errors.Join(append(spoiled, fmt.Errorf("incidents in table %s: %w", d.table, err))...)
		}
		for _, found := range page.Items {
			e, err := entryOf(found)
			if err != nil {
				spoiled = append(spoiled, err)
				continue
			}
			all = append(all, e)
		}
	}
	slices.SortFunc(all, byAge)
	return all, errors.Join(spoiled...)
}

// transact does all steps or none. Where the transaction was cancelled, there is one reason for each step.
func (d *Dynamo) transact(ctx context.Context, steps []step) ([]types.CancellationReason, error) {
	var writes []types.TransactWriteItem
	for _, s := range steps {
		writes = append(writes, s.write)
	}
	_, err := d.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	canceled := (*types.TransactionCanceledException)(nil)
	if errors.As(err, &canceled) {
		return canceled.CancellationReasons, err
	}
	return nil, err
}
