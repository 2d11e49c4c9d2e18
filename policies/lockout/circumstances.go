package lockout

import (
	"slices"

	"locksmith/policies"
)

// What is particular about the requests that a restricted policy leaves, beside what its statements say.

// A circumstance is what is special about a request besides what a statement says.
type circumstance struct {
	text      string
	keys      []string // where the statements spoke of one of these, nothing is left to say
	is        bool     // whether the witness is so
	otherwise inquiry  // the requests that are not
}

// circumstances say what else the witness has that no request can do without.
func (s *setting) circumstances(open [][]string, c candidate, said map[string]bool) []string {
	var all []string
	for _, o := range s.circumstancesOf(c) {
		if !o.is || slices.ContainsFunc(o.keys, func(key string) bool { return said[key] }) {
			continue
		}
		avoidable := slices.ContainsFunc(open, func(actions []string) bool {
			o.otherwise.action = actions[0]
			return !s.never(o.otherwise)
		})
		switch {
		case !avoidable:
			all = append(all, "only "+o.text)
		case len(said) == 0:
			all = append(all, "for example "+o.text)
		}
	}
	return all
}

// circumstancesOf are those of a request, most telling first.
func (s *setting) circumstancesOf(c candidate) []circumstance {
	shows := func(key, value string) bool { return slices.Equal(c.context[key], []string{value}) }
	served := shows("aws:viaawsservice", "true")
	return []circumstance{
		{"as a federated user", []string{"", "aws:principalarn"}, c.kind == policies.Federated,
			inquiry{in: func(w *world) bool { return w.kind != policies.Federated }}},
		{"through a VPC endpoint", []string{"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip"},
			c.context["aws:sourceip"] == nil && !served, inquiry{in: func(w *world) bool {
				return !w.route.private()
			}}},
		{"through an AWS service that calls for the sender",
			[]string{"aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"},
			served, inquiry{in: func(w *world) bool { return !w.route.service }}},
		{"over plain HTTP", []string{"aws:securetransport", "s3:tlsversion"}, shows("aws:securetransport", "false"),
			inquiry{and: point("aws:securetransport", func(at string) bool { return at != plainHTTP })}},
		{"at a later time", []string{"aws:currenttime", "aws:epochtime"}, !shows("aws:currenttime", s.now),
			inquiry{and: point("aws:currenttime", func(at string) bool { return at == s.now })}},
	}
}

// point demands that a key has one of some points.
func point(key string, fits func(point string) bool) func(w *world) [][]way {
	return func(w *world) [][]way {
		i := w.variableOf(key)
		k := constraint{variable: i, present: true}
		for _, at := range w.variables[i].points {
			k.points = append(k.points, fits(at))
		}
		return [][]way{certain(k)}
	}
}
