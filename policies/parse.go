package policies

import (
	"fmt"
	"strings"
)

// Parse reads a policy document. The error is a *[SyntaxError] where the text is no policy: not JSON, a statement without an effect, an element of the
// wrong type. What is readable and merely not known (an unknown element or operator, a duplicate key) is a [Problem] of the document, statement or condition
// that it stands in, and makes the meaning of that unknown.
func Parse(text []byte) (*Document, error) {
	r := newReader(text)
	root, err := r.read()
	if err != nil {
		return nil, err
	}
	if root.kind != object {
		return nil, r.fail(root.at, "document", "a policy is an object, this is a "+string(root.kind), "")
	}
	p := &parser{reader: r}
	return p.document(root)
}

type parser struct {
	*reader
}

// elements walks an object's members: a duplicate is a problem and is not looked at, an unknown name is a problem with a hint.
func (p *parser) elements(n *node, path string, problems *[]Problem, known []string, each func(m member, path string) error) error {
	seen := map[string]bool{}
	for _, m := range n.members {
		here := path + m.name
		if seen[m.name] {
			*problems = append(*problems, Problem{At: p.position(m.at), Path: here, Text: "the same key twice", Hint: "which of the two counts is not known"})
			continue
		}
		seen[m.name] = true
		if hint, ok := nearest(m.name, known); !ok {
			*problems = append(*problems, Problem{At: p.position(m.at), Path: here, Text: fmt.Sprintf("unknown element %q", m.name), Hint: hint})
			continue
		}
		if err := each(m, here); err != nil {
			return err
		}
	}
	return nil
}

// nearest tells whether a name is known, and otherwise which one may be meant.
func nearest(name string, known []string) (hint string, ok bool) {
	for _, k := range known {
		if k == name {
			return "", true
		}
		if strings.EqualFold(k, name) || strings.EqualFold(k, strings.TrimSuffix(name, "s")) {
			hint = "did you mean " + k + "?"
		}
	}
	return hint, false
}

func (p *parser) document(root *node) (*Document, error) {
	d := &Document{}
	var statements *node
	err := p.elements(root, "", &d.Problems, []string{"Version", "Id", "Statement"}, func(m member, path string) (err error) {
		switch m.name {
		case "Version":
			if d.Version, err = p.string(m.value, path); err == nil && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
				err = p.fail(m.value.at, path, fmt.Sprintf("unknown version %q", d.Version), "2012-10-17 or 2008-10-17")
			}
		case "Id":
			d.ID, err = p.string(m.value, path)
		case "Statement":
			statements = m.value
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if statements == nil {
		hint := "a policy is {\"Version\": …, \"Statement\": […]}"
		return nil, p.fail(root.at, "Statement", "missing", hint)
	}
	items := []*node{statements}
	if statements.kind == list {
		items = statements.items
	}
	for i, n := range items {
		s := Statement{Index: i, Start: n.at, End: n.end}
		if err := p.statement(n, &s, fmt.Sprintf("Statement[%d]", i)); err != nil {
			return nil, err
		}
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

var statementElements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

func (p *parser) statement(n *node, s *Statement, path string) error {
	if n.kind != object {
		return p.fail(n.at, path, "a statement is an object, this is a "+string(n.kind), "")
	}
	actions := 0
	err := p.elements(n, path+".", &s.Problems, statementElements, func(m member, here string) (err error) {
		switch m.name {
		case "Sid":
			s.Sid, err = p.string(m.value, here)
		case "Effect":
			s.Effect, err = p.effect(m.value, here)
		case "Principal", "NotPrincipal":
			s.Principal, err = p.principals(m, here, s)
		case "Action", "NotAction":
			actions++
			s.Action.Not = m.name == "NotAction"
			s.Action.Values, err = p.strings(m.value, here)
		case "Resource", "NotResource":
			p.one(s, s.Resource != nil, m, here)
			s.Resource = &Patterns{Not: m.name == "NotResource"}
			s.Resource.Values, err = p.strings(m.value, here)
		case "Condition":
			err = p.conditions(m.value, here, s)
		}
		if actions > 1 {
			p.one(s, true, m, here)
			actions = 1
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case s.Effect == "":
		return p.fail(n.at, path+".Effect", "missing", hintOf(s.Problems, "Effect"))
	case actions == 0:
		return p.fail(n.at, path+".Action", "missing", hintOf(s.Problems, "Action"))
	}
	return nil
}

// hintOf is the hint of a problem that names the element.
func hintOf(problems []Problem, element string) string {
	for _, p := range problems {
		if strings.Contains(p.Hint, element) {
			return p.Text + ": " + p.Hint
		}
	}
	return ""
}

// one notes that an element stands beside its opposite.
func (p *parser) one(s *Statement, both bool, m member, path string) {
	if both {
		s.Problems = append(s.Problems, Problem{At: p.position(m.at), Path: path, Text: "an element and its Not… form in one statement", Hint: "only one of the two is allowed"})
	}
}

func (p *parser) effect(n *node, path string) (Effect, error) {
	value, err := p.string(n, path)
	if e := Effect(value); err != nil || e == Allow || e == Deny {
		return e, err
	}
	hint := "Allow or Deny"
	for _, e := range []Effect{Allow, Deny} {
		if strings.EqualFold(string(e), value) {
			hint = "did you mean " + string(e) + "? Letter case counts"
		}
	}
	return "", p.fail(n.at, path, fmt.Sprintf("unknown effect %q", value), hint)
}

func (p *parser) string(n *node, path string) (string, error) {
	if n.kind != text {
		return "", p.fail(n.at, path, "want a string, this is a "+string(n.kind), "")
	}
	return n.text, nil
}

// strings reads a string or a list of strings.
func (p *parser) strings(n *node, path string) ([]string, error) {
	if n.kind == text {
		return []string{n.text}, nil
	}
	if n.kind != list {
		return nil, p.fail(n.at, path, "want a string or a list of strings, this is a "+string(n.kind), "")
	}
	values := make([]string, 0, len(n.items))
	for i, item := range n.items {
		value, err := p.string(item, fmt.Sprintf("%s[%d]", path, i))
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

func (p *parser) principals(m member, path string, s *Statement) (*Principals, error) {
	p.one(s, s.Principal != nil, m, path)
	who := &Principals{Not: m.name == "NotPrincipal"}
	if m.value.kind == text {
		if who.Everyone = m.value.text == "*"; !who.Everyone {
			s.Problems = append(s.Problems, Problem{At: p.position(m.value.at), Path: path, Text: fmt.Sprintf("unknown principal %q", m.value.text), Hint: `"*", or an object such as {"AWS": …}`})
		}
		return who, nil
	}
	if m.value.kind != object {
		return nil, p.fail(m.value.at, path, "want \"*\" or an object, this is a "+string(m.value.kind), "")
	}
	err := p.elements(m.value, path+".", &s.Problems, []string{"AWS", "Service", "Federated", "CanonicalUser"}, func(m member, here string) error {
		values, err := p.strings(m.value, here)
		for _, v := range values {
			who.Named = append(who.Named, Named{Kind: m.name, Value: v})
		}
		return err
	})
	return who, err
}

func (p *parser) conditions(n *node, path string, s *Statement) error {
	if n.kind != object {
		return p.fail(n.at, path, "want an object, this is a "+string(n.kind), "")
	}
	operators := map[string]bool{}
	for _, operator := range n.members {
		here := path + "." + operator.name
		if operators[operator.name] {
			s.Problems = append(s.Problems, Problem{At: p.position(operator.at), Path: here, Text: "the same operator twice", Hint: "which of the two counts is not known"})
		}
		operators[operator.name] = true
		if operator.value.kind != object {
			return p.fail(operator.value.at, here, "want an object of keys and values, this is a "+string(operator.value.kind), "")
		}
		keys := map[string]bool{}
		for _, key := range operator.value.members {
			c := newCondition(operator.name, key.name, p.position(key.at))
			if err := p.values(key, here+"."+key.name, &c); err != nil {
				return err
			}
			if low := strings.ToLower(key.name); keys[low] {
				s.Problems = append(s.Problems, Problem{At: c.At, Path: here + "." + key.name, Text: "the same key twice", Hint: "key names ignore letter case"})
			} else {
				keys[low] = true
			}
			c.compile(here + "." + key.name)
			s.Conditions = append(s.Conditions, c)
		}
	}
	return nil
}

// values reads what a condition key is compared with: strings, numbers or booleans.
func (p *parser) values(m member, path string, c *Condition) error {
	items := []*node{m.value}
	if m.value.kind == list {
		items = m.value.items
	}
	for _, item := range items {
		if item.kind != text && item.kind != number && item.kind != boolean {
			return p.fail(item.at, path, "want strings, numbers or booleans, this is a "+string(item.kind), "")
		}
		c.Values = append(c.Values, item.text)
	}
	return nil
}
