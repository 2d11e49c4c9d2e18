package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// Why nobody gets past the statements that lock. What is said here has been proved (asked.go); why a condition holds
// for everybody is in why.go.

// A finding is what keeps everybody from some actions: a least set of statements that does so together.
type finding struct {
	actions    []string
	statements []int
}

// explain says why nobody gets past the statements that have to go. Each of them is looked at as if the others were
// gone already: what then still locks, locks by it.
func (s *setting) explain(blamed []int) []string {
	var findings []finding
	var rest []string
	for _, i := range blamed {
		others := slices.DeleteFunc(slices.Clone(blamed), func(j int) bool { return j == i })
		for _, actions := range s.alike(s.recovery) {
			statements, proved := s.locking(actions[0], i, others)
			if !proved {
				rest = append(rest, s.unproved(i, actions)...)
				continue
			}
			at := slices.IndexFunc(findings, func(f finding) bool { return slices.Equal(f.statements, statements) })
			if at < 0 {
				at, findings = len(findings), append(findings, finding{statements: statements})
			}
			for _, a := range actions {
				if !slices.Contains(findings[at].actions, a) {
					findings[at].actions = append(findings[at].actions, a)
				}
			}
		}
	}
	var reasons []string
	for _, f := range findings {
		reasons = append(reasons, s.sayFinding(f)...)
	}
	for _, r := range rest {
		if !slices.Contains(reasons, r) {
			reasons = append(reasons, r)
		}
	}
	return reasons
}

// alike groups actions that the same statements cover.
func (s *setting) alike(actions []string) [][]string {
	differs := func(st *policies.Statement) bool {
		first, second := st.MatchesAction(actions[0]), st.MatchesAction(actions[1])
		return first != second || first == policies.Unknown
	}
	if slices.Equal(s.covered(actions[0]), s.covered(actions[1])) && !slices.ContainsFunc(s.denies, differs) {
		return [][]string{actions}
	}
	var groups [][]string
	for _, a := range actions {
		groups = append(groups, []string{a})
	}
	return groups
}

// locking is a least set of statements that keeps everybody from an action without the others that have to go; proved
// is false where it could not be shown.
func (s *setting) locking(action string, i int, gone []int) (statements []int, proved bool) {
	closed := func(statements []int) bool { return s.closed(action, statements) }
	if s.covered(action)[i] != policies.No && closed([]int{i}) {
		return []int{i}, true
	}
	all := s.covering(action, s.allBut(gone))
	if slices.Equal(all, []int{i}) || !closed(all) {
		return nil, false
	}
	return s.least(all, closed), !s.budget.out
}

// unproved says of a statement that has to go what is not known about it.
func (s *setting) unproved(i int, actions []string) []string {
	st := &s.Policy.Statements[i]
	covered := slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return s.covered(a)[i] == policies.No })
	if len(covered) == 0 {
		return nil
	}
	for _, w := range s.worlds(false) {
		for _, c := range w.clauses(st) {
			for _, way := range c.ways {
				if way.uncertain != "" {
					why := strings.TrimPrefix(way.uncertain, "statement "+st.Label()+": ")
					return []string{fmt.Sprintf("statement %s may deny %s too: %s", st.Label(), and(covered), why)}
				}
			}
		}
	}
	return []string{fmt.Sprintf("statement %s is one of those that together deny %s to %s", st.Label(), and(covered),
		s.them())}
}

// sayFinding says why nobody gets past the statements of a finding.
func (s *setting) sayFinding(f finding) []string {
	if len(f.statements) == 1 {
		return s.sayOne(&s.Policy.Statements[f.statements[0]], f.actions)
	}
	labels := make([]string, len(f.statements))
	for n, i := range f.statements {
		labels[n] = s.Policy.Statements[i].Label()
	}
	head := fmt.Sprintf("statements %s together deny %s to %s", and(labels), and(f.actions), s.them())
	if len(labels) == 2 {
		left := s.left(f.statements[0], f.actions[0])
		return []string{head + fmt.Sprintf(": %s leaves only requests %s, and %s denies those", labels[0], left,
			labels[1])}
	}
	const most = 5
	reasons := []string{head}
	for n, i := range f.statements[:min(len(labels)-1, most)] {
		reasons = append(reasons, fmt.Sprintf("statement %s leaves only requests %s", labels[n],
			s.left(i, f.actions[0])))
	}
	if len(labels)-1 <= most {
		reasons = append(reasons, fmt.Sprintf("statement %s denies what is left", labels[len(labels)-1]))
	}
	return reasons
}

// sayOne says why nobody gets past one statement. That all of its conditions hold is part of what has been proved.
func (s *setting) sayOne(st *policies.Statement, actions []string) []string {
	denies := slices.DeleteFunc(slices.Clone(actions), func(a string) bool {
		return st.MatchesAction(a) != policies.Yes
	})
	stays := fmt.Sprintf("%s cannot remove statement %s, which has no Sid", removePermission, st.Label())
	if len(denies) == 0 { // it covers the action for want of a Sid only
		return []string{stays}
	}
	whom := s.them()
	whys := s.speaker(st, "their requests").whys()
	switch {
	case len(whys) == 0 && everybody(st.Principal) && len(s.Administrators) == 0:
		whom = "everyone, without a condition"
	case len(whys) == 0:
		whom += ", without a condition"
	case len(whys) == 1:
		whom += ": " + whys[0]
	default:
		whom += ": nothing in it spares any of them"
	}
	reasons := []string{fmt.Sprintf("statement %s denies %s to %s", st.Label(), and(denies), whom)}
	if len(whys) > 1 {
		for _, why := range s.speaker(st, "the requests of "+s.them()).whys() {
			reasons = append(reasons, "in statement "+st.Label()+", "+why)
		}
	}
	if len(denies) < len(actions) {
		reasons = append(reasons, stays)
	}
	return reasons
}

// everybody tells whether a Principal element means everybody, in whatever account.
func everybody(p *policies.Principals) bool { return p != nil && !p.Not && names(p, "*") }

// names tells whether an element names a principal.
func names(p *policies.Principals, value string) bool {
	return p.Everyone && value == "*" ||
		slices.ContainsFunc(p.Named, func(n policies.Named) bool { return n.Kind == "AWS" && n.Value == value })
}

// them are those that matter.
func (s *setting) them() string {
	if len(s.Administrators) > 0 {
		return "every administrator that the allow list names"
	}
	return "every user and role of account " + s.Account
}

// and lists words.
func and(words []string) string { return listed(words, "and") }
func or(words []string) string  { return listed(words, "or") }

// listed lists words, the first few of many.
func listed(words []string, last string) string {
	const most, longest = 4, 100
	n := len(words)
	shown := slices.Clone(words[:min(n, most)])
	for i, w := range shown {
		if runes := []rune(w); len(runes) > longest {
			shown[i] = string(runes[:longest]) + "…"
		}
	}
	switch {
	case n == 0:
		return ""
	case n == 1:
		return shown[0]
	case n > most:
		return fmt.Sprintf("%s %s %d more", strings.Join(shown[:most-1], ", "), last, n-most+1)
	}
	return strings.Join(shown[:n-1], ", ") + " " + last + " " + shown[n-1]
}
