package remedy

import (
	"fmt"
	"strings"

	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// judge asks the prover about one copy of the policy.
func (f *Flow) judge(c Change, policy string, ruling allowlist.Ruling) lockout.Verdict {
	q, err := f.question(c, policy, ruling)
	if err != nil {
		return lockout.Verdict{Answer: lockout.Undecided,
			Reasons: []string{fmt.Sprintf("the policy cannot be read: %v", err)}}
	}
	if c.Living {
		return f.judgeLiving(q)
	}
	v := lockout.Judge(q)
	if v.Defect != "" {
		f.Log.Error("defect of the prover", "resource", c.Resource, "error", Scrub(v.Defect))
	}
	return v
}

// question is what the prover is asked about a policy, for the administrators of the rule.
func (f *Flow) question(c Change, policy string, ruling allowlist.Ruling) (lockout.Question, error) {
	doc, err := policies.Parse([]byte(policy))
	q := lockout.Question{Policy: doc, Resource: c.Resource, Account: c.Account, Organization: f.Allow.Organization,
		Now: f.Now()}
	if ruling.Rule != nil {
		q.Administrators = ruling.Rule.Administrators
	}
	return q, err
}

// sparing tells whether the rule names administrators. Then a policy that locks may spare others, who can write.
func sparing(ruling allowlist.Ruling) bool {
	return ruling.Rule != nil && len(ruling.Rule.Administrators) > 0
}

func passes(v lockout.Verdict) bool {
	return v.Answer == lockout.Open || v.Answer == lockout.Restricted
}

// decide says how a change ends that must not be touched. An Outcome without a Result means that the allow list permits
// Locksmith to act on it.
func (f *Flow) decide(c Change, policy string, v lockout.Verdict, ruling allowlist.Ruling) Outcome {
	o := Outcome{At: f.Now()}
	if ruling.Rule != nil {
		o.Rule = ruling.Rule.Name
	}
	sid, pattern := f.marked(policy)
	switch {
	case v.Answer == lockout.Undecided:
		o.Result, o.Why = Undecided, "whether this policy locks everybody out could not be settled"
	case sid != "":
		o.Result, o.Why = Deliberate,
			fmt.Sprintf("statement %s is marked as meant (the allow list's deliberate pattern %s)", sid, pattern)
	case v.Answer == lockout.Sealed && (ruling.Rule == nil || !ruling.Rule.ActsOn(string(v.Answer))):
		o.Result, o.Why = Sealed, "nobody can change this policy, but other access remains, so it may be meant "+
			"as a seal"
	case ruling.Rule == nil:
		o.Result, o.Why = NotCovered, ruling.Sentence()
	case !ruling.Rule.ActsOn(string(v.Answer)):
		o.Result, o.Why = NotifyOnly, fmt.Sprintf("rule %s does not act on the verdict %s", o.Rule, v.Answer)
	case ruling.Rule.Action == allowlist.Notify:
		o.Result, o.Why = NotifyOnly, fmt.Sprintf("rule %s says to tell people and touch nothing", o.Rule)
	}
	// Whoever put another policy than the event's is not known, and so is nobody's word taken for that.
	o.Meant = (o.Result == Sealed || o.Result == Deliberate) && same(policy, c.Policy) && f.Allow.Sealer(c.By.ARN)
	return o
}

// restricted is the outcome of a policy whose every way in needs a later time, or a text that the sender has to know:
// perhaps nobody can open it today. Of any other that lets people in it is none.
func (f *Flow) restricted(c Change, v lockout.Verdict, ruling allowlist.Ruling) Outcome {
	q, err := f.question(c, c.Policy, ruling)
	if err != nil || v.Answer != lockout.Restricted {
		return Outcome{}
	}
	needs := lockout.Needs(q, v)
	if len(needs) == 0 {
		return Outcome{}
	}
	o := Outcome{Result: Restricted, Needs: needs, At: f.Now(),
		Why: "whoever wants to get in needs " + strings.Join(needs, ", or ")}
	if ruling.Rule != nil {
		o.Rule = ruling.Rule.Name
	}
	return o
}

// marked finds a Deny statement whose Sid says that it is meant. It need not be one that the verdict names. Several
// sets of statements may lock, and deleting the policy would take all of them away.
func (f *Flow) marked(policy string) (sid, pattern string) {
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		return "", ""
	}
	for i := range doc.Statements {
		st := &doc.Statements[i]
		if pattern, ok := f.Allow.Marked(st.Sid); ok && st.Effect == policies.Deny {
			return st.Sid, pattern
		}
	}
	return "", ""
}
