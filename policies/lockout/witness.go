package lockout

import (
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strconv"
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

// escape looks for a request by somebody that matters that the policy does not deny; ordinary ones first. special says what is particular about it.
func (s *setting) escape(d *policies.Document, action string) (w *Witness, special string, found bool) {
	var rest []candidate
	for _, kind := range s.kinds {
		for c := range s.principals(d, kind) {
			if len(c.special) == 0 && s.passes(d, c, action) {
				return s.witness(c, action), "", true
			}
			confirmed := c.withMFA(s.Now)
			if len(c.special) == 0 && s.passes(d, confirmed, action) {
				return s.witness(confirmed, action), "", true
			}
			rest = append(append(rest, s.variants(d, c)...), s.variants(d, confirmed)...)
		}
	}
	for _, c := range rest {
		if s.passes(d, c, action) {
			return s.witness(c, action), "only " + strings.Join(c.special, ", and "), true
		}
	}
	return nil, "", false
}

// passes asks the evaluator. Only a clear decision that is no denial counts.
func (s *setting) passes(d *policies.Document, c candidate, action string) bool {
	decision := d.Evaluate(s.request(c, action))
	return decision.Effect == policies.Allowed || decision.Effect == policies.NotAllowed
}

func (s *setting) request(c candidate, action string) policies.Request {
	return policies.Request{Caller: policies.Caller{Kind: c.kind, ARN: c.arn, Session: c.session}, Action: action, Resource: s.Resource, Context: c.context}
}

func (s *setting) witness(c candidate, action string) *Witness {
	return &Witness{Principal: c.arn, Kind: c.kind, Session: c.session, Action: action, Resource: s.Resource, Context: Context(c.context)}
}

// principals are callers of one kind to try: one that the policy does not mention, or those that the administrators' patterns name, then those that the policy names.
func (s *setting) principals(d *policies.Document, kind policies.Kind) iter.Seq[candidate] {
	return func(yield func(candidate) bool) {
		var seen []string
		for pattern := range s.patterns(d, kind) {
			arn := instance(pattern)
			if slices.Contains(seen, arn) || !s.matters(kind, arn) {
				continue
			}
			seen = append(seen, arn)
			c := s.ordinary(d, kind, arn)
			if mentions(d, arn) {
				c.special = []string{strings.TrimPrefix(arn, "arn:"+s.partition+":iam::"+s.Account+":")}
			}
			if !yield(c) {
				return
			}
		}
	}
}

// matters tells whether a principal of the kind can have the ARN, and is one that matters.
func (s *setting) matters(kind policies.Kind, arn string) bool {
	return policies.Glob(s.shape(kind), arn) && !strings.ContainsAny(arn, "*?${}") &&
		(len(s.Administrators) == 0 || slices.ContainsFunc(s.Administrators, func(p string) bool { return policies.Glob(p, arn) }))
}

// patterns are where the ARNs of principals to try come from.
func (s *setting) patterns(d *policies.Document, kind policies.Kind) iter.Seq[string] {
	own := func(pattern string) string {
		pattern = strings.Replace(pattern, "arn:*:", "arn:"+s.partition+":", 1)
		return strings.Replace(pattern, "::*:", "::"+s.Account+":", 1)
	}
	return func(yield func(string) bool) {
		if len(s.Administrators) == 0 && !yield(strings.TrimSuffix(s.shape(kind), "?*")+unmentioned(d)) {
			return
		}
		for _, pattern := range s.Administrators {
			if !yield(own(pattern)) {
				return
			}
		}
		for i := range d.Statements {
			st := &d.Statements[i]
			for _, c := range st.Conditions {
				for _, v := range c.Values {
					if strings.EqualFold(c.Key, "aws:PrincipalArn") && !yield(own(v)) {
						return
					}
				}
			}
			if st.Principal != nil {
				for _, n := range st.Principal.Named {
					if !yield(n.Value) {
						return
					}
				}
			}
		}
	}
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

// unmentioned is a name that stands nowhere in the policy.
func unmentioned(d *policies.Document) string {
	name := "Administrator"
	for i := 2; mentions(d, "/"+name); i++ {
		name = "Administrator" + strconv.Itoa(i)
	}
	return name
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

// with copies the candidate, so that a variant may change it.
func (c candidate) with(special string, change func(*candidate)) candidate {
	c.context, c.room, c.special = maps.Clone(c.context), nil, append(slices.Clone(c.special), special)
	change(&c)
	return c
}

// withMFA is the same caller with a session that an MFA device has confirmed, which any administrator may have.
func (c candidate) withMFA(now time.Time) candidate {
	special := c.special
	c = c.with("", func(c *candidate) {
		c.set("aws:tokenissuetime", now.UTC().Add(-time.Minute).Format(time.RFC3339))
		c.set("aws:multifactorauthpresent", "true")
		c.set("aws:multifactorauthage", "60")
	})
	c.special = special
	return c
}

// variants are the request itself, if there is something particular about the caller, and the same caller's requests from the networks and at the times that the policy speaks of, and over plain HTTP.
func (s *setting) variants(d *policies.Document, c candidate) []candidate {
	all := []candidate{c}
	each := func(key string, vary func(value string) (special string, change func(*candidate), ok bool)) {
		for _, base := range slices.Clone(all) {
			for _, value := range valuesOf(d, key) {
				if special, change, ok := vary(value); ok && len(all) < 256 {
					all = append(all, base.with(special, change))
				}
			}
		}
	}
	each("aws:SourceIp", func(v string) (string, func(*candidate), bool) {
		ip, ok := firstPublic(v)
		return "from " + v, func(c *candidate) { c.set("aws:sourceip", ip) }, ok
	})
	for _, key := range []string{"aws:SourceVpce", "aws:SourceVpc"} {
		each(key, func(v string) (string, func(*candidate), bool) {
			return "through the VPC endpoint " + v, func(c *candidate) {
				delete(c.context, "aws:sourceip")
				c.set("aws:sourcevpce", "vpce-0fedcba9876543210")
				c.set("aws:sourcevpc", "vpc-0fedcba9876543210")
				c.set("aws:vpcsourceip", "10.0.0.7")
				c.set(strings.ToLower(key), v)
			}, !strings.ContainsAny(v, "*?$")
		})
	}
	each("aws:CurrentTime", func(v string) (string, func(*candidate), bool) {
		at, err := time.Parse(time.RFC3339, v)
		at = at.Add(time.Second).UTC()
		return "after " + v, func(c *candidate) {
			c.set("aws:currenttime", at.Format(time.RFC3339))
			c.set("aws:epochtime", strconv.FormatInt(at.Unix(), 10))
		}, err == nil && at.After(s.Now)
	})
	for _, base := range slices.Clone(all) {
		all = append(all, base.with("over plain HTTP", func(c *candidate) {
			c.set("aws:securetransport", "false")
			delete(c.context, "s3:tlsversion")
		}))
	}
	if len(c.special) == 0 {
		return all[1:]
	}
	return all
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

// unroutable are ranges that no call arrives from; a coarse reading of IANA's registries is enough to choose a witness' address
// (https://www.iana.org/assignments/iana-ipv4-special-registry, and iana-ipv6-special-registry).
var unroutable = []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"}

// firstPublic is the first address of a range that a call can arrive from.
func firstPublic(cidr string) (string, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		ip, err := netip.ParseAddr(cidr)
		if err != nil {
			return "", false
		}
		prefix = netip.PrefixFrom(ip, ip.BitLen())
	}
	ip := prefix.Masked().Addr()
	if ip.Is6() && !netip.MustParsePrefix("2000::/3").Contains(ip) {
		return "", false
	}
	for _, s := range unroutable {
		if p := netip.MustParsePrefix(s); p.Contains(ip) {
			return "", false
		}
	}
	return ip.String(), true
}
