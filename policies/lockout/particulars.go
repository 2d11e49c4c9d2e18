package lockout

import (
	"locksmith/policies"
	"slices"
	"strings"
)

// particulars say what is special about the only ways back in, as the witness shows it.
func (s *setting) particulars(c candidate) []string {
	var all []string
	add := func(text string) { all = append(all, "only "+text) }
	singled := s.singled()
	switch name := strings.TrimPrefix(c.arn, "arn:"+s.partition+":iam::"+s.Account+":"); {
	case c.kind == policies.Federated:
		add("as a federated user, such as " + c.arn)
	case singled.matches(c.arn) && len(singled) > 1:
		add("for principals that it names, such as " + name)
	case singled.matches(c.arn):
		add("for " + name)
	}
	first := func(key string) string {
		if v := c.context[key]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	if from := s.network(first("aws:sourceip"), first("aws:sourcevpce"), first("aws:sourcevpc")); from != "" {
		add(from)
	}
	if first("aws:securetransport") == "false" {
		add("over plain HTTP")
	}
	if at := first("aws:currenttime"); at != s.now {
		add("at a later time, such as " + at)
	}
	if first("aws:viaawsservice") == "true" {
		add("through " + first("aws:calledviafirst"))
	}
	for _, key := range s.mentioned {
		if v, there := c.context[key]; there && !ordinaryKeys[key] && !s.sameForAll(key) {
			known, _ := policies.LookupKey(key)
			add("with " + known.Name + " " + strings.Join(v, ", "))
		}
	}
	if len(all) == 0 {
		all = append(all, "by a request such as the witness")
	}
	slices.Sort(all[1:])
	return slices.Compact(all)
}

// ordinaryKeys are those of which particulars speaks in words of its own, or which every request carries.
var ordinaryKeys = map[string]bool{"aws:principalarn": true, "aws:sourceip": true, "aws:securetransport": true, "aws:currenttime": true, "aws:epochtime": true,
	"aws:viaawsservice": true, "aws:calledvia": true, "aws:calledviafirst": true, "aws:calledvialast": true, "aws:sourcevpce": true, "aws:sourcevpc": true,
	"s3:tlsversion": true, "aws:principaltype": true, "aws:principalisawsservice": true}

// sameForAll tells whether the key has the same value in every request.
func (s *setting) sameForAll(key string) bool {
	_, same := s.settled(s.kinds[0])[key]
	return same
}

// network says from where the call comes, if that is particular.
func (s *setting) network(ip, endpoint, vpc string) string {
	var ranges []string
	if ip != "" {
		ranges = s.naming(ip)
	}
	switch {
	case ip == "" && s.mentions("aws:sourcevpce"):
		return "through the VPC endpoint " + endpoint
	case ip == "" && s.mentions("aws:sourcevpc"):
		return "through a VPC endpoint in " + vpc
	case ip == "":
		return "through a VPC endpoint"
	case len(ranges) > 0 && len(valuesOf(s.denyOnly, "aws:SourceIp")) > len(ranges):
		return "from addresses that it names, such as " + strings.Join(ranges, ", ")
	case len(ranges) > 0:
		return "from " + strings.Join(ranges, ", ")
	case s.mentions("aws:sourceip") && strings.Contains(ip, ":"):
		return "from an IPv6 address, such as " + ip
	}
	return ""
}

// naming are the ranges of the policy that hold an address.
func (s *setting) naming(ip string) []string {
	var ranges []string
	for _, v := range valuesOf(s.denyOnly, "aws:SourceIp") {
		if contains(v, ip) {
			ranges = append(ranges, v)
		}
	}
	return ranges
}
