package reach

// This file decides a call: level by level, policy by policy, statement by statement.

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// Open says whether root of the member can be assumed with a task policy, such as [BucketTask].
func (w *World) Open(member Account, task string) Answer {
	return w.judge(&call{World: w, action: OpenRoot, member: member, region: w.Home, task: task})
}

// Session says whether a root session of the member may do an action in a Region, on whatever resource there.
func (w *World) Session(member Account, action, region string) Answer {
	return w.judge(&call{World: w, action: action, member: member, region: region})
}

// Resource is [World.Session] for one resource, by its ARN.
func (w *World) Resource(member Account, action, region, arn string) Answer {
	c := &call{World: w, action: action, member: member, region: region}
	return c.answer([]language{{head: arn}})
}

// Regional tells whether the answer for an action may be another in another Region. Most policies do not ask for it,
// and then one answer stands for all Regions.
func (w *World) Regional(member Account, action string) bool {
	c := &call{World: w, action: action, member: member}
	for _, b := range c.bindings() {
		for _, u := range b.chain {
			if slices.ContainsFunc(u.Policies, func(p *Policy) bool { return p.Kind == b.kind && p.regional(action) }) {
				return true
			}
		}
	}
	return false
}

// regional tells whether a statement that may be about the action asks for the Region: by its key, by a variable, or by
// the ARN of a queue.
func (p *Policy) regional(action string) bool {
	if p.document == nil {
		return false // nobody knows what it says, in any Region
	}
	for i := range p.document.Statements {
		s := &p.document.Statements[i]
		if s.MatchesAction(action) == policies.No {
			continue
		}
		plain := s.Resource == nil || !slices.ContainsFunc(s.Resource.Values, func(v string) bool {
			return strings.Contains(v, "${") || v != "*" && !strings.HasPrefix(action, "s3:")
		})
		if !plain || slices.ContainsFunc(s.Conditions, func(c policies.Condition) bool {
			return strings.EqualFold(c.Key, "aws:RequestedRegion") || strings.Contains(strings.Join(c.Values, ""), "${")
		}) {
			return true
		}
	}
	return false
}

// judge asks about all resources at once. Where that does not settle it, it looks for a resource for which it does.
func (w *World) judge(c *call) Answer {
	a := c.answer(c.resources())
	if a.State != CannotTell {
		return a
	}
	for _, l := range c.resources() {
		if l.most == 0 {
			continue
		}
		for _, like := range c.patterns() {
			if blocked := c.blocked(like, l); blocked.State == Partly {
				return blocked
			}
		}
	}
	return a
}

// blocked looks for a resource that a pattern fits, or for one that none does where it is "", for which it is blocked.
func (c *call) blocked(like string, l language) Answer {
	pattern, ok := []token{{any: true}}, true
	if like != "" {
		pattern, ok = tokens(like, true, c.value)
		ok = ok && !l.all(pattern) // it names nothing in particular
	}
	arn := ""
	if ok {
		arn = l.example(pattern)
	}
	if arn == "" {
		return Answer{}
	}
	a := c.answer([]language{{head: arn}})
	if a.State != Blocked {
		return Answer{}
	}
	a.State = Partly
	a.Obstacles = slices.DeleteFunc(a.Obstacles, func(o Obstacle) bool { return o.State != Blocked })
	for i := range a.Obstacles {
		o := &a.Obstacles[i]
		o.State, o.Like, o.Example = Partly, like, arn
	}
	return a
}

// maxPatterns bounds how many patterns a resource is looked for with. SCPs and RCPs hold 10,240 and 5,120 characters,
// and five of each can be attached to a unit.
const maxPatterns = 200

// patterns are those of the statements that the call may concern, and "" for a name that nobody thought of.
func (c *call) patterns() []string {
	var all []string
	for _, b := range c.bindings() {
		for _, u := range b.chain {
			for _, p := range u.Policies {
				if p.Kind != b.kind || p.document == nil {
					continue
				}
				for i := range p.document.Statements {
					s := &p.document.Statements[i]
					if s.Resource != nil && s.MatchesAction(c.action) != policies.No && len(all) < maxPatterns {
						all = append(all, s.Resource.Values...)
					}
				}
			}
		}
	}
	return append(all, "")
}

// A binding is one kind of policy, along one chain.
type binding struct {
	kind  Kind
	chain []Unit
}

// bindings are what binds the call: the SCPs of whoever calls, and the RCPs of whoever owns the resource. Neither binds
// the management account.
func (c *call) bindings() []binding {
	var all []binding
	if c.SCPs && c.principal().Number != c.Management {
		all = append(all, binding{SCP, c.principal().Chain})
	}
	if c.RCPs && c.member.Number != c.Management {
		all = append(all, binding{RCP, c.member.Chain})
	}
	return all
}

// answer decides the call for all resources of the languages.
func (c *call) answer(resources []language) Answer {
	c.resource = resources
	a := Answer{Action: c.action, State: Reachable}
	if what := c.blind(); what != "" {
		a.Obstacles = []Obstacle{{State: CannotTell, Because: what}}
	}
	for _, b := range c.bindings() {
		for _, u := range b.chain {
			a.Obstacles = append(a.Obstacles, c.level(u, b.kind)...)
		}
	}
	for _, o := range a.Obstacles {
		a.State = a.State.Worse(o.State)
	}
	return a
}

// blind says what is missing to answer at all, or "".
func (c *call) blind() string {
	switch {
	case !c.member.whole():
		return fmt.Sprintf("the units above account %s are not known", c.member.Number)
	case c.opening() && !c.Caller.whole() && c.Caller.Number != c.Management:
		return fmt.Sprintf("the units above account %s, which opens root sessions, are not known", c.Caller.Number)
	case c.Organization == "" || c.Partition == "" || c.region == "":
		return "the organization, the partition or the Region is not known"
	case c.Until.Before(c.From):
		return "the time that the answer is for is not known"
	}
	return ""
}

// level says what one unit's policies of a kind put in the way: a Deny of any of them, or that none allows it.
func (c *call) level(u Unit, kind Kind) []Obstacle {
	var found []Obstacle
	allowed, why := policies.No, ""
	bare := Unit{ID: u.ID, Name: u.Name}
	for _, p := range u.Policies {
		if p.Kind != kind {
			continue
		}
		at := Obstacle{Kind: kind, Unit: bare, PolicyID: p.ID, PolicyName: p.Name}
		if p.document == nil {
			at.State, at.Because = CannotTell, "it cannot be read: "+p.trouble
			found = append(found, at)
			allowed, why = allowed.Or(policies.Unknown), "policy "+at.policy()+" cannot be read"
			continue
		}
		for i := range p.document.Statements {
			s := &p.document.Statements[i]
			match, hangs := c.matches(s, p)
			if match == policies.No {
				continue
			}
			if s.Effect == policies.Allow && !s.Ambiguous("Effect") {
				if allowed = allowed.Or(match); match == policies.Unknown {
					why = "statement " + s.Label() + " of " + at.policy() + " may: " + hangs
				}
				continue
			}
			at.Statement, at.State, at.Because = s.Label(), CannotTell, hangs
			if match == policies.Yes && !s.Ambiguous("Effect") {
				at.State, at.Because = Blocked, ""
			}
			found = append(found, at)
		}
	}
	if allowed == policies.Yes {
		return found
	}
	return append(found, c.none(bare, kind, allowed, why))
}

// none is the obstacle of a unit whose policies do not surely allow the call. RCPFullAWSAccess cannot be detached, so
// where it seems to be missing, what is known of the unit is likely not all
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html).
func (c *call) none(u Unit, kind Kind, allowed policies.Truth, why string) Obstacle {
	o := Obstacle{State: Blocked, Kind: kind, Unit: u}
	switch {
	case allowed == policies.Unknown:
		o.State, o.Because = CannotTell, why
	case kind == RCP:
		o.State, o.Because = CannotTell, "RCPFullAWSAccess, which cannot be detached, is not among its policies"
	}
	return o
}

// matches tells whether a statement matches all requests of the call (Yes), none (No), or not for sure, and then why.
func (c *call) matches(s *policies.Statement, p *Policy) (policies.Truth, string) {
	variables := p.document.Variables()
	action := s.MatchesAction(c.action)
	if action == policies.No {
		return policies.No, ""
	}
	resource, hangs := c.resourceOf(s, variables)
	if resource == policies.No {
		return policies.No, ""
	}
	match := action.And(resource).And(everyone(s, p.Kind))
	for i := range s.Conditions {
		holds, why := c.condition(&s.Conditions[i], variables)
		if holds == policies.No && !s.Ambiguous("Condition") {
			return policies.No, ""
		}
		if match = match.And(holds); holds == policies.Unknown {
			hangs = why // a condition says more than the resource
		}
	}
	switch {
	case len(s.Problems) > 0:
		return policies.Unknown, s.Problems[0].String()
	case match == policies.Unknown && hangs == "":
		hangs = "what its Action or Principal covers is not documented"
	}
	return match, hangs
}

// everyone tells whether the statement is for everybody. An SCP has no Principal, and an RCP's is always *
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html).
func everyone(s *policies.Statement, kind Kind) policies.Truth {
	if kind == SCP && s.Principal == nil {
		return policies.Yes
	}
	if kind == RCP && s.Principal != nil && !s.Principal.Not {
		star := policies.Named{Kind: "AWS", Value: "*"}
		if s.Principal.Everyone || slices.Contains(s.Principal.Named, star) {
			return policies.Yes
		}
	}
	return policies.Unknown
}

// resourceOf tells whether the statement's Resource or NotResource covers all that the call can be about, or nothing.
func (c *call) resourceOf(s *policies.Statement, variables bool) (policies.Truth, string) {
	if s.Resource == nil || s.Ambiguous("Resource") {
		return policies.Unknown, "which resources it covers is not documented"
	}
	found := policies.No
	for _, v := range s.Resource.Values {
		found = found.Or(c.covers(v, variables))
	}
	if s.Resource.Not {
		found = found.Not()
	}
	if found != policies.Unknown {
		return found, ""
	}
	return found, "it hangs on the resource's name"
}

func (c *call) covers(value string, variables bool) policies.Truth {
	if value == "*" {
		return policies.Yes
	}
	pattern, ok := tokens(value, variables, c.value)
	if !ok {
		return policies.Unknown
	}
	all, some := true, false
	for _, l := range c.resource {
		all, some = all && l.all(pattern), some || l.some(pattern, false)
	}
	switch {
	case all:
		return policies.Yes
	case some:
		return policies.Unknown
	}
	return policies.No
}
