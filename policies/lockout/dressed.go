package lockout

import (
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// The request that a search found, put together in full, so that the evaluator can judge it. What nothing asked for
// gets an ordinary value (ordinary.go).

// dressed is the request with the values for now. What the policy does not ask for has an ordinary value.
func (s *search) dressed(choices []*choice) candidate {
	arn := choices[s.index["aws:principalarn"]].values[0]
	c := s.setting.ordinary(s.denyOnly, s.kind, arn)
	c.special = nil
	s.dress(&c)
	for i, v := range s.variables {
		if choices[i] == nil {
			continue
		}
		for _, key := range append([]string{v.name}, shown[v.name]...) {
			if (key == "aws:username" && s.kind != policies.User) ||
				(key == "aws:userid" && v.name == "aws:principalarn" && s.kind != policies.Federated) ||
				key == "s3:tlsversion" && !s.bucket() || key == "aws:sourcevpc" && v.name != key && !s.route.oneVPC() {
				continue
			}
			delete(c.context, key)
			if choices[i].gone {
				continue
			}
			if v.plural {
				c.context[key] = choices[i].values
				continue
			}
			if value, present := s.value(key, choices[i].values[0]); present {
				c.context[key] = []string{value}
			}
		}
	}
	s.oneVPC(&c)
	s.oneOrganization(&c)
	s.chain(&c, choices)
	if id := c.context["aws:userid"]; s.kind == policies.Role && len(id) == 1 {
		_, c.session, _ = strings.Cut(id[0], ":")
	}
	return c
}

// oneVPC makes the two keys that name the VPC agree, where only its ARN was asked for.
func (s *search) oneVPC(c *candidate) {
	arn, id := c.context["aws:sourcevpcarn"], c.context["aws:sourcevpc"]
	if _, asked := s.index["aws:sourcevpc"]; !asked && len(arn) == 1 && len(id) == 1 {
		c.context["aws:sourcevpc"] = []string{arn[0][strings.LastIndexByte(arn[0], '/')+1:]}
	}
}

// oneOrganization puts in what every call of an account in an organization carries, where nothing was asked of it: the
// id, and the account's place.
func (s *search) oneOrganization(c *candidate) {
	if s.org == "" || s.Organization != "" {
		return
	}
	id := "o-example012"
	for _, key := range []string{"aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgpaths"} {
		if v := c.context[key]; len(v) > 0 {
			id, _, _ = strings.Cut(v[0], "/")
			break
		}
	}
	s.inOrganization(c, id)
}

// inOrganization puts in the keys that are not there.
func (s *setting) inOrganization(c *candidate, id string) {
	for _, key := range []string{"aws:principalorgid", "aws:resourceorgid", "aws:principalorgpaths",
		"aws:resourceorgpaths"} {
		if _, there := c.context[key]; there {
			continue
		}
		value := id
		if strings.HasSuffix(key, "paths") {
			value += "/r-example/"
		}
		c.set(key, value)
	}
}

// chain makes the three keys agree that tell which services called one after the other.
func (s *search) chain(c *candidate, choices []*choice) {
	if !s.route.service {
		return
	}
	if s.route.single {
		first := c.context["aws:calledviafirst"]
		c.context["aws:calledvia"], c.context["aws:calledvialast"] = first, first
		return
	}
	first, last := c.context["aws:calledviafirst"][0], c.context["aws:calledvialast"][0]
	var via []string
	if i, asked := s.index["aws:calledvia"]; asked && choices[i] != nil {
		via = slices.Clone(choices[i].values)
	}
	for key, at := range map[string]int{"aws:calledviafirst": 0, "aws:calledvialast": len(via) - 1} {
		if i, asked := s.index[key]; (!asked || choices[i] == nil) && len(via) > 0 {
			c.context[key] = []string{via[at]} // nothing was asked of it
		}
	}
	if len(via) > 0 {
		first, last = c.context["aws:calledviafirst"][0], c.context["aws:calledvialast"][0]
	}
	if len(via) == 0 || via[0] != first {
		via = append([]string{first}, via...)
	}
	if via[len(via)-1] != last {
		via = append(via, last)
	}
	c.context["aws:calledvia"] = via
}

// shown are the further keys that show a variable.
var shown = map[string][]string{
	"aws:currenttime": {"aws:epochtime"}, "aws:principalorgid": {"aws:resourceorgid"},
	"aws:securetransport": {"s3:tlsversion"},
	"aws:principalarn":    {"aws:username", "aws:userid"}, "aws:sourcevpcarn": {"aws:sourcevpc"},
}

// dress gives the request what its world says of it.
func (s *search) dress(c *candidate) {
	if s.route.private() {
		delete(c.context, "aws:sourceip")
		if s.route.endpoint != missing {
			c.set("aws:sourcevpce", "vpce-0fedcba9876543210")
		}
		if s.route.vpc != missing {
			c.set("aws:sourcevpc", "vpc-0fedcba9876543210")
		}
		c.set("aws:vpcsourceip", "10.0.0.7")
	}
	if s.route.service {
		c.set("aws:viaawsservice", "true")
		for _, key := range []string{"aws:calledvia", "aws:calledviafirst", "aws:calledvialast"} {
			c.set(key, "cloudformation.amazonaws.com")
		}
	}
	for _, key := range []string{"aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage"} {
		delete(c.context, key)
	}
	if s.session == longTerm {
		return
	}
	if s.session != keyVerified {
		c.set("aws:tokenissuetime", s.Now.UTC().Add(-time.Minute).Format(time.RFC3339))
	}
	if s.session == bare {
		return
	}
	c.set("aws:multifactorauthpresent", "false")
	if s.session == verified || s.session == keyVerified {
		c.set("aws:multifactorauthpresent", "true")
		c.set("aws:multifactorauthage", "60")
	}
}
