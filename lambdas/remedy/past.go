package remedy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"locksmith/policies/lockout"
)

// A Good is the last policy of a resource that a sweep saw in force and judged open or restricted. An empty Policy says
// that there was none in force.
type Good struct {
	Resource string          `json:"resource"`
	Policy   string          `json:"policy"`
	Verdict  lockout.Verdict `json:"verdict"`
	At       time.Time       `json:"at"` // when it was last kept
}

// A Past knows what was in force before a resource was locked, as far as sweeps have seen.
type Past interface {
	// LastGood is the last good policy of a resource. The time is zero where none is known.
	LastGood(ctx context.Context, resource string) (Good, error)
}

// recall finds out what was there before the lock, for an act that may put it back. What an earlier try has weighed
// counts: it may have been put back since.
func (f *Flow) recall(ctx context.Context, e *Entry) error {
	if f.Past == nil || e.recalled || e.Outcome.Before != nil {
		return nil
	}
	before, err := f.Past.LastGood(ctx, e.Change.Resource)
	if err != nil {
		return fmt.Errorf("last good policy: %w", err)
	}
	if e.recalled = true; !before.At.IsZero() {
		e.Outcome.Before = &before
	}
	return nil
}

// compared has a notice about a lock show what was there before. Without it the notice goes out all the same.
func (f *Flow) compared(ctx context.Context, e *Entry) {
	if passes(e.Verdict) || e.Outcome.Result == Unreadable || e.Change.Resource == "" {
		return
	}
	if err := f.recall(ctx, e); err != nil {
		f.Log.WarnContext(ctx, "told without what was there before", "eventId", e.Change.EventID, "resource",
			e.Change.Resource, "error", scrubbed{err}.Error())
	}
}

// restoring is the outcome of putting the last good policy in the place of one that locks, or why that must not be
// done.
//
// The rule: whoever is outside of the account, and is kept out at the moment of the act, stays out. So the last good
// policy is held against the locked one as it stands, with its locking statements. That an outsider was let in before
// the lock is no reason to let them in again. The lock may have been put to shut them out, be it that it dropped the
// Allow or that it denies beside it, and no machine can tell a slip from that. Nor can it tell whether the last good
// policy was in force to the end, since sweeps come by once a day. What is proved to open nothing is right in all these
// cases; where it opens something, a person can put it back from the ledger or the notice.
func (f *Flow) restoring(l locked) (o Outcome, why string) {
	switch {
	case l.before == nil:
		return o, "what was there before the lock is not known"
	case l.before.Policy == "":
		return f.deleting(l.Change, l.policy, l.v, l.ruling, "there was no policy before, as a sweep saw at "+
			l.before.At.UTC().Format(time.RFC3339)), ""
	case same(l.before.Policy, l.policy):
		return o, "the last good policy is the one that locks by now"
	}
	if why := f.locksAgain(l); why != "" {
		return o, why
	}
	opening, losses, err := f.opens(l.Change, l.policy, l.before.Policy, l.v.Statements, l.ruling)
	switch {
	case err != nil:
		return o, err.Error()
	case opening.Outside == lockout.Something:
		return o, "the last good policy lets in somebody from outside whom the locked one keeps out: " +
			opening.Reasons[0]
	case opening.Outside != lockout.Nothing:
		return o, "whether the last good policy lets in somebody from outside whom the locked one keeps out cannot be " +
			"told: " + opening.Reasons[0]
	}
	return Outcome{Result: Reinstated, Removed: l.policy, Put: l.before.Policy, Inside: opening.Inside, ACL: opening.ACL,
		Losses: losses, Why: "the last good policy is as a sweep saw it at " + l.before.At.UTC().Format(time.RFC3339)}, ""
}

// locksAgain says why the last good policy would not let people in today, or "".
func (f *Flow) locksAgain(l locked) string {
	v := f.judge(l.Change, l.before.Policy, l.ruling)
	if !passes(v) {
		return fmt.Sprintf("the last good policy is %s by now", v.Answer)
	}
	if v.Answer != lockout.Restricted {
		return ""
	}
	q, err := f.question(l.Change, l.before.Policy, l.ruling)
	if err != nil {
		return err.Error()
	}
	if needs := lockout.Needs(q, v); len(needs) > 0 {
		return "whoever wants to get in by the last good policy needs " + strings.Join(needs, ", or ")
	}
	return ""
}
