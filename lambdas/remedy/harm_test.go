package remedy_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
	"locksmith/test/cloud"
)

// What makes things worse: acts that open, that take away, that hit somebody else's policy, or that are told wrongly.

const (
	behindANetwork = `{"Version":"2012-10-17","Statement":[
		{"Sid":"Site","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"},
		{"Sid":"All","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`
	behindATopic = `{"Version":"2012-10-17","Statement":[
		{"Sid":"Topic","Effect":"Allow","Principal":"*","Action":"sqs:*",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:orders"},
		{"Sid":"All","Effect":"Deny","Principal":"*","Action":"sqs:*",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:orders",
		"Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:111122223333:t"}}}]}`
)

// TestARepairThatWouldLetInOutsidersDeletes: without the statement that locks, the bucket, or the queue, would be open
// to anybody.
func TestARepairThatWouldLetInOutsidersDeletes(t *testing.T) {
	w := newWorld(t, repairRules)
	w.put(behindANetwork)
	w.setQueue(behindATopic)
	w.settle()
	if got := w.cloud.Policy(bucketARN) + w.cloud.Policy(queueARN); got != "" {
		t.Errorf("policies %s", got)
	}
	for _, e := range w.Incidents() {
		if e.Outcome.Result != remedy.Unlocked || !strings.Contains(e.Outcome.Why, "from outside") {
			t.Errorf("%s: %s, %s", e.Change.Resource, e.Outcome.Result, e.Outcome.Why)
		}
	}
}

// TestAnUndoThatWouldLetInOutsidersIsRefused: the repaired form of what was deleted is open to anybody, and that is
// said in its own words.
func TestAnUndoThatWouldLetInOutsidersIsRefused(t *testing.T) {
	w, entry := undone(t, rules, behindANetwork)
	_, err := w.Flow.Undo(context.Background(), entry, remedy.Undo{Repaired: true})
	if err == nil || !strings.Contains(err.Error(), "would let in somebody from outside") ||
		w.cloud.Policy(bucketARN) != "" {
		t.Errorf("%v, policy %s", err, w.cloud.Policy(bucketARN))
	}
	if _, err = w.Flow.Undo(context.Background(), entry, remedy.Undo{Repaired: true, Anyway: true}); err != nil ||
		!strings.Contains(w.cloud.Policy(bucketARN), "Site") {
		t.Errorf("anyway: %v, policy %s", err, w.cloud.Policy(bucketARN))
	}
}

// TestProtectionsThatGoAreTold: what did not lock and went with the policy, what insiders can do, and a corrected
// policy that can be put back. That pages.
func TestProtectionsThatGoAreTold(t *testing.T) {
	w := newWorld(t, rules)
	w.put(lockedInTheMiddle)
	w.settle()
	o := w.Incidents()[0].Outcome
	if len(o.Losses) != 2 || o.Losses[0].Label != "TLS" || o.Losses[1].Label != "Logs" || len(o.Inside) == 0 ||
		o.ACL == "" || o.Corrected.Verdict != lockout.Open || !sameText(o.Corrected.Text, repairedInTheMiddle) {
		t.Errorf("%+v", o)
	}
	if len(w.pages()) != 1 {
		t.Errorf("pages %q", w.pages())
	}
}

func sameText(a, b string) bool {
	return strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), "")
}

const goodQueue = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*",
	"Resource":"arn:aws:sqs:eu-central-1:111122223333:orders",
	"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

var lockedButPipeline = strings.Replace(denyAllQueue, `"Resource":`, `"Condition":{"ArnNotEquals":
	{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/PipelineAccessS3"}},"Resource":`, 1)

// TestASparedWriterCorrectsIt: a role that the policy spares puts a good one five seconds later. When the event comes,
// the queue shows the old one, which agrees with it, and not yet the good one. The good one stays.
func TestASparedWriterCorrectsIt(t *testing.T) {
	w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 50 * time.Second})
	w.setQueue(lockedButPipeline)
	w.pass(5 * time.Second)
	w.setQueueAs(pipelineRole, goodQueue)
	w.pass(47 * time.Second)
	w.settle()
	if got := w.cloud.Policy(queueARN); got != goodQueue || len(w.changes()) != 0 {
		t.Errorf("policy %s, changes %q", got, w.changes())
	}
}

// TestASparedWriterCorrectsItLate: the event of the correction is there before the lock is acted on, whose old copy
// still shows.
func TestASparedWriterCorrectsItLate(t *testing.T) {
	w := newWorldWith(t, namedRules("delete"), cloud.Config{QueuePropagation: 55 * time.Second})
	w.setQueue(lockedButPipeline)
	w.Deliver(context.Background())
	w.pass(50 * time.Second)
	w.setQueueAs(pipelineRole, goodQueue)
	w.Deliver(context.Background())
	w.pass(11 * time.Second)
	w.settle()
	if got := w.cloud.Policy(queueARN); got != goodQueue || len(w.changes()) != 0 {
		t.Errorf("policy %s, changes %q", got, w.changes())
	}
}

// between lets something happen right before the policy is deleted, or right after.
type between struct {
	remedy.Root
	before, after func()
}

type betweenSession struct {
	remedy.Session
	b *between
}

func (b *between) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	s, err := b.Root.Open(ctx, c)
	return betweenSession{s, b}, err
}

func (s betweenSession) Delete(ctx context.Context) error {
	if s.b.before != nil {
		s.b.before()
	}
	err := s.Session.Delete(ctx)
	if s.b.after != nil {
		s.b.after()
	}
	return err
}

// TestACorrectionRightBeforeTheActIsKeptAndTold: nothing could have seen it. Its own event tells of it afterwards, and
// it can be put back.
func TestACorrectionRightBeforeTheActIsKeptAndTold(t *testing.T) {
	w := newWorld(t, namedRules("delete"))
	w.Flow.Root = &between{Root: w.Flow.Root, before: func() { w.putAs(pipelineRole, harmless) }}
	w.put(denyAllExceptPipeline)
	w.settle()
	var overtaken remedy.Entry
	for _, e := range w.Incidents() {
		if e.Outcome.Result == remedy.Overtaken {
			overtaken = w.find(e)
		}
	}
	if len(overtaken.Copies) != 1 || !same(t, overtaken.Copies[0].Policy, harmless) || len(w.pages()) == 0 {
		t.Fatalf("%+v, pages %q", overtaken, w.pages())
	}
	if _, err := w.Flow.Undo(context.Background(), overtaken, remedy.Undo{}); err != nil ||
		!same(t, w.cloud.Policy(bucketARN), harmless) {
		t.Errorf("%v, policy %s", err, w.cloud.Policy(bucketARN))
	}
}

// TestACorrectionRightAfterTheSaveIsSeen: the policy is read once more after it was saved.
func TestACorrectionRightAfterTheSaveIsSeen(t *testing.T) {
	w := newWorld(t, namedRules("delete"))
	w.Flow.Ledger = &afterSave{w.Flow.Ledger, func() { w.putAs(pipelineRole, harmless) }}
	w.put(denyAllExceptPipeline)
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != harmless || len(w.changes()) != 0 {
		t.Errorf("policy %s, changes %q", got, w.changes())
	}
	if e := w.Incidents()[0]; e.Outcome.Result != remedy.StoodDown || e.Token || len(e.Kept) != 1 {
		t.Errorf("%+v", e)
	}
}

type afterSave struct {
	remedy.Ledger
	do func()
}

func (a *afterSave) Record(ctx context.Context, e remedy.Entry) error {
	err := a.Ledger.Record(ctx, e)
	if e.State == remedy.Saved && a.do != nil {
		a.do()
		a.do = nil
	}
	return err
}

// TestNothingIsSaidToBeThereThatWasTakenOff: after the act the queue shows, for a while, what somebody had put right
// before it. That is kept, and not told as what is in force.
func TestNothingIsSaidToBeThereThatWasTakenOff(t *testing.T) {
	w := newWorldWith(t, rules, cloud.Config{QueuePropagation: 30 * time.Second})
	w.setQueue(denyAllQueue)
	w.pass(time.Minute)
	w.Flow.Root = &between{Root: w.Flow.Root, before: func() {
		w.cloud.SetPolicy(queueARN, goodQueue)
		w.pass(31 * time.Second)
	}}
	w.settle()
	if got := w.cloud.Policy(queueARN); got != "" {
		t.Fatalf("policy %s", got)
	}
	e := w.find(w.Incidents()[0])
	if strings.Contains(e.Outcome.Why, "somebody has put another policy there since") ||
		!strings.Contains(e.Outcome.Why, "may have been taken off with it") || len(e.Copies) != 2 ||
		e.Copies[1].Policy != goodQueue {
		t.Errorf("%s\n%+v", e.Outcome.Why, e.Copies)
	}
}

// TestThreeKillsLoseNoCopy: each time the policy was deleted, the function was killed, and another lock came.
func TestThreeKillsLoseNoCopy(t *testing.T) {
	w := newWorld(t, rules)
	root := w.Flow.Root
	w.put(denyAll)
	want := []string{denyAll}
	for _, sid := range []string{"Second", "Third", "Fourth"} {
		kill := &crash{Root: root, Ledger: w.Flow.Ledger, Teller: w.Flow.Teller, at: "after deleting"}
		w.Flow.Root = kill
		w.Deliver(context.Background())
		next := strings.Replace(denyAll, "DenyAllAccess", sid, 1)
		w.cloud.SetPolicy(bucketARN, next) // no event of it comes
		want = append(want, next)
		w.pass(6 * time.Minute)
	}
	w.Flow.Root = root
	w.settle()
	e := w.find(w.Incidents()[0])
	if len(e.Copies) != len(want) {
		t.Fatalf("%d copies", len(e.Copies))
	}
	for i, k := range e.Copies {
		if k.Policy != want[i] || k.Verdict.Answer != lockout.Lockout {
			t.Errorf("copy %d: %s, %s", i, k.Verdict.Answer, k.Policy)
		}
	}
	if _, err := w.Flow.Undo(context.Background(), e, remedy.Undo{Copy: 2, Anyway: true}); err != nil ||
		w.cloud.Policy(bucketARN) != want[1] {
		t.Errorf("undo of the second: %v, %s", err, w.cloud.Policy(bucketARN))
	}
}
