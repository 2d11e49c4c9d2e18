package exhaustive

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// Classes of finding. From Undecided on they are counted, and are no faults of an answer.
const (
	FalseLockout  = "false lockout"
	Unsettled     = "proof of what is not settled"
	Seal          = "sealed and lockout mixed up"
	WitnessDenied = "witness denied"
	WitnessUnreal = "witness not real, and no real one is there"
	WitnessOdd    = "witness with an odd value, where a real one is there"
	NotOrdinary   = "open by a witness that is not ordinary"
	Ordinary      = "restricted though an ordinary request passes"
	Statements    = "not the smallest set of statements"
	Incomplete    = "witness not complete"
	Configuration = "an administrator that nobody can be"
	Sentence      = "sentence not true"
	Evaluators    = "the evaluators differ"
	Undecided     = "undecided"
	Unlisted      = "a key that no reference lists"
	Refused       = "no policy, says the parser"
	Missed        = "missed by the search"
	Broken        = "defect of the search"
)

// Faults tells whether a finding of the class is a fault of the prover, or of this package.
func Faults(class string) bool { return class != Undecided && class != Unlisted && class != Refused }

// A Finding is one disagreement between the prover and the search.
type Finding struct {
	Class, Why string
	Request    *Request
	Verdict    lockout.Verdict
}

func (f *Finding) String() string {
	s := fmt.Sprintf("%s: %s\n    verdict %s %v", f.Class, f.Why, f.Verdict.Answer, f.Verdict.Statements)
	for _, r := range f.Verdict.Reasons {
		s += "\n      - " + r
	}
	if f.Request != nil {
		s += "\n    " + f.Request.String()
	}
	return s
}

// Judge asks the prover.
func Judge(q *Question) (lockout.Verdict, error) {
	document, err := policies.Parse([]byte(q.Policy))
	if err != nil {
		return lockout.Verdict{}, err
	}
	return lockout.Judge(lockout.Question{Policy: document, Resource: q.Resource, Account: q.Account,
		Organization: q.Organization,
		Now:          q.Now, Administrators: q.Administrators}), nil
}

// Check asks prover and search the same question, and compares. Sentences are checked if asked, which takes as long
// again.
func Check(q *Question, e *explorer, sentences bool) (lockout.Verdict, []Finding) {
	v, err := Judge(q)
	if err != nil {
		return v, []Finding{{Class: Refused, Why: err.Error()}}
	}
	return v, Compare(q, v, e, sentences)
}

// Compare holds a verdict against the search.
func Compare(q *Question, v lockout.Verdict, e *explorer, sentences bool) []Finding {
	t, err := Ask(q, e)
	if err != nil {
		return []Finding{{Class: Broken, Why: err.Error()}}
	}
	if t.TooMany {
		return nil
	}
	c := &comparison{t: t, q: q, v: v}
	if t.Mistake != "" {
		if v.Answer != lockout.Undecided {
			c.say(Configuration, nil, "%s is no principal of the account", t.Mistake)
		}
		return c.found
	}
	switch v.Answer {
	case lockout.Lockout, lockout.Sealed:
		c.locked()
	case lockout.Open, lockout.Restricted:
		c.passes()
	default:
		c.undecided()
	}
	if sentences {
		c.sentences()
	}
	c.evaluators()
	return c.found
}

type comparison struct {
	t     *Truths
	q     *Question
	v     lockout.Verdict
	found []Finding
}

func (c *comparison) say(class string, r *Request, format string, values ...any) {
	c.found = append(c.found, Finding{class, fmt.Sprintf(format, values...), r, c.v})
}

// escape says that a request passes, after checking the search's own work.
func (c *comparison) escape(class string, r *Request, why string) {
	if err := c.t.sure(r); err != nil {
		c.say(Broken, r, "%v", err)
		return
	}
	c.say(class, r, "%s", why)
}

func (c *comparison) locked() {
	if r := c.t.Recovery(false, true); r != nil {
		c.escape(FalseLockout, r, "this request escapes")
		return
	}
	if r := c.t.Recovery(false, false); r != nil {
		c.say(Unsettled, r, "whether this request escapes is not settled")
		return
	}
	left, further := c.t.InsideLeft(), c.t.Further(true)
	switch {
	case c.v.Answer == lockout.Lockout && left != "":
		c.say(Seal, nil, "lockout, but %s is in no Deny statement's actions", left)
	case c.v.Answer == lockout.Lockout && further != nil:
		c.escape(Seal, further, "lockout, but this other action is possible")
	case c.v.Answer == lockout.Sealed && left == "" && c.t.Further(false) == nil:
		c.say(Seal, nil, "sealed, but nothing is left open")
	}
	doubtful := c.t.u.severalPaths() || c.t.u.idInDoubt() || c.t.u.noARN() || c.t.u.unlisted()
	if smallest := c.t.Smallest(); !doubtful && smallest != nil && !slices.Equal(smallest, c.v.Statements) {
		c.say(Statements, nil, "the smallest set is %v", smallest)
	}
}

// witness is the prover's witness as a request of this package.
func witness(w *lockout.Witness) *Request {
	return &Request{Kind: string(w.Kind), ARN: w.Principal, Session: w.Session, Action: w.Action, Resource: w.Resource,
		Context: w.Context}
}

func (c *comparison) passes() {
	if c.v.Witness == nil {
		c.say(WitnessUnreal, nil, "there is none")
		return
	}
	w := witness(c.v.Witness)
	if wrong := c.q.Unreal(w); len(wrong) > 0 {
		class := WitnessUnreal
		if c.t.Recovery(false, true) != nil {
			class = WitnessOdd
		}
		c.say(class, w, "%s", strings.Join(wrong, "; "))
		return
	}
	if missing := c.q.Missing(w); len(missing) > 0 {
		c.say(Incomplete, nil, "the witness lacks %s", strings.Join(missing, ", "))
	}
	if !slices.Contains(c.q.recoveryActions(), w.Action) {
		c.say(WitnessUnreal, w, "%s does not take the policy off", w.Action)
		return
	}
	if d := c.t.u.escapeOf(w); d == Maybe && c.t.u.unlisted() {
		c.say(Unlisted, w, "a key that no reference lists is taken for absent")
		return
	} else if d != No {
		c.say(WitnessDenied, w, "the evaluator says %s: it is denied", d)
		return
	}
	severalPaths := len(w.Context["aws:principalorgpaths"]) > 1 || len(w.Context["aws:vpceorgpaths"]) > 1
	if c.t.Recovery(false, true) == nil && !severalPaths {
		c.say(Missed, w, "the search finds no request, though this one escapes")
	}
	if c.v.Answer == lockout.Open {
		if p := c.t.u.Particular(w); len(p) > 0 {
			c.say(NotOrdinary, w, "%s", strings.Join(p, "; "))
		}
		return
	}
	if r := c.t.Recovery(true, true); r != nil && !c.t.u.noARN() {
		if p := c.t.u.Particular(r); len(p) > 0 {
			c.say(Broken, r, "found as ordinary, but: %s", strings.Join(p, "; "))
			return
		}
		c.escape(Ordinary, r, "this ordinary request passes")
	}
}

// undecided counts what the search would have decided.
func (c *comparison) undecided() {
	own := c.t.Answers()
	if c.t.u.sampled || len(own) > 1 || own[0] == lockout.Undecided || c.t.u.idInDoubt() || c.t.u.severalPaths() {
		return
	}
	reason := ""
	if len(c.v.Reasons) > 0 {
		reason = c.v.Reasons[0]
	}
	c.say(Undecided, c.t.Recovery(false, true), "%s: %s", own[0], reason)
}

// evaluators compares this package's evaluator with the project's. Allows are left out: they do not count here, and
// may be what is not settled.
func (c *comparison) evaluators() {
	p := *c.t.u.p
	p.Statements = slices.DeleteFunc(slices.Clone(p.Statements), func(s Statement) bool { return s.Effect != "Deny" })
	text, err := json.Marshal(&p)
	if err != nil || p.Strange || c.t.u.unlisted() || c.t.u.noARN() {
		return // the project's evaluator takes a key that no reference lists for absent, where this one says maybe
	}
	document, err := policies.Parse(text)
	if err != nil {
		return
	}
	if r, why := c.t.Differ(document, 12); r != nil {
		c.say(Evaluators, r, "%s", why)
	}
}

// noARN tells whether an Arn operator has a value that is no ARN. Whether the other values beside it still count is
// read one way here, since values are an OR, and more carefully by the prover.
func (u *universe) noARN() bool {
	for _, all := range u.mentions {
		for _, m := range all {
			if m.base == "ArnLike" && m.value != "" && parts(pieces(m.value)) == nil {
				return true
			}
		}
	}
	return false
}

// unlisted tells whether the policy speaks of a key that is in no reference.
func (u *universe) unlisted() bool {
	for key := range u.mentions {
		if _, ok := lookup(key); !ok {
			return true
		}
	}
	return false
}

// severalPaths tells whether it matters that one account might have several paths in its organization. The key can
// hold several; an account has one place.
func (u *universe) severalPaths() bool {
	return u.mentioned("aws:principalorgpaths") || u.mentioned("aws:resourceorgpaths")
}

// idInDoubt tells whether the policy names a unique id that may be the one of a role or user that is named as an
// administrator. Whether it is, nobody can say.
func (u *universe) idInDoubt() bool {
	for _, s := range u.deny {
		for _, p := range s.Principals {
			kind := map[string]string{"AROA": ":role/", "AIDA": ":user/"}[p.Value[:min(4, len(p.Value))]]
			if kind != "" && slices.ContainsFunc(u.q.Administrators,
				func(a string) bool { return strings.Contains(a, kind) }) {
				return true
			}
		}
	}
	return false
}
