package remedy_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

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
