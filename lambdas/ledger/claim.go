package ledger

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// claims is how often a transaction is tried anew with what the last one has taught: that there is an entry, that there is no token, or that another transaction was in the way.
const claims = 6

// A claim is what one transaction is to write, as far as is known before it.
type claim struct {
	acts  bool
	entry remedy.Entry
	known bool  // the entry is in the ledger,
	fence int64 // with this fence
	takes bool  // the tokens are still to be taken
	acted bool  // the resource may have been changed by us only now, and that is known
	now   time.Time
}

func newClaim(i remedy.Incident, now time.Time) *claim {
	e := remedy.Entry{Incident: i, State: remedy.Claimed, At: now, Token: i.Acts, TokenAt: now, Fence: rand.Int64()}
	return &claim{acts: i.Acts, entry: e, takes: i.Acts, now: now}
}

// learn takes what there is to know from a transaction that was cancelled. An entry that turns out to be closed ends the claim.
func (c *claim) learn(l Limits, steps []step, reasons []types.CancellationReason) (learned bool, err error) {
	for i, r := range reasons {
		if !refused(r) {
			continue
		}
		learned = true
		switch steps[i].of {
		case theIncident:
			return true, c.join(r.Item)
		case theResource:
			if until := time.UnixMilli(number(r.Item, "until")); c.now.Before(until) || c.acted {
				return true, busy(c.entry.Change.Resource, until)
			}
			c.acted, c.entry.Settles = true, time.UnixMilli(number(r.Item, "acted")).Add(remedy.Settling)
		case theFlapGuard:
			c.hold(l.flapping())
		case theBreaker:
			c.hold(l.broken(int(number(r.Item, "unlocks"))))
		}
	}
	return learned, nil
}

// join goes on with the entry that is there.
func (c *claim) join(found item) error {
	e, err := entryOf(found)
	if err != nil {
		return err
	}
	c.known, c.fence = true, e.Fence
	if e.State == remedy.Closed {
		c.entry = e
		return nil
	}
	e.Fence, e.Settles = c.entry.Fence, c.entry.Settles
	if c.takes = c.acts && !e.Token; c.takes {
		e.Acts, e.Token, e.TokenAt, e.Held = true, true, c.now, ""
	}
	c.entry = e
	return nil
}

// hold gives up on the tokens: the first guard to say no is named.
func (c *claim) hold(why string) {
	if c.takes {
		c.takes, c.entry.Token, c.entry.Held = false, false, why
	}
}

// A step is one write of a transaction.
type step struct {
	of    subject
	write types.TransactWriteItem
}

type subject int

const (
	theIncident subject = iota
	theResource
	theFlapGuard
	theBreaker
)

// enter writes the incident: a new one only where there is none, a known one only as it was found.
func (d *Dynamo) enter(c *claim) step {
	put := &types.Put{TableName: &d.table, Item: d.itemOf(c.entry, c.now), ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	switch {
	case !c.known:
		put.ConditionExpression = aws.String("attribute_not_exists(id)")
	case c.entry.Returns: // a token is given back once
		put.ConditionExpression, put.ExpressionAttributeNames = aws.String("fence = :fence AND #token = :yes"), map[string]string{"#token": "token"}
		put.ExpressionAttributeValues = item{":fence": integer(c.fence), ":yes": &types.AttributeValueMemberBOOL{Value: true}}
	default:
		put.ConditionExpression = aws.String("fence = :fence")
		put.ExpressionAttributeValues = item{":fence": integer(c.fence)}
	}
	return step{theIncident, types.TransactWriteItem{Put: put}}
}

// lease takes the resource, if nobody is busy with it. A change by us that may not show yet is learned of by a refusal, so that the usual claim needs no reading first.
func (d *Dynamo) lease(c *claim) step {
	until := c.now.Add(d.limits.Lease)
	values := item{":fence": integer(c.entry.Fence), ":until": millis(until), ":now": millis(c.now), ":expires": seconds(c.now.Add(forgotten))}
	condition := "(attribute_not_exists(#until) OR #until <= :now)"
	if !c.acted {
		condition += " AND (attribute_not_exists(acted) OR acted <= :settled)"
		values[":settled"] = millis(c.now.Add(-remedy.Settling))
	}
	return d.update(theResource, resourceID(c.entry.Change.Resource), "SET fence = :fence, #until = :until, expires = :expires", condition, map[string]string{"#until": "until"}, values)
}

// flap takes a token of the flap guard.
func (d *Dynamo) flap(c *claim) step {
	return d.update(theFlapGuard, flapID(c.entry.Change.Resource, c.now), "SET expires = :expires ADD unlocks :one", "attribute_not_exists(unlocks) OR unlocks < :limit", nil,
		item{":one": integer(1), ":limit": integer(int64(d.limits.PerResource)), ":expires": seconds(c.now.Add(forgotten))})
}

// breaker takes a token of the breaker, by number and by accounts.
func (d *Dynamo) breaker(c *claim) step {
	condition := "attribute_not_exists(unlocks)"
	values := item{":one": integer(1), ":account": set(c.entry.Change.Account), ":expires": seconds(c.now.Add(forgotten))}
	switch l := d.limits; {
	case l.PerHour > 0 && l.AccountsPerHour > 0:
		condition += " OR (unlocks < :limit AND (contains(accounts, :this) OR size(accounts) < :accounts))"
	case l.PerHour > 0:
		condition += " OR unlocks < :limit"
	default:
		condition += " OR contains(accounts, :this) OR size(accounts) < :accounts"
	}
	if d.limits.PerHour > 0 {
		values[":limit"] = integer(int64(d.limits.PerHour))
	}
	if d.limits.AccountsPerHour > 0 {
		values[":this"], values[":accounts"] = text(c.entry.Change.Account), integer(int64(d.limits.AccountsPerHour))
	}
	return d.update(theBreaker, breakerID(c.now), "SET expires = :expires ADD unlocks :one, accounts :account", condition, nil, values)
}

// record is the transaction that writes an entry for as long as its lease is ours.
func (d *Dynamo) record(e remedy.Entry) []step {
	c := &claim{entry: e, known: true, fence: e.Fence, now: d.now()}
	steps := []step{d.enter(c), d.keep(c)}
	if e.Release || e.State == remedy.Closed {
		steps[1] = d.free(c)
	}
	if !e.Returns {
		return steps
	}
	if d.limits.PerResource > 0 {
		steps = append(steps, d.giveBack(theFlapGuard, flapID(e.Change.Resource, e.TokenAt), c))
	}
	if d.limits.PerHour > 0 || d.limits.AccountsPerHour > 0 {
		steps = append(steps, d.giveBack(theBreaker, breakerID(e.TokenAt), c))
	}
	return steps
}

// keep only looks whether the lease is ours.
func (d *Dynamo) keep(c *claim) step {
	return step{theResource, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &d.table, Key: key(resourceID(c.entry.Change.Resource)),
		ConditionExpression: aws.String("fence = :fence"), ExpressionAttributeValues: item{":fence": integer(c.fence)}}}}
}

// free gives the lease back, and notes when we were at the resource and what people were told.
func (d *Dynamo) free(c *claim) step {
	values := item{":fence": integer(c.fence), ":free": millis(c.now), ":expires": seconds(c.now.Add(forgotten))}
	change := "SET #until = :free, expires = :expires"
	if c.entry.Saved != "" {
		change += ", acted = :free"
	}
	if t := c.entry.Telling; t.Of != "" {
		change += ", told = :told, toldOf = :of, toldAt = :at"
		values[":told"], values[":of"], values[":at"] = text(t.EventID), text(t.Of), millis(t.At)
	}
	return d.update(theResource, resourceID(c.entry.Change.Resource), change, "fence = :fence", map[string]string{"#until": "until"}, values)
}

// giveBack takes one off a counter. An account stays among the breaker's: others of its incidents may count there.
func (d *Dynamo) giveBack(of subject, id string, c *claim) step {
	return d.update(of, id, "SET expires = :expires ADD unlocks :less", "", nil,
		item{":less": integer(-1), ":expires": seconds(c.now.Add(forgotten))})
}

func (d *Dynamo) update(of subject, id, change, condition string, names map[string]string, values item) step {
	u := &types.Update{TableName: &d.table, Key: key(id), UpdateExpression: &change, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	if condition != "" {
		u.ConditionExpression = &condition
	}
	return step{of, types.TransactWriteItem{Update: u}}
}

// refused tells whether a step was the reason, by its condition.
func refused(r types.CancellationReason) bool {
	return aws.ToString(r.Code) == "ConditionalCheckFailed"
}

// collided waits a little after a transaction that met another (TransactionConflict), longer each time.
func collided(ctx context.Context, try int) error {
	return remedy.Sleep(ctx, time.Duration(1+rand.IntN(20<<try))*time.Millisecond)
}
