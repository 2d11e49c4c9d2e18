package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// particulars say what is special about the only requests that get through. What no request outside of it does is said with "only", what the witness shows
// with "for example".
func (s *setting) particulars(found *search) []string {
	s.budget = s.forReasons(steps - s.budget.left)
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
	for _, text := range s.circumstances(open, c, said) {
		all = append(all, text)
	}
	if len(all) == 0 {
		all = append(all, "by a request such as the witness")
	}
	return all
}

// inTheWay are the statements that keep ordinary requests from an action: each that does so by itself; else, a least set of them.
func (s *setting) inTheWay(action string) []int {
	all := s.covering(action, s.allBut(nil))
	if len(all) == 1 {
		return all
	}
	alone := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return !s.unusual(action, []int{i}) })
	if len(alone) > 0 {
		return alone
	}
	unusual := func(statements []int) bool { return s.unusual(action, statements) }
	if !unusual(all) {
		return nil
	}
	return s.least(all, unusual)
}

// only says which ways past a statement are left by the policy: those that the witness takes, and those of which it is not proved that nobody can take them.
func (s *setting) only(st *policies.Statement, action string, c candidate, said map[string]bool) string {
	ask := asker{func(and func(w *world) [][]way) bool { return !s.never(inquiry{action: action, and: and}) }, c.context}
	if p := st.Principal; p != nil && p.Not && names(p, "*") {
		return "" // it spares everybody
	}
	exits := s.exits(st)
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
	switch {
	case len(texts) == 0:
		return ""
	case len(texts) == 1:
		return "only " + texts[0]
	case len(texts) <= most:
		return fmt.Sprintf("only in one of %d ways: %s", len(texts), strings.Join(texts, ", or "))
	case example == "":
		return ""
	}
	return "for example " + example
}

// A circumstance is what is special about a request besides what a statement says.
type circumstance struct {
	text    string
	keys    []string // where the statements spoke of one of these, nothing is left to say
	is      bool     // whether the witness is so
	without inquiry  // the requests that are not so
}

// circumstances say what else the witness has that no request can do without.
func (s *setting) circumstances(open [][]string, c candidate, said map[string]bool) []string {
	first := func(key string) string {
		if v := c.context[key]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	transport := func(w *world) [][]way {
		i := w.variableOf("aws:securetransport")
		k := constraint{variable: i, present: true, points: slices.Repeat([]bool{true}, len(w.variables[i].points))}
		if at := slices.Index(w.variables[i].points, plainHTTP); at >= 0 {
			k.points[at] = false
		}
		return [][]way{certain(k)}
	}
	atOnce := func(w *world) [][]way {
		i := w.variableOf("aws:currenttime")
		k := constraint{variable: i, present: true, points: make([]bool, len(w.variables[i].points))}
		if at := slices.Index(w.variables[i].points, s.now); at >= 0 {
			k.points[at] = true
		}
		return [][]way{certain(k)}
	}
	_, public := c.context["aws:sourceip"]
	var all []string
	for _, o := range []circumstance{
		{"as a federated user", []string{"", "aws:principalarn"}, c.kind == policies.Federated, inquiry{in: func(w *world) bool { return w.kind != policies.Federated }}},
		{"through a VPC endpoint", []string{"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip"}, !public && first("aws:viaawsservice") != "true",
			inquiry{in: func(w *world) bool { return !w.route.private() }}},
		{"through an AWS service that calls for the sender", []string{"aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"},
			first("aws:viaawsservice") == "true", inquiry{in: func(w *world) bool { return !w.route.service }}},
		{"over plain HTTP", []string{"aws:securetransport", "s3:tlsversion"}, first("aws:securetransport") == "false", inquiry{and: transport}},
		{"at a later time", []string{"aws:currenttime", "aws:epochtime"}, first("aws:currenttime") != s.now, inquiry{and: atOnce}},
	} {
		if !o.is || slices.ContainsFunc(o.keys, func(key string) bool { return said[key] }) {
			continue
		}
		needed := !slices.ContainsFunc(open, func(actions []string) bool {
			o.without.action = actions[0]
			return !s.never(o.without)
		})
		switch {
		case needed:
			all = append(all, "only "+o.text)
		case len(said) == 0:
			all = append(all, "for example "+o.text)
		}
	}
	return all
}
