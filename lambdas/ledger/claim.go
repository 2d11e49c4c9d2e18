package ledger

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// claims is how often a transaction is tried. Each try uses what the last one has taught: that there is an entry, that
// there is no token, or that another transaction was in the way.
const claims = 6

// A claim is what one transaction is to write, as far as is known before it.
type claim struct {
	acts  bool
	entry remedy.Entry
	known bool  // the entry is in the ledger
	fence int64 // the fence of that entry
	takes bool  // the tokens are still to be taken
	acted bool  // it is known that we may have changed the resource a short time ago
	now   time.Time
}

func newClaim(i remedy.Incident, now time.Time) *claim {
	e := remedy.Entry{Incident: i, State: remedy.Claimed, At: now, Token: i.Acts, TokenAt: now, Fence: rand.Int64()}
	return &claim{acts: i.Acts, entry: e, takes: i.Acts, now: now}
}

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

// hold gives up on the tokens, and names the first guard that said no.
func (c *claim) hold(why string) {
	if c.takes {
		c.takes, c.entry.Token, c.entry.Held = false, false, why
	}
}

// refused tells whether a step's condition was why the transaction was cancelled.
func refused(r types.CancellationReason) bool {
	return aws.ToString(r.Code) == "ConditionalCheckFailed"
}

// collided waits a little after a transaction that met another (TransactionConflict), longer each time.
func collided(ctx context.Context, try int) error {
	return remedy.Sleep(ctx, time.Duration(1+rand.IntN(20<<try))*time.Millisecond)
}
