package notice

import (
	"cmp"
	"fmt"
	"time"

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
	Before          *before         `json:"before,omitempty"`
	Policy          string          `json:"policy"`
	PolicyShortened bool            `json:"policyShortened"`
	PolicyMasked    bool            `json:"policyMasked"`
	LastsSeconds    int             `json:"lastsSeconds,omitempty"`
	Digest          *remedy.Summary `json:"digest,omitempty"`
	Warnings        []string        `json:"warnings,omitempty"`
	Link            string          `json:"link,omitempty"`
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
	Before  *string `json:"before,omitempty"`
	// Corrected says whether there is a corrected policy, and leaves the text to the ledger.
	Corrected *corrected `json:"corrected,omitempty"`
}

// before is what was there before the lock.
type before struct {
	At         string         `json:"at"`
	Verdict    lockout.Answer `json:"verdict,omitempty"`
	None       bool           `json:"none,omitempty"`
	Difference []string       `json:"difference,omitempty"`
}

type corrected struct {
	Offered bool           `json:"offered"`
	Verdict lockout.Answer `json:"verdict,omitempty"`
	Reason  string         `json:"reason,omitempty"`
}

// JSON is the notice for machines. Fields may be added to version 1, but none changes its meaning or goes away.
//
//	version          "1"
//	result           unlocked, repaired, reinstated, stood down, not covered, notify only, deliberate, sealed,
//	                 undecided, held, observed, failed, unreadable, restricted, overtaken, restored, digest or
//	                 expiring
//	needsPerson      the resource may still be locked, or something went with its policy: somebody was paged
//	summary          a sentence or two for people
//	service          "s3" or "sqs"
//	change           eventId, call, resource (ARN), account, region, time (RFC 3339, UTC),
//	                 by {arn, kind, address, agent, via}. Where a sweep found the policy, call is Sweep, DeleteRole
//	                 or DeleteUser, time is when it was read, by is empty, and living says that it was judged
//	                 against the principals that there are. Where a person asked Locksmith for it, asked has
//	                 {request, action, reason, ticket, approved, breakGlass, forced, of}
//	verdict          verdict, statements (indices from 0), reasons (sentences), witness
//	outcome          result, why (a sentence), cause (of a failure), rule (of the allow list), at (RFC 3339, UTC),
//	                 meant, unseen, losses [{statement, label, effect, sentence}], inside and needs (sentences), acl,
//	                 corrected {offered, verdict, reason}
//	before           where the last good policy is known: at (when a sweep saw it), verdict, none (there was no policy),
//	                 difference (lines of both policies, marked "- " where they are of the last good one alone, "+ "
//	                 where of the one that locks; none where the policy is the same)
//	policy           the policy that the verdict is about: the one that was in force, where it was read, or else the
//	                 one of the change
//	policyShortened  the policy was too long for the message; the ledger has all of it
//	policyMasked     values that act as secrets are shortened in it; the ledger has them
//	lastsSeconds     told again: how long it has lasted
//	digest           from, items [{eventId, resource, result, verdict, at}], more
//	warnings         of the result expiring: sentences
//	link             where the desk shows the incident: an address or a command; or absent
//
// Long values are cut, lists and secrets shortened, as in the mail. The values of change are what CloudTrail says: they
// are not fit to be rendered. The sentences are.
func JSON(n remedy.Notice) []byte { return writeJSON(n, maxPolicy) }

func writeJSON(n remedy.Notice, limit int) []byte {
	s := tell(n)
	b := body{Version: "1", Result: s.Outcome.Result, NeedsPerson: n.NeedsPerson(), Summary: s.summary(),
		Service: s.raw.Change.Service(), Change: change{Change: s.raw.Change}, Verdict: s.Verdict,
		Outcome: outcome{Outcome: s.Outcome}, LastsSeconds: int(n.Lasts.Seconds()), Digest: s.raw.Digest,
		Warnings: s.Warnings, Link: s.Link}
	if c := s.Outcome.Corrected; c != (lockout.Correction{}) {
		b.Outcome.Corrected = &corrected{c.Text != "", c.Verdict, c.Reason}
	}
	if s.before() != "" {
		g := s.Outcome.Before
		b.Before = &before{At: g.At.UTC().Format(time.RFC3339), Verdict: g.Verdict.Answer, None: g.Policy == "",
			Difference: s.difference(limit)}
	}
	b.Policy, b.PolicyMasked = masked(n.Policy())
	if len(b.Policy) > limit {
		b.Policy, b.PolicyShortened = b.Policy[:limit], true
	}
	return encode(b)
}

// summary names the resource and says what happened to it, for where there is no subject.
func (s story) summary() string {
	about := ""
	switch r := s.Outcome.Result; {
	case r == remedy.Unreadable && s.Change.Resource == "" || r == remedy.Digest || r == remedy.Expiring:
		if s.Change.Account != "" {
			about = " in account " + s.Change.Account
		}
	default:
		about = ": " + s.kind + " " + s.name + " in account " + s.Change.Account
	}
	return s.label + about + ". " + s.happened
}

// alarmState has the fields of a CloudWatch alarm's notification, which pagers know how to read.
type alarmState struct {
	AlarmName        string
	AlarmDescription string
	AWSAccountID     string `json:"AWSAccountId"`
	NewStateValue    string
	OldStateValue    string
	NewStateReason   string
	StateChangeTime  string
	Region           string
}

// alarm is a page, with some fields of our own.
type alarm struct {
	alarmState
	Resource string   `json:"resource"`
	Result   string   `json:"result"`
	Cause    string   `json:"cause,omitempty"`
	Call     string   `json:"call"`
	By       string   `json:"by"`
	EventID  string   `json:"eventId"`
	Reasons  []string `json:"reasons,omitempty"`
	Lost     []string `json:"lost,omitempty"`
	Listed   []string `json:"listed,omitempty"`
	Next     []string `json:"next,omitempty"`
	Link     string   `json:"link,omitempty"`
}

// alarmTime is how CloudWatch writes the time of an alarm.
const alarmTime = "2006-01-02T15:04:05.000-0700"

// Page is the notice for a pager that understands CloudWatch alarms, such as PagerDuty's "Amazon CloudWatch"
// integration: the subject begins with "ALARM: ", the body says "NewStateValue": "ALARM". The alarm's name is the same
// for every incident of a resource, so that one that is locked twice is one page.
func Page(n remedy.Notice) (subject string, body []byte) {
	s := tell(n)
	a := alarm{
		alarmState: alarmState{
			AlarmName:        clean("Locksmith "+cmp.Or(s.Change.Resource, string(s.Outcome.Result)+" "+s.Change.Account), 255),
			AlarmDescription: "A policy locks out the administrators of a bucket or queue.",
			AWSAccountID:     s.Change.Account, Region: s.Change.Region,
			NewStateValue: "ALARM", OldStateValue: "OK", NewStateReason: s.summary() + " Action needed: " + s.action,
			StateChangeTime: s.Outcome.At.Format(alarmTime)},
		Resource: s.Change.Resource, Result: string(s.Outcome.Result), Cause: string(s.Outcome.Cause),
		Call: s.Change.Call, By: s.Change.By.ARN, EventID: s.Change.EventID, Reasons: s.Verdict.Reasons,
		Lost: s.lost(), Listed: s.lines(), Link: s.Link,
	}
	if s.Verdict.Answer != lockout.Lockout && s.Verdict.Answer != lockout.Sealed {
		a.AlarmDescription = "A policy may lock out the administrators of a bucket or queue."
	}
	if s.gone() != (words{}) {
		a.AlarmDescription = "Something went with a policy that was taken off, or the unlock could not be seen."
	}
	if s.Change.Found() {
		a.By = s.who()
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

// lost is what went with a policy that was taken off.
func (s story) lost() (lost []string) {
	for _, l := range s.Outcome.Losses {
		lost = append(lost, l.Sentence)
	}
	return lost
}

// again is what is possible again with the policy gone. What the account's own people can do is worth a line where more
// than the lock has gone.
func (s story) again() (texts []string) {
	if s.Outcome.ACL != "" {
		texts = append(texts, s.Outcome.ACL)
	}
	if len(s.Outcome.Losses) > 0 {
		texts = append(texts, s.Outcome.Inside...)
	}
	return texts
}

// lines are what a digest or a warning lists, one line each.
func (s story) lines() (lines []string) {
	lines = append(lines, s.Warnings...)
	if s.Digest == nil {
		return lines
	}
	for _, b := range s.Digest.Items {
		lines = append(lines, b.At.Format("15:04:05 ")+string(b.Result)+", "+string(b.Answer)+": "+b.Resource+", event "+
			b.EventID)
	}
	if s.Digest.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more; the ledger has all of them", s.Digest.More))
	}
	return lines
}
