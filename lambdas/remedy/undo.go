package remedy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// An Undo is a person's wish to have a policy back that Locksmith took off.
type Undo struct {
	Repaired bool // without the statements that locked
	Anyway   bool // also where it locks again: told twice
}

// Undo puts back the policy that an entry saved, whole or repaired, in a root session. The policy is judged first, and
// refused where it is not open or restricted, unless the wish says anyway. Undo never replaces a policy that somebody
// has put there since. The verdict is on the policy that was, or would have been, put back.
func (f *Flow) Undo(ctx context.Context, e Entry, u Undo) (lockout.Verdict, error) {
	policy := e.Saved
	if policy == "" {
		return lockout.Verdict{}, fmt.Errorf("entry %s: no policy was saved, since nothing was changed",
			e.Change.EventID)
	}
	if u.Repaired {
		rest, left, err := policies.WithoutStatements([]byte(policy), e.Verdict.Statements)
		if err != nil || left == 0 {
			return lockout.Verdict{},
				fmt.Errorf("entry %s: without its locking statements nothing is left of the policy (%w)",
					e.Change.EventID, errors.Join(err, errNothingLeft))
		}
		policy = rest
	}
	v := f.judge(e.Change, policy, f.Allow.Find(e.Change.Resource, e.Change.Account, f.Now()))
	if passes(v) && policy == e.Saved {
		v = e.Verdict // the entry's verdict was for the administrators of that time, and a rule that is gone has none
	}
	if !passes(v) && !u.Anyway {
		return v, fmt.Errorf("%s would be %s again: %s (anyway, if that is meant)", e.Change.Resource, v.Answer,
			strings.Join(v.Reasons, "; "))
	}
	session, err := f.Root.Open(ctx, e.Change)
	if err != nil {
		return v, err
	}
	live, err := session.Policy(ctx)
	switch {
	case err == nil && same(live, policy):
		return v, nil // an earlier try came so far
	case err == nil && !(e.Outcome.Put != "" && same(live, e.Outcome.Put)):
		return v, fmt.Errorf("%s has another policy by now; take it off first, if it is not wanted", e.Change.Resource)
	case err != nil && !errors.Is(err, ErrGone):
		return v, err
	}
	if err := session.Put(ctx, policy); err != nil {
		return v, err
	}
	f.Log.InfoContext(ctx, "put back", "eventId", e.Change.EventID, "resource", e.Change.Resource, "verdict",
		string(v.Answer), "repaired", u.Repaired, "anyway", u.Anyway)
	return v, nil
}

var errNothingLeft = errors.New("there has to be a statement")
