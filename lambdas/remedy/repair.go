package remedy

import (
	"encoding/json"
	"fmt"
	"reflect"

	"locksmith/policies"
	"locksmith/policies/allowlist"
)

// repair is what is left of a policy without the statements that the entry's verdict names. It is "" where the rule
// says to delete, or where what is left must not be put back. Then why is the reason, and the policy is to be deleted.
func (f *Flow) repair(e Entry, policy string, ruling allowlist.Ruling) (repaired, why string) {
	if ruling.Rule == nil || ruling.Rule.Action != allowlist.Repair {
		return "", ""
	}
	rest, left, err := policies.WithoutStatements([]byte(policy), e.Verdict.Statements)
	switch {
	case err != nil:
		return "", fmt.Sprintf("not repaired, since the locking statements could not be taken out (%v)", err)
	case left == 0:
		return "", "not repaired, since without its locking statements nothing is left of the policy"
	}
	if v := f.judge(e.Change, rest, ruling); !passes(v) {
		return "", fmt.Sprintf("not repaired, since without its locking statements the policy is %s", v.Answer)
	}
	return rest, ""
}

// same tells whether two policies say the same. A service may not give back the spaces that it was given, and
// CloudTrail writes a policy's keys in another order.
func same(a, b string) bool {
	var x, y any
	return a == b || json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil &&
		reflect.DeepEqual(x, y)
}

// observed is the outcome in observe mode.
func (f *Flow) observed(e Entry, repaired, why string) Outcome {
	would := "deleted"
	if repaired != "" {
		would = "put back without " + count(len(e.Verdict.Statements), "statement")
	}
	return Outcome{Result: Observed,
		Why: also(fmt.Sprintf("rule %s would have had the policy saved and %s; a root session could be opened, and "+
			"has only read", e.Outcome.Rule, would), why)}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
