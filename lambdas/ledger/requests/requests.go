// Package requests keeps the desk's requests, and what calls with an Idempotency-Key answered: in a DynamoDB table of
// its own, and in memory for tests and for trying things out. Both keep the contracts of requests.Store and
// requests.Keys.
package requests

import (
	"fmt"
	"strings"
	"time"

	desk "locksmith/lambdas/requests"
)

// Pending is how long a call with a key may take; Kept how long its answer is kept. DynamoDB deletes items some days
// late, so that what is older does not count.
const (
	Pending = 5 * time.Minute
	Kept    = 24 * time.Hour
)

// place is where a request stands in a list: the newest come last.
func place(r desk.Request) string {
	return fmt.Sprintf("%s#%s", r.Created.UTC().Format("2006-01-02T15:04:05.000000000Z"), r.ID)
}

// open tells whether somebody has to see to the request yet.
func open(r desk.Request) bool { return r.Untold || !r.State.Ended() }

// begins reads where a list goes on: the id of the last request before.
func begins(from string) (id string, err error) {
	at, id, found := strings.Cut(from, "#")
	if _, err := time.Parse(time.RFC3339Nano, at); err != nil || !found || id == "" {
		return "", &desk.Refusal{Kind: desk.Malformed, Why: fmt.Sprintf("no page of a list begins at %.60q", from),
			Hint: "want the \"next\" of the page before"}
	}
	return id, nil
}

// whole is a request whose lists are there, as JSON shows them.
func whole(r desk.Request) desk.Request {
	if r.Decisions == nil {
		r.Decisions = []desk.Decision{}
	}
	if r.MayApprove == nil {
		r.MayApprove = []string{}
	}
	return r
}
