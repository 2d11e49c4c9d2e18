package encode

import (
	"fmt"
	"net/netip"
	"strings"
)

// special are the ranges that IANA's registries call not globally reachable, and those kept for multicast
// (https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry).
var special = []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20"}

// but are ranges inside of those that are reachable, or of which the registries say neither.
var but = []string{"192.0.0.9/32", "192.0.0.10/32", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128",
	"2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28"}

// address declares an address of either family. Public ones are out of the special ranges and, for IPv6, in 2000::/3.
func (w *world) address(name string, public bool) string {
	if !w.declare(name+"-is4", "Bool") {
		return name
	}
	w.declare(name+"-4", "(_ BitVec 32)")
	w.declare(name+"-6", "(_ BitVec 128)")
	if public {
		w.assert(or(name+"-is4", inside(name, "2000::/3")))
		w.assert(or(not(inside(name, special...)), inside(name, but...)))
	}
	return name
}

// inside says that the address is in one of the ranges, which are written right.
func inside(name string, ranges ...string) string {
	var any []string
	for _, r := range ranges {
		one, _ := within(name, r)
		any = append(any, one)
	}
	return or(any...)
}

// within says that the address is in the range, which may be a single address.
func within(name, text string) (string, error) {
	r, err := netip.ParsePrefix(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return "", beyond("the address %q", text)
		}
		r = netip.PrefixFrom(a, a.BitLen())
	}
	family, bits := name+"-is4", name+"-4"
	if r.Addr().Is6() {
		family, bits = not(family), name+"-6"
	}
	if r.Bits() == 0 {
		return family, nil
	}
	var binary strings.Builder
	for _, b := range r.Addr().AsSlice() {
		fmt.Fprintf(&binary, "%08b", b)
	}
	high := r.Addr().BitLen() - 1
	value := fmt.Sprintf("((_ extract %d %d) %s)", high, high-r.Bits()+1, bits)
	return and(family, "(= "+value+" #b"+binary.String()[:r.Bits()]+")"), nil
}
