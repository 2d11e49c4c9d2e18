package dynamodb

import (
	"cmp"
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// query follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html: the items of one
// partition, in the order of the sort key. Limit counts the items before the filter; a page that ends at a limit says
// where it ended, even if nothing comes after it.
func query(r *request, in input) (any, *front.Error) {
	v, err := in.view()
	if err != nil {
		return nil, err
	}
	t, err := r.tableNamed("Query", in.TableName)
	if err != nil {
		return nil, err
	}
	x, indexed, err := t.indexOf(in)
	if err != nil {
		return nil, err
	}
	if !indexed {
		x = index{keys: []string{t.key}, all: true}
	}
	if err := v.check(t, x, in, indexed); err != nil {
		return nil, err
	}
	unplaced := in
	unplaced.ExclusiveStartKey = nil // a query's is more than a scan's
	limit, _, err := t.checkScan(unplaced, x)
	if err != nil {
		return nil, err
	}
	from, err := x.startOf(t, in, v)
	if err != nil {
		return nil, err
	}
	var rows []item
	for key := range t.rows {
		it := r.read(t, key, in)
		if it == nil || x.shows(t, it) == nil || !v.keys.holds(it) {
			continue
		}
		rows = append(rows, it)
	}
	forward := in.ScanIndexForward == nil || *in.ScanIndexForward
	slices.SortFunc(rows, func(a, b item) int { return x.order(t, a, b, forward) })
	if from != nil {
		rows = slices.DeleteFunc(rows, func(it item) bool { return x.order(t, it, from, forward) <= 0 })
	}
	return x.page(t, in, v, rows, limit), nil
}

// page is the first page of some rows.
func (x index) page(t *table, in input, v view, rows []item, limit int) any {
	found, scanned, size := []item{}, 0, 0
	answer := map[string]any{}
	for _, it := range rows {
		place := x.shows(t, it)
		it = x.projected(t, it)
		scanned, size = scanned+1, size+itemSize(it)
		if v.filter == nil || v.filter(it) {
			found = append(found, v.of(it))
		}
		if scanned == limit || size >= page {
			answer["LastEvaluatedKey"] = place
			break
		}
	}
	answer["Count"], answer["ScannedCount"] = len(found), scanned
	if in.Select != "COUNT" {
		answer["Items"] = found
	}
	return answer
}

// order sorts items by the index's sort key, and those that have the same by their own key, in an order of which
// nothing is said but that it stays.
func (x index) order(t *table, a, b item, forward bool) int {
	sort := 0
	if len(x.keys) > 1 {
		sort = a[x.keys[1]].order(b[x.keys[1]])
	}
	if sort == 0 {
		sort = cmp.Compare(scanOrder(a[t.key].text), scanOrder(b[t.key].text))
	}
	if !forward {
		return -sort
	}
	return sort
}

// startOf reads where a query goes on: all keys of an item, which lie in what is asked for.
func (x index) startOf(t *table, in input, v view) (item, *front.Error) {
	start := in.ExclusiveStartKey
	if start == nil {
		return nil, nil
	}
	names := map[string]bool{t.key: true}
	for _, name := range x.keys {
		names[name] = true
	}
	for name := range names {
		if start[name].kind != "S" {
			return nil, validation("The provided starting key is invalid: The provided key element does not match the schema")
		}
	}
	if len(start) != len(names) {
		return nil, validation("The provided starting key is invalid")
	}
	if !v.keys.partitionOf(start) {
		return nil, validation("The provided starting key is outside query boundaries based on provided conditions")
	}
	return start, nil
}

// A keyCondition is what a query says of the keys: the partition key's value, and something of the sort key's.
type keyCondition struct {
	parts []keyPart
	hash  string // the partition key's name
}

// A keyPart is one comparison of a key with values.
type keyPart struct {
	name, operator string
	values         []attributeValue
	holds          condition
}

func (k *keyCondition) holds(it item) bool {
	return !slices.ContainsFunc(k.parts, func(p keyPart) bool { return !p.holds(it) })
}

// partitionOf tells whether an item is in the partition that is asked for.
func (k *keyCondition) partitionOf(it item) bool {
	return !slices.ContainsFunc(k.parts, func(p keyPart) bool { return p.name == k.hash && !p.holds(it) })
}

// parseKeys reads a key condition
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html).
func parseKeys(text string, words *placeholders) (*keyCondition, *front.Error) {
	p := lex("KeyConditionExpression", text, words)
	k := &keyCondition{}
	p.keyParts(k)
	return k, p.finish()
}

func (p *parser) keyParts(k *keyCondition) {
	for {
		if p.accept("(") {
			p.keyParts(k)
			p.expect(")")
		} else {
			k.parts = append(k.parts, p.keyPart())
		}
		if !p.accept("AND") {
			break
		}
	}
	if p.is("OR") || p.is("NOT") {
		p.unsupported(strings.ToUpper(p.peek().text))
	}
}

// unsupported notes an operator that says nothing of keys.
func (p *parser) unsupported(operator string) {
	if p.err == nil {
		p.err = validation("Invalid operator used in KeyConditionExpression: %s", operator)
	}
}

func (p *parser) keyPart() keyPart {
	if t := p.peek(); t.kind == 'w' && p.ahead(1).text == "(" {
		if t.text != "begins_with" {
			p.unsupported(t.text)
			return keyPart{}
		}
		at := p.at
		arguments := p.arguments("begins_with")
		p.at = at
		return p.key("begins_with", arguments, p.function())
	}
	left := p.operand()
	switch t := p.peek(); {
	case t.text == "<>":
		p.fail("Invalid operator used in KeyConditionExpression: NE")
	case slices.Contains(comparators, t.text):
		p.at++
		right := p.operand()
		return p.key(t.text, []operand{left, right}, p.comparison(t.text, left, right))
	case p.accept("BETWEEN"):
		lower := p.operand()
		p.expect("AND")
		upper := p.operand()
		return p.key("BETWEEN", []operand{left, lower, upper}, p.between(left, lower, upper))
	case p.is("IN"):
		p.unsupported("IN")
	}
	p.syntax()
	return keyPart{}
}

// key is one comparison, which is of a key with values of the request.
func (p *parser) key(operator string, operands []operand, c condition) keyPart {
	part := keyPart{operator: operator, holds: c}
	for i, o := range operands {
		switch {
		case p.err != nil:
		case i == 0 && len(o.path) == 1:
			part.name = o.path[0].name
		case i > 0 && o.literal != nil:
			part.values = append(part.values, *o.literal)
		default:
			p.fail("KeyConditionExpressions must only contain a key and values")
		}
	}
	return part
}

// check complains of conditions that are not of the index's keys, and of filters that are.
func (v view) check(t *table, x index, in input, indexed bool) *front.Error {
	if v.keys == nil {
		return validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	v.keys.hash = x.keys[0]
	seen := map[string]bool{}
	for _, part := range v.keys.parts {
		switch {
		case seen[part.name]:
			return validation("KeyConditionExpressions must only contain one condition per key")
		case part.name == x.keys[0] && part.operator != "=":
			return validation("Query key condition not supported")
		case !slices.Contains(x.keys, part.name):
			return validation("Query condition missed key schema element: %s", x.keys[min(len(seen), len(x.keys)-1)])
		}
		seen[part.name] = true
		for _, value := range part.values {
			if value.kind != "S" {
				return invalid("Condition parameter type does not match schema type")
			}
			if value.text == "" && part.operator == "=" {
				return invalid("The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", part.name)
			}
		}
	}
	if !seen[x.keys[0]] {
		return validation("Query condition missed key schema element: %s", x.keys[0])
	}
	for _, name := range v.filtered {
		if slices.Contains(x.keys, name) {
			return validation("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	}
	if in.Select == "ALL_ATTRIBUTES" && indexed && !x.all {
		return invalid("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection "+
			"type is not ALL", *in.IndexName)
	}
	return v.words.scalar(t.key)
}
