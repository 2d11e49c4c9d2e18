package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// explain says of each statement why nobody escapes it.
func (s *setting) explain(d *policies.Document, statements []int) []string {
	var reasons []string
	for _, i := range statements {
		st := &d.Statements[i]
		if len(st.Conditions) == 0 {
			reasons = append(reasons, fmt.Sprintf("statement %s denies %s to everyone, without a condition", st.Label(), s.recovery[0]))
			continue
		}
		var whys []string
		for j := range st.Conditions {
			whys = append(whys, s.why(&st.Conditions[j]))
		}
		reasons = append(reasons, fmt.Sprintf("statement %s denies %s to everyone: %s", st.Label(), s.recovery[0], strings.Join(whys, ", and ")))
	}
	return reasons
}

func (s *setting) why(c *policies.Condition) string {
	values := strings.Join(c.Values, ", ")
	switch negative := strings.Contains(string(c.Operator), "Not"); {
	case strings.EqualFold(c.Key, "aws:PrincipalArn") && negative && len(s.Administrators) > 0 && s.possible(c.Values):
		return fmt.Sprintf("it spares only %s, which is not among the administrators (%s)", values, strings.Join(s.Administrators, ", "))
	case strings.EqualFold(c.Key, "aws:PrincipalArn") && negative:
		return fmt.Sprintf("it spares only %s, which no principal of account %s can be", values, s.Account)
	case s.absent(c.Key, s.kinds[0]):
		return fmt.Sprintf("%s is never present when a person changes the policy", c.Key)
	}
	return fmt.Sprintf("%s %s %s holds for every request", c.Key, c.Written, values)
}

// possible tells whether some principal of the account, administrator or not, can have one of the ARNs.
func (s *setting) possible(values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return slices.ContainsFunc([]policies.Kind{policies.User, policies.Role, policies.Federated}, func(k policies.Kind) bool { return meet(v, s.shape(k)) })
	})
}
