package ledger

import (
	"cmp"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// A step is one write of a transaction.
type step struct {
	of    subject
	id    string // of the item
	write types.TransactWriteItem
}

type subject int

const (
	theIncident subject = iota
	theResource
	theFlapGuard
	theBreaker
	theAccount
	theCopy
	theDigest
	theLatest
)

// claim is the transaction that enters or takes over the incident and takes the lease.
func (d *Dynamo) claim(c *claim) []step {
	put := d.itemOf(c.entry, c.now)
	steps := []step{d.enter(c.entry, put, c.known, c.fence), d.lease(c)}
	if c.asks() && d.limits.StandDowns > 0 {
		steps = append(steps, d.patience(c))
	}
	if !c.known && counts(c.incident) {
		steps = append(steps, d.succeed(c))
	}
	return steps
}

// succeed makes a new incident the last of its resource. Where it may be the same as the one that is, it does not.
func (d *Dynamo) succeed(c *claim) step {
	i, looked := c.incident, integer(math.MinInt64) // an event is made by no look
	if i.Change.Found() {
		looked = millis(i.Change.Time)
	}
	change, condition := "SET #event = :event, looked = :looked", ""
	values, names := item{":event": text(i.Change.EventID), ":looked": looked}, map[string]string{"#event": "event"}
	if d.limits.Retention > 0 {
		change += ", expires = :expires"
		values[":expires"] = seconds(c.now.Add(d.limits.Retention))
	}
	if i.Joins {
		condition = "attribute_not_exists(#event) OR #event = :after"
		values[":after"] = text(cmp.Or(i.After, "-"))
	}
	if i.Joins && !i.Change.Found() {
		condition += " OR looked < :time"
		values[":time"] = millis(i.Change.Time)
	}
	return d.update(theLatest, latestID(i.Change), change, condition, names, values)
}

// enter writes the incident: a new one only where there is none, a known one only as it was found.
func (d *Dynamo) enter(e remedy.Entry, it item, known bool, fence int64) step {
	put := &types.Put{TableName: &d.table, Item: it,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	switch {
	case !known:
		put.ConditionExpression = aws.String("attribute_not_exists(id)")
	case e.Returns: // tokens are given back once
		put.ConditionExpression = aws.String("fence = :fence AND #token = :yes")
		put.ExpressionAttributeNames = map[string]string{"#token": "token"}
		put.ExpressionAttributeValues = item{":fence": integer(fence), ":yes": yesOrNo(true)}
	default:
		put.ConditionExpression = aws.String("fence = :fence")
		put.ExpressionAttributeValues = item{":fence": integer(fence)}
	}
	return step{theIncident, incidentID(e.Change), types.TransactWriteItem{Put: put}}
}

// lease takes the resource, if nobody is busy with it. A refusal tells of acts of ours, and of a change that may not
// show yet, so that the usual claim needs no reading first. What it tells holds until somebody else has claimed it.
func (d *Dynamo) lease(c *claim) step {
	until, settled := c.now.Add(d.limits.Lease), millis(c.now.Add(-remedy.Settling))
	values := item{":fence": integer(c.entry.Fence), ":until": millis(until), ":now": millis(c.now),
		":expires": seconds(c.now.Add(forgotten))}
	condition := "(attribute_not_exists(#until) OR #until <= :now)"
	switch {
	case !c.doubtful:
		condition += " AND attribute_not_exists(acts)" +
			" AND (attribute_not_exists(seen) OR seen <= :settled OR seen < :change)"
		values[":settled"], values[":change"] = settled, millis(c.entry.Change.Time)
	case c.holds == 0:
		condition += " AND attribute_not_exists(fence)"
	default:
		condition += " AND fence = :holds"
		values[":holds"] = integer(c.holds)
	}
	change := "SET fence = :fence, #until = :until, expires = :expires"
	return d.update(theResource, resourceID(c.entry.Change), change, condition, map[string]string{"#until": "until"},
		values)
}

// patience asks whether the account has wasted too many root sessions. It changes nothing.
func (d *Dynamo) patience(c *claim) step {
	id := accountID(c.entry.Change.Account, c.now)
	return step{theAccount, id, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &d.table, Key: key(id),
		ConditionExpression:       aws.String("attribute_not_exists(standDowns) OR standDowns < :limit"),
		ExpressionAttributeValues: item{":limit": integer(int64(d.limits.StandDowns))},
	}}}
}

// record is the transaction that writes an entry for as long as its lease is ours.
func (d *Dynamo) record(w *writing) []step {
	e := w.entry
	e.Token = e.Token && !e.Returns
	enter := d.enter(w.entry, d.itemOf(e, w.now), true, e.Fence)
	steps := []step{enter, d.hold(w)}
	for _, k := range w.copies {
		steps = append(steps, d.copy(e.Change, k))
	}
	switch {
	case e.Takes:
		steps = append(steps, d.flap(e), d.breaker(e), d.share(e))
	case e.Returns:
		steps = append(steps, d.giveBack(w)...)
	case e.Counts:
		steps = append(steps, d.add(theAccount, accountID(e.Change.Account, w.now), "standDowns", 1, w))
	}
	if e.Listed {
		steps = append(steps, d.list(w))
	}
	return steps
}

// hold is what becomes of the resource. Its condition is that the lease is ours, and that nobody has changed the
// resource Since. It gives the lease back, and notes when we may have changed the resource, and what people were told.
func (d *Dynamo) hold(w *writing) step {
	e := w.entry
	values := item{":fence": integer(e.Fence), ":expires": seconds(w.now.Add(forgotten))}
	change, condition, names := "SET expires = :expires", "fence = :fence", map[string]string(nil)
	if e.Release || e.State == remedy.Closed {
		change, names = change+", #until = :now", map[string]string{"#until": "until"}
		values[":now"] = millis(w.now)
	}
	if e.Lately != nil {
		change += ", acts = :acts"
		values[":acts"] = actsItem(latest(e.Lately, w.now))
	}
	if !e.Since.IsZero() {
		condition += " AND (attribute_not_exists(seen) OR seen <= :since)"
		values[":since"] = millis(e.Since)
	}
	if t := e.Telling; t.Of != "" {
		change += ", told = :told, toldOf = :of, toldAt = :at"
		values[":told"], values[":of"], values[":at"] = text(t.EventID), text(t.Of), millis(t.At)
	}
	return d.update(theResource, resourceID(e.Change), change, condition, names, values)
}

// copy keeps a policy. It never writes over one that is kept already.
func (d *Dynamo) copy(c remedy.Change, k remedy.Copy) step {
	it := copyItem(c, k)
	return step{theCopy, copyID(c, k.Name()), types.TransactWriteItem{Put: &types.Put{TableName: &d.table, Item: it,
		ConditionExpression: aws.String("attribute_not_exists(id)")}}}
}

// list puts a line into the account's digest of the hour, or counts it where the digest is full.
func (d *Dynamo) list(w *writing) step {
	id := digestID(w.entry.Change.Account, w.now)
	values := item{":kind": text("digest"), ":account": text(w.entry.Change.Account),
		":due": text(instant(dueOf(w.now))), ":one": integer(1), ":expires": seconds(w.now.Add(digestKept))}
	names := map[string]string{"#open": "open"}
	change := "SET kind = :kind, #open = :account, due = :due, expires = :expires"
	if w.full {
		return d.update(theDigest, id, change+" ADD listed :one", "", names, values)
	}
	values[":line"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{structure(brief(w.entry, w.now))}}
	values[":none"], values[":limit"] = &types.AttributeValueMemberL{}, integer(listed)
	change += ", briefs = list_append(if_not_exists(briefs, :none), :line) ADD listed :one"
	return d.update(theDigest, id, change, "attribute_not_exists(listed) OR listed < :limit", names, values)
}

func (d *Dynamo) update(of subject, id, change, condition string, names map[string]string, values item) step {
	u := &types.Update{TableName: &d.table, Key: key(id), UpdateExpression: &change,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	if condition != "" {
		u.ConditionExpression = &condition
	}
	return step{of, id, types.TransactWriteItem{Update: u}}
}
