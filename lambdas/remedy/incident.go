package remedy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"locksmith/policies/lockout"
)

// An Incident is one change that people may have to hear of, as the ledger first hears of it.
type Incident struct {
	Change  Change          `json:"change"`
	Verdict lockout.Verdict `json:"verdict"`
	// Acts says that a root session is to be opened. An account that has wasted too many lately has to wait.
	Acts  bool `json:"acts"`
	Again bool `json:"-"` // takes up an entry that is there and Open, though it may be closed
	// Joins says that it may be the same as the incident that the resource had last: see [Met]. After is the event id of
	// that one, once it was looked at and found to be another.
	Joins bool   `json:"-"`
	After string `json:"-"`
}

// Met is the error of a claim that may be of no incident of its own. A finding meets any incident that its resource had
// last. An event meets a finding that was made when the event's policy was there already.
type Met struct{ EventID string }

func (m *Met) Error() string { return "the resource has an incident already: " + m.EventID }

// State is how far an incident has come. A retry goes on from there.
type State string

// The states, in their order.
const (
	Claimed State = "claimed" // nothing is done yet
	Saved   State = "saved"   // the live policy is in the ledger; it may have been deleted, or not
	Acted   State = "acted"   // the service has accepted the act of the Outcome, which nobody has seen in force yet
	Settled State = "settled" // the outcome is in the ledger; people may have been told, or not
	Closed  State = "closed"  // people were told: the event needs no more work
)

// An Entry is an incident in the ledger. It never holds a credential.
type Entry struct {
	Incident
	State   State     `json:"state"`
	At      time.Time `json:"at"`               // when it was first claimed
	Token   bool      `json:"token,omitempty"`  // whether it has the tokens of the guards
	TokenAt time.Time `json:"tokenAt,omitzero"` // when it took them
	Saved   string    `json:"saved,omitempty"`  // the live policy, as last read before it was touched
	// Copies are what can be put back: from Find all, the oldest first. In Record: what is to be kept beside those that
	// are Kept, by their names. Claim reads the names alone.
	Copies  []Copy    `json:"copies,omitempty"`
	Kept    []string  `json:"kept,omitempty"`
	Outcome Outcome   `json:"outcome"`         // from Settled on; in Acted what is still to be seen
	Told    []Channel `json:"told,omitempty"`  // the channels that took the notice
	Quiet   string    `json:"quiet,omitempty"` // why nobody was told: they had been told not long ago

	// Open says that nobody has seen the resource open yet. At Due it is to be looked at again: see [Flow.Remind].
	Open bool      `json:"open,omitempty"`
	Due  time.Time `json:"due,omitzero"`

	Failures int    `json:"failures,omitempty"` // tries that failed in an orderly way
	Failure  string `json:"failure,omitempty"`  // why the last of them did
	Laters   int    `json:"laters,omitempty"`   // deliveries that came too early: see [Later]
	Warned   bool   `json:"warned,omitempty"`   // people were told that it takes many tries

	// The fields that follow are for one Record, and are not kept.
	Takes   bool    `json:"-"` // take the tokens of the guards, or write nothing
	Returns bool    `json:"-"` // give the tokens back, since nothing was done
	Counts  bool    `json:"-"` // count a root session that came to nothing against the account
	Release bool    `json:"-"` // give the lease back
	Telling Telling `json:"-"` // of a closed entry: what people were told
	Listed  bool    `json:"-"` // of a closed entry: put it into the account's digest of the hour
	// Since is, if not zero: write nothing where somebody is known to have changed the resource after it. The error is
	// a *[Later] then.
	Since time.Time `json:"-"`

	Fence int64 `json:"fence,omitempty"` // which claim this is; the ledger's own
	// Settles is set by Claim. Until then a service may show another policy than the one in force: we have changed it,
	// or somebody else is known to have.
	Settles time.Time `json:"-"`
	// Lately is when we have changed the resource, or may have, the oldest first. Claim sets it, and Record writes it:
	// a worker says when it begins to act, and when it has ended. Nil changes nothing.
	Lately []Act `json:"-"`

	before Outcome // what people were told of the resource, while it is looked at again
	// recalled says that it is known what was there before the lock, or that it is not known.
	recalled bool
	acting   bool   // the last act of Lately is this worker's
	ends     bool   // people are told for the last time
	mute     string // why nobody need hear of it
}

// An Act is a time in which somebody's policy may have gone with an act of ours on a resource, unseen. The act itself
// was not later than Until.
type Act struct{ From, Until time.Time }

// A Copy is a policy that was in force, or may have been, and that we took off, or may have.
type Copy struct {
	Policy  string          `json:"policy"`
	Verdict lockout.Verdict `json:"verdict"` // what was proved of it
	At      time.Time       `json:"at"`
	Why     string          `json:"why"`
}

// Name is the same for the same policy, so that it is kept once.
func (k Copy) Name() string { return fmt.Sprintf("%x", sha256.Sum256([]byte(k.Policy))) }

// A Telling is what people were last told about a resource, or that it was seen open since.
type Telling struct {
	Of      string    `json:"of"` // what the notice means: another meaning is news
	EventID string    `json:"eventId"`
	At      time.Time `json:"at"`
}

// A Waiting is an entry that is open, or a digest that nobody has sent yet, once it is due.
type Waiting struct {
	Account  string
	EventID  string
	Resource string
	Digest   string // the ledger's name of the digest, or ""
	Due      time.Time
}

// A Ledger remembers incidents. With it, an event that arrives twice, or is tried again after a crash, ends as if it
// had come once.
type Ledger interface {
	// Claim enters the incident, or finds the entry that is there: one entry for each event id and resource. It takes a
	// lease, so that at most one worker at a time is busy with a resource. While another worker holds the lease, the
	// error is [ErrBusy]. A closed entry is returned without a lease, unless the incident says Again. A new entry is
	// open, and due in a day: whatever becomes of the worker, somebody comes back to it. Where the account has wasted
	// too many root sessions in this hour, the error is a *[Later]. Where it Joins, and is new, the error may be a *[Met].
	Claim(ctx context.Context, i Incident) (Entry, error)
	// Record writes the entry as it stands now. It gives the lease back where the entry is Closed or says Release. If
	// another worker has taken the lease over since, nothing is written and the error is [ErrBusy]. Where Takes finds
	// no token, nothing is written and the error is a *[HeldError]. A copy is never overwritten. Acts are kept for two
	// days: the last eight, and what is older as one.
	Record(ctx context.Context, e Entry) error
	// Find is the entry of an event and a resource, with all its copies. Without one the error is [ErrNoEntry].
	Find(ctx context.Context, event, resource string) (Entry, error)
	// LastTold is the last telling recorded about a resource, or the zero Telling. Tellings are kept for at least a
	// day.
	LastTold(ctx context.Context, resource string) (Telling, error)
	Watcher
	Reminders
}

// A Watcher remembers what others do about resources.
type Watcher interface {
	// Seen notes that somebody has changed the policy of a resource, so that a later Claim knows until when an older
	// copy may show, and a Record with Since does not go on with one. It tells when we ourselves may have changed it.
	Seen(ctx context.Context, c Change) ([]Act, error)
	// Page takes one of the account's pages of this hour, or tells that there is none left.
	Page(ctx context.Context, account string) (bool, error)
}

// Reminders are what is to be looked at, or told, later.
type Reminders interface {
	// Waiting is what is due, in an order in which each account has its turn.
	Waiting(ctx context.Context) ([]Waiting, error)
	// Digest reads a digest, and Sent notes that people have it.
	Digest(ctx context.Context, id string) (Summary, error)
	Sent(ctx context.Context, id string) error
}

// Settling is how long a service may show what was there before a change. SQS says up to 60 seconds, and S3 that bucket
// configurations are eventually consistent
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel).
const Settling = time.Minute

// Daily is how long after a notice people are told once more of what goes on.
const Daily = 24 * time.Hour

// ErrBusy says that another worker is busy with the resource. Trying again later is right.
var ErrBusy = errors.New("another worker holds this resource")

// ErrNoEntry says that the ledger has no such entry.
var ErrNoEntry = errors.New("no such incident in the ledger")

// A HeldError says why there was no token: the resource must not be touched now.
type HeldError struct{ Why string }

func (h *HeldError) Error() string { return "held back: " + h.Why }
