package lockout_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// fits says why a request is none of what the phrases describe, or "".
func (tr *trial) fits(r policies.Request, phrases string) string {
	whole, known := tr.phrase(r, phrases)
	if whole {
		return ""
	}
	some := false
	for _, one := range strings.Split(phrases, ", or ") {
		is, understood := tr.phrase(r, one)
		if is {
			return ""
		}
		some = some || understood
	}
	if !known && !some {
		return "no phrase that is known: " + phrases
	}
	return fmt.Sprintf("this request gets through and is not %q: %s %v %v", phrases, r.Action, r.Caller, r.Context)
}

// A description is one form of a phrase that says what a request is.
type description struct {
	shape string
	is    func(tr *trial, r policies.Request, p []string) bool
}

// descriptions are all forms of phrases.
var descriptions = []description{
	{`(?:for|by) others than (principals like )?(.*?)(, in any letter case|, taken literally)?`, func(tr *trial, r policies.Request, p []string) bool {
		return !tr.among(r, items(p[2]), p[1] != "", strings.Contains(p[3], "case")) || items(p[2]) == nil
	}},
	{`(?:for|by) (principals like )?(.*?)(, in any letter case|, taken literally)?`, func(tr *trial, r policies.Request, p []string) bool {
		return tr.among(r, items(p[2]), p[1] != "", strings.Contains(p[3], "case")) || items(p[2]) == nil
	}},
	{`as a federated user`, func(tr *trial, r policies.Request, p []string) bool { return r.Caller.Kind == policies.Federated }},
	{`over plain HTTP`, func(tr *trial, r policies.Request, p []string) bool { return one(r, "aws:SecureTransport") == "false" }},
	{`at a later time`, func(tr *trial, r policies.Request, p []string) bool { return clock(r).After(now) }},
	{`from (\d{4}-\S+) on`, func(tr *trial, r policies.Request, p []string) bool { return !clock(r).Before(instant(p[1])) }},
	{`after (\d{4}-\S+)`, func(tr *trial, r policies.Request, p []string) bool { return clock(r).After(instant(p[1])) }},
	{`until (\d{4}-\S+)`, func(tr *trial, r policies.Request, p []string) bool { return !clock(r).After(instant(p[1])) }},
	{`before (\d{4}-\S+)`, func(tr *trial, r policies.Request, p []string) bool { return clock(r).Before(instant(p[1])) }},
	{`through an AWS service that calls for the sender`, func(tr *trial, r policies.Request, p []string) bool { return one(r, "aws:ViaAWSService") == "true" }},
	{`through a VPC endpoint`, func(tr *trial, r policies.Request, p []string) bool {
		return one(r, "aws:SourceVpce")+one(r, "aws:SourceVpc") != ""
	}},
	{`through the VPC endpoint (.*)`, func(tr *trial, r policies.Request, p []string) bool {
		return slices.Contains(items(p[1]), one(r, "aws:SourceVpce"))
	}},
	{`from the VPC (.*)`, func(tr *trial, r policies.Request, p []string) bool {
		return slices.Contains(items(p[1]), one(r, "aws:SourceVpc"))
	}},
	{`from an IPv6 address, or without aws:SourceIp`, func(tr *trial, r policies.Request, p []string) bool {
		return !strings.Contains(one(r, "aws:SourceIp"), ".")
	}},
	{`from an address outside (.*)`, func(tr *trial, r policies.Request, p []string) bool {
		return one(r, "aws:SourceIp") != "" && !from(r, p[1])
	}},
	{`from elsewhere than (.*)`, func(tr *trial, r policies.Request, p []string) bool { return !from(r, p[1]) }},
	{`from (\d.*|[0-9a-f]*:.*)`, func(tr *trial, r policies.Request, p []string) bool { return from(r, p[1]) }},
	{`where (\S+) on (\S+) \((.*)\) does not hold(?: \\(.*\\))?`, func(tr *trial, r policies.Request, p []string) bool { return !tr.holds(r, p[1], p[2], items(p[3])) }},
	{`with (\S+) other than (.*)`, func(tr *trial, r policies.Request, p []string) bool {
		return one(r, p[1]) != "" && !tr.has(r, p[1], p[2], false)
	}},
	{`with (\S+) present, and not like (.*)`, func(tr *trial, r policies.Request, p []string) bool {
		return one(r, p[1]) != "" && !tr.has(r, p[1], p[2], true)
	}},
	{`with (\S+) present`, func(tr *trial, r policies.Request, p []string) bool { _, there := r.Context.Get(p[1]); return there }},
	{`with (\S+) like (.*)`, func(tr *trial, r policies.Request, p []string) bool { return tr.has(r, p[1], p[2], true) }},
	{`with (\S+) (.*)`, func(tr *trial, r policies.Request, p []string) bool { return tr.has(r, p[1], p[2], false) }},
	{`without (\S+)`, func(tr *trial, r policies.Request, p []string) bool { _, there := r.Context.Get(p[1]); return !there }},
	{`without (\S+) like (.*)`, func(tr *trial, r policies.Request, p []string) bool { return !tr.has(r, p[1], p[2], true) }},
	{`without (\S+) (.*)`, func(tr *trial, r policies.Request, p []string) bool { return !tr.has(r, p[1], p[2], false) }},
}

// phrase tells whether a request is what a phrase describes, and whether its form is known.
func (tr *trial) phrase(r policies.Request, phrase string) (is, known bool) {
	for _, d := range descriptions {
		if p := regexp.MustCompile("^" + d.shape + "$").FindStringSubmatch(phrase); p != nil {
			return d.is(tr, r, p), true
		}
	}
	return false, false
}

// one is the value of a key, or "".
func one(r policies.Request, key string) string {
	if values, ok := r.Context.Get(key); ok && len(values) > 0 {
		return values[0]
	}
	return ""
}

func clock(r policies.Request) time.Time { return instant(one(r, "aws:CurrentTime")) }

func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// from tells whether a request's address is in one of the ranges.
func from(r policies.Request, ranges string) bool {
	if items(ranges) == nil {
		return true
	}
	a, err := netip.ParseAddr(one(r, "aws:SourceIp"))
	return err == nil && slices.ContainsFunc(items(ranges), func(v string) bool {
		p, err := netip.ParsePrefix(v)
		return err == nil && p.Contains(a) || v == a.String()
	})
}

// among tells whether a caller is one of the named: by ARN, session, id or account, or by a pattern.
func (tr *trial) among(r policies.Request, names []string, patterns, anyCase bool) bool {
	equal := func(a, b string) bool { return a == b || anyCase && strings.EqualFold(a, b) }
	_, role, _ := strings.Cut(r.Caller.ARN, ":role/")
	id, _, _ := strings.Cut(one(r, "aws:userid"), ":")
	identities := []string{r.Caller.ARN, account, id, "arn:aws:sts::" + account + ":assumed-role/" + role[strings.LastIndexByte(role, '/')+1:] + "/" + r.Caller.Session}
	return slices.ContainsFunc(names, func(name string) bool {
		name, session, inSession := strings.Cut(name, " in session ")
		if regexp.MustCompile(`^(user|role|\*|root)\b`).MatchString(name) && !strings.HasPrefix(name, "*") {
			name = "arn:aws:iam::" + account + ":" + name
		}
		if tr.question.Policy.Variables() {
			name = regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllStringFunc(name, func(v string) string { return one(r, v[2:len(v)-1]) })
		}
		is := slices.ContainsFunc(identities, func(identity string) bool { return equal(name, identity) })
		return (is || patterns && policies.Glob(name, r.Caller.ARN)) && (!inSession || session == r.Caller.Session)
	})
}

// has tells whether a key has one of the values, which may speak of other keys.
func (tr *trial) has(r policies.Request, key, values string, patterns bool) bool {
	operators := []string{"StringEquals", "ArnEquals", "DateEquals", "NumericEquals", "IpAddress", "Bool"}
	if patterns {
		operators = []string{"StringLike", "ArnLike"}
	}
	values = strings.TrimSuffix(values, ", taken literally")
	if plain, any := strings.CutSuffix(values, ", in any letter case"); any {
		operators, values = []string{"StringEqualsIgnoreCase"}, plain
	}
	list := items(values)
	return list == nil || slices.ContainsFunc(operators, func(operator string) bool { return tr.holds(r, operator, key, list) })
}

// holds asks the evaluator for one condition.
func (tr *trial) holds(r policies.Request, operator, key string, values []string) bool {
	text, err := json.Marshal(map[string]any{"Version": tr.question.Policy.Version, "Statement": map[string]any{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
		"Condition": map[string]any{operator: map[string]any{key: values}}}})
	if err != nil {
		panic(err)
	}
	doc, err := policies.Parse(text)
	return err == nil && doc.Evaluate(r).Effect == policies.Denied
}

// why says what is wrong with a reason for which a statement spares nobody, or "".
func (tr *trial) why(label, why string) string {
	for _, w := range whys {
		if p := regexp.MustCompile("^" + w.shape + "$").FindStringSubmatch(why); p != nil {
			return w.check(tr, label, p)
		}
	}
	return "no reason that is known: " + why
}

const theirs = `(?:their requests|the requests of every \S.*?)`

var whys = []struct {
	shape string
	check func(tr *trial, label string, p []string) string
}{
	{`its Principal names them`, func(tr *trial, label string, p []string) string { return "" }},
	{`its NotPrincipal lists the account, but none of its users and roles`, func(tr *trial, label string, p []string) string {
		return tr.listed(label, "user/", "role/", "assumed-role/")
	}},
	{`its NotPrincipal lists nobody of account (\d+)`, func(tr *trial, label string, p []string) string { return tr.listed(label, p[1]) }},
	{`its NotPrincipal lists (.*), but not the role itself`, func(tr *trial, label string, p []string) string { return tr.listed(label, ":role/", ":user/") }},
	{`its NotPrincipal lists (.*), but no session of it, and spares no session that it does not list`, func(tr *trial, label string, p []string) string { return tr.listed(label, "assumed-role/", ":user/") }},
	{`its NotPrincipal lists none of them with role and session, or as a user: it lists (.*)`, func(tr *trial, label string, p []string) string { return "" }},
	{`(\S+) comes with (?:uploads|listings|calls that set tags), and no request that changes the policy carries it`, func(tr *trial, label string, p []string) string { return tr.carried(p[1]) }},
	{`(\S+) comes with calls by AWS services for one of their resources, never with a person's`, func(tr *trial, label string, p []string) string { return tr.carried(p[1]) }},
	{`no request that changes the policy carries (\S+)`, func(tr *trial, label string, p []string) string { return tr.carried(p[1]) }},
	{`it spares only (.*?), (?:but|and) (.*)`, func(tr *trial, label string, p []string) string { return tr.spares(p[1], p[2]) }},
	{`aws:SourceIp is a public address or absent, and (.*) (?:is|are) (.*)`, func(tr *trial, label string, p []string) string { return tr.unreachable(items(p[1]), p[2]) }},
	{`(aws:SourceVpce?) holds ids that begin with (vpce?-), never (.*), for which there is aws:SourceVpce?`, func(tr *trial, label string, p []string) string { return tr.without(p[1], p[3]) }},
	{`(\S+)(?:, which is (\S+),)? has passed`, func(tr *trial, label string, p []string) string {
		if at := instant(first(p[2], p[1])); at.After(now) {
			return "it is still to come"
		}
		return ""
	}},
	{`aws:MultiFactorAuthPresent is never true in ` + theirs + `(, since sessions of IAM Identity Center do not tell of MFA)?`, func(tr *trial, label string, p []string) string {
		return tr.without("aws:MultiFactorAuthPresent", "true")
	}},
	{`(\w+) takes the wildcards in (.*) literally, and (\S+) never holds that; StringNotLike knows wildcards`, func(tr *trial, label string, p []string) string {
		for _, v := range items(p[2]) {
			if !strings.ContainsAny(v, "*?") {
				return v + " has no wildcard"
			}
		}
		return ""
	}},
	{`(\S+) is (\S+) in all of ` + theirs + `(?:, never (.*))?`, func(tr *trial, label string, p []string) string {
		for _, r := range tr.requests {
			if one(r, p[1]) != p[2] {
				return fmt.Sprintf("%v has not", r.Context)
			}
		}
		return ""
	}},
	{`none of ` + theirs + ` carries (\S+?)(?:, since .*)?`, func(tr *trial, label string, p []string) string {
		return tr.without(p[1], "")
	}},
	{`none of ` + theirs + ` has (\S+) (.*?)(?:; tags take .*)?`, func(tr *trial, label string, p []string) string { return tr.without(p[1], p[2]) }},
	{`its condition (\S+) on (\S+) \((.*)\) holds for all of ` + theirs, func(tr *trial, label string, p []string) string {
		for _, r := range tr.requests {
			if list := items(p[3]); list != nil && !tr.holds(r, p[1], p[2], list) {
				return fmt.Sprintf("not for this: %v", r.Context)
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
func (tr *trial) spares(names, but string) string {
	list := items(names)
	for _, r := range tr.requests {
		if strings.Contains(but, "literally") {
			break
		}
		if list != nil && slices.ContainsFunc(list, func(name string) bool { return policies.MatchARN(name, r.Caller.ARN) }) {
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
		if strings.Contains(what, "documentation") && !slices.Contains([]string{"192.0.2.", "198.51.100.", "203.0.113."}, v[:strings.LastIndexByte(v, '.')+1]) {
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
