package sweeps_test

import (
	"fmt"
	"testing"
	"time"

	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/sweeper"
)

// TestUncovered: an account is covered where each of its tasks was complete of late; what is not has its reason.
func TestUncovered(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		d, ok := w.Store.(*sweeps.Dynamo)
		if !ok {
			return // the preflight reads the table
		}
		accounts := []string{"444455556666", "555566667777", one.Account}
		uncovered := func() string {
			t.Helper()
			why, known, err := d.Uncovered(w, accounts, now.Add(-72*time.Hour))
			w.must(err)
			return fmt.Sprint(known, why)
		}
		const never = "444455556666:never visited 555566667777:never visited"
		if got, want := uncovered(), "false map[111122223333:never visited "+never+"]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		w.begin("a", "")
		for _, task := range sweeper.Tasks() {
			v, err := w.Claim(w, sweeper.Visit{Sweep: "a", Account: one.Account, Task: task, Begun: now}, now)
			w.must(err)
			w.must(w.End(w, ended(v), sweeper.Coverage{Account: one.Account, Task: task, Outcome: sweeper.Complete,
				Complete: now}))
		}
		if got, want := uncovered(), "true map["+never+"]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		accounts = []string{one.Account}
		if got := uncovered(); got != "true map[]" {
			t.Error(got)
		}
		why, _, err := d.Uncovered(w, accounts, now.Add(time.Hour))
		if w.must(err); why[one.Account] != "not visited since" {
			t.Errorf("%v", why)
		}
	})
}
