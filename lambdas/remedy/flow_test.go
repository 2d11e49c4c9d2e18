package remedy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

func TestALockedBucketIsUnlocked(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	if got := w.read(account); got != "AccessDenied" {
		t.Fatalf("the administrator reads the policy: %q", got)
	}
	w.settle()
	if got := w.read(account); got != "NoSuchBucketPolicy" {
		t.Errorf("afterwards: %q", got)
	}
	if diff := cmp.Diff([]string{"[Locksmith] UNLOCKED bucket payroll (111122223333)"}, w.subjects()); diff != "" {
		t.Error(diff)
	}
	if len(w.pages()) != 0 {
		t.Errorf("paged: %q", w.pages())
	}
	if chats := w.cloud.Inbox(w.Topics.Chat); len(chats) != 1 {
		t.Errorf("%d messages in the chat", len(chats))
	}
	entries := w.Incidents()
	if len(entries) != 1 || entries[0].Saved != denyAll || entries[0].State != remedy.Closed ||
		entries[0].Outcome.Result != remedy.Unlocked {
		t.Errorf("ledger: %+v", entries)
	}
}

// TestCallsPerUnlock counts what one unlock costs.
func TestCallsPerUnlock(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.cloud.ResetCalls()
	w.settle()
	var calls []string
	for _, c := range w.cloud.Calls() {
		calls = append(calls, c.Service+":"+c.Action+" "+c.Region)
	}
	const ledger = "dynamodb:TransactWriteItems us-east-1"
	want := []string{ledger, "sts:AssumeRoot us-east-1", "dynamodb:PutItem us-east-1", "s3:GetBucketPolicy eu-central-1",
		ledger, "s3:GetBucketPolicy eu-central-1", "s3:DeleteBucketPolicy eu-central-1", "s3:GetBucketPolicy eu-central-1",
		ledger, "dynamodb:GetItem us-east-1", "sns:Publish us-east-1", "sns:Publish us-east-1", ledger}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
}

func TestALockedQueueIsUnlocked(t *testing.T) {
	w := newWorld(t, rules)
	w.setQueue(denyAllQueue)
	w.settle()
	if got := w.cloud.Policy(queueARN); got != "" {
		t.Errorf("policy afterwards: %s", got)
	}
	if diff := cmp.Diff([]string{"[Locksmith] UNLOCKED queue orders (111122223333)"}, w.subjects()); diff != "" {
		t.Error(diff)
	}
}

func TestPipelineRoleSpared(t *testing.T) {
	t.Run("no administrators named", func(t *testing.T) {
		w := newWorld(t, rules)
		w.put(denyAllExceptPipeline)
		w.cloud.ResetCalls()
		w.settle()
		if got := w.read(account + ".role.PipelineAccessS3"); got != "" {
			t.Errorf("the pipeline reads the policy: %q", got)
		}
		if len(w.changes()) != 0 || len(w.subjects()) != 0 {
			t.Errorf("changes %q, mails %q", w.changes(), w.subjects())
		}
	})
	t.Run("administrators named, and it is none", func(t *testing.T) {
		w := newWorld(t, namedRules("delete"))
		w.put(denyAllExceptPipeline)
		w.settle()
		if got := w.read(account); got != "NoSuchBucketPolicy" {
			t.Errorf("afterwards: %q", got)
		}
		mail := w.cloud.Inbox(w.Topics.Alerts)[0].For("email")
		if !strings.Contains(unwrap(mail),
			"spares only arn:aws:iam::111122223333:role/PipelineAccessS3, "+
				"and no administrator that the allow list names has such an ARN") {
			t.Errorf("the mail does not say why:\n%s", mail)
		}
	})
}

// TestALockThatComesBackIsHeld: something that locks again and again is not fought, and a person is paged.
func TestALockThatComesBackIsHeld(t *testing.T) {
	w := newWorld(t, rules)
	for range 4 {
		w.put(denyAll)
		w.settle()
	}
	if got := w.cloud.Policy(bucketARN); got != denyAll {
		t.Errorf("policy %q", got)
	}
	if len(w.subjects()) != 4 || len(w.pages()) != 1 {
		t.Errorf("mails %q, pages %q", w.subjects(), w.pages())
	}
}

// TestSlowQueue: SQS may show the old policy for a minute.
func TestSlowQueue(t *testing.T) {
	w := newWorldWith(t, rules, cloud.Config{QueuePropagation: 45 * time.Second})
	w.setQueue(denyAllQueue)
	w.pass(time.Minute)
	w.settle()
	if e := w.Incidents()[0]; e.Outcome.Result != remedy.Unlocked || e.Outcome.Why != "" {
		t.Errorf("%+v", e.Outcome)
	}
	if len(w.changes()) != 1 {
		t.Errorf("changes %q", w.changes())
	}
}

// TestOurOwnChangesComeToNothing: the rescue comes back as an event itself, and so would a repair.
func TestOurOwnChangesComeToNothing(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	event := w.cloud.Bodies(w.Queue)[0]
	w.setQueue(denyAllQueue)
	w.settle()
	for _, own := range w.cloud.Events() {
		if strings.Contains(string(own), `"type":"Root"`) {
			w.cloud.Send(w.Queue, string(own)) // past the rule's pattern
		}
	}
	repair := strings.Replace(event, `"eventID":"`, `"eventID":"r`, 1)
	repair = strings.Replace(repair, `"type":"IAMUser"`, `"type":"Root"`, 1)
	repair = strings.Replace(repair, `"Action":"s3:*"`, `"Action":"s3:PutObject"`, 1)
	w.cloud.Send(w.Queue, repair)
	mails := len(w.subjects())
	w.cloud.ResetCalls()
	w.settle()
	if len(w.cloud.Calls()) != 0 || len(w.subjects()) != mails {
		t.Errorf("calls %v, mails %q", w.cloud.Calls(), w.subjects())
	}
}

// TestNoCredentialIsWritten looks for the root sessions' keys in everything that is written.
func TestNoCredentialIsWritten(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Action == "GetBucketPolicy" && c.N < 8 && strings.HasSuffix(c.Caller, ":root") {
			return &cloud.Fault{Code: "InternalError", Message: "with key ASIAABCDEFGHIJKLMNOP", Status: 500}
		}
		return nil
	})
	w.put(denyAll)
	w.setQueue(denyAllQueue)
	w.settle()
	written := w.log.String()
	for _, e := range w.Incidents() {
		written += e.Outcome.Why
	}
	for _, topic := range []string{w.Topics.Alerts, w.Topics.Pages, w.Topics.Chat} {
		for _, m := range w.cloud.Inbox(topic) {
			for _, text := range m.Message {
				written += text
			}
		}
	}
	secrets := w.cloud.Secrets()
	if len(secrets) < 4 || len(written) < 1000 {
		t.Fatalf("%d secrets, %d bytes written: nothing to look at", len(secrets), len(written))
	}
	for _, secret := range append(secrets, "ASIAABCDEFGHIJKLMNOP") {
		if strings.Contains(written, secret) {
			t.Errorf("%s was written", secret)
		}
	}
}

// TestObserve: everything but the act. The root session reads, nothing is changed, and people are told and paged.
func TestObserve(t *testing.T) {
	w := newWorld(t, rules)
	w.Flow.Observe = true
	w.put(denyAll)
	w.cloud.ResetCalls()
	w.settle()
	var calls []string
	for _, c := range w.cloud.Calls() {
		calls = append(calls, c.Service+":"+c.Action)
	}
	if diff := cmp.Diff([]string{"dynamodb:TransactWriteItems", "sts:AssumeRoot", "dynamodb:PutItem",
		"s3:GetBucketPolicy", "dynamodb:TransactWriteItems", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:GetItem",
		"sns:Publish", "sns:Publish", "sns:Publish", "dynamodb:TransactWriteItems"}, calls); diff != "" {
		t.Error(diff)
	}
	if got := w.cloud.Policy(bucketARN); got != denyAll {
		t.Errorf("policy afterwards: %s", got)
	}
	mails := []string{"[Locksmith] STILL LOCKED (observe mode) bucket payroll (111122223333)"}
	if diff := cmp.Diff(mails, w.subjects()); diff != "" || len(w.pages()) != 1 {
		t.Errorf("%s; %d pages", diff, len(w.pages()))
	}
}
