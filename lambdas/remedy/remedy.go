// Package remedy is the way of one event: from a CloudTrail record, or a finding, to an unlock and a notice.
//
// Four nouns carry it: a [Change] is what happened, a [lockout.Verdict] what was proved, an [Outcome] what was done, a
// [Notice] what was said. The steps are in [Flow.Handle]. The package talks to AWS through three small interfaces,
// [Root], [Ledger] and [Teller]. Their adapters are the packages awsroot, ledger and notice.
package remedy

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// A Change is one accepted call that gave a bucket or a queue a policy, or a policy that a sweep found: see
// [Change.Found].
type Change struct {
	EventID  string    `json:"eventId"`  // CloudTrail's, the same in every copy of the event; or the finding's
	Call     string    `json:"call"`     // PutBucketPolicy, SetQueueAttributes or CreateQueue; Sweep and others if found
	Resource string    `json:"resource"` // the ARN of the bucket or queue
	Account  string    `json:"account"`  // its owner, twelve digits
	Region   string    `json:"region"`   // where the resource is
	Time     time.Time `json:"time"`     // of the call, or when it was found
	By       Caller    `json:"by"`       // nobody, where it was found
	Policy   string    `json:"policy"`   // the new policy, JSON text
	// Living says of what was found that it was judged against the principals that there are.
	Living bool `json:"living,omitempty"`
	// Asked is the request behind it, where a person asked Locksmith for it.
	Asked *Asked `json:"asked,omitempty"`
}

// Service is "s3" or "sqs".
func (c Change) Service() string { return c.part(2) }

// Partition is "aws", "aws-us-gov" or "aws-cn".
func (c Change) Partition() string { return c.part(1) }

// Name is the name of the bucket or queue.
func (c Change) Name() string { return c.part(5) }

func (c Change) part(i int) string {
	if parts := strings.SplitN(c.Resource, ":", 6); len(parts) == 6 {
		return parts[i]
	}
	return ""
}

// A Caller is who made a change, as CloudTrail tells it.
type Caller struct {
	ARN     string `json:"arn"`           // of the user or session, or the name of a service
	Kind    string `json:"kind"`          // CloudTrail's userIdentity.type: IAMUser, AssumedRole, Root …
	Address string `json:"address"`       // source IP address, or a service's host name
	Agent   string `json:"agent"`         // user agent
	Via     string `json:"via,omitempty"` // the service that called for them, such as cloudformation.amazonaws.com
}

// Result is the end of one incident.
type Result string

// The ends.
const (
	Unlocked Result = "unlocked" // the policy was saved and deleted
	Repaired Result = "repaired" // the policy was saved, and put back without the statements that lock
	// Reinstated: the policy was saved, and the last good one was put in its place. A person's undo is Restored.
	Reinstated Result = "reinstated"
	StoodDown  Result = "stood down" // the policy was gone or no longer a lockout when we looked
	// NotCovered: no rule of the allow list covers the resource, "never" names it, or its rule has run out.
	NotCovered Result = "not covered"
	NotifyOnly Result = "notify only" // the rule says to tell people and touch nothing
	Deliberate Result = "deliberate"  // a locking statement is marked as meant
	// Sealed: nobody can change the policy, but other access remains, and no rule says to act on that.
	Sealed     Result = "sealed"
	Undecided  Result = "undecided"  // the verdict is undecided: a person has to look
	Held       Result = "held"       // the flap guard or the breaker said no
	Observed   Result = "observed"   // it would have been unlocked, but Locksmith only observes
	Failed     Result = "failed"     // the resource is locked, and we could not unlock it
	Unreadable Result = "unreadable" // the event itself could not be read, so nobody knows whether something is locked
	// Restricted: the policy can be changed, but only later, or with something that the sender has to know.
	Restricted Result = "restricted"
	// Overtaken: the policy was put right before we acted on the one before it, and may have been taken off with that.
	Overtaken Result = "overtaken"
	Restored  Result = "restored" // a person has put back a policy that was taken off
	// Digest lists what was not paged, since the account had its share of pages in that hour.
	Digest Result = "digest"
	// Expiring says of the allow list itself what people have to see to: rules that run out, or cover nothing.
	Expiring Result = "expiring"
)

// Opens tells whether the result is an act of ours, after which people can get in again.
func (r Result) Opens() bool { return r == Unlocked || r == Repaired || r == Reinstated }

// An Outcome is what was done about a change.
type Outcome struct {
	Result Result `json:"result"`
	// Why is a plain sentence. For Unlocked it says how it went, if there is anything to say.
	Why   string `json:"why,omitempty"`
	Cause Cause  `json:"cause,omitempty"` // for Failed
	Rule  string `json:"rule,omitempty"`  // the name of the rule that covers the resource
	// Removed is, where we acted, the policy that was in force, as it was read from the service.
	Removed string `json:"removed,omitempty"`
	Put     string `json:"put,omitempty"` // for Repaired and Reinstated: the policy that was put in its place
	// Before is the last good policy, where one is known.
	Before *Good `json:"before,omitempty"`
	// Live is the policy in force, where the verdict is about that. Otherwise the verdict is about the event's.
	Live string    `json:"live,omitempty"`
	At   time.Time `json:"at"` // when it was done or given up
	// Meant is, for Sealed and Deliberate: the caller is one of the allow list's sealers.
	Meant bool `json:"meant,omitempty"`
	// Unseen is, where we acted: the service accepted it, and nobody has seen it in force.
	Unseen bool `json:"unseen,omitempty"`
	// Losses are the statements that did not lock and went with the policy.
	Losses []lockout.Loss `json:"losses,omitempty"`
	Inside []string       `json:"inside,omitempty"` // sentences: what the account's own people can do now
	ACL    string         `json:"acl,omitempty"`    // a sentence: what an access control list may let in now
	// Corrected is the old policy without what locked, where that is proved neither to lock nor to open anything.
	Corrected lockout.Correction `json:"corrected,omitzero"`
	Needs     []string           `json:"needs,omitempty"` // for Restricted: what every way in needs
}

// A Notice is what people are told about one incident.
type Notice struct {
	Change  Change          `json:"change"`
	Verdict lockout.Verdict `json:"verdict"`
	Outcome Outcome         `json:"outcome"`
	// Lasts is, where people are told again, how long the resource has been locked; zero the first time.
	Lasts time.Duration `json:"lasts,omitzero"`
	// Digest is what a notice with the result Digest lists; Warnings are the sentences of one with Expiring.
	Digest   *Summary `json:"digest,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	// Link is how people see the incident at the desk: an address or a command. Whoever sends the notice sets it.
	Link string `json:"link,omitempty"`
}

// A Summary lists what happened in one account in one hour beyond its pages. The account is that of the Change.
type Summary struct {
	From  time.Time `json:"from"` // the beginning of the hour
	Items []Brief   `json:"items"`
	More  int       `json:"more,omitempty"` // how many there are beside the items
}

// A Brief is one line of a summary.
type Brief struct {
	EventID  string         `json:"eventId"`
	Resource string         `json:"resource"`
	Result   Result         `json:"result"`
	Answer   lockout.Answer `json:"verdict"`
	At       time.Time      `json:"at"`
}

// NeedsPerson tells whether somebody has to be paged: the resource may still be locked, or something went with its
// policy that somebody may miss. Whoever locks cannot choose to be left alone: a seal pages, unless a sealer set it.
func (n Notice) NeedsPerson() bool {
	switch o := n.Outcome; o.Result {
	case NotCovered, NotifyOnly, Held, Observed, Failed, Unreadable, Undecided, Digest, Overtaken:
		return true
	case Sealed, Deliberate:
		return !o.Meant
	case Unlocked, Repaired, Reinstated:
		return o.Unseen || len(o.Losses) > 0
	}
	return false
}

// Policy is the policy the notice speaks of, whose statements the verdict counts.
func (n Notice) Policy() string {
	if n.Outcome.Result == Restored && n.Outcome.Put != "" {
		return n.Outcome.Put
	}
	return cmp.Or(n.Outcome.Removed, n.Outcome.Live, n.Change.Policy)
}

// Channel is a way to reach people.
type Channel string

// The channels.
const (
	Alerts Channel = "alerts" // mail and machines: every notice
	Pages  Channel = "pages"  // the pager: only when a person is needed
	Chat   Channel = "chat"   // optional: every notice
)

// A Teller tells people. It sends the notice on every channel that it is meant for and that is not in told. It returns
// told with the channels that took it, also with an error. Sending twice is allowed, losing is not.
type Teller interface {
	Tell(ctx context.Context, n Notice, told []Channel) ([]Channel, error)
}

// Root opens root sessions in member accounts.
type Root interface {
	// Open starts a session for the one task that the change's resource needs. The error is a *[Refusal] where trying
	// again is no use.
	Open(ctx context.Context, c Change) (Session, error)
}

// A Session is minutes of root in one account, for the policy of one bucket or queue. Errors are [ErrGone], a
// *[Refusal], or worth a retry.
type Session interface {
	// Policy reads the policy in force. ErrGone: there is none, or no such bucket or queue any more.
	Policy(ctx context.Context) (string, error)
	// Delete takes the policy off. Taking off what is not there succeeds.
	Delete(ctx context.Context) error
	// Put replaces the policy.
	Put(ctx context.Context, policy string) error
}

// ErrGone says that there is no policy any more, or no such resource.
var ErrGone = errors.New("policy or resource is gone")

// Cause is why root was refused for good.
type Cause string

// The causes.
const (
	SessionsDisabled  Cause = "root sessions not enabled"
	NotDelegated      Cause = "not permitted to assume root"
	DeniedByOrg       Cause = "denied by an organization policy"
	ManagementAccount Cause = "management account"
	RegionDisabled    Cause = "region not enabled"
	NoDirectory       Cause = "not permitted to look up accounts"
	Unexpected        Cause = "unexpected refusal"
)

// A Refusal is an error that no retry mends: a person has to.
type Refusal struct {
	Cause Cause
	Err   error // what the service said
}

func (r *Refusal) Error() string { return string(r.Cause) + ": " + r.Err.Error() }

func (r *Refusal) Unwrap() error { return r.Err }

// An Account is a member of the organization, as the directory knows it.
type Account struct {
	allowlist.Account
	Name  string
	State string // ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED …: Organizations' State
}

// Active is the State of an account that can be used. In any other there is nobody to let in.
const Active = "ACTIVE"

// A Directory knows the accounts of the organization. The errors are [ErrNoMember] where the organization has no such
// account, a *[Refusal] where nobody may look it up, or worth a retry.
type Directory interface {
	// Account is what is known of an account, looked up where that is not of this day.
	Account(ctx context.Context, number string) (Account, error)
	// Fresh is what is known of an account that is to be acted on, looked up where that is older than minutes.
	Fresh(ctx context.Context, number string) (Account, error)
}

// ErrNoMember says that the organization has no such account.
var ErrNoMember = errors.New("no account of the organization")
