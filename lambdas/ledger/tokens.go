package ledger

import "locksmith/lambdas/remedy"

// flap takes a token of the flap guard.
func (d *Dynamo) flap(e remedy.Entry) step {
	values, condition := item{":one": integer(1), ":expires": seconds(e.TokenAt.Add(forgotten))}, ""
	if d.limits.PerResource > 0 {
		condition = "attribute_not_exists(unlocks) OR unlocks < :limit"
		values[":limit"] = integer(int64(d.limits.PerResource))
	}
	return d.update(theFlapGuard, flapID(e.Change.Resource, e.TokenAt), "SET expires = :expires ADD unlocks :one",
		condition, nil, values)
}

// share takes a token of what the account may have in an hour.
func (d *Dynamo) share(e remedy.Entry) step {
	values, condition := item{":one": integer(1), ":expires": seconds(e.TokenAt.Add(forgotten))}, ""
	if d.limits.PerAccount > 0 {
		condition = "attribute_not_exists(unlocks) OR unlocks < :limit"
		values[":limit"] = integer(int64(d.limits.PerAccount))
	}
	return d.update(theAccount, accountID(e.Change.Account, e.TokenAt), "SET expires = :expires ADD unlocks :one",
		condition, nil, values)
}

// breaker takes a token of the breaker, by number and by accounts. A set without members is none at all.
func (d *Dynamo) breaker(e remedy.Entry) step {
	const fewer = "attribute_not_exists(accounts) OR contains(accounts, :this) OR size(accounts) < :accounts"
	values := item{":one": integer(1), ":account": set(e.Change.Account), ":expires": seconds(e.TokenAt.Add(forgotten))}
	condition := ""
	switch l := d.limits; {
	case l.PerHour > 0 && l.AccountsPerHour > 0:
		condition = "attribute_not_exists(unlocks) OR (unlocks < :limit AND (" + fewer + "))"
	case l.PerHour > 0:
		condition = "attribute_not_exists(unlocks) OR unlocks < :limit"
	case l.AccountsPerHour > 0:
		condition = fewer
	}
	if d.limits.PerHour > 0 {
		values[":limit"] = integer(int64(d.limits.PerHour))
	}
	if d.limits.AccountsPerHour > 0 {
		values[":this"], values[":accounts"] = text(e.Change.Account), integer(int64(d.limits.AccountsPerHour))
	}
	return d.update(theBreaker, breakerID(e.TokenAt), "SET expires = :expires ADD unlocks :one, accounts :account",
		condition, nil, values)
}

// giveBack takes one off each counter. An account without another unlock in that hour does not count any more.
func (d *Dynamo) giveBack(w *writing) []step {
	c, at := w.entry.Change, w.entry.TokenAt
	expires := seconds(w.now.Add(forgotten))
	share := d.update(theAccount, accountID(c.Account, at), "SET expires = :expires ADD unlocks :less", "", nil,
		item{":less": integer(-1), ":expires": expires})
	breaker := d.add(theBreaker, breakerID(at), "unlocks", -1, w)
	if w.last {
		share.write.Update.ConditionExpression = new("unlocks = :one")
		share.write.Update.ExpressionAttributeValues[":one"] = integer(1)
		breaker = d.update(theBreaker, breakerID(at),
			"SET expires = :expires ADD unlocks :less DELETE accounts :account", "", nil,
			item{":less": integer(-1), ":expires": expires, ":account": set(c.Account)})
	}
	return []step{d.add(theFlapGuard, flapID(c.Resource, at), "unlocks", -1, w), breaker, share}
}

// add changes a counter, whatever it says.
func (d *Dynamo) add(of subject, id, counter string, by int64, w *writing) step {
	return d.update(of, id, "SET expires = :expires ADD "+counter+" :by", "", nil,
		item{":by": integer(by), ":expires": seconds(w.now.Add(forgotten))})
}
