package lockout

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// The exits of a statement in words: who gets past it, and how. particulars.go and explain.go put them into
// sentences.

// An exit is one part of a Deny statement that need not hold, as the policy words it: its Principal element, or one of
// its conditions. A request takes the exit where that part does not hold for it.
type exit struct {
	key   string                                        // of the condition, in lower case; "" for the principal
	means func(w *world) [][]way                        // what a request has to be to take it
	says  func(ask asker) string                        // which requests take it, of those that are possible
	taken func(context policies.Context) policies.Truth // whether a request that got past the statement took it
}

// exits are all exits of a statement for an action.
func (s *setting) exits(st *policies.Statement, action string) []exit {
	var all []exit
	if s.covered(action)[st.Index] == policies.Unknown {
		all = append(all, exit{key: "resource", means: func(w *world) [][]way {
			return [][]way{w.uncovered(st, action)}
		},
			says: func(asker) string { return s.pastResource(st.Resource) },
			taken: func(context policies.Context) policies.Truth {
				return st.MatchesResource(s.Resource, context, s.Policy.Variables()).Not()
			}})
	}
	if st.Principal != nil && !everybody(st.Principal) {
		all = append(all, exit{means: func(w *world) [][]way { return w.principals(st) },
			says:  func(asker) string { return s.pastPrincipal(st.Principal) },
			taken: func(policies.Context) policies.Truth { return policies.Unknown }})
	}
	for i := range st.Conditions {
		c := &st.Conditions[i]
		all = append(all, exit{key: strings.ToLower(c.Key), means: func(w *world) [][]way { return [][]way{w.out(c)} },
			says: func(ask asker) string { return s.pastCondition(c, ask) },
			taken: func(context policies.Context) policies.Truth {
				return c.Matches(context, s.Policy.Variables()).Not()
			}})
	}
	return all
}

// left says which requests a statement leaves: those that take one of the exits that some request can take.
func (s *setting) left(i int, action string) string {
	ask := asker{possible: func(and func(w *world) [][]way) bool { return !s.never(inquiry{and: and}) }}
	var texts []string
	for _, e := range s.exits(&s.Policy.Statements[i], action) {
		if !ask.possible(e.means) {
			continue
		}
		text := e.says(ask)
		if rest, ok := strings.CutPrefix(text, "for "); ok {
			text = "by " + rest
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", or ")
}

// pastResource says of a request that a Resource element, which depends on who asks, does not cover the resource.
func (s *setting) pastResource(p *policies.Patterns) string {
	if p == nil {
		return "for which it has no Resource"
	}
	if p.Not {
		return "where its NotResource (" + and(p.Values) + ") covers " + s.Resource
	}
	return "where its Resource (" + and(p.Values) + ") does not cover " + s.Resource
}

// pastPrincipal says whom a Principal element leaves out.
func (s *setting) pastPrincipal(p *policies.Principals) string {
	var people, sessions, spared []string
	for _, n := range p.Named {
		switch {
		case n.Kind == "AWS" && p.Not && s.whole(n.Value), n.Kind == "Service":
		case n.Kind == "AWS" && p.Not && strings.Contains(n.Value, ":assumed-role/") && !s.another(n.Value):
			sessions = append(sessions, n.Value[strings.Index(n.Value, ":assumed-role/")+len(":assumed-role/"):])
		case !p.Not || n.Kind != "AWS" || !s.another(n.Value):
			people = append(people, s.short(n.Value))
		}
	}
	if !p.Not {
		return "for others than " + or(people)
	}
	for _, name := range people {
		if !strings.HasPrefix(name, "role/") {
			spared = append(spared, name)
			continue
		}
		for _, session := range sessions {
			if role, of, _ := strings.Cut(session, "/"); strings.HasSuffix(name, "/"+role) {
				spared = append(spared, name+" in session "+of)
			}
		}
	}
	if len(spared) == 0 {
		return "for those that its NotPrincipal spares"
	}
	return "for " + or(spared)
}

// short is the ARN of a user or role without what is the same for all of the owner's.
func (s *setting) short(arn string) string {
	name := strings.TrimPrefix(arn, "arn:"+s.partition+":iam::"+s.Account+":")
	if strings.HasPrefix(name, "user/") || strings.HasPrefix(name, "role/") {
		return name
	}
	return arn
}

// pastCondition says of a request that a condition does not hold for it. Every text repeats what the condition says,
// in other words; ask leaves out values that no request can have.
func (s *setting) pastCondition(c *policies.Condition, ask asker) string {
	name := strings.ToLower(c.Key)
	literal := "where " + c.Written + " on " + c.Key + " (" + and(unique(c.Values)) + ") does not hold"
	if len(c.Problems) > 0 {
		return literal + strings.TrimSuffix(" ("+c.Problems[0].Hint+")", " ()")
	}
	if c.Set != policies.Single {
		return literal
	}
	if text := s.pastNull(c); text != "" {
		return text
	}
	if c.Operator.Negated() {
		return s.withValue(c, name, s.possibleValues(c, name, ask))
	}
	if text := pastDate(c, name); text != "" {
		return text
	}
	switch c.Operator {
	case policies.StringEquals, policies.StringEqualsIgnoreCase, policies.StringLike, policies.ArnEquals,
		policies.ArnLike,
		policies.IPAddress, policies.Bool, policies.NumericEquals:
		return s.withoutValue(c, name, ask)
	}
	return literal
}

// withoutValue says of a request that a key has none of the values.
func (s *setting) withoutValue(c *policies.Condition, name string, ask asker) string {
	absentFails := c.Matches(policies.Context{}, s.Policy.Variables()) == policies.No
	values, wild := s.choice(c.Values, c)
	switch {
	case name == "aws:principalarn":
		return "for others than " + s.like(c.Values, c)
	case name == "aws:viaawsservice" && slices.Equal(c.Values, []string{"false"}):
		return "through an AWS service that calls for the sender"
	case name == "aws:sourceip" && !absentFails:
		return "from an address outside " + values
	case name == "aws:sourceip" && !ask.possible(func(w *world) [][]way { return [][]way{w.carries(name), w.out(c)} }):
		return "without aws:SourceIp"
	case name == "aws:sourceip" && slices.Equal(c.Values, []string{"0.0.0.0/0"}):
		return "from an IPv6 address or without aws:SourceIp"
	case name == "aws:sourceip":
		return "from elsewhere than " + values
	case absentFails && wild:
		return "without " + c.Key + " like " + values
	case absentFails:
		return "without " + c.Key + " " + values
	case wild:
		return "with " + c.Key + " present, and not like " + values
	}
	return "with " + c.Key + " other than " + values
}

// pastNull says of a request that a Null condition does not hold for it.
func (s *setting) pastNull(c *policies.Condition) string {
	switch {
	case c.Operator != policies.Null || len(c.Values) != 1:
		return ""
	case c.Values[0] == "true":
		return "with " + c.Key + " present"
	}
	return "without " + c.Key
}

// withValue says of a request that a key has one of the values.
func (s *setting) withValue(c *policies.Condition, name string, values []string) string {
	list, wild := s.choice(values, c)
	switch {
	case name == "aws:principalarn":
		return "for " + s.like(values, c)
	case name == "aws:sourceip":
		return "from " + list
	case name == "aws:sourcevpce" && !wild:
		return "through the VPC endpoint " + list
	case name == "aws:sourcevpc" && !wild:
		return "from the VPC " + list
	case wild:
		return "with " + c.Key + " like " + list
	}
	return "with " + c.Key + " " + list
}

// like names principals by the patterns of the policy.
func (s *setting) like(values []string, c *policies.Condition) string {
	var names []string
	for _, v := range values {
		names = append(names, s.short(v))
	}
	list, wild := s.choice(names, c)
	if wild {
		return "principals like " + list
	}
	return list
}

// choice lists values, one of which will do; wild tells whether there are wildcards in them.
func (s *setting) choice(values []string, c *policies.Condition) (list string, wild bool) {
	return s.asRead(or(unique(values)), values, c)
}

// asRead says of a list of values how they are read, where that is not plain; wild tells whether there are wildcards
// in them.
func (s *setting) asRead(list string, values []string, c *policies.Condition) (read string, wild bool) {
	wild = slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") })
	switch {
	case strings.Contains(string(c.Operator), "IgnoreCase"):
		return list + ", in any letter case", false
	case wild && !s.globs(c):
		return list + ", taken literally", false
	}
	return list, wild
}

// globs tells whether * and ? are wildcards in the values.
func (s *setting) globs(c *policies.Condition) bool {
	return c.Operator == policies.StringLike || c.Operator == policies.StringNotLike ||
		c.Operator.Family() == policies.ARNs
}

// possibleValues are the values that a request can have, of the values of a negated condition; all, where none can be
// told from the others.
func (s *setting) possibleValues(c *policies.Condition, name string, ask asker) []string {
	const most = 4 // more are not all shown
	values := unique(c.Values)
	if name == "aws:principalarn" && !strings.HasSuffix(string(c.Operator), "IgnoreCase") {
		values = slices.DeleteFunc(values, func(v string) bool {
			return !slices.ContainsFunc(s.kinds, func(k policies.Kind) bool { return s.mayBe(k, v) })
		})
	}
	if len(values) == 0 {
		return unique(c.Values)
	}
	if len(values) == 1 || len(values) > most {
		return values
	}
	var can []string
	for _, v := range values {
		has := func(w *world) [][]way { return w.having(c, name, v) }
		if s.shows(c, v, ask.witness[name]) || ask.possible(has) {
			can = append(can, v)
		}
	}
	if len(can) == 0 {
		return values
	}
	return can
}

// having demands that a key has one value of a condition. Where that cannot be said in ways, nothing is demanded.
func (w *world) having(c *policies.Condition, name, v string) [][]way {
	if name == "aws:principalarn" && !strings.HasSuffix(string(c.Operator), "IgnoreCase") && !w.mayBe(w.kind, v) {
		return [][]way{nil}
	}
	i := w.variableOf(name)
	switch known := w.variables[i]; {
	case known.base != nil && !known.plural:
		_, over, _ := w.read(c, name, v)
		return [][]way{certain(constraint{variable: i, present: true, in: append(language{}, over...)})}
	case c.Operator == policies.NotIPAddress && name == "aws:sourceip" && strings.ContainsAny(v, "/."):
		return point(name, func(at string) bool { return contains(v, at) })(w)
	}
	return nil
}

// mayBe tells whether a pattern begins as the ARNs of the account's principals of a kind do.
func (s *setting) mayBe(kind policies.Kind, pattern string) bool {
	if at := strings.IndexAny(pattern, "*?$"); at >= 0 {
		pattern = pattern[:at]
	}
	own := strings.TrimSuffix(s.shape(kind), "?*")
	return strings.HasPrefix(pattern, own) || strings.HasPrefix(own, pattern)
}

// shows tells whether the values of a key are one that a value of the policy plainly matches.
func (s *setting) shows(c *policies.Condition, v string, values []string) bool {
	switch {
	case len(values) != 1 || strings.Contains(v, "${"):
		return false
	case c.Operator.Family() == policies.ARNs:
		return policies.MatchARN(v, values[0])
	case c.Operator == policies.StringNotLike:
		return policies.Glob(v, values[0])
	case c.Operator == policies.NotIPAddress:
		return contains(v, values[0])
	}
	return v == values[0]
}

// unique leaves out what has come before.
func unique(values []string) (all []string) {
	for _, v := range values {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// pastDate says of a request that a condition on the time does not hold for it.
func pastDate(c *policies.Condition, name string) string {
	if name != "aws:currenttime" && name != "aws:epochtime" || len(c.Values) != 1 {
		return ""
	}
	at := c.Values[0]
	if seconds, err := strconv.ParseInt(at, 10, 64); err == nil {
		at = time.Unix(seconds, 0).UTC().Format(time.RFC3339)
	}
	switch c.Operator {
	case policies.DateLessThan, policies.NumericLessThan:
		return "from " + at + " on"
	case policies.DateLessThanEquals, policies.NumericLessThanEquals:
		return "after " + at
	case policies.DateGreaterThan, policies.NumericGreaterThan:
		return "until " + at
	case policies.DateGreaterThanEquals, policies.NumericGreaterThanEquals:
		return "before " + at
	}
	return ""
}
