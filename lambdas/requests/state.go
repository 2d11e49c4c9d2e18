package requests

// This file is the states of a request: its clocks, what it is bound to, and what of it is news.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"time"

	"locksmith/policies/allowlist"
)

// The clocks. How long a request waits for people is its entry's Hours, from when it was made.
const (
	Waiting  = 24 * time.Hour   // where the entry has no Hours
	Validity = time.Hour        // from approval: then it has run, or does not any more
	Takes    = 5 * time.Minute  // how long a worker may take that has no deadline
	Margin   = 30 * time.Second // after a worker's deadline: then it has ended for certain
)

// The decisions.
const (
	Yes = "approved"
	No  = "denied"
)

// mostRounds is how often a request goes back to waiting; mostEvents how long its history becomes.
const (
	mostRounds = 10
	mostEvents = 100
)

// Ended tells whether the state is an end.
func (s State) Ended() bool {
	return s != Requested && s != Approved && s != Running
}

// clone shares nothing with the request.
func (r Request) clone() Request {
	r.Decisions, r.MayApprove = slices.Clone(r.Decisions), slices.Clone(r.MayApprove)
	r.Silent, r.History, r.Told = slices.Clone(r.Silent), slices.Clone(r.History), slices.Clone(r.Told)
	if r.Outcome != nil {
		out := *r.Outcome
		out.Steps = slices.Clone(out.Steps)
		r.Outcome = &out
	}
	return r
}

// Brief is the request as lists have it: without the policy, the history and the steps of the outcome.
func (r Request) Brief() Request {
	r = r.clone()
	r.Shown, r.History = "", nil
	if r.Outcome != nil {
		r.Outcome.Steps = nil
	}
	return r
}

// turn takes the request to a state. People are told of each, but of what runs, and of what nobody had to approve: of
// that they are told at its end.
func (r *Request) turn(to State, at time.Time, by, why string) {
	r.State, r.Until, r.Worker, r.After = to, time.Time{}, "", time.Time{}
	r.History = append(r.History, Event{At: at, State: to, By: by, Why: why})
	if len(r.History) > mostEvents { // the beginning and the end say most
		r.History = slices.Delete(r.History, mostEvents/2, mostEvents/2+1)
	}
	if to.Ended() {
		r.Silent = r.silent()
	}
	if to.Ended() || to == Requested || to == Approved && (r.Needs > 0 || r.BreakGlass) {
		r.Untold, r.Told = true, nil
	}
}

// silent are the patterns of who may approve of whom nobody answered.
func (r *Request) silent() []string {
	return slices.DeleteFunc(slices.Clone(r.MayApprove), func(p string) bool {
		return slices.ContainsFunc(r.Decisions, func(d Decision) bool { return allowlist.Fits([]string{p}, d.By) })
	})
}

// settle lets the clocks that have run out take effect, and tells whether one has.
func (r *Request) settle(now time.Time) bool {
	switch {
	case r.State == Requested && !now.Before(r.Expires):
		r.turn(Expired, r.Expires, "", "not enough people approved in time")
	case r.State == Approved && !now.Before(r.Expires):
		r.turn(Expired, r.Expires, "", "it was approved, and did not run in time")
	case r.State == Running && !now.Before(r.Until):
		r.turn(Unknown, r.Until, "", "whoever ran it never came back, so that what was done is not known")
	default:
		return false
	}
	return true
}

// last is when the request came to its state.
func (r *Request) last() time.Time {
	if len(r.History) == 0 {
		return r.Created
	}
	return r.History[len(r.History)-1].At
}

// digest is what an approval is bound to.
func digest(r Request) string {
	h := sha256.New()
	for _, part := range []string{r.Task, r.Account, r.Resource, canonical(r.Shown)} {
		_ = json.NewEncoder(h).Encode(part) // a hash takes everything, and a string can be written
	}
	return hex.EncodeToString(h.Sum(nil))
}

// canonical is the same for texts that are the same JSON value. What is no JSON is as it is.
func canonical(text string) string {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return text
	}
	if _, err := d.Token(); err != io.EOF {
		return text
	}
	same, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(same)
}
