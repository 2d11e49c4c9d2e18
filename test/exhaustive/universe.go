package exhaustive

import (
	"maps"
	"slices"
	"strings"
)

// A universe derives the values that a question's requests are made of from everything that the policy's Deny
// statements say.
type universe struct {
	q        *Question
	p        *Policy
	deny     []*Statement
	mentions map[string][]mention // by key in lower case
	seeds    map[string][]string  // more values, for keys that variables tie to others
	explorer *explorer
	sampled  bool
	factored map[string]factor            // what scenes have in common
	told     map[string]map[vector]*value // and what the tests say of it
}

// A mention is one value that a condition names for a key.
type mention struct {
	base, value string
}

func newUniverse(q *Question, p *Policy, e *explorer) *universe {
	u := &universe{q: q, p: p, mentions: map[string][]mention{}, seeds: map[string][]string{}, explorer: e,
		factored: map[string]factor{}, told: map[string]map[vector]*value{}}
	for i := range p.Statements {
		if p.Statements[i].Effect == "Deny" {
			u.deny = append(u.deny, &p.Statements[i])
		}
	}
	for _, s := range u.deny {
		for _, c := range s.Conditions {
			key := strings.ToLower(c.Key)
			base := readOperator(c.Operator).base
			u.mentions[key] = append(u.mentions[key], mention{base, ""})
			for _, v := range c.Values {
				u.mentions[key] = append(u.mentions[key], mention{base, v})
				for _, k := range variablesIn(v) {
					u.mentions[k] = append(u.mentions[k], mention{"variable", ""})
				}
			}
		}
	}
	u.resources()
	u.tie()
	return u
}

// resources lets the variables in a Resource element take the values by which the resource is covered, and others.
func (u *universe) resources() {
	for _, s := range u.deny {
		for _, pattern := range s.Resources {
			keys := variablesIn(pattern)
			if !u.p.Live() {
				continue
			}
			for _, k := range keys {
				u.mentions[k] = append(u.mentions[k], mention{"variable", ""})
				u.seeds[k] = distinct(append(u.seeds[k], "qz7"))
			}
			if len(keys) == 1 {
				u.seeds[keys[0]] = distinct(append(u.seeds[keys[0]], between(pattern, []string{u.q.Resource})...))
			}
		}
	}
}

// mentioned tells whether the policy says anything about a key.
func (u *universe) mentioned(key string) bool { return len(u.mentions[key]) > 0 }

// tie lets keys that a variable ties together take each other's values.
func (u *universe) tie() {
	if !u.p.Live() {
		return
	}
	for range 2 {
		for _, key := range slices.Sorted(maps.Keys(u.mentions)) {
			all := u.mentions[key]
			for _, m := range all {
				keys := variablesIn(m.value)
				for _, k := range keys {
					u.seeds[k] = distinct(slices.Concat(u.seeds[k], []string{"qz7", "qz8"}, u.own(k), u.samples(k)))
				}
				if len(keys) == 1 {
					u.seeds[keys[0]] = distinct(append(u.seeds[keys[0]], u.behind(key, m.value)...))
				}
			}
		}
	}
	for k, all := range u.seeds {
		u.seeds[k] = all[:min(len(all), 24)]
	}
}

// behind are the values that a variable would have, for the value around it to be one that the key is compared with
// elsewhere.
func (u *universe) behind(key, value string) []string {
	return between(value, slices.Concat(u.seeds[key], u.own(key), u.samples(key)))
}

// between are the values that a pattern's one variable would have, for the pattern to match a candidate.
func between(value string, candidates []string) (all []string) {
	at := variable.FindStringIndex(value)
	before, after := pieces(value[:at[0]]), pieces(value[at[1]:])
	for _, c := range candidates {
		found := 0
		for i := 0; i <= len(c) && found < 4; i++ {
			if !glob(before, c[:i]) {
				continue
			}
			for j := len(c); j >= i && found < 4; j-- {
				if glob(after, c[j:]) {
					all, found = append(all, c[i:j]), found+1
				}
			}
		}
	}
	return all
}

// own are values that the policy names for a key, with something in the place of wildcards.
func (u *universe) own(key string) (all []string) {
	for _, m := range u.mentions[key] {
		if m.value != "" && !strings.Contains(m.value, "${") {
			all = append(all, strings.NewReplacer("*", "qz7", "?", "q").Replace(m.value))
		}
	}
	return all
}

// samples are values that a key can have, whatever the policy says.
func (u *universe) samples(key string) []string {
	switch key {
	case "aws:principalarn":
		return append(u.spokenOf(), u.prefix(user)+"qz7", u.prefix(role)+"qz7")
	case "aws:userid":
		return []string{"AIDAQZ70000000000000Z", "AROAQZ70000000000000Z:qz7", u.q.Account + ":qz7"}
	case "aws:username":
		names := []string{"qz7"}
		for _, arn := range u.spokenOf() {
			names = append(names, arn[strings.LastIndexByte(arn, '/')+1:])
		}
		return names
	case "aws:principaltype":
		return []string{"User", "AssumedRole", "FederatedUser"}
	case "aws:principalaccount", "aws:resourceaccount", "s3:resourceaccount":
		return []string{u.q.Account}
	case "aws:principalorgid", "aws:resourceorgid":
		return []string{u.q.Organization}
	}
	s := u.shapeOf(key)
	return u.explorer.explore(s.expression, s.letters, nil)
}

// spokenOf are the ARNs of principals that the policy or the administrators name, with something in the place of
// wildcards.
func (u *universe) spokenOf() (all []string) {
	named := slices.Clone(u.q.Administrators)
	for _, m := range u.mentions["aws:principalarn"] {
		named = append(named, m.value)
	}
	for _, s := range u.deny {
		for _, p := range s.Principals {
			named = append(named, p.Value)
		}
	}
	for _, n := range named {
		if strings.Contains(n, "/") && !strings.Contains(n, "${") {
			all = append(all, strings.NewReplacer("::*:", "::"+u.q.Account+":", "*", "qz7", "?", "q").Replace(n))
		}
	}
	return all
}

func distinct(all []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
}

// written are the patterns that a mention can stand for: with each value that its variables may have.
func (u *universe) written(m mention) [][]piece {
	if m.value == "" {
		return nil
	}
	keys := variablesIn(m.value)
	if !u.p.Live() || len(keys) == 0 {
		p, _ := expand(m.value, u.p.Live(), nil)
		return [][]piece{p}
	}
	contexts := []map[string][]string{{}}
	for _, k := range keys {
		var more []map[string][]string
		for _, c := range contexts {
			for _, s := range u.seeds[k] {
				with := map[string][]string{k: {s}}
				for k2, v := range c {
					with[k2] = v
				}
				more = append(more, with)
			}
		}
		contexts = append(contexts[:1], more...)
		contexts = contexts[:min(len(contexts), 20)]
	}
	var all [][]piece
	for _, c := range contexts {
		if p, state := expand(m.value, true, c); state == settled {
			all = append(all, p)
		}
	}
	return all
}

// patterns are the literal values and the glob patterns that the policy has for a key; globs are regular expressions.
func (u *universe) patterns(key string) (literals, globs []string) {
	for _, m := range u.mentions[key] {
		for _, p := range u.written(m) {
			text := plain(p)
			wild := slices.ContainsFunc(p, func(c piece) bool { return c.wild })
			switch {
			case m.base == "ArnLike" && wild:
				globs = append(globs, arnRegexp(p))
			case m.base == "StringLike" && wild:
				globs = append(globs, textRegexp(p))
			case m.base == "StringEqualsIgnoreCase":
				literals = append(literals, text, strings.ToLower(text), strings.ToUpper(text), mixed(text))
			default:
				literals = append(literals, text)
			}
		}
	}
	return append(literals, u.seeds[key]...), globs
}

// mixed is a text with its last letter in the other case.
func mixed(text string) string {
	for i := len(text) - 1; i >= 0; i-- {
		if c := text[i]; c|0x20 >= 'a' && c|0x20 <= 'z' {
			return text[:i] + string(rune(c^0x20)) + text[i+1:]
		}
	}
	return text
}

func plain(p []piece) string {
	b := make([]byte, len(p))
	for i, c := range p {
		b[i] = c.char
	}
	return string(b)
}

// A shape is what values a key can have: a regular expression, and letters that such values need.
type shape struct{ expression, letters string }

const tagLetters = `[A-Za-z0-9 _.:/=+@-]`

func (u *universe) shapeOf(key string) shape {
	account := u.q.Account
	switch {
	case strings.Contains(key, "tag/"):
		return shape{`^` + tagLetters + `*$`, ""}
	case key == "aws:sourcevpce":
		return shape{`^vpce-[0-9a-z]+$`, "vpce-0"}
	case key == "aws:sourcevpc", key == "aws:ec2instancesourcevpc":
		return shape{`^vpc-[0-9a-z]+$`, "vpc-0"}
	case key == "aws:sourcevpcarn":
		return shape{`^arn:` + u.q.partition() + `:ec2:[a-z]{2}-[a-z]+-[1-9]:[0-9]{12}:vpc/vpc-[0-9a-z]+$`,
			"arn:wsguov-ec2:eastw10/p" + u.q.partition()}
	case strings.HasSuffix(key, "account"):
		return shape{`^[0-9]{12}$`, "0123456789"}
	case key == "aws:vpceorgid" || strings.HasSuffix(key, "principalorgid"):
		return shape{`^o-[a-z0-9]{10}[a-z0-9]*$`, "o-a1"}
	case key == "aws:vpceorgpaths":
		return shape{`^o-[a-z0-9]{10}/r-[a-z0-9]{4}/(ou-[a-z0-9]{4}-[a-z0-9]{8}/)*$`, "o-a1/r-u"}
	case key == "aws:sourceidentity":
		return shape{`^` + nameClass + `{2}` + nameClass + `*$`, "a"}
	case key == "aws:requestedregion":
		return shape{`^[a-z]{2}-[a-z]+-[1-9]$`, "useatwh-123456789"}
	case key == "s3:accesspointnetworkorigin":
		return shape{`^(Internet|VPC)$`, "InternetVPC"}
	case key == "s3:dataaccesspointarn":
		return shape{`^arn:aws:s3:us-east-1:` + account + `:accesspoint/[a-z0-9-]+$`, "arn:wspecoit/-1" + account}
	case key == "aws:federatedprovider":
		return shape{`^(arn:aws:iam::` + account + `:saml-provider/[A-Za-z0-9.]+|arn:aws:iam::` + account +
			`:oidc-provider/[a-z0-9.]+|[a-z0-9.]+\.com)$`, "arn:wspecoit/-dmlv." + account}
	}
	if info, _ := lookup(key); info.kind == "ARN" {
		return shape{`^arn:aws:[a-z0-9-]+:[a-z]{2}-[a-z]+-[1-9]:[0-9]{12}:[a-z]+[:/][\x21-\x29\x2b-\x3e\x40-\x7e]+$`,
			"arn:wsuet-1/" + account}
	}
	return shape{`^[\x20-\x7e]+$`, "a"}
}

// texts are the values of a key that stands by itself: those named, and one for every way in which the patterns can
// match.
func (u *universe) texts(key string) []string {
	s := u.shapeOf(key)
	return u.textsOf(key, s)
}

func (u *universe) textsOf(key string, s shape) (all []string) {
	literals, globs := u.patterns(key)
	if key == "s3:accesspointnetworkorigin" {
		literals = append(literals, "Internet", "VPC")
	}
	can := u.explorer.regexp(s.expression)
	for _, l := range literals {
		for _, v := range []string{l, l + "0", strings.TrimSuffix(l, "0")} {
			if can.MatchString(v) {
				all = append(all, v)
			}
		}
	}
	return distinct(append(all, u.explorer.explore(s.expression, s.letters, globs)...))
}
