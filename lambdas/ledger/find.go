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

// get reads one item, or nil.
func (d *Dynamo) get(ctx context.Context, id string) (item, error) {
	out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &d.table, Key: key(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// Find implements [remedy.Ledger]. It makes one call, and one for each copy.
func (d *Dynamo) Find(ctx context.Context, event, resource string) (remedy.Entry, error) {
	c := remedy.Change{EventID: event, Resource: resource}
	found, err := d.get(ctx, incidentID(c))
	switch {
	case err != nil:
		return remedy.Entry{}, fmt.Errorf("event %s: %w", event, err)
	case found == nil:
		return remedy.Entry{}, missing(event, resource)
	}
	e, err := entryOf(found)
	if err != nil {
		return e, err
	}
	for _, name := range e.Kept {
		it, err := d.get(ctx, copyID(c, name))
		if err != nil {
			return e, fmt.Errorf("copies of event %s: %w", event, err)
		}
		k, err := copyOf(it)
		if err != nil {
			return e, err
		}
		e.Copies = append(e.Copies, k)
	}
	slices.SortStableFunc(e.Copies, func(a, b remedy.Copy) int { return a.At.Compare(b.At) })
	return e, nil
}

// Seen implements [remedy.Watcher]. It makes one call.
func (d *Dynamo) Seen(ctx context.Context, c remedy.Change) ([]remedy.Act, error) {
	now := d.now()
	out, err := d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &d.table, Key: key(resourceID(c)),
		UpdateExpression:                    aws.String("SET seen = :seen, expires = :expires"),
		ConditionExpression:                 aws.String("attribute_not_exists(seen) OR seen < :seen"),
		ExpressionAttributeValues:           item{":seen": millis(c.Time), ":expires": seconds(now.Add(forgotten))},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	if newer := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &newer) {
		return actsOf(newer.Item), nil
	} else if err != nil {
		return nil, fmt.Errorf("change of %s: %w", c.Resource, err)
	}
	return actsOf(out.Attributes), nil
}

// Page implements [remedy.Watcher]. It makes one call.
func (d *Dynamo) Page(ctx context.Context, account string) (bool, error) {
	now := d.now()
	values := item{":one": integer(1), ":expires": seconds(now.Add(forgotten))}
	in := &dynamodb.UpdateItemInput{TableName: &d.table, Key: key(accountID(account, now)),
		UpdateExpression: aws.String("SET expires = :expires ADD pages :one"), ExpressionAttributeValues: values}
	if d.limits.Pages > 0 {
		in.ConditionExpression = aws.String("attribute_not_exists(pages) OR pages < :limit")
		values[":limit"] = integer(int64(d.limits.Pages))
	}
	_, err := d.client.UpdateItem(ctx, in)
	if spent := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &spent) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("pages of account %s: %w", account, err)
	}
	return true, nil
}

// Waiting implements [remedy.Reminders]. It reads the keys of all that is open, some hundred bytes each.
func (d *Dynamo) Waiting(ctx context.Context) ([]remedy.Waiting, error) {
	var all []remedy.Waiting
	now := d.now()
	pages := dynamodb.NewScanPaginator(d.client, &dynamodb.ScanInput{TableName: &d.table,
		IndexName: aws.String(OpenIndex)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("what is open in table %s: %w", d.table, err)
		}
		for _, it := range page.Items {
			due, err := time.Parse(time.RFC3339Nano, str(it, "due"))
			if err != nil || now.Before(due) {
				continue
			}
			if w, known := waiting(str(it, "id"), str(it, "open"), due); known {
				all = append(all, w)
			}
		}
	}
	return inTurn(all), nil
}

// Digest implements [remedy.Reminders].
func (d *Dynamo) Digest(ctx context.Context, id string) (remedy.Summary, error) {
	found, err := d.get(ctx, id)
	switch {
	case err != nil:
		return remedy.Summary{}, fmt.Errorf("digest %s: %w", id, err)
	case found == nil:
		return remedy.Summary{}, missing(id, "")
	}
	var s remedy.Summary
	if due, err := time.Parse(time.RFC3339Nano, str(found, "due")); err == nil {
		s.From = due.Add(-time.Hour)
	}
	lines, _ := found["briefs"].(*types.AttributeValueMemberL)
	if lines != nil {
		for _, line := range lines.Value {
			var b remedy.Brief
			if err := read(line, &b); err != nil {
				return s, fmt.Errorf("ledger item %q cannot be read: %w", id, err)
			}
			s.Items = append(s.Items, b)
		}
	}
	s.More = int(number(found, "listed")) - len(s.Items)
	return s, nil
}

// Sent implements [remedy.Reminders]. The item stays for those who look into the table, and leaves the index.
func (d *Dynamo) Sent(ctx context.Context, id string) error {
	_, err := d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &d.table, Key: key(id),
		UpdateExpression: aws.String("REMOVE #open"), ExpressionAttributeNames: map[string]string{"#open": "open"}})
	if err != nil {
		return fmt.Errorf("digest %s: %w", id, err)
	}
	return nil
}
