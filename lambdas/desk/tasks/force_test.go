package tasks_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/test/cloud"
)

// kind is the kind of a refusal, or "" of any other error.
func kind(err error) requests.Kind {
	if refused := (*requests.Refusal)(nil); errors.As(err, &refused) {
		return refused.Kind
	}
	return ""
}

// TestWhatIsNotLockedIsForced: twice looked at, a minute apart, and told in its own words.
func TestWhatIsNotLockedIsForced(t *testing.T) {
	w := newWorld(t, uncovered)
	w.put(harmless)
	r := w.asked(requests.Request{ID: "f1", Task: requests.Unlock, Resource: bucketARN})
	if r.Task != requests.Force {
		t.Fatalf("task %s", r.Task)
	}
	if _, err := w.tasks.Do(context.Background(), r); !errors.As(err, new(*remedy.Later)) {
		t.Fatalf("%v", err)
	}
	w.pass(59 * time.Second)
	if _, err := w.tasks.Do(context.Background(), r); !errors.As(err, new(*remedy.Later)) || len(w.changes()) != 0 {
		t.Fatalf("%v, changes %q", err, w.changes())
	}
	w.pass(time.Second)
	out, err := w.tasks.Do(context.Background(), r)
	if err != nil || out.Result != "unlocked" || w.cloud.Policy(bucketARN) != "" {
		t.Fatalf("%+v, %v, policy %s", out, err, w.cloud.Policy(bucketARN))
	}
	mail := w.cloud.Inbox(w.Topics.Alerts)[0].For("email")
	for _, want := range []string{"(forced)", "not proved", "nobody gets in", "OPS-17", "kim@example"} {
		if !strings.Contains(mail, want) {
			t.Errorf("no %q in the mail:\n%s", want, mail)
		}
	}
	if len(w.paged()) != 1 { // what TLS demanded is gone
		t.Errorf("pages %q", w.paged())
	}
}

// TestWhatIsNotLockedIsNotUnlocked: nobody has insisted.
func TestWhatIsNotLockedIsNotUnlocked(t *testing.T) {
	w := newWorld(t, uncovered)
	w.put(harmless)
	r := w.asked(requests.Request{ID: "u1", Task: requests.Unlock, Resource: bucketARN})
	r.Task = requests.Unlock
	out, err := w.does(r)
	if kind(err) != requests.Conflict || out.Result != "stood down" || w.cloud.Policy(bucketARN) != harmless {
		t.Errorf("%+v, %v", out, err)
	}
	if len(w.mails()) != 0 {
		t.Errorf("mails %q", w.mails())
	}
}

// TestWhatIsAskedForIsRefused: before anybody is asked to approve it.
func TestWhatIsAskedForIsRefused(t *testing.T) {
	for name, row := range map[string]struct {
		policy, queue string
		r             requests.Request
		kind          requests.Kind
		says          string
	}{
		"repair that would let in the world": {policy: behindANetwork,
			r: requests.Request{Resource: bucketARN, Action: "repair"}, kind: requests.Conflict, says: "from outside"},
		"restore of what nobody saw": {policy: denyAll, r: requests.Request{Resource: bucketARN, Action: "restore"},
			kind: requests.Conflict, says: "not known"},
		"an action of another kind": {policy: denyAll, r: requests.Request{Resource: bucketARN, Action: "notify"},
			kind: requests.Malformed, says: "notify"},
		"repair of what is not locked": {policy: harmless, r: requests.Request{Resource: bucketARN, Action: "repair"},
			kind: requests.Conflict, says: "no statement is proved to lock"},
		"no policy": {r: requests.Request{Resource: bucketARN}, kind: requests.Conflict, says: "no policy"},
		"no such bucket": {r: requests.Request{Resource: "arn:aws:s3:::payro"}, kind: requests.Absent,
			says: "no bucket payro"},
		"a bucket of others": {r: requests.Request{Resource: "arn:aws:s3:::theirs"}, kind: requests.Absent,
			says: "no bucket"},
		"no such queue": {r: requests.Request{Resource: "arn:aws:sqs:eu-central-1:111122223333:none"},
			kind: requests.Absent, says: "no queue none in Region eu-central-1"},
		"the wrong Region": {r: requests.Request{Resource: "arn:aws:sqs:us-east-1:111122223333:orders"},
			kind: requests.Absent, says: "no queue orders in Region us-east-1"},
		"a queue of another account": {r: requests.Request{Resource: "arn:aws:sqs:eu-central-1:222233334444:orders"},
			kind: requests.Malformed, says: "not of account"},
		"a topic": {r: requests.Request{Resource: "arn:aws:sns:eu-central-1:111122223333:orders"},
			kind: requests.Malformed, says: "bucket or queue"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, uncovered)
			w.cloud.PutBucket("222233334444", region, "theirs")
			if row.policy != "" {
				w.cloud.SetPolicy(bucketARN, row.policy)
			}
			row.r.Task = requests.Unlock
			_, err := w.submitted(row.r)
			if kind(err) != row.kind || err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v: want %s, saying %q", err, row.kind, row.says)
			}
			if len(w.changes()) != 0 || len(w.Incidents()) != 0 {
				t.Errorf("changes %q", w.changes())
			}
		})
	}
}

// TestALockedQueueIsFound: its policy forbids root GetQueueUrl, too.
func TestALockedQueueIsFound(t *testing.T) {
	w := newWorld(t, uncovered)
	w.setQueue(denyAllQueue)
	v, err := w.tasks.View(context.Background(), requests.Caller{ARN: asker}, account, queueARN, region)
	if err != nil || !v.Locked || v.Region != region {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestNeverBindsPeople: whatever is approved or forced. It can be looked at.
func TestNeverBindsPeople(t *testing.T) {
	w := newWorld(t, strings.Replace(uncovered, "org-trail-*", "pay*", 1))
	w.put(denyAll)
	v, err := w.tasks.View(context.Background(), requests.Caller{ARN: asker}, account, bucketARN, "")
	if err != nil || !v.Never {
		t.Errorf("%+v, %v", v, err)
	}
	for _, task := range []requests.Task{requests.Unlock, requests.Force} {
		r := w.asked(requests.Request{ID: "n" + task, Task: task, Resource: bucketARN})
		r.Task = task
		if out, err := w.does(r); kind(err) != requests.NotPermitted || w.cloud.Policy(bucketARN) != denyAll {
			t.Errorf("%s: %+v, %v", task, out, err)
		}
	}
}

// TestObserveDoesNotBindPeople: it is about what Locksmith does by itself.
func TestObserveDoesNotBindPeople(t *testing.T) {
	w := newWorld(t, uncovered)
	w.tasks.Flow.Observe = true
	w.put(denyAll)
	if out, err := w.does(w.asked(requests.Request{Task: requests.Unlock, Resource: bucketARN})); err != nil ||
		w.cloud.Policy(bucketARN) != "" {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestAMarkedLockIsForced: it is locked, and marked as meant.
func TestAMarkedLockIsForced(t *testing.T) {
	w := newWorld(t, uncovered)
	w.put(strings.Replace(denyAll, "DenyAllAccess", "QuarantineCase17", 1))
	r := w.asked(requests.Request{Task: requests.Unlock, Resource: bucketARN})
	if r.Task != requests.Force {
		t.Fatalf("task %s", r.Task)
	}
	if out, err := w.does(r); err != nil || w.cloud.Policy(bucketARN) != "" {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestAnotherPolicyThanShownIsLeft: somebody has put another one since, before the first look or between the two.
func TestAnotherPolicyThanShownIsLeft(t *testing.T) {
	for _, between := range []bool{false, true} {
		w := newWorld(t, uncovered)
		w.put(harmless)
		r := w.asked(requests.Request{Task: requests.Force, Resource: bucketARN})
		if between {
			if _, err := w.tasks.Do(context.Background(), r); !errors.As(err, new(*remedy.Later)) {
				t.Fatal(err)
			}
		}
		w.put(strings.Replace(harmless, "TLS", "Other", 1))
		w.pass(time.Minute)
		if _, err := w.tasks.Do(context.Background(), r); !errors.Is(err, requests.ErrOther) || len(w.changes()) != 0 {
			t.Fatalf("%v, changes %q", err, w.changes())
		}
		r = w.asked(requests.Request{ID: r.ID, Task: requests.Force, Resource: bucketARN}) // shown anew, and approved
		if _, err := w.tasks.Do(context.Background(), r); !errors.As(err, new(*remedy.Later)) {
			t.Errorf("%v: what is shown anew waits anew", err)
		}
		if out, err := w.does(r); err != nil || w.cloud.Policy(bucketARN) != "" {
			t.Errorf("%+v, %v", out, err)
		}
	}
}

// TestAStaleCopyOfAQueueIsNotActedOn: somebody put the policy right a moment before, which the queue does not show.
func TestAStaleCopyOfAQueueIsNotActedOn(t *testing.T) {
	w := newWorldOf(t, uncovered, cloud.Config{QueuePropagation: 55 * time.Second}, ledger.Defaults())
	w.setQueue(goodQueue)
	w.pass(time.Hour)
	old := strings.Replace(goodQueue, "TLS", "Old", 1)
	w.setQueue(old)
	w.pass(10 * time.Minute)
	w.setQueue(goodQueue)
	r := w.asked(requests.Request{Task: requests.Force, Resource: queueARN})
	if !strings.Contains(r.Shown, "Old") {
		t.Fatalf("shown %s", r.Shown)
	}
	if out, err := w.does(r); !errors.Is(err, requests.ErrOther) || w.cloud.Policy(queueARN) != goodQueue {
		t.Errorf("%+v, %v, policy %s", out, err, w.cloud.Policy(queueARN))
	}
}

// TestTheGuardsHoldPeopleToo: what is beyond the limits is not done, and says why.
func TestTheGuardsHoldPeopleToo(t *testing.T) {
	limits := ledger.Defaults()
	limits.PerAccount = 1
	w := newWorldOf(t, uncovered, cloud.Config{}, limits)
	w.put(denyAll)
	if _, err := w.does(w.asked(requests.Request{ID: "h1", Task: requests.Unlock, Resource: bucketARN})); err != nil {
		t.Fatal(err)
	}
	w.cloud.SetPolicy(bucketARN, denyAll)
	w.pass(2 * time.Minute)
	out, err := w.does(w.asked(requests.Request{ID: "h2", Task: requests.Unlock, Resource: bucketARN}))
	if out.Result != "held" || kind(err) != requests.Conflict || w.cloud.Policy(bucketARN) == "" {
		t.Errorf("%+v, %v", out, err)
	}
}
