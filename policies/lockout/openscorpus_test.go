package lockout_test

import (
	"slices"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// What changes of published policies open: nearly all are settled.

// TestOpensCorpus takes each Deny statement off published policies, and then puts each policy where there was none.
func TestOpensCorpus(t *testing.T) {
	questions, ids := corpus(t)
	count := map[lockout.Access]int{}
	var took []time.Duration
	ask := func(id string, q lockout.Question, after *policies.Document) {
		start := time.Now()
		o := lockout.Opens(q, after)
		took = append(took, time.Since(start))
		count[o.Outside]++
		if o.Defect != "" || o.Outside != lockout.Nothing && len(o.Reasons) == 0 {
			t.Errorf("%s: %+v", id, o)
		}
		for _, e := range o.Witnesses {
			replayEntry(t, q, after, e)
		}
	}
	for i, q := range questions {
		put := q
		put.Policy = nil
		ask(ids[i], put, q.Policy)
		for n, st := range q.Policy.Statements {
			if st.Effect == policies.Deny {
				after := *q.Policy
				after.Statements = slices.Delete(slices.Clone(after.Statements), n, n+1)
				ask(ids[i], q, &after)
			}
		}
	}
	slices.Sort(took)
	t.Logf("%d changes: %v; median %v, 99th percentile %v, longest %v", len(took), count, took[len(took)/2],
		took[len(took)*99/100], took[len(took)-1])
	// Most of them are undecided by placeholders for principals, and by {"AWS": "*"} where only a service could call.
	if count[lockout.CannotTell]*6 > len(took) {
		t.Errorf("of %d of %d changes it cannot be told what they open", count[lockout.CannotTell], len(took))
	}
}
