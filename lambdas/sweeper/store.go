package sweeper

import (
	"context"
	"errors"
	"time"

	"locksmith/lambdas/remedy"
)

// State is how far a sweep has come.
type State string

// The states.
const (
	Running State = "running"
	Stopped State = "stopped" // by a person; it can be resumed while it is the last one
	Over    State = "over"
)

// A Request is what a person, or the schedule, asks for.
type Request struct {
	By       string   `json:"by"`
	Accounts []string `json:"accounts,omitempty"` // none: all
	Tasks    []Task   `json:"tasks,omitempty"`    // none: all
}

// A Sweep is the record of one sweep.
type Sweep struct {
	ID      string    `json:"id"`
	State   State     `json:"state"`
	Request Request   `json:"request"`
	Started time.Time `json:"started"`
	Updated time.Time `json:"updated"` // when something of it was done last
	Ended   time.Time `json:"ended,omitzero"`

	Pages      int    `json:"pages"`      // of the organization, dispatched so far
	Token      string `json:"-"`          // of the page after them
	Dispatched bool   `json:"dispatched"` // there is no page after them
	Accounts   int    `json:"accounts"`   // on those pages, as far as they were asked for
	Visits     int    `json:"visits"`     // messages for them
	Done       int    `json:"done"`       // visits that have come to an end
	Totals     Totals `json:"totals"`     // of those

	Told []remedy.Channel `json:"-"` // the channels that took the bulletin
}

// finished tells whether nothing is left to visit.
func (s Sweep) finished() bool { return s.Dispatched && s.Done >= s.Visits }

// Totals add up what visits did.
type Totals struct {
	Resources int            `json:"resources"` // whose policy was read, or that have none
	Findings  int            `json:"findings"`  // on the work queue
	Calls     map[string]int `json:"calls"`     // to AWS in sessions, and to open them; by operation
	Throttles int            `json:"throttles"` // AssumeRoot calls that came too often
}

// Add adds what a visit did.
func (t *Totals) Add(more Totals) {
	t.Resources, t.Findings = t.Resources+more.Resources, t.Findings+more.Findings
	t.Throttles += more.Throttles
	if t.Calls == nil {
		t.Calls = map[string]int{}
	}
	for call, n := range more.Calls {
		t.Calls[call] += n
	}
}

// A Page is one page of the organization's accounts, as a sweep dispatched it.
type Page struct {
	Number   int
	Next     string // the token of the page after it
	Last     bool
	Accounts []Listed
}

// A Listed is an account on a page.
type Listed struct {
	Account string `json:"account"`
	Name    string `json:"name,omitempty"`
	Skipped string `json:"skipped,omitempty"` // why it is not visited, if so
}

// Outcome is how a visit, or an account, came out.
type Outcome string

// The outcomes. An account has the worst of its visits.
const (
	Complete Outcome = "complete"
	Skipped  Outcome = "skipped"
	Partial  Outcome = "partial"
	Refused  Outcome = "refused"
	Waiting  Outcome = "waiting" // of an account while the sweep is running
)

// A Visit is one account and task in one sweep. What it has done is recorded at the end of each page.
type Visit struct {
	Sweep   string `json:"sweep"`
	Account string `json:"account"`
	Name    string `json:"name,omitempty"`
	Task    Task   `json:"task"`

	Places  []Place      `json:"places,omitempty"` // for buckets one, for queues one a Region
	Outcome Outcome      `json:"outcome,omitempty"`
	Cause   remedy.Cause `json:"cause,omitempty"` // for Refused, and Partial where some of it was
	Why     string       `json:"why,omitempty"`
	Totals  Totals       `json:"totals"`
	Spares  []Spare      `json:"spares,omitempty"` // resources whose policies spare somebody by name
	// MoreSpares is how many more there are, and Unlisted why nobody knows who of the spared exists.
	MoreSpares int       `json:"moreSpares,omitempty"`
	Unlisted   string    `json:"unlisted,omitempty"`
	Since      time.Time `json:"since"` // when the account was last complete before, or else first visited, for the task
	Begun      time.Time `json:"begun"`
	Ended      time.Time `json:"ended,omitzero"`

	Fence int64 `json:"-"` // which claim this is; the store's own
}

// A Place is what is listed together: the account's buckets, or its queues in one Region.
type Place struct {
	Region  string       `json:"region,omitempty"` // "" for buckets
	Pages   int          `json:"pages"`            // that are done
	Token   string       `json:"token,omitempty"`  // of the page after them
	Over    bool         `json:"over"`
	Read    int          `json:"read"`              // resources
	Left    []Left       `json:"left,omitempty"`    // resources of done pages that could not be read
	Empty   bool         `json:"empty,omitempty"`   // nothing is there
	Trusted bool         `json:"trusted,omitempty"` // nothing was there some days ago, so it was not looked at
	Cause   remedy.Cause `json:"cause,omitempty"`   // the place was refused
	Why     string       `json:"why,omitempty"`
}

// A Left is a resource that could not be read.
type Left struct {
	Resource Resource `json:"resource"`
	Why      string   `json:"why"`
	Final    bool     `json:"final"` // it was refused, and trying again is no use
}

// A Coverage is what is known of an account and task from all sweeps.
type Coverage struct {
	Account  string               `json:"account"`
	Task     Task                 `json:"task"`
	Sweep    string               `json:"sweep"` // the last that visited it
	At       time.Time            `json:"at"`
	Outcome  Outcome              `json:"outcome"`
	Cause    remedy.Cause         `json:"cause,omitempty"`
	Why      string               `json:"why,omitempty"`
	Since    time.Time            `json:"since"`             // when it was first visited
	Complete time.Time            `json:"complete,omitzero"` // when it was last complete
	Empty    map[string]time.Time `json:"empty,omitempty"`   // Regions in which nothing was, and when that was seen
}

// A Store remembers sweeps. Reads see what was written before.
type Store interface {
	// Begin enters a sweep as the last one. Where the one before it is running, and is not the one it replaces, the
	// error is [ErrRunning].
	Begin(ctx context.Context, s Sweep, replaces string) error
	// Sweep is the sweep of an id, or the last one for "". Without one the error is [ErrNoSweep].
	Sweep(ctx context.Context, id string) (Sweep, error)
	// Sweeps are the last sweeps, the newest first, at most n.
	Sweeps(ctx context.Context, n int) ([]Sweep, error)
	// Turn changes the state of a sweep, if it is what it was thought to be. It tells whether it was.
	Turn(ctx context.Context, id string, from, to State, now time.Time) (bool, error)
	// Dispatch enters the next page of a sweep, with the number of its visits. A page that is there is left as it is.
	Dispatch(ctx context.Context, id string, p Page, visits int, now time.Time) error
	// Page is one that was dispatched.
	Page(ctx context.Context, id string, number int) (Page, error)

	// Claim takes the lease on a visit, and tells how far it has come. A visit that has ended is returned without a
	// lease. While another worker holds it, the error is [remedy.ErrBusy], and a *[remedy.Later].
	Claim(ctx context.Context, v Visit, now time.Time) (Visit, error)
	// Record writes how far a visit has come, and gives the lease back if asked to. If another worker has taken over
	// since, the error is [remedy.ErrBusy].
	Record(ctx context.Context, v Visit, release bool, now time.Time) error
	// End writes the end of a visit with its coverage, and adds it to the sweep, all at once and at most once.
	End(ctx context.Context, v Visit, c Coverage) error
	// Visits are the visits of a sweep to accounts, in the order of the accounts and tasks. Those that nobody has
	// begun have no account.
	Visits(ctx context.Context, id string, accounts []string, tasks []Task) ([]Visit, error)
	// Coverage is what is known of accounts and tasks, in the same order. What nothing is known of has no account.
	Coverage(ctx context.Context, accounts []string, tasks []Task) ([]Coverage, error)

	// Finish takes the lease on telling how a sweep ended. Where it is over, or another worker has the lease, it
	// returns false.
	Finish(ctx context.Context, id string, now time.Time) (bool, error)
	// Tell notes which channels took the bulletin, and gives the lease back. With over, the sweep is over, and news is
	// what the next one compares its own with.
	Tell(ctx context.Context, id string, told []remedy.Channel, over bool, news string, now time.Time) error
	// News is what was last told of refusals and gaps, or "".
	News(ctx context.Context) (string, error)
}

// The errors of a [Store].
var (
	ErrRunning = errors.New("a sweep is running")
	ErrNoSweep = errors.New("no such sweep")
)
