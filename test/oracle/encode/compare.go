package encode

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// test compares the key's value, which is there, with one value of the policy.
func (w *world) test(o operator, v variable, value string) (string, error) {
	numeric, isNumeric := strings.CutPrefix(o.positive, "Numeric")
	date, isDate := strings.CutPrefix(o.positive, "Date")
	switch {
	case isNumeric && v.sort == "Number":
		n, err := number(value)
		if err != nil {
			return "", err
		}
		return compare(numeric, v.value, n), nil
	case (isNumeric || isDate) && v.sort == "Time":
		t, err := instant(value)
		if err != nil {
			return "", err
		}
		return compare(strings.TrimPrefix(date, "Numeric"), v.value, t), nil
	case o.positive == "Bool" && v.sort == "Bool":
		switch value {
		case "true":
			return v.value, nil
		case "false":
			return not(v.value), nil
		}
	case o.positive == "StringEquals" && v.sort == "Bool":
		return map[string]string{"true": v.value, "false": not(v.value), "": "false"}[bools(value)], nil
	case o.positive == "IpAddress" && v.sort == "Address":
		return within(v.value, value)
	case v.sort == "String":
		return w.textual(o, v, value)
	}
	return "", beyond("%s with %q", o.positive, value)
}

// bools is true, false or "".
func bools(text string) string {
	if text == "true" || text == "false" {
		return text
	}
	return ""
}

// textual compares texts. It is open what an Arn… operator does with a pattern that is no ARN.
func (w *world) textual(o operator, v variable, value string) (string, error) {
	arn := strings.HasPrefix(o.positive, "Arn")
	switch {
	case arn && !v.arn:
		return "", beyond("%s on a text", o.positive)
	case strings.Contains(value, "${") && w.policy.variables:
		return w.withVariables(o, v, value)
	case arn && strings.Count(value, ":") < 5:
		if o.negated {
			return not(w.doubt()), nil
		}
		return w.doubt(), nil
	case arn:
		return v.like(value, true), nil
	}
	switch o.positive {
	case "StringEquals":
		return v.equals(value), nil
	case "StringEqualsIgnoreCase":
		return in(v.value, folded(value)), nil
	case "StringLike":
		return v.like(value, false), nil
	}
	return "", beyond("%s with %q", o.positive, value)
}

// withVariables compares with a text that has policy variables in it. Without a value of its own or a default, a
// variable makes the test fail (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func (w *world) withVariables(o operator, v variable, value string) (string, error) {
	parts, there, err := w.substituted(o, value)
	if err != nil {
		return "", err
	}
	pattern := o.positive != "StringEquals"
	arn := strings.HasPrefix(o.positive, "Arn")
	relation := "(= " + v.value + " %s)"
	// A * at one end, outside of an ARN's first parts, leaves a beginning or an end to compare.
	switch first, last := parts[0], parts[len(parts)-1]; {
	case pattern && strings.HasSuffix(last, "*"):
		parts[len(parts)-1] = strings.TrimSuffix(last, "*")
		relation = "(str.prefixof %s " + v.value + ")"
	case pattern && !arn && strings.HasPrefix(first, "*"):
		parts[0] = strings.TrimPrefix(first, "*")
		relation = "(str.suffixof %s " + v.value + ")"
	}
	colons := 0
	for i := 0; i < len(parts); i += 2 { // between them are the variables' values
		colons += strings.Count(parts[i], ":")
		if pattern && strings.ContainsAny(parts[i], "*?") {
			return "", beyond("a variable in a pattern: %q", value)
		}
		parts[i] = literal(parts[i])
	}
	if arn && colons < 5 {
		return "", beyond("a variable in a pattern that may be no ARN: %q", value)
	}
	text := "(str.++ " + strings.Join(parts, " ") + `)`
	return and(append(there, fmt.Sprintf(relation, text))...), nil
}

// substituted is the text in parts: what is written, the value of a variable, what is written, and so on; and which
// of the variables' keys have to be there.
func (w *world) substituted(o operator, value string) (parts, there []string, err error) {
	if !strings.HasPrefix(o.positive, "Arn") && o.positive != "StringEquals" && o.positive != "StringLike" {
		return nil, nil, beyond("a variable with %s", o.positive)
	}
	before, rest, found := strings.Cut(value, "${")
	for parts = []string{before}; found; _, rest, found = strings.Cut(rest, "${") {
		name, behind, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, nil, beyond("%q", value)
		}
		part, present, err := w.variable(o, name)
		if err != nil {
			return nil, nil, err
		}
		rest = behind
		written, _, _ := strings.Cut(rest, "${")
		parts, there = append(parts, part, written), append(there, present)
	}
	return parts, there, nil
}

// variable is the value of ${name} or ${name, 'default'}, and when there is one. In a pattern, its value must have
// no wildcard, and no colon where that is of an ARN.
func (w *world) variable(o operator, name string) (value, present string, err error) {
	if len(name) == 1 { // ${*} and its like
		return literal(name), "true", nil
	}
	key, fallback, hasDefault := strings.Cut(name, ", ")
	v, err := w.lookup(key)
	if err != nil || v.sort != "String" {
		return "", "", beyond("${%s}", name)
	}
	switch lower := strings.ToLower(key); {
	case lower == "aws:username", lower == "aws:principalaccount", lower == "aws:principalorgid":
	case o.positive == "StringLike" && (strings.HasPrefix(lower, "aws:principaltag/") || lower == "aws:userid"):
	case o.positive != "StringEquals":
		return "", "", beyond("${%s} in a pattern", name)
	}
	if !hasDefault {
		return v.value, v.present, nil
	}
	return "(ite " + v.present + " " + v.value + " " + literal(strings.Trim(fallback, "'")) + ")", "true", nil
}

// compare takes what follows Numeric or Date in the operator's name.
func compare(relation, value, with string) string {
	sign := map[string]string{"Equals": "=", "LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">",
		"GreaterThanEquals": ">="}[relation]
	return "(" + sign + " " + value + " " + with + ")"
}

// layouts of dates.
var layouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"}

// instant reads a date, or seconds since 1970. Four digits are a year.
func instant(text string) (string, error) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil && t.Unix() >= 0 && t.Nanosecond() == 0 {
			return strconv.FormatInt(t.Unix(), 10), nil
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return strconv.FormatInt(n, 10), nil
	}
	return "", beyond("the time %q", text)
}

// number is a decimal as SMT-LIB has it.
func number(text string) (string, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", beyond("the number %q", text)
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	n := whole + "." + fraction + "0"
	if negative {
		n = "(- " + n + ")"
	}
	return n, nil
}
