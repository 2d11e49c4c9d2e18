package oracle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"locksmith/policies"
)

// A generator makes pairs. It is seeded: the same number gives the same pair on every machine.
type generator struct{ *rand.Rand }

func newGenerator(category string, number int) generator {
	seed := uint64(14695981039346656037) // FNV-1a, so that the categories do not share their numbers
	for _, b := range []byte(category) {
		seed = (seed ^ uint64(b)) * 1099511628211
	}
	return generator{rand.New(rand.NewPCG(seed, uint64(number)))}
}

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

// families in the order of their names; ranging over the map would not repeat.
var families = []string{"addresses", "arns", "binaries", "booleans", "dates", "numbers", "sets", "strings"}

// categories name what a pair is about; each stands for a way of making its statements.
var categories = append(slices.Clone(families), "parts of an ARN", "presence", "variables", "old variables",
	"principals", "not principals", "actions", "resources", "several")

const perCategory = 260

// generated are all pairs, without answers. One that the simulator is known to misread is followed by the same in
// other words.
func generated() []Pair {
	var pairs []Pair
	add := func(p Pair) {
		pairs = append(pairs, p)
		if said, names := otherwise(p); len(names) > 0 {
			pairs = append(pairs, said)
		}
	}
	for _, category := range categories {
		for n := range perCategory {
			add(pair(category, n))
		}
	}
	return pairs
}

func pair(category string, number int) Pair {
	g := newGenerator(category, number)
	r := g.request()
	version, statements := "2012-10-17", []any{}
	switch category {
	case "several":
		version = pick(g, "2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17")
		for range 2 + g.IntN(4) {
			statements = append(statements, g.statement(r, version, pick(g, categories[:len(categories)-1]...),
				pick(g, families...)))
		}
	case "old variables":
		version = pick(g, "2008-10-17", "")
		statements = append(statements, g.statement(r, version, "variables"))
	default:
		about := []string{category}
		if g.chance(30) && slices.Contains(families, category) {
			about = append(about, category)
		}
		statements = append(statements, g.statement(r, version, about...))
	}
	policy := map[string]any{"Statement": statements}
	if version != "" {
		policy["Version"] = version
	}
	text, err := json.Marshal(policy)
	if err != nil {
		panic(err) // the maps above hold strings only
	}
	return Pair{ID: fmt.Sprintf("%s/%d", category, number), Policy: text, Request: r}
}

// statement is about the given categories at once.
func (g generator) statement(r Request, version string, about ...string) map[string]any {
	s := map[string]any{"Effect": "Deny", "Principal": pick[any](g, "*", map[string]any{"AWS": "*"}),
		"Action": pick(g, "*", r.Action[:strings.Index(r.Action, ":")]+":*"), "Resource": "*"}
	conditions := map[string]map[string]any{}
	for _, category := range about {
		switch category {
		case "principals":
			s["Principal"] = g.principals(r)
		case "not principals":
			delete(s, "Principal")
			s["NotPrincipal"] = g.notPrincipals(r)
		case "actions":
			delete(s, "Action")
			s[pick(g, "Action", "Action", "NotAction")] = g.actions(r)
		case "resources":
			delete(s, "Resource")
			s[pick(g, "Resource", "Resource", "NotResource")] = g.resources(r, version)
		default:
			operator, key, values := g.condition(r, category)
			if conditions[operator] == nil {
				conditions[operator] = map[string]any{}
			}
			conditions[operator][key] = values
		}
	}
	if len(conditions) > 0 {
		s["Condition"] = conditions
	}
	return s
}

func (g generator) principals(r Request) any {
	one := map[string]any{"AWS": pick[any](g, r.Principal, account, "arn:aws:iam::111122223333:root", "444455556666",
		"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:user/kim",
		[]string{"444455556666", r.Principal}, []string{"arn:aws:sts::111122223333:assumed-role/Admin/kim",
			"arn:aws:iam::111122223333:user/zoe"}, sessionOf(r), strings.ToUpper(r.Principal[:3])+r.Principal[3:])}
	return pick[any](g, "*", one, one, one, one, one, map[string]any{"Service": "sns.amazonaws.com"},
		map[string]any{"Service": "s3.amazonaws.com", "AWS": r.Principal})
}

// notPrincipals lists some of what the caller is, so that some are spared.
func (g generator) notPrincipals(r Request) any {
	var listed []string
	for _, identity := range []string{pick(g, account, "arn:aws:iam::111122223333:root"), r.Principal, sessionOf(r),
		"arn:aws:iam::111122223333:user/zoe", "444455556666"} {
		if g.chance(60) && !slices.Contains(listed, identity) {
			listed = append(listed, identity)
		}
	}
	if len(listed) == 0 {
		return map[string]any{"Service": "sns.amazonaws.com"}
	}
	return map[string]any{"AWS": listed}
}

// sessionOf is the caller's session ARN, for a role; otherwise its principal.
func sessionOf(r Request) string {
	if r.Kind != policies.Role {
		return r.Principal
	}
	owner := strings.Split(r.Principal, ":")[4]
	name := r.Principal[strings.LastIndexByte(r.Principal, '/')+1:]
	return "arn:aws:sts::" + owner + ":assumed-role/" + name + "/" + r.Session
}

func (g generator) actions(r Request) []string {
	service, name, _ := strings.Cut(r.Action, ":")
	var values []string
	for range 1 + g.IntN(3) {
		values = append(values, pick(g, r.Action, strings.ToLower(r.Action), strings.ToUpper(service)+":"+name,
			service+":"+name[:3]+"*", service+":*"+name[4:], service+":?"+name[1:],
			service+":"+name[:len(name)-1], "s3:*BucketPolicy", "s3:Get*", "sqs:*", "sns:*", "*", service+":*e*e*"))
	}
	return values
}

func (g generator) resources(r Request, version string) []string {
	var values []string
	for range 1 + g.IntN(3) {
		v := pick(g, r.Resource, r.Resource, r.Resource[:len(r.Resource)-2]+"*", r.Resource[:len(r.Resource)-1]+"?", bucket,
			bucket+"/*", bucket+"*", "arn:aws:s3:::pay*", "arn:aws:s3:::*", "*", queue,
			"arn:aws:sqs:*:111122223333:jobs", "arn:aws:sqs:*:*:j*", "arn:aws:s3:::Payroll",
			"arn:aws:s3:::payroll/${aws:username}/*", "arn:aws:sqs:eu-central-1:111122223333:*", "arn:*:s3:::payroll")
		if version != "2012-10-17" && strings.Contains(v, "${") {
			v = bucket
		}
		values = append(values, v)
	}
	return values
}
