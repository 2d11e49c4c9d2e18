package policies

// This file makes a document of a JSON value: it knows the elements of a policy, and what may stand in each.

import (
	"cmp"
	"fmt"
	"strings"
)

// Parse reads a policy document of at most 256 KiB; AWS takes 20 KB at most. The error is a *[SyntaxError] where the
// text is no policy: not JSON, a statement without an effect, an element of the wrong type.
//
// What is readable and merely not known, such as an unknown element or operator or a duplicate key, is no error. It
// is a [Problem] of the document, statement or condition that it stands in, and makes the meaning of that unknown.
func Parse(text []byte) (*Document, error) {
	r := &reader{text: text}
	if len(text) > maxPolicy {
		return nil, r.fail(0, "document", fmt.Sprintf("%d bytes long", len(text)), "no policy is longer than 256 KiB")
	}
	root, err := ReadJSON(text)
	if err != nil {
		return nil, err
	}
	if root.Type != Object {
		return nil, r.fail(root.Start, "document", "a policy is an object, this is "+root.Type.article(), "")
	}
	p := &parser{reader: r}
	return p.document(root)
}

// The elements of a policy (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
var (
	documentElements  = []string{"Version", "Id", "Statement"}
	statementElements = []string{
		"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
	}
	principalElements = []string{"AWS", "Service", "Federated", "CanonicalUser"}
)

type parser struct {
	*reader
	variables bool // ${…} is live in the document
}

// A visit reads one member of an object; the path is the member's.
type visit func(m Member, path string) error

// elements walks an object's members. A duplicate is a problem and is not looked at; an unknown name is a problem with
// a hint.
func (p *parser) elements(n *Value, path string, problems *[]Problem, known []string, each visit) error {
	note := func(m Member, text, hint string) {
		*problems = append(*problems, Problem{At: p.position(m.Start), Path: path + m.Name, Text: text, Hint: hint})
	}
	met := map[string]bool{}
	for _, m := range n.Members {
		if met[m.Name] {
			note(m, "the same key twice", "which of the two counts is not known")
			continue
		}
		met[m.Name] = true
		if hint, ok := nearest(m.Name, known); !ok {
			note(m, fmt.Sprintf("unknown element %q", m.Name), hint)
			continue
		}
		if err := each(m, path+m.Name); err != nil {
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

func (p *parser) document(root *Value) (*Document, error) {
	d := &Document{}
	var statements *Value
	err := p.elements(root, "", &d.Problems, documentElements, func(m Member, path string) (err error) {
		switch m.Name {
		case "Version":
			d.Version, err = p.version(&m.Value, path)
		case "Id":
			d.ID, err = p.string(&m.Value, path)
		case "Statement":
			statements = &m.Value
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if statements == nil {
		hint := cmp.Or(hintOf(d.Problems, "Statement"), `a policy is {"Version": …, "Statement": […]}`)
		return nil, p.fail(root.Start, "Statement", "missing", hint)
	}
	p.variables = d.Variables()
	items := []Value{*statements}
	if statements.Type == List {
		items = statements.Items
	}
	for i := range items {
		n := &items[i]
		s := Statement{Index: i, Start: n.Start, End: n.End}
		if err := p.statement(n, &s, fmt.Sprintf("Statement[%d]", i)); err != nil {
			return nil, err
		}
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

// version reads one of the two versions of the policy language.
func (p *parser) version(n *Value, path string) (string, error) {
	version, err := p.string(n, path)
	if err == nil && version != "2012-10-17" && version != "2008-10-17" {
		err = p.fail(n.Start, path, fmt.Sprintf("unknown version %q", version), "2012-10-17 or 2008-10-17")
	}
	return version, err
}

func (p *parser) statement(n *Value, s *Statement, path string) error {
	if n.Type != Object {
		return p.fail(n.Start, path, "a statement is an object, this is "+n.Type.article(), "")
	}
	actions := 0
	err := p.elements(n, path+".", &s.Problems, statementElements, func(m Member, here string) (err error) {
		switch m.Name {
		case "Sid":
			s.Sid, err = p.string(&m.Value, here)
		case "Effect":
			s.Effect, err = p.effect(&m.Value, here)
		case "Principal", "NotPrincipal":
			s.Principal, err = p.principals(m, here, s)
		case "Action", "NotAction":
			actions++
			s.Action.Not = m.Name == "NotAction"
			s.Action.Values, err = p.strings(&m.Value, here)
			p.some(s, len(s.Action.Values), m, here)
		case "Resource", "NotResource":
			p.one(s, s.Resource != nil, m, here)
			s.Resource = &Patterns{Not: m.Name == "NotResource"}
			s.Resource.Values, err = p.strings(&m.Value, here)
			p.some(s, len(s.Resource.Values), m, here)
		case "Condition":
			err = p.conditions(&m.Value, here, s)
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
		return p.fail(n.Start, path+".Effect", "missing", hintOf(s.Problems, "Effect"))
	case actions == 0:
		return p.fail(n.Start, path+".Action", "missing", hintOf(s.Problems, "Action"))
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

func (p *parser) note(s *Statement, offset int, path, text, hint string) {
	s.Problems = append(s.Problems, Problem{At: p.position(offset), Path: path, Text: text, Hint: hint})
}

// one notes that an element stands beside its opposite.
func (p *parser) one(s *Statement, both bool, m Member, path string) {
	if both {
		p.note(s, m.Start, path, "an element and its Not… form in one statement", "only one of the two is allowed")
	}
}

// some notes that an element has no value: a list has one or more of them
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
func (p *parser) some(s *Statement, values int, m Member, path string) {
	if values == 0 {
		p.note(s, m.Start, path, "no value", "an empty list has no documented meaning")
	}
}

func (p *parser) effect(n *Value, path string) (Effect, error) {
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
	return "", p.fail(n.Start, path, fmt.Sprintf("unknown effect %q", value), hint)
}

func (p *parser) string(n *Value, path string) (string, error) {
	if n.Type != String {
		return "", p.fail(n.Start, path, "want a string, this is "+n.Type.article(), "")
	}
	return n.Text, nil
}

// strings reads a string or a list of strings.
func (p *parser) strings(n *Value, path string) ([]string, error) {
	if n.Type == String {
		return []string{n.Text}, nil
	}
	if n.Type != List {
		return nil, p.fail(n.Start, path, "want a string or a list of strings, this is "+n.Type.article(), "")
	}
	values := make([]string, 0, len(n.Items))
	for i := range n.Items {
		if n.Items[i].Type != String {
			_, err := p.string(&n.Items[i], fmt.Sprintf("%s[%d]", path, i))
			return nil, err
		}
		values = append(values, n.Items[i].Text)
	}
	return values, nil
}

func (p *parser) principals(m Member, path string, s *Statement) (*Principals, error) {
	p.one(s, s.Principal != nil, m, path)
	who := &Principals{Not: m.Name == "NotPrincipal"}
	if m.Value.Type == String {
		if who.Everyone = m.Value.Text == "*"; !who.Everyone {
			unknown := fmt.Sprintf("unknown principal %q", m.Value.Text)
			p.note(s, m.Value.Start, path, unknown, `"*", or an object such as {"AWS": …}`)
		}
		return who, nil
	}
	if m.Value.Type != Object {
		return nil, p.fail(m.Value.Start, path, "want \"*\" or an object, this is "+m.Value.Type.article(), "")
	}
	err := p.elements(&m.Value, path+".", &s.Problems, principalElements, func(m Member, here string) error {
		values, err := p.strings(&m.Value, here)
		for _, v := range values {
			who.Named = append(who.Named, Named{Kind: m.Name, Value: v})
		}
		p.some(s, len(values), m, here)
		return err
	})
	p.some(s, len(m.Value.Members), m, path)
	return who, err
}

// conditions reads a Condition element. Under a repeated operator or key it is not known which of them counts, so
// that is a problem of each.
func (p *parser) conditions(n *Value, path string, s *Statement) error {
	if n.Type != Object {
		return p.fail(n.Start, path, "want an object, this is "+n.Type.article(), "")
	}
	sameOperator := repeated(n.Members, exactly)
	for _, operator := range n.Members {
		here := path + "." + operator.Name
		if operator.Value.Type != Object {
			is := operator.Value.Type.article()
			return p.fail(operator.Value.Start, here, "want an object of keys and values, this is "+is, "")
		}
		p.some(s, len(operator.Value.Members), operator, here)
		sameKey := repeated(operator.Value.Members, strings.ToLower)
		for _, key := range operator.Value.Members {
			c := newCondition(operator.Name, key.Name, p.position(key.Start))
			if sameOperator[operator.Name] {
				c.spoil(here, "the same operator twice", "which of the two counts is not known")
			}
			if sameKey[strings.ToLower(key.Name)] {
				c.spoil(here+"."+key.Name, "the same key twice", "key names ignore letter case")
			}
			if err := p.values(key, here+"."+key.Name, &c); err != nil {
				return err
			}
			c.compile(here+"."+key.Name, p.variables)
			s.Conditions = append(s.Conditions, c)
		}
	}
	return nil
}

func exactly(name string) string { return name }

// repeated holds the names, as same spells them, that stand more than once; nil where there are none.
func repeated(members []Member, same func(string) string) map[string]bool {
	if len(members) < 2 {
		return nil
	}
	met := map[string]bool{}
	var twice map[string]bool
	for _, m := range members {
		name := same(m.Name)
		if met[name] && twice == nil {
			twice = map[string]bool{}
		}
		if met[name] {
			twice[name] = true
		}
		met[name] = true
	}
	return twice
}

// values reads what a condition key is compared with: strings, numbers or booleans.
func (p *parser) values(m Member, path string, c *Condition) error {
	items := []Value{m.Value}
	if m.Value.Type == List {
		items = m.Value.Items
	}
	for _, item := range items {
		if item.Type != String && item.Type != Number && item.Type != Boolean {
			return p.fail(item.Start, path, "want strings, numbers or booleans, this is "+item.Type.article(), "")
		}
		c.Values = append(c.Values, item.Text)
	}
	return nil
}
