package remedy

import (
	"context"
	"errors"
	"fmt"

	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// A Showing is what was seen of a bucket or queue, for a person.
type Showing struct {
	Policy  string // in force; "" for none
	Verdict lockout.Verdict
	Ruling  allowlist.Ruling
	Locked  bool   // proved locked, and not marked as meant
	Mark    string // why it is taken for meant, if so
	Before  *Good  // the last good policy, where one is known
	Acts    []Weighed
}

// A Weighed is what one action would come to.
type Weighed struct {
	Action  allowlist.Action
	Outcome Outcome         // that it would have
	Refused string          // why it would not be done, if so; then the Outcome is the zero value
	After   string          // the policy that would be in force; "" for none
	Opening lockout.Opening // what it would let in
}

// actions are what a person may ask for.
func actions() []allowlist.Action {
	return []allowlist.Action{allowlist.Delete, allowlist.Repair, allowlist.Restore}
}

// Show opens root with calls that only read, and says what is in force, what it means under the allow list, and what
// each action would do. The change names the resource and what the session is opened for. Nothing is written.
func (f *Flow) Show(ctx context.Context, c Change) (Showing, error) {
	ruling, err := f.ruling(ctx, c)
	if err != nil {
		return Showing{}, err
	}
	s := Showing{Ruling: ruling}
	session, err := f.Root.Open(ctx, c)
	if err != nil {
		return s, err
	}
	s.Policy, err = session.Policy(ctx)
	if gone := errors.Is(err, ErrGone); gone || err != nil {
		if gone {
			s.Policy, s.Verdict, err = "", nothing(), nil
		}
		return s, err
	}
	s.Verdict = f.judge(c, s.Policy, ruling)
	if one, v, err := f.byNames(ctx, &c, s.Policy, s.Verdict, ruling); err != nil {
		f.Log.WarnContext(ctx, "shown without who exists", "resource", c.Resource, "error", scrubbed{err}.Error())
	} else {
		f, s.Verdict = one, v
	}
	s.Locked, s.Mark = f.locks(s.Policy, s.Verdict)
	e := Entry{Incident: Incident{Change: c, Verdict: s.Verdict}}
	if err := f.recall(ctx, &e); err != nil {
		return s, err
	}
	s.Before = e.Outcome.Before
	for _, action := range actions() {
		s.Acts = append(s.Acts, f.exactly(action, locked{c, s.Policy, s.Verdict, ruling, s.Before}))
	}
	return s, nil
}

// byNames judges a policy that lets in nobody but whom it names by who exists, as a sweep does. Where that proves a
// lock, it is the verdict, and the change and the flow know of it.
func (f *Flow) byNames(ctx context.Context, c *Change, policy string, v lockout.Verdict,
	ruling allowlist.Ruling) (*Flow, lockout.Verdict, error) {
	doc, err := policies.Parse([]byte(policy))
	if f.Principals == nil || !passes(v) || err != nil || len(lockout.Spared(doc, c.Account)) == 0 {
		return f, v, nil
	}
	living := *c
	living.Living = true
	one, err := f.knowing(ctx, living)
	if err != nil {
		return f, v, err
	}
	if byNames := one.judge(living, policy, ruling); proved(byNames) {
		*c = living
		return one, byNames, nil
	}
	return f, v, nil
}

// nothing is the verdict on a resource without a policy.
func nothing() lockout.Verdict {
	return lockout.Verdict{Answer: lockout.Open, Reasons: []string{"there is no policy, so none denies anybody anything"}}
}

// locks tells whether a policy is proved locked and not marked as meant. Otherwise a person has to insist. Mark says
// which statement is marked, if one is.
func (f *Flow) locks(policy string, v lockout.Verdict) (locked bool, mark string) {
	if sid, pattern := f.marked(policy); sid != "" {
		return false, fmt.Sprintf("statement %s is marked as meant (the allow list's deliberate pattern %s)", sid, pattern)
	}
	return proved(v), ""
}

// exactly weighs one action, with nothing in its place where that must not be done.
func (f *Flow) exactly(action allowlist.Action, l locked) Weighed {
	w, no := Weighed{Action: action}, ""
	switch action {
	case allowlist.Delete:
		w.Outcome = f.deleting(l.Change, l.policy, l.v, l.ruling, "")
	case allowlist.Repair:
		if no = "no statement is proved to lock"; proved(l.v) {
			w.Outcome, no = f.repairing(l.Change, l.policy, l.v, l.ruling)
		}
	case allowlist.Restore:
		w.Outcome, no = f.restoring(l)
	default:
		no = fmt.Sprintf("action %q: want delete, repair or restore", action)
	}
	if no != "" {
		return Weighed{Action: action, Refused: no}
	}
	if !proved(l.v) {
		w.Outcome.Corrected = lockout.Correction{} // nothing locks, so the old policy needs no correction
	}
	w.After = w.Outcome.Put
	w.Opening = f.opening(l, w.After)
	return w
}

// opening asks what would be let in with a policy in the place of the one that is.
func (f *Flow) opening(l locked, after string) lockout.Opening {
	q, err := f.question(l.Change, l.policy, l.ruling)
	if err != nil {
		return lockout.Opening{Outside: lockout.CannotTell, Reasons: []string{err.Error()}}
	}
	if after == "" {
		return lockout.Opens(q, nil)
	}
	next, err := policies.Parse([]byte(after))
	if err != nil {
		return lockout.Opening{Outside: lockout.CannotTell, Reasons: []string{err.Error()}}
	}
	return lockout.Opens(q, next)
}
