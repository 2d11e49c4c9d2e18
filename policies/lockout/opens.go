package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

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
	Witnesses []Entry  `json:"witnesses,omitempty"` // for Something: one for each kind of sender that is shown to get in
	Reasons   []string `json:"reasons,omitempty"`   // sentences for people, never empty except for Nothing
	ACL       string   `json:"acl,omitempty"`       // what an access control list, which is no part of the policy, may let in again; or ""
	Inside    []string `json:"inside,omitempty"`    // what the account's own people may do again, by each Deny statement that goes
	Defect    string   `json:"-"`                   // what went wrong in this program, where that is why it cannot tell; else ""
}

// defective is the reason of an answer that a defect of this program prevented.
const defective = "the prover failed on this policy: a defect of this program, which its makers should see"

// An Entry is a request from outside that the change lets in. Everyone can replay it: what follows allows it, what was in force did not.
type Entry struct {
	Sender Sender `json:"sender"`
	Witness
}

// opensSteps bound the question for one kind of sender. A step is that of steps.
const opensSteps = 100_000

// Opens answers: if the policy of the question is in force (nil: none is) and after follows (nil, or no statements: it is deleted), which requests from outside the
// owning account become possible that were not? Senders are taken to have all the permissions of their own that they need. The administrators of the question
// do not count here. What an access control list, an access point's policy or another grant outside the policy gives is no part of the answer; see ACL.
//
// The proof: a request that is newly allowed matches an Allow statement and no Deny statement of what follows, and before either a Deny statement that goes or no Allow
// statement. It is searched for in a set that holds every request: each key free or absent unless it is certain, any action's name.
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
	if len(c.allows) == 0 {
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

// A change is the policy in force and the one that would follow, side by side. The statements of both stand in one document, so that a statement has one number.
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
	for _, st := range s.denies {
		if st.Resource != nil {
			for _, v := range st.Resource.Values {
				s.mentioned = append(s.mentioned, variablesIn(v)...)
			}
		}
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
	same := a.Sid == b.Sid && a.Effect == b.Effect && a.Action.Not == b.Action.Not && slices.Equal(a.Action.Values, b.Action.Values) &&
		(a.Resource == nil) == (b.Resource == nil) && (a.Principal == nil) == (b.Principal == nil) &&
		slices.EqualFunc(a.Conditions, b.Conditions, func(x, y policies.Condition) bool {
			return x.Written == y.Written && x.Key == y.Key && slices.Equal(x.Values, y.Values)
		}) && slices.EqualFunc(a.Problems, b.Problems, func(x, y policies.Problem) bool { return x.Text == y.Text && x.Hint == y.Hint })
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
	if len(c.before.Statements) > 0 && c.before.Variables() != c.after.Variables() && len(c.spoken()) > 0 {
		return fmt.Sprintf("policy variables mean something else in Version %q than in %q", c.after.Version, c.before.Version)
	}
	return ""
}

// goneDenies are the Deny statements that go.
func (c *change) goneDenies() []*policies.Statement {
	return slices.DeleteFunc(slices.Clone(c.gone), func(st *policies.Statement) bool {
		return st.Effect != policies.Deny && !st.Ambiguous("Effect")
	})
}

// newcomer looks for a request of a sender that the change lets in. Without one it says why there may be one all the same: there is none if it says nothing.
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
		doubts = append(doubts, "the search for requests by "+c.outsiders(sender, nil)[0].outsider.who()+" came to its bound before it was complete")
	}
	return nil, doubts
}

// through looks for a request of a world that one Allow statement lets in.
func (c *change) through(w *world, allow *policies.Statement) (e *Entry, why []string) {
	if c.budget.out || !w.mayAllow(allow) {
		return nil, nil
	}
	for _, deny := range c.reasonsBefore(allow) {
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

// renew begins with new bounds, and so without the worlds that were made under old ones: where those ran out, they are not complete.
func (c *change) renew(steps int) {
	c.memory.release()
	c.memory = &memory{}
	c.budget = &budget{left: steps, memory: c.memory}
	c.worldsMade, c.sequences = map[worldsOf][]*world{}, nil
}

// reasonsBefore are the reasons for which a request that the Allow statement allows may not have been possible: the Deny statements that go, and, for a statement that is not
// in force, that none allowed it, which stands as nil.
func (c *change) reasonsBefore(allow *policies.Statement) []*policies.Statement {
	reasons := c.goneDenies()
	if c.added[allow.Index] {
		reasons = append(reasons, nil)
	}
	return reasons
}

// show looks for the request itself among those that are known to exist.
func (c *change) show(like *world, allow, deny *policies.Statement) (*Entry, string) {
	sender := like.outsider.sender
	for _, w := range c.outsiders(sender, like.outsider) {
		s := w.opening(allow, deny)
		var found *candidate
		var action, resource string
		s.finish = func(choices []*choice) bool {
			request := w.compose(s, choices)
			action, resource = request.Action, request.Resource
			if !coherent(request) || !c.confirmed(w, request, allow, deny) {
				return false
			}
			found = &candidate{kind: request.Caller.Kind, arn: request.Caller.ARN, session: request.Caller.Session, context: request.Context}
			return true
		}
		if s.run() {
			e := &Entry{Sender: sender, Witness: Witness{Principal: found.arn, Kind: found.kind, Session: found.session,
				Action: action, Resource: resource, Context: Context(found.context)}}
			return e, c.told(e, allow, deny)
		}
	}
	return nil, ""
}

// told says of a request that gets in what lets it in.
func (c *change) told(e *Entry, allow, deny *policies.Statement) string {
	who := map[Sender]string{FromAnybody: "anybody, without credentials,", FromAccount: "another account, such as by " + e.Principal + ",",
		FromService: "the service principal " + e.Principal}[e.Sender]
	if e.Sender == FromService && e.Kind == policies.User {
		who = e.Principal
	}
	why := "no statement that is in force allows it"
	if deny != nil {
		why = "statement " + deny.Label() + ", which denies it now, goes"
	}
	return fmt.Sprintf("%s can call %s on %s: statement %s allows it, and %s", who, e.Action, e.Resource, allow.Label(), why)
}

// confirmed asks the evaluator: what follows allows the request, what is in force does not, and that by these very statements. Where it is not documented whether such a
// request carries a key, both readings have to agree.
func (c *change) confirmed(w *world, r policies.Request, allow, deny *policies.Statement) bool {
	passes := func(r policies.Request) bool {
		if c.after.Evaluate(r).Effect != policies.Allowed {
			return false
		}
		if e := c.before.Evaluate(r).Effect; e != policies.Denied && e != policies.NotAllowed {
			return false
		}
		matches, _ := allow.Matches(r, c.Policy.Variables())
		if deny == nil || matches != policies.Yes {
			return matches == policies.Yes
		}
		matches, _ = deny.Matches(r, c.Policy.Variables())
		return matches == policies.Yes
	}
	if !passes(r) {
		return false
	}
	for _, key := range w.outsider.doubtful() {
		values, present := r.Context[key]
		if !present {
			continue
		}
		delete(r.Context, key)
		same := passes(r)
		r.Context[key] = values
		if !same {
			return false
		}
	}
	return true
}

// coherent tells whether the keys of a request that hang together do so.
func coherent(r policies.Request) bool {
	first := func(key string) string {
		if v := r.Context[key]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	for _, of := range []string{"aws:principalorg", "aws:resourceorg", "aws:sourceorg"} {
		id := first(of + "id")
		for _, path := range r.Context[of+"paths"] {
			if in, _, _ := strings.Cut(path, "/"); in != id {
				return false
			}
		}
	}
	if parts := strings.Split(first("aws:sourcearn"), ":"); len(parts) > 5 && parts[4] != "" {
		if of := first("aws:sourceaccount"); of != "" && of != parts[4] {
			return false
		}
	}
	if of, vpc := first("aws:sourcevpcarn"), first("aws:sourcevpc"); of != "" && vpc != "" && !strings.HasSuffix(of, "/"+vpc) {
		return false
	}
	if first("aws:multifactorauthage") != "" && first("aws:multifactorauthpresent") != "true" {
		return false
	}
	parts := strings.SplitN(r.Caller.ARN, ":", 6)
	switch r.Caller.Kind {
	case policies.Federated:
		return first("aws:userid") == parts[4]+":"+strings.TrimPrefix(parts[5], "federated-user/")
	case policies.Root:
		return first("aws:userid") == parts[4]
	}
	return true
}
