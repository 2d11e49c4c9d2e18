package readiness

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/policies/reach"
)

// OutOfReach is the state of an account that no rescue is meant for: the management account, and closed ones. It is
// told and counts for nothing.
const OutOfReach reach.State = "out of reach"

// A Report says of each account whether a rescue would work.
type Report struct {
	At           time.Time   `json:"at"`
	Until        time.Time   `json:"until"` // how long it holds, if nobody changes anything
	Organization string      `json:"organization"`
	State        reach.State `json:"state"` // the worst of all
	Findings     []Finding   `json:"findings"`
	Accounts     []Account   `json:"accounts,omitempty"`
	Counts       Counts      `json:"counts"`
	NotAsked     []string    `json:"notAsked,omitempty"` // what this report says nothing of
}

// Counts are numbers of accounts.
type Counts struct {
	Reachable  int `json:"reachable"`
	Blocked    int `json:"blocked"`
	Partly     int `json:"partly"`
	CannotTell int `json:"cannotTell"`
	OutOfReach int `json:"outOfReach"`
}

// An Account is the answer for one account.
type Account struct {
	Number   string      `json:"account"`
	Name     string      `json:"name"`
	State    reach.State `json:"state"`
	Services []Service   `json:"services,omitempty"`
	Why      string      `json:"why,omitempty"` // for what is out of reach
}

// A Service is the answer for the buckets or the queues of an account.
type Service struct {
	Service  string                 `json:"service"` // s3 or sqs
	State    reach.State            `json:"state"`   // of unlocking
	Regions  map[string]reach.State `json:"regions"`
	Listing  reach.State            `json:"listing"` // whether a sweep can list them
	Findings []string               `json:"findings,omitempty"`
}

// The kinds of findings.
const (
	RootSessions  = "root sessions"
	TrustedAccess = "trusted access"
	Delegation    = "delegation"
	AccountState  = "account state"
	PolicyKind    = "policy"
	Credentials   = "root credentials"
	Topic         = "topic"
	Swept         = "coverage"
	HomeRegion    = "home Region"
	Unread        = "not read"
)

// A Finding is one thing that is in the way of rescues, or of their being heard of.
type Finding struct {
	ID      string      `json:"id"` // the same for the same obstacle in every report
	Kind    string      `json:"kind"`
	State   reach.State `json:"state"`
	What    string      `json:"what"`
	Where   string      `json:"where,omitempty"`
	Since   time.Time   `json:"since,omitzero"` // when a preflight first saw it
	Do      string      `json:"do"`
	Example string      `json:"example,omitempty"` // a resource for which it is blocked

	// Whom it concerns: all that is empty is everything.
	Accounts []string `json:"accounts,omitempty"`
	Actions  []string `json:"actions,omitempty"`
	Regions  []string `json:"regions,omitempty"`
}

// newFinding makes a finding whose identity is its kind and its parts.
func newFinding(kind string, state reach.State, what, do string, parts ...string) Finding {
	sum := sha256.Sum256([]byte(kind + "\x00" + string(state) + "\x00" + strings.Join(parts, "\x00")))
	return Finding{ID: fmt.Sprintf("%x", sum[:6]), Kind: kind, State: state, What: what, Do: do}
}

// Sound tells whether a rescue would work in every account, and nothing else needs anybody.
func (r *Report) Sound() bool { return r.State == reach.Reachable }

// general tells whether the finding concerns every account.
func (f Finding) general() bool {
	return len(f.Accounts) == 0 && f.Kind != Topic && f.Kind != Swept && f.Kind != Credentials
}

// sort puts what is worst and concerns most first.
func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		if a.State != b.State {
			if a.State.Worse(b.State) == a.State {
				return -1
			}
			return 1
		}
		width := func(f Finding) int {
			if f.general() {
				return 1 << 30
			}
			return len(f.Accounts)
		}
		return cmp.Or(cmp.Compare(width(b), width(a)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.What, b.What),
			cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(r.Accounts, func(a, b Account) int { return cmp.Compare(a.Number, b.Number) })
}

// news is the same for two reports that say the same, whenever they were made.
func (r *Report) news() string {
	h := sha256.New()
	for _, f := range r.Findings {
		fmt.Fprintf(h, "%s %s %q %q %q\n", f.ID, f.State, f.Accounts, f.Actions, f.Regions)
	}
	for _, a := range r.Accounts {
		if a.State != reach.Reachable {
			fmt.Fprintf(h, "%s %s\n", a.Number, a.State)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}
