package remedy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// Locks of which nobody would hear, or not in time.

// TestATotalLockThatComesBackIsTold: a rule names administrators, but this lock spares nobody, so whoever put it again
// had been let in between.
func TestATotalLockThatComesBackIsTold(t *testing.T) {
	w := newWorld(t, namedRules("notify"))
	for range 2 {
		w.put(denyAll)
		w.settle()
		w.cloud.SetPolicy(bucketARN, "")
		w.pass(3 * time.Hour)
	}
	if len(w.pages()) != 2 {
		t.Errorf("pages %q", w.pages())
	}
}

// TestARecordWithoutParametersIsToldAtOnce: CloudTrail has left them out. The record still names the bucket, and no
// retry can mend it.
func TestARecordWithoutParametersIsToldAtOnce(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.Send(w.Queue, `{"source":"aws.s3","detail-type":"AWS API Call via CloudTrail","detail":{
		"eventVersion":"1.11","eventID":"8a2f","eventTime":"2026-11-21T08:00:00Z","eventSource":"s3.amazonaws.com",
		"eventName":"PutBucketPolicy","awsRegion":"eu-central-1","recipientAccountId":"111122223333",
		"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333"},
		"resources":[{"ARN":"arn:aws:s3:::payroll","accountId":"111122223333","type":"AWS::S3::Bucket"}],
		"requestParameters":null}}`)
	w.Deliver(context.Background())
	e := w.Incidents()
	if len(e) != 1 || e[0].Outcome.Result != remedy.Unreadable || e[0].Change.Resource != bucketARN ||
		e[0].Change.Account != account || e[0].Change.By.ARN != "arn:aws:iam::111122223333:user/ann" {
		t.Errorf("%+v", e)
	}
	if len(w.pages()) != 1 || len(w.cloud.Bodies(w.Queue)) != 0 {
		t.Errorf("pages %q, %d messages left", w.pages(), len(w.cloud.Bodies(w.Queue)))
	}
	if mails := w.cloud.Inbox(w.Topics.Alerts); len(mails) != 1 ||
		!strings.Contains(unwrap(mails[0].For("email")), "requestParameters missing") {
		t.Errorf("mails %v", mails)
	}
}

// TestWhatStaysLockedIsToldEachDay: until it is seen open. The reminder looks, and touches nothing.
func TestWhatStaysLockedIsToldEachDay(t *testing.T) {
	for name, allow := range map[string]string{
		"not covered": strings.Replace(rules, `"111122223333"`, `"222233334444"`, 1),
		"notify only": strings.Replace(rules, `"delete"`, `"notify"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, allow)
			w.put(denyAll)
			w.settle()
			for hour := range 49 {
				w.pass(time.Hour)
				w.Remind()
				w.settle()
				if want := 1 + (hour+1)/24; len(w.pages()) < want-1 || len(w.pages()) > want {
					t.Fatalf("after %d hours: pages %q", hour+1, w.pages())
				}
			}
			if len(w.pages()) != 3 || len(w.changes()) != 0 {
				t.Errorf("pages %q, changes %q", w.pages(), w.changes())
			}
			w.cloud.SetPolicy(bucketARN, "")
			for range 50 {
				w.pass(time.Hour)
				w.Remind()
				w.settle()
			}
			if e := w.Incidents()[0]; e.Open || len(w.pages()) > 4 {
				t.Errorf("open %t, pages %q", e.Open, w.pages())
			}
		})
	}
}

// TestAReminderActsWhereTheListHasChanged: what was not covered is covered now.
func TestAReminderActsWhereTheListHasChanged(t *testing.T) {
	w := newWorld(t, strings.Replace(rules, `"111122223333"`, `"222233334444"`, 1))
	w.put(denyAll)
	w.settle()
	w.Flow.Allow = listOf(t, rules)
	w.pass(24 * time.Hour)
	w.Remind()
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != "" || !strings.Contains(w.subjects()[1], "UNLOCKED") {
		t.Errorf("policy %s, mails %q", got, w.subjects())
	}
}

// TestAnEventThatIsLostIsTakenUp: the function died with the event under way, and the message never came again.
func TestAnEventThatIsLostIsTakenUp(t *testing.T) {
	for _, place := range []string{"after the claim", "after saved", "after deleting", "after settled"} {
		t.Run(place, func(t *testing.T) {
			w := newWorld(t, rules)
			flow := *w.Flow
			w.Flow.Root = &crash{Root: flow.Root, Ledger: flow.Ledger, Teller: flow.Teller, at: place}
			w.Flow.Ledger, w.Flow.Teller = w.Flow.Root.(*crash), w.Flow.Root.(*crash)
			w.put(denyAll)
			w.Deliver(context.Background())
			for _, m := range w.cloud.Receive(w.Queue, 10, 0) {
				w.cloud.Delete(w.Queue, m.Receipt)
			}
			w.pass(25 * time.Hour)
			for _, m := range w.cloud.Receive(w.Queue, 10, 0) {
				w.cloud.Delete(w.Queue, m.Receipt)
			}
			w.Remind()
			w.settle()
			w.mustBeUnlockedAndTold()
		})
	}
}

// TestAnUndoIsAnIncidentOfItsOwn: it has the lease, an entry, and a notice; while a worker is busy it waits.
func TestAnUndoIsAnIncidentOfItsOwn(t *testing.T) {
	w, entry := undone(t, rules, lockedInTheMiddle)
	busy, err := w.Ledger.Claim(t.Context(), remedy.Incident{Change: remedy.Change{EventID: "e", Resource: bucketARN}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Flow.Undo(t.Context(), entry, remedy.Undo{Repaired: true}); !errors.Is(err, remedy.ErrBusy) {
		t.Errorf("while a worker is busy: %v", err)
	}
	busy.State = remedy.Closed
	if err := w.Ledger.Record(t.Context(), busy); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute)
	if _, err := w.Flow.Undo(t.Context(), entry, remedy.Undo{Repaired: true}); err != nil {
		t.Fatal(err)
	}
	all := w.Incidents()
	if e := all[len(all)-1]; e.Outcome.Result != remedy.Restored || e.State != remedy.Closed || e.Outcome.Unseen ||
		len(w.subjects()) != 2 {
		t.Errorf("%+v, mails %q", e, w.subjects())
	}
}

// TestAnUndoSeesWhatWasPutTenSecondsAgo: the queue shows nothing yet of what somebody has put since.
func TestAnUndoSeesWhatWasPutTenSecondsAgo(t *testing.T) {
	w := newWorldWith(t, rules, cloud.Config{QueuePropagation: 59 * time.Second})
	w.setQueue(denyAllQueue)
	w.pass(time.Minute)
	w.settle()
	entry := w.find(w.Incidents()[0])
	w.setQueue(goodQueue)
	w.pass(10 * time.Second)
	_, err := w.Flow.Undo(t.Context(), entry, remedy.Undo{Anyway: true})
	if err == nil || !strings.Contains(err.Error(), "has another policy by now") ||
		w.cloud.Policy(queueARN) != goodQueue {
		t.Errorf("%v, policy %s", err, w.cloud.Policy(queueARN))
	}
}

// TestAPanicIsScrubbed: what a panic says may hold a credential, as any error may.
func TestAPanicIsScrubbed(t *testing.T) {
	w := newWorld(t, rules)
	w.Flow.Root = &before{w.Flow.Root, func() { panic("key ASIAABCDEFGHIJKLMNOP") }}
	w.put(denyAll)
	w.settle()
	all := w.log.String()
	for _, m := range w.cloud.Inbox(w.Topics.Alerts) {
		all += m.For("email")
	}
	if strings.Contains(all, "ASIAABCDEFGHIJKLMNOP") || !strings.Contains(all, "panic: key [removed]") {
		t.Error("the panic was passed on as it was, or not at all")
	}
}

// TestARestrictedPolicyThatNobodyMayOpenIsTold: by mail, once a day, with what the only way in needs. One that an
// administrator can open from a network is nothing.
func TestARestrictedPolicyThatNobodyMayOpenIsTold(t *testing.T) {
	until := func(condition string) string {
		return strings.Replace(denyAll, `"Resource":`, `"Condition":`+condition+`,"Resource":`, 1)
	}
	for name, row := range map[string]struct{ condition, needs string }{
		"a later time": {`{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"}}`, "a later time"},
		"a user agent": {`{"StringNotEquals":{"aws:UserAgent":"opensesame"}}`, "aws:UserAgent"},
		"a network":    {`{"NotIpAddress":{"aws:SourceIp":"8.8.8.0/24"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rules)
			w.put(until(row.condition))
			w.cloud.Send(w.Queue, strings.Replace(w.cloud.Bodies(w.Queue)[0], `"eventID":"`, `"eventID":"f`, 1))
			w.settle()
			if len(w.pages()) != 0 || len(w.changes()) != 0 || (len(w.subjects()) == 1) != (row.needs != "") ||
				len(w.subjects()) > 1 {
				t.Fatalf("mails %q, pages %q", w.subjects(), w.pages())
			}
			if row.needs != "" && !strings.Contains(w.cloud.Inbox(w.Topics.Alerts)[0].For("email"), row.needs) {
				t.Errorf("%s", w.cloud.Inbox(w.Topics.Alerts)[0].For("email"))
			}
		})
	}
}

// TestASealBySealersPagesNobody: and is not told each day. One by anybody else pages.
func TestASealBySealersPagesNobody(t *testing.T) {
	allow := strings.Replace(rules, `"deliberate"`, `"sealers":["arn:aws:iam::*:role/SecurityResponse"],"deliberate"`, 1)
	meant := strings.Replace(denyAll, "DenyAllAccess", "Quarantine7", 1)
	for who, pages := range map[string]int{account + ".role.SecurityResponse": 0, account + ".role.Other": 1} {
		w := newWorld(t, allow)
		w.putAs(who, meant)
		w.settle()
		if e := w.Incidents()[0]; len(w.pages()) != pages || len(w.subjects()) != 1 || e.Open != (pages == 1) {
			t.Errorf("%s: mails %q, pages %q, open %t", who, w.subjects(), w.pages(), e.Open)
		}
	}
}
