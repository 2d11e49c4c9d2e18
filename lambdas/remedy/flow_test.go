package remedy_test

import (
	"context"
	"errors"
	"strings"
	"sync"
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

func unwrap(mail string) string { return strings.Join(strings.Fields(mail), " ") }

// TestLeftAlone holds the changes that must not be acted on, what people are told, and whether somebody is paged.
func TestLeftAlone(t *testing.T) {
	for _, row := range []struct {
		name, allow, policy string
		mail                string // part of the subject, or "" for none
		page                bool
	}{
		{"TLS only", rules,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",
				"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
				"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, "", false},
		{"an Allow", rules,
			`{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
				"Resource":"arn:aws:s3:::payroll/*"}}`, "", false},
		{"no rule", strings.Replace(rules, `"111122223333"`, `"222233334444"`, 1), denyAll, "not covered", true},
		{"never", strings.Replace(rules, "org-trail-*", "pay*", 1), denyAll, "not covered", true},
		{"a rule that ran out", strings.Replace(rules, "2027-06-30", "2026-11-20", 1), denyAll, "not covered", true},
		{"a rule that only tells", strings.Replace(rules, `"delete"`, `"notify"`, 1), denyAll, "notify only", true},
		{"meant", rules, strings.Replace(denyAll, "DenyAllAccess", "QuarantineIncident7", 1), "LOCKED ON PURPOSE",
			true},
		{"a statement beside the locking one meant", rules,
			strings.Replace(denyAll, `"Statement":[`,
				`"Statement":[{"Sid":"QuarantineIncident7","Effect":"Deny","Principal":"*","Action":"s3:PutObject",
					"Resource":"arn:aws:s3:::payroll/*"},`, 1), "LOCKED ON PURPOSE", true},
		{"sealed", rules, strings.Replace(denyAll, `"s3:*"`, `["s3:PutBucketPolicy","s3:DeleteBucketPolicy"]`, 1),
			"SEALED", true},
		{"undecided", rules,
			`{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll"],
				"Condition":{"StringNotEquals":{"aws:TLSVersion":"1.2"}}}}`, "UNDECIDED", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, row.allow)
			w.leaveAlone(row.policy)
			if subjects := strings.Join(w.subjects(), "\n"); !strings.Contains(subjects, row.mail) ||
				(row.mail == "") != (subjects == "") {
				t.Errorf("mails %q, want one with %q", subjects, row.mail)
			}
			if (len(w.pages()) == 1) != row.page {
				t.Errorf("pages %q, want one: %v", w.pages(), row.page)
			}
		})
	}
}

// leaveAlone puts a policy that stays, without a call to its account.
func (w *world) leaveAlone(policy string) {
	w.t.Helper()
	w.put(policy)
	w.cloud.ResetCalls()
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != policy {
		w.t.Errorf("the policy is now %s", got)
	}
	for _, c := range w.cloud.Calls() {
		if c.Service != "sns" && c.Service != "dynamodb" {
			w.t.Errorf("call %s:%s", c.Service, c.Action)
		}
	}
}

// TestOwnerWasFaster: what counts is the policy in force, not the event's.
func TestOwnerWasFaster(t *testing.T) {
	for name, live := range map[string]string{"repaired": harmless, "removed": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rules)
			w.put(denyAll)
			w.cloud.SetPolicy(bucketARN, live)
			w.cloud.ResetCalls()
			w.settle()
			if got := w.cloud.Policy(bucketARN); got != live || len(w.changes()) != 0 {
				t.Errorf("policy %q, changes %q", got, w.changes())
			}
			want := []string{"[Locksmith] STOOD DOWN bucket payroll (111122223333)"}
			if diff := cmp.Diff(want, w.subjects()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLiveCopyDecides: a policy in force that differs from the event's is judged by itself.
func TestLiveCopyDecides(t *testing.T) {
	for name, row := range map[string]struct{ live, subject string }{
		"meant": {strings.Replace(denyAll, "DenyAllAccess", "Quarantine", 1), "LOCKED ON PURPOSE"},
		"undecided": {
			`{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
				"Condition":{"StringNotEquals":{"aws:TLSVersion":"1.2"}}}}`, "UNDECIDED"},
		"garbage": {`{"Statement":`, "UNDECIDED"},
		"sealed":  {strings.Replace(denyAll, `"s3:*"`, `"s3:*BucketPolicy"`, 1), "SEALED"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rules)
			w.put(denyAll)
			w.cloud.SetPolicy(bucketARN, row.live)
			w.settle()
			if got := w.cloud.Policy(bucketARN); got != row.live {
				t.Errorf("policy %q", got)
			}
			if subjects := strings.Join(w.subjects(), "\n"); !strings.Contains(subjects, row.subject) {
				t.Errorf("mails %q", subjects)
			}
		})
	}
}

// TestFaultsEndTheSame: whatever fails on the way, in the end the bucket is open, its policy saved, and people told
// once or more.
func TestFaultsEndTheSame(t *testing.T) {
	first := func(action string, fault cloud.Fault) func(cloud.Call) *cloud.Fault {
		return func(c cloud.Call) *cloud.Fault {
			if c.Action == action && (strings.HasSuffix(c.Caller, ":root") || c.Account == "999988887777") {
				if c.N <= 3 { // as often as the SDK tries
					return &fault
				}
			}
			return nil
		}
	}
	for name, fail := range map[string]func(cloud.Call) *cloud.Fault{
		"AssumeRoot throttled": first("AssumeRoot",
			cloud.Fault{Code: "Throttling", Message: "Rate exceeded", Status: 400}),
		"AssumeRoot broken": first("AssumeRoot", cloud.Fault{Code: "InternalFailure", Status: 500}),
		"read broken":       first("GetBucketPolicy", cloud.Fault{Code: "InternalError", Status: 500}),
		"delete slow":       first("DeleteBucketPolicy", cloud.Fault{Code: "SlowDown", Status: 503}),
		"delete done, reply an error": first("DeleteBucketPolicy",
			cloud.Fault{Code: "InternalError", Status: 500, AfterEffect: true}),
		"delete done, reply lost": first("DeleteBucketPolicy", cloud.Fault{DropReply: true}),
		"SNS broken":              first("Publish", cloud.Fault{Code: "InternalError", Status: 500}),
		"SNS done, reply lost":    first("Publish", cloud.Fault{DropReply: true}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rules)
			w.put(denyAll)
			w.cloud.ResetCalls()
			w.cloud.Fail(fail)
			w.settle()
			w.mustBeUnlockedAndTold()
		})
	}
}

// mustBeUnlockedAndTold is the end that every fault has to come to.
func (w *world) mustBeUnlockedAndTold() {
	w.t.Helper()
	if got := w.cloud.Policy(bucketARN); got != "" {
		w.t.Errorf("policy %s", got)
	}
	unlocked := 0
	for _, s := range w.subjects() {
		if strings.HasPrefix(s, "[Locksmith] UNLOCKED") {
			unlocked++
		}
	}
	if unlocked == 0 {
		w.t.Errorf("nobody was told; mails %q", w.subjects())
	}
	entries := w.Incidents()
	if len(entries) != 1 || entries[0].State != remedy.Closed || entries[0].Saved != denyAll ||
		entries[0].Outcome.Removed != denyAll {
		w.t.Errorf("ledger: %+v", entries)
	}
	if dead := w.cloud.Bodies(w.DeadLetters); len(dead) != 0 {
		w.t.Errorf("%d dead letters", len(dead))
	}
}

// A crash is a process that ends at one place: the first time the code comes there it panics, and nothing that would
// come after it happens.
type crash struct {
	remedy.Root
	remedy.Ledger
	remedy.Teller
	at   string
	once sync.Once
	does func() // instead of the crash, if set
}

func (c *crash) here(place string) {
	if c.at == place {
		c.once.Do(func() {
			if c.does == nil {
				panic("crash " + place)
			}
			c.does()
		})
	}
}

func (c *crash) Open(ctx context.Context, change remedy.Change) (remedy.Session, error) {
	c.here("before AssumeRoot")
	s, err := c.Root.Open(ctx, change)
	return crashingSession{s, c}, err
}

func (c *crash) Claim(ctx context.Context, i remedy.Incident) (remedy.Entry, error) {
	e, err := c.Ledger.Claim(ctx, i)
	c.here("after the claim")
	return e, err
}

func (c *crash) Record(ctx context.Context, e remedy.Entry) error {
	c.here("before " + string(e.State))
	err := c.Ledger.Record(ctx, e)
	c.here("after " + string(e.State))
	return err
}

func (c *crash) Tell(ctx context.Context, n remedy.Notice, told []remedy.Channel) ([]remedy.Channel, error) {
	c.here("before telling")
	told, err := c.Teller.Tell(ctx, n, told)
	c.here("after telling")
	return told, err
}

type crashingSession struct {
	remedy.Session
	crash *crash
}

func (s crashingSession) Put(ctx context.Context, policy string) error {
	s.crash.here("before putting")
	err := s.Session.Put(ctx, policy)
	s.crash.here("after putting")
	return err
}

func (s crashingSession) Delete(ctx context.Context) error {
	s.crash.here("before deleting")
	err := s.Session.Delete(ctx)
	s.crash.here("after deleting")
	return err
}

// TestCrashesEndTheSame kills the function at every step.
func TestCrashesEndTheSame(t *testing.T) {
	for _, place := range []string{"after the claim", "before AssumeRoot", "before saved", "after saved",
		"before deleting", "after deleting",
		"before settled", "after settled", "before telling", "after telling", "before closed", "after closed"} {
		t.Run(place, func(t *testing.T) {
			w := newWorld(t, rules)
			c := &crash{Root: w.Flow.Root, Ledger: w.Flow.Ledger, Teller: w.Flow.Teller, at: place}
			w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = c, c, c
			w.put(denyAll)
			w.settle()
			if !strings.Contains(w.log.String(), "crash "+place) {
				t.Fatal("it did not crash")
			}
			w.mustBeUnlockedAndTold()
			deletions := 0
			for _, change := range w.changes() {
				if strings.HasPrefix(change, "DeleteBucketPolicy") {
					deletions++
				}
			}
			if deletions != 1 {
				t.Errorf("%d deletions", deletions)
			}
		})
	}
}

func TestDuplicatesAndTwoEventsAtOnce(t *testing.T) {
	t.Run("the same event again", func(t *testing.T) {
		w := newWorld(t, rules)
		w.put(denyAll)
		event := w.cloud.Bodies(w.Queue)[0]
		w.cloud.Send(w.Queue, event)
		w.settle()
		w.cloud.Send(w.Queue, event) // and once more, long after
		w.settle()
		w.mustBeUnlockedAndTold()
		if len(w.subjects()) != 1 || len(w.changes()) != 1 {
			t.Errorf("mails %q, changes %q", w.subjects(), w.changes())
		}
	})
	t.Run("two events, two workers", func(t *testing.T) {
		w := newWorld(t, rules)
		w.put(denyAll)
		other := strings.ReplaceAll(w.cloud.Bodies(w.Queue)[0], `"eventID":"`, `"eventID":"f`)
		var workers sync.WaitGroup
		for _, event := range []string{w.cloud.Bodies(w.Queue)[0], other} {
			workers.Go(func() {
				for {
					err := w.Flow.Handle(context.Background(), remedy.Delivery{Event: []byte(event), Try: 1})
					if later := (*remedy.Later)(nil); errors.As(err, &later) {
						w.pass(time.Minute)
					} else if !errors.Is(err, remedy.ErrBusy) {
						return
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		workers.Wait()
		if got := w.cloud.Policy(bucketARN); got != "" || len(w.changes()) != 1 {
			t.Errorf("policy %q, changes %q", got, w.changes())
		}
		subjects := strings.Join(w.subjects(), "\n")
		if len(w.subjects()) != 2 || !strings.Contains(subjects, "UNLOCKED") ||
			!strings.Contains(subjects, "STOOD DOWN") {
			t.Errorf("mails %q", subjects)
		}
	})
}

// TestWhatCameAfterIsJudgedByItself: a try was cut short after it had acted. What somebody has put there by the next
// one stays if it is open. If it locks, it is saved and taken off as well, and neither copy is lost.
func TestWhatCameAfterIsJudgedByItself(t *testing.T) {
	second := strings.Replace(denyAll, "DenyAllAccess", "Second", 1)
	for name, row := range map[string]struct {
		put, left, saved string
		copies           int
		why              string
	}{
		"open":           {harmless, harmless, denyAll, 1, "another policy there since, which is open"},
		"another lock":   {second, "", second, 2, ""},
		"gone meanwhile": {"", "", denyAll, 1, "the policy is gone now"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rules)
			c := &crash{Root: w.Flow.Root, Ledger: w.Flow.Ledger, Teller: w.Flow.Teller, at: "after deleting"}
			w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = c, c, c
			w.put(denyAll)
			w.Deliver(context.Background())
			w.cloud.SetPolicy(bucketARN, row.put) // no event of it comes
			w.settle()
			if got := w.cloud.Policy(bucketARN); got != row.left {
				t.Errorf("policy %q", got)
			}
			if e := w.Incidents()[0]; e.Saved != row.saved || len(e.Kept) != row.copies ||
				e.Outcome.Result != remedy.Unlocked || !strings.Contains(e.Outcome.Why, row.why) {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestRefusalsAreTold(t *testing.T) {
	scp := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"%s","Resource":"*",
		"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`
	for _, row := range []struct {
		name  string
		spoil func(*world)
		cause remedy.Cause
	}{
		{"root sessions are off", func(w *world) { w.cloud.RootSessions(false) }, remedy.SessionsDisabled},
		{"an organization policy", func(w *world) {
			w.cloud.SetSCP(account, strings.Replace(scp, "%s", "s3:*", 1))
		}, remedy.DeniedByOrg},
		{"the Region is off", func(w *world) { w.cloud.DisableRegion(account, "us-east-1") }, remedy.RegionDisabled},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, rules)
			w.put(denyAll)
			row.spoil(w)
			w.settle()
			if got := w.cloud.Policy(bucketARN); got != denyAll {
				t.Errorf("policy %q", got)
			}
			e := w.Incidents()[0]
			if e.Outcome.Result != remedy.Failed || e.Outcome.Cause != row.cause || e.State != remedy.Closed {
				t.Errorf("%+v", e.Outcome)
			}
			if len(w.pages()) != 1 || len(w.subjects()) != 1 {
				t.Errorf("pages %q, mails %q", w.pages(), w.subjects())
			}
		})
	}
}

func TestManagementAccount(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	event := strings.ReplaceAll(w.cloud.Bodies(w.Queue)[0], account, "000011112222")
	w.cloud.ResetCalls()
	if err := w.Flow.Handle(context.Background(), remedy.Delivery{Event: []byte(event)}); err != nil {
		t.Fatal(err)
	}
	if e := w.Incidents()[0]; e.Outcome.Cause != remedy.ManagementAccount || len(w.pages()) != 1 {
		t.Errorf("%+v, pages %q", e.Outcome, w.pages())
	}
	for _, c := range w.cloud.Calls() {
		if c.Action == "AssumeRoot" {
			t.Error("root of the management account was asked for")
		}
	}
}

// TestPoisonReachesTheDeadLetters: what cannot be read is tried, kept, and holds nobody up.
func TestPoisonReachesTheDeadLetters(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.Send(w.Queue, "not an event")
	w.put(denyAll)
	w.settle()
	if dead := w.cloud.Bodies(w.DeadLetters); len(dead) != 1 || dead[0] != "not an event" {
		t.Errorf("dead letters %q", dead)
	}
	if diff := cmp.Diff([]string{"ALARM: [Locksmith] UNREADABLE EVENT"}, w.pages()); diff != "" {
		t.Error(diff)
	}
	if got := w.cloud.Policy(bucketARN); got != "" {
		t.Errorf("policy %q", got)
	}
}

// TestTheLastTryIsTold: an event that fails for ever goes to the dead letters, and a person hears of the lockout.
func TestTheLastTryIsTold(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Action == "AssumeRoot" {
			return &cloud.Fault{Code: "InternalFailure", Status: 500}
		}
		return nil
	})
	w.settle()
	if dead := w.cloud.Bodies(w.DeadLetters); len(dead) != 1 {
		t.Fatalf("%d dead letters", len(dead))
	}
	if len(w.pages()) != 1 || !strings.Contains(w.pages()[0], "payroll") {
		t.Errorf("pages %q", w.pages())
	}
	w.cloud.Fail(nil)
	w.cloud.Send(w.Queue, w.cloud.Bodies(w.DeadLetters)[0]) // played again, it goes on
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != "" {
		t.Errorf("policy %q", got)
	}
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
