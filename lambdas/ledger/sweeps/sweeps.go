// Package sweeps keeps the sweeps: in the ledger's DynamoDB table, and in memory for tests and for trying things out.
// Both keep the contract of [sweeper.Store].
package sweeps

import (
	"fmt"
	"strconv"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// Lease is how long a worker may be busy with a visit before another may take over: longer than the function's timeout,
// and shorter than the visibility timeout of its queue.
const Lease = 6 * time.Minute

// Kept is how long a sweep is kept, with its pages and visits. Coverage stays until a year after the last sweep.
const (
	Kept         = 30 * 24 * time.Hour
	coverageKept = 365 * 24 * time.Hour
)

// The names of the items. All of them begin with what they are.
const lastID = "sweep#last"

func sweepID(id string) string { return "sweep#" + id }

func pageID(id string, number int) string { return "page#" + id + "#" + strconv.Itoa(number) }

func visitID(id, account string, task sweeper.Task) string {
	return "task#" + id + "#" + account + "#" + string(task)
}

func coverageID(account string, task sweeper.Task) string {
	return "coverage#" + account + "#" + string(task)
}

func busy(v sweeper.Visit, until time.Time) error {
	return fmt.Errorf("%w: %w", remedy.ErrBusy, &remedy.Later{Until: until,
		Why: fmt.Sprintf("another worker has the visit to %s for %s", v.Account, v.Task)})
}

func lost(v sweeper.Visit) error {
	return fmt.Errorf("%w: the lease on the visit to %s for %s was lost", remedy.ErrBusy, v.Account, v.Task)
}
