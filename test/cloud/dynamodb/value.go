package dynamodb

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// An item is one of a table's.
type item = map[string]attributeValue

// An attributeValue is a value of one of DynamoDB's types
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html). It is never changed: an
// update makes a new one.
type attributeValue struct {
	kind    string           // S, N, B, BOOL, NULL, SS, NS, BS, L or M
	text    string           // S, and the bytes of B
	number  decimal          // N
	yes     bool             // BOOL
	members []attributeValue // L, and the sets: those in order
	fields  item             // M
}

// document is an item as a map.
func document(it item) attributeValue { return attributeValue{kind: "M", fields: it} }

// A valueError is what is wrong with an attribute value in a request.
type valueError struct{ message string }

func (e *valueError) Error() string { return e.message }

func badValue(format string, args ...any) error { return &valueError{fmt.Sprintf(format, args...)} }

// deepest is how many levels an attribute may have, its own included
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes).
const deepest = 32

// UnmarshalJSON reads a value in the form of the API. Errors are of type *valueError where the JSON is of the right
// shape.
func (v *attributeValue) UnmarshalJSON(b []byte) error { return v.read(b, 1) }

func (v *attributeValue) read(b []byte, depth int) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	switch {
	case depth > deepest:
		return badValue(
			"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond " +
				"supported limit")
	case len(raw) == 0:
		return badValue("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case len(raw) > 1:
		return badValue(
			"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported " +
				"datatypes")
	}
	for kind, inner := range raw {
		v.kind = kind
		switch kind {
		case "SS", "NS", "BS":
			return v.readSet(inner)
		case "L", "M":
			return v.readDocument(inner, depth)
		}
		return v.readScalar(inner)
	}
	return nil
}

func (v *attributeValue) readScalar(b []byte) error {
	switch v.kind {
	case "S":
		return json.Unmarshal(b, &v.text)
	case "B":
		var content []byte
		err := json.Unmarshal(b, &content)
		v.text = string(content)
		return err
	case "N":
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		n, invalid := parseDecimal(text)
		if invalid != nil {
			return badValue("%s", invalid.Message)
		}
		v.number = n
		return nil
	case "BOOL":
		return json.Unmarshal(b, &v.yes)
	case "NULL":
		var null bool
		if err := json.Unmarshal(b, &null); err != nil || null {
			return err
		}
		return badValue(
			"One or more parameter values were invalid: Null attribute value types must have the value of true")
	}
	return badValue("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

func (v *attributeValue) readSet(b []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	if len(raw) == 0 {
		empty := map[string]string{"SS": "An string set  may not be empty", "NS": "An number set  may not be empty",
			"BS": "Binary sets should not be empty"}
		return badValue("One or more parameter values were invalid: %s", empty[v.kind])
	}
	for _, one := range raw {
		m := attributeValue{kind: v.kind[:1]}
		if err := m.readScalar(one); err != nil {
			return err
		}
		v.members = append(v.members, m)
	}
	slices.SortFunc(v.members, attributeValue.order)
	if len(slices.CompactFunc(slices.Clone(v.members), attributeValue.equal)) < len(v.members) {
		return badValue("One or more parameter values were invalid: Input collection %s contains duplicates.", b)
	}
	return nil
}

func (v *attributeValue) readDocument(b []byte, depth int) error {
	if v.kind == "L" {
		var raw []json.RawMessage
		if err := json.Unmarshal(b, &raw); err != nil {
			return err
		}
		v.members = make([]attributeValue, len(raw))
		for i, one := range raw {
			if err := v.members[i].read(one, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	v.fields = item{}
	for name, one := range raw {
		var field attributeValue
		if err := field.read(one, depth+1); err != nil {
			return err
		}
		v.fields[name] = field
	}
	return nil
}

// MarshalJSON writes the form of the API.
func (v attributeValue) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{v.kind: v.payload()})
}

func (v attributeValue) payload() any {
	switch v.kind {
	case "B":
		return []byte(v.text)
	case "BOOL":
		return v.yes
	case "NULL":
		return true
	case "SS", "NS", "BS":
		all := []any{}
		for _, m := range v.members {
			all = append(all, m.payload())
		}
		return all
	case "L":
		return append([]attributeValue{}, v.members...)
	case "M":
		return v.fields
	}
	return v.plain()
}

// plain is the text of a string, a number or bytes.
func (v attributeValue) plain() string {
	if v.kind == "N" {
		return v.number.String()
	}
	return v.text
}

// equal compares by value: numbers as numbers, sets without order.
func (v attributeValue) equal(other attributeValue) bool {
	return v.kind == other.kind && v.text == other.text && v.yes == other.yes &&
		(v.kind != "N" || v.number.compare(other.number) == 0) &&
		slices.EqualFunc(v.members, other.members, attributeValue.equal) &&
		maps.EqualFunc(v.fields, other.fields, attributeValue.equal)
}

// order compares two numbers, or two strings or byte strings by their bytes.
func (v attributeValue) order(other attributeValue) int {
	if v.kind == "N" {
		return v.number.compare(other.number)
	}
	return cmp.Compare(v.text, other.text)
}

// ordered tells whether values of this type can be less or greater.
func (v attributeValue) ordered() bool { return v.kind == "S" || v.kind == "N" || v.kind == "B" }

// has tells whether a set or a list has a member.
func (v attributeValue) has(m attributeValue) bool {
	return slices.ContainsFunc(v.members, m.equal)
}

// size is how many bytes a value counts for
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
func (v attributeValue) size() int {
	switch v.kind {
	case "S", "B":
		return len(v.text)
	case "N":
		return v.number.size()
	case "BOOL", "NULL":
		return 1
	}
	total := 0
	for _, m := range v.members {
		total += m.size()
	}
	total += itemSize(v.fields)
	if v.kind == "L" || v.kind == "M" {
		total += 3 + len(v.members) + len(v.fields)
	}
	return total
}

// itemSize is the size of an item: of its names and its values.
func itemSize(it item) int {
	total := 0
	for name, v := range it {
		total += len(name) + v.size()
	}
	return total
}

// goValue is a value in Go's types, for tests: string, json.Number, []byte, bool, nil, []string, []json.Number,
// [][]byte, []any or map[string]any.
func (v attributeValue) goValue() any {
	switch v.kind {
	case "N":
		return json.Number(v.plain())
	case "NULL":
		return nil
	case "SS":
		return collect(v.members, attributeValue.plain)
	case "NS":
		return collect(v.members, func(m attributeValue) json.Number { return json.Number(m.plain()) })
	case "BS":
		return collect(v.members, func(m attributeValue) []byte { return bytes.Clone([]byte(m.text)) })
	case "L":
		return collect(v.members, attributeValue.goValue)
	case "M":
		return goItem(v.fields)
	}
	return v.payload()
}

func collect[T any](members []attributeValue, as func(attributeValue) T) []T {
	all := make([]T, len(members))
	for i, m := range members {
		all[i] = as(m)
	}
	return all
}

func goItem(it item) map[string]any {
	all := map[string]any{}
	for name, v := range it {
		all[name] = v.goValue()
	}
	return all
}
