package remedy

import (
	"context"
	"errors"
	"strings"
	"time"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// proved tells whether a verdict is a proof that nobody can change the policy. Root is opened after no other.
func proved(v lockout.Verdict) bool { return v.Answer == lockout.Lockout || v.Answer == lockout.Sealed }

// patientFor is for how long people are told each day of what was not proved. Nobody sees when it is over.
const patientFor = 7 * Daily

const notLooked = "what is in force now was not looked at, since nothing was proved"

// unproved gives an entry that is taken up an outcome from what the ledger knows, where nothing in it was proved
// locked. The last policy that is known is judged once more: the rules, or the prover, may be others by now. Where that
// is a proof, or anything was saved, the entry is left as it is.
func (f *Flow) unproved(ctx context.Context, e *Entry, ruling allowlist.Ruling) error {
	if e.State != Claimed || proved(e.Verdict) || overtaken(*e) {
		return nil
	}
	policy := Notice{Change: e.Change, Outcome: e.before}.Policy()
	v := f.judge(e.Change, policy, ruling)
	if proved(v) {
		e.Verdict = v
		return nil
	}
	if e.before.Result == "" {
		f.neverTold(e, v, ruling)
		return nil
	}
	over, err := f.superseded(ctx, *e)
	if err != nil {
		return err
	}
	o := e.before
	switch {
	case over || passes(v):
		o, e.mute = Outcome{Result: StoodDown}, "nothing is proved locked any more, or people heard of a later change"
	case f.Now().Sub(e.Change.Time) >= patientFor:
		o.Why, e.ends = also(strings.TrimSuffix(o.Why, "; "+notLooked), notLooked+", and this is not told again"), true
	case !strings.HasSuffix(o.Why, notLooked):
		o.Why = also(o.Why, notLooked)
	}
	o.At, e.Outcome = f.Now(), o
	return nil
}

// neverTold decides anew of an event that was lost.
func (f *Flow) neverTold(e *Entry, v lockout.Verdict, ruling allowlist.Ruling) {
	o := f.decide(e.Change, e.Change.Policy, v, ruling)
	switch {
	case e.Change.Policy == "":
		o = Outcome{Result: Unreadable, Why: strings.Join(e.Verdict.Reasons, "; ")}
	case passes(v):
		o = f.restricted(e.Change, v, ruling)
	}
	if o.Result == "" {
		o, e.mute = Outcome{Result: StoodDown}, "nothing is proved locked"
	}
	o.At, e.Outcome = f.Now(), o
}

// superseded tells whether people have heard of a later change of the resource.
func (f *Flow) superseded(ctx context.Context, e Entry) (bool, error) {
	last, err := f.Ledger.LastTold(ctx, e.Change.Resource)
	if err != nil || last.EventID == "" || last.EventID == e.Change.EventID {
		return false, err
	}
	later, err := f.Ledger.Find(ctx, last.EventID, e.Change.Resource)
	if errors.Is(err, ErrNoEntry) {
		return false, nil
	}
	return err == nil && later.Change.Time.After(e.Change.Time.Add(time.Second)), err
}
