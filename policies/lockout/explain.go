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
		if len(st.Conditions) == 0 {
			reasons = append(reasons, fmt.Sprintf("statement %s denies %s to %s, without a condition", st.Label(), s.forbidden(st), whom(st)))
			continue
		}
		var whys []string
		alone := s.alone(i)
		for j := range st.Conditions {
			whys = append(whys, s.why(&st.Conditions[j], alone))
		}
		reason := fmt.Sprintf("statement %s denies %s to %s: %s", st.Label(), s.forbidden(st), whom(st), strings.Join(whys, ", and "))
		if !alone {
			reason += "; what that leaves open, other statements close"
		}
		reasons = append(reasons, reason)
	}
	return reasons
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

func whom(st *policies.Statement) string {
	if st.Principal != nil && st.Principal.Not {
		return "everyone whose identities NotPrincipal does not all list"
	}
	return "everyone"
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
	case name == "aws:sourceip" && negative && private(c.Values):
		return fmt.Sprintf("aws:SourceIp %s holds addresses only from which no call arrives, since they are not public", values)
	case s.absent(name, s.kinds[0]):
		return fmt.Sprintf("%s is never present when a person changes the policy", c.Key)
	case alone:
		return fmt.Sprintf("its condition %s on %s (%s) holds for every request that could be made", c.Written, c.Key, values)
	}
	return fmt.Sprintf("its condition is %s on %s (%s)", c.Written, c.Key, values)
}

// private tells whether no call can arrive from any of the ranges.
func private(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool {
		p, ok := readPrefix(v)
		return !ok || !slices.ContainsFunc(special, func(s netip.Prefix) bool { return s.Contains(p.Addr()) && s.Bits() <= p.Bits() })
	})
}

// canBe tells whether some principal of the account, administrator or not, can match one of the patterns.
func (s *setting) canBe(patterns []string) bool {
	return slices.ContainsFunc([]policies.Kind{policies.User, policies.Role, policies.Federated}, func(k policies.Kind) bool { return s.possible(k, patterns) })
}
