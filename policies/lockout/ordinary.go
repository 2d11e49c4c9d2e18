package lockout

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// What an ordinary administrator's request is: which names and values the policy does not single out, and the request
// itself.

// limit keeps to the principals that matter, and for ordinary requests to names that the policy does not single out.
func (s *search) limit(c *choice) {
	c.text.out = append(c.text.out, s.barred(s.kind, s.session == verified)...)
	if len(s.Administrators) > 0 {
		c.text.in = append(c.text.in, globs(s.Administrators))
	}
	if s.ordinary {
		c.text.out = append(c.text.out, s.singled())
	}
}

// singled are the principals that the policy names, by themselves or by a part of their names.
func (s *setting) singled() language {
	if s.namedHere == nil {
		l := s.makeSingled()
		s.namedHere = &l
	}
	return *s.namedHere
}

func (s *setting) makeSingled() language {
	var l language
	add := func(c compared) {
		parts := strings.SplitN(c.value, ":", 6)
		last := parts[len(parts)-1]
		last = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(last, "user/"), "role/"), "federated-user/")
		if c.plain || strings.Trim(last, "*?/") != "" && last != "root" {
			l = append(l, c.sequence())
		}
	}
	for _, c := range s.comparisons("aws:principalarn") {
		if s.strict {
			l = append(l, s.namesakes(c)...)
		}
		if _, name, _ := strings.Cut(c.value, "/"); !s.Policy.Variables() || !strings.Contains(name, "${") {
			add(s.loose(c)) // a name that depends on the request is nobody's
		}
	}
	users := text(strings.TrimSuffix(s.shape(policies.User), "?*"))
	for _, c := range s.comparisons("aws:username") {
		if c = s.loose(c); c.names() {
			l = append(l, concat(users, c.sequence()), concat(users, many(anything), text("/"), c.sequence()))
		}
	}
	for _, st := range s.denies {
		if st.Principal == nil {
			continue
		}
		for _, n := range st.Principal.Named {
			if n.Kind == "AWS" && n.Value != "*" && !s.whole(n.Value) {
				add(compared{value: n.Value})
			}
		}
	}
	return l
}

// bears tells whether a principal bears a name that a condition on aws:PrincipalArn ends in.
func (s *setting) bears(arn string) bool {
	name := arn[strings.LastIndexByte(arn, '/'):]
	return slices.ContainsFunc(s.constants("aws:principalarn"), func(v string) bool {
		return len(v) > len(name) && strings.EqualFold(v[len(v)-len(name):], name)
	})
}

// namesakes are the users and roles, behind any path, of the name at the end of an ARN.
func (s *setting) namesakes(c compared) (l language) {
	name := c.value[strings.LastIndexByte(c.value, '/')+1:]
	if name == "" || name == c.value || strings.ContainsAny(name, "*?$") {
		return nil
	}
	for _, k := range []policies.Kind{policies.User, policies.Role} {
		prefix, same := text(strings.TrimSuffix(s.shape(k), "?*")), globOf(name, globAs{plain: true, fold: c.fold})
		l = append(l, concat(prefix, same), concat(prefix, many(anything), text("/"), same))
	}
	return l
}

// loose is a comparison in which policy variables may be anything.
func (s *setting) loose(c compared) compared {
	if s.Policy.Variables() && strings.Contains(c.value, "${") {
		c.value, c.plain = variableShape.ReplaceAllString(c.value, "*"), false
	}
	return c
}

// names tells whether a comparison names a text, or a part of one, rather than any.
func (c compared) names() bool { return c.plain || strings.Trim(c.value, "*?") != "" }

func (c compared) sequence() sequence { return globOf(c.value, globAs{fold: c.fold, plain: c.plain}) }

// named are the values of a key that the policy names, by themselves or by a part of them.
func (s *setting) named(key string) language {
	var l language
	for _, c := range s.comparisons(key) {
		c = s.loose(c)
		rest := c
		if key == "aws:userid" { // what every such id begins with
			rest.value = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(strings.Trim(c.value, "*?"), "AROA"),
				"AIDA"), "*?:")
		}
		// The paths of the whole organization single nobody out.
		every := s.Organization != "" && strings.Trim(c.value, "*?") == s.Organization+"/" &&
			strings.HasSuffix(c.value, "/*")
		if rest.names() && !every {
			l = append(l, c.sequence())
		}
	}
	if key == "aws:userid" {
		for _, id := range s.ids() {
			l = append(l, concat(text(id), many(anything)))
		}
	}
	return l
}

// mentions tells whether the policy singles out the name at the end of the ARN. A condition value or a principal does
// so that is equal to it, or a pattern that ends in it.
func mentions(d *policies.Document, arn string) bool {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	holds := func(v string) bool {
		return strings.Contains(v, name) || strings.ContainsAny(v, "*?") && len(v) > 1 && policies.Glob(v, arn)
	}
	for i := range d.Statements {
		st := &d.Statements[i]
		if slices.ContainsFunc(st.Conditions, func(c policies.Condition) bool {
			return slices.ContainsFunc(c.Values, holds)
		}) {
			return true
		}
		if st.Principal != nil && slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool {
			return strings.Contains(n.Value, name)
		}) {
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
	c := candidate{kind: kind, arn: arn, context: make(policies.Context, 28), room: make([]string, 0, 28)}
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
		s.inOrganization(&c, s.Organization)
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
