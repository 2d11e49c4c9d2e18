package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A Pattern is an EventBridge event pattern
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html). It answers as aws/event-ruler
// 2.0.1, the matcher behind EventBridge, does for the recorded cases in testdata.
type Pattern struct {
	alternatives [][]field // $or multiplied out: one of them, all of its fields
}

// A field is one leaf of a pattern: some value at the path passes some test.
type field struct {
	path   string
	tests  []test
	absent bool // [{"exists": false}] is among the tests
}

// A test is one way for a value to match. Values are as encoding/json decodes them, numbers as json.Number.
type test func(value any) bool

// maxAlternatives bounds what $or may multiply out to, as EventBridge does.
const maxAlternatives = 1000

// CompilePattern reads a pattern. The errors for what event-ruler refuses begin with its own words.
func CompilePattern(text []byte) (*Pattern, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("pattern is not a JSON object: %w", err)
	}
	alternatives, err := compileObject("", root)
	if err != nil {
		return nil, err
	}
	return &Pattern{alternatives}, nil
}

func compileObject(path string, object map[string]any) ([][]field, error) {
	if len(object) == 0 {
		return nil, invalid("Empty objects are not allowed")
	}
	all := [][]field{nil}
	for _, name := range sorted(object) {
		var some [][]field
		var err error
		if branches, ok := object[name].([]any); ok && name == "$or" {
			some, err = compileOr(path, branches)
		} else {
			some, err = compileMember(join(path, name), name, object[name])
		}
		if err != nil {
			return nil, err
		}
		if all, err = multiply(all, some); err != nil {
			return nil, err
		}
		if len(all) > maxAlternatives {
			return nil, invalid("more than %d rule combinations", maxAlternatives)
		}
	}
	return all, nil
}

// compileOr reads the branches of a $or, each a pattern for the same object.
func compileOr(path string, branches []any) (some [][]field, err error) {
	if len(branches) < 2 {
		return nil, invalid("$or needs at least two branches")
	}
	for _, b := range branches {
		object, ok := b.(map[string]any)
		if !ok {
			return nil, invalid("$or holds objects only")
		}
		compiled, err := compileObject(path, object)
		if err != nil {
			return nil, err
		}
		some = append(some, compiled...)
	}
	return some, nil
}

func compileMember(path, name string, value any) ([][]field, error) {
	switch v := value.(type) {
	case map[string]any:
		return compileObject(path, v)
	case []any:
		f, err := compileLeaf(path, v)
		return [][]field{{f}}, err
	}
	return nil, invalid("%q must be an object or an array", name)
}

// multiply joins each alternative of a with each of b. A field may stand in one of them only: event-ruler takes the
// tests that the pattern names last, and forgets the others (https://github.com/aws/event-ruler/issues/22).
func multiply(a, b [][]field) (product [][]field, err error) {
	for _, x := range a {
		for _, y := range b {
			for _, f := range y {
				if slices.ContainsFunc(x, func(g field) bool { return f.path == g.path }) {
					return nil, invalid("%q is tested twice: EventBridge forgets one of the two", f.path)
				}
			}
			product = append(product, append(slices.Clone(x), y...))
		}
	}
	return product, nil
}

func compileLeaf(path string, values []any) (field, error) {
	f := field{path: path}
	if len(values) == 0 {
		return f, invalid("Empty arrays are not allowed")
	}
	for _, v := range values {
		object, special := v.(map[string]any)
		if !special {
			f.tests = append(f.tests, equals(v))
			continue
		}
		if len(object) != 1 {
			return f, invalid("Only one key allowed in match expression")
		}
		for kind, operand := range object {
			if kind == "exists" && operand == false {
				f.absent = true
				continue
			}
			t, err := compileTest(kind, operand)
			if err != nil {
				return f, err
			}
			f.tests = append(f.tests, t)
		}
	}
	return f, nil
}

// Match tells whether an event matches.
func (p *Pattern) Match(event []byte) (bool, error) {
	d := json.NewDecoder(bytes.NewReader(event))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		return false, fmt.Errorf("event is not a JSON object: %w", err)
	}
	var leaves []leaf
	arrays := 0
	flatten("", root, nil, &arrays, &leaves)
	return slices.ContainsFunc(p.alternatives, func(fields []field) bool { return matchAll(fields, leaves, nil) }), nil
}

// A leaf is one value of an event, with the elements of the arrays it stands in. Fields that match within the same
// array have to match within the same element of it.
type leaf struct {
	path     string
	value    any
	elements map[int]int // which element, by array
}

func flatten(path string, value any, elements map[int]int, arrays *int, into *[]leaf) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sorted(v) {
			flatten(join(path, name), v[name], elements, arrays, into)
		}
	case []any:
		*arrays++
		array := *arrays
		for i, item := range v {
			inside := map[int]int{array: i}
			for a, e := range elements {
				inside[a] = e
			}
			flatten(path, item, inside, arrays, into)
		}
	default:
		*into = append(*into, leaf{path, v, elements})
	}
}

// matchAll looks for a leaf for each field so that all stand in the same elements.
func matchAll(fields []field, leaves []leaf, chosen map[int]int) bool {
	if len(fields) == 0 {
		return true
	}
	f, present := fields[0], false
	for _, l := range leaves {
		if l.path != f.path {
			continue
		}
		present = true
		if !slices.ContainsFunc(f.tests, func(t test) bool { return t(l.value) }) {
			continue
		}
		if together, ok := merge(chosen, l.elements); ok && matchAll(fields[1:], leaves, together) {
			return true
		}
	}
	return f.absent && !present && matchAll(fields[1:], leaves, chosen)
}

func merge(chosen, elements map[int]int) (map[int]int, bool) {
	both := make(map[int]int, len(chosen)+len(elements))
	for array, element := range chosen {
		both[array] = element
	}
	for array, element := range elements {
		if before, ok := both[array]; ok && before != element {
			return nil, false
		}
		both[array] = element
	}
	return both, true
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sorted(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func contains(prefix netip.Prefix, text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && prefix.Contains(a)
}

func foldedCut(s, affix string, suffix bool) bool {
	if len(s) < len(affix) {
		return false
	}
	if suffix {
		return strings.EqualFold(s[len(s)-len(affix):], affix)
	}
	return strings.EqualFold(s[:len(affix)], affix)
}
