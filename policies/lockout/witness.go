package lockout

import (
	"strings"

	"locksmith/policies"
)

// A candidate is a request that might get through.
type candidate struct {
	kind    policies.Kind
	arn     string
	session string
	context policies.Context
	room    []string // the values of the context, in one piece
	special []string // what is particular about it, for people; none for an ordinary administrator's request
}

// passes asks the evaluator. Only a clear decision that is no denial counts.
func (s *setting) passes(c candidate, action string) bool {
	decision := s.denyOnly.Evaluate(s.request(c, action))
	return decision.Effect == policies.Allowed || decision.Effect == policies.NotAllowed
}

func (s *setting) request(c candidate, action string) policies.Request {
	return policies.Request{Caller: policies.Caller{Kind: c.kind, ARN: c.arn, Session: c.session}, Action: action, Resource: s.Resource, Context: c.context}
}

func (s *setting) witness(c candidate, action string) *Witness {
	return &Witness{Principal: c.arn, Kind: c.kind, Session: c.session, Action: action, Resource: s.Resource, Context: Context(c.context)}
}

// instance makes a string that the glob matches.
func instance(pattern string) string {
	return strings.Map(func(c rune) rune {
		if c == '*' || c == '?' {
			return 'x'
		}
		return c
	}, pattern)
}

// set puts a key, whose name is given in lower case.
func (c *candidate) set(key, value string) {
	c.room = append(c.room, value)
	c.context[key] = c.room[len(c.room)-1 : len(c.room) : len(c.room)]
}
