// Package ledger keeps the incidents: in DynamoDB, and in memory for tests and for trying things out. Both keep the
// contract of [remedy.Ledger].
package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
)

// Limits bound what Locksmith does by itself. Zero means no limit, unless the field says otherwise.
type Limits struct {
	PerResource     int // flap guard: unlocks of one resource in a day
	PerHour         int // breaker: unlocks in the whole organization in an hour
	PerAccount      int // share: unlocks in one account in an hour
	AccountsPerHour int // breaker: accounts with unlocks in an hour
	StandDowns      int // root sessions that came to nothing, in one account in an hour, before the account has to wait
	Pages           int // pages about one account in an hour, before the rest goes into a digest
	// Lease is how long a worker may be busy before another may take over. It must be set, and longer than the
	// function's timeout.
	Lease time.Duration
	// Retention is how long a closed incident is kept that saved no policy. Zero means for good, and incidents that
	// saved a policy are always kept for good.
	Retention time.Duration
}

// Defaults are the limits of a deployment that sets none.
func Defaults() Limits {
	return Limits{PerResource: 3, PerHour: 20, PerAccount: 10, StandDowns: 20, Pages: 5, Lease: 5 * time.Minute,
		Retention: 400 * 24 * time.Hour}
}

// turn is how long an account has to wait that has wasted too many root sessions. The others' events come first then.
const turn = 10 * time.Minute

// listed is how many lines a digest has at most. What is more is counted.
const listed = 50

// The guards count by the calendar: a day and an hour are those of UTC. So one conditional write takes a token, with
// nothing read before. The price is that twice as many unlocks may happen within 24 hours around midnight, or within 60
// minutes around the full hour.
const (
	day  = "2006-01-02"
	hour = "2006-01-02T15"
)

// flapID, breakerID and accountID name the counters, digestID what an account's hour has beyond its pages.
func flapID(resource string, now time.Time) string {
	return "flap#" + resource + "#" + now.UTC().Format(day)
}

func breakerID(now time.Time) string { return "breaker#" + now.UTC().Format(hour) }

func accountID(account string, now time.Time) string {
	return "account#" + account + "#" + now.UTC().Format(hour)
}

func digestID(account string, now time.Time) string {
	return "digest#" + account + "#" + now.UTC().Format(hour)
}

// incidentID and resourceID name the other items: an incident, and what is known of a resource (who is busy with it,
// what people were told). A record that names no resource is one of its own.
func incidentID(c remedy.Change) string { return "incident#" + c.EventID + "#" + c.Resource }

func resourceID(c remedy.Change) string {
	if c.Resource == "" {
		return "resource#" + c.EventID
	}
	return "resource#" + c.Resource
}

// latestID names what tells which incident of a policy a resource had last.
func latestID(c remedy.Change) string { return "latest#" + c.Resource }

// counts tells whether an incident becomes the last of its resource. One about no policy does not.
func counts(i remedy.Incident) bool {
	return !i.Again && i.Change.Resource != "" && i.Change.Policy != ""
}

// copyID names a copy by its text: the same policy is kept once, and no copy can overwrite another.
func copyID(c remedy.Change, name string) string {
	return "copy#" + c.EventID + "#" + c.Resource + "#" + name
}

// flapping, broken and spent say why there was no token, as a notice shows it.
func (l Limits) flapping() string {
	return fmt.Sprintf("unlocked %d times today already: something keeps locking it", l.PerResource)
}

func (l Limits) broken(unlocks int) string {
	if l.PerHour > 0 && unlocks >= l.PerHour {
		return fmt.Sprintf("%d unlocks in the organization within the hour: the breaker stops at %d", unlocks,
			l.PerHour)
	}
	return fmt.Sprintf("unlocks in %d accounts within the hour: the breaker stops there", l.AccountsPerHour)
}

func (l Limits) spent() string {
	return fmt.Sprintf("unlocked %d times in this account within the hour: that is its share", l.PerAccount)
}

// waits is the error for an account that has wasted too many root sessions.
func (l Limits) waits(account string, now time.Time) error {
	return &remedy.Later{Until: now.Add(turn), Why: fmt.Sprintf(
		"account %s had %d lockouts within the hour that were over when we looked: its events wait", account,
		l.StandDowns)}
}

func lost(c remedy.Change) error {
	return fmt.Errorf("%w: the lease on %s was lost", remedy.ErrBusy, c.Resource)
}

func busy(resource string, until time.Time) error {
	return fmt.Errorf("%w: %s, until %s", remedy.ErrBusy, resource, until.UTC().Format(time.RFC3339))
}

func missing(event, resource string) error {
	return fmt.Errorf("%w: event %q, resource %q (both are in the notice)", remedy.ErrNoEntry, event, resource)
}

// keptAfter are the names of all copies of an entry, those that are written now included.
func keptAfter(e remedy.Entry) []string {
	all := slices.Clone(e.Kept)
	for _, k := range e.Copies {
		all = append(all, k.Name())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// brief is an entry as a line of a digest. One that has no outcome takes many tries.
func brief(e remedy.Entry, now time.Time) remedy.Brief {
	b := remedy.Brief{EventID: e.Change.EventID, Resource: e.Change.Resource, Result: e.Outcome.Result,
		Answer: e.Verdict.Answer, At: e.Outcome.At}
	if b.Result == "" {
		b.Result, b.At = remedy.Failed, now
	}
	return b
}

// dueOf is when a digest of this hour is to be sent: when the hour is over.
func dueOf(now time.Time) time.Time { return now.UTC().Truncate(time.Hour).Add(time.Hour) }

// waiting reads what an index knows of an item: its name, and its account and time.
func waiting(id, account string, due time.Time) (remedy.Waiting, bool) {
	kind, rest, _ := strings.Cut(id, "#")
	switch kind {
	case "incident":
		event, resource, _ := strings.Cut(rest, "#")
		return remedy.Waiting{Account: account, EventID: event, Resource: resource, Due: due}, true
	case "digest":
		return remedy.Waiting{Account: account, Digest: id, Due: due}, true
	}
	return remedy.Waiting{}, false
}

// inTurn sorts what waits so that each account has its turn: first the oldest of each, then the second of each.
func inTurn(all []remedy.Waiting) []remedy.Waiting {
	slices.SortFunc(all, func(a, b remedy.Waiting) int { return a.Due.Compare(b.Due) })
	place, rank := map[string]int{}, map[remedy.Waiting]int{}
	for _, w := range all {
		rank[w] = place[w.Account]
		place[w.Account]++
	}
	slices.SortStableFunc(all, func(a, b remedy.Waiting) int { return rank[a] - rank[b] })
	return all
}
