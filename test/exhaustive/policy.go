package exhaustive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Policy is one policy document, as this package reads it.
type Policy struct {
	Version    string
	Statements []Statement
	Strange    bool // an element outside the statements that is not known
}

// A Statement is one statement. Lists keep their order.
type Statement struct {
	Sid        string
	Effect     string
	Not        [3]bool // NotPrincipal, NotAction, NotResource in place of the plain element
	Principals []Principal
	Actions    []string
	Resources  []string
	Conditions []Condition
	Strange    bool // an element that is not known
}

// A Principal is one entry of a Principal element.
type Principal struct{ Kind, Value string }

// A Condition is one key under one operator.
type Condition struct {
	Operator, Key string
	Values        []string
	read          *reading // nil in a condition that was put together, not read
}

// on is a condition on a key.
func on(operator, key string, values ...string) Condition {
	return Condition{Operator: operator, Key: key, Values: values}
}

// A reading is what a condition's operator and key mean.
type reading struct {
	operator operator
	key      string // in lower case
	info     keyInfo
	known    bool // the operator and the key are
}

// Positions in Statement.Not.
const (
	notPrincipal = iota
	notAction
	notResource
)

// Live tells whether ${…} is a variable.
func (p *Policy) Live() bool { return p.Version == "2012-10-17" }

type member struct {
	name  string
	value json.RawMessage
}

// members are the members of a JSON object, in order.
func members(text []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("%.40q is no object", text)
	}
	var all []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		all = append(all, member{name.(string), value})
	}
	return all, nil
}

// list reads a string, number or boolean, or a list of these.
func list(text json.RawMessage) ([]string, error) {
	text = bytes.TrimSpace(text)
	if len(text) > 0 && text[0] == '[' {
		var many []json.RawMessage
		if err := json.Unmarshal(text, &many); err != nil {
			return nil, err
		}
		var all []string
		for _, one := range many {
			s, err := list(one)
			if err != nil {
				return nil, err
			}
			all = append(all, s...)
		}
		return all, nil
	}
	if len(text) > 0 && text[0] == '"' {
		var s string
		err := json.Unmarshal(text, &s)
		return []string{s}, err
	}
	return []string{string(text)}, nil
}

// Read reads a policy document.
func Read(text []byte) (*Policy, error) {
	all, err := members(text)
	if err != nil {
		return nil, err
	}
	p := &Policy{}
	for _, m := range all {
		switch m.name {
		case "Version":
			err = json.Unmarshal(m.value, &p.Version)
		case "Id":
		case "Statement":
			p.Statements, err = readStatements(m.value)
		default:
			p.Strange = true
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

func readStatements(text json.RawMessage) ([]Statement, error) {
	many := []json.RawMessage{text}
	if t := bytes.TrimSpace(text); t[0] == '[' {
		if err := json.Unmarshal(text, &many); err != nil {
			return nil, err
		}
	}
	var all []Statement
	for _, one := range many {
		s, err := readStatement(one)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func readStatement(text json.RawMessage) (s Statement, err error) {
	all, err := members(text)
	if err != nil {
		return s, err
	}
	for _, m := range all {
		switch m.name {
		case "Sid":
			err = json.Unmarshal(m.value, &s.Sid)
		case "Effect":
			err = json.Unmarshal(m.value, &s.Effect)
		case "Principal", "NotPrincipal":
			s.Not[notPrincipal] = m.name == "NotPrincipal"
			s.Principals, err = readPrincipals(m.value)
		case "Action", "NotAction":
			s.Not[notAction] = m.name == "NotAction"
			s.Actions, err = list(m.value)
		case "Resource", "NotResource":
			s.Not[notResource] = m.name == "NotResource"
			s.Resources, err = list(m.value)
		case "Condition":
			s.Conditions, err = readConditions(m.value)
		default:
			s.Strange = true
		}
		if err != nil {
			return s, err
		}
	}
	s.Strange = s.Strange || s.Resources == nil || s.Actions == nil || s.Principals == nil
	return s, nil
}

func readPrincipals(text json.RawMessage) ([]Principal, error) {
	if t := bytes.TrimSpace(text); t[0] != '{' {
		values, err := list(text)
		if err != nil || !slices.Equal(values, []string{"*"}) {
			return []Principal{{"?", string(text)}}, err
		}
		return []Principal{{"*", "*"}}, nil
	}
	kinds, err := members(text)
	if err != nil {
		return nil, err
	}
	var all []Principal
	for _, k := range kinds {
		values, err := list(k.value)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			all = append(all, Principal{k.name, v})
		}
	}
	return all, nil
}

func readConditions(text json.RawMessage) ([]Condition, error) {
	operators, err := members(text)
	if err != nil {
		return nil, err
	}
	var all []Condition
	for _, o := range operators {
		keys, err := members(o.value)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			values, err := list(k.value)
			if err != nil {
				return nil, err
			}
			all = append(all, Condition{Operator: o.name, Key: k.name, Values: values, read: read(o.name, k.name)})
		}
	}
	return all, nil
}

// MarshalJSON writes the document as AWS reads it.
func (p *Policy) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteString("{")
	if p.Version != "" {
		fmt.Fprintf(&b, `"Version":%s,`, quote(p.Version))
	}
	b.WriteString(`"Statement":[`)
	for i, s := range p.Statements {
		if i > 0 {
			b.WriteString(",")
		}
		s.write(&b)
	}
	b.WriteString("]}")
	return []byte(b.String()), nil
}

func quote(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if list, ok := v.([]string); ok && len(list) == 1 {
		v = list[0]
	}
	_ = e.Encode(v)
	return strings.TrimSpace(b.String())
}

func (s *Statement) write(b *strings.Builder) {
	b.WriteString("{")
	if s.Sid != "" {
		fmt.Fprintf(b, `"Sid":%s,`, quote(s.Sid))
	}
	fmt.Fprintf(b, `"Effect":%s,"%sPrincipal":`, quote(s.Effect), not(s.Not[notPrincipal]))
	s.writePrincipals(b)
	fmt.Fprintf(b, `,"%sAction":%s`, not(s.Not[notAction]), quote(s.Actions))
	fmt.Fprintf(b, `,"%sResource":%s`, not(s.Not[notResource]), quote(s.Resources))
	if len(s.Conditions) > 0 {
		b.WriteString(`,"Condition":`)
		writeGroups(b, s.Conditions)
	}
	b.WriteString("}")
}

func not(b bool) string {
	if b {
		return "Not"
	}
	return ""
}

func (s *Statement) writePrincipals(b *strings.Builder) {
	if len(s.Principals) == 1 && s.Principals[0].Kind == "*" {
		b.WriteString(`"*"`)
		return
	}
	kinds := map[string][]string{}
	var order []string
	for _, p := range s.Principals {
		if kinds[p.Kind] == nil {
			order = append(order, p.Kind)
		}
		kinds[p.Kind] = append(kinds[p.Kind], p.Value)
	}
	b.WriteString("{")
	for i, k := range order {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(b, "%s:%s", quote(k), quote(kinds[k]))
	}
	b.WriteString("}")
}

// writeGroups writes conditions under their operators; the order of the first of each is kept.
func writeGroups(b *strings.Builder, all []Condition) {
	var order []string
	groups := map[string][]Condition{}
	for _, c := range all {
		if groups[c.Operator] == nil {
			order = append(order, c.Operator)
		}
		groups[c.Operator] = append(groups[c.Operator], c)
	}
	b.WriteString("{")
	for i, o := range order {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(b, "%s:{", quote(o))
		for j, c := range groups[o] {
			if j > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(b, "%s:%s", quote(c.Key), quote(c.Values))
		}
		b.WriteString("}")
	}
	b.WriteString("}")
}
