package remedy

import (
	"context"
	"errors"
	"time"

	"locksmith/policies/lockout"
)

// An Incident is one change whose policy is neither open nor restricted, as the ledger first hears of it.
type Incident struct {
	Change  Change          `json:"change"`
	Verdict lockout.Verdict `json:"verdict"`
	// Acts says that it is meant to change the resource, and so needs a token of the flap guard and the breaker.
	Acts bool `json:"acts"`
}

// State is how far an incident has come. A retry goes on from there.
type State string

// The states, in their order.
const (
	Claimed State = "claimed" // nothing is done yet
	Saved   State = "saved"   // the live policy is in the ledger; it may have been deleted, or not
	Settled State = "settled" // the outcome is in the ledger; people may have been told, or not
	Closed  State = "closed"  // people were told: there is nothing left to do
)

// An Entry is an incident in the ledger. It never holds a credential.
type Entry struct {
	Incident
	State   State     `json:"state"`
	At      time.Time `json:"at"`               // when it was first claimed
	Token   bool      `json:"token,omitempty"`  // whether it has taken its token
	TokenAt time.Time `json:"tokenAt,omitzero"` // when it took it
	Held    string    `json:"held,omitempty"`   // why there was no token: the resource must not be touched
	Saved   string    `json:"saved,omitempty"`  // the live policy, as read before it was touched
	// Before is what an earlier try saved, where this try found another policy there.
	Before  string    `json:"before,omitempty"`
	Outcome Outcome   `json:"outcome"`           // from Settled on
	Told    []Channel `json:"told,omitempty"`    // the channels that took the notice
	Quiet   string    `json:"quiet,omitempty"`   // why nobody was told: they had been told not long ago
	Telling Telling   `json:"telling,omitzero"`  // in Record of a closed entry: what people were told
	Release bool      `json:"release,omitempty"` // in Record: give the lease back
	Returns bool      `json:"returns,omitempty"` // in Record: give the token back, since nothing was done
	Fence   int64     `json:"fence,omitempty"`   // which claim this is; the ledger's own
	// Settles is set by Claim: until then a service may show what was there before we changed the resource last.
	Settles time.Time `json:"-"`
}

// A Telling is what people were last told about a resource.
type Telling struct {
	Of      string    `json:"of"` // the result and the policy: another of either is news
	EventID string    `json:"eventId"`
	At      time.Time `json:"at"`
}

// A Ledger remembers incidents. With it, an event that arrives twice, or is tried again after a crash, ends as if it
// had come once.
type Ledger interface {
	// Claim enters the incident, or finds the entry that is there: one entry for each event id and resource. It takes a
	// lease, so that at most one worker at a time is busy with a resource. While another worker holds the lease, the
	// error is [ErrBusy]. A closed entry is returned without a lease. With Acts, an entry takes a token of the flap
	// guard and the breaker. Where there is none left, Held says why. A retry takes no second token. A policy of the
	// resource may have been saved, and so perhaps changed, less than [Settling] ago. Then Settles says until when that
	// may not show.
	Claim(ctx context.Context, i Incident) (Entry, error)
	// Record writes the entry as it stands now. It gives the lease back where the entry is Closed or says Release. If
	// another worker has taken the lease over since, nothing is written and the error is [ErrBusy].
	Record(ctx context.Context, e Entry) error
	// LastTold is the last telling recorded about a resource, or the zero Telling. Tellings are kept for at least a
	// day.
	LastTold(ctx context.Context, resource string) (Telling, error)
}

// Settling is how long a service may show what was there before a change. SQS says up to 60 seconds, and S3 that bucket
// configurations are eventually consistent
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel).
const Settling = time.Minute

// ErrBusy says that another worker is busy with the resource. Trying again later is right.
var ErrBusy = errors.New("another worker holds this resource")
