// Package sweeper looks for lockouts that no event told of.
//
// A sweep goes through all accounts of the organization. Each account is visited once for each task: root sessions for
// buckets and for queues are two (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html). A [Visit]
// opens one session, lists, reads each policy once and judges it. What is locked goes on the work queue as a finding,
// and there it is an event like any other: this package changes nothing.
//
//	Start ─ the record of a sweep ─▶ dispatch ─ a message for each visit ─▶ visit ─ findings ─▶ the work queue
//	                                  page by page                           │ the last one
//	                                                                         ▼
//	                                                                       finish ─ coverage, one bulletin
//
// All messages are on the sweep's own queue, and each may come twice, or be cut off anywhere. What is done is in the
// [Store], so that nothing is read twice that a page's end was recorded of.
package sweeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// A Task is what one root session can read.
type Task string

// The tasks.
const (
	Buckets Task = "s3"
	Queues  Task = "sqs"
)

// Tasks are all tasks, in the order in which an account is visited.
func Tasks() []Task { return []Task{Buckets, Queues} }

// A Resource is a bucket or a queue, as it was listed.
type Resource struct {
	ARN    string
	Region string
}

// Accounts lists the organization.
type Accounts interface {
	// Accounts is a page of accounts, and the token of the next page. Both tokens are "" where there is no other page.
	Accounts(ctx context.Context, token string) (page []remedy.Account, next string, err error)
}

// A Directory keeps what the accounts are, for whoever handles an event of theirs.
type Directory interface {
	Keep(ctx context.Context, at time.Time, accounts ...remedy.Account) error
}

// An Opener opens root sessions that list and read.
type Opener interface {
	// Visit opens a session for one task in one account, for a sweep. The error is a *[remedy.Refusal] where trying again
	// is no use, a [pace.ErrThrottled] where it was too often, or worth a retry.
	Visit(ctx context.Context, sweep, account string, task Task) (Session, error)
}

// A Session is root in one account, for one task. Several goroutines may use it. The errors are a *[remedy.Refusal],
// an [ErrEnded], or worth a retry.
type Session interface {
	// List is a page of the account's buckets in all Regions, or of its queues in the one Region, and the token of the
	// next page. Both tokens are "" where there is no other page.
	List(ctx context.Context, region, token string) (page []Resource, next string, err error)
	// Policy reads the policy in force. It is "" where there is none, or no such resource any more.
	Policy(ctx context.Context, r Resource) (string, error)
	// Ends is when the session runs out.
	Ends() time.Time
}

// ErrEnded says that a session has run out.
var ErrEnded = errors.New("root session has ended")

// A Queue sends messages. Queues are named by their ARNs.
type Queue interface {
	Send(ctx context.Context, queue string, bodies ...[]byte) error
	remedy.Queue
}

// A Keeper keeps the last good policies of what the allow list covers.
type Keeper interface {
	Keep(ctx context.Context, account string, page []remedy.Good) error
}

// A Sweeper does all that the sweep's messages ask for. Its fields are set once. Several goroutines may use it.
type Sweeper struct {
	Allow     *allowlist.List
	Accounts  Accounts
	Directory Directory // nil keeps nothing
	Root      Opener
	Store     Store
	Queue     Queue
	Keeper    Keeper // nil keeps nothing
	// Principals is nil where members have no role to list them with. Then nobody knows who of the spared exists.
	Principals remedy.Principals
	Index      Index // nil keeps nothing
	Herald     remedy.Herald
	Turns      *pace.Adaptive // of AssumeRoot, in this process

	Own, Work         string   // ARNs of the sweep's own queue, and of the work queue
	Regions           []string // in which queues are looked for; a bucket is found in any
	ManagementAccount string   // whose root nobody can assume; "" where it is not known
	Named             bool     // only accounts that the allow list names by their numbers are in reach
	Tries             int      // how often the own queue delivers a message before it is a dead letter

	Now    func() time.Time
	Log    *slog.Logger
	Report func(Report) // called for each visit, and for each sweep that is over; may be nil

	judging sync.Mutex // one verdict at a time holds the memory that a verdict may take
}

// A Report is what became of one message: of a visit, or of the whole sweep.
type Report struct {
	Visit     *Visit // as it ended
	Summary   *Summary
	Throttles int // AssumeRoot calls of this visit that came too often
	At        time.Time
}

// What is kept back of a message's time, for the record of how far it came.
const margin = 15 * time.Second

// short tells whether a message's time is nearly over.
func (s *Sweeper) short(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && s.Now().Add(margin).After(deadline)
}

// later is the error for a message that is to come again after d.
func (s *Sweeper) later(d time.Duration, format string, args ...any) error {
	return &remedy.Later{Until: s.Now().Add(d), Why: fmt.Sprintf(format, args...)}
}
