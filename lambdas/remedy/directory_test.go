package remedy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
	"locksmith/test/cloud/organizations"
)

// An allow list that names units and tags: the accounts are looked up.

const (
	sandboxes, inner = "ou-a1b2-11111111", "ou-a1b2-22222222"
	unlocked         = "[Locksmith] UNLOCKED bucket payroll (111122223333)"
)

// rulesFor are the rules for another account, unit or tag.
func rulesFor(account string) string {
	return strings.Replace(rules, `"111122223333","000011112222"`, `"`+account+`"`, 1)
}

// grow gives the organization units, and puts the account of the bucket into one of them.
func (w *world) grow(a organizations.Account) {
	w.cloud.PutUnit(sandboxes, organizations.RootID, "sandboxes")
	w.cloud.PutUnit(inner, sandboxes, "inner")
	w.cloud.PutUnit("ou-a1b2-33333333", organizations.RootID, "production")
	a.Number = account
	w.cloud.PutAccount(a)
}

// lookups are the calls to Organizations since the last ResetCalls.
func (w *world) lookups() (actions []string) {
	for _, c := range w.cloud.Calls() {
		if c.Service == "organizations" {
			actions = append(actions, c.Action)
		}
	}
	return actions
}

func TestAccountsAreLookedUp(t *testing.T) {
	tagged := map[string]string{"stage": "sandbox", "Owner": "a=b", "empty": ""}
	for _, row := range []struct {
		named   string
		account organizations.Account
		why     string // part of the mail; "" where the bucket is unlocked
	}{
		{sandboxes, organizations.Account{Parent: sandboxes}, ""},
		{sandboxes, organizations.Account{Parent: inner}, ""},
		{inner, organizations.Account{Parent: sandboxes}, "no rule of the allow list covers arn:aws:s3:::payroll in account"},
		{"r-a1b2", organizations.Account{Parent: inner}, ""},
		{sandboxes, organizations.Account{Parent: "ou-a1b2-33333333"}, "no rule of the allow list covers"},
		{"tag:stage=sandbox", organizations.Account{Tags: tagged}, ""},
		{"tag:Owner=a=b", organizations.Account{Tags: tagged}, ""},
		{"tag:empty=", organizations.Account{Tags: tagged}, ""},
		{"tag:stage=", organizations.Account{Tags: tagged}, "no rule of the allow list covers"},
		{"tag:stage=Sandbox", organizations.Account{Tags: tagged}, "no rule of the allow list covers"},
		{"tag:owner=a=b", organizations.Account{Tags: tagged}, "no rule of the allow list covers"},
		{"tag:stage=sandbox", organizations.Account{}, "no rule of the allow list covers"},
		{sandboxes, organizations.Account{Parent: sandboxes, State: organizations.Suspended},
			"account 111122223333 is not active but SUSPENDED, so nothing is covered"},
		{sandboxes, organizations.Account{Parent: sandboxes, State: organizations.PendingClosure},
			"account 111122223333 is not active but PENDING_CLOSURE, so nothing is covered"},
	} {
		t.Run(row.named+row.account.Parent+row.account.State, func(t *testing.T) {
			w := newWorld(t, rulesFor(row.named))
			w.grow(row.account)
			w.put(denyAll)
			w.settle()
			if row.why == "" {
				if diff := cmp.Diff([]string{unlocked}, w.subjects()); diff != "" || w.cloud.Policy(bucketARN) != "" {
					t.Error(diff)
				}
				return
			}
			w.refused(row.why)
		})
	}
}

// refused wants a bucket that is locked still, one page, and a mail that says why.
func (w *world) refused(why string) {
	w.t.Helper()
	if w.cloud.Policy(bucketARN) != denyAll || len(w.changes()) != 0 {
		w.t.Errorf("policy %q, changes %q", w.cloud.Policy(bucketARN), w.changes())
	}
	mails := w.cloud.Inbox(w.Topics.Alerts)
	if len(mails) != 1 || len(w.pages()) != 1 {
		w.t.Fatalf("pages %q, mails %q", w.pages(), w.subjects())
	}
	if text := unwrap(mails[0].For("email")); !strings.Contains(strings.ToLower(text), strings.ToLower(why)) {
		w.t.Errorf("the mail lacks %q:\n%s", why, mails[0].For("email"))
	}
}

// TestWhoCannotBeLookedUp: nothing is covered, and people are told why. Not even a rule below that names the account
// decides then.
func TestWhoCannotBeLookedUp(t *testing.T) {
	second := `{"name":"named","accounts":["111122223333"],"resources":["arn:aws:s3:::*"],"action":"delete",` +
		`"owner":"o","reason":"r"}]}`
	both := strings.Replace(rulesFor(sandboxes), "]}", ","+second, 1)
	t.Run("no member", func(t *testing.T) {
		w := newWorld(t, both)
		w.put(denyAll)
		w.cloud.Leave(account)
		w.settle()
		w.refused("the organization has no account 111122223333, so nothing is covered")
	})
	t.Run("not permitted", func(t *testing.T) {
		w := newWorld(t, both)
		w.put(denyAll)
		w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
			if c.Service != "organizations" {
				return nil
			}
			return &cloud.Fault{Code: "AccessDeniedException", Message: "You don't have permissions", Status: 400}
		})
		w.settle()
		w.refused("account 111122223333 could not be looked up (not permitted to look up accounts: " +
			"organizations:DescribeAccount: AccessDeniedException: You don't have permissions), so nothing is covered")
	})
	t.Run("no directory", func(t *testing.T) {
		w := newWorld(t, both)
		w.Flow.Directory = nil
		w.put(denyAll)
		w.settle()
		w.refused("ou-a1b2-11111111 is not looked up, so nothing is covered")
	})
}

// TestNobodyIsLookedUpForWhatPasses: that is the way of nearly all events.
func TestNobodyIsLookedUpForWhatPasses(t *testing.T) {
	named := strings.Replace(namedRules("delete"), `"111122223333","000011112222"`, `"`+sandboxes+`"`, 1)
	for name, row := range map[string]struct {
		allow, policy string
		calls         []string
	}{
		"open":                                 {rulesFor(sandboxes), harmless, nil},
		"spares one role, which is anybody":    {rulesFor(sandboxes), denyAllExceptPipeline, nil},
		"open, and others than administrators": {named, harmless, []string{"UpdateItem"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, row.allow)
			w.put(row.policy)
			w.cloud.ResetCalls()
			w.settle()
			var calls []string
			for _, c := range w.cloud.Calls() {
				calls = append(calls, c.Action)
			}
			if diff := cmp.Diff(row.calls, calls); diff != "" || len(w.subjects()) != 0 {
				t.Errorf("%s, mails %q", diff, w.subjects())
			}
		})
	}
	t.Run("locked for the rule's administrators", func(t *testing.T) {
		w := newWorld(t, named)
		w.grow(organizations.Account{Parent: sandboxes})
		w.put(denyAllExceptPipeline)
		w.settle()
		if diff := cmp.Diff([]string{unlocked}, w.subjects()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("by number", func(t *testing.T) {
		w := newWorld(t, strings.Replace(rules, `"000011112222"`, `"`+sandboxes+`"`, 1))
		w.put(denyAll)
		w.cloud.ResetCalls()
		w.settle()
		if len(w.lookups()) != 0 || len(w.subjects()) != 1 {
			t.Errorf("lookups %q, mails %q", w.lookups(), w.subjects())
		}
	})
}

// TestALookupThatFailsIsTriedAgain: by the queue, until people are told. What could not be settled is in the ledger, so
// that it is come back to.
func TestALookupThatFailsIsTriedAgain(t *testing.T) {
	throttled := &cloud.Fault{Code: "TooManyRequestsException", Message: "You have sent too many requests", Status: 400}
	for name, fault := range map[string]*cloud.Fault{"throttled": throttled, "down": {Code: "ServiceException"},
		"no answer": {DropRequest: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rulesFor(sandboxes))
			w.grow(organizations.Account{Parent: sandboxes})
			w.put(denyAll)
			failing := 7 // two deliveries, and one of the SDK's attempts
			w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Service != "organizations" || failing == 0 {
					return nil
				}
				failing--
				return fault
			})
			w.settle()
			if diff := cmp.Diff([]string{unlocked}, w.subjects()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("for good", func(t *testing.T) {
		w := newWorld(t, rulesFor(sandboxes))
		w.grow(organizations.Account{Parent: sandboxes})
		w.put(denyAll)
		w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
			if c.Service == "organizations" {
				return throttled
			}
			return nil
		})
		w.settle()
		w.refused("not finished after 5 tries: directory: organizations:DescribeAccount: TooManyRequestsException")
		if dead := w.cloud.Bodies(w.DeadLetters); len(dead) != 1 {
			t.Errorf("%d dead letters", len(dead))
		}
		w.cloud.Fail(nil)
		w.pass(24 * time.Hour)
		w.Remind()
		w.settle()
		if w.cloud.Policy(bucketARN) != "" || w.subjects()[1] != unlocked {
			t.Errorf("a day later: %q, mails %q", w.cloud.Policy(bucketARN), w.subjects())
		}
	})
}

// TestAnAccountThatMoved: what is of this day says who may be covered, and what is fresh decides.
func TestAnAccountThatMoved(t *testing.T) {
	for name, row := range map[string]struct{ from, to, subject string }{
		"out": {sandboxes, organizations.RootID, "[Locksmith] PAGE bucket payroll (111122223333) is locked: not covered"},
		"in":  {organizations.RootID, sandboxes, unlocked},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rulesFor(sandboxes))
			w.grow(organizations.Account{Parent: row.from})
			if _, err := w.Flow.Directory.Account(context.Background(), account); err != nil {
				t.Fatal(err)
			}
			w.pass(12 * time.Hour)
			w.grow(organizations.Account{Parent: row.to})
			w.put(denyAll)
			w.settle()
			if locked := w.cloud.Policy(bucketARN) == denyAll; locked != (name == "out") || len(w.changes()) == 0 != locked {
				t.Errorf("locked: %v, changes %q", locked, w.changes())
			}
			if entries := w.Incidents(); len(entries) != 1 || (entries[0].Outcome.Rule == "sandboxes") != (name == "in") {
				t.Errorf("%+v", entries)
			}
			if got := w.subjects(); len(got) != 1 || name == "in" && got[0] != unlocked ||
				name == "out" && !strings.Contains(got[0], "not covered") {
				t.Errorf("mails %q", got)
			}
		})
	}
}

// TestAnotherRuleDecidesAtTheLook: the account has moved from the unit of one rule to that of another, which repairs.
func TestAnotherRuleDecidesAtTheLook(t *testing.T) {
	repairs := strings.Replace(rulesFor("ou-a1b2-33333333"), `"name":"sandboxes"`, `"name":"production"`, 1)
	repairs = strings.Replace(repairs, `"action":"delete"`, `"action":"notify"`, 1)
	repairs = repairs[strings.Index(repairs, `{"name"`):]
	w := newWorld(t, strings.Replace(rulesFor(sandboxes), "]}", ","+repairs, 1))
	w.grow(organizations.Account{Parent: sandboxes})
	if _, err := w.Flow.Directory.Account(context.Background(), account); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	w.grow(organizations.Account{Parent: "ou-a1b2-33333333"})
	w.put(denyAll)
	w.settle()
	if e := w.Incidents(); len(e) != 1 || e[0].Outcome.Result != remedy.NotifyOnly || e[0].Outcome.Rule != "production" {
		t.Errorf("%+v", e)
	}
}

// TestManyEventsAreOneLookup: one account, one process, and later a day's worth of others from the ledger.
func TestManyEventsAreOneLookup(t *testing.T) {
	w := newWorld(t, rulesFor("tag:stage=sandbox"))
	w.grow(organizations.Account{Tags: map[string]string{"stage": "production"}})
	for i := range 10 {
		name := fmt.Sprint("bucket-", i)
		w.cloud.PutBucket(account, region, name)
		_, err := s3.NewFromConfig(w.config(account)).PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{
			Bucket: &name, Policy: aws.String(strings.ReplaceAll(denyAll, "payroll", name))})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.cloud.ResetCalls()
	w.settle()
	if diff := cmp.Diff([]string{"DescribeAccount", "ListTagsForResource"}, w.lookups()); diff != "" {
		t.Error(diff)
	}
	if entries := w.Incidents(); len(entries) != 10 {
		t.Errorf("%d incidents", len(entries))
	}
}

func TestUndoLooksUp(t *testing.T) {
	w := newWorld(t, strings.Replace(namedRules("delete"), `"111122223333","000011112222"`, `"`+sandboxes+`"`, 1))
	w.grow(organizations.Account{Parent: sandboxes})
	w.put(denyAllExceptPipeline)
	w.settle()
	entry := w.find(w.Incidents()[0])
	_, err := w.Flow.Undo(context.Background(), entry, remedy.Undo{})
	if err == nil || !strings.Contains(err.Error(), "would be lockout again") {
		t.Errorf("put back without a question what locks the rule's administrators: %v", err)
	}
}

// TestUnitsAreAsGoodAsNumbers: what the flow sees to in quiet cases, it sees to where a rule names a unit.
func TestUnitsAreAsGoodAsNumbers(t *testing.T) {
	named := strings.Replace(namedRules("delete"), `"111122223333","000011112222"`, `"`+sandboxes+`"`, 1)
	t.Run("a correction that went with the act", func(t *testing.T) {
		w := newWorld(t, named)
		w.grow(organizations.Account{Parent: sandboxes})
		w.Flow.Root = &between{Root: w.Flow.Root, before: func() { w.putAs(pipelineRole, harmless) }}
		w.put(denyAllExceptPipeline)
		w.settle()
		ends := map[remedy.Result]int{}
		for _, e := range w.Incidents() {
			ends[e.Outcome.Result]++
		}
		if ends[remedy.Overtaken] != 1 || ends[remedy.Unlocked] != 1 {
			t.Errorf("%v, mails %q", ends, w.subjects())
		}
	})
	t.Run("a queue's correction, while the old policy shows", func(t *testing.T) {
		w := newWorldWith(t, named, cloud.Config{QueuePropagation: 55 * time.Second})
		w.grow(organizations.Account{Parent: sandboxes})
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
	})
	t.Run("what nobody may open", func(t *testing.T) {
		w := newWorld(t, rulesFor(sandboxes))
		w.put(strings.Replace(denyAll, `"Resource":`,
			`"Condition":{"StringNotEquals":{"aws:UserAgent":"opensesame"}},"Resource":`, 1))
		w.settle()
		if mails := w.subjects(); len(mails) != 1 || len(w.pages()) != 0 || len(w.changes()) != 0 {
			t.Errorf("mails %q, pages %q", mails, w.pages())
		}
	})
}
