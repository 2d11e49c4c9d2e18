package exhaustive

import (
	"net/netip"
	"slices"
)

// networks are the factors of how a request comes in.
func (u *universe) networks(m mode) []factor {
	all := []factor{u.transport(m)}
	switch m {
	case direct:
		f := u.directly()
		f.values = slices.DeleteFunc(f.values, func(v value) bool { return v.set["aws:sourceip"] == nil })
		all = append(all, f)
	case endpoint:
		all = append(all, u.endpoint())
		for _, k := range endpointKeys[3:] {
			all = append(all, u.endpointKey(k))
		}
	case service:
		all = append(all, u.directly(), u.calledVia())
	}
	if m != service {
		f := factor{keys: []string{"aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"}}
		f.add(true, "aws:viaawsservice", "false")
		all = append(all, f)
	}
	if m != endpoint {
		f := factor{keys: endpointKeys}
		f.add(true)
		all = append(all, f)
	} else {
		f := factor{keys: []string{"aws:sourceip"}}
		f.add(true)
		all = append(all, f)
	}
	return all
}

// transport is TLS. What a service sends on somebody's behalf may lack it.
func (u *universe) transport(m mode) factor {
	f := factor{keys: []string{"aws:securetransport", "s3:tlsversion"}}
	secure, version := f.keys[0], f.keys[1]
	versions := []string{"1.2", "1.3"}
	if !u.q.s3() {
		versions = []string{gone}
	}
	for _, v := range versions {
		f.add(true, secure, "true", version, v)
	}
	f.add(false, secure, "false", version, gone)
	if m == service {
		f.add(false, secure, "true", version, gone)
		f.add(false, secure, gone, version, gone)
		for _, v := range versions {
			f.add(false, secure, gone, version, v)
		}
	}
	return f
}

// directly is the sender's address, or none.
func (u *universe) directly() factor {
	f := factor{keys: []string{"aws:sourceip"}}
	var named []netip.Prefix
	for _, m := range u.mentions["aws:sourceip"] {
		if n, ok := readNetwork(m.value); ok {
			named = append(named, n)
		}
	}
	addresses := u.addresses("aws:sourceip")
	everywhere := !slices.ContainsFunc(addresses, func(a netip.Addr) bool {
		return a.Is4() && public(a) &&
			!within(a, named)
	})
	f.add(false)
	for _, a := range addresses {
		if public(a) {
			f.add(a.Is4() && (everywhere || !within(a, named)), "aws:sourceip", a.String())
		}
	}
	return f
}

// endpoint is the endpoint and its VPC: at least one of the two is there, and the VPC's ARN is that of the VPC.
func (u *universe) endpoint() factor {
	f := factor{keys: endpointKeys[:3]}
	endpoints := append(u.choices("aws:sourcevpce", "vpce-0qz7"), gone)
	vpcs := append(u.choices("aws:sourcevpc", "vpc-0qz7"), gone)
	arns := append(u.choices("aws:sourcevpcarn", ""), gone)
	for _, a := range arns {
		if m := vpcARN.FindStringSubmatch(a); m != nil && !slices.Contains(vpcs, m[1]) {
			vpcs = append(vpcs, m[1])
		}
	}
	if u.mentioned("aws:sourcevpcarn") {
		for _, v := range vpcs {
			if v != gone {
				arns = append(arns, "arn:"+u.q.partition()+":ec2:us-east-1:"+u.q.Account+":vpc/"+v,
					"arn:"+u.q.partition()+":ec2:eu-north-1:999900009999:vpc/"+v)
			}
		}
	}
	for _, e := range endpoints {
		for _, v := range vpcs {
			for _, a := range distinct(arns) {
				m := vpcARN.FindStringSubmatch(a)
				if e == gone && v == gone || m != nil && v != gone && m[1] != v || a != gone && m == nil {
					continue
				}
				f.add(false, f.keys[0], e, f.keys[1], v, f.keys[2], a)
			}
		}
	}
	return f
}

// choices are the values of a key, or one where the policy does not speak of it.
func (u *universe) choices(key, otherwise string) []string {
	if u.mentioned(key) {
		return u.texts(key)
	}
	if otherwise == "" {
		return nil
	}
	return []string{otherwise}
}

func (u *universe) endpointKey(key string) factor {
	f := factor{keys: []string{key}}
	f.add(false, key, gone)
	switch {
	case !u.mentioned(key):
	case key == "aws:vpcsourceip":
		for _, a := range u.addresses(key) {
			f.add(false, key, a.String())
		}
	default:
		u.each(&f, key, func(string) bool { return false })
	}
	return f
}

// calledVia are the services that call on somebody's behalf, first to last.
func (u *universe) calledVia() factor {
	f := factor{keys: []string{"aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"}}
	names := []string{"cloudformation.amazonaws.com", "athena.amazonaws.com"}
	for _, k := range f.keys[1:] {
		if u.mentioned(k) {
			names = append(names, u.textsOf(k, shape{`^[a-z0-9-]+\.amazonaws\.com$`, ".amazonaws.com"})...)
		}
	}
	names = distinct(names)
	names = names[:min(len(names), 8)]
	chains := [][]string{}
	for _, a := range names {
		chains = append(chains, []string{a})
		for _, b := range names {
			chains = append(chains, []string{a, b})
			for _, c := range names {
				chains = append(chains, []string{a, b, c})
			}
		}
	}
	for _, chain := range chains {
		f.values = append(f.values, value{set: map[string][]string{f.keys[0]: {"true"}, f.keys[1]: chain,
			f.keys[2]: {chain[0]}, f.keys[3]: {chain[len(chain)-1]}}})
	}
	if !slices.ContainsFunc(f.keys[1:], u.mentioned) {
		f.values = f.values[:1]
	}
	return f
}

// complete adds what every request of a scene carries and the policy does not speak of, so that a request can be
// judged as a whole.
func (u *universe) complete(r *Request) {
	set := func(key, v string) {
		if _, ok := r.Context[key]; !ok {
			r.Context[key] = []string{v}
		}
	}
	if u.q.s3() {
		set("s3:authtype", "REST-HEADER")
		set("s3:signatureversion", "AWS4-HMAC-SHA256")
		set("s3:signatureage", "1000")
		set("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD")
		set("s3:resourceaccount", u.q.Account)
	}
}
