// Package requests keeps the desk's requests, and what calls with an Idempotency-Key answered: in a DynamoDB table of
// its own, and in memory for tests and for trying things out. Both keep the contracts of requests.Store and
// requests.Keys.
package requests

import (
	"fmt"
	"time"

	desk "locksmith/lambdas/requests"
)

// Pending is how long a call with a key may take; Kept how long its answer is kept. DynamoDB deletes items some days
// late, so that what is older does not count.
const (
	Pending = 5 * time.Minute
	Kept    = 24 * time.Hour
)

// place is where a request stands in a list: the newest come last.
func place(r desk.Request) string {
	return fmt.Sprintf("%s#%s", r.Created.UTC().Format("2006-01-02T15:04:05.000000000Z"), r.ID)
}

// open tells whether somebody has to see to the request yet.
func open(r desk.Request) bool { return r.Untold || !r.State.Ended() }
