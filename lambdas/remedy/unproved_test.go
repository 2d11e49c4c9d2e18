package remedy_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
)

// What nobody proved locked is told again from the ledger: root is opened after a proof.

// unsettled spares one role, and it depends on the version of TLS whether it spares anybody else.
const unsettled = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Pipeline","Effect":"Deny","Principal":"*","Action":"s3:*",
	"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
	"Condition":{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/PipelineAccessS3"}}},
	{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*",
	"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
	"Condition":{"StringNotEquals":{"aws:TLSVersion":"1.2"}}}]}`

// rootOpened counts the root sessions so far.
func (w *world) rootOpened() (n int) {
	for _, c := range w.cloud.Calls() {
		if c.Action == "AssumeRoot" {
			n++
		}
	}
	return n
}

// days lets days go by, with a reminder each hour.
func (w *world) days(n int) {
	w.t.Helper()
	for range 24 * n {
		w.pass(time.Hour)
		w.Remind()
		w.settle()
	}
}

// TestWhatIsNotProvedIsToldForAWeek: each day, without a look, which only root could take.
func TestWhatIsNotProvedIsToldForAWeek(t *testing.T) {
	w := newWorld(t, rules)
	w.put(unsettled)
	w.settle()
	for day := range 7 {
		if got := len(w.pages()); got != 1+day {
			t.Fatalf("day %d: pages %q", day, w.pages())
		}
		w.days(1)
	}
	w.days(3)
	mails := w.cloud.Inbox(w.Topics.Alerts)
	if len(mails) != 8 || w.rootOpened() != 0 || w.Incidents()[0].Open {
		t.Errorf("mails %q, root opened %d times, %+v", w.subjects(), w.rootOpened(), w.Incidents()[0])
	}
	for i, want := range map[int][]string{1: {"UNDECIDED, for 24 hours", "was not looked at"},
		7: {"UNDECIDED, for 7 days", "not told again"}} {
		text := strings.Join(strings.Fields(mails[i].For("email")), " ")
		for _, part := range want {
			if !strings.Contains(text, part) || strings.Contains(text, "It has been so") {
				t.Errorf("mail %d: want %q in\n%s", i, part, mails[i].For("email"))
			}
		}
	}
}

// TestWhatWasNotProvedAndIsNowIsUnlocked: the allow list names administrators by now, whom the policy locks out.
func TestWhatWasNotProvedAndIsNowIsUnlocked(t *testing.T) {
	w := newWorld(t, rules)
	w.put(unsettled)
	w.settle()
	w.Flow.Allow = listOf(t, namedRules("delete"))
	w.days(1)
	if got := w.cloud.Policy(bucketARN); got != "" || !strings.Contains(strings.Join(w.subjects(), " "), "UNLOCKED") {
		t.Errorf("policy %s, mails %q", got, w.subjects())
	}
}

// TestWhatIsOverIsNotToldAgain: people were told of a later policy of the same bucket.
func TestWhatIsOverIsNotToldAgain(t *testing.T) {
	w := newWorld(t, rules)
	w.put(unsettled)
	w.settle()
	w.pass(time.Minute)
	w.cloud.SetPolicy(bucketARN, "")
	w.put(denyAll)
	w.settle()
	before := len(w.subjects())
	w.days(2)
	if len(w.subjects()) != before || slices.ContainsFunc(w.Incidents(), isOpen) {
		t.Errorf("mails %q, %+v", w.subjects(), w.Incidents())
	}
}

// TestALostEventThatProvesNothingOpensNoRoot: the function died with it under way, and the message never came again.
func TestALostEventThatProvesNothingOpensNoRoot(t *testing.T) {
	w := newWorld(t, rules)
	flow := *w.Flow
	w.Flow.Root = &crash{Root: flow.Root, Ledger: flow.Ledger, Teller: flow.Teller, at: "after the claim"}
	w.Flow.Ledger, w.Flow.Teller = w.Flow.Root.(*crash), w.Flow.Root.(*crash)
	w.put(unsettled)
	w.Deliver(context.Background())
	for _, m := range w.cloud.Receive(w.Queue, 10, 0) {
		w.cloud.Delete(w.Queue, m.Receipt)
	}
	w.days(1)
	if w.rootOpened() != 0 || len(w.subjects()) != 1 || !strings.Contains(w.subjects()[0], "UNDECIDED") {
		t.Errorf("root opened %d times, mails %q", w.rootOpened(), w.subjects())
	}
}

func isOpen(e remedy.Entry) bool { return e.Open }
