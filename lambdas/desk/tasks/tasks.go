// Package tasks is what the desk's requests come to: a bucket or queue is looked at, unlocked, or given back a policy,
// and incidents are shown. It implements [requests.Work] over remedy's flow, and knows AWS by its interfaces alone.
package tasks

import (
	"context"
	"log/slog"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/lockout"
)

// Tasks does what requests ask for. Its fields are set once, and several goroutines may use it.
type Tasks struct {
	Flow   *remedy.Flow
	Finder Finder
	Ledger Incidents
	// Credentials does the tasks about root's credentials; nil: they are refused.
	Credentials requests.Work
	Region      string // the desk's own, where queues are by default
	// ManagementAccount is the organization's, whose root nobody can assume; "" where it is not known.
	ManagementAccount string
	Now               func() time.Time
	Log               *slog.Logger
}

// A Finder finds out whether an account has a bucket or queue, by a root session that only reads. The errors are
// [remedy.ErrGone] where it has none of that name there, a *[remedy.Refusal], or worth a retry. Event is what the
// session is opened for.
type Finder interface {
	// Bucket is the Region of an account's bucket.
	Bucket(ctx context.Context, account, name, event string) (region string, err error)
	// Queue tells whether the account has the queue in the Region.
	Queue(ctx context.Context, account, region, name, event string) error
}

// Incidents are those in the ledger.
type Incidents interface {
	Find(ctx context.Context, event, resource string) (remedy.Entry, error)
	// List is one query: a page of at most n incidents, the newest first, and where the next page begins, "" at the end.
	List(ctx context.Context, which Listing, n int, from string) ([]Line, string, error)
}

// A Listing says which incidents are listed. The zero value stands for all.
type Listing struct {
	Account  string
	Resource string
	Open     bool // those that have to be looked at again
}

// A Line is an incident in a list.
type Line struct {
	ID       string         `json:"id"` // see [IncidentID]
	Event    string         `json:"event"`
	Resource string         `json:"resource"`
	Account  string         `json:"account"`
	Region   string         `json:"region,omitempty"`
	Result   remedy.Result  `json:"result"`
	Verdict  lockout.Answer `json:"verdict"`
	State    remedy.State   `json:"state"`
	Open     bool           `json:"open"`
	At       time.Time      `json:"at"` // when Locksmith heard of it
	Call     string         `json:"call"`
	By       string         `json:"by,omitempty"` // the ARN of who made the change, or asked
}
