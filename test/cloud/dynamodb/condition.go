package dynamodb

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"locksmith/test/cloud/front"
)

// A condition tells whether an item meets it. Where there is no item, it is asked about an empty one.
type condition func(item) bool

// parseCondition reads a condition
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html).
// Its syntax is
//
//	either  = both { OR both }
//	both    = negated { AND negated }
//	negated = NOT negated | primary
//	primary = "(" either ")" | function | operand comparator operand
//	        | operand BETWEEN operand AND operand | operand IN "(" operand { "," operand } ")"
//	operand = path | :value | size "(" operand ")" | "(" operand ")"
func parseCondition(kind, text string, words *placeholders) (condition, *front.Error) {
	p := lex(kind, text, words)
	c := p.either()
	return c, p.finish()
}

func (p *parser) either() condition {
	left := p.both()
	for p.accept("OR") {
		first, second := left, p.both()
		left = func(it item) bool { return first(it) || second(it) }
	}
	return left
}

func (p *parser) both() condition {
	left := p.negated()
	for p.accept("AND") {
		first, second := left, p.negated()
		left = func(it item) bool { return first(it) && second(it) }
	}
	return left
}

func (p *parser) negated() condition {
	if p.accept("NOT") {
		inner := p.negated()
		return func(it item) bool { return !inner(it) }
	}
	return p.primary()
}

var comparators = []string{"=", "<>", "<", "<=", ">", ">="}

func (p *parser) primary() condition {
	if p.is("(") {
		closing := p.closing()
		if !comparing(p.ahead(closing + 1).text) {
			p.notRedundant(closing)
			p.accept("(")
			inner := p.either()
			p.expect(")")
			return inner
		}
	}
	if t := p.peek(); t.kind == 'w' && p.ahead(1).text == "(" && t.text != "size" {
		return p.function()
	}
	name, left := p.peek().text, p.operand()
	switch t := p.peek(); {
	case slices.Contains(comparators, t.text):
		p.at++
		return p.comparison(t.text, left, p.operand())
	case p.accept("BETWEEN"):
		lower := p.operand()
		p.expect("AND")
		return p.between(left, lower, p.operand())
	case p.accept("IN"):
		return p.among(left)
	case left.of != nil:
		p.fail("The function is not allowed to be used this way in an expression; function: " + name)
	}
	p.syntax()
	return nil
}

// comparing tells whether a token makes an operand of what is before it.
func comparing(text string) bool {
	return slices.Contains(comparators, text) || strings.EqualFold(text, "BETWEEN") || strings.EqualFold(text, "IN")
}

// closing is how many tokens on the next parenthesis is closed, or a place past the end.
func (p *parser) closing() int {
	depth := 0
	for n := 0; ; n++ {
		switch p.ahead(n).text {
		case "(":
			depth++
		case ")":
			depth--
		case "":
			return n
		}
		if depth == 0 {
			return n
		}
	}
}

// notRedundant complains of parentheses right within parentheses, as DynamoDB does.
func (p *parser) notRedundant(closing int) {
	if p.ahead(1).text != "(" {
		return
	}
	p.at++
	inner := p.closing()
	p.at--
	if inner+2 == closing {
		p.fail("The expression has redundant parentheses;")
	}
}

// An operand is a path, a value of the request, or the size of an operand.
type operand struct {
	path    path
	literal *attributeValue
	of      *operand
}

func (p *parser) operand() operand {
	t := p.peek()
	switch {
	case t.kind == ':':
		v := p.literal()
		return operand{literal: &v}
	case t.text == "(":
		p.notRedundant(p.closing())
		p.accept("(")
		inner := p.operand()
		p.expect(")")
		return inner
	case t.kind == 'w' && p.ahead(1).text == "(":
		arguments := p.arguments("size")
		if p.err != nil {
			return operand{}
		}
		inner := arguments[0]
		if v := inner.literal; v != nil && (v.kind == "N" || v.kind == "BOOL" || v.kind == "NULL") {
			p.wrongType("size", *v)
		}
		return operand{of: &inner}
	}
	return operand{path: p.path()}
}

// functions are those of all expressions, with how many operands they take.
var functions = map[string]int{"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2,
	"contains": 2, "size": 1, "if_not_exists": 2, "list_append": 2}

// arguments reads a function's name, which must be one of those that are allowed here, and its operands.
func (p *parser) arguments(allowed ...string) []operand {
	name := p.peek().text
	p.callable(name, allowed...)
	p.at += 2 // the name and the parenthesis, which the caller has seen
	found := []operand{p.operand()}
	for p.accept(",") {
		found = append(found, p.operand())
	}
	p.expect(")")
	p.count(name, len(found))
	return found
}

func (p *parser) callable(name string, allowed ...string) {
	if _, known := functions[name]; !known {
		p.fail("Invalid function name; function: " + name)
	}
	if !slices.Contains(allowed, name) {
		p.fail("The function is not allowed to be used this way in an expression; function: " + name)
	}
}

func (p *parser) count(name string, n int) {
	if n != functions[name] {
		p.fail("Incorrect number of operands for operator or function; operator or function: " + name +
			", number of operands: " + strconv.Itoa(n))
	}
}

func (p *parser) wrongType(operator string, v attributeValue) {
	p.fail("Incorrect operand type for operator or function; operator or function: " + operator + ", operand type: " +
		v.kind)
}

// in is an operand's value in an item, if there is one.
func (o operand) in(it item) (attributeValue, bool) {
	switch {
	case o.literal != nil:
		return *o.literal, true
	case o.of == nil:
		return o.path.in(document(it))
	}
	v, ok := o.of.in(it)
	if !ok {
		return v, false
	}
	return v.measure()
}

// measure is what size() gives: the bytes of a binary value, the members of all else. Of a string it is the length in
// UTF-16, as ExtendDB's tests found at AWS in May 2026. Numbers, booleans and null have none.
func (v attributeValue) measure() (attributeValue, bool) {
	n := len(v.members) + len(v.fields)
	switch v.kind {
	case "S":
		n = len(utf16.Encode([]rune(v.text)))
	case "B":
		n = len(v.text)
	case "N", "BOOL", "NULL":
		return attributeValue{}, false
	}
	return attributeValue{kind: "N", number: decimal{digits: big.NewInt(int64(n))}}, true
}

// distinct complains where an attribute is compared to itself.
func (p *parser) distinct(operator string, left operand, others ...operand) {
	same := func(other operand) bool { return slices.Equal(left.path, other.path) }
	if len(left.path) > 0 && slices.ContainsFunc(others, same) {
		p.fail("The first operand must be distinct from the remaining operands for this operator or function; " +
			"operator: " + operator + ", first operand: " + left.path.String())
	}
}

// orderable complains of values in the request that are never less or greater than others. Of those in an item, only
// the comparison fails.
func (p *parser) orderable(operator string, operands ...operand) {
	for _, o := range operands {
		if o.literal != nil && !o.literal.ordered() {
			p.wrongType(operator, *o.literal)
		}
	}
}

func (p *parser) comparison(operator string, left, right operand) condition {
	p.distinct(operator, left, right)
	if operator != "=" && operator != "<>" {
		p.orderable(operator, left, right)
	}
	return compare(operator, left, right)
}

// compare compares values of the same type. What is not there is equal to nothing, and so not equal to anything.
func compare(operator string, left, right operand) condition {
	return func(it item) bool {
		a, there := left.in(it)
		b, too := right.in(it)
		same := there && too && a.equal(b)
		switch operator {
		case "=":
			return same
		case "<>":
			return !same
		}
		if !there || !too || a.kind != b.kind || !a.ordered() {
			return false
		}
		switch order := a.order(b); operator {
		case "<":
			return order < 0
		case "<=":
			return order <= 0
		case ">":
			return order > 0
		default:
			return order >= 0
		}
	}
}

func (p *parser) between(o, lower, upper operand) condition {
	p.distinct("BETWEEN", o, lower, upper)
	p.orderable("BETWEEN", o, lower, upper)
	if l, u := lower.literal, upper.literal; p.err == nil && l != nil && u != nil {
		switch {
		case l.kind != u.kind:
			p.fail("The BETWEEN operator requires same data type for lower and upper bounds; " + bounds(*l, *u))
		case l.order(*u) > 0:
			p.fail("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " +
				bounds(*l, *u))
		}
	}
	from, to := compare(">=", o, lower), compare("<=", o, upper)
	return func(it item) bool { return from(it) && to(it) }
}

func bounds(lower, upper attributeValue) string {
	return fmt.Sprintf("lower bound operand: AttributeValue: {%s:%s}, upper bound operand: AttributeValue: {%s:%s}",
		lower.kind, lower.plain(), upper.kind, upper.plain())
}

// among reads the list of an IN: at most a hundred operands, the one before IN included.
func (p *parser) among(o operand) condition {
	p.expect("(")
	list := []operand{p.operand()}
	for p.accept(",") {
		list = append(list, p.operand())
	}
	p.expect(")")
	p.distinct("IN", o, list...)
	if len(list) > 100 {
		p.fail("The IN operator is provided with too many operands; number of operands: " + strconv.Itoa(len(list)))
	}
	return func(it item) bool {
		v, there := o.in(it)
		return there && slices.ContainsFunc(list, func(one operand) bool {
			other, too := one.in(it)
			return too && v.equal(other)
		})
	}
}

// function reads a call that is a condition by itself.
func (p *parser) function() condition {
	name := p.peek().text
	arguments := p.arguments("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")
	if p.err != nil {
		return nil
	}
	first := arguments[0]
	switch name {
	case "attribute_exists", "attribute_not_exists":
		if first.path == nil {
			p.fail("Operator or function requires a document path; operator or function: " + name)
		}
		return func(it item) bool { _, there := first.in(it); return there == (name == "attribute_exists") }
	case "attribute_type":
		return p.typed(first, arguments[1])
	}
	second := arguments[1]
	p.distinct(name, first, second)
	if name == "contains" {
		return func(it item) bool {
			v, there := first.in(it)
			sought, too := second.in(it)
			return there && too && v.contains(sought)
		}
	}
	for _, o := range arguments {
		if o.literal != nil && o.literal.kind != "S" && o.literal.kind != "B" {
			p.wrongType(name, *o.literal)
		}
	}
	return func(it item) bool {
		v, there := first.in(it)
		start, too := second.in(it)
		return there && too && v.kind == start.kind && (v.kind == "S" || v.kind == "B") &&
			strings.HasPrefix(v.text, start.text)
	}
}

// contains looks for a part of a string, or for a member of a set or list.
func (v attributeValue) contains(sought attributeValue) bool {
	if v.kind == "S" || v.kind == "B" {
		return v.kind == sought.kind && strings.Contains(v.text, sought.text)
	}
	return slices.ContainsFunc(v.members, sought.equal)
}

// typed is attribute_type: its second operand must be a value of the request that names a type.
func (p *parser) typed(o, kind operand) condition {
	known := []string{"B", "BOOL", "BS", "L", "M", "N", "NS", "NULL", "S", "SS"}
	switch {
	case kind.literal == nil:
		p.fail("Operator or function requires an expression attribute value; operator or function: attribute_type")
		return nil
	case kind.literal.kind != "S":
		p.wrongType("attribute_type", *kind.literal)
	case !slices.Contains(known, kind.literal.text):
		p.fail("Invalid attribute type name found; type: " + kind.literal.text + ", valid types: {" +
			strings.Join(known, ",") + "}")
	}
	return func(it item) bool { v, there := o.in(it); return there && v.kind == kind.literal.text }
}
