package requests

import "errors"

// The errors of a [Store] and of [Work].
var (
	ErrNone    = errors.New("no such request")
	ErrThere   = errors.New("there is such a request already")
	ErrChanged = errors.New("the request was changed by somebody else meanwhile")
	ErrOther   = errors.New("the policy that was shown is not in force any more")
)

// A Kind is what a [Refusal] comes to.
type Kind string

// The kinds.
const (
	Malformed    Kind = "malformed"     // what was asked cannot be read, or is not whole
	NotPermitted Kind = "not permitted" // no entry of the desk lets them
	Absent       Kind = "absent"        // no such account, resource or request
	Conflict     Kind = "conflict"      // not in the state that things are in
	Blocked      Kind = "blocked"       // AWS refuses, or an organization policy does
)

// A Refusal is why nothing was done, for the person who asked.
type Refusal struct {
	Kind Kind
	Why  string // a sentence without its period
	Hint string // what to do now; "" for nothing
}

func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.Why
	}
	return r.Why + " (" + r.Hint + ")"
}
