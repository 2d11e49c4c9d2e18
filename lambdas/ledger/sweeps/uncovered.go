package sweeps

import (
	"context"
	"time"

	"locksmith/lambdas/sweeper"
)

// Uncovered implements readiness.Coverage. The reasons are few, so that accounts can be put together by them.
func (d *Dynamo) Uncovered(ctx context.Context, accounts []string, since time.Time) (map[string]string, bool, error) {
	all, err := d.Coverage(ctx, accounts, sweeper.Tasks())
	if err != nil {
		return nil, false, err
	}
	why, known := map[string]string{}, false
	for i, c := range all {
		account := accounts[i/len(sweeper.Tasks())]
		known = known || c.Account != ""
		switch {
		case c.Account == "":
			why[account] = "never visited"
		case c.Complete.Before(since) && c.Outcome == sweeper.Complete:
			why[account] = "not visited since"
		case c.Complete.Before(since) && c.Cause != "":
			why[account] = string(c.Outcome) + ", " + string(c.Cause)
		case c.Complete.Before(since):
			why[account] = string(c.Outcome)
		}
	}
	return why, known, nil
}
