package exhaustive

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"
)

// A generator makes up questions. The same seed makes the same question.
type generator struct{ *rand.Rand }

// Generate makes up the question of a seed.
func Generate(seed int) Question {
	g := generator{rand.New(rand.NewPCG(uint64(seed), 10))}
	q := Question{Resource: "arn:aws:s3:::payroll", Account: "111122223333",
		Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	if g.chance(4) {
		q.Resource = "arn:aws:sqs:eu-west-1:111122223333:jobs"
	}
	if g.chance(2) {
		q.Organization = "o-a1b2c3d4e5"
	}
	if g.chance(3) {
		for range 1 + g.IntN(2) {
			q.Administrators = append(q.Administrators, pick(g, administrators))
		}
	}
	p := &Policy{Version: "2012-10-17"}
	if g.chance(15) {
		p.Version = pick(g, []string{"2008-10-17", ""})
	}
	families := []func(*Question, *Policy){g.guarded, g.several, g.partial, g.people, g.tied, g.opposed, g.opposed,
		g.several,
		g.related, g.related, g.named, g.elsewhere}
	families[g.IntN(len(families))](&q, p)
	text, _ := json.Marshal(p)
	q.Policy = string(text)
	return q
}

var administrators = []string{"arn:aws:iam::111122223333:role/Ops", "arn:aws:iam::*:role/Admin",
	"arn:aws:iam::111122223333:user/alice",
	"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_*",
	"arn:aws:iam::111122223333:role/team-*",
	"arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:role/*",
	"arn:aws:iam::*:role/OrganizationAccountAccessRole"}

// chance is true once in n times.
func (g generator) chance(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g generator, all []T) T { return all[g.IntN(len(all))] }

// statement is a Deny of everything to everybody.
func (g generator) statement(q *Question) Statement {
	s := Statement{Effect: "Deny", Principals: []Principal{{"*", "*"}},
		Resources: []string{q.Resource, q.Resource + "/*"}}
	if q.s3() {
		s.Actions = []string{"s3:*"}
	} else {
		s.Actions, s.Resources = []string{"sqs:*"}, []string{q.Resource}
	}
	if g.chance(2) {
		s.Sid = pick(g, []string{"A", "B", "C", "D", "E", "F"})
	}
	if g.chance(10) {
		s.Resources = []string{pick(g, []string{"*", q.Resource + "*", "arn:aws:s3:::*", q.Resource + "/*",
			"arn:aws:s3:::other"})}
	}
	return s
}

// condition is a condition of the vocabulary; guards are mostly negated.
func (g generator) condition(w guard) Condition {
	c := Condition{Operator: pick(g, w.operators), Key: w.key}
	if g.chance(8) {
		return on("Null", w.key, pick(g, booleans))
	}
	for range 1 + g.IntN(3)*g.IntN(2) {
		c.Values = append(c.Values, pick(g, w.values))
	}
	c.Values = distinct(c.Values)
	set := strings.HasPrefix(c.Operator, "For")
	switch {
	case !set && g.chance(5) || set && g.chance(12):
		c.Operator += "IfExists"
	case !set && g.chance(30):
		c.Operator = pick(g, []string{"ForAllValues:", "ForAnyValue:"}) + c.Operator
	case g.chance(80):
		c.Operator = strings.ToLower(c.Operator)
	}
	return c
}

func (g generator) conditions(s *Statement, n int, from []guard) {
	seen := map[string]bool{}
	for range n {
		c := g.condition(pick(g, from))
		if id := strings.ToLower(c.Operator + c.Key); !seen[id] {
			seen[id] = true
			s.Conditions = append(s.Conditions, c)
		}
	}
}

// some is a small part of the vocabulary, so that statements speak of the same keys.
func (g generator) some(n int) (all []guard) {
	for range n {
		all = append(all, pick(g, guards))
	}
	return all
}

// guarded is a deny-all with guards.
func (g generator) guarded(q *Question, p *Policy) {
	s := g.statement(q)
	g.conditions(&s, 1+g.IntN(3), guards)
	p.Statements = append(p.Statements, s)
}

// several are one to six statements over few keys.
func (g generator) several(q *Question, p *Policy) {
	from := g.some(2 + g.IntN(4))
	for range 1 + g.IntN(6) {
		s := g.statement(q)
		g.conditions(&s, 1+g.IntN(3), from)
		if g.chance(20) {
			s.Effect = "Allow"
		}
		p.Statements = append(p.Statements, s)
	}
}

// partial are statements on parts of the actions.
func (g generator) partial(q *Question, p *Policy) {
	from := g.some(2)
	for range 1 + g.IntN(4) {
		s := g.statement(q)
		s.Not[notAction] = g.chance(3)
		s.Actions = nil
		for range 1 + g.IntN(2) {
			s.Actions = append(s.Actions, pick(g, actions[q.s3()]))
		}
		s.Actions = distinct(s.Actions)
		g.conditions(&s, g.IntN(3), from)
		p.Statements = append(p.Statements, s)
	}
}

var actions = map[bool][]string{
	true: {"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:*BucketPolicy", "s3:*", "s3:GetObject", "s3:Put*",
		"s3:Delete*", "s3:Get*", "s3:*Bucket*",
		"s3:ListBucket", "S3:putbucketPOLICY", "*", "s3:PutObject", "s3:?utBucketPolicy"},
	false: {"sqs:SetQueueAttributes", "sqs:RemovePermission", "sqs:*", "sqs:SendMessage", "SQS:*", "sqs:*e*",
		"sqs:ReceiveMessage", "sqs:Get*", "*"},
}

// people are statements with all forms of principals.
func (g generator) people(q *Question, p *Policy) {
	from := append(g.some(1), guards[0], guards[6])
	for range 1 + g.IntN(4) {
		s := g.statement(q)
		s.Not[notPrincipal] = g.chance(2)
		s.Principals = nil
		for range 1 + g.IntN(3) {
			s.Principals = append(s.Principals, pick(g, spoken))
		}
		g.conditions(&s, g.IntN(3), from)
		p.Statements = append(p.Statements, s)
	}
}

var spoken = []Principal{{"AWS", "111122223333"}, {"AWS", "arn:aws:iam::111122223333:root"},
	{"AWS", "arn:aws:iam::111122223333:role/Ops"},
	{"AWS", "arn:aws:iam::111122223333:role/Admin"}, {"AWS", "arn:aws:sts::111122223333:assumed-role/Ops/deploy"},
	{"AWS", "999988887777"},
	{"AWS", "arn:aws:iam::111122223333:user/alice"}, {"AWS", "arn:aws:sts::111122223333:federated-user/bob"},
	{"Service", "s3.amazonaws.com"},
	{"AWS", "arn:aws:iam::999988887777:role/Ops"}, {"AWS", "AROACKCEVSQ6C2EXAMPLE"}, {"AWS", "AIDACKCEVSQ6C2EXAMPLE"},
	{"CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
	{"Federated", "cognito-identity.amazonaws.com"},
	{"AWS", "arn:aws:sts::111122223333:assumed-role/Admin/deploy"}, {"AWS", "arn:aws:iam::111122223333:role/team-a"}}

// tied are statements with variables.
func (g generator) tied(q *Question, p *Policy) {
	p.Version = "2012-10-17"
	from := append(g.some(1), guard{"aws:ResourceTag/team", globs, []string{"ops", "dev-*", "*"}},
		guard{"aws:PrincipalTag/team", texts, []string{"ops", "dev"}})
	for range 1 + g.IntN(4) {
		s := g.statement(q)
		for range g.IntN(3) {
			s.Conditions = append(s.Conditions, pick(g, ties))
		}
		g.conditions(&s, g.IntN(2), from)
		s.Conditions = once(s.Conditions)
		p.Statements = append(p.Statements, s)
	}
}

// once drops conditions that repeat an operator with its key, since a JSON object has each member once.
func once(all []Condition) (kept []Condition) {
	seen := map[string]bool{}
	for _, c := range all {
		if !seen[c.Operator+c.Key] {
			seen[c.Operator+c.Key] = true
			kept = append(kept, c)
		}
	}
	return kept
}

// opposed are statements that together leave little or nothing: conditions beside what denies the rest.
func (g generator) opposed(q *Question, p *Policy) {
	for range 1 + g.IntN(2) {
		c := g.condition(pick(g, guards))
		a, b := g.statement(q), g.statement(q)
		a.Conditions, b.Conditions = []Condition{c}, []Condition{opposite(c)}
		if g.chance(3) {
			b.Conditions = []Condition{on("Null", c.Key, pick(g, booleans))}
		}
		if g.chance(3) {
			g.conditions(&b, 1, g.some(1))
			b.Conditions = once(b.Conditions)
		}
		p.Statements = append(p.Statements, a, b)
	}
	g.Shuffle(len(p.Statements), func(i, j int) {
		p.Statements[i], p.Statements[j] = p.Statements[j],
			p.Statements[i]
	})
}

// groups are keys that hang together.
var groups = [][]string{
	{"aws:SourceIp", "aws:SourceVpce", "aws:SourceVpc", "aws:SourceVpcArn", "aws:VpcSourceIp", "aws:ViaAWSService",
		"aws:SecureTransport"},
	{"aws:ViaAWSService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceIp",
		"aws:SecureTransport", "s3:TlsVersion"},
	{"aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge",
		"aws:PrincipalType"},
	{"aws:PrincipalArn", "aws:userid", "aws:username", "aws:PrincipalType", "aws:SourceIdentity"},
	{"aws:PrincipalOrgID", "aws:ResourceOrgID", "aws:PrincipalAccount", "aws:VpceOrgID", "aws:VpceAccount"},
}

// related are statements over one group of keys, often on whether a key is there.
func (g generator) related(q *Question, p *Policy) {
	group := pick(g, groups)
	var from []guard
	for _, w := range guards {
		for _, key := range group {
			if w.key == key {
				from = append(from, w)
			}
		}
	}
	for range 2 + g.IntN(4) {
		s := g.statement(q)
		g.conditions(&s, 1+g.IntN(2), from)
		if g.chance(3) {
			s.Conditions = once(append(s.Conditions, on("Null", pick(g, group), pick(g, booleans))))
		}
		p.Statements = append(p.Statements, s)
	}
}

// pattern makes up a glob from little pieces, so that patterns meet.
func (g generator) pattern(n int) string {
	var b strings.Builder
	for range 1 + g.IntN(n) {
		b.WriteString(pick(g, []string{"a", "b", "ab", "*", "*", "?", "/", "x-"}))
	}
	return b.String()
}

// named are statements on principals' names by patterns that meet, with administrators by patterns too.
func (g generator) named(q *Question, p *Policy) {
	prefix := []string{"arn:aws:iam::111122223333:role/", "arn:aws:iam::111122223333:user/", "arn:aws:iam::*:role/",
		"arn:aws:iam::111122223333:*"}
	if g.chance(2) {
		q.Administrators = nil
		for range 1 + g.IntN(2) {
			q.Administrators = append(q.Administrators, pick(g, prefix[:3])+strings.TrimRight(g.pattern(3),
				"/")+pick(g, []string{"", "*", "a"}))
		}
	}
	for range 1 + g.IntN(4) {
		s := g.statement(q)
		for range 1 + g.IntN(2) {
			switch g.IntN(4) {
			case 0:
				s.Conditions = append(s.Conditions, on(pick(g, texts), "aws:username", g.pattern(3)))
			case 1:
				s.Conditions = append(s.Conditions, on(pick(g, globs), "aws:userid",
					pick(g, []string{"*:", "AROA*:", "AROACKCEVSQ6C2EXAMPLE:"})+g.pattern(3)))
			default:
				s.Conditions = append(s.Conditions, on(pick(g, arns), "aws:PrincipalArn", pick(g, prefix)+g.pattern(4),
					pick(g, prefix)+g.pattern(3)))
			}
		}
		s.Conditions = once(s.Conditions)
		p.Statements = append(p.Statements, s)
	}
}

// elsewhere are statements whose Resource is a pattern, a NotResource, or holds a variable.
func (g generator) elsewhere(q *Question, p *Policy) {
	if g.chance(3) {
		g.called(q, p)
		return
	}
	from := g.some(2)
	for range 1 + g.IntN(3) {
		s := g.statement(q)
		s.Not[notResource] = g.chance(3)
		s.Resources = []string{pick(g, []string{q.Resource, q.Resource + "/*", "*", "arn:aws:s3:::pay*",
			"arn:aws:s3:::${aws:username}", "arn:aws:s3:::payroll?",
			"arn:aws:s3:::${aws:PrincipalTag/team}", "arn:aws:sqs:*:*:jobs",
			"arn:aws:sqs:eu-west-1:111122223333:${aws:PrincipalTag/team}", "arn:aws:s3:::*roll"})}
		g.conditions(&s, g.IntN(2), from)
		p.Statements = append(p.Statements, s)
	}
}

// called are statements on a bucket whose name is a value that a key can have, and whose Resource speaks of that key.
func (g generator) called(q *Question, p *Policy) {
	name := pick(g, [][]string{{"vpce-1a2b3c4d", "aws:SourceVpce"}, {"vpc-1a2b3c4d", "aws:SourceVpc"},
		{"true", "aws:ViaAWSService", "aws:SecureTransport", "aws:MultiFactorAuthPresent"},
		{"111122223333", "aws:PrincipalAccount", "aws:VpceAccount"}, {"o-a1b2c3d4e5", "aws:PrincipalOrgID"},
		{"athena.amazonaws.com", "aws:CalledViaFirst", "aws:CalledViaLast"}, {"ops", "aws:PrincipalTag/team"},
		{"deploy", "aws:SourceIdentity", "aws:username"}, {"eu-west-1", "aws:RequestedRegion"}})
	p.Version, q.Resource = "2012-10-17", "arn:aws:s3:::"+name[0]
	from := g.some(1)
	for range 1 + g.IntN(3) {
		s := g.statement(q)
		s.Not[notResource] = g.chance(2)
		s.Resources = []string{"arn:aws:s3:::${" + pick(g, name[1:]) + "}"}
		if g.chance(4) {
			s.Resources = append(s.Resources, pick(g, []string{q.Resource, "arn:aws:s3:::*-1", "*"}))
		}
		g.conditions(&s, g.IntN(2), from)
		p.Statements = append(p.Statements, s)
	}
}

// opposite is roughly the negation of a condition.
func opposite(c Condition) Condition {
	if c.Operator == "Null" || strings.Contains(c.Operator, "Bool") {
		c.Values = []string{map[string]string{"true": "false", "false": "true"}[c.Values[0]]}
		return c
	}
	for _, pair := range [][2]string{{"NotEquals", "Equals"}, {"NotLike", "Like"}, {"NotIpAddress", "IpAddress"},
		{"LessThanEquals", "GreaterThan"},
		{"GreaterThanEquals", "LessThan"}, {"LessThan", "GreaterThanEquals"}, {"GreaterThan", "LessThanEquals"},
		{"IpAddress", "NotIpAddress"}, {"Like", "NotLike"},
		{"Equals", "NotEquals"}} {
		if strings.Contains(c.Operator, pair[0]) {
			c.Operator = strings.Replace(c.Operator, pair[0], pair[1], 1)
			break
		}
	}
	return c
}
