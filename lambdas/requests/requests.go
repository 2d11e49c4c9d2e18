// Package requests is a person's request for a root task: who may ask, who has to approve, and what becomes of it.
//
// A request is for one act, not a grant. It begins as [Requested], and every step from there is a write that holds only
// on the state before it. What runs is bound to what was shown: where that has changed, the approvals are void. The
// package knows no AWS. It talks through the interfaces [Store], [Work], [Queue] and remedy's Herald.
package requests

import (
	"context"
	"time"

	"locksmith/lambdas/remedy"
)

// A Task is what an entry of the allow list's desk lets people do.
type Task = string

// The tasks. The first three only read, and never need approval.
const (
	View              Task = "view"               // look at a policy, by a root session that only reads
	Audit             Task = "audit"              // which root credentials there are
	Operate           Task = "operate"            // look at requests, incidents, sweeps and the preflight; run sweeps
	Unlock            Task = "unlock"             // what is proved locked
	Force             Task = "force"              // what is not
	Restore           Task = "restore"            // put back what Locksmith took off
	CreatePassword    Task = "create-password"    // let root recover its password by mail
	DeleteCredentials Task = "delete-credentials" // all of root's
)

// A State is how far a request has come.
type State string

// The states. From Done on they are ends.
const (
	Requested State = "requested" // waits for people
	Approved  State = "approved"  // may run, and has not begun
	Running   State = "running"   // one worker is at it
	Done      State = "done"
	Failed    State = "failed"
	Unknown   State = "unknown" // the worker never came back: what it did is not known
	Denied    State = "denied"
	Cancelled State = "cancelled" // by who asked
	Expired   State = "expired"   // nobody decided, or nothing ran, in time
)

// A Caller is who calls, as the verified signature says.
type Caller struct {
	ARN string `json:"arn"` // of the user or session
	// SourceIdentity is aws:SourceIdentity, or the name that an issuer vouches for, and UserID identitystore:UserId, where
	// whoever verified knows them.
	SourceIdentity string `json:"sourceIdentity,omitempty"`
	UserID         string `json:"userId,omitempty"`
}

// A Request is one wish for one act. What it asks for never changes.
type Request struct {
	ID       string `json:"id"`
	State    State  `json:"state"`
	Task     Task   `json:"task"`
	Account  string `json:"account"`
	Resource string `json:"resource,omitempty"` // an ARN
	Region   string `json:"region,omitempty"`
	Action   string `json:"action,omitempty"`   // delete, repair or restore
	Incident string `json:"incident,omitempty"` // for Restore: whose copy
	Copy     int    `json:"copy,omitempty"`     // for Restore: which, from 1; 0 stands for the last
	Anyway   bool   `json:"anyway,omitempty"`   // for Restore: even if it locks, or lets in somebody from outside
	Case     bool   `json:"case,omitempty"`     // for CreatePassword: what only a real root login can do is to be done

	By     string `json:"by"`     // the ARN of who asks
	Person string `json:"person"` // see [Caller.Person]
	Reason string `json:"reason"`
	Ticket string `json:"ticket,omitempty"`

	Entry      string     `json:"entry"` // the name of the desk's entry that lets them ask
	Needs      int        `json:"needs"` // how many have to approve
	Decisions  []Decision `json:"decisions"`
	MayApprove []string   `json:"mayApprove"`           // patterns of who may
	Silent     []string   `json:"silent,omitempty"`     // of an ended request: those patterns of whom nobody answered
	BreakGlass bool       `json:"breakGlass,omitempty"` // ran at once, past its approvers; never unset

	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`         // of Requested: when waiting ends; of Approved: when leave to run does
	Waits   time.Time `json:"waits"`           // when waiting ends, however often it goes back to that
	After   time.Time `json:"after,omitzero"`  // of Approved: it does not run before
	Shown   string    `json:"shown,omitempty"` // the policy that was shown, JSON text
	// Digest is of task, account, resource and Shown: what an approval is bound to.
	Digest  string    `json:"digest"`
	Rounds  int       `json:"rounds,omitempty"` // how often it went back to waiting, since the policy had changed
	History []Event   `json:"history"`
	Outcome *Outcome  `json:"outcome,omitempty"`
	Until   time.Time `json:"until,omitzero"`   // of Running: when the worker has ended at the latest
	Worker  string    `json:"worker,omitempty"` // of Running: which one it is
	Version int       `json:"version"`          // counts the writes
	// Untold says that people have not all heard of the last step yet; Told who have.
	Untold bool             `json:"untold,omitempty"`
	Told   []remedy.Channel `json:"told,omitempty"`
}

// A Decision is what somebody said who may.
type Decision struct {
	By       string    `json:"by"`
	Person   string    `json:"person"`
	At       time.Time `json:"at"`
	Decision string    `json:"decision"` // approved or denied
	Reason   string    `json:"reason,omitempty"`
}

// An Event is one step of a request's history.
type Event struct {
	At    time.Time `json:"at"`
	State State     `json:"state"` // that it went to
	By    string    `json:"by,omitempty"`
	Why   string    `json:"why,omitempty"`
}

// An Outcome is what was done.
type Outcome struct {
	Result   string    `json:"result"` // a word: unlocked, repaired, reinstated, restored, created, deleted, stood down, failed …
	Why      string    `json:"why,omitempty"`
	At       time.Time `json:"at"`
	Incident string    `json:"incident,omitempty"` // in the ledger, where there is one
	Steps    []Step    `json:"steps,omitempty"`
}

// A Step is one part of an act, with its own end.
type Step struct {
	What   string `json:"what"`           // such as: access key AKIA…
	Result string `json:"result"`         // deleted, deactivated, left, refused …
	Why    string `json:"why,omitempty"`  // what the service said
	Note   bool   `json:"note,omitempty"` // Result is no failure of the whole
}

// A Store keeps requests. Errors are [ErrNone], [ErrThere] and [ErrChanged], or worth a retry.
type Store interface {
	// Create enters a request. Where its id is taken, the error is ErrThere.
	Create(ctx context.Context, r Request) error
	Get(ctx context.Context, id string) (Request, error)
	// Write writes the request over the one that has the state and the version of before. Otherwise nothing is written,
	// and the error is ErrChanged.
	Write(ctx context.Context, before, r Request) error
	// List is one query: a page of at most n requests, the newest first, and where the next page begins, "" at the end.
	// It may be some seconds behind, and what is listed is [Request.Brief].
	List(ctx context.Context, which Listing, n int, from string) ([]Request, string, error)
}

// A Listing names which requests are listed: all (the zero value), one person's, or those that have not ended and been
// told. It names one of them at most.
type Listing struct {
	Person string
	Open   bool
}

// Work is what a request is about, and what does it.
type Work interface {
	// Look reads what the request is about, as it is now: its policy, or "". It changes nothing. Where a person has to see
	// to it, the error is a *[Refusal]; any other is worth a retry.
	Look(ctx context.Context, r Request) (Sight, error)
	// Do does the request, which is running. It acts on what was shown alone: an error that is [ErrOther] says that it
	// is not in force any more, and that nothing was done. An error that is a *remedy.Later says that not all was done
	// yet, and when to come back; one that is a *remedy.NotKnown that nobody knows whether it was done. Any other error
	// is the end of the request, which has failed.
	Do(ctx context.Context, r Request) (Outcome, error)
}

// A Sight is what was seen of a resource.
type Sight struct {
	Resource string // its ARN
	Region   string // where it is
	Policy   string // in force; "" for none
	Task     Task   // that the wish comes to, now that the policy is known: Unlock or Force
	Why      string // of Force: why it is not Unlock, a sentence without its period
}

// A Queue runs requests, each in the function of its task.
type Queue interface {
	// Run has [Desk.Run] called with the id, not before a time.
	Run(ctx context.Context, task Task, id string, at time.Time) error
}
