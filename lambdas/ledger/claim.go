package ledger

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// tries is how often a transaction is tried. Each try uses what the last one has taught: that there is an entry, or
// that another transaction was in the way.
const tries = 6

// A claim is what one transaction is to write, as far as is known before it.
type claim struct {
	incident remedy.Incident
	entry    remedy.Entry
	known    bool  // the entry is in the ledger
	fence    int64 // the fence of that entry
	doubtful bool  // it is known what was done to the resource lately
	holds    int64 // the fence of whoever had claimed it last by then
	now      time.Time
}

// newClaim begins with what is most likely: an incident is new, unless it is taken up again.
func newClaim(i remedy.Incident, now time.Time) *claim {
	e := remedy.Entry{Incident: i, State: remedy.Claimed, At: now, Open: true, Due: now.Add(remedy.Daily),
		Fence: rand.Int64()}
	e.Again, e.Joins, e.After = false, false, ""
	return &claim{incident: i, entry: e, known: i.Again, fence: rand.Int64(), now: now}
}

// asks tells whether the claim depends on what the account has wasted.
func (c *claim) asks() bool { return c.incident.Acts && c.entry.State == remedy.Claimed }

// learn takes from a cancelled transaction what it tells. An entry that turns out to be closed ends the claim.
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
			if until := time.UnixMilli(number(r.Item, "until")); c.now.Before(until) {
				return true, busy(c.entry.Change.Resource, until)
			}
			c.doubtful, c.holds, c.entry.Lately = true, number(r.Item, "fence"), actsOf(r.Item)
			c.entry.Settles = doubt(c.entry.Change, c.entry.Lately, moments(r.Item, "seen"), c.now)
		case theAccount:
			return true, l.waits(c.entry.Change.Account, c.now)
		case theLatest:
			return true, &remedy.Met{EventID: str(r.Item, "event")}
		}
	}
	return learned, nil
}

// join goes on with the entry that is there.
func (c *claim) join(found item) error {
	if len(found) == 0 {
		return missing(c.incident.Change.EventID, c.incident.Change.Resource)
	}
	e, err := entryOf(found)
	if err != nil {
		return err
	}
	c.known, c.fence = true, e.Fence
	if e.State == remedy.Closed && !(c.incident.Again && e.Open) {
		c.entry, c.incident.Again = e, false
		return nil
	}
	e.Fence, e.Settles, e.Lately = c.entry.Fence, c.entry.Settles, c.entry.Lately
	e.Acts = e.Acts || c.incident.Acts
	c.entry = e
	return nil
}

// closed tells whether the claim has ended at an entry that needs no work.
func (c *claim) closed() bool { return c.entry.State == remedy.Closed && !c.incident.Again }

// refused tells whether a step's condition was why the transaction was cancelled.
func refused(r types.CancellationReason) bool {
	return aws.ToString(r.Code) == "ConditionalCheckFailed"
}

// collided waits a little after a transaction that met another (TransactionConflict), longer each time.
func collided(ctx context.Context, try int) error {
	return remedy.Sleep(ctx, time.Duration(1+rand.IntN(20<<try))*time.Millisecond)
}

// moments reads a time in milliseconds, or the zero time.
func moments(it item, name string) time.Time {
	if n := number(it, name); n != 0 {
		return time.UnixMilli(n)
	}
	return time.Time{}
}
