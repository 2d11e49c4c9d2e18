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

var restoreRules = strings.Replace(rules, `"delete"`, `"restore"`, 1)

const (
	// logs has what repairedInTheMiddle has, and one statement more, so that a restore and a repair differ.
	tlsStatement = `{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll/*",
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	logsStatement = `{"Sid":"Logs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/Logs"},
		"Action":"s3:PutObject","Resource":"arn:aws:s3:::payroll/*"}`
	partnerStatement = `{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::777788889999:role/Partner"},
		"Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"}`
	allStatement = `{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}`
	// ownStatement locks the account's own people, and nobody else.
	ownStatement = `{"Sid":"Own","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}`
	expiredStatement = `{"Sid":"Until","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-11-21T00:00:00Z"}}}`
)

func policyOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// keep is a sweep that has seen the bucket's policy an hour ago.
func (w *world) keep(policy string) {
	w.t.Helper()
	err := w.Good.Keep(context.Background(), account, []remedy.Good{{Resource: bucketARN, Policy: policy,
		Verdict: lockout.Verdict{Answer: lockout.Open}, At: w.clock().Add(-time.Hour)}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestRestore: what a rule with that action does about a lock, by what was there before and by what locks.
func TestRestore(t *testing.T) {
	refuse := func(times int) func(cloud.Call) *cloud.Fault {
		return func(c cloud.Call) *cloud.Fault {
			if c.Action == "PutBucketPolicy" && strings.HasSuffix(c.Caller, ":root") && times > 0 {
				times--
				return &cloud.Fault{Code: "MalformedPolicy", Message: "no", Status: 400}
			}
			return nil
		}
	}
	good, tls := policyOf(tlsStatement, logsStatement), policyOf(tlsStatement)
	for name, row := range map[string]struct {
		before, locked string
		fail           func(cloud.Call) *cloud.Fault
		result         remedy.Result
		want           string // in force afterwards
		why            string
	}{
		"what was there before": {good, policyOf(allStatement), nil, remedy.Reinstated, good,
			"the last good policy is as a sweep saw it at 2026-11-21T07:00:00Z"},
		"other statements that go": {good, policyOf(tlsStatement, allStatement), nil, remedy.Reinstated, good, ""},
		"not known": {"", policyOf(tlsStatement, allStatement), nil, remedy.Repaired, tls,
			"not restored, since what was there before the lock is not known"},
		"not known, and nothing is left": {"", policyOf(allStatement), nil, remedy.Unlocked, "",
			"is not known; not repaired, since without its locking statements nothing is left"},
		"the lock has dropped the Allow": {policyOf(tlsStatement, partnerStatement),
			policyOf(tlsStatement, allStatement), nil, remedy.Repaired, tls,
			"not restored, since the last good policy lets in somebody from outside whom the locked"},
		"the lock denies beside the Allow": {policyOf(partnerStatement), policyOf(partnerStatement, allStatement), nil,
			remedy.Unlocked, "", "somebody from outside whom the locked one keeps out"},
		"the lock leaves outsiders in": {policyOf(partnerStatement), policyOf(partnerStatement, ownStatement), nil,
			remedy.Reinstated, policyOf(partnerStatement), ""},
		"anybody": {policyOf(strings.Replace(partnerStatement, `{"AWS":"arn:aws:iam::777788889999:role/Partner"}`, `"*"`, 1)),
			policyOf(allStatement), nil, remedy.Unlocked, "", "somebody from outside whom the locked one keeps out"},
		"it locks by now": {policyOf(tlsStatement, expiredStatement), policyOf(tlsStatement, allStatement), nil,
			remedy.Repaired, tls, "not restored, since the last good policy is lockout by now"},
		"it is what locks": {policyOf(tlsStatement, allStatement), policyOf(tlsStatement, allStatement), nil,
			remedy.Repaired, tls, "not restored, since the last good policy is the one that locks by now"},
		"the service refuses it": {good, policyOf(tlsStatement, allStatement), refuse(1), remedy.Repaired, tls,
			"not restored, since the service refused the last good policy"},
		"the service refuses all": {good, policyOf(tlsStatement, allStatement), refuse(2), remedy.Unlocked, "",
			"; not repaired, since the service refused the policy without its locking statements"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, restoreRules)
			if row.before != "" {
				w.keep(row.before)
			}
			w.cloud.Fail(row.fail)
			w.put(row.locked)
			w.settle()
			e := w.find(w.Incidents()[0])
			if got := w.cloud.Policy(bucketARN); got != row.want || e.Outcome.Result != row.result ||
				!strings.Contains(e.Outcome.Why, row.why) {
				t.Errorf("%s, %s; the policy is now %s", e.Outcome.Result, e.Outcome.Why, got)
			}
			if len(e.Copies) != 1 || e.Copies[0].Policy != row.locked || e.Open || len(w.subjects()) != 1 {
				t.Errorf("%d copies, open %t, mails %q", len(e.Copies), e.Open, w.subjects())
			}
		})
	}
}

// TestThereWasNoPolicyBefore: then nothing is what was there, and the policy is deleted, though a repair could be done.
func TestThereWasNoPolicyBefore(t *testing.T) {
	w := newWorld(t, restoreRules)
	w.keep(harmless)
	w.keep("")
	w.put(lockedInTheMiddle)
	w.settle()
	e := w.Incidents()[0]
	if got := w.cloud.Policy(bucketARN); got != "" || e.Outcome.Result != remedy.Unlocked ||
		!strings.Contains(e.Outcome.Why, "there was no policy before") {
		t.Errorf("policy %s, %s: %s", got, e.Outcome.Result, e.Outcome.Why)
	}
}

// TestARestoreIsSeen: it is told as what it is, with the difference, and its own event asks for nothing.
func TestARestoreIsSeen(t *testing.T) {
	w := newWorld(t, restoreRules)
	w.keep(policyOf(tlsStatement))
	w.put(policyOf(allStatement))
	w.settle()
	if got := w.subjects(); len(got) != 1 || got[0] != "[Locksmith] REINSTATED bucket payroll (111122223333)" {
		t.Errorf("mails %q", got)
	}
	if len(w.Incidents()) != 1 || len(w.pages()) != 0 {
		t.Errorf("%d incidents, pages %q", len(w.Incidents()), w.pages())
	}
	mail := w.cloud.Inbox(w.Topics.Alerts)[0].For("email")
	for _, line := range []string{`-       "Sid": "TLS",`, `+       "Sid": "DenyAllAccess",`} {
		if !strings.Contains(mail, line) {
			t.Errorf("the mail has no line %s:\n%s", line, mail)
		}
	}
}

// TestARestoreIsUndone: the policy that locked is put back by a person who wants it so, over what we have put.
func TestARestoreIsUndone(t *testing.T) {
	w := newWorld(t, restoreRules)
	w.keep(harmless)
	w.put(lockedInTheMiddle)
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != harmless {
		t.Fatalf("policy %s", got)
	}
	e := w.find(w.Incidents()[0])
	if _, err := w.Flow.Undo(context.Background(), e, remedy.Undo{Repaired: true}); err != nil {
		t.Error(err)
	}
	if got := w.cloud.Policy(bucketARN); got != repairedInTheMiddle {
		t.Errorf("policy %s", got)
	}
}

// TestARestoreIsObserved: where Locksmith only observes, it says what it would have done.
func TestARestoreIsObserved(t *testing.T) {
	w := newWorld(t, restoreRules)
	w.Flow.Observe = true
	w.keep(harmless)
	w.put(denyAll)
	w.settle()
	e := w.Incidents()[0]
	if len(w.changes()) != 0 || !strings.Contains(e.Outcome.Why, "saved and replaced by the last good one") {
		t.Errorf("changes %q, %s", w.changes(), e.Outcome.Why)
	}
}

func TestRestoreAfterACrash(t *testing.T) {
	for _, place := range []string{"after saved", "before putting", "after putting", "before settled", "after settled",
		"before telling", "after telling"} {
		t.Run(place, func(t *testing.T) {
			w := newWorld(t, restoreRules)
			w.keep(harmless)
			c := &crash{Root: w.Flow.Root, Ledger: w.Flow.Ledger, Teller: w.Flow.Teller, at: place}
			w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = c, c, c
			w.put(denyAll)
			w.Deliver(context.Background())
			w.keep(policyOf(tlsStatement, logsStatement)) // what was weighed counts
			w.settle()
			if !strings.Contains(w.log.String(), "crash "+place) {
				t.Fatal("it did not crash")
			}
			e := w.Incidents()
			if w.cloud.Policy(bucketARN) != harmless || len(e) != 1 || e[0].State != remedy.Closed ||
				e[0].Outcome.Result != remedy.Reinstated || e[0].Saved != denyAll {
				t.Errorf("policy %s\nledger %+v", w.cloud.Policy(bucketARN), e)
			}
			if len(w.changes()) != 1 || len(w.subjects()) == 0 {
				t.Errorf("changes %q, mails %q", w.changes(), w.subjects())
			}
		})
	}
}

// lostPast is a ledger whose last good policies cannot be read.
type lostPast struct{ left int }

func (p *lostPast) LastGood(context.Context, string) (remedy.Good, error) {
	if p.left--; p.left >= 0 {
		return remedy.Good{}, context.DeadlineExceeded
	}
	return remedy.Good{}, nil
}

// TestANoticeGoesOutWithoutThePast: where it cannot be read it is tried again, before an act. A notice does not wait.
func TestANoticeGoesOutWithoutThePast(t *testing.T) {
	w := newWorld(t, restoreRules)
	past := &lostPast{left: 2}
	w.Flow.Past = past
	w.put(lockedInTheMiddle)
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != repairedInTheMiddle || len(w.subjects()) != 1 {
		t.Errorf("policy %s, mails %q", got, w.subjects())
	}
	w.Flow.Allow = listOf(t, strings.Replace(rules, `"delete"`, `"notify"`, 1))
	past.left = 100
	w.pass(time.Hour)
	w.put(denyAll)
	w.settle()
	if len(w.pages()) != 1 {
		t.Errorf("pages %q", w.pages())
	}
}

// TestEveryNoticeOfALockShowsWhatWasThere: also where nothing is touched.
func TestEveryNoticeOfALockShowsWhatWasThere(t *testing.T) {
	for _, action := range []string{"notify", "delete", "repair"} {
		w := newWorld(t, strings.Replace(rules, `"delete"`, `"`+action+`"`, 1))
		w.keep(policyOf(tlsStatement))
		w.put(policyOf(tlsStatement, allStatement))
		w.settle()
		e := w.Incidents()[0]
		if e.Outcome.Before == nil || e.Outcome.Before.Policy != policyOf(tlsStatement) {
			t.Errorf("%s: %+v", action, e.Outcome)
		}
		mail := w.cloud.Inbox(w.Topics.Alerts)[0].For("email")
		if !strings.Contains(mail, `+       "Sid": "DenyAllAccess",`) || strings.Contains(mail, `-       "Sid": "TLS",`) {
			t.Errorf("%s: %s", action, mail)
		}
	}
}
