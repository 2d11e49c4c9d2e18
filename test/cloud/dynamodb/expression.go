package dynamodb

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"locksmith/test/cloud/front"
)

// placeholders are what the #names and :values of a request stand for. All expressions of the request share them, and
// each must be used
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html).
type placeholders struct {
	names  map[string]string
	values map[string]attributeValue
	used   map[string]bool
	paths  []path // in all expressions
}

var placeholder = regexp.MustCompile(`^[#:][A-Za-z0-9_]+$`)

func newPlaceholders(names map[string]string, values map[string]attributeValue, expressions ...*string) (
	*placeholders, *front.Error) {
	some := slices.ContainsFunc(expressions, func(e *string) bool { return e != nil })
	switch {
	case names != nil && !some:
		return nil, validation("ExpressionAttributeNames can only be specified when using expressions")
	case values != nil && !some:
		return nil, validation("ExpressionAttributeValues can only be specified when using expressions")
	case names != nil && len(names) == 0:
		return nil, validation("ExpressionAttributeNames must not be empty")
	case values != nil && len(values) == 0:
		return nil, validation("ExpressionAttributeValues must not be empty")
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if name == "" || name[0] != '#' || !placeholder.MatchString(name) {
			return nil, validation("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name == "" || name[0] != ':' || !placeholder.MatchString(name) {
			return nil, validation("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", name)
		}
	}
	return &placeholders{names: names, values: values, used: map[string]bool{}}, nil
}

// check complains of placeholders that no expression has used.
func (w *placeholders) check() *front.Error {
	used := func(name string) bool { return w.used[name] }
	if left := slices.DeleteFunc(slices.Sorted(maps.Keys(w.names)), used); len(left) > 0 {
		return validation("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}",
			strings.Join(left, ", "))
	}
	if left := slices.DeleteFunc(slices.Sorted(maps.Keys(w.values)), used); len(left) > 0 {
		return validation("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}",
			strings.Join(left, ", "))
	}
	return nil
}

// scalar complains of paths that lead into the key, which is no map and no list.
func (w *placeholders) scalar(key string) *front.Error {
	if slices.ContainsFunc(w.paths, func(p path) bool { return p[0].name == key && len(p) > 1 }) {
		return validation("Key attributes must be scalars; "+
			"list random access '[]' and map lookup '.' are not allowed: Key: %s", key)
	}
	return nil
}

// A token is one of an expression's. The zero token is its end.
type token struct {
	kind    byte // w for a word, # and : for placeholders, 0 for digits, = for operators and punctuation
	text    string
	at, end int
}

// Names begin with a letter: what begins otherwise needs a placeholder.
var tokenText = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+|[0-9]+|<>|<=|>=|[=<>(),.\[\]+-])`)

// A parser reads one expression by recursive descent. Its first error ends the expression.
type parser struct {
	kind   string // such as ConditionExpression
	text   string
	tokens []token
	at     int
	words  *placeholders
	err    *front.Error
}

// longestExpression is the limit in bytes
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters).
const longestExpression = 4096

// lex splits an expression into tokens.
func lex(kind, text string, words *placeholders) *parser {
	p := &parser{kind: kind, text: text, words: words}
	switch {
	case strings.TrimSpace(text) == "":
		p.fail("The expression can not be empty;")
	case len(text) > longestExpression:
		p.fail("Expression size has exceeded the maximum allowed size; expression size: " + strconv.Itoa(len(text)))
	}
	for at := 0; at < len(text); {
		if strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
			continue
		}
		found := tokenText.FindString(text[at:])
		if found == "" {
			p.tokens = append(p.tokens, token{'!', text[at : at+1], at, at + 1})
			break
		}
		p.tokens = append(p.tokens, token{kindOf(found[0]), found, at, at + len(found)})
		at += len(found)
	}
	return p
}

// kindOf is the kind of token that begins with a character.
func kindOf(first byte) byte {
	switch {
	case first >= '0' && first <= '9':
		return '0'
	case first >= 'A' && first <= 'Z' || first >= 'a' && first <= 'z':
		return 'w'
	case first == '#' || first == ':':
		return first
	}
	return '='
}

// fail notes the first error.
func (p *parser) fail(why string) {
	if p.err == nil {
		p.err = validation("Invalid %s: %s", p.kind, why)
	}
}

// syntax says that the next token is out of place, and where.
func (p *parser) syntax() {
	if p.err != nil {
		return
	}
	t, from, to := p.peek(), 0, len(p.text)
	if p.at > 0 {
		from = p.tokens[p.at-1].at
	}
	if p.at+1 < len(p.tokens) {
		to = p.tokens[p.at+1].end
	} else if t.text != "" {
		to = t.end
	}
	shown := t.text
	if shown == "" {
		shown = "<EOF>"
	}
	p.fail("Syntax error; token: " + strconv.Quote(shown) + ", near: " + strconv.Quote(p.text[from:to]))
}

func (p *parser) peek() token { return p.ahead(0) }

// ahead is the token n places on.
func (p *parser) ahead(n int) token {
	if p.err != nil || p.at+n >= len(p.tokens) {
		return token{}
	}
	return p.tokens[p.at+n]
}

// is tells whether the next token is an operator, or a keyword in whatever case.
func (p *parser) is(text string) bool {
	t := p.peek()
	return t.text != "" && (t.kind == '=' && t.text == text || t.kind == 'w' && strings.EqualFold(t.text, text))
}

func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.syntax()
	}
}

// finish expects the end of the expression.
func (p *parser) finish() *front.Error {
	if p.err == nil && p.at < len(p.tokens) {
		p.syntax()
	}
	return p.err
}

// A path leads to an attribute, or into one
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html).
type path []element

// An element is a name, or the index of a list's member.
type element struct {
	name  string
	index int // -1 for a name
}

func (p *parser) path() (to path) {
	defer func() { p.words.paths = append(p.words.paths, to) }()
	to = path{{p.name(), -1}}
	for p.err == nil {
		switch {
		case p.accept("."):
			to = append(to, element{p.name(), -1})
		case p.accept("["):
			t := p.peek()
			n, err := strconv.Atoi(t.text)
			if t.kind != '0' || err != nil {
				p.syntax()
				return to
			}
			p.at++
			p.expect("]")
			to = append(to, element{"", n})
		default:
			return to
		}
	}
	return to
}

func (p *parser) name() string {
	t := p.peek()
	switch t.kind {
	case 'w':
		if reserved(t.text) {
			p.fail("Attribute name is a reserved keyword; reserved keyword: " + t.text)
		}
		p.at++
		return t.text
	case '#':
		name, ok := p.words.names[t.text]
		if !ok {
			p.fail("An expression attribute name used in the document path is not defined; attribute name: " + t.text)
		}
		p.words.used[t.text] = true
		p.at++
		return name
	}
	p.syntax()
	return ""
}

// literal reads a :value.
func (p *parser) literal() attributeValue {
	t := p.peek()
	if t.kind != ':' {
		p.syntax()
		return attributeValue{}
	}
	v, ok := p.words.values[t.text]
	if !ok {
		p.fail("An expression attribute value used in expression is not defined; attribute value: " + t.text)
	}
	p.words.used[t.text] = true
	p.at++
	return v
}

// parsePaths reads a projection expression.
func parsePaths(text string, words *placeholders) ([]path, *front.Error) {
	p := lex("ProjectionExpression", text, words)
	paths := []path{p.path()}
	for p.accept(",") {
		paths = append(paths, p.path())
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	p.apart(paths)
	return paths, p.err
}

// apart complains of paths of which one lies in the other, or that cannot both exist.
func (p *parser) apart(paths []path) {
	const rewrite = "must remove or rewrite one of these paths; path one: "
	for i, a := range paths {
		for _, b := range paths[:i] {
			n := 0
			for n < min(len(a), len(b)) && a[n] == b[n] {
				n++
			}
			switch {
			case n == min(len(a), len(b)):
				p.fail("Two document paths overlap with each other; " + rewrite + b.String() + ", path two: " +
					a.String())
			case (a[n].index < 0) != (b[n].index < 0):
				p.fail("Two document paths conflict with each other; " + rewrite + b.String() + ", path two: " +
					a.String())
			}
		}
	}
}

func (p path) String() string {
	var parts []string
	for _, e := range p {
		if e.index >= 0 {
			e.name = "[" + strconv.Itoa(e.index) + "]"
		}
		parts = append(parts, e.name)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// order sorts paths, list members by their index.
func (p path) order(other path) int {
	return slices.CompareFunc(p, other, func(a, b element) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.name, b.name))
	})
}

// in finds what a path leads to.
func (p path) in(v attributeValue) (attributeValue, bool) {
	for _, e := range p {
		switch {
		case e.index < 0 && v.kind == "M":
			next, ok := v.fields[e.name]
			if !ok {
				return attributeValue{}, false
			}
			v = next
		case e.index >= 0 && v.kind == "L" && e.index < len(v.members):
			v = v.members[e.index]
		default:
			return attributeValue{}, false
		}
	}
	return v, true
}

// project keeps what some paths lead to, in the maps and lists around it. Of a list, only the members that are kept are
// there.
func project(it item, paths []path) item {
	whole := document(it)
	paths = slices.DeleteFunc(slices.Clone(paths), func(p path) bool { _, there := p.in(whole); return !there })
	if len(paths) == 0 {
		return item{}
	}
	slices.SortFunc(paths, path.order)
	return whole.pick(paths).fields
}

// pick keeps what is under paths that are sorted, lie apart and lead somewhere.
func (v attributeValue) pick(paths []path) attributeValue {
	if len(paths[0]) == 0 {
		return v
	}
	kept := attributeValue{kind: v.kind}
	if v.kind == "M" {
		kept.fields = item{}
	}
	for len(paths) > 0 {
		head, n := paths[0][0], 0
		var rest []path
		for ; n < len(paths) && paths[n][0] == head; n++ {
			rest = append(rest, paths[n][1:])
		}
		child, _ := path{head}.in(v)
		if child = child.pick(rest); head.index < 0 {
			kept.fields[head.name] = child
		} else {
			kept.members = append(kept.members, child)
		}
		paths = paths[n:]
	}
	return kept
}
