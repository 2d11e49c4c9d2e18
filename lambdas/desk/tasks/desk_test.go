package tasks_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/requests"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// staffed is the list with an entry of the desk that asks for no approval.
var staffed = strings.TrimSuffix(uncovered, "}") + `,"desk":[{"name":"on call",
	"who":["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/*"],"tasks":["view","unlock","force","restore"],
	"accounts":["111122223333"],"approvals":0}]}`

// deskOf puts the whole desk beside the pipeline, with the settling times of a deployment.
func (w *world) deskOf() *pipeline.Desk {
	w.t.Helper()
	d, err := w.NewDesk(pipeline.DeskOptions{Log: slog.New(slog.NewJSONHandler(&w.log, nil))})
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// asks submits a wish, and lets the desk's queue run for a quarter of an hour.
func (w *world) asks(d *pipeline.Desk, wish requests.Wish, between func()) requests.Request {
	w.t.Helper()
	wish.Account, wish.Reason = account, "nobody gets in"
	r, err := d.Submit(context.Background(), requests.Caller{ARN: asker}, wish)
	if err != nil {
		w.t.Fatal(err)
	}
	if between != nil {
		if r.State != requests.Approved || r.After.IsZero() {
			w.t.Errorf("state %s, not before %s", r.State, r.After)
		}
		between()
	}
	for range 30 {
		w.pass(30 * time.Second)
		for d.Deliver(context.Background()) > 0 {
		}
	}
	r, err = d.Get(context.Background(), requests.Caller{ARN: asker}, r.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// TestTheWholeDesk: with a queue that shows an old policy for nearly a minute, and the times of a deployment.
func TestTheWholeDesk(t *testing.T) {
	nothing := func(*world) {}
	for name, row := range map[string]struct {
		wish    requests.Wish
		between func(*world)
		state   requests.State
		result  string
		left    string // in force in the end
	}{
		"a locked queue": {requests.Wish{Task: requests.Unlock, Resource: queueARN}, nothing, requests.Done, "unlocked", ""},
		"which somebody puts right meanwhile": {requests.Wish{Task: requests.Unlock, Resource: queueARN},
			func(w *world) { w.cloud.SetPolicy(queueARN, goodQueue) }, requests.Failed, "stood down", goodQueue},
		"which somebody deletes meanwhile": {requests.Wish{Task: requests.Unlock, Resource: queueARN},
			func(w *world) { w.cloud.SetPolicy(queueARN, "") }, requests.Failed, "stood down", ""},
		"a locked bucket, at once": {requests.Wish{Task: requests.Unlock, Resource: bucketARN}, nil, requests.Done,
			"unlocked", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldOf(t, staffed, cloud.Config{QueuePropagation: 55 * time.Second}, ledger.Defaults())
			w.now = time.Now() // a worker's deadline is by the clock of the machine
			d := w.deskOf()
			w.put(denyAll)
			w.setQueue(denyAllQueue)
			w.pass(10 * time.Minute)
			w.settle()
			w.pass(10 * time.Minute)
			between := func() { row.between(w) }
			if row.between == nil {
				between = nil
			}
			r := w.asks(d, row.wish, between)
			if r.State != row.state || r.Outcome == nil || r.Outcome.Result != row.result {
				t.Errorf("%s: %+v", r.State, r.Outcome)
			}
			if got := w.cloud.Policy(row.wish.Resource); got != row.left {
				t.Errorf("policy %s", got)
			}
			if acted := len(w.changes()); acted > 1 || acted == 1 != (row.state == requests.Done) {
				t.Errorf("changes %q", w.changes())
			}
		})
	}
}
