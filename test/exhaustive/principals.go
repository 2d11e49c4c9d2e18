package exhaustive

import (
	"regexp"
	"slices"
	"strings"
)

// An identity is who sends a request.
type identity struct{ kind, arn, session string }

// A class is a kind of sender, by what its sessions can carry.
type class struct {
	kind   string
	center bool // a role of IAM Identity Center
}

var senders = []class{{user, false}, {role, false}, {role, true}, {federated, false}}

const centerPath = "aws-reserved/sso.amazonaws.com/"

func (u *universe) prefix(kind string) string {
	switch kind {
	case federated:
		return "arn:" + u.q.partition() + ":sts::" + u.q.Account + ":federated-user/"
	case role:
		return "arn:" + u.q.partition() + ":iam::" + u.q.Account + ":role/"
	}
	return "arn:" + u.q.partition() + ":iam::" + u.q.Account + ":user/"
}

// namePatterns are all patterns that the policy has for a principal's ARN or its name, and the administrators', and
// the ARNs named as they stand.
func (u *universe) namePatterns(c class) (literals, globs []string) {
	literals, globs = u.patterns("aws:principalarn")
	for _, a := range u.q.Administrators {
		if strings.ContainsAny(a, "*?") {
			globs = append(globs, arnRegexp(pieces(a)))
		} else {
			literals = append(literals, a)
		}
	}
	names := u.principalNames(c)
	if c.kind == user {
		for _, m := range u.mentions["aws:username"] {
			for _, p := range u.written(m) {
				names = append(names, `^.*/`+globRegexp(p, "[^/]")+`$`)
				if m.base == "StringEqualsIgnoreCase" {
					names = append(names, `^.*/`+globRegexp(literal(mixed(plain(p))), "")+`$`,
						`^.*/`+globRegexp(literal(strings.ToUpper(plain(p))), "")+`$`,
						`^.*/`+globRegexp(literal(strings.ToLower(plain(p))), "")+`$`)
				}
			}
		}
		for _, s := range u.seeds["aws:username"] {
			names = append(names, `^.*/`+globRegexp(pieces(s), "[^/]")+`$`)
		}
	}
	for _, s := range u.deny {
		for _, p := range s.Principals {
			literals = append(literals, p.Value)
		}
	}
	return literals, append(globs, names...)
}

// principalNames are patterns for the names in session ARNs and in a federated user's aws:userid.
func (u *universe) principalNames(c class) (all []string) {
	if c.kind == role {
		for _, s := range u.deny {
			for _, p := range s.Principals {
				if m := strings.Split(p.Value, "/"); len(m) == 3 && strings.Contains(p.Value, ":assumed-role/") {
					all = append(all, `^.*/`+globRegexp(pieces(m[1]), "[^/]")+`$`)
				}
			}
		}
	}
	if c.kind == federated {
		for _, m := range u.mentions["aws:userid"] {
			for _, p := range u.written(m) {
				for _, name := range after(p, u.q.Account+":") {
					all = append(all, `^.*/`+globRegexp(name, "[^/]")+`$`)
					if m.base == "StringEqualsIgnoreCase" {
						all = append(all, `^.*/`+globRegexp(literal(mixed(plain(name))), "")+`$`)
					}
				}
			}
		}
	}
	return all
}

// literal is a text without wildcards.
func literal(text string) []piece {
	all := pieces(text)
	for i := range all {
		all[i].wild = false
	}
	return all
}

// after are the patterns that are left of a pattern once it has matched a text.
func after(p []piece, text string) (all [][]piece) {
	for i := range p {
		if !glob(p[:i+1], text) {
			continue
		}
		rest := p[i+1:]
		if p[i].wild && p[i].char == '*' {
			rest = p[i:]
		}
		all = append(all, rest)
	}
	return all
}

// arns are the ARNs of a class of senders that matter.
func (u *universe) arns(c class) (all []string) {
	prefix := u.prefix(c.kind)
	literals, globs := u.namePatterns(c)
	path := `([\x21-\x7e]+/)?`
	if c.kind == federated {
		path = nameClass
	}
	if c.center {
		path = centerPath + path
	}
	expression := `^` + regexp.QuoteMeta(prefix) + path + nameClass + `+$`
	if c.kind == role {
		globs = append(globs, `^`+globRegexp(pieces(prefix+"aws-service-role/*"), ".")+`$`,
			`^`+globRegexp(pieces(prefix+centerPath+"*"), ".")+`$`)
	}
	all = append(literals, u.explorer.explore(expression, prefix+centerPath+"!", globs)...)
	can := u.explorer.regexp(expression)
	return distinct(slices.DeleteFunc(all, func(arn string) bool {
		center := strings.HasPrefix(arn, prefix+centerPath)
		return !can.MatchString(arn) || !u.q.matters(arn) || c.kind == role && center != c.center
	}))
}

// ids are the values of aws:userid for users and role sessions.
func (u *universe) ids(c class) (all []string) {
	literals, globs := u.patterns("aws:userid")
	expression := `^AIDA[A-Z0-9]{17}$`
	if c.kind == role {
		expression = `^AROA[A-Z0-9]{17}:` + nameClass + `{2}` + nameClass + `*$`
	}
	for _, s := range u.deny {
		for _, p := range s.Principals {
			if uniqueID.MatchString(p.Value) {
				globs = append(globs, `^`+globRegexp(pieces(p.Value), ".")+`(:.*)?$`)
			}
			if m := strings.Split(p.Value, "/"); c.kind == role && len(m) == 3 &&
				strings.Contains(p.Value, ":assumed-role/") {
				globs = append(globs, `^.*:`+globRegexp(pieces(m[2]), ".")+`$`)
			}
		}
	}
	can := u.explorer.regexp(expression)
	all = slices.DeleteFunc(literals, func(s string) bool { return !can.MatchString(s) })
	return distinct(append(all, u.explorer.explore(expression, "AIDRO:Z0", globs)...))
}

// principals is the factor of who sends the request.
func (u *universe) principals(c class) factor {
	f := factor{keys: []string{"aws:principalarn", "aws:userid", "aws:username", "aws:principaltype"}}
	for _, arn := range u.arns(c) {
		name := arn[strings.LastIndexByte(arn, '/')+1:]
		ids := []string{u.q.Account + ":" + name}
		if c.kind != federated {
			ids = u.ids(c)
		}
		for _, id := range ids {
			v := value{id: &identity{c.kind, arn, ""}, set: map[string][]string{"aws:principalarn": {arn},
				"aws:userid": {id}}}
			switch c.kind {
			case user:
				v.set["aws:username"], v.set["aws:principaltype"] = []string{name}, []string{"User"}
			case role:
				_, v.id.session, _ = strings.Cut(id, ":")
				v.set["aws:principaltype"] = []string{"AssumedRole"}
			case federated:
				v.set["aws:principaltype"] = []string{"FederatedUser"}
			}
			v.ordinary = c.kind != federated && u.unnamed(c, arn, id)
			f.values = append(f.values, v)
		}
	}
	return f
}

// unnamed tells whether nothing that the policy says singles the principal out. Patterns that name no more than a kind
// do not.
func (u *universe) unnamed(c class, arn, id string) bool {
	resource := strings.SplitN(arn, ":", 6)[5]
	if strings.Count(resource, "/") != 1 || u.names("aws:principalarn", arn) || u.names("aws:userid", id) {
		return false
	}
	name := resource[strings.IndexByte(resource, '/')+1:]
	if slices.Contains(u.seeds["aws:username"], name) || slices.Contains(u.seeds["aws:principalarn"], arn) ||
		slices.Contains(u.seeds["aws:userid"], id) {
		return false
	}
	_, session, _ := strings.Cut(id, ":")
	for _, s := range u.deny {
		for _, p := range s.Principals {
			named := uniqueID.MatchString(p.Value) && strings.HasPrefix(id, p.Value)
			if named || strings.Contains(p.Value, "/"+name) || session != "" &&
				strings.HasSuffix(p.Value, "/"+session) {
				return false
			}
		}
	}
	return c.kind != user || !u.names("aws:username", name)
}

var namesNobody = regexp.MustCompile(`^([^/]*/)?[*?/]*$|^(AIDA|AROA)?[*?:]+$`)

// names tells whether a value is one that the policy names for the key, or fits a pattern that names more than a kind.
func (u *universe) names(key, v string) bool {
	for _, m := range u.mentions[key] {
		written := m.value
		if i := strings.LastIndexByte(v, '/'); key == "aws:principalarn" && strings.HasSuffix(written, v[i:]) {
			return true
		}
		if m.base == "ArnLike" || key == "aws:principalarn" {
			written = written[strings.LastIndexByte(written, ':')+1:]
		}
		if m.base == "StringLike" || m.base == "ArnLike" {
			if namesNobody.MatchString(written) {
				continue
			}
		}
		for _, p := range u.written(m) {
			if m.base == "ArnLike" && globARN(p, v) == Yes || m.base == "StringLike" && glob(p, v) ||
				strings.EqualFold(plain(p), v) {
				return true
			}
		}
	}
	return false
}

// mistaken is an administrator's pattern for this account that none of its principals can match, "" where there is
// none.
func (u *universe) mistaken() string {
	for _, a := range u.q.Administrators {
		ps := parts(pieces(a))
		if ps == nil || glob(ps[4], u.q.Account) && !u.possible(a) {
			return a
		}
	}
	return ""
}

// possible tells whether a user, a role or a federated user of the account can match a pattern. Service-linked roles
// do not count.
func (u *universe) possible(pattern string) bool {
	one := *u.q
	one.Administrators, one.Policy = []string{pattern}, ""
	alone := &universe{q: &one, p: &Policy{}, explorer: u.explorer}
	return slices.ContainsFunc(senders, func(c class) bool { return len(alone.arns(c)) > 0 })
}
