package remedy_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/notice"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/test/pipeline"
)

// TestWhatASweepSawIsPutBack: one sweep sees a good policy, a lock comes of which no event tells, and the next sweep
// finds it. The flow puts back what the first one saw, and neither the sweep that follows nor anybody else hears more.
func TestWhatASweepSawIsPutBack(t *testing.T) {
	w := newWorld(t, restoreRules)
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	sweep, err := w.Pipeline.Sweep(pipeline.SweepOptions{Regions: []string{region}, Log: log,
		Herald: notice.New(w.Config(), w.Topics), Keeper: w.Good})
	if err != nil {
		t.Fatal(err)
	}
	run := func() {
		if _, err := sweep.Start(context.Background(), sweeper.Request{By: "schedule"}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			for sweep.Deliver(context.Background()) > 0 {
			}
			w.pass(time.Minute)
		}
	}
	w.cloud.SetPolicy(bucketARN, harmless)
	run()
	w.cloud.SetPolicy(bucketARN, denyAll)
	w.pass(24 * time.Hour)
	run()
	w.settle()
	e := w.Incidents()
	if got := w.cloud.Policy(bucketARN); got != harmless || len(e) != 1 || e[0].Outcome.Result != remedy.Reinstated ||
		e[0].Change.Call != remedy.Sweep {
		t.Fatalf("policy %s, %+v", got, e)
	}
	before := len(w.subjects())
	w.pass(24 * time.Hour)
	run()
	w.settle()
	changes := slices.DeleteFunc(w.changes(), func(c string) bool { return strings.HasPrefix(c, "List") })
	if len(w.Incidents()) != 1 || len(w.subjects()) != before || len(changes) != 1 {
		t.Errorf("mails %q, changes %q", w.subjects(), changes)
	}
}
