package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// What a change of policy lets in from outside: the second question, which a caller asks beside the verdict. Who may
// call is in opensworld.go, the proof in openssearch.go, the request that shows it in opensshow.go.

// Access says what of the outside a change of policy lets in.
type Access string

// What a change of policy lets in from outside the owning account.
const (
	// Nothing: no request from outside becomes possible by the change. It is a proof.
	Nothing Access = "nothing"
	// Something: requests from outside become possible. The witnesses show it.
	Something Access = "opens"
	// CannotTell: it could not be settled, for the reasons given.
	CannotTell Access = "unknown"
)

// Sender is a kind of sender outside the owning account.
type Sender string

// The senders outside the owning account.
const (
	FromAnybody Sender = "anonymous" // a request without credentials
	FromAccount Sender = "account"   // a principal of another account, of the same organization or not
	FromService Sender = "service"   // an AWS service principal, or CloudFront by its origin access identity
)

// An Opening is what a change of policy makes possible that was not.
type Opening struct {
	Outside   Access   `json:"outside"`
	Witnesses []Entry  `json:"witnesses,omitempty"` // for Something: one for each kind of sender that is let in
	Reasons   []string `json:"reasons,omitempty"`   // sentences for people, never empty except for Nothing
	// what access control lists may let in again, beside the policy; or ""
	ACL string `json:"acl,omitempty"`
	// what the account's own people may do again, by each Deny that goes
	Inside []string `json:"inside,omitempty"`
	Defect string   `json:"-"` // what failed in this program, where that is why it cannot tell
}

// defective is the reason of an answer that a defect of this program prevented.
const defective = "the prover failed on this policy: a defect of this program, which its makers should see"

// An Entry is a request from outside that the change lets in. Everyone can replay it: what follows allows it, what was
// in force did not.
type Entry struct {
	Sender Sender `json:"sender"`
	Witness
}

// opensSteps bound the question for one kind of sender. A step is that of steps.
const opensSteps = 100_000

// Opens answers which requests from outside the owning account a change of policy makes possible. The policy of the
// question is in force, or none where it is nil. What follows is after: nil, or a policy without statements, says that
// the policy is deleted. Senders are taken to have all the permissions of their own that they need. The administrators
// of the question do not count here. What an access control list, an access point's policy or another grant outside the
// policy gives is no part of the answer; see ACL.
//
// The proof: a request that is newly allowed matches an Allow statement and no Deny statement of what follows. Before,
// it matched a Deny statement that goes, or no Allow statement. It is searched for in a set that holds every request:
// each key free or absent unless it is certain, any action's name. The rules are those of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html.
func Opens(q Question, after *policies.Document) (o Opening) {
	defer func() {
		if defect := recover(); defect != nil {
			o = Opening{Outside: CannotTell, Reasons: []string{defective}, Defect: fmt.Sprint(defect)}
		}
	}()
	c, err := newChange(q, after)
	if err != nil {
		return Opening{Outside: CannotTell, Reasons: []string{err.Error()}}
	}
	defer func() { c.memory.release() }()
	o = Opening{Outside: Nothing, Inside: c.inside(), ACL: c.lists()}
	if len(c.allows) == 0 && len(c.after.Problems) == 0 {
		return o // nothing is allowed by the policy any more
	}
	if problem := c.problem(); problem != "" {
		o.Outside, o.Reasons = CannotTell, []string{problem}
		return o
	}
	var doubts []string
	for _, sender := range []Sender{FromAnybody, FromAccount, FromService} {
		e, why := c.newcomer(sender)
		switch {
		case e != nil:
			o.Witnesses, o.Reasons = append(o.Witnesses, *e), append(o.Reasons, why...)
		default:
			doubts = append(doubts, why...)
		}
	}
	switch {
	case len(o.Witnesses) > 0:
		o.Outside = Something
	case len(doubts) > 0:
		slices.Sort(doubts)
		o.Outside, o.Reasons = CannotTell, few(slices.Compact(doubts))
	}
	return o
}

// few are the first of some reasons, and how many more there are.
func few(reasons []string) []string {
	const most = 6
	if len(reasons) <= most {
		return reasons
	}
	return append(reasons[:most:most], fmt.Sprintf("and %d more reasons of the same kinds", len(reasons)-most))
}

// A change is the policy in force and the one that would follow, side by side. The statements of both stand in one
// document, so that a statement has one number.
type change struct {
	*setting
	before, after *policies.Document    // nil: none
	allows        []*policies.Statement // the Allow statements of what follows, and
	denies        []*policies.Statement // its Deny statements
	gone          []*policies.Statement // the statements that are in force and not in what follows
	was           []*policies.Statement // the Allow statements in force
	added         map[int]bool          // the statements that are not in force
	worldsMade    map[worldsOf][]*world
}

// newChange puts the two policies side by side. It is an error where the question is none.
func newChange(q Question, after *policies.Document) (*change, error) {
	c := &change{before: q.Policy, after: after, added: map[int]bool{}}
	if c.before == nil {
		c.before = &policies.Document{}
	}
	if c.after == nil {
		c.after = &policies.Document{Version: c.before.Version}
	}
	both := &policies.Document{Version: c.after.Version, Statements: slices.Clone(c.before.Statements)}
	stays := make([]bool, len(c.before.Statements))
	place := make([]int, len(c.after.Statements))
	for i := range c.after.Statements {
		st := &c.after.Statements[i]
		n := slices.IndexFunc(c.before.Statements, func(old policies.Statement) bool { return sameStatement(&old, st) })
		if n < 0 {
			n = len(both.Statements)
			both.Statements = append(both.Statements, *st)
			both.Statements[n].Index = n
			c.added[n] = true
		} else {
			for m := range stays { // a statement that stands twice is one
				stays[m] = stays[m] || sameStatement(&c.before.Statements[m], st)
			}
		}
		place[i] = n
	}
	q.Policy, q.Administrators = both, nil
	s, err := newSetting(q)
	if err != nil {
		return nil, err
	}
	c.setting = s
	s.denies = nil
	for i := range both.Statements {
		s.denies = append(s.denies, &both.Statements[i]) // what counts here are the values of all statements
	}
	s.mentioned = mentionedKeys(s.denies)
	for _, v := range c.resources() {
		s.mentioned = append(s.mentioned, variablesIn(v)...)
	}
	c.sort(stays, place)
	return c, nil
}

// sort tells the statements by what becomes of them. One whose Effect is not settled counts as both.
func (c *change) sort(stays []bool, place []int) {
	statements := c.Policy.Statements
	slices.Sort(place)
	for _, n := range slices.Compact(place) {
		st := &statements[n]
		if st.Effect == policies.Deny || st.Ambiguous("Effect") {
			c.denies = append(c.denies, st)
		}
		if st.Effect == policies.Allow || st.Ambiguous("Effect") {
			c.allows = append(c.allows, st)
		}
	}
	for n := range c.before.Statements {
		st := &statements[n]
		if !stays[n] {
			c.gone = append(c.gone, st)
		}
		if st.Effect == policies.Allow && !st.Ambiguous("Effect") {
			c.was = append(c.was, st)
		}
	}
}

// sameStatement tells whether two statements say the same, letter by letter.
func sameStatement(a, b *policies.Statement) bool {
	same := a.Sid == b.Sid && a.Effect == b.Effect &&
		a.Action.Not == b.Action.Not && slices.Equal(a.Action.Values, b.Action.Values) &&
		(a.Resource == nil) == (b.Resource == nil) && (a.Principal == nil) == (b.Principal == nil) &&
		slices.EqualFunc(a.Conditions, b.Conditions, func(x, y policies.Condition) bool {
			return x.Written == y.Written && x.Key == y.Key && slices.Equal(x.Values, y.Values)
		}) && slices.EqualFunc(a.Problems, b.Problems, func(x, y policies.Problem) bool {
		return x.Text == y.Text && x.Hint == y.Hint
	})
	if !same {
		return false
	}
	if a.Resource != nil && (a.Resource.Not != b.Resource.Not || !slices.Equal(a.Resource.Values, b.Resource.Values)) {
		return false
	}
	return a.Principal == nil || a.Principal.Not == b.Principal.Not && a.Principal.Everyone == b.Principal.Everyone &&
		slices.Equal(a.Principal.Named, b.Principal.Named)
}

// problem says why nothing can be said of the two policies, or "".
func (c *change) problem() string {
	for _, d := range []*policies.Document{c.before, c.after} {
		if len(d.Problems) > 0 {
			return d.Problems[0].String()
		}
	}
	if len(c.before.Statements) > 0 && c.before.Variables() != c.after.Variables() && c.hasVariables() {
		return fmt.Sprintf("policy variables mean something else in Version %q than in %q",
			c.after.Version, c.before.Version)
	}
	return ""
}

// resources are the values of all Resource elements.
func (c *change) resources() (all []string) {
	for _, st := range c.setting.denies {
		if st.Resource != nil {
			all = append(all, st.Resource.Values...)
		}
	}
	return all
}

// hasVariables tells whether a value has what may be a policy variable.
func (c *change) hasVariables() bool {
	variable := func(v string) bool { return strings.Contains(v, "${") }
	return len(c.spoken()) > 0 || slices.ContainsFunc(c.resources(), variable)
}

// goneDenies are the Deny statements that go.
func (c *change) goneDenies() []*policies.Statement {
	return slices.DeleteFunc(slices.Clone(c.gone), func(st *policies.Statement) bool {
		return st.Effect != policies.Deny && !st.Ambiguous("Effect")
	})
}

// newcomer looks for a request of a sender that the change lets in. Without one it says why there may be one all the
// same: there is none if it says nothing.
func (c *change) newcomer(sender Sender) (*Entry, []string) {
	c.renew(opensSteps)
	var doubts []string
	for _, allow := range c.allows {
		for _, w := range c.outsiders(sender, nil) {
			e, why := c.through(w, allow)
			if e != nil {
				return e, why
			}
			for _, doubt := range why {
				if !slices.Contains(doubts, doubt) {
					doubts = append(doubts, doubt)
				}
			}
		}
	}
	if c.budget.out {
		who := c.outsiders(sender, nil)[0].outsider.who()
		doubts = append(doubts, "the search for requests by "+who+" came to its bound before it was complete")
	}
	return nil, doubts
}

// through looks for a request of a world that one Allow statement lets in.
func (c *change) through(w *world, allow *policies.Statement) (e *Entry, why []string) {
	if c.budget.out || !w.mayAllow(allow) {
		return nil, nil
	}
	for _, deny := range c.reasonsBefore(allow) {
		if c.budget.out {
			break // newcomer says so
		}
		doubts, possible := w.perhaps(allow, deny)
		if !possible {
			continue
		}
		if e, said := c.show(w, allow, deny); e != nil {
			return e, []string{said}
		}
		why = append(why, doubts...)
	}
	return nil, why
}

// renew begins with new bounds, and so without the worlds that were made under old ones: where those ran out, they are
// not complete.
func (c *change) renew(steps int) {
	c.memory.release()
	c.memory = &memory{}
	c.budget = &budget{left: steps, memory: c.memory}
	c.worldsMade, c.sequences = map[worldsOf][]*world{}, nil
}

// reasonsBefore are why a request that the Allow statement allows may not have been possible: the Deny statements that
// go. For a statement that is not in force, it may also be that none allowed it, which stands as nil.
func (c *change) reasonsBefore(allow *policies.Statement) []*policies.Statement {
	reasons := c.goneDenies()
	if c.added[allow.Index] {
		reasons = append(reasons, nil)
	}
	return reasons
}
