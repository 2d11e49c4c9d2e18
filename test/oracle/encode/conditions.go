package encode

import (
	"errors"
	"slices"
	"strings"
)

// operators by their names; the negated ones have a Not in it.
var operators = strings.Fields(`StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike
	StringNotLike ArnEquals ArnNotEquals ArnLike ArnNotLike NumericEquals NumericNotEquals NumericLessThan
	NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals DateEquals DateNotEquals DateLessThan
	DateLessThanEquals DateGreaterThan DateGreaterThanEquals Bool IpAddress NotIpAddress Null`)

// An operator is what its name says.
type operator struct {
	set      string // ForAllValues, ForAnyValue or ""
	positive string // the name without Not
	negated  bool
	ifExists bool
	miscased bool // it is written in another letter case
}

// parseOperator reads the name.
func parseOperator(written string) (operator, error) {
	set, name, found := strings.Cut(written, ":")
	if !found {
		set, name = "", written
	}
	var o operator
	plain := name
	if cut := len(name) - len("IfExists"); cut > 0 && strings.EqualFold(name[cut:], "IfExists") {
		o.ifExists, plain = true, name[:cut]
		o.miscased = name[cut:] != "IfExists"
	}
	for _, canonical := range []string{"", "ForAllValues", "ForAnyValue"} {
		if strings.EqualFold(set, canonical) {
			o.set, o.miscased = canonical, o.miscased || set != canonical
			found = false
		}
	}
	i := slices.IndexFunc(operators, func(known string) bool { return strings.EqualFold(known, plain) })
	if found || i < 0 || operators[i] == "Null" && (o.ifExists || o.set != "") {
		return o, beyond("the operator %s", written)
	}
	o.miscased = o.miscased || operators[i] != plain
	o.positive = strings.Replace(operators[i], "Not", "", 1)
	o.negated = o.positive != operators[i]
	return o, nil
}

// condition says that a test holds
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html). What is
// written in another letter case is either meant so, or never holds.
func (w *world) condition(c condition) (string, error) {
	o, err := parseOperator(c.operator)
	if err != nil {
		return "", err
	}
	v, err := w.lookup(c.key)
	if errors.Is(err, errUnknown) {
		return w.doubt(), nil
	}
	if err != nil {
		return "", err
	}
	values := slices.Clone(c.values)
	if o.positive == "Bool" {
		for i, value := range values {
			if lower := strings.ToLower(value); lower != value && (lower == "true" || lower == "false") {
				values[i], o.miscased = lower, true
			}
		}
	}
	holds, err := w.applied(o, v, values)
	if o.miscased && !w.Doubts {
		return "false", err
	}
	return holds, err
}

// applied is the test for a key that may be absent.
func (w *world) applied(o operator, v variable, values []string) (string, error) {
	if o.positive == "Null" {
		return null(v, values)
	}
	holds, err := w.quantified(o, v, values)
	if err != nil {
		return "", err
	}
	whenAbsent := "false"
	switch {
	case o.set == "ForAnyValue" && o.ifExists:
		whenAbsent = w.doubt()
	case o.set != "ForAnyValue" && (o.negated || o.ifExists || o.set == "ForAllValues"):
		whenAbsent = "true"
	}
	return or(and(v.present, holds), and(not(v.present), whenAbsent)), nil
}

// quantified is the test for a key that is there. A plain operator on a key with several values is in doubt.
func (w *world) quantified(o operator, v variable, values []string) (string, error) {
	switch {
	case v.present == "false":
		return "false", nil // it does not count
	case v.sort != "Set":
		return w.compared(o, v, values)
	case o.set == "":
		return w.doubt(), nil
	}
	var each []string
	for _, one := range v.members {
		holds, err := w.compared(o, one, values)
		if err != nil {
			return "", err
		}
		if o.set == "ForAnyValue" {
			each = append(each, and(one.present, holds))
		} else {
			each = append(each, or(not(one.present), holds))
		}
	}
	if o.set == "ForAnyValue" {
		return or(each...), nil
	}
	return and(each...), nil
}

// compared holds one value of the key against those of the policy: it is one of them, or none.
func (w *world) compared(o operator, v variable, values []string) (string, error) {
	var any []string
	for _, value := range values {
		test, err := w.test(o, v, value)
		if err != nil {
			return "", err
		}
		any = append(any, test)
	}
	if o.negated {
		return not(or(any...)), nil
	}
	return or(any...), nil
}

// null is the test for absence: "true" asks that the key be missing.
func null(v variable, values []string) (string, error) {
	var any []string
	for _, value := range values {
		switch value {
		case "true":
			any = append(any, not(v.present))
		case "false":
			any = append(any, v.present)
		default:
			return "", beyond("Null with %q", value)
		}
	}
	return or(any...), nil
}
