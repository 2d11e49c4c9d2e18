package exhaustive

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Particular says what keeps a request from being an ordinary administrator's, where there can be no doubt; nothing
// where it is ordinary or where the text leaves room.
func (u *universe) Particular(r *Request) (all []string) {
	say := func(holds bool, what string) {
		if holds {
			all = append(all, what)
		}
	}
	has := func(key string) bool { _, ok := r.Context[key]; return ok }
	say(r.Kind == federated, "a federated user")
	say(r.get("aws:viaawsservice") == "true", "made by a service")
	say(slices.ContainsFunc(endpointKeys, has), "through an endpoint")
	now, _ := readTime(r.get("aws:currenttime"))
	say(!now.Truncate(time.Second).Equal(u.q.Now.Truncate(time.Second)), "at another time")
	say(r.get("aws:securetransport") != "true", "without TLS")
	all = append(all, u.particularAddress(r)...)
	for key := range r.Context {
		info, _ := lookup(key)
		say(info.carrier == principals || info.carrier == sessions, "with "+key)
		say(info.carrier == sender && u.names(key, r.get(key)), "with a named "+key)
	}
	if len(u.q.Administrators) > 0 {
		return all
	}
	say(u.names("aws:principalarn", r.ARN), "by a principal that the policy names")
	say(r.Kind == user && u.names("aws:username", r.name()), "by a user whose name the policy names")
	say(u.names("aws:userid", r.get("aws:userid")), "by a principal whose id the policy names")
	for _, s := range u.deny {
		for _, p := range s.Principals {
			say(s.Not[notPrincipal] && (p.isIdentity(r) || p.Value == r.sessionARN() && r.Kind == role),
				"by a principal that NotPrincipal names")
		}
	}
	return all
}

// particularAddress says whether the address is no public IPv4 one, or in a range that the policy names while others
// are left.
func (u *universe) particularAddress(r *Request) []string {
	a, err := netip.ParseAddr(r.get("aws:sourceip"))
	if err != nil || !a.Is4() {
		return []string{"not from a public IPv4 address"}
	}
	var named []netip.Prefix
	for _, m := range u.mentions["aws:sourceip"] {
		if n, ok := readNetwork(m.value); ok {
			named = append(named, n)
		}
	}
	left := slices.ContainsFunc(u.addresses("aws:sourceip"),
		func(a netip.Addr) bool { return a.Is4() && public(a) && !within(a, named) })
	if left && within(a, named) {
		return []string{"from a range that the policy names"}
	}
	if slices.ContainsFunc(u.mentions["aws:sourceip"], func(m mention) bool {
		return strings.HasPrefix(m.base,
			"String") && m.value == a.String()
	}) {
		return []string{"from an address that the policy names"}
	}
	return nil
}
