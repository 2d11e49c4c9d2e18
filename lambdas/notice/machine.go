package notice

import (
	"cmp"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// body is version 1 of the schema. See [JSON].
type body struct {
	Version         string          `json:"version"`
	Result          remedy.Result   `json:"result"`
	NeedsPerson     bool            `json:"needsPerson"`
	Summary         string          `json:"summary"`
	Service         string          `json:"service"`
	Change          change          `json:"change"`
	Verdict         lockout.Verdict `json:"verdict"`
	Outcome         outcome         `json:"outcome"`
	Policy          string          `json:"policy"`
	PolicyShortened bool            `json:"policyShortened"`
}

// change and outcome leave their copies of the policy out, since the body has it once.
type change struct {
	remedy.Change
	Policy *string `json:"policy,omitempty"`
}

type outcome struct {
	remedy.Outcome
	Removed *string `json:"removed,omitempty"`
	Live    *string `json:"live,omitempty"`
	Put     *string `json:"put,omitempty"`
}

// JSON is the notice for machines. Fields may be added to version 1, but none changes its meaning or goes away.
//
//	version          "1"
//	result           unlocked, repaired, stood down, not covered, notify only, deliberate, sealed, undecided, held,
//	                 observed, failed or unreadable
//	needsPerson      the resource may still be locked: somebody was paged
//	summary          a sentence or two for people
//	service          "s3" or "sqs"
//	change           eventId, call, resource (ARN), account, region, time (RFC 3339, UTC),
//	                 by {arn, kind, address, agent, via}
//	verdict          verdict, statements (indices from 0), reasons (sentences), witness
//	outcome          result, why (a sentence), cause (of a failure), rule (of the allow list), at (RFC 3339, UTC)
//	policy           the policy that the verdict is about: the one that was in force, where it was read, or else the
//	                 one of the change
//	policyShortened  the policy was too long for the message; the ledger has all of it
//
// Long values are cut, and lists shortened, as in the mail.
func JSON(n remedy.Notice) []byte { return writeJSON(n, maxPolicy) }

func writeJSON(n remedy.Notice, limit int) []byte {
	s := tell(n)
	b := body{Version: "1", Result: s.Outcome.Result, NeedsPerson: s.NeedsPerson(), Summary: s.summary(),
		Service: s.Change.Service(), Change: change{Change: s.Change}, Verdict: s.Verdict,
		Outcome: outcome{Outcome: s.Outcome}, Policy: n.Policy()}
	if len(b.Policy) > limit {
		b.Policy, b.PolicyShortened = b.Policy[:limit], true
	}
	return encode(b)
}

// summary names the resource and says what happened to it, for where there is no subject.
func (s story) summary() string {
	if s.Outcome.Result == remedy.Unreadable {
		return s.label + ". " + s.happened
	}
	return s.label + ": " + s.kind + " " + s.name + " in account " + s.Change.Account + ". " + s.happened
}

// alarm has the fields of a CloudWatch alarm's notification, which pagers know how to read, and some of our own.
type alarm struct {
	AlarmName        string
	AlarmDescription string
	AWSAccountID     string `json:"AWSAccountId"`
	NewStateValue    string
	OldStateValue    string
	NewStateReason   string
	StateChangeTime  string
	Region           string
	Resource         string   `json:"resource"`
	Result           string   `json:"result"`
	Cause            string   `json:"cause,omitempty"`
	Call             string   `json:"call"`
	By               string   `json:"by"`
	EventID          string   `json:"eventId"`
	Reasons          []string `json:"reasons,omitempty"`
	Next             []string `json:"next,omitempty"`
}

// Page is the notice for a pager that understands CloudWatch alarms, such as PagerDuty's "Amazon CloudWatch"
// integration: the subject begins with "ALARM: ", the body says "NewStateValue": "ALARM". The alarm's name is the same
// for every incident of a resource, so that one that is locked twice is one page.
func Page(n remedy.Notice) (subject string, body []byte) {
	s := tell(n)
	a := alarm{
		AlarmName:        clean("Locksmith "+cmp.Or(s.Change.Resource, string(s.Outcome.Result)), 255),
		AlarmDescription: "A policy locks out the administrators of a bucket or queue.",
		AWSAccountID:     s.Change.Account, Region: s.Change.Region,
		NewStateValue: "ALARM", OldStateValue: "OK", NewStateReason: s.summary() + " Action needed: " + s.action,
		StateChangeTime: s.Outcome.At.Format("2006-01-02T15:04:05.000-0700"),
		Resource:        s.Change.Resource, Result: string(s.Outcome.Result), Cause: string(s.Outcome.Cause),
		Call: s.Change.Call, By: s.Change.By.ARN, EventID: s.Change.EventID, Reasons: s.Verdict.Reasons,
	}
	if s.Outcome.Why != "" {
		a.NewStateReason += " " + sentence(s.Outcome.Why)
	}
	for _, step := range s.steps {
		a.Next = append(a.Next, step.text)
		a.Next = append(a.Next, step.lines...)
	}
	return s.subject("ALARM: [Locksmith] "), encode(a)
}
