// Package ledger keeps the incidents: in DynamoDB, and in memory for tests and for trying things out. Both keep the
// contract of [remedy.Ledger].
package ledger

import (
	"fmt"
	"time"

	"locksmith/lambdas/remedy"
)

// Limits bound what Locksmith does by itself. Zero means no limit, unless the field says otherwise.
type Limits struct {
	PerResource     int // flap guard: unlocks of one resource in a day
	PerHour         int // breaker: unlocks in the whole organization in an hour
	AccountsPerHour int // breaker: accounts with unlocks in an hour
	// Lease is how long a worker may be busy before another may take over. It must be set, and longer than the
	// function's timeout.
	Lease time.Duration
	// Retention is how long a closed incident is kept that saved no policy. Zero means for good, and incidents that
	// saved a policy are always kept for good.
	Retention time.Duration
}

// Defaults are the limits of a deployment that sets none.
func Defaults() Limits {
	return Limits{PerResource: 3, PerHour: 20, Lease: 5 * time.Minute, Retention: 400 * 24 * time.Hour}
}

// The guards count by the calendar: a day and an hour are those of UTC. So one conditional write takes a token, with
// nothing read before. The price is that twice as many unlocks may happen within 24 hours around midnight, or within 60
// minutes around the full hour.
const (
	day  = "2006-01-02"
	hour = "2006-01-02T15"
)

// flapID and breakerID name the counters.
func flapID(resource string, now time.Time) string {
	return "flap#" + resource + "#" + now.UTC().Format(day)
}

func breakerID(now time.Time) string { return "breaker#" + now.UTC().Format(hour) }

// incidentID and resourceID name the other items: an incident, and what is known of a resource (who is busy with it,
// what people were told).
func incidentID(c remedy.Change) string { return "incident#" + c.EventID + "#" + c.Resource }

func resourceID(resource string) string { return "resource#" + resource }

// flapping and broken say why there was no token, as a notice shows it.
func (l Limits) flapping() string {
	return fmt.Sprintf("unlocked %d times today already: something keeps locking it", l.PerResource)
}

func (l Limits) broken(unlocks int) string {
	if l.PerHour > 0 && unlocks >= l.PerHour {
		return fmt.Sprintf("%d unlocks in the organization within the hour: the breaker stops at %d", unlocks,
			l.PerHour)
	}
	return fmt.Sprintf("unlocks in %d accounts within the hour: the breaker stops there", l.AccountsPerHour)
}

func lost(c remedy.Change) error {
	return fmt.Errorf("%w: the lease on %s was lost", remedy.ErrBusy, c.Resource)
}

func busy(resource string, until time.Time) error {
	return fmt.Errorf("%w: %s, until %s", remedy.ErrBusy, resource, until.UTC().Format(time.RFC3339))
}
