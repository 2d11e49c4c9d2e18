package front

import (
	"net/http"
	"slices"
)

// A Call is one call that reached a service.
type Call struct {
	Service  string // such as s3
	Action   string // such as PutBucketPolicy
	Account  string // the caller's
	Caller   string // ARN
	Region   string
	Resource string // ARN, or "" where the call names none
	N        int    // how many calls of this service and action there have been, this one included
}

// A Fault is how a call fails.
type Fault struct {
	Code, Message string
	Status        int  // 0 stands for 500
	AfterEffect   bool // the work is done, and the error answered all the same
	DropReply     bool // the work is done, and the connection closed without an answer
	DropRequest   bool // nothing is done, and the connection closed without an answer
}

// before tells whether the error comes before the work.
func (f *Fault) before() bool { return f != nil && !f.AfterEffect && !f.DropReply }

func (f *Fault) error() *Error {
	if f.Status == 0 {
		return Refuse(f.Code, f.Message, http.StatusInternalServerError)
	}
	return Refuse(f.Code, f.Message, f.Status)
}

// Fail sets what decides whether a call fails; nil lets all pass. It is called before the work, under no lock.
func (f *Front) Fail(decide func(Call) *Fault) {
	f.Lock()
	defer f.Unlock()
	f.fail = decide
}

// OnCall sets what hears of every call, before the work is done and under no lock.
func (f *Front) OnCall(hear func(Call)) {
	f.Lock()
	defer f.Unlock()
	f.observe = hear
}

// keptCalls is how many calls are kept.
const keptCalls = 10_000

// Calls are the calls since the start or the last ResetCalls, in their order: the latest ten thousand.
func (f *Front) Calls() []Call {
	f.Lock()
	defer f.Unlock()
	return slices.Clone(f.calls[max(0, len(f.calls)-keptCalls):])
}

// ResetCalls forgets the calls so far.
func (f *Front) ResetCalls() {
	f.Lock()
	defer f.Unlock()
	f.calls, f.counts = nil, map[string]int{}
}

// Perform notes the call, lets a fault come first, and does the work under the lock. What the work returns sends the
// answer, after the lock is gone.
func (r *Request) Perform(action, resource string, work func() (answer func(), err *Error)) {
	fault, exceeded := r.note(action, resource)
	if exceeded {
		r.Reject(&r.service.Words.Throttled)
		return
	}
	if fault != nil && fault.DropRequest {
		panic(http.ErrAbortHandler)
	}
	if fault.before() {
		r.Reject(fault.error())
		return
	}
	answer, err := r.front.locked(work)
	switch {
	case fault != nil && fault.DropReply:
		panic(http.ErrAbortHandler)
	case fault != nil:
		r.Reject(fault.error())
	case err != nil:
		r.Reject(err)
	default:
		answer()
	}
}

// note counts a call, tells of it, and asks how it fails, if at all. A call that exceeds a limit fails by that alone.
func (r *Request) note(action, resource string) (fault *Fault, exceeded bool) {
	f, name := r.front, r.service.Name
	f.Lock()
	f.counts[name+action]++
	call := Call{Service: name, Action: action, Account: r.Caller.Account, Caller: r.Caller.Identity(),
		Region: r.Region, Resource: resource, N: f.counts[name+action]}
	f.calls = append(f.calls, call)
	if len(f.calls) >= 2*keptCalls { // not at every call, which would cost more than the call
		f.calls = slices.Clone(f.calls[len(f.calls)-keptCalls:])
	}
	fail, observe := f.fail, f.observe
	exceeded = f.take(call)
	f.Unlock()
	if observe != nil {
		observe(call)
	}
	if exceeded || fail == nil {
		return nil, exceeded
	}
	return fail(call), false
}

// locked gives the lock back even where the work panics, so that one bad request does not stop this AWS.
func (f *Front) locked(work func() (func(), *Error)) (func(), *Error) {
	f.Lock()
	defer f.Unlock()
	return work()
}
