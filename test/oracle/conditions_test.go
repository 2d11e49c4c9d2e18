package oracle

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// request is one call with what it carries. Keys that need not be there are left out now and then.
func (g generator) request() Request {
	call := pick(g, calls...)
	r := Request{Action: call.action, Resource: call.resource, Account: account, Context: map[string]any{}}
	g.caller(&r)
	for _, subjects := range []map[string][]subject{global, call.subjects} {
		for _, family := range families {
			for _, s := range subjects[family] {
				if len(s.holds) == 0 || g.chance(30) {
					continue
				}
				r.Context[s.key] = pick(g, s.holds...)
				if s.several {
					r.Context[s.key] = s.holds[g.IntN(2) : 1+g.IntN(len(s.holds))]
				}
			}
		}
	}
	return r
}

// caller is a person or a program of the owning account, now and then one of another account, a service or nobody.
func (g generator) caller(r *Request) {
	owner := pick(g, account, account, account, account, "444455556666")
	name := pick(g, "Admin", "kim", "zoe")
	r.Kind = pick(g, policies.User, policies.Role, policies.Role, policies.Federated)
	switch r.Kind {
	case policies.User:
		r.Principal = "arn:aws:iam::" + owner + ":user/" + pick(g, "", "team/") + name
		r.Context["aws:username"], r.Context["aws:userid"], r.Context["aws:PrincipalType"] = name, "AIDAEXAMPLEEXAMPLE000",
			"User"
	case policies.Role:
		r.Principal, r.Session = "arn:aws:iam::"+owner+":role/"+pick(g, "", "ops/")+name, pick(g, "kim", "ci")
		r.Context["aws:userid"], r.Context["aws:PrincipalType"] = "AROAEXAMPLEEXAMPLE000:"+r.Session, "AssumedRole"
	default:
		r.Principal = "arn:aws:sts::" + owner + ":federated-user/" + name
		r.Context["aws:userid"], r.Context["aws:PrincipalType"] = owner+":"+name, "FederatedUser"
	}
	r.Context["aws:PrincipalArn"], r.Context["aws:PrincipalAccount"],
		r.Context["aws:PrincipalIsAWSService"] = r.Principal, owner, "false"
}

// subjects of a family that the call may carry, and the caller's own.
func subjects(r Request, family string) []subject {
	found := slices.Clone(global[family])
	for _, call := range calls {
		if call.action == r.Action {
			found = append(found, call.subjects[family]...)
		}
	}
	if family == "strings" {
		found = append(found, subject{key: "aws:username", asked: []string{"k*", "Admin"}},
			subject{key: "aws:userid", asked: []string{"AIDA*", "AROA*:kim", "*:ci"}},
			subject{key: "aws:PrincipalType", asked: []string{"User", "AssumedRole"}},
			subject{key: "aws:PrincipalAccount", asked: []string{account}})
	}
	return found
}

// condition is one test of the category: an operator, a key and values, a scalar now and then.
func (g generator) condition(r Request, category string) (operator, key string, values any) {
	family := category
	switch category {
	case "presence":
		s := pick(g, subjects(r, pick(g, families...))...)
		return "Null", s.key, pick[any](g, "true", "false", []string{"true", "false"}, []string{"false"})
	case "parts of an ARN": // a wildcard of an Arn… operator does not reach over a colon, one of String… does
		return pick(g, "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike", "StringNotLike"), "aws:SourceArn",
			pick(g, "arn:aws:*:111122223333:log-group:*", "arn:aws:*:eu-central-1:log-group:a:?", "arn:aws:*:*:log-group:*:b",
				"arn:*:111122223333:log-group:a:b", "arn:aws:logs:*:*:*", "arn:*:*:*:*:*:b")
	case "variables", "old variables":
		return g.variable(r)
	}
	s := pick(g, subjects(r, family)...)
	operator = pick(g, operators[family]...)
	switch {
	case s.several:
		operator = pick(g, "ForAllValues:", "ForAnyValue:") + operator
	case g.chance(8):
		// allowed, if ill-advised, with a key that has one value
		operator = pick(g, "ForAllValues:", "ForAnyValue:") + operator
	}
	if g.chance(25) && !strings.HasPrefix(operator, "ForAnyValue:") {
		operator += "IfExists"
	}
	var chosen []string
	for range 1 + g.IntN(3) {
		chosen = append(chosen, g.asked(r, s, family))
	}
	if len(chosen) == 1 && g.chance(50) {
		return operator, g.spelled(s.key), chosen[0]
	}
	return operator, g.spelled(s.key), chosen
}

// spelled varies the letter case of a key's name, which does not count. That of a tag's name is kept.
func (g generator) spelled(key string) string {
	if strings.Contains(key, "/") || g.chance(70) {
		return key
	}
	return pick(g, strings.ToLower(key), strings.ToUpper(key))
}

// asked is a value for a policy: from the vocabulary, or what the request holds, or a variation of it.
func (g generator) asked(r Request, s subject, family string) string {
	held := pick(g, s.asked...)
	switch v := r.Context[s.key].(type) {
	case string:
		held = v
	case []string:
		held = pick(g, append(slices.Clone(v), held)...)
	}
	switch {
	case g.chance(50), held == "":
		return pick(g, s.asked...)
	case family == "strings", family == "sets":
		return g.variation(held)
	case family == "arns":
		return g.arnVariation(held)
	}
	return held
}

// variation of a text: itself, with wildcards, in other letter case, or nearly it.
func (g generator) variation(v string) string {
	i := g.IntN(len(v))
	return pick(g, v, v, v[:i]+"*", "*"+v[i:], v[:i]+"?"+v[i+1:], v[:i]+"*"+v[i:], strings.ToUpper(v),
		strings.ToLower(v), v+"x", v[:i], "*"+v+"*", v+"*", v[:i]+"*"+v[i+1:])
}

// arnVariation varies one or two parts of an ARN.
func (g generator) arnVariation(v string) string {
	parts := strings.SplitN(v, ":", 6)
	for range 1 + g.IntN(2) {
		if i := 1 + g.IntN(len(parts)-1); parts[i] != "" && g.chance(70) {
			parts[i] = g.variation(parts[i])
		}
	}
	return strings.Join(parts, ":")
}

// variable is a test against another key of the request. In any version but 2012-10-17 it is a test against the text
// ${…}.
func (g generator) variable(r Request) (operator, key string, values any) {
	operator = pick(g, "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
		"ArnLike", "ArnNotLike", "StringEqualsIfExists")
	if strings.HasPrefix(operator, "Arn") {
		return operator, "aws:PrincipalArn", pick[any](g, "arn:aws:iam::111122223333:user/${aws:username}",
			"arn:aws:iam::${aws:PrincipalAccount}:*", "arn:aws:iam::${aws:SourceAccount}:role/*",
			"arn:aws:iam::111122223333:role/${aws:PrincipalTag/role, 'Admin'}",
			"arn:aws:${aws:PrincipalTag/service, 'iam'}::*:*/kim")
	}
	if g.chance(25) {
		return operator, pick(g, "aws:userid", "aws:SourceIdentity"), pick[any](g, "*:${aws:SourceIdentity}",
			"${aws:username}", "${aws:SourceIdentity}", "${aws:PrincipalTag/who, 'kim'}", "k${?}m", "k?m",
			"${aws:username, 'zoe'}")
	}
	return operator, "aws:PrincipalTag/team", pick[any](g, "${aws:ResourceTag/team}", "${aws:ResourceTag/team, 'red'}",
		"${AWS:resourcetag/team}", "r${*}d", "r*d", "${aws:PrincipalTag/team}",
		[]string{"blue", "${aws:ResourceTag/team}"}, "${aws:ResourceTag/team}*", "${aws:username}",
		"re${aws:PrincipalTag/none, 'd'}")
}
