package remedy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

var repairRules = strings.Replace(rules, `"delete"`, `"repair"`, 1)

// Three statements, of which the middle one locks, with spaces and an unknown element, and what a repair leaves of
// them.
const (
	lockedInTheMiddle = `{ "Version": "2012-10-17", "Id": "kept",
  "Statement": [
    {"Sid": "TLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::payroll/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {"Sid": "DenyAllAccess", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
    "Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"]},
    {"Sid": "Logs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Logs"},
     "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::payroll/*"}
  ] }`
	repairedInTheMiddle = `{ "Version": "2012-10-17", "Id": "kept",
  "Statement": [
    {"Sid": "TLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::payroll/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {"Sid": "Logs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Logs"},
     "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::payroll/*"}
  ] }`
)

func TestRepairKeepsAllElse(t *testing.T) {
	w := newWorld(t, repairRules)
	w.put(lockedInTheMiddle)
	w.cloud.ResetCalls()
	w.settle()
	if diff := cmp.Diff(repairedInTheMiddle, w.cloud.Policy(bucketARN)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"[Locksmith] REPAIRED bucket payroll (111122223333)"}, w.subjects()); diff != "" ||
		len(w.pages()) != 0 {
		t.Errorf("%s; pages %q", diff, w.pages())
	}
	if diff := cmp.Diff([]string{"PutBucketPolicy arn:aws:s3:::payroll"}, w.changes()); diff != "" {
		t.Error(diff)
	}
	e := w.Incidents()
	if len(e) != 1 || e[0].Saved != lockedInTheMiddle || e[0].Outcome.Put != repairedInTheMiddle ||
		e[0].Outcome.Removed != lockedInTheMiddle {
		t.Errorf("ledger: %+v", e)
	}
}

// TestRepairFallsBackToDeleting: where nothing would be left, and where the service refuses what is left. People are
// told which.
func TestRepairFallsBackToDeleting(t *testing.T) {
	refuse := func(code string) func(cloud.Call) *cloud.Fault {
		return func(c cloud.Call) *cloud.Fault {
			if c.Action == "PutBucketPolicy" && strings.HasSuffix(c.Caller, ":root") {
				return &cloud.Fault{Code: code, Message: "no", Status: 400}
			}
			return nil
		}
	}
	for name, row := range map[string]struct {
		policy string
		fail   func(cloud.Call) *cloud.Fault
		why    string
	}{
		"nothing left": {denyAll, nil, "not repaired, since without its locking statements nothing is left"},
		"a dead principal": {lockedInTheMiddle, refuse("MalformedPolicy"),
			"not repaired, since the service refused"},
		"block public policies": {lockedInTheMiddle, refuse("AccessDenied"), "not repaired, since the service refused"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, repairRules)
			w.put(row.policy)
			w.cloud.Fail(row.fail)
			w.settle()
			if got := w.cloud.Policy(bucketARN); got != "" {
				t.Errorf("the policy is now %s", got)
			}
			e := w.Incidents()
			if len(e) != 1 || e[0].Outcome.Result != remedy.Unlocked || e[0].Saved != row.policy ||
				!strings.Contains(e[0].Outcome.Why, row.why) {
				t.Errorf("ledger: %+v", e)
			}
			if mails := w.cloud.Inbox(w.Topics.Alerts); len(mails) != 1 ||
				!strings.Contains(unwrap(strings.ToLower(mails[0].For("email"))), row.why) {
				t.Errorf("mails: %v", mails)
			}
		})
	}
}

// TestRepairNeverPutsALockBack: two statements lock, each by itself, and both are taken out.
func TestRepairNeverPutsALockBack(t *testing.T) {
	w := newWorld(t, repairRules)
	w.put(strings.Replace(lockedInTheMiddle, `{"Sid": "Logs"`,
		`{"Sid": "Again", "Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*",
			"Resource": "*"},
    {"Sid": "Logs"`, 1))
	w.settle()
	if diff := cmp.Diff(repairedInTheMiddle, w.cloud.Policy(bucketARN)); diff != "" {
		t.Error(diff)
	}
}

func TestRepairAfterACrash(t *testing.T) {
	for _, place := range []string{"after saved", "before putting", "after putting", "before settled", "after settled",
		"before telling", "after telling"} {
		t.Run(place, func(t *testing.T) {
			w := newWorld(t, repairRules)
			c := &crash{Root: w.Flow.Root, Ledger: w.Flow.Ledger, Teller: w.Flow.Teller, at: place}
			w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = c, c, c
			w.put(lockedInTheMiddle)
			w.settle()
			if !strings.Contains(w.log.String(), "crash "+place) {
				t.Fatal("it did not crash")
			}
			e := w.Incidents()
			if w.cloud.Policy(bucketARN) != repairedInTheMiddle || len(e) != 1 || e[0].State != remedy.Closed ||
				e[0].Outcome.Result != remedy.Repaired || e[0].Saved != lockedInTheMiddle {
				t.Errorf("policy %s\nledger %+v", w.cloud.Policy(bucketARN), e)
			}
			puts := 0
			for _, change := range w.changes() {
				if strings.HasPrefix(change, "PutBucketPolicy") {
					puts++
				}
			}
			if puts != 1 || len(w.subjects()) == 0 {
				t.Errorf("%d puts, mails %q", puts, w.subjects())
			}
		})
	}
}

// TestRepairOfAQueue: the policy is an attribute, and a reply that is lost after the effect is no harm.
func TestRepairOfAQueue(t *testing.T) {
	const locked = `{"Statement":[{"Sid":"All","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"},
		{"Sid":"Topic","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/Topic"},
		"Action":"sqs:SendMessage","Resource":"*"}]}`
	const repaired = `{"Statement":[{"Sid":"Topic","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/Topic"},
		"Action":"sqs:SendMessage","Resource":"*"}]}`
	w := newWorld(t, repairRules)
	w.setQueue(locked)
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Action == "SetQueueAttributes" && strings.HasSuffix(c.Caller, ":root") && c.N <= 3 {
			return &cloud.Fault{DropReply: true}
		}
		return nil
	})
	w.settle()
	e := w.Incidents()
	if got := w.cloud.Policy(queueARN); got != repaired || len(e) != 1 || e[0].Outcome.Result != remedy.Repaired {
		t.Errorf("policy %s\nledger %+v", got, e)
	}
}
