package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// A lock is what the Deny statements do to a set of actions.
type lock struct {
	closed bool     // for every kind of principal and every action, some statement denies every request that can happen
	sure   [][]int  // for each kind and action: those statements
	gaps   []string // where it is not closed: which statements might deny, and what is not settled about them
}

// lock looks for proof that nobody can perform any of the actions.
func (s *setting) lock(d *policies.Document, actions []string) lock {
	l := lock{closed: true}
	for _, kind := range s.kinds {
		for _, action := range actions {
			var sure []int
			for i := range d.Statements {
				switch denies, gap := s.denies(d, &d.Statements[i], kind, action); {
				case denies:
					sure = append(sure, d.Statements[i].Index)
				case gap != "" && !slices.Contains(l.gaps, gap):
					l.gaps = append(l.gaps, gap)
				}
			}
			l.closed = l.closed && len(sure) > 0
			l.sure = append(l.sure, sure)
		}
	}
	if !l.closed && len(l.gaps) == 0 {
		l.gaps = []string{"no way in was found and no single statement closes them all"}
	}
	return l
}

// denies tells whether a statement denies the action to every principal of the kind, whatever the request; otherwise the gap says what stands in the way
// of knowing, or is "" where the statement has nothing to do with it.
func (s *setting) denies(d *policies.Document, st *policies.Statement, kind policies.Kind, action string) (sure bool, gap string) {
	if st.Effect != policies.Deny || st.MatchesAction(action) == policies.No || st.MatchesResource(s.Resource, nil, d.Variables()) == policies.No {
		return false, ""
	}
	switch {
	case st.MatchesAction(action) != policies.Yes || st.MatchesResource(s.Resource, nil, d.Variables()) != policies.Yes:
		return false, fmt.Sprintf("statement %s: whether it covers %s on %s is not settled", st.Label(), action, s.Resource)
	case !s.everyone(st.Principal):
		return false, fmt.Sprintf("statement %s: it does not name everyone", st.Label())
	}
	for i := range st.Conditions {
		if c := &st.Conditions[i]; !s.always(d, c, kind) {
			return false, fmt.Sprintf("statement %s: the condition %s on %s is not settled", st.Label(), c.Written, c.Key)
		}
	}
	return true, ""
}

// everyone tells whether a Principal element surely holds every principal of the account.
func (s *setting) everyone(p *policies.Principals) bool {
	if p == nil {
		return false
	}
	whole := slices.ContainsFunc(p.Named, func(n policies.Named) bool {
		return n.Kind == "AWS" && (n.Value == "*" || n.Value == s.Account || n.Value == "arn:"+s.partition+":iam::"+s.Account+":root")
	})
	if p.Not {
		// NotPrincipal spares a caller only if all of its identities are listed, the account among them
		// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
		return !p.Everyone && !whole
	}
	return p.Everyone || whole
}

// always tells whether a condition holds for every request by a principal of the kind.
func (s *setting) always(d *policies.Document, c *policies.Condition, kind policies.Kind) bool {
	if d.Variables() && slices.ContainsFunc(c.Values, func(v string) bool { return strings.Contains(v, "${") }) {
		return false
	}
	if strings.EqualFold(c.Key, "aws:PrincipalArn") && c.Set == policies.Single && c.Operator != "Null" {
		return s.alwaysPrincipal(c, kind)
	}
	settled := s.settled(kind)
	if _, fixed := settled.Get(c.Key); !fixed && !s.absent(c.Key, kind) {
		return false
	}
	return c.Matches(settled, d.Variables()) == policies.Yes
}

// alwaysPrincipal decides a test of aws:PrincipalArn, which every request carries.
func (s *setting) alwaysPrincipal(c *policies.Condition, kind policies.Kind) bool {
	if len(c.Problems) > 0 {
		return false
	}
	switch c.Operator {
	case "StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike":
		// Reading each value as a glob over the whole ARN lets it spare at least those that it spares by its operator.
		return !slices.ContainsFunc(c.Values, func(v string) bool { return s.reaches(v, kind) })
	case "StringLike":
		shape := strings.TrimSuffix(s.shape(kind), "?*")
		return slices.ContainsFunc(c.Values, func(v string) bool {
			prefix, ok := strings.CutSuffix(v, "*")
			return ok && !strings.ContainsAny(prefix, "*?") && strings.HasPrefix(shape, prefix)
		})
	}
	return false
}

// smallest is the smallest set of statements without which somebody gets back in; among equals the earliest in the document.
func (s *setting) smallest(d *policies.Document, l lock) []int {
	sets := slices.Clone(l.sure)
	slices.SortFunc(sets, func(a, b []int) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return slices.Compare(a, b)
	})
	for _, set := range sets {
		if s.opens(d, set) {
			return set
		}
	}
	var all []int
	for i := range d.Statements {
		if slices.ContainsFunc(sets, func(set []int) bool { return slices.Contains(set, i) }) {
			all = append(all, i)
		}
	}
	return all
}

// opens tells whether somebody gets in once the statements are gone.
func (s *setting) opens(d *policies.Document, without []int) bool {
	rest := *d
	rest.Statements = slices.DeleteFunc(slices.Clone(d.Statements), func(st policies.Statement) bool { return slices.Contains(without, st.Index) })
	return slices.ContainsFunc(s.recovery, func(action string) bool {
		_, _, found := s.escape(&rest, action)
		return found
	})
}

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
