package notice

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before they are committed")

const bucketPolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll-exports/*",` +
	`"Condition":{"Bool":{"aws:SecureTransport":"false"}}},` +
	`{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*","Action":"s3:*",` +
	`"Resource":["arn:aws:s3:::payroll-exports","arn:aws:s3:::payroll-exports/*"]}]}`

const queuePolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"OnlyOrdersTopic","Effect":"Deny","Principal":"*",` +
	`"Action":"sqs:*",` +
	`"Resource":"arn:aws:sqs:eu-west-1:111122223333:orders",` +
	`"Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:111122223333:orders"}}}]}`

// bucketLocked is a bucket that somebody locked by hand, and nobody has done anything about yet.
func bucketLocked() remedy.Notice {
	return remedy.Notice{
		Change: remedy.Change{EventID: "3c1f0e5a-7d52-4f0b-9a55-2c7e6b1d9f10", Call: "PutBucketPolicy",
			Resource: "arn:aws:s3:::payroll-exports", Account: "111122223333",
			Region: "eu-central-1", Time: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Policy: bucketPolicy,
			By: remedy.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/Admin/kim", Kind: "AssumedRole",
				Address: "203.0.113.7",
				Agent:   "aws-cli/2.17.20 md/awscrt#0.20.11 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11"}},
		Verdict: lockout.Verdict{Answer: lockout.Lockout, Statements: []int{1}, Reasons: []string{
			"statement DenyAllAccess denies s3:* on the bucket to everyone, and no condition spares anybody"}},
		Outcome: remedy.Outcome{Rule: "sandboxes", At: time.Date(2026, 3, 4, 5, 6, 29, 0, time.UTC)},
	}
}

// queueLocked is a queue that a CloudFormation stack locked.
func queueLocked() remedy.Notice {
	n := bucketLocked()
	n.Change.Call, n.Change.Resource, n.Change.Region, n.Change.Policy = "SetQueueAttributes",
		"arn:aws:sqs:eu-west-1:111122223333:orders", "eu-west-1", queuePolicy
	n.Change.By = remedy.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/Deploy/pipeline", Kind: "AssumedRole",
		Address: "cloudformation.amazonaws.com",
		Agent:   "cloudformation.amazonaws.com", Via: "cloudformation.amazonaws.com"}
	n.Verdict.Statements = []int{0}
	n.Verdict.Reasons = []string{
		"statement OnlyOrdersTopic denies sqs:* to everyone unless aws:SourceArn is " +
			"arn:aws:sns:eu-west-1:111122223333:orders; only calls by AWS services carry that key, " +
			"so every administrator is denied"}
	return n
}

func with(n remedy.Notice, result remedy.Result, why string) remedy.Notice {
	n.Outcome.Result, n.Outcome.Why = result, why
	if result == remedy.Unlocked || result == remedy.Repaired {
		n.Outcome.Removed = n.Change.Policy
	}
	return n
}

func failed(n remedy.Notice, cause remedy.Cause, why string) remedy.Notice {
	n = with(n, remedy.Failed, string(cause)+": "+why)
	n.Outcome.Cause = cause
	return n
}

// incidents has one notice for each result and each cause of failure.
func incidents() map[string]remedy.Notice {
	sealed, undecided, lost := bucketLocked(), bucketLocked(), bucketLocked()
	sealed.Verdict.Answer, sealed.Verdict.Reasons = lockout.Sealed,
		[]string{"statement DenyAllAccess denies s3:PutBucketPolicy and s3:DeleteBucketPolicy to everyone"}
	undecided.Verdict = lockout.Verdict{Answer: lockout.Undecided,
		Reasons: []string{"statement DenyAllAccess: the key aws:Frobnicated is in no reference"}}
	lost.Outcome.Rule = ""
	denied := "User: arn:aws:sts::999988887777:assumed-role/locksmith-unlock/locksmith is not authorized to perform: " +
		"sts:AssumeRoot on resource: arn:aws:iam::111122223333:root"
	return map[string]remedy.Notice{
		"unlocked": with(bucketLocked(), remedy.Unlocked, ""),
		"unlocked-queue": with(queueLocked(), remedy.Unlocked,
			"the service accepted the deletion, but it could not be seen yet when our time ran out"),
		"stood-down": with(bucketLocked(), remedy.StoodDown, "the policy, or the resource itself, is gone"),
		"not-covered": with(lost, remedy.NotCovered,
			"no rule covers account 111122223333 and arn:aws:s3:::payroll-exports"),
		"notify-only": with(queueLocked(), remedy.NotifyOnly, "rule sandboxes says to tell people and touch nothing"),
		"deliberate": with(bucketLocked(), remedy.Deliberate,
			"statement QuarantineCase17 is marked as meant (the allow list's deliberate pattern Quarantine*)"),
		"sealed": with(sealed, remedy.Sealed,
			"nobody can change this policy, but other access remains, so it may be meant as a seal"),
		"undecided": with(undecided, remedy.Undecided, "whether this policy locks everybody out could not be settled"),
		"unreadable": {Outcome: remedy.Outcome{Result: remedy.Unreadable,
			At:  time.Date(2026, 3, 4, 5, 6, 29, 0, time.UTC),
			Why: "gave up after 5 tries: event: 1:1: invalid JSON: n"}},
		"repaired": with(bucketLocked(), remedy.Repaired, ""),
		"observed": with(bucketLocked(), remedy.Observed,
			"rule sandboxes would have had the policy saved and deleted; a root session could be opened, and has "+
				"only read"),
		"held": with(bucketLocked(), remedy.Held, "this resource was unlocked 3 times within 24 hours"),

		"failed-sessions-disabled": failed(bucketLocked(), remedy.SessionsDisabled,
			"AssumeRoot: AccessDenied: Root sessions feature is not enabled for your AWS Organization."),
		"failed-not-delegated": failed(queueLocked(), remedy.NotDelegated, "AssumeRoot: AccessDenied: "+denied),
		"failed-denied-by-org": failed(bucketLocked(), remedy.DeniedByOrg,
			"DeleteBucketPolicy: AccessDenied: Access Denied (request id TX4EXAMPLE000001)"),
		"failed-management-account": failed(bucketLocked(), remedy.ManagementAccount,
			"root of the management account cannot be assumed"),
		"failed-region-disabled": failed(bucketLocked(), remedy.RegionDisabled,
			"AssumeRoot: RegionDisabledException: STS is not activated in this region"),
		"failed-unexpected": failed(bucketLocked(), remedy.Unexpected, "gave up after 5 tries: ledger: throttled"),
	}
}

// TestGolden holds every form of every kind of notice against a file that a person has read. A page has a file where it
// is sent.
func TestGolden(t *testing.T) {
	for name, n := range incidents() {
		t.Run(name, func(t *testing.T) {
			subject, text := Mail(n)
			golden(t, name+".mail.txt", []byte("Subject: "+subject+"\n\n"+text))
			golden(t, name+".json", indented(t, JSON(n)))
			golden(t, name+".chat.json", indented(t, Chat(n)))
			if n.NeedsPerson() {
				subject, body := Page(n)
				golden(t, name+".page.txt", append([]byte("Subject: "+subject+"\n\n"), indented(t, body)...))
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), go test -update writes it anew:\n%s", path, diff)
	}
}

func indented(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return append(b.Bytes(), '\n')
}

// TestEveryResultHasItsGolden fails when a result or a cause is added that nobody has written words for.
func TestEveryResultHasItsGolden(t *testing.T) {
	results, causes := map[remedy.Result]bool{}, map[remedy.Cause]bool{}
	for _, n := range incidents() {
		results[n.Outcome.Result], causes[n.Outcome.Cause] = true, true
	}
	for r := range wording {
		if !results[r] {
			t.Errorf("no golden file shows the result %q", r)
		}
	}
	if len(results) != 12 || len(causes) != 7 {
		t.Errorf("%d results and %d causes (one of them none), want 12 and 7", len(results), len(causes))
	}
}
