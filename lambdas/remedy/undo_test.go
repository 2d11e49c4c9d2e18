package remedy_test

import (
	"context"
	"strings"
	"testing"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// undone is a world in which Locksmith has taken a policy off, and the entry about it.
func undone(t *testing.T, allow, policy string) (*world, remedy.Entry) {
	t.Helper()
	w := newWorld(t, allow)
	w.put(policy)
	w.settle()
	entries := w.Incidents()
	if len(entries) != 1 || entries[0].Saved != policy {
		t.Fatalf("ledger: %+v", entries)
	}
	return w, w.find(entries[0])
}

// find is an entry with its copies.
func (w *world) find(e remedy.Entry) remedy.Entry {
	w.t.Helper()
	e, err := w.Ledger.Find(context.Background(), e.Change.EventID, e.Change.Resource)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func TestUndo(t *testing.T) {
	for name, row := range map[string]struct {
		allow   string
		undo    remedy.Undo
		before  string // what somebody has put there since
		want    string // in force afterwards
		verdict lockout.Answer
		err     string
	}{
		"whole, which locks again": {rules, remedy.Undo{}, "", "",
			lockout.Lockout, "would be lockout again: statement DenyAllAccess"},
		"whole, told twice": {rules, remedy.Undo{Anyway: true}, "", lockedInTheMiddle,
			lockout.Lockout, ""},
		"repaired": {rules, remedy.Undo{Repaired: true}, "", repairedInTheMiddle,
			lockout.Open, ""},
		"repaired, and somebody was so": {rules, remedy.Undo{Repaired: true}, repairedInTheMiddle, repairedInTheMiddle,
			lockout.Open, ""},
		"over somebody else's": {rules, remedy.Undo{Repaired: true, Anyway: true}, harmless, harmless,
			lockout.Open, "has another policy by now"},
		"whole, over our own repair": {repairRules, remedy.Undo{Anyway: true}, "", lockedInTheMiddle,
			lockout.Lockout, ""},
		"whole, over our own, not twice": {repairRules, remedy.Undo{}, "", repairedInTheMiddle,
			lockout.Lockout, "would be lockout again"},
	} {
		t.Run(name, func(t *testing.T) {
			w, entry := undone(t, row.allow, lockedInTheMiddle)
			if row.before != "" {
				w.put(row.before)
			}
			v, err := w.Flow.Undo(context.Background(), entry, row.undo)
			if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
				t.Errorf("%v, want %q", err, row.err)
			}
			if got := w.cloud.Policy(bucketARN); got != row.want || v.Answer != row.verdict {
				t.Errorf("%s; the policy is now %s", v.Answer, got)
			}
		})
	}
}

func TestNothingToUndo(t *testing.T) {
	w, entry := undone(t, rules, denyAll)
	if _, err := w.Flow.Undo(context.Background(), entry, remedy.Undo{Repaired: true}); err == nil ||
		!strings.Contains(err.Error(), "nothing is left") {
		t.Error(err)
	}
	entry.Copies = nil
	if _, err := w.Flow.Undo(context.Background(), entry, remedy.Undo{}); err == nil ||
		!strings.Contains(err.Error(), "no policy was saved") {
		t.Error(err)
	}
}

// TestUndoKnowsTheProofOfThatTime: the rule that named the administrators is gone since. Judged for everybody, the
// policy would pass.
func TestUndoKnowsTheProofOfThatTime(t *testing.T) {
	w, entry := undone(t, namedRules("delete"), denyAllExceptPipeline)
	list, err := allowlist.Read([]byte(`{"organization":"o-a1b2c3d4e5","rules":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	w.Flow.Allow = list
	if v, err := w.Flow.Undo(context.Background(), entry, remedy.Undo{}); err == nil || v.Answer != lockout.Lockout ||
		w.cloud.Policy(bucketARN) != "" {
		t.Errorf("%s, %v; the policy is now %s", v.Answer, err, w.cloud.Policy(bucketARN))
	}
}
