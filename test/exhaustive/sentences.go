package exhaustive

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"locksmith/policies/lockout"
)

// An only is a form of "only …": conditions that hold for exactly the requests it speaks of. Each is a Deny of its own.
type only struct {
	form   *regexp.Regexp
	denies func(u *universe, said []string) []Condition
}

var onlies = []only{
	{regexp.MustCompile(`^only as a federated user`), func(*universe, []string) []Condition {
		return []Condition{on("StringEquals", "aws:PrincipalType", "FederatedUser")}
	}},
	{regexp.MustCompile(`^only for ((?:user|role)/\S+)$`), func(u *universe, said []string) []Condition {
		return []Condition{on("StringLike", "aws:PrincipalArn", "arn:"+u.q.partition()+":iam::"+u.q.Account+":"+said[1])}
	}},
	{regexp.MustCompile(`^only at a later time`), func(u *universe, _ []string) []Condition {
		return []Condition{on("DateGreaterThan", "aws:CurrentTime", u.q.Now.Format("2006-01-02T15:04:05Z"))}
	}},
	{regexp.MustCompile(`^only from an IPv6 address`), func(*universe, []string) []Condition {
		return []Condition{on("IpAddress", "aws:SourceIp", "::/0")}
	}},
	{regexp.MustCompile(`^only from ([0-9a-f.:]+(?:/[0-9]+)?)$`), func(_ *universe, said []string) []Condition {
		return []Condition{on("IpAddress", "aws:SourceIp", said[1])}
	}},
	{regexp.MustCompile(`^only over plain HTTP$`), func(*universe, []string) []Condition {
		return []Condition{on("Bool", "aws:SecureTransport", "false")}
	}},
	{regexp.MustCompile(`^only through a VPC endpoint$`), func(*universe, []string) []Condition {
		return []Condition{on("Null", "aws:SourceVpce", "false"), on("Null", "aws:SourceVpc", "false")}
	}},
	{regexp.MustCompile(`^only through the VPC endpoint (\S+)$`), func(_ *universe, said []string) []Condition {
		return []Condition{on("StringLike", "aws:SourceVpce", said[1])}
	}},
	{regexp.MustCompile(`^only through a VPC endpoint in (\S+)$`), func(_ *universe, said []string) []Condition {
		return []Condition{on("StringLike", "aws:SourceVpc", said[1]), on("ArnLike", "aws:SourceVpcArn", "arn:*:ec2:*:*:vpc/"+said[1])}
	}},
	{regexp.MustCompile(`^only through (\S+\.amazonaws\.com)$`), func(_ *universe, said []string) []Condition {
		return []Condition{on("ForAnyValue:StringEquals", "aws:CalledVia", said[1])}
	}},
	{regexp.MustCompile(`^only with (\S+:\S+) (.+)$`), func(_ *universe, said []string) []Condition { return onlyWith(said[1], said[2]) }},
}

// onlyWith is a claim on one key's value.
func onlyWith(key, v string) []Condition {
	info, ok := lookup(key)
	operators := map[string]string{"String": "StringEqualsIgnoreCase", "ARN": "StringLike", "Bool": "Bool", "Numeric": "NumericEquals", "Date": "DateEquals",
		"IP": "IpAddress"}
	if !ok || info.many {
		return nil
	}
	operator := operators[info.kind]
	if strings.ContainsAny(v, "*?") {
		operator = "StringLike"
	}
	return []Condition{on(operator, key, v)}
}

// sentences checks what is said against the search: a claim that something holds only for some requests is false where another one passes.
func (c *comparison) sentences() {
	for _, reason := range c.v.Reasons {
		if strings.Contains(reason, "${") {
			continue
		}
		for _, o := range onlies {
			if said := o.form.FindStringSubmatch(reason); said != nil {
				c.onlyTrue(reason, o.denies(c.t.u, said))
				break
			}
		}
		c.statementTrue(reason)
		if c.v.Answer != lockout.Restricted && len(c.q.Administrators) > 0 && strings.Contains(reason, " to everyone") {
			c.say(Sentence, nil, "administrators are named, and it says: %s", reason)
		}
	}
}

// with is the question with other statements.
func (c *comparison) with(version string, statements []Statement) *Truths {
	text, err := json.Marshal(&Policy{Version: version, Statements: statements})
	if err != nil {
		return nil
	}
	q := *c.q
	q.Policy = string(text)
	t, err := Ask(&q, c.t.u.explorer)
	if err != nil || t.TooMany {
		return nil
	}
	return t
}

// everybody is a Deny of everything under a condition, with a label so that it does not stand in RemovePermission's way.
func everybody(conditions ...Condition) Statement {
	return Statement{Sid: "claim", Effect: "Deny", Principals: []Principal{{"*", "*"}}, Actions: []string{"*"}, Resources: []string{"*"},
		Conditions: conditions}
}

// onlyTrue checks that nothing passes once the requests of the claim are denied too.
func (c *comparison) onlyTrue(reason string, claim []Condition) {
	if len(claim) == 0 {
		return
	}
	all := slices.Clone(c.t.u.p.Statements)
	for _, one := range claim {
		all = append(all, everybody(one))
	}
	if t := c.with(c.t.u.p.Version, all); t != nil && !t.u.sampled {
		if r := t.Recovery(false, true); r != nil {
			if err := t.sure(r); err != nil {
				c.say(Broken, r, "%v", err)
				return
			}
			c.say(Sentence, r, "it says %q, and this request passes too", reason)
		}
	}
}

var (
	saysStatement = regexp.MustCompile(`^statement (#[0-9]+|\S+) denies ((?:s3|sqs):\S+(?: and (?:s3|sqs):\S+)?) to `)
	saysHolds     = regexp.MustCompile(`its condition (\S+) on (\S+) \(([^()]*)\) holds for every request`)
	saysNever     = regexp.MustCompile(`(\S+:\S+) is never present when a person changes the policy`)
	saysLeft      = regexp.MustCompile(`no statement denies (\S+),`)
	saysPossible  = regexp.MustCompile(`^(\S+) is still possible`)
)

// statementTrue checks a sentence on one statement.
func (c *comparison) statementTrue(reason string) {
	if m := saysLeft.FindStringSubmatch(reason); m != nil && slices.ContainsFunc(c.t.u.deny, func(s *Statement) bool { return s.coversAction(m[1]) }) {
		c.say(Sentence, nil, "a statement covers the action: %s", reason)
	}
	if m := saysPossible.FindStringSubmatch(reason); m != nil && c.t.find([]string{m[1]}, false, true, nil) == nil {
		c.say(Sentence, nil, "the search finds no such request: %s", reason)
	}
	for _, m := range saysNever.FindAllStringSubmatch(reason, -1) {
		c.locks(reason, everybody(on("Null", m[1], "true")))
	}
	m := saysStatement.FindStringSubmatch(reason)
	if m == nil {
		return
	}
	at := c.labelled(m[1])
	if at < 0 {
		return
	}
	s := c.t.u.p.Statements[at]
	for _, h := range saysHolds.FindAllStringSubmatch(reason, -1) {
		for _, one := range s.Conditions {
			if one.Operator == h[1] && strings.EqualFold(one.Key, h[2]) {
				c.locks(reason, everybody(one))
			}
		}
	}
	if !strings.Contains(reason, "leaves open") && !strings.Contains(reason, "other statement") {
		c.alone(reason, at, strings.Split(m[2], " and "))
	}
}

// labelled is the place of the statement with a label: its number, or its Sid where only one of the set has it.
func (c *comparison) labelled(label string) int {
	if n, err := strconv.Atoi(strings.TrimPrefix(label, "#")); err == nil && label[0] == '#' {
		return n - 1
	}
	at := -1
	for i, s := range c.t.u.p.Statements {
		if s.Sid == label {
			if at >= 0 {
				return -1
			}
			at = i
		}
	}
	return at
}

// locks checks that a statement alone keeps everybody out, as "holds for every request" says of it.
func (c *comparison) locks(reason string, s Statement) {
	if t := c.with(c.t.u.p.Version, []Statement{s}); t != nil {
		if r := t.Recovery(false, true); r != nil {
			c.say(Sentence, r, "it is not so for this request: %s", reason)
		}
	}
}

// alone checks that a statement that is said to deny actions does so without the others.
func (c *comparison) alone(reason string, at int, actions []string) {
	var others []int
	for i, s := range c.t.u.deny {
		if s != &c.t.u.p.Statements[at] {
			others = append(others, i)
		}
	}
	for _, a := range actions {
		if r := c.t.find([]string{a}, false, true, others); r != nil {
			c.say(Sentence, r, "this request escapes the statement: %s", reason)
		}
	}
}
