package allowlist

// This file says what in a sound allow list its authors may not have meant.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// Warnings says, in sentences and in the order of the rules, what people have to see to: rules that have run out or
// will within a month, rules that run out above a wider one, rules that cover nothing. After them come the entries of
// the desk that let in other people than it seems. Nothing of that is an error.
func (l *List) Warnings(now time.Time) []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for i := range l.Rules {
		r := &l.Rules[i]
		switch {
		case !r.covers(now):
			say("rule %s ran out on %s: it covers nothing any more; renew it, or take it out", r.Name, r.lastDay())
		case !r.covers(now.AddDate(0, 1, 0)):
			say("rule %s runs out on %s: after that day it covers nothing; renew it in time", r.Name, r.lastDay())
		}
		if above := slices.IndexFunc(l.Rules[:i], func(o Rule) bool { return o.shadows(r) }); above >= 0 {
			say("rule %s covers nothing: rule %s above it decides about all that it names", r.Name, l.Rules[above].Name)
		}
		if below := slices.IndexFunc(l.Rules[i+1:], r.giveWay); below >= 0 {
			then := fmt.Sprintf("runs out on %s, and then", r.lastDay())
			if !r.covers(now) {
				then = fmt.Sprintf("ran out on %s, and since then", r.lastDay())
			}
			say("rule %s %s nothing covers its resources: rule %s below it is wider, and does not step in", r.Name, then,
				l.Rules[i+1+below].Name)
		}
	}
	for i := range l.Desk {
		l.Desk[i].warn(say)
	}
	return all
}

// warn says which of an entry's patterns mean something else than they seem to: the desk knows callers by the ARNs of
// their sessions.
func (e *Entry) warn(say func(format string, args ...any)) {
	for _, p := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(e.Who, e.Approvers)))) {
		last := p[strings.LastIndex(p, ":")+1:]
		kind, name, _ := strings.Cut(last, "/")
		role, session, _ := strings.Cut(name, "/")
		switch {
		case kind == "role" && strings.Contains(name, "/"):
			say("entry %s of the desk names %s: a session's ARN does not hold its role's path, so this is nobody; write role/%s",
				e.Name, p, name[strings.LastIndex(name, "/")+1:])
		case kind == "assumed-role" && !strings.HasPrefix(role, "AWSReservedSSO_") && strings.Trim(session, "*") != "":
			say("entry %s of the desk names %s: whoever opens a session of %s chooses its name, so this is all of them",
				e.Name, p, role)
		}
	}
}

// shadows tells whether the rule, above the other, decides about all that the other names.
func (r *Rule) shadows(other *Rule) bool {
	for _, a := range other.Accounts {
		if !r.holds(a) {
			return false
		}
	}
	return !slices.ContainsFunc(other.Resources, func(p string) bool { return !within(p, r.Resources) })
}

// holds tells whether the rule names an account, unit or tag, or the root above all of them.
func (r *Rule) holds(account string) bool {
	return slices.ContainsFunc(r.Accounts, func(a string) bool { return a == account || strings.HasPrefix(a, "r-") })
}

// giveWay tells whether the rule runs out before a wider one below it, which people may take for its successor.
func (r *Rule) giveWay(below Rule) bool {
	if r.Expires.IsZero() || !below.Expires.IsZero() && !below.Expires.After(r.Expires) || r.shadows(&below) {
		return false
	}
	return slices.ContainsFunc(r.Accounts, below.holds) &&
		slices.ContainsFunc(r.Resources, func(p string) bool { return within(p, below.Resources) })
}

// within tells whether one of the patterns matches all that p matches. It tries p with nothing, and with a text that no
// name holds, for each star. That settles it for patterns as people write them, and no safety hangs on it.
func within(p string, patterns []string) bool {
	single := strings.ReplaceAll(p, "?", "\x01")
	none := strings.ReplaceAll(single, "*", "")
	return slices.ContainsFunc(patterns, func(of string) bool {
		much := strings.ReplaceAll(single, "*", strings.Repeat("\x02", len(of)+1))
		return policies.MatchARN(of, none) && policies.MatchARN(of, much)
	})
}
