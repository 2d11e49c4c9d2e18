package lockout_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// What each phrase of a verdict claims of a request. sentences_test.go reads the sentences around them.

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

// A matched is a request, and what the form of a phrase caught.
type matched struct {
	*trial
	r policies.Request
	p []string
}

// there tells whether the request carries the key that the phrase names.
func (m matched) there() bool {
	_, there := m.r.Context.Get(m.p[1])
	return there
}

// listed tells whether a list of the phrase holds a value; one that leaves something out may hold any.
func (m matched) listed(value string) bool {
	return items(m.p[1]) == nil || slices.Contains(items(m.p[1]), value)
}

// A description is one form of a phrase that says what a request is.
type description struct {
	shape *regexp.Regexp
	is    func(m matched) bool
}

// descriptions are all forms of phrases.
var descriptions = []description{
	{anchored(`(?:for|by) others than (principals like )?(.*?)(, in any letter case|, taken literally)?`),
		func(m matched) bool {
			return !m.among(m.r, items(m.p[2]), m.p[1] != "", strings.Contains(m.p[3], "case")) || items(m.p[2]) == nil
		}},
	{anchored(`(?:for|by) (principals like )?(.*?)(, in any letter case|, taken literally)?`), func(m matched) bool {
		return m.among(m.r, items(m.p[2]), m.p[1] != "", strings.Contains(m.p[3], "case")) || items(m.p[2]) == nil
	}},
	{anchored(`as a federated user`), func(m matched) bool { return m.r.Caller.Kind == policies.Federated }},
	{anchored(`over plain HTTP`), func(m matched) bool { return one(m.r, "aws:SecureTransport") == "false" }},
	{anchored(`at a later time`), func(m matched) bool { return clock(m.r).After(now) }},
	{anchored(`from (\d{4}-\S+) on`), func(m matched) bool { return !clock(m.r).Before(instant(m.p[1])) }},
	{anchored(`after (\d{4}-\S+)`), func(m matched) bool { return clock(m.r).After(instant(m.p[1])) }},
	{anchored(`until (\d{4}-\S+)`), func(m matched) bool { return !clock(m.r).After(instant(m.p[1])) }},
	{anchored(`before (\d{4}-\S+)`), func(m matched) bool { return clock(m.r).Before(instant(m.p[1])) }},
	{anchored(`through an AWS service that calls for the sender`), func(m matched) bool {
		return one(m.r, "aws:ViaAWSService") == "true"
	}},
	{anchored(`through a VPC endpoint`), func(m matched) bool {
		return one(m.r, "aws:SourceVpce")+one(m.r, "aws:SourceVpc") != ""
	}},
	{anchored(`through the VPC endpoint (.*)`), func(m matched) bool {
		return m.listed(one(m.r, "aws:SourceVpce"))
	}},
	{anchored(`from the VPC (.*)`), func(m matched) bool {
		return m.listed(one(m.r, "aws:SourceVpc"))
	}},
	{anchored(`from an IPv6 address or without aws:SourceIp`), func(m matched) bool {
		return !strings.Contains(one(m.r, "aws:SourceIp"), ".")
	}},
	{anchored(`from an address outside (.*)`), func(m matched) bool {
		return one(m.r, "aws:SourceIp") != "" && !from(m.r, m.p[1])
	}},
	{anchored(`from elsewhere than (.*)`), func(m matched) bool { return !from(m.r, m.p[1]) }},
	{anchored(`from (\d.*|[0-9a-f]*:.*)`), func(m matched) bool { return from(m.r, m.p[1]) }},
	{anchored(`where (\S+) on (\S+) \((.*)\) does not hold(?: \(.*\))?`), func(m matched) bool {
		return !m.holds(m.r, m.p[1], m.p[2], items(m.p[3]))
	}},
	{anchored(`where its (NotResource|Resource) \((.*)\) (?:does not cover|covers) \S+`), func(m matched) bool {
		doc, err := policies.Parse([]byte(policy(m.question.Policy.Version, []any{map[string]any{
			"Effect": "Deny", "Principal": "*", "Action": "*", m.p[1]: items(m.p[2])}})))
		return err != nil || doc.Evaluate(m.r).Effect != policies.Denied
	}},
	{anchored(`with (\S+) other than (.*)`), func(m matched) bool {
		return one(m.r, m.p[1]) != "" && !m.has(m.r, m.p[1], m.p[2], false)
	}},
	{anchored(`with (\S+) present, and not like (.*)`), func(m matched) bool {
		return one(m.r, m.p[1]) != "" && !m.has(m.r, m.p[1], m.p[2], true)
	}},
	{anchored(`with (\S+) present`), func(m matched) bool { return m.there() }},
	{anchored(`with (\S+) like (.*)`), func(m matched) bool { return m.has(m.r, m.p[1], m.p[2], true) }},
	{anchored(`with (\S+) (.*)`), func(m matched) bool { return m.has(m.r, m.p[1], m.p[2], false) }},
	{anchored(`without (\S+)`), func(m matched) bool { return !m.there() }},
	{anchored(`without (\S+) like (.*)`), func(m matched) bool { return !m.has(m.r, m.p[1], m.p[2], true) }},
	{anchored(`without (\S+) (.*)`), func(m matched) bool { return !m.has(m.r, m.p[1], m.p[2], false) }},
}

// phrase tells whether a request is what a phrase describes, and whether its form is known.
func (tr *trial) phrase(r policies.Request, phrase string) (is, known bool) {
	for _, d := range descriptions {
		if p := d.shape.FindStringSubmatch(phrase); p != nil {
			return d.is(matched{tr, r, p}), true
		}
	}
	return false, false
}

// anchored is the expression for a whole text.
func anchored(shape string) *regexp.Regexp { return regexp.MustCompile("^" + shape + "$") }

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
	role = role[strings.LastIndexByte(role, '/')+1:]
	session := "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + r.Caller.Session
	identities := []string{r.Caller.ARN, account, id, session}
	return slices.ContainsFunc(names, func(name string) bool {
		name, session, inSession := strings.Cut(name, " in session ")
		if strings.HasPrefix(name, "user/") || strings.HasPrefix(name, "role/") {
			name = "arn:aws:iam::" + account + ":" + name
		}
		if tr.question.Policy.Variables() {
			name = variable.ReplaceAllStringFunc(name, func(v string) string { return one(r, v[2:len(v)-1]) })
		}
		is := slices.ContainsFunc(identities, func(identity string) bool { return equal(name, identity) })
		return (is || patterns && policies.Glob(name, r.Caller.ARN)) && (!inSession || session == r.Caller.Session)
	})
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

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
	return list == nil || slices.ContainsFunc(operators, func(o string) bool { return tr.holds(r, o, key, list) })
}

// holds asks the evaluator for one condition.
func (tr *trial) holds(r policies.Request, operator, key string, values []string) bool {
	asked := strings.Join(append([]string{operator, key}, values...), "\n")
	doc, read := tr.conditions[asked]
	if !read {
		doc, _ = policies.Parse([]byte(policy(cmp.Or(tr.question.Policy.Version, "2008-10-17"), []any{map[string]any{
			"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
			"Condition": map[string]any{operator: map[string]any{key: values}}}})))
		if tr.conditions == nil {
			tr.conditions = map[string]*policies.Document{}
		}
		tr.conditions[asked] = doc
	}
	return doc != nil && doc.Evaluate(r).Effect == policies.Denied
}
