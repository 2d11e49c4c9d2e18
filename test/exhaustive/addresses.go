package exhaustive

import "net/netip"

// special are the ranges that no public call comes from: IANA's special-purpose registries where "globally reachable"
// is false, and multicast. Those that say neither, such as 6to4 and Teredo, count as reachable.
// https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry
var special = networks("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24",
	"192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
	"240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "3fff::/20")

// reachable are the exceptions within them: reachable, or of no stated reachability.
var reachable = networks("192.0.0.9/32", "192.0.0.10/32", "2001::/32", "2001:1::1/128", "2001:1::2/128",
	"2001:1::3/128", "2001:3::/32",
	"2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28")

var globalIPv6 = netip.MustParsePrefix("2000::/3")

func networks(all ...string) (list []netip.Prefix) {
	for _, s := range all {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// public tells whether a call over the internet can come from the address.
func public(a netip.Addr) bool {
	if a.Is4In6() || a.Zone() != "" || a.Is6() && !globalIPv6.Contains(a) {
		return false
	}
	return !within(a, special) || within(a, reachable)
}

// last is the last address of a network.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// edges are a network's first and last address, their neighbours, and one in the middle.
func edges(p netip.Prefix) (all []netip.Addr) {
	p = p.Masked()
	first, end := p.Addr(), last(p)
	b := first.AsSlice()
	if i := p.Bits(); i < len(b)*8 {
		b[i/8] |= 0x80 >> (i % 8)
	}
	middle, _ := netip.AddrFromSlice(b)
	for _, a := range []netip.Addr{first.Prev(), first, first.Next(), middle, end.Prev(), end, end.Next()} {
		if a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}
