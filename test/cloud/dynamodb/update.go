package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// An update is what an update expression says
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html).
type update struct {
	changes []change
}

// A change is one action of an update: it works out what is to stand at a path from the item as it was.
type change struct {
	verb string // SET, REMOVE, ADD or DELETE
	path path
	make source
}

// A source gives a value from an item, as a map.
type source func(attributeValue) (attributeValue, *front.Error)

var verbs = []string{"SET", "REMOVE", "ADD", "DELETE"}

// parseUpdate reads an update. Its syntax is
//
//	update = { SET path "=" sum { "," … } | REMOVE path { "," … }
//	         | ADD path :value { "," … } | DELETE path :value { "," … } }
//	sum    = value [ ( "+" | "-" ) value ] | "(" sum ")"
//	value  = path | :value | if_not_exists "(" path "," value ")" | list_append "(" value "," value ")"
//	         | "(" value ")"
//
// with each of the four at most once.
func parseUpdate(text string, words *placeholders) (*update, *front.Error) {
	p, u := lex("UpdateExpression", text, words), &update{}
	var seen []string
	for p.err == nil && p.peek().text != "" {
		t := p.peek()
		verb := strings.ToUpper(t.text)
		switch {
		case t.kind != 'w' || !slices.Contains(verbs, verb):
			p.syntax()
		case slices.Contains(seen, verb):
			p.fail("The \"" + verb + "\" section can only be used once in an update expression;")
		}
		p.at++
		seen = append(seen, verb)
		u.changes = append(u.changes, p.change(verb))
		for p.accept(",") {
			u.changes = append(u.changes, p.change(verb))
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	p.apart(u.paths())
	return u, p.err
}

func (u *update) paths() []path {
	var all []path
	for _, c := range u.changes {
		all = append(all, c.path)
	}
	return all
}

func (p *parser) change(verb string) change {
	c := change{verb: verb, path: p.path()}
	switch verb {
	case "SET":
		p.expect("=")
		c.make = p.sum()
	case "ADD":
		v := p.literal()
		if v.kind != "N" && !v.set() {
			p.wrongSection("ADD", v)
		}
		c.make = func(it attributeValue) (attributeValue, *front.Error) { return c.path.add(it, v) }
	case "DELETE":
		v := p.literal()
		if !v.set() {
			p.wrongSection("DELETE", v)
		}
		c.make = func(it attributeValue) (attributeValue, *front.Error) { return c.path.subtract(it, v) }
	}
	return c
}

// wrongSection says that ADD or DELETE cannot do with a value. The types have longer names here.
func (p *parser) wrongSection(verb string, v attributeValue) {
	long := map[string]string{"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL",
		"L": "LIST", "M": "MAP"}
	p.fail("Incorrect operand type for operator or function; operator: " + verb + ", operand type: " + long[v.kind])
}

func (v attributeValue) set() bool { return len(v.kind) == 2 && v.kind[1] == 'S' }

func (p *parser) sum() source {
	if after := p.ahead(p.closing() + 1).text; p.is("(") && after != "+" && after != "-" {
		p.notRedundant(p.closing())
		p.accept("(")
		inner := p.sum()
		p.expect(")")
		return inner
	}
	left := p.source()
	t := p.peek()
	if t.text != "+" && t.text != "-" {
		return left.give
	}
	p.at++
	right := p.source()
	for _, o := range []valued{left, right} {
		if o.literal != nil && o.literal.kind != "N" {
			p.wrongType(t.text, *o.literal)
		}
	}
	return func(it attributeValue) (attributeValue, *front.Error) {
		a, err := left.give(it)
		if err != nil {
			return a, err
		}
		b, err := right.give(it)
		if err != nil {
			return b, err
		}
		if a.kind != "N" || b.kind != "N" {
			return a, wrongData()
		}
		if t.text == "-" {
			b.number = b.number.negative()
		}
		n, err := a.number.add(b.number)
		return attributeValue{kind: "N", number: n}, err
	}
}

func wrongData() *front.Error {
	return validation("An operand in the update expression has an incorrect data type")
}

// A valued is an operand of SET: where it gives its value from, and that value where the request has it.
type valued struct {
	give    source
	literal *attributeValue
	path    path
}

func (p *parser) source() valued {
	t := p.peek()
	switch {
	case t.kind == ':':
		v := p.literal()
		return valued{literal: &v, give: func(attributeValue) (attributeValue, *front.Error) { return v, nil }}
	case t.text == "(":
		p.notRedundant(p.closing())
		p.accept("(")
		inner := p.source()
		p.expect(")")
		return inner
	case t.kind == 'w' && p.ahead(1).text == "(":
		return p.call(t.text)
	}
	from := p.path()
	return valued{path: from, give: func(it attributeValue) (attributeValue, *front.Error) {
		v, ok := from.in(it)
		if !ok {
			return v, validation("The provided expression refers to an attribute that does not exist in the item")
		}
		return v, nil
	}}
}

// call reads if_not_exists or list_append. The latter cannot stand within itself.
func (p *parser) call(name string) valued {
	p.callable(name, "if_not_exists", "list_append")
	p.at += 2
	var arguments []valued
	for p.err == nil {
		switch inner := p.peek(); {
		case inner.text == "list_append" && p.ahead(1).text == "(" && name == "list_append":
			p.fail("The function is not allowed to be used this way in an expression; function: list_append")
		case inner.text == "list_append" && p.ahead(1).text == "(":
			p.err = notHere("list_append within if_not_exists")
		}
		arguments = append(arguments, p.source())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	p.count(name, len(arguments))
	if p.err != nil {
		return valued{}
	}
	first, second := arguments[0], arguments[1]
	if name == "if_not_exists" {
		if first.path == nil {
			p.fail("Operator or function requires a document path; operator or function: if_not_exists")
		}
		return valued{give: func(it attributeValue) (attributeValue, *front.Error) {
			if v, ok := first.path.in(it); ok {
				return v, nil
			}
			return second.give(it)
		}}
	}
	for _, o := range arguments {
		if o.literal != nil && o.literal.kind != "L" {
			p.wrongType("list_append", *o.literal)
		}
	}
	return valued{give: func(it attributeValue) (attributeValue, *front.Error) {
		return appended(it, first.give, second.give)
	}}
}

func appended(it attributeValue, first, second source) (attributeValue, *front.Error) {
	a, err := first(it)
	if err != nil {
		return a, err
	}
	b, err := second(it)
	if err != nil {
		return b, err
	}
	if a.kind != "L" || b.kind != "L" {
		return a, wrongData()
	}
	return attributeValue{kind: "L", members: slices.Concat(a.members, b.members)}, nil
}

// add is the value at a path plus another; nothing counts as zero or as an empty set.
func (p path) add(it, v attributeValue) (attributeValue, *front.Error) {
	old, ok := p.in(it)
	switch {
	case !ok:
		return v, nil
	case old.kind != v.kind:
		return v, wrongData()
	case v.kind == "N":
		n, err := old.number.add(v.number)
		return attributeValue{kind: "N", number: n}, err
	}
	members := slices.SortedFunc(slices.Values(slices.Concat(old.members, v.members)), attributeValue.order)
	return attributeValue{kind: v.kind, members: slices.CompactFunc(members, attributeValue.equal)}, nil
}

// subtract is the set at a path without some members. The zero value stands for an attribute that is not there, or no
// longer.
func (p path) subtract(it, v attributeValue) (attributeValue, *front.Error) {
	old, ok := p.in(it)
	switch {
	case !ok:
		return attributeValue{}, nil
	case old.kind != v.kind:
		return v, wrongData()
	}
	left := slices.DeleteFunc(slices.Clone(old.members), v.has)
	if len(left) == 0 {
		return attributeValue{}, nil
	}
	return attributeValue{kind: v.kind, members: left}, nil
}

// A placing is where a value goes to; a value without a kind goes away.
type placing struct {
	path  path
	value attributeValue
}

// apply makes the item that an update leaves of another, or nil where there was none and nothing is set. All values,
// and all indices of lists, are those before the update, so members of lists are removed last, the hindmost first.
func (u *update) apply(old, key item) (item, *front.Error) {
	creates := slices.ContainsFunc(u.changes, func(c change) bool { return c.verb == "SET" || c.verb == "ADD" })
	if old == nil && !creates && len(u.changes) > 0 {
		return nil, nil
	}
	whole := document(old)
	if old == nil {
		whole = document(key)
	}
	sets, removals, err := u.place(whole)
	if err != nil {
		return nil, err
	}
	changed, ok := whole, true
	for _, s := range append(sets, removals...) {
		if changed, ok = changed.with(s.path, s.value); !ok {
			return nil, validation("The document path provided in the update expression is invalid for update")
		}
	}
	return changed.fields, nil
}

// place works out what goes where.
func (u *update) place(whole attributeValue) (sets, removals []placing, err *front.Error) {
	for _, c := range u.changes {
		if c.verb == "REMOVE" {
			removals = append(removals, placing{path: c.path})
			continue
		}
		v, err := c.make(whole)
		if err != nil {
			return nil, nil, err
		}
		if v.kind == "" {
			removals = append(removals, placing{path: c.path})
		} else {
			sets = append(sets, placing{c.path, v})
		}
	}
	slices.SortFunc(sets, func(a, b placing) int { return a.path.order(b.path) })
	slices.SortFunc(removals, func(a, b placing) int { return b.path.order(a.path) })
	return sets, removals, nil
}

// with is a value with another at some path in it; one without a kind is removed there. It is not ok where the path
// leads nowhere before its last element. An index past the end of a list appends.
func (v attributeValue) with(p path, to attributeValue) (changed attributeValue, ok bool) {
	if len(p) == 0 {
		return to, true
	}
	head := p[0]
	child, there := path{head}.in(v)
	switch {
	case head.index < 0 && v.kind != "M", head.index >= 0 && v.kind != "L", !there && len(p) > 1:
		return v, false
	case !there && to.kind == "":
		return v, true
	}
	if child, ok = child.with(p[1:], to); !ok {
		return v, false
	}
	switch {
	case head.index < 0:
		v.fields = maps.Clone(v.fields)
		if v.fields[head.name] = child; child.kind == "" {
			delete(v.fields, head.name)
		}
	case child.kind == "":
		v.members = slices.Delete(slices.Clone(v.members), head.index, head.index+1)
	case there:
		v.members = slices.Clone(v.members)
		v.members[head.index] = child
	default:
		v.members = append(slices.Clone(v.members), child)
	}
	return v, true
}
