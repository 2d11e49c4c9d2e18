package ledger

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

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

// claim is the transaction that enters or takes over the incident, takes the lease and, where it wants them, the
// tokens.
func (d *Dynamo) claim(c *claim) []step {
	steps := []step{d.enter(c), d.lease(c)}
	if c.takes && d.limits.PerResource > 0 {
		steps = append(steps, d.flap(c))
	}
	if c.takes && (d.limits.PerHour > 0 || d.limits.AccountsPerHour > 0) {
		steps = append(steps, d.breaker(c))
	}
	return steps
}

// enter writes the incident: a new one only where there is none, a known one only as it was found.
func (d *Dynamo) enter(c *claim) step {
	put := &types.Put{TableName: &d.table, Item: d.itemOf(c.entry, c.now),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	switch {
	case !c.known:
		put.ConditionExpression = aws.String("attribute_not_exists(id)")
	case c.entry.Returns: // a token is given back once
		put.ConditionExpression = aws.String("fence = :fence AND #token = :yes")
		put.ExpressionAttributeNames = map[string]string{"#token": "token"}
		yes := &types.AttributeValueMemberBOOL{Value: true}
		put.ExpressionAttributeValues = item{":fence": integer(c.fence), ":yes": yes}
	default:
		put.ConditionExpression = aws.String("fence = :fence")
		put.ExpressionAttributeValues = item{":fence": integer(c.fence)}
	}
	return step{theIncident, types.TransactWriteItem{Put: put}}
}

// lease takes the resource, if nobody is busy with it. A refusal tells of a change by us that may not show yet, so that
// the usual claim needs no reading first.
func (d *Dynamo) lease(c *claim) step {
	until := c.now.Add(d.limits.Lease)
	values := item{":fence": integer(c.entry.Fence), ":until": millis(until), ":now": millis(c.now),
		":expires": seconds(c.now.Add(forgotten))}
	condition := "(attribute_not_exists(#until) OR #until <= :now)"
	if !c.acted {
		condition += " AND (attribute_not_exists(acted) OR acted <= :settled)"
		values[":settled"] = millis(c.now.Add(-remedy.Settling))
	}
	change := "SET fence = :fence, #until = :until, expires = :expires"
	return d.update(theResource, resourceID(c.entry.Change.Resource), change, condition,
		map[string]string{"#until": "until"}, values)
}

// flap takes a token of the flap guard.
func (d *Dynamo) flap(c *claim) step {
	values := item{":one": integer(1), ":limit": integer(int64(d.limits.PerResource)),
		":expires": seconds(c.now.Add(forgotten))}
	return d.update(theFlapGuard, flapID(c.entry.Change.Resource, c.now), "SET expires = :expires ADD unlocks :one",
		"attribute_not_exists(unlocks) OR unlocks < :limit", nil, values)
}

// breaker takes a token of the breaker, by number and by accounts.
func (d *Dynamo) breaker(c *claim) step {
	condition := "attribute_not_exists(unlocks)"
	values := item{":one": integer(1), ":account": set(c.entry.Change.Account),
		":expires": seconds(c.now.Add(forgotten))}
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
	return d.update(theBreaker, breakerID(c.now), "SET expires = :expires ADD unlocks :one, accounts :account",
		condition, nil, values)
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

// keep changes nothing. Its condition is that the lease is ours.
func (d *Dynamo) keep(c *claim) step {
	return step{theResource, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &d.table, Key: key(resourceID(c.entry.Change.Resource)),
		ConditionExpression: aws.String("fence = :fence"), ExpressionAttributeValues: item{":fence": integer(c.fence)},
	}}}
}

// free gives the lease back, and notes when we may have changed the resource and what people were told.
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
	return d.update(theResource, resourceID(c.entry.Change.Resource), change, "fence = :fence",
		map[string]string{"#until": "until"}, values)
}

// giveBack takes one off a counter. The breaker keeps the account, since other incidents of the account may count.
func (d *Dynamo) giveBack(of subject, id string, c *claim) step {
	return d.update(of, id, "SET expires = :expires ADD unlocks :less", "", nil,
		item{":less": integer(-1), ":expires": seconds(c.now.Add(forgotten))})
}

func (d *Dynamo) update(of subject, id, change, condition string, names map[string]string, values item) step {
	u := &types.Update{TableName: &d.table, Key: key(id), UpdateExpression: &change,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	if condition != "" {
		u.ConditionExpression = &condition
	}
	return step{of, types.TransactWriteItem{Update: u}}
}
