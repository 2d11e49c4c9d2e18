package policies

// This file puts the values of a request in the place of policy variables.

import "strings"

// expansion is how far a value with policy variables could be expanded.
type expansion int

const (
	settled   expansion = iota
	absent              // a variable has no value and no default: the value matches nothing
	unsettled           // the documentation does not say what it means
)

// expand puts the request's values in the place of the variables of one value, in a document in which they are live.
// With wild the result is a pattern, in which * and ? outside of variables are wildcards; otherwise it is a text
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func expand(value string, wild bool, context Context) (string, expansion) {
	var b strings.Builder
	write := func(s string) {
		if wild {
			s = asWritten(s)
		}
		b.WriteString(s)
	}
	for {
		before, rest, found := strings.Cut(value, "${")
		write(before)
		if !found {
			return b.String(), settled
		}
		inner, rest, closed := strings.Cut(rest, "}")
		if !closed {
			return "", unsettled
		}
		text, state := variable(inner, wild, context)
		if state != settled {
			return "", state
		}
		if wild && (inner == "*" || inner == "?") {
			b.WriteByte(escape)
		}
		if write(text); b.Len() > maxExpanded {
			return "", unsettled
		}
		value = rest
	}
}

// variable is the text that one variable stands for.
func variable(inner string, wild bool, context Context) (string, expansion) {
	switch inner {
	case "*", "?", "$":
		return inner, settled
	}
	key, fallback, hasDefault, ok := ParseVariable(inner)
	if !ok {
		return "", unsettled
	}
	values, present := context.Get(key)
	switch {
	case present && len(values) != 1:
		return "", unsettled
	case !present && hasDefault && wild && strings.ContainsAny(fallback, "*?$"):
		return "", unsettled
	case !present && hasDefault:
		return fallback, settled
	case !present:
		return "", absent
	case wild && strings.ContainsAny(values[0], "*?$"):
		return "", unsettled // whether a wildcard in the value of a variable is one is not documented
	}
	return values[0], settled
}

// ParseVariable takes apart what stands between ${ and }: the key, in lower case, and the default, if there is one. It
// is not ok where the documentation does not say what is meant: another form, a key that [LookupKey] does not find, or
// one with several values
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func ParseVariable(inner string) (key, fallback string, hasDefault, ok bool) {
	key, fallback, hasDefault = strings.Cut(inner, ", ")
	if key == "" || strings.ContainsAny(key, "${}*?, '") {
		return "", "", false, false
	}
	if hasDefault {
		if fallback, ok = quoted(fallback); !ok {
			return "", "", false, false
		}
	}
	known, ok := LookupKey(key)
	return strings.ToLower(key), fallback, hasDefault, ok && !known.Multivalued
}

// quoted takes the single quotes off a default.
func quoted(s string) (string, bool) {
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' || strings.Contains(s[1:len(s)-1], "'") {
		return "", false
	}
	return s[1 : len(s)-1], true
}
