package tasks

import (
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/difference"
	"locksmith/policies/lockout"
)

// An Incident is one entry of the ledger, for people.
type Incident struct {
	Line
	Statements []int             `json:"statements,omitempty"`
	Reasons    []string          `json:"reasons,omitempty"`
	Before     string            `json:"before,omitempty"` // the policy that the verdict is about
	After      string            `json:"after,omitempty"`  // what was put in its place; none: it was deleted, or not touched
	Difference []difference.Line `json:"difference"`       // from Before to After, or from the last good policy to Before
	Steps      []Step            `json:"steps"`
	Told       []string          `json:"told"` // the channels that took the notice
	Copies     []Copy            `json:"copies"`
	Requests   []string          `json:"requests"` // ids of those that it came from
	Quiet      string            `json:"quiet,omitempty"`
	Why        string            `json:"why,omitempty"`
	Cause      remedy.Cause      `json:"cause,omitempty"`
	Rule       string            `json:"rule,omitempty"`
	Losses     []string          `json:"losses,omitempty"`
	Good       *Before           `json:"good,omitempty"` // what was there before the lock
	Asked      *remedy.Asked     `json:"asked,omitempty"`
}

// A Step is one thing that happened.
type Step struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// A Copy is a policy that can be put back.
type Copy struct {
	Number  int            `json:"number"` // from 1
	At      time.Time      `json:"at"`
	Why     string         `json:"why"`
	Verdict lockout.Answer `json:"verdict"`
	Policy  string         `json:"policy"`
}

// between stands between the parts of an incident's id. No event id and no ARN of a bucket or queue has it.
const between = "~"

// IncidentID is the id of an incident at the desk.
func IncidentID(event, resource string) string { return event + between + resource }

// splitID takes an incident's id apart.
func splitID(id string) (event, resource string, ok bool) {
	event, resource, ok = strings.Cut(id, between)
	return event, resource, ok && event != "" && resource != ""
}
