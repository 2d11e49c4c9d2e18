package sweeps_test

import (
	"testing"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
)

// TestSparedNames: a whole visit replaces what is known of its account and task, one that is not whole adds to it.
func TestSparedNames(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		index, ok := w.Store.(sweeper.Index)
		if !ok {
			t.Fatal("the store keeps no index")
		}
		a := remedy.Account{Name: "one", State: "ACTIVE", Account: allowlist.Account{Number: "111122223333",
			Units: []string{"r-a1b2", "ou-a1b2-11111111"}, Tags: map[string]string{"stage": "dev"}, Known: true}}
		spare := func(bucket string, names ...string) sweeper.Spare {
			return sweeper.Spare{Resource: sweeper.Resource{ARN: "arn:aws:s3:::" + bucket, Region: "eu-central-1"}, Names: names}
		}
		known := func() map[sweeper.Task][]sweeper.Spare {
			t.Helper()
			got, spares, err := index.Spares(w, a.Number)
			w.must(err)
			w.same(a, got)
			return spares
		}
		_, none, err := index.Spares(w, a.Number)
		w.must(err)
		w.same(0, len(none))

		w.must(index.KeepSpares(w, a, sweeper.Buckets, []sweeper.Spare{spare("a", "x"), spare("b", "y")}, true, now))
		w.must(index.KeepSpares(w, a, sweeper.Queues, nil, true, now))
		w.same([]sweeper.Spare{spare("a", "x"), spare("b", "y")}, known()[sweeper.Buckets])

		w.must(index.KeepSpares(w, a, sweeper.Buckets, []sweeper.Spare{spare("b", "z")}, false, now))
		w.same([]sweeper.Spare{spare("b", "z"), spare("a", "x")}, known()[sweeper.Buckets])

		w.must(index.KeepSpares(w, a, sweeper.Buckets, []sweeper.Spare{spare("c", "x")}, true, now))
		w.same([]sweeper.Spare{spare("c", "x")}, known()[sweeper.Buckets])
		w.same(0, len(known()[sweeper.Queues]))
	})
}
