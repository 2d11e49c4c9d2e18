package remedy

import (
	"errors"
	"time"

	"locksmith/policies/allowlist"
)

// A Wish is what a person asks for about one bucket or queue, once it is approved.
type Wish struct {
	Resource string // an ARN
	Account  string
	Region   string
	Shown    string // the policy that was shown to who asked and who approved: nothing else is acted on
	Force    bool   // also where the policy is not proved locked
	By       Caller
	Asked
}

// Asked is the request behind a change that people asked for. What is in it comes from people, and is shown as such.
type Asked struct {
	Request  string           `json:"request"` // its id
	Action   allowlist.Action `json:"action,omitempty"`
	Reason   string           `json:"reason"`
	Ticket   string           `json:"ticket,omitempty"`
	Approved []string         `json:"approved,omitempty"` // the ARNs of who approved
	// BreakGlass says that it was done at once, past those who have to approve.
	BreakGlass bool   `json:"breakGlass,omitempty"`
	Of         string `json:"of,omitempty"` // where it puts a policy back: the event id under which that was kept
	// Forced says that the policy was not proved locked, or is marked as meant.
	Forced bool `json:"forced,omitempty"`
}

// asked is the call of a change that a person made by a request. A request that puts a policy back is an undo.
const asked = "request"

// RequestID is the event id of a request's incident.
func RequestID(request string) string { return "request-" + request }

// byPeople tells whether a person made the change through Locksmith: what becomes of it is the end of nothing else.
func (c Change) byPeople() bool { return c.Call == asked || c.Call == undone }

// looked tells whether the time of the change is when its policy was seen: nobody knows when that was put.
func (c Change) looked() bool { return c.Found() || c.Call == asked }

// change is the wish as a change of its own. Its time is that of the first look.
func (w Wish) change(now time.Time) Change {
	behind := w.Asked
	return Change{EventID: RequestID(w.Request), Call: asked, Resource: w.Resource, Account: w.Account, Region: w.Region,
		Time: now, By: w.By, Policy: w.Shown, Asked: &behind}
}

// ErrShown says that the policy that was shown is not in force any more. Nothing was done.
var ErrShown = errors.New("the policy that was shown is not in force any more")

// ErrNever is of a [NotDone] that the allow list's never is the reason of.
var ErrNever = errors.New("never to be touched")

// A NotDone is why nothing was done of what a person asked for.
type NotDone struct {
	Why string // a sentence without its period
	Err error  // ErrNever, or nil
}

func (n *NotDone) Error() string { return n.Why }

func (n *NotDone) Unwrap() error { return n.Err }

// A NotKnown is an error that leaves open whether something was done. The entry in the ledger, and the notice, say what
// is known.
type NotKnown struct {
	Outcome Outcome // what is known
}

func (n *NotKnown) Error() string { return n.Outcome.Why }
