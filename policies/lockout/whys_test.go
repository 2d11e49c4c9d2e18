package lockout_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
)

// What each reason for a lockout claims of a request. phrases_test.go does the same for what a restricted policy
// leaves.

// why says what is wrong with a reason for which a statement spares nobody, or "".
func (tr *trial) why(label, why string) string {
	for _, w := range whys {
		if p := w.shape.FindStringSubmatch(why); p != nil {
			return w.check(reason{tr, label, p})
		}
	}
	return "no reason that is known: " + why
}

// A reason is what the form of one caught, of a statement.
type reason struct {
	*trial
	label string
	p     []string
}

const theirs = `(?:their requests|the requests of every \S.*?)`

var whys = []struct {
	shape *regexp.Regexp
	check func(r reason) string
}{
	{anchored(`its Principal names them`), func(r reason) string { return "" }},
	{anchored(`its NotPrincipal lists the account, but none of its users and roles`), func(r reason) string {
		return r.listed(r.label, "user/", "role/", "assumed-role/")
	}},
	{anchored(`its NotPrincipal lists nobody of account (\d+)`), func(r reason) string {
		return r.listed(r.label, r.p[1])
	}},
	{anchored(`its NotPrincipal lists (.*), but not the role itself`), func(r reason) string {
		return r.listed(r.label, ":role/", ":user/")
	}},
	{anchored(`its NotPrincipal lists (.*), but no session of it, and spares no session that it does not list`),
		func(r reason) string { return r.listed(r.label, "assumed-role/", ":user/") }},
	{anchored(`its NotPrincipal lists none of them with role and session, or as a user: it lists (.*)`),
		func(r reason) string { return "" }},
	{anchored(`(\S+) comes with (?:uploads|listings|calls that set tags), and no request that changes the policy carries it`), func(r reason) string { return r.carried(r.p[1]) }},
	{anchored(`(\S+) comes with calls by AWS services for one of their resources, never with a person's`),
		func(r reason) string { return r.carried(r.p[1]) }},
	{anchored(`no request that changes the policy carries (\S+)`), func(r reason) string { return r.carried(r.p[1]) }},
	{anchored(`it spares only (.*?)(, taken literally|, in any letter case)?, and (.*)`), func(r reason) string {
		return r.spares(r.p[1], r.p[2], r.p[3])
	}},
	{anchored(`aws:SourceIp is a public address or absent, and (.*) (?:is|are) (.*)`), func(r reason) string {
		return r.unreachable(items(r.p[1]), r.p[2])
	}},
	{anchored(`(aws:SourceVpce?) holds ids that begin with (vpce?-), never (.*), for which there is aws:SourceVpce?`),
		func(r reason) string { return r.without(r.p[1], r.p[3]) }},
	{anchored(`(\S+)(?:, which is (\S+),)? has passed`), func(r reason) string {
		if at := instant(first(r.p[2], r.p[1])); at.After(now) {
			return "it is still to come"
		}
		return ""
	}},
	{anchored(`aws:MultiFactorAuthPresent is never true in ` + theirs +
		`(, since sessions of IAM Identity Center do not tell of MFA)?`), func(r reason) string {
		return r.without("aws:MultiFactorAuthPresent", "true")
	}},
	{anchored(`(\w+) takes the wildcards in (.*) literally, and (\S+) never holds that; StringNotLike knows wildcards`),
		func(r reason) string {
			for _, v := range items(r.p[2]) {
				if !strings.ContainsAny(v, "*?") {
					return v + " has no wildcard"
				}
			}
			return ""
		}},
	{anchored(`(\S+) is (\S+) in all of ` + theirs + `(?:, never (.*))?`), func(r reason) string {
		for _, q := range r.requests {
			if one(q, r.p[1]) != r.p[2] {
				return fmt.Sprintf("%v has not", q.Context)
			}
		}
		return ""
	}},
	{anchored(`(\S+) begins with (\S+)/ in all of ` + theirs + `, never as in (.*)`), func(r reason) string {
		for _, q := range r.requests {
			values, _ := q.Context.Get(r.p[1])
			if slices.ContainsFunc(values, func(v string) bool { return !strings.HasPrefix(v, r.p[2]+"/") }) {
				return fmt.Sprintf("not in %v", q.Context)
			}
		}
		return ""
	}},
	{anchored(`none of ` + theirs + ` carries (\S+?)(?:, since .*)?`), func(r reason) string {
		return r.without(r.p[1], "")
	}},
	{anchored(`none of ` + theirs + ` has (\S+) like (.*)`), func(r reason) string {
		for _, q := range r.requests {
			if items(r.p[2]) != nil && r.has(q, r.p[1], r.p[2], true) {
				return fmt.Sprintf("%v has", q.Context)
			}
		}
		return ""
	}},
	{anchored(`none of ` + theirs + ` has (\S+) (.*?)(?:; tags take .*)?`), func(r reason) string {
		return r.without(r.p[1], r.p[2])
	}},
	{anchored(`its condition (\S+) on (\S+) \((.*)\) holds for all of ` + theirs), func(r reason) string {
		for _, q := range r.requests {
			if list := items(r.p[3]); list != nil && !r.holds(q, r.p[1], r.p[2], list) {
				return fmt.Sprintf("not for this: %v", q.Context)
			}
		}
		return ""
	}},
}

// listed says which of the texts the NotPrincipal of a statement has, in the owner's account.
func (tr *trial) listed(label string, texts ...string) string {
	for _, st := range tr.keeping(label).Statements {
		for _, n := range st.Principal.Named {
			for _, text := range texts {
				if strings.Contains(n.Value, text) && strings.Contains(n.Value, account) {
					return "it lists " + n.Value
				}
			}
		}
	}
	return ""
}

// carried says which request carries a key.
func (tr *trial) carried(key string) string {
	for _, r := range tr.everyone {
		if _, there := r.Context.Get(key); there {
			return fmt.Sprintf("%v does", r.Context)
		}
	}
	return ""
}

// without says which request has a key with one of the values.
func (tr *trial) without(key, values string) string {
	for _, r := range tr.requests {
		_, there := r.Context.Get(key)
		if values == "" && there || values != "" && items(values) != nil && tr.has(r, key, values, false) {
			return fmt.Sprintf("%v has", r.Context)
		}
	}
	return ""
}

// spares says what is wrong with a list of principals that spares nobody.
func (tr *trial) spares(names, read, but string) string {
	list := items(names)
	for _, r := range tr.requests {
		is := func(name string) bool {
			switch arn := r.Caller.ARN; {
			case strings.Contains(read+but, "literally"):
				return name == arn
			case read != "":
				return strings.EqualFold(name, arn)
			default:
				return policies.MatchARN(name, arn)
			}
		}
		if list != nil && slices.ContainsFunc(list, is) {
			return "it spares " + r.Caller.ARN
		}
	}
	each := func(has func(v string) bool) string {
		for _, v := range list {
			if !has(v) {
				return "not so: " + v
			}
		}
		return ""
	}
	fields := strings.Fields(but)
	switch {
	case strings.HasPrefix(but, "aws:PrincipalArn never holds the ARN of a session"):
		return each(func(v string) bool { return strings.Contains(v, ":assumed-role/") })
	case strings.HasPrefix(but, "account "):
		return each(func(v string) bool { return strings.Contains(v, ":"+fields[1]+":") && fields[1] != account })
	case strings.Contains(but, "literally"):
		return each(func(v string) bool { return strings.ContainsAny(v, "*?") })
	case strings.HasPrefix(but, "that is the root user"):
		return each(func(v string) bool { return strings.HasSuffix(v, ":root") })
	}
	return ""
}

// unreachable says which range is not what it is said to be, or which request comes from one.
func (tr *trial) unreachable(ranges []string, what string) string {
	for _, v := range ranges {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			a, _ := netip.ParseAddr(v)
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if strings.Contains(what, "private") && !p.Addr().IsPrivate() {
			return v + " is not private"
		}
		examples := []string{"192.0.2.", "198.51.100.", "203.0.113."}
		if strings.Contains(what, "documentation") && !slices.Contains(examples, v[:strings.LastIndexByte(v, '.')+1]) {
			return v + " is not for documentation"
		}
	}
	for _, r := range tr.requests {
		if ranges != nil && from(r, strings.Join(ranges, ", ")) {
			return fmt.Sprintf("this comes from there: %v", r.Context)
		}
	}
	return ""
}
