// Package ledger keeps the incidents: in DynamoDB, and in memory for tests and for trying things out. Both keep the same promises; the contract is that of [remedy.Ledger].
package ledger

import (
	"fmt"
	"time"

	"locksmith/lambdas/remedy"
)

// Limits bound what Locksmith does by itself. Zero means no limit, unless the field says otherwise.
type Limits struct {
	PerResource     int           // flap guard: unlocks of one resource in a day
	PerHour         int           // breaker: unlocks in the whole organization in an hour
	AccountsPerHour int           // breaker: accounts with unlocks in an hour
	Lease           time.Duration // how long a worker may be busy before another may take over; longer than the function's timeout. It must be set
	Retention       time.Duration // how long a closed incident is kept that saved no policy; zero: for good. Others are always kept for good
}

// Defaults are the limits of a deployment that sets none.
func Defaults() Limits {
	return Limits{PerResource: 3, PerHour: 20, Lease: 5 * time.Minute, Retention: 400 * 24 * time.Hour}
}

// The guards count by the calendar: a day and an hour are those of UTC. So one conditional write takes a token, with nothing read before; the price is that on both sides of
// midnight, or of the full hour, together twice as many may go through within 24 hours, or 60 minutes.
const (
	day  = "2006-01-02"
	hour = "2006-01-02T15"
)

// flapID and breakerID name the counters.
func flapID(resource string, now time.Time) string {
	return "flap#" + resource + "#" + now.UTC().Format(day)
}

func breakerID(now time.Time) string { return "breaker#" + now.UTC().Format(hour) }

// incidentID and resourceID name the other items: an incident, and what is known of a resource (who is busy with it, what people were told).
func incidentID(c remedy.Change) string { return "incident#" + c.EventID + "#" + c.Resource }

func resourceID(resource string) string { return "resource#" + resource }

// flapping and broken are why there was no token, in a notice's words.
func (l Limits) flapping() string {
	return fmt.Sprintf("unlocked %d times today already: something keeps locking it", l.PerResource)
}

func (l Limits) broken(unlocks int) string {
	if l.PerHour > 0 && unlocks >= l.PerHour {
		return fmt.Sprintf("%d unlocks in the organization within the hour: the breaker stops at %d", unlocks, l.PerHour)
	}
	return fmt.Sprintf("unlocks in %d accounts within the hour: the breaker stops there", l.AccountsPerHour)
}

func lost(c remedy.Change) error {
	return fmt.Errorf("%w: the lease on %s was lost", remedy.ErrBusy, c.Resource)
}

func busy(resource string, until time.Time) error {
	return fmt.Errorf("%w: %s, until %s", remedy.ErrBusy, resource, until.UTC().Format(time.RFC3339))
}
