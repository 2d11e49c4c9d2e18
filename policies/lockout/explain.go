package lockout

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"locksmith/policies"
)

// explain says of each statement why nobody escapes it.
func (s *setting) explain(statements []int) []string {
	var reasons []string
	for _, i := range statements {
		st := &s.Policy.Statements[i]
		alone := s.alone(i)
		var whys []string
		if st.Principal != nil && st.Principal.Not {
			whys = append(whys, s.whySpared(st.Principal, alone))
		}
		for j := range st.Conditions {
			whys = append(whys, s.why(&st.Conditions[j], alone))
		}
		reason := fmt.Sprintf("statement %s denies %s to %s", st.Label(), s.forbidden(st), s.whom(st))
		if len(whys) == 0 {
			reason += ", without a condition"
		} else {
			reason += ": " + strings.Join(whys, ", and ")
		}
		if !alone {
			reason += "; what that leaves open, other statements close"
		}
		reasons = append(reasons, reason)
	}
	return reasons
}

// whySpared says whom a NotPrincipal spares.
func (s *setting) whySpared(p *policies.Principals, alone bool) string {
	list := listed(p)
	switch {
	case !alone:
		return "its NotPrincipal lists " + list
	case len(s.Administrators) > 0:
		return fmt.Sprintf("its NotPrincipal (%s) spares none of the administrators (%s): of a caller the account, the user or role, and the role's session all have to be listed",
			list, strings.Join(s.Administrators, ", "))
	}
	return fmt.Sprintf("its NotPrincipal (%s) spares nobody: of a caller the account %s, the user or role, and the role's session all have to be listed", list, s.Account)
}

func listed(p *policies.Principals) string {
	var names []string
	for _, n := range p.Named {
		names = append(names, n.Value)
	}
	return strings.Join(names, ", ")
}

// forbidden names the recovery actions that a statement covers.
func (s *setting) forbidden(st *policies.Statement) string {
	var actions []string
	for _, action := range s.recovery {
		if st.MatchesAction(action) != policies.No {
			actions = append(actions, action)
		}
	}
	return strings.Join(actions, " and ")
}

// whom names those to whom a statement applies.
func (s *setting) whom(st *policies.Statement) string {
	is := func(what func(string) bool) bool {
		return slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool { return n.Kind == "AWS" && what(n.Value) })
	}
	switch {
	case st.Principal == nil || st.Principal.Everyone:
		return "everyone"
	case st.Principal.Not:
		return "all others than those that it spares"
	case is(func(v string) bool { return v == "*" }):
		return "everyone"
	case is(s.whole):
		return "everyone in account " + s.Account
	}
	return listed(st.Principal)
}

// alone tells whether a statement leaves nobody a way in by itself.
func (s *setting) alone(i int) bool {
	var others []int
	for _, st := range s.denies {
		if st.Index != i {
			others = append(others, st.Index)
		}
	}
	s.budget.left, s.budget.out = steps, false
	return !s.opensWithout(others, 0) && !s.budget.out
}

// why says why a condition holds, for every request where its statement locks alone.
func (s *setting) why(c *policies.Condition, alone bool) string {
	values := strings.Join(c.Values, ", ")
	negative := c.Operator.Negated()
	name := strings.ToLower(c.Key)
	switch {
	case name == "aws:principalarn" && negative && !alone:
		return "it spares only " + values
	case name == "aws:principalarn" && negative && len(s.Administrators) > 0 && s.canBe(c.Values):
		return fmt.Sprintf("it spares only %s, which is not among the administrators (%s)", values, strings.Join(s.Administrators, ", "))
	case name == "aws:principalarn" && negative:
		return fmt.Sprintf("it spares only %s, which no principal of account %s can be", values, s.Account)
	case name == "aws:sourceip" && negative && unreachable(c.Values):
		return fmt.Sprintf("aws:SourceIp %s holds no public address, and no call arrives from another", values)
	case name == "aws:userid" && negative && alone:
		return fmt.Sprintf("it spares only aws:userid %s, which nobody that matters in account %s can have", values, s.Account)
	case s.absent(name, s.kinds[0]):
		return fmt.Sprintf("%s is never present when a person changes the policy", c.Key)
	case alone:
		return fmt.Sprintf("its condition %s on %s (%s) holds for every request that could be made", c.Written, c.Key, values)
	}
	return fmt.Sprintf("its condition is %s on %s (%s)", c.Written, c.Key, values)
}

// unreachable tells whether no call can arrive from any of the ranges.
func unreachable(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool {
		p, ok := readPrefix(v)
		return !ok || !slices.ContainsFunc(special, func(s netip.Prefix) bool { return s.Contains(p.Addr()) && s.Bits() <= p.Bits() })
	})
}

// canBe tells whether some principal of the account, administrator or not, can match one of the patterns.
func (s *setting) canBe(patterns []string) bool {
	return slices.ContainsFunc([]policies.Kind{policies.User, policies.Role, policies.Federated}, func(k policies.Kind) bool { return s.possible(k, patterns) })
}
