package remedy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
