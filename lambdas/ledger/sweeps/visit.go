package sweeps

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// Claim implements [sweeper.Store]. It makes one call.
func (d *Dynamo) Claim(ctx context.Context, v sweeper.Visit, now time.Time) (sweeper.Visit, error) {
	mine := fence()
	begun, err := marshal(v)
	if err != nil {
		return sweeper.Visit{}, err
	}
	out, err := d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &d.table,
		Key: key(visitID(v.Sweep, v.Account, v.Task)), ReturnValues: types.ReturnValueAllNew,
		UpdateExpression: aws.String("SET fence = :fence, #until = :until, kind = :kind, expires = :expires, " +
			"#over = :false, visit = if_not_exists(visit, :visit)"),
		ConditionExpression:      aws.String("attribute_not_exists(id) OR (#over = :false AND #until <= :now)"),
		ExpressionAttributeNames: map[string]string{"#until": "until", "#over": "over"},
		ExpressionAttributeValues: item{":fence": integer(mine), ":until": millis(now.Add(d.Lease)), ":now": millis(now),
			":kind": text("visit"), ":expires": expiry(now, Kept), ":false": yesOrNo(false), ":visit": begun},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	found := item(nil)
	if failed := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &failed) {
		found, err = failed.Item, nil
	} else if err == nil {
		found = out.Attributes
	}
	var it visitItem
	if err == nil {
		err = unmarshal(found, &it)
	}
	if err != nil {
		return sweeper.Visit{}, about("visit to "+v.Account, err)
	}
	if it.Fence != mine && !it.Over {
		return sweeper.Visit{}, busy(v, time.UnixMilli(it.Until))
	}
	it.Visit.Fence = it.Fence
	return it.Visit, nil
}

// Record implements [sweeper.Store]. It makes one call.
func (d *Dynamo) Record(ctx context.Context, v sweeper.Visit, release bool, now time.Time) error {
	until := now.Add(d.Lease)
	if release {
		until = now
	}
	visit, err := marshal(v)
	if err != nil {
		return err
	}
	written, err := d.update(ctx, visitID(v.Sweep, v.Account, v.Task), "SET visit = :visit, #until = :until",
		"fence = :fence AND #over = :false",
		item{":visit": visit, ":until": millis(until), ":fence": integer(v.Fence), ":false": yesOrNo(false)})
	if err == nil && !written {
		return lost(v)
	}
	return err
}

// patience is how often a transaction is tried that others are in the way of: all visits end in the sweep's one item.
const patience = 10

// End implements [sweeper.Store].
func (d *Dynamo) End(ctx context.Context, v sweeper.Visit, c sweeper.Coverage) error {
	it := visitItem{ID: visitID(v.Sweep, v.Account, v.Task), Kind: "visit", Visit: v, Fence: v.Fence, Over: true,
		Expires: v.Ended.Add(Kept).Unix()}
	visit, err := marshalMap(it)
	if err != nil {
		return err
	}
	coverage, err := marshalMap(coverageItem{ID: coverageID(c.Account, c.Task), Kind: "coverage", Coverage: c,
		Expires: v.Ended.Add(coverageKept).Unix()})
	if err != nil {
		return err
	}
	steps := []types.TransactWriteItem{
		{Put: &types.Put{TableName: &d.table, Item: visit,
			ConditionExpression:       aws.String("fence = :fence AND #over = :false"),
			ExpressionAttributeNames:  map[string]string{"#over": "over"},
			ExpressionAttributeValues: item{":fence": integer(v.Fence), ":false": yesOrNo(false)}}},
		{Put: &types.Put{TableName: &d.table, Item: coverage}},
		{Update: d.count(v)},
	}
	for try := range patience {
		_, err = d.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: steps})
		canceled := (*types.TransactionCanceledException)(nil)
		if !errors.As(err, &canceled) {
			break
		}
		if aws.ToString(canceled.CancellationReasons[0].Code) == "ConditionalCheckFailed" {
			return lost(v)
		}
		if err := remedy.Sleep(ctx, time.Duration(1+fence()%(20<<try))*time.Millisecond); err != nil {
			return err
		}
	}
	return about("end of the visit to "+v.Account, err)
}

// count adds a visit to its sweep. ADD makes what is not there.
func (d *Dynamo) count(v sweeper.Visit) *types.Update {
	expression := "SET updated = :now ADD done :one, resources :resources, findings :findings, throttles :throttles"
	values := item{":now": moment(v.Ended), ":one": integer(1), ":resources": integer(int64(v.Totals.Resources)),
		":findings": integer(int64(v.Totals.Findings)), ":throttles": integer(int64(v.Totals.Throttles))}
	for call, n := range v.Totals.Calls {
		expression += ", " + callPrefix + call + " :" + call
		values[":"+call] = integer(int64(n))
	}
	return &types.Update{TableName: &d.table, Key: key(sweepID(v.Sweep)), UpdateExpression: &expression,
		ExpressionAttributeValues: values}
}
