package lockout

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// The values of times, numbers and addresses: a few points that stand for all, as far as the policy tells them apart.

// A compared is a value that a Deny statement compares a key with.
type compared struct {
	value string
	fold  bool // letter case does not count
	plain bool // * and ? stand for themselves
}

// comparisons are the values that Deny statements compare a key with.
func (s *setting) comparisons(key string) []compared {
	if s.compared == nil {
		s.compared = map[string][]compared{}
		for _, st := range s.denies {
			for _, c := range st.Conditions {
				name := strings.ToLower(c.Key)
				for _, v := range c.Values {
					plain := c.Operator.Family() == policies.Strings && c.Operator != policies.StringLike &&
						c.Operator != policies.StringNotLike
					s.compared[name] = append(s.compared[name],
						compared{v, strings.Contains(string(c.Operator), "IgnoreCase"), plain})
				}
			}
		}
	}
	return s.compared[key]
}

// constants are the values that Deny statements compare keys with.
func (s *setting) constants(keys ...string) []string {
	var values []string
	for _, key := range keys {
		for _, c := range s.comparisons(key) {
			values = append(values, c.value)
		}
	}
	return values
}

// shared is a list of points that all worlds have in common, be it of ordinary requests or of all.
func (w *world) shared(name string, list func() []string) []string {
	if w.ordinary {
		name += " ordinary"
	}
	if w.pointLists == nil {
		w.pointLists = map[string][]string{}
	}
	made, there := w.pointLists[name]
	if !there {
		made = list()
		w.budget.hold(48 * len(made))
		w.pointLists[name] = made
	}
	return made
}

// maxNumber is beyond all ages.
const maxNumber = 1e15

// numbers stand for all numbers from 0 on, as far as the policy tells them apart: each that it names, one between, and
// one beyond. Ages are whole numbers.
func (w *world) numbers(key string) []string {
	points := []int64{60, 0}
	for _, v := range w.constants(key) {
		if f, err := strconv.ParseFloat(v, 64); err == nil && f >= 0 && f < maxNumber {
			n := int64(f)
			points = append(points, n, n+1, max(n-1, 0))
		}
	}
	slices.Sort(points[1:])
	texts := []string{"60"}
	for _, n := range slices.Compact(points[1:]) {
		if n != points[0] {
			texts = append(texts, strconv.FormatInt(n, 10))
		}
	}
	return texts
}

// instants stand for all times from first on, as far as the policy tells them apart. The first in the list is now, or a
// minute before it where the past counts.
func (w *world) instants(key string, first time.Time) []string {
	keys := []string{key}
	if key == "aws:currenttime" {
		keys = append(keys, "aws:epochtime", "aws:tokenissuetime")
	}
	now := w.Now.UTC().Truncate(time.Second)
	points := []time.Time{now}
	if first.IsZero() {
		points[0] = now.Add(-time.Minute)
	}
	for _, v := range w.constants(keys...) {
		if t, ok := parseDate(v); ok {
			t = t.UTC().Truncate(time.Second) // between it and the next second no call is made
			points = append(points, t.Add(-time.Second), t, t.Add(time.Second))
		}
	}
	slices.SortFunc(points[1:], time.Time.Compare)
	var texts []string
	for i, t := range points {
		again := i > 0 && t.Equal(points[0]) || i > 1 && t.Equal(points[i-1])
		if !again && !t.Before(first.Truncate(time.Second)) && t.Year() > 0 && t.Year() <= 9999 {
			texts = append(texts, t.Format(time.RFC3339))
		}
	}
	return texts
}

// addresses stand for all addresses, or all that a call can arrive from, as far as the policy tells them apart: where a
// range begins, and behind its end.
func (w *world) addresses(key string, public bool) []string {
	var ranges []netip.Prefix
	for _, v := range w.constants(key) {
		if p, ok := readPrefix(v); ok {
			ranges = append(ranges, p)
		}
	}
	patterns := slices.DeleteFunc(w.constants(key), func(v string) bool { _, ok := readPrefix(v); return ok })
	edges := edgesOf(ranges)
	if public {
		edges = append(slices.DeleteFunc(edges, func(a netip.Addr) bool { return !reachable(a) }), publicEdges...)
	} else {
		edges = append(edges, netip.IPv4Unspecified(), netip.IPv6Unspecified()) // where the two spaces begin
	}
	slices.SortFunc(edges, netip.Addr.Compare)
	points := append(slices.Clip(wellKnown), slices.Compact(edges)...)
	holds := anyOf(ranges)
	everything := !slices.ContainsFunc(points, func(a netip.Addr) bool { return a.Is4() && !holds(a) })
	var texts []string
	for _, a := range points {
		// An ordinary request comes over IPv4, from an address that the policy does not single out by a range, unless
		// the ranges hold all, nor by a pattern.
		named := !a.Is4() || holds(a) && !everything ||
			slices.ContainsFunc(patterns, func(p string) bool {
				return strings.Trim(p, "*") != "" && policies.Glob(p, a.String())
			})
		if !w.ordinary || !named {
			texts = append(texts, a.String())
		}
	}
	return texts
}

// anyOf tells of an address whether one of the ranges holds it. Ranges never overlap in part, so of those that begin
// before the address one that holds another is enough.
func anyOf(ranges []netip.Prefix) func(netip.Addr) bool {
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(p, q netip.Prefix) int {
		if c := p.Addr().Compare(q.Addr()); c != 0 {
			return c
		}
		return p.Bits() - q.Bits()
	})
	apart := sorted[:0]
	for _, p := range sorted {
		if n := len(apart); n == 0 || !apart[n-1].Contains(p.Addr()) {
			apart = append(apart, p)
		}
	}
	return func(a netip.Addr) bool {
		i, found := slices.BinarySearchFunc(apart, a, func(p netip.Prefix, a netip.Addr) int {
			return p.Addr().Compare(a)
		})
		return found || i > 0 && apart[i-1].Contains(a)
	}
}

// edgesOf are the addresses where ranges begin, and those behind their ends.
func edgesOf(ranges []netip.Prefix) []netip.Addr {
	edges := make([]netip.Addr, 0, 2*len(ranges)+2*len(special))
	for _, p := range ranges {
		edges = append(edges, p.Masked().Addr())
		if behind := last(p).Next(); behind.IsValid() {
			edges = append(edges, behind)
		}
	}
	return edges
}

func readPrefix(v string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(v); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(v)
	return netip.PrefixFrom(a, a.BitLen()), err == nil
}

// last is the last address of a range.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// wellKnown are public IPv4 addresses far from each other.
var wellKnown = []netip.Addr{netip.AddrFrom4([4]byte{198, 51, 99, 7}), netip.AddrFrom4([4]byte{52, 94, 133, 9}),
	netip.AddrFrom4([4]byte{93, 184, 215, 14}), netip.AddrFrom4([4]byte{8, 8, 4, 4})}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}

// special are IANA's special-purpose ranges that are not globally reachable, and what lies outside of the space for
// global unicast (https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry).
var special = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "3fff::/20")

// exceptions lie in special ranges and are globally reachable all the same.
var exceptions = prefixes("192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128",
	"2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28",
	"2001::/32", "2001:10::/28") // of the last two the registry says neither yes nor no

var globalUnicast = netip.MustParsePrefix("2000::/3")

// publicEdges are the reachable ones among the edges of the special ranges.
var publicEdges = slices.DeleteFunc(edgesOf(slices.Concat(special, exceptions, []netip.Prefix{globalUnicast})),
	func(a netip.Addr) bool { return !reachable(a) })

// reachable tells whether a call can arrive from an address.
func reachable(a netip.Addr) bool {
	holds := func(p netip.Prefix) bool { return p.Contains(a) }
	return (a.Is4() || globalUnicast.Contains(a)) && (!slices.ContainsFunc(special, holds) ||
		slices.ContainsFunc(exceptions, holds))
}
