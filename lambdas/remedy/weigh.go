package remedy

import (
	"encoding/json"
	"fmt"
	"reflect"

	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// A locked policy is what is weighed, with all that counts.
type locked struct {
	Change
	policy string
	v      lockout.Verdict
	ruling allowlist.Ruling
	before *Good // what was there before the lock; nil where that is not known
}

// weigh says what is to be done about a policy that locks, as the outcome that it would have, with what goes with it.
// It calls nobody. The last good policy is put in its place, or what is left of it without its locking statements, only
// where the rule says so, and where that is proved to let in nobody from outside the account. Otherwise it is deleted,
// which grants nothing, and Why says why.
func (f *Flow) weigh(l locked) Outcome {
	if l.ruling.Rule == nil {
		return f.deleting(l.Change, l.policy, l.v, l.ruling, "")
	}
	return f.atMost(l.ruling.Rule.Action, l, "")
}

// atMost is the outcome of an action, or of the next one where that must not be done: restore, repair, delete. Why says
// why no earlier one is done.
func (f *Flow) atMost(action allowlist.Action, l locked, why string) Outcome {
	if action == allowlist.Restore {
		o, no := f.restoring(l)
		if no == "" {
			return o
		}
		action, why = allowlist.Repair, also(why, "not restored, since "+no)
	}
	if action == allowlist.Repair {
		o, no := f.repairing(l.Change, l.policy, l.v, l.ruling)
		if no == "" {
			o.Why = why
			return o
		}
		why = also(why, "not repaired, since "+no)
	}
	return f.deleting(l.Change, l.policy, l.v, l.ruling, why)
}

// deleting is the outcome of deleting a policy.
func (f *Flow) deleting(c Change, policy string, v lockout.Verdict, ruling allowlist.Ruling, why string) Outcome {
	o := Outcome{Result: Unlocked, Removed: policy, Why: why}
	q, err := f.question(c, policy, ruling)
	if err != nil {
		return o
	}
	opening := lockout.Opens(q, nil)
	o.Inside, o.ACL, o.Losses = opening.Inside, opening.ACL, lockout.Losses(q, nil, v.Statements)
	if len(o.Losses) > 0 {
		o.Corrected = lockout.Corrected(q, policy, v.Statements)
	}
	return o
}

// repairing is the outcome of putting a policy back without its locking statements, or why that must not be done.
func (f *Flow) repairing(c Change, policy string, v lockout.Verdict, ruling allowlist.Ruling) (o Outcome, why string) {
	rest, left, err := policies.WithoutStatements([]byte(policy), v.Statements)
	switch {
	case err != nil:
		return o, fmt.Sprintf("the locking statements could not be taken out (%v)", err)
	case left == 0:
		return o, "without its locking statements nothing is left of the policy"
	}
	if v := f.judge(c, rest, ruling); !passes(v) {
		return o, fmt.Sprintf("without its locking statements the policy is %s", v.Answer)
	}
	opening, losses, err := f.opens(c, policy, rest, v.Statements, ruling)
	switch {
	case err != nil:
		return o, err.Error()
	case opening.Outside == lockout.Something:
		return o, "without its locking statements the policy lets in somebody from outside: " + opening.Reasons[0]
	case opening.Outside != lockout.Nothing:
		return o, "whether the policy lets in somebody from outside without its locking statements cannot be told: " +
			opening.Reasons[0]
	}
	return Outcome{Result: Repaired, Removed: policy, Put: rest, Inside: opening.Inside, ACL: opening.ACL,
		Losses: losses}, ""
}

// opens asks what a change of policy opens, and what goes with it. No policy in force is "".
func (f *Flow) opens(c Change, before, after string, locking []int, ruling allowlist.Ruling) (lockout.Opening,
	[]lockout.Loss, error) {
	next, err := policies.Parse([]byte(after))
	if err != nil {
		return lockout.Opening{}, nil, fmt.Errorf("the policy to be put cannot be read: %w", err)
	}
	q, err := f.question(c, before, ruling)
	if before == "" {
		q.Policy = nil
	} else if err != nil {
		return lockout.Opening{}, nil, fmt.Errorf("the policy in force cannot be read: %w", err)
	}
	return lockout.Opens(q, next), lockout.Losses(q, next, locking), nil
}

// same tells whether two policies say the same. A service may not give back the spaces that it was given, and
// CloudTrail writes a policy's keys in another order.
func same(a, b string) bool {
	var x, y any
	return a == b || json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil &&
		reflect.DeepEqual(x, y)
}

// observed is the outcome in observe mode.
func (f *Flow) observed(e Entry, weighed Outcome) Outcome {
	would := "deleted"
	switch weighed.Result {
	case Reinstated:
		would = "replaced by the last good one"
	case Repaired:
		would = "put back without " + count(len(e.Verdict.Statements), "statement")
	}
	return Outcome{Result: Observed,
		Why: also(fmt.Sprintf("rule %s would have had the policy saved and %s; a root session could be opened, and "+
			"has only read", e.Outcome.Rule, would), weighed.Why)}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// also joins two sentences, of which either may be none.
func also(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
}
