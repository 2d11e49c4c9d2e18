package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// Why a policy is Restricted: what the only requests that are not denied have in particular. The phrases are in
// phrases.go.

// particulars say what is special about the only requests that are not denied. What no request outside of it does is
// said with "only", what the witness shows with "for example".
func (s *setting) particulars(found *search) []string {
	s.budget = s.forReasons()
	c := *found.witness
	var all []string
	said := map[string]bool{} // the keys that have been spoken of
	open := slices.DeleteFunc(s.alike(s.recovery), func(actions []string) bool {
		return !slices.Contains(actions, found.action) && s.closed(actions[0], s.allBut(nil))
	})
	for _, actions := range open {
		for _, i := range s.inTheWay(actions[0]) {
			text := s.only(&s.Policy.Statements[i], actions[0], c, said)
			if text != "" && len(open) > 1 {
				text = "to call " + actions[0] + ", " + text
			}
			if text != "" && !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	all = append(all, s.circumstances(open, c, said)...)
	if len(all) == 0 {
		all = append(all, "by a request such as the witness")
	}
	return all
}

// inTheWay are the statements that keep ordinary requests from an action: each that does so by itself; else, a least
// set of them. Some requests are tried first, since nothing that is said depends on how the statements were found.
func (s *setting) inTheWay(action string) []int {
	all := s.covering(action, s.allBut(nil))
	if len(all) == 1 {
		return all
	}
	tried := s.commonplace(action)
	untouched := func(r policies.Request, among []int) bool {
		return !slices.ContainsFunc(among, func(i int) bool {
			matches, _ := s.Policy.Statements[i].Matches(r, s.Policy.Variables())
			return matches != policies.No
		})
	}
	for _, stops := range []func(statements []int) bool{
		func(statements []int) bool {
			through := func(r policies.Request) bool { return untouched(r, statements) }
			return len(tried) > 0 && !slices.ContainsFunc(tried, through)
		},
		func(statements []int) bool { return s.unusual(action, statements) },
	} {
		alone := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return !stops([]int{i}) })
		if len(alone) > 0 {
			return alone
		}
		if stops(all) {
			return s.least(all, stops)
		}
	}
	return nil
}

// commonplace are ordinary requests of an action, one for each kind of sender and credentials.
func (s *setting) commonplace(action string) (all []policies.Request) {
	for _, w := range s.worlds(true) {
		for _, name := range w.names() {
			if policies.IsAdministrator(s.Administrators, name) {
				c := s.ordinary(s.denyOnly, w.kind, name)
				(&search{world: w}).dress(&c)
				all = append(all, s.request(c, action))
				break
			}
		}
	}
	return all
}

// only says which exits of a statement are left by the policy: those that the witness takes, and those of which it is
// not proved that nobody can take them.
func (s *setting) only(st *policies.Statement, action string, c candidate, said map[string]bool) string {
	policy := inquiry{action: action}
	if len(s.covering(action, s.allBut(nil))) == 1 {
		policy.action = "" // whoever takes an exit of the only statement gets past the policy
	}
	ask := asker{witness: c.context, possible: func(and func(w *world) [][]way) bool {
		policy.and = and
		return !s.never(policy)
	}}
	exits := s.exits(st, action)
	exits = slices.DeleteFunc(exits, func(e exit) bool {
		return len(exits) > 1 && e.taken(c.context) != policies.Yes && !ask.possible(e.means)
	})
	var texts []string
	example := ""
	for _, e := range exits {
		text := e.says(ask)
		if !strings.HasPrefix(text, "for others than ") {
			said[e.key] = true
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		if example == "" && e.taken(c.context) == policies.Yes {
			example = text
		}
	}
	const most = 4
	switch certain := s.plain(st, action); {
	case certain && len(texts) == 1:
		return "only " + texts[0]
	case certain && len(texts) > 1 && len(texts) <= most:
		return fmt.Sprintf("only in one of %d ways: %s", len(texts), strings.Join(texts, ", or "))
	case example == "":
		return ""
	}
	return "for example " + example
}

// plain tells whether a statement denies the action to whoever takes none of its exits: nothing in it is unknown, and
// it does not spare everybody.
func (s *setting) plain(st *policies.Statement, action string) bool {
	covers := s.covered(action)[st.Index] == policies.Yes || st.MatchesAction(action) == policies.Yes
	return covers && len(st.Problems) == 0 && st.Principal != nil &&
		!(st.Principal.Not && names(st.Principal, "*"))
}
