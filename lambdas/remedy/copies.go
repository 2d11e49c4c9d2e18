package remedy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// keep adds a copy to those that the next record keeps. What is said last of the same policy counts.
func (e *Entry) keep(k Copy) {
	if !slices.Contains(e.Kept, k.Name()) {
		others := slices.DeleteFunc(slices.Clone(e.Copies), func(o Copy) bool { return o.Policy == k.Policy })
		e.Copies = append(others, k)
	}
}

// written notes that the entry was recorded: what it said for one record only is done.
func (e *Entry) written() {
	for _, k := range e.Copies {
		e.Kept = append(slices.Clone(e.Kept), k.Name())
	}
	e.Token = e.Token && !e.Returns
	e.Copies, e.Takes, e.Returns, e.Counts, e.Release, e.Listed = nil, false, false, false, false, false
	e.Since = time.Time{}
}

// between keeps a policy that was seen after the act, and is neither what was there nor what we put. It may have been
// put before the act, and have been taken off with it.
func (f *Flow) between(e *Entry, live string, ruling allowlist.Ruling) {
	k := Copy{Policy: live, Verdict: f.judge(e.Change, live, ruling), At: f.Now(),
		Why: "seen right after the act: it may have been taken off with it"}
	if slices.Contains(e.Kept, k.Name()) || slices.ContainsFunc(e.Copies, func(o Copy) bool { return o.Policy == live }) {
		return
	}
	e.keep(k)
	e.Outcome.Why = also(e.Outcome.Why, fmt.Sprintf("another policy, which is %s, was seen right after the act: it may "+
		"have been taken off with it, and is kept in the ledger", k.Verdict.Answer))
}

// went says of a change whose policy may have been taken off by our act on another that it was. The policy is kept, so
// that it can be put back. It is kept even where the same is in force, put once more, which may go later.
func (f *Flow) went(e *Entry, live string) string {
	if !overtaken(*e) {
		return ""
	}
	e.keep(Copy{Policy: e.Change.Policy, Verdict: e.Verdict, At: f.Now(), Why: "put right before the act on another " +
		"policy: it may have been taken off with it"})
	meant, _ := f.marked(e.Change.Policy)
	if same(live, e.Change.Policy) || e.Verdict.Answer == lockout.Lockout && meant == "" { // nothing is lost
		return ""
	}
	came := "put"
	if e.Change.Found() {
		came = "found"
	}
	return fmt.Sprintf("Locksmith acted on this resource at about %s, on the policy that was there before; the one of "+
		"this event was %s at %s and may have been taken off with it; it is kept in the ledger",
		under(e.Change, e.Lately).Until.UTC().Format(time.RFC3339), came, e.Change.Time.UTC().Format(time.RFC3339))
}

// othersWrite tells whether a policy may be put at the moment when we act on an old copy: by somebody whom the lock
// spares, or on a queue, where the old copy shows for so long that somebody may have unlocked it by hand meanwhile.
// Where people may have us act, it may be on a policy that locks nobody out.
func (f *Flow) othersWrite(c Change, ruling allowlist.Ruling) bool {
	return f.People || sparing(ruling) || ruling.Rule != nil && c.Service() == "sqs" && !f.Instant
}

// passed ends an event whose policy lets its administrators in, unless people have to hear what that takes. Where the
// policy may have been put while we act on an older one, the ledger notes that it was, so that no older copy is acted
// on; so it does of any other that is not to be touched. An event that we may have overtaken goes on.
func (f *Flow) passed(ctx context.Context, r *Report, o *Outcome, ruling allowlist.Ruling) (over bool, err error) {
	open := passes(r.Verdict)
	if open {
		*o = f.restricted(r.Change, r.Verdict, ruling)
		if over = o.Result == ""; over {
			r.Nothing = "the policy is " + string(r.Verdict.Answer)
		}
	}
	if !f.othersWrite(r.Change, ruling) || r.Change.Found() || !open && o.Result == "" { // a look is no change
		return over, nil
	}
	acts, err := f.Ledger.Seen(ctx, r.Change)
	if err != nil {
		return true, fmt.Errorf("ledger: %w", err)
	}
	if open && under(r.Change, acts) != (Act{}) {
		over, r.Nothing, *o = false, "", Outcome{Rule: ruleName(ruling)}
	}
	return over, nil
}
