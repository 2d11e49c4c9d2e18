// Package credentials keeps what is known of root's credentials: the rows of audits, the audits themselves, how far
// deletions have come, and the cases. They lie in the desk's DynamoDB table, or in memory for tests and for trying
// things out. Both keep the contract of [credentials.Store].
package credentials

import (
	"fmt"
	"strconv"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
)

// Listed is the name of the table's index by [list] and sort, and Waiting that of the one by waiting and sort, which
// holds only what is open. Both hold all of an item.
const (
	Listed  = "listed"
	Waiting = "waiting"
)

// How long items are kept: rows and cases from when they were last written, and what belongs to one audit or deletion.
const (
	kept   = 400 * 24 * time.Hour
	passed = 30 * 24 * time.Hour
)

// The names of the items, and of the lists they are in.
const (
	list   = "credentials"
	cases  = "cases"
	lastID = "credentials-audit"
)

func rowID(account string) string { return "credentials#" + account }

func pageID(audit string, number int) string {
	return "credentials-page#" + audit + "#" + strconv.Itoa(number)
}

func deletionID(request string) string { return "credentials-deletion#" + request }

func caseID(id string) string { return "credentials-case#" + id }

// busy says until when another worker has an audit.
func busy(until time.Time) error {
	return &remedy.Later{Until: until, Why: "another worker goes on with the audit"}
}

// fits tells whether a row is what a filter asks for.
func fits(r credentials.Row, f credentials.Filter) bool {
	switch f.Has {
	case "":
	case credentials.HasAny:
		if len(r.Has) == 0 {
			return false
		}
	case credentials.HasNone:
		if !r.Nothing() {
			return false
		}
	default:
		if !has(r, f.Has) {
			return false
		}
	}
	return (!f.Refused || r.State != credentials.Complete) && (f.Account == "" || r.Account == f.Account)
}

func has(r credentials.Row, word string) bool {
	for _, w := range r.Has {
		if w == word {
			return true
		}
	}
	return false
}

func none(what string) error { return fmt.Errorf("%w: %s", credentials.ErrNone, what) }

func changed(what string) error { return fmt.Errorf("%w: %s", credentials.ErrChanged, what) }
