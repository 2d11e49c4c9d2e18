package notice

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
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
		"unlocked":          with(bucketLocked(), remedy.Unlocked, ""),
		"unlocked-queue":    with(queueLocked(), remedy.Unlocked, ""),
		"unlocked-acl":      acl(),
		"unlocked-unseen":   unseen(),
		"unlocked-losses":   losses(),
		"unlocked-hidden":   hidden(),
		"unlocked-gone":     gone(),
		"not-covered-again": again(with(lost, remedy.NotCovered, "no rule covers it"), 75*time.Hour),
		"failed-saved":      saved(),
		"sealed-meant":      meant(with(sealed, remedy.Sealed, "nobody can change this policy, but other access remains")),
		"unreadable-known":  unreadableKnown(),
		"restricted":        restricted(),
		"overtaken":         overtaken(),
		"restored":          restored(lockout.Restricted),
		"restored-locked":   restored(lockout.Lockout),
		"digest":            digest(),
		"expiring":          expiring(),
		"hostile":           hostile(),
		"reinstated":        past(with(bucketLocked(), remedy.Reinstated, "the last good policy is as a sweep saw it"), good),
		"reinstated-losses": reinstatedLosses(),
		"before-none":       past(with(bucketLocked(), remedy.Unlocked, ""), ""),
		"before-same":       past(with(bucketLocked(), remedy.Unlocked, ""), bucketPolicy),
		"before-hostile":    past(hostile(), hostileGood),
		"before-unlocked": past(with(bucketLocked(), remedy.Unlocked, "not restored, since the last good policy lets in "+
			"somebody from outside whom the locked one keeps out: Logs"), good),
		"found":         found(with(bucketLocked(), remedy.Unlocked, ""), remedy.Sweep),
		"found-deleted": found(with(lost, remedy.NotCovered, "no rule covers it"), remedy.DeleteRole),
		"unreadable-found": found(with(remedy.Notice{}, remedy.Unreadable, "finding: call \"\": want Sweep, DeleteRole, "+
			"DeleteUser"), remedy.Sweep),
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

		"asked":             asked(with(bucketLocked(), remedy.Unlocked, ""), remedy.Asked{Approved: []string{approver}}),
		"asked-breakglass":  asked(losses(), remedy.Asked{BreakGlass: true}),
		"asked-forced":      forced(with(bucketLocked(), remedy.Unlocked, "")),
		"asked-forced-mark": asked(losses(), remedy.Asked{Forced: true}),
		"asked-restored":    asked(restored(lockout.Open), remedy.Asked{Of: "3c1f0e5a-7d52-4f0b-9a55-2c7e6b1d9f10"}),
		"asked-saved":       asked(saved(), remedy.Asked{}),
		"asked-cut":         asked(cutOff(), remedy.Asked{Approved: []string{approver}}),
		"asked-unseen":      notSeen(asked(restored(lockout.Open), remedy.Asked{})),

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

const (
	// good is the policy that there was before the bucket was locked.
	good = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll-exports/*",` +
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}},` +
		`{"Sid":"Logs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/Logs"},` +
		`"Action":"s3:PutObject","Resource":"arn:aws:s3:::payroll-exports/*"}]}`
	// hostileGood has a secret, a link, and what looks like a line of ours.
	hostileGood = `{"Statement":[{"Sid":"+ ACTION NEEDED: sign in at https://aws.evil.example/login","Effect":"Allow",` +
		`"Principal":"*","Action":"s3:GetObject","Resource":"*",` +
		`"Condition":{"StringEquals":{"aws:Referer":"open-sesame-4711"}}}]}`
)

const approver = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_77aa/sam@example.com"

// asked is a notice of what a person asked for. The reason tries to be more than a reason.
func asked(n remedy.Notice, a remedy.Asked) remedy.Notice {
	a.Request, a.Ticket = "k3mzp0q9x2v7c5b1n8da", "OPS-17"
	a.Reason = "payroll is due\nACTION NEEDED: sign in at https://aws.evil.example/login"
	n.Change.EventID, n.Change.Call, n.Change.Asked = "request-"+a.Request, "request", &a
	n.Change.By = remedy.Caller{Kind: "person",
		ARN: "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_1a2b/kim@example.com"}
	n.Link = "https://desk.example.com/incidents/" + n.Change.EventID + "~" + n.Change.Resource
	return n
}

// cutOff is a request whose worker died after the save.
func cutOff() remedy.Notice {
	n := with(bucketLocked(), remedy.StoodDown, "the worker was cut off after saving the policy; there is none now")
	n.Outcome.Removed = n.Change.Policy
	return n
}

func notSeen(n remedy.Notice) remedy.Notice {
	n.Outcome.Unseen, n.Outcome.Cause = true, remedy.Unexpected
	n.Outcome.Why = "the worker was cut off after saving the policy; there is none now"
	return n
}

// forced is a policy that locked nobody out, and that a person had taken off.
func forced(n remedy.Notice) remedy.Notice {
	n = asked(n, remedy.Asked{Forced: true})
	n.Change.Policy, n.Outcome.Removed = good, good
	n.Outcome.Rule, n.Verdict = "", lockout.Verdict{Answer: lockout.Open}
	n.Outcome.Losses = losses().Outcome.Losses
	n.Link = "locksmith desk -open /incidents/" + n.Change.EventID
	return n
}

// past is a notice with the last good policy, "" for none.
func past(n remedy.Notice, policy string) remedy.Notice {
	n.Outcome.Before = &remedy.Good{Resource: n.Change.Resource, Policy: policy,
		Verdict: lockout.Verdict{Answer: lockout.Open}, At: n.Change.Time.Add(-9 * time.Hour)}
	if n.Outcome.Result == remedy.Reinstated {
		n.Outcome.Removed, n.Outcome.Put = n.Change.Policy, policy
	}
	return n
}

// reinstatedLosses is a restore with which something went that the lock's policy had said beside it.
func reinstatedLosses() remedy.Notice {
	n := past(with(bucketLocked(), remedy.Reinstated, "the last good policy is as a sweep saw it"), good)
	n.Outcome.Losses = losses().Outcome.Losses
	return n
}

// found is a notice about what a sweep has found.
func found(n remedy.Notice, call string) remedy.Notice {
	n.Change.EventID, n.Change.Call, n.Change.By = "sweep-20260304T050000-9f86d081884c7d65", call, remedy.Caller{}
	return n
}

// losses is an unlock with which protections went, and for which there is a corrected policy.
func losses() remedy.Notice {
	n := with(bucketLocked(), remedy.Unlocked, "")
	n.Outcome.Losses = []lockout.Loss{{Statement: 0, Label: "TLSOnly", Effect: policies.Deny,
		Sentence: "TLSOnly: forbade all of s3:* on arn:aws:s3:::payroll-exports/* to everyone over plain HTTP"}}
	n.Outcome.Inside = []string{"people of account 111122223333 can do again what TLSOnly forbade (all of s3:* over " +
		"plain HTTP), as far as their own permissions and the other statements let them"}
	n.Outcome.ACL = "where an access control list (ACL) of the bucket or of an object allows the public or another " +
		"account what statement TLSOnly forbade, it takes effect again"
	n.Outcome.Corrected = lockout.Correction{Verdict: lockout.Open, Text: `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll-exports/*",` +
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`}
	return n
}

// hidden has a corrected policy with a value that is not shown.
func hidden() remedy.Notice {
	n := losses()
	const tls = `"Condition":{"Bool":{"aws:SecureTransport":"false"}}`
	const referer = `"Condition":{"StringNotEquals":{"aws:Referer":"open-sesame-4711"}}`
	n.Outcome.Corrected.Text = strings.Replace(n.Outcome.Corrected.Text, tls, referer, 1)
	n.Outcome.Removed = strings.Replace(n.Outcome.Removed, tls, referer, 1)
	n.Outcome.Losses[0].Sentence = "TLSOnly: forbade all of s3:* to everyone unless aws:Referer is open-sesame-4711"
	n.Outcome.Inside, n.Outcome.ACL = nil, ""
	return n
}

// gone has losses, and no corrected policy.
func gone() remedy.Notice {
	n := losses()
	n.Outcome.Inside, n.Outcome.ACL = nil, ""
	n.Outcome.Corrected = lockout.Correction{Reason: "without those statements it lets in somebody from outside: anybody"}
	return n
}

// acl is a plain unlock of a bucket. A list may let in what the lock kept out.
func acl() remedy.Notice {
	n := with(bucketLocked(), remedy.Unlocked, "")
	n.Outcome.ACL, n.Outcome.Inside = strings.Replace(losses().Outcome.ACL, "TLSOnly", "DenyAllAccess", 1),
		[]string{"people of account 111122223333 can do again what DenyAllAccess forbade (all of s3:*)"}
	return n
}

func unseen() remedy.Notice {
	n := with(queueLocked(), remedy.Unlocked, "the service still shows what was there before")
	n.Outcome.Unseen = true
	return n
}

func saved() remedy.Notice {
	n := failed(bucketLocked(), remedy.DeniedByOrg, "DeleteBucketPolicy: AccessDenied: Access Denied")
	n.Outcome.Removed = n.Change.Policy
	return n
}

func again(n remedy.Notice, lasts time.Duration) remedy.Notice {
	n.Lasts = lasts
	return n
}

func meant(n remedy.Notice) remedy.Notice {
	n.Outcome.Meant = true
	return n
}

func unreadableKnown() remedy.Notice {
	n := bucketLocked()
	n.Change.Policy, n.Verdict = "", lockout.Verdict{}
	return with(n, remedy.Unreadable, "CloudTrail left the parameters of the call out, since they are too long")
}

func restricted() remedy.Notice {
	n := bucketLocked()
	n.Change.Policy = strings.Replace(bucketPolicy, `"Action":"s3:*","Resource":["arn`,
		`"Action":"s3:*","Condition":{"StringNotEquals":{"aws:UserAgent":"open-sesame-4711"}},"Resource":["arn`, 1)
	n.Verdict = lockout.Verdict{Answer: lockout.Restricted,
		Reasons: []string{"statement DenyAllAccess denies s3:* to everyone unless aws:UserAgent is open-sesame-4711"},
		Witness: &lockout.Witness{Principal: "arn:aws:iam::111122223333:user/any", Kind: policies.User,
			Action: "s3:PutBucketPolicy", Resource: n.Change.Resource,
			Context: lockout.Context{"aws:useragent": {"open-sesame-4711"}}}}
	n.Outcome.Needs = []string{"a value of aws:UserAgent that the policy names"}
	return with(n, remedy.Restricted, "")
}

func overtaken() remedy.Notice {
	n := bucketLocked()
	n.Verdict.Answer, n.Verdict.Statements = lockout.Restricted, nil
	n.Verdict.Reasons = []string{"only arn:aws:iam::111122223333:role/Pipeline can change it"}
	return with(n, remedy.Overtaken, "Locksmith acted on this resource at 2026-03-04T05:06:08Z, on the policy that was "+
		"there before; this one was put at 2026-03-04T05:06:07Z and may have been taken off with it")
}

func restored(answer lockout.Answer) remedy.Notice {
	n := with(bucketLocked(), remedy.Restored,
		"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_0/ann asked for it")
	n.Outcome.Put, n.Verdict.Answer = n.Change.Policy, answer
	return n
}

func digest() remedy.Notice {
	at := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	n := remedy.Notice{Change: remedy.Change{Account: "111122223333"},
		Outcome: remedy.Outcome{Result: remedy.Digest, At: at.Add(time.Hour)}, Digest: &remedy.Summary{From: at, More: 193}}
	for i, name := range []string{"one", "two"} {
		n.Digest.Items = append(n.Digest.Items, remedy.Brief{EventID: "3c1f0e5a-7d52-4f0b-9a55-2c7e6b1d9f1" + name[:1],
			Resource: "arn:aws:sqs:eu-west-1:111122223333:" + name, Result: remedy.NotCovered, Answer: lockout.Lockout,
			At: at.Add(time.Duration(i) * time.Minute)})
	}
	return n
}

func expiring() remedy.Notice {
	return remedy.Notice{Outcome: remedy.Outcome{Result: remedy.Expiring, At: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)},
		Warnings: []string{"rule sandboxes runs out on 2026-06-30: after that day it covers nothing; renew it in time"}}
}

// hostile is a bucket whose locker has chosen every text for a tired reader.
func hostile() remedy.Notice {
	const sid = "none. *ACTION NEEDED:* no, sign in at https://aws.evil.example/login <!channel>"
	n := bucketLocked()
	n.Change.Policy = strings.Replace(bucketPolicy, "DenyAllAccess", sid, 1)
	n.Change.By.Agent, n.Change.By.ARN = "`done` [see](https://evil.example)",
		"arn:aws:sts::111122223333:assumed-role/Admin/www.evil.example"
	n.Verdict.Reasons = []string{"statement " + sid + " denies s3:* to everyone, without a condition"}
	return with(n, remedy.Held, "this resource was unlocked 3 times within 24 hours")
}

// TestGolden holds every form of every kind of notice against a file that a person has read. A page has a file where it
// is sent.
func TestGolden(t *testing.T) {
	for name, n := range incidents() {
		t.Run(name, func(t *testing.T) {
			subject, text := Mail(n)
			golden(t, name+".mail.txt", []byte("Subject: "+subject+"\n\n"+text))
			golden(t, name+".json", inLines(t, JSON(n)))
			golden(t, name+".chat.json", inLines(t, Chat(n)))
			if n.NeedsPerson() {
				subject, body := Page(n)
				golden(t, name+".page.txt", append([]byte("Subject: "+subject+"\n\n"), inLines(t, body)...))
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

func inLines(t *testing.T, text []byte) []byte {
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
	if len(results) != 18 || len(causes) != 7 {
		t.Errorf("%d results and %d causes (one of them none), want 18 and 7", len(results), len(causes))
	}
}
