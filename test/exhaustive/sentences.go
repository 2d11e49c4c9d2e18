package exhaustive

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	saysStatement = regexp.MustCompile(`^statement (#[0-9]+|\S+) denies ((?:s3|sqs):\w+(?: and (?:s3|sqs):\w+)?) to `)
	saysTogether  = regexp.MustCompile(`^statements (.+?) together deny ((?:s3|sqs):\w+(?: and (?:s3|sqs):\w+)?) to `)
	saysLeaves    = regexp.MustCompile(`[:,] (#[0-9]+|[^\s,]+) leaves only requests (.+), and (?:\S+) denies those`)
	saysHolds     = regexp.MustCompile(`its condition (\S+) on (\S+) \(([^()]*)\) holds for `)
	saysNever     = regexp.MustCompile(
		`(?:no request that changes the policy|none of (?:their|the) requests(?: of [a-z ]+)?) carries (\S+:[^\s,;]+)`)
	saysComes    = regexp.MustCompile(`(\S+:\S+) (?:comes with|is never present when)`)
	saysAlways   = regexp.MustCompile(`(\S+:\S+) is ([^\s,]+) in all of `)
	saysNone     = regexp.MustCompile(`none of their requests has (\S+:\S+) ([^\s,;*?$]+)$`)
	saysLeft     = regexp.MustCompile(`no statement denies (\S+),`)
	saysPossible = regexp.MustCompile(`^(\S+) is still possible`)
)

// sentences checks what is said against the search: a claim that something holds only for some requests is false where
// another one passes.
func (c *comparison) sentences() {
	for _, reason := range c.v.Reasons {
		if m := saysOnly.FindStringSubmatch(reason); m != nil {
			c.onlyTrue(reason, m[1], m[2])
		}
		if !strings.HasPrefix(reason, "to ") {
			c.statementTrue(reason)
		}
		if len(c.q.Administrators) > 0 && strings.HasPrefix(reason, "statement") &&
			strings.Contains(reason, " to everyone") {
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

// everybody is a Deny of everything under a condition, with a label so that it does not stand in RemovePermission's
// way.
func everybody(conditions ...Condition) Statement {
	return Statement{Sid: "claim", Effect: "Deny", Principals: []Principal{{"*", "*"}}, Actions: []string{"*"},
		Resources:  []string{"*"},
		Conditions: conditions}
}

// onlyTrue checks that nothing passes but what the claim speaks of.
func (c *comparison) onlyTrue(reason, action, text string) {
	claims, ok := c.t.u.claims(text)
	if !ok {
		return
	}
	actions := c.q.recoveryActions()
	if action != "" {
		actions = []string{action}
	}
	if r, t := c.outside(claims, actions, c.t.u.p.Statements); r != nil {
		if wrong := t.u.q.Unreal(r); len(wrong) > 0 {
			c.say(Broken, r, "%s", strings.Join(wrong, "; "))
			return
		}
		c.say(Sentence, r, "it says %q, and this request passes too", reason)
	}
}

// statementTrue checks a sentence on statements.
func (c *comparison) statementTrue(reason string) {
	c.actionsTrue(reason)
	for _, m := range append(saysNever.FindAllStringSubmatch(reason, -1),
		saysComes.FindAllStringSubmatch(reason, -1)...) {
		c.locks(reason, everybody(on("Null", m[1], "true")))
	}
	for _, m := range saysAlways.FindAllStringSubmatch(reason, -1) {
		c.locks(reason, everybody(on("StringEquals", m[1], m[2])))
	}
	for _, m := range saysNone.FindAllStringSubmatch(reason, -1) {
		if info, ok := lookup(m[1]); ok && !info.many && info.kind != "IP" && info.kind != "Date" &&
			info.kind != "Numeric" {
			c.locks(reason, everybody(on("StringNotEquals", m[1], m[2])))
		}
	}
	for _, h := range saysHolds.FindAllStringSubmatch(reason, -1) {
		c.holdsTrue(reason, h)
	}
	if m := saysTogether.FindStringSubmatch(reason); m != nil {
		names := strings.FieldsFunc(strings.ReplaceAll(m[1], " and ", ", "),
			func(r rune) bool { return r == ',' || r == ' ' })
		c.alone(reason, names, strings.Split(m[2], " and "))
		c.leavesTrue(reason, strings.Split(m[2], " and "))
	}
	m := saysStatement.FindStringSubmatch(reason)
	if m != nil && !strings.Contains(reason, "leaves open") && !strings.Contains(reason, "other statement") {
		c.alone(reason, []string{m[1]}, strings.Split(m[2], " and "))
	}
}

func (c *comparison) actionsTrue(reason string) {
	if m := saysLeft.FindStringSubmatch(reason); m != nil &&
		slices.ContainsFunc(c.t.u.deny, func(s *Statement) bool { return s.coversAction(m[1]) }) {
		c.say(Sentence, nil, "a statement covers the action: %s", reason)
	}
	if m := saysPossible.FindStringSubmatch(reason); m != nil && c.t.find([]string{m[1]}, false, true, nil) == nil {
		class := Sentence
		if c.t.u.unlisted() && c.t.find([]string{m[1]}, false, false, nil) != nil {
			class = Unlisted // such a key is taken for absent
		}
		c.say(class, nil, "the search finds no such request: %s", reason)
	}
}

// holdsTrue checks "its condition … holds for all of their requests", of the first condition in the policy that is
// written so.
func (c *comparison) holdsTrue(reason string, said []string) {
	for _, s := range c.t.u.p.Statements {
		for _, one := range s.Conditions {
			if one.Operator == said[1] && strings.EqualFold(one.Key, said[2]) &&
				slices.Equal(one.Values, listed(said[3])) {
				c.locks(reason, everybody(one))
				return
			}
		}
	}
}

// leavesTrue checks "F leaves only requests without a key".
func (c *comparison) leavesTrue(reason string, actions []string) {
	for _, m := range saysLeaves.FindAllStringSubmatch(reason, -1) {
		at := c.labelled(m[1])
		claims, ok := c.t.u.claims(m[2])
		if at < 0 || !ok {
			continue
		}
		if r, _ := c.outside(claims, actions, c.t.u.p.Statements[at:at+1]); r != nil {
			c.say(Sentence, r, "this request is left too: %s", reason)
		}
	}
}

// labelled is the place of the statement with a label: its number, or its Sid where only one has it.
func (c *comparison) labelled(label string) int {
	if n, err := strconv.Atoi(strings.TrimPrefix(label, "#")); err == nil && label[0] == '#' &&
		n <= len(c.t.u.p.Statements) {
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

// locks checks that a statement alone keeps everybody out, as "holds for all of their requests" says of it.
func (c *comparison) locks(reason string, s Statement) {
	if t := c.with(c.t.u.p.Version, []Statement{s}); t != nil {
		if r := t.Recovery(false, true); r != nil {
			c.say(Sentence, r, "it is not so for this request: %s", reason)
		}
	}
}

// alone checks that statements that are said to deny actions do so without the others.
func (c *comparison) alone(reason string, labels, actions []string) {
	var some []*Statement
	for _, l := range labels {
		at := c.labelled(l)
		if at < 0 {
			return
		}
		some = append(some, &c.t.u.p.Statements[at])
	}
	var others []int
	for i, s := range c.t.u.deny {
		if !slices.Contains(some, s) {
			others = append(others, i)
		}
	}
	for _, a := range actions {
		if r := c.t.find([]string{a}, false, true, others); r != nil {
			c.say(Sentence, r, "this request escapes what it speaks of: %s", reason)
		}
	}
}
