// Package credentials looks after the credentials that root of member accounts has: its password, its access keys, its
// signing certificates and its MFA devices.
//
// A [Custodian] audits one account or the organization, lets root recover its password, and deletes all that root has.
// What it finds are rows, which a [Store] keeps. It knows no AWS, and opens root by an [Opener].
//
// The rules are from https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html.
package credentials

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
)

// A Task is the task policy of a root session.
type Task string

// The tasks: to look, to let root recover its password, and to delete what root has.
const (
	ToAudit  Task = "IAMAuditRootUserCredentials"
	ToCreate Task = "IAMCreateRootUserPassword"
	ToDelete Task = "IAMDeleteRootUserCredentials"
)

// A Kind is a kind of credential.
type Kind string

// The kinds. An MFA device is deactivated, which takes it off root. A virtual one can be deleted after that.
const (
	Password    Kind = "password"
	AccessKey   Kind = "access key"
	Certificate Kind = "signing certificate"
	MFA         Kind = "MFA device"
	Virtual     Kind = "virtual MFA device"
)

// Disabled is why no account can be looked at: the organization has not switched the feature on.
const Disabled remedy.Cause = "root credentials management not enabled"

// ErrThere says that root has a login profile already.
var ErrThere = errors.New("root has a login profile already")

// An Opener opens root sessions.
type Opener interface {
	// Credentials opens a session of an account's root for one task. Event is the id of the request, case or audit that
	// it is opened for. The error is a *[remedy.Refusal] where trying again is no use, a [pace.ErrThrottled] where it was
	// too often, or worth a retry.
	Credentials(ctx context.Context, event, account string, task Task) (Session, error)
}

// A Session is root in one account. The task policy allows some of its calls alone: Summary to audit, Create and
// Profile to create, Drop to delete, and what lists to audit and to delete. The errors are [remedy.ErrGone] where there
// is no such thing, a *[remedy.Refusal], a [pace.ErrThrottled], or worth a retry.
type Session interface {
	// Summary tells in one call which kinds root has.
	Summary(ctx context.Context) (Summary, error)
	// Profile is since when root has a password. ErrGone: it has none.
	Profile(ctx context.Context) (time.Time, error)
	// LastLogin is when the password was used last, the zero time where that is not known.
	LastLogin(ctx context.Context) (time.Time, error)
	// Keys are the access keys, without their last use. KeyUsed adds that of one.
	Keys(ctx context.Context) ([]Key, error)
	KeyUsed(ctx context.Context, k Key) (Key, error)
	Certificates(ctx context.Context) ([]Signing, error)
	Devices(ctx context.Context) ([]Device, error)
	// Create makes a login profile without a password, and tells when. ErrThere: there is one.
	Create(ctx context.Context) (time.Time, error)
	// Drop deletes one credential, or deactivates it where it is an MFA device.
	Drop(ctx context.Context, kind Kind, id string) error
}

// A Summary is which kinds of credentials root has.
type Summary struct{ Password, AccessKeys, Certificates, MFA bool }

// A Key is an access key of root. Its id is a name, and no secret.
type Key struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"` // Active or Inactive
	Since    time.Time `json:"since"`
	LastUsed time.Time `json:"lastUsed,omitzero"`
	Service  string    `json:"service,omitempty"` // that it was used for last
	Region   string    `json:"region,omitempty"`  // and where
}

// A Signing is a signing certificate of root, an X.509 certificate for old SOAP calls.
type Signing struct {
	ID     string    `json:"id"`
	Status string    `json:"status"`
	Since  time.Time `json:"since"`
}

// A Device is an MFA device of root.
type Device struct {
	Serial string    `json:"serial"` // an ARN, or the number of a hardware token
	Since  time.Time `json:"since"`
}

// A State is how far an account could be looked at.
type State string

// The states of a row. Of what is not [Complete], nothing can be concluded.
const (
	Complete State = "complete"
	Refused  State = "refused" // no retry mends it
	Failed   State = "failed"  // another try may
)

// A Row is what root of one account has, as an audit saw it.
type Row struct {
	Account string       `json:"account"`
	Name    string       `json:"name,omitempty"`
	State   State        `json:"state"`
	Cause   remedy.Cause `json:"cause,omitempty"` // of Refused
	Why     string       `json:"why,omitempty"`   // what was said
	At      time.Time    `json:"at"`
	// Has are the kinds that root has, in the words of a [Filter]. One may be there without its details, where those were
	// refused.
	Has []string `json:"has"`

	Password         bool      `json:"password"`
	PasswordSince    time.Time `json:"passwordSince,omitzero"`
	PasswordLastUsed time.Time `json:"passwordLastUsed,omitzero"`
	AccessKeys       []Key     `json:"accessKeys"`
	Certificates     []Signing `json:"certificates"`
	MFA              []Device  `json:"mfa"`
	MFAEnabled       bool      `json:"mfaEnabled"`
}

// Nothing tells whether the account was looked at, and root has nothing.
func (r Row) Nothing() bool { return r.State == Complete && len(r.Has) == 0 }

// An Outcome is what came of creating or deleting.
type Outcome struct {
	Result string // created, there already, deleted, nothing there or failed
	Why    string // a sentence without its period, and more of them
	Items  []Item
}

// An Item is one credential that was to be deleted, and what became of it.
type Item struct {
	Kind   Kind   `json:"kind"`
	ID     string `json:"id,omitempty"`     // "" for the password, and for all of a kind that could not be listed
	Result Result `json:"result,omitempty"` // "" as long as nothing is known
	Why    string `json:"why,omitempty"`    // what the service said
	Note   bool   `json:"note,omitempty"`   // it matters little: the credential itself is gone
}

// A Result is what became of one credential.
type Result string

// The results. The last three leave something.
const (
	Deleted     Result = "deleted"
	Deactivated Result = "deactivated"
	Gone        Result = "gone" // before we came to it
	Spared      Result = "left" // since it protects another that could not be deleted
	Denied      Result = "refused"
	Broken      Result = "failed"
)

// A Custodian looks after root's credentials. Its fields are set once; several goroutines may then use it.
type Custodian struct {
	Root     Opener
	Store    Store
	Accounts Accounts         // of the organization; nil where only single accounts are looked at
	Members  remedy.Directory // nil where nobody can be asked who is a member
	Herald   remedy.Herald    // nil where no case is tended
	Queue    Queue            // nil where an audit that is cut short is not gone on with by itself
	Turns    *pace.Adaptive   // of AssumeRoot, in this process

	ManagementAccount string // whose root nobody can assume; "" where it is not known
	Side              int    // accounts that are audited side by side; 0 stands for 8
	// Patience is how long one account may take in an audit of the organization, so that one that does not answer holds
	// up no others; 0 stands for 2 minutes.
	Patience time.Duration
	// Pause waits between tries. nil waits by the clock.
	Pause func(ctx context.Context, d time.Duration) error

	Now func() time.Time
	Log *slog.Logger
}

// Pace is the rate of AssumeRoot for this package's tasks, in all processes together.
func Pace(perSecond float64) pace.Rate {
	return pace.Rate{Name: "sts:AssumeRoot", PerSecond: perSecond, Burst: max(1, int(perSecond)),
		Source: "its limit is not published; others saw throttling, and so this rate halves when it is told to"}
}

func (c *Custodian) pause(ctx context.Context, d time.Duration) error {
	if c.Pause != nil {
		return c.Pause(ctx, d)
	}
	return remedy.Sleep(ctx, d)
}

// margin is what is kept back of a worker's time, for the record of how far it came.
const margin = 4 * time.Second

// short tells whether a worker's time is nearly over.
func (c *Custodian) short(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && c.Now().Add(margin).After(deadline)
}
