package tasks_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// TestALockedBucketIsShownAndUnlocked is the whole way: view, request, act, notice, incident.
func TestALockedBucketIsShownAndUnlocked(t *testing.T) {
	w := newWorld(t, uncovered)
	w.put(lockedWithTLS)
	w.settle() // the event is told, and not covered
	w.pass(2 * time.Minute)
	v, err := w.tasks.View(context.Background(), requests.Caller{ARN: asker}, account, bucketARN, "")
	if err != nil {
		t.Fatal(err)
	}
	if v.Region != region || v.Policy != lockedWithTLS || v.Verdict != "lockout" || !v.Locked ||
		v.Task != requests.Unlock || v.Never || v.Covered.Why == "" || len(v.Actions) != 3 {
		t.Errorf("%+v", v)
	}
	if len(v.Incidents) != 1 || !strings.HasSuffix(v.Incidents[0], "~"+bucketARN) {
		t.Errorf("incidents %q", v.Incidents)
	}
	if a := v.Actions[0]; a.Action != "delete" || a.Refused != "" || a.Result != remedy.Unlocked || len(a.Losses) != 1 {
		t.Errorf("%+v", a)
	}
	if a := v.Actions[1]; a.Action != "repair" || a.Refused != "" || !strings.Contains(a.After, "TLS") ||
		strings.Contains(a.After, "DenyAllAccess") {
		t.Errorf("%+v", a)
	}
	if a := v.Actions[2]; a.Action != "restore" || !strings.Contains(a.Refused, "not known") {
		t.Errorf("%+v", a)
	}
	r := w.asked(requests.Request{ID: "one", Task: requests.Unlock, Resource: bucketARN, Action: "repair"})
	out, err := w.tasks.Do(context.Background(), r)
	if err != nil || out.Result != "repaired" || out.Incident != "request-one~"+bucketARN {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := w.cloud.Policy(bucketARN); !strings.Contains(got, "TLS") || strings.Contains(got, "DenyAllAccess") {
		t.Errorf("policy %s", got)
	}
	w.mustShow(out.Incident)
	w.settle() // the event of what was put
	if mails := w.mails(); len(mails) != 2 || !strings.Contains(mails[1], "REPAIRED (by request)") {
		t.Errorf("mails %q", mails)
	}
	v, err = w.tasks.View(context.Background(), requests.Caller{ARN: asker}, account, bucketARN, "")
	if err != nil || v.Verdict != "open" || v.Task != requests.Force || v.Actions[1].Refused == "" {
		t.Errorf("%+v, %v", v, err)
	}
	again, err := w.tasks.Do(context.Background(), r) // once more: nothing is done twice
	if err != nil || again.Result != "repaired" || len(w.changes()) != 1 {
		t.Errorf("%+v, %v, changes %q", again, err, w.changes())
	}
}

// mustShow wants the whole of a request's incident.
func (w *world) mustShow(incident string) {
	w.t.Helper()
	i, err := w.tasks.Incident(context.Background(), incident)
	if err != nil || i.Result != remedy.Repaired || i.Open || len(i.Copies) != 1 || i.Copies[0].Policy != lockedWithTLS ||
		len(i.Told) != 2 || i.Asked.Reason != "nobody gets in" || i.Requests[0] != "one" || len(i.Difference) == 0 {
		w.t.Errorf("%+v, %v", i, err)
	}
}

// TestALockedQueueIsLookedAtTwice: what it shows may be a minute old.
func TestALockedQueueIsLookedAtTwice(t *testing.T) {
	w := newWorld(t, uncovered)
	w.setQueue(denyAllQueue)
	w.settle()
	r := w.asked(requests.Request{ID: "two", Task: requests.Unlock, Resource: queueARN})
	if _, err := w.tasks.Do(context.Background(), r); !errors.As(err, new(*remedy.Later)) || len(w.changes()) != 0 {
		t.Fatalf("%v, changes %q", err, w.changes())
	}
	out, err := w.does(r)
	if err != nil || out.Result != "unlocked" || w.cloud.Policy(queueARN) != "" {
		t.Errorf("%+v, %v, policy %s", out, err, w.cloud.Policy(queueARN))
	}
}
