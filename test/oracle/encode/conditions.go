package encode

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// condition says that a test holds
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
func (w *world) condition(written, key string, values []string) (string, error) {
	set, operator, found := strings.Cut(written, ":")
	if !found {
		set, operator = "", written
	}
	v, err := w.lookup(key)
	if err != nil {
		return "", err
	}
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	if operator == "Null" {
		return null(v, values), nil
	}
	positive, negated := strings.CutPrefix(operator, "Not")
	if !negated {
		positive = strings.Replace(operator, "Not", "", 1)
		negated = positive != operator
	}
	var any []string
	for _, value := range values {
		test, err := w.test(positive, v, value)
		if err != nil {
			return "", err
		}
		any = append(any, test)
	}
	holds, whenAbsent := or(any...), negated || ifExists
	if negated {
		holds = not(holds)
	}
	switch set {
	case "":
	case "ForAllValues":
		whenAbsent = true
	case "ForAnyValue":
		if ifExists && v.present != "true" {
			return "", beyond("ForAnyValue with IfExists")
		}
		whenAbsent = false
	default:
		return "", beyond("the operator %s", written)
	}
	if whenAbsent {
		return or(not(v.present), holds), nil
	}
	return and(v.present, holds), nil
}

// null is the test for absence: "true" asks that the key be missing.
func null(v variable, values []string) string {
	var any []string
	for _, value := range values {
		switch strings.ToLower(value) {
		case "true":
			any = append(any, not(v.present))
		case "false":
			any = append(any, v.present)
		}
	}
	return or(any...)
}

// test compares the key's value, which is there, with one value of the policy.
func (w *world) test(operator string, v variable, value string) (string, error) {
	switch {
	case v.present == "false":
		return "false", nil // it does not count
	case strings.HasPrefix(operator, "Numeric") && v.sort == "Number":
		n, err := number(value)
		if err != nil {
			return "", err
		}
		return compare(strings.TrimPrefix(operator, "Numeric"), v.value, n)
	case (strings.HasPrefix(operator, "Date") || strings.HasPrefix(operator, "Numeric")) && v.sort == "Time":
		t, err := instant(value)
		if err != nil {
			return "", err
		}
		return compare(strings.TrimPrefix(strings.TrimPrefix(operator, "Date"), "Numeric"), v.value, t)
	case operator == "Bool" && v.sort == "Bool":
		switch value {
		case "true":
			return v.value, nil
		case "false":
			return not(v.value), nil
		}
	case operator == "IpAddress" && v.sort == "Address":
		return within(v.value, value)
	case v.sort == "String":
		return w.textual(operator, v, value)
	}
	return "", beyond("%s with %q", operator, value)
}

// textual compares texts.
func (w *world) textual(operator string, v variable, value string) (string, error) {
	if strings.Contains(value, "${") && w.variables() {
		return w.withVariables(operator, v, value)
	}
	switch operator {
	case "StringEquals":
		return "(= " + v.value + " " + literal(value) + ")", nil
	case "StringEqualsIgnoreCase":
		return in(v.value, folded(value)), nil
	case "StringLike":
		return like(v.value, value, false)
	case "ArnEquals", "ArnLike":
		if v.value == "arn" {
			return like(v.value, value, true)
		}
	}
	return "", beyond("%s with %q", operator, value)
}

// withVariables compares with a text that has policy variables in it. Without a value of its own or a default, a variable makes the test fail
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func (w *world) withVariables(operator string, v variable, value string) (string, error) {
	var parts, there []string
	wild := false
	for rest := value; rest != ""; {
		before, after, found := strings.Cut(rest, "${")
		wild = wild || strings.ContainsAny(before, "*?")
		parts = append(parts, literal(before))
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed {
			return "", beyond("%q", value)
		}
		rest = behind
		if len(name) == 1 {
			parts = append(parts, literal(name))
			continue
		}
		part, present, err := w.variable(name)
		if err != nil {
			return "", err
		}
		parts, there = append(parts, part), append(there, present)
	}
	switch operator {
	case "StringEquals":
	case "StringLike", "ArnLike", "ArnEquals":
		// The value of a user's name has no wildcard in it, nor a colon; of others that is not known.
		if wild || strings.Count(value, "${") != strings.Count(value, "${aws:username}") || operator != "StringLike" && v.value != "arn" {
			return "", beyond("a variable in a pattern: %q", value)
		}
	default:
		return "", beyond("a variable with %s", operator)
	}
	return and(append(there, "(= "+v.value+" (str.++ "+strings.Join(append(parts, `""`), " ")+"))")...), nil
}

// variable is the value of ${name} or ${name, 'default'}, and when there is one.
func (w *world) variable(name string) (value, present string, err error) {
	key, fallback, hasDefault := strings.Cut(name, ", ")
	v, err := w.lookup(key)
	switch {
	case err != nil:
		return "", "", err
	case v.sort != "String":
		return "", "", beyond("${%s}", name)
	case !hasDefault:
		return v.value, v.present, nil
	}
	return "(ite " + v.present + " " + v.value + " " + literal(strings.Trim(fallback, "'")) + ")", "true", nil
}

// compare takes what follows Numeric or Date in the operator's name.
func compare(relation, value, with string) (string, error) {
	sign, ok := map[string]string{"Equals": "=", "LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">", "GreaterThanEquals": ">="}[relation]
	if !ok {
		return "", beyond("the relation %q", relation)
	}
	return "(" + sign + " " + value + " " + with + ")", nil
}

// instant reads a date, or seconds since 1970.
func instant(text string) (string, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil && t.Unix() >= 0 {
			return strconv.FormatInt(t.Unix(), 10), nil
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return fmt.Sprint(n), nil
	}
	return "", beyond("the time %q", text)
}
