package lockout

import (
	"net/netip"
	"slices"
	"strings"
	"time"

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

// mentions tells whether a condition value or a principal of the policy singles the name at the end of the ARN out: equal to it, or a
// pattern that ends in it.
func mentions(d *policies.Document, arn string) bool {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	holds := func(v string) bool {
		return strings.Contains(v, name) || strings.ContainsAny(v, "*?") && len(v) > 1 && policies.Glob(v, arn)
	}
	for i := range d.Statements {
		st := &d.Statements[i]
		if slices.ContainsFunc(st.Conditions, func(c policies.Condition) bool { return slices.ContainsFunc(c.Values, holds) }) {
			return true
		}
		if st.Principal != nil && slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool { return strings.Contains(n.Value, name) }) {
			return true
		}
	}
	return false
}

// addresses are public IPv4 addresses far from each other.
var addresses = []string{"198.51.99.7", "52.94.133.9", "93.184.215.14", "8.8.4.4"}

// address is one that lies in no range that the policy names, if there is such.
func address(d *policies.Document) string {
	named := valuesOf(d, "aws:SourceIp")
	for _, a := range addresses {
		if !slices.ContainsFunc(named, func(v string) bool { return contains(v, a) }) {
			return a
		}
	}
	return addresses[0]
}

func contains(cidr, address string) bool {
	if prefix, err := netip.ParsePrefix(cidr); err == nil {
		return prefix.Contains(netip.MustParseAddr(address))
	}
	return cidr == address
}

// ordinary is an administrator's direct call, now, over TLS, from a public address.
func (s *setting) ordinary(d *policies.Document, kind policies.Kind, arn string) candidate {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	c := candidate{kind: kind, arn: arn, context: make(policies.Context, 32), room: make([]string, 0, 32)}
	c.set("aws:principalarn", arn)
	c.set("aws:principalaccount", s.Account)
	c.set("aws:resourceaccount", s.Account)
	c.set("aws:principalisawsservice", "false")
	c.set("aws:viaawsservice", "false")
	c.set("aws:securetransport", "true")
	c.set("aws:currenttime", s.now)
	c.set("aws:epochtime", s.epoch)
	c.set("aws:sourceip", address(d))
	c.set("aws:useragent", "locksmith-witness")
	switch kind {
	case policies.User:
		c.set("aws:principaltype", "User")
		c.set("aws:userid", "AIDAWITNESSEXAMPLE000")
		c.set("aws:username", name)
	case policies.Role:
		c.session = "witness"
		c.set("aws:principaltype", "AssumedRole")
		c.set("aws:userid", "AROAWITNESSEXAMPLE000:"+c.session)
	case policies.Federated:
		c.set("aws:principaltype", "FederatedUser")
		c.set("aws:userid", s.Account+":"+name)
	}
	if kind != policies.User {
		c.set("aws:tokenissuetime", s.Now.UTC().Add(-time.Minute).Format(time.RFC3339))
		c.set("aws:multifactorauthpresent", "false")
	}
	if s.Organization != "" {
		c.set("aws:principalorgid", s.Organization)
		c.set("aws:resourceorgid", s.Organization)
	}
	if s.region != "" {
		c.set("aws:requestedregion", s.region)
	}
	if s.bucket() {
		c.set("s3:authtype", "REST-HEADER")
		c.set("s3:signatureversion", "AWS4-HMAC-SHA256")
		c.set("s3:signatureage", "1000") // milliseconds
		c.set("s3:tlsversion", "1.3")
		c.set("s3:resourceaccount", s.Account)
		c.set("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD")
	}
	return c
}

// set puts a key, whose name is given in lower case.
func (c *candidate) set(key, value string) {
	c.room = append(c.room, value)
	c.context[key] = c.room[len(c.room)-1 : len(c.room) : len(c.room)]
}

// valuesOf are the values that conditions of the policy compare a key with.
func valuesOf(d *policies.Document, key string) []string {
	var values []string
	for i := range d.Statements {
		for _, c := range d.Statements[i].Conditions {
			if strings.EqualFold(c.Key, key) {
				values = append(values, c.Values...)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}
