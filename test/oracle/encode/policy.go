package encode

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A policy is what of a document decides.
type policy struct {
	variables bool // ${…} is live
	denies    []statement
}

// A statement is a Deny.
type statement struct {
	sid        string
	elements   map[string]json.RawMessage
	conditions []condition
}

// A condition is one operator with one key.
type condition struct {
	operator, key string
	values        []string
}

// elements that a statement may have.
var elements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
	"Condition"}

// read reads a policy and keeps its Deny statements.
func read(text []byte) (policy, error) {
	var document struct {
		Version, Id string
		Statement   json.RawMessage
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return policy{}, err
	}
	var all []map[string]json.RawMessage
	if err := json.Unmarshal(document.Statement, &all); err != nil {
		all = make([]map[string]json.RawMessage, 1)
		if err := json.Unmarshal(document.Statement, &all[0]); err != nil {
			return policy{}, err
		}
	}
	p := policy{variables: document.Version == "2012-10-17"}
	for _, written := range all {
		for element := range written {
			if !slices.Contains(elements, element) {
				return p, beyond("the element %s", element)
			}
		}
		switch effect := string(written["Effect"]); effect {
		case `"Allow"`:
		case `"Deny"`:
			s, err := deny(written)
			if err != nil {
				return p, err
			}
			p.denies = append(p.denies, s)
		default:
			return p, beyond("the effect %s", effect)
		}
	}
	return p, nil
}

func deny(written map[string]json.RawMessage) (statement, error) {
	s := statement{elements: written}
	if sid := written["Sid"]; sid != nil {
		if err := json.Unmarshal(sid, &s.sid); err != nil {
			return s, err
		}
	}
	var blocks map[string]map[string]json.RawMessage
	if text := written["Condition"]; text != nil {
		if err := json.Unmarshal(text, &blocks); err != nil {
			return s, err
		}
	}
	for _, operator := range slices.Sorted(maps.Keys(blocks)) {
		for _, key := range slices.Sorted(maps.Keys(blocks[operator])) {
			values, err := list(blocks[operator][key])
			if err != nil {
				return s, err
			}
			if len(values) == 0 {
				return s, beyond("%s %s without a value", operator, key)
			}
			s.conditions = append(s.conditions, condition{operator, key, values})
		}
	}
	return s, nil
}

// covers tells whether the statement is about the action on the resource; that needs no solver.
func (s statement) covers(action, resource string, variables bool) (bool, error) {
	about, err := s.about(action)
	if err != nil || !about {
		return false, err
	}
	on := string(s.elements["Resource"]) + string(s.elements["NotResource"])
	if variables && strings.Contains(on, "${") {
		return false, beyond("a variable in Resource")
	}
	return s.either("Resource", func(pattern string) bool { return glob(pattern, resource) })
}

// about tells whether the statement's Action or NotAction covers the action, in whatever letter case.
func (s statement) about(action string) (bool, error) {
	return s.either("Action", func(pattern string) bool {
		return glob(strings.ToLower(pattern), strings.ToLower(action))
	})
}

// either asks the element, or its Not form.
func (s statement) either(element string, matches func(pattern string) bool) (bool, error) {
	is, isNot := s.elements[element], s.elements["Not"+element]
	if (is == nil) == (isNot == nil) {
		return false, beyond("%s and Not%s, or neither", element, element)
	}
	patterns, err := list(slices.Concat(is, isNot))
	return slices.ContainsFunc(patterns, matches) == (is != nil), err
}

// glob matches * and ? against the whole value.
func glob(pattern, value string) bool {
	switch {
	case pattern == "":
		return value == ""
	case pattern[0] == '*':
		return glob(pattern[1:], value) || value != "" && glob(pattern, value[1:])
	case value == "" || pattern[0] != '?' && pattern[0] != value[0]:
		return false
	}
	return glob(pattern[1:], value[1:])
}

// list reads a scalar or a list of scalars.
func list(text json.RawMessage) ([]string, error) {
	var many []any
	if err := json.Unmarshal(text, &many); err != nil {
		many = make([]any, 1)
		if err := json.Unmarshal(text, &many[0]); err != nil {
			return nil, err
		}
	}
	var all []string
	for _, v := range many {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case bool:
			all = append(all, fmt.Sprint(v))
		case float64:
			all = append(all, strings.TrimSuffix(fmt.Sprintf("%f", v), ".000000"))
		default:
			return nil, beyond("the value %v", v)
		}
	}
	return all, nil
}
