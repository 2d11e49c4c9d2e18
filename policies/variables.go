package policies

import "strings"

// expansion is how far a value with policy variables could be expanded.
type expansion int

const (
	settled   expansion = iota
	absent              // a variable has no value and no default: the value matches nothing
	unsettled           // the documentation does not say what it means
)

// expand puts the request's values in the place of the variables of one value, in a document in which they are live
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html). With wild, * and ? outside of variables are wildcards.
func expand(value string, wild bool, context Context) (pattern, expansion) {
	read := exactly
	if wild {
		read = literal
	}
	var p pattern
	for {
		i := strings.Index(value, "${")
		if i < 0 {
			return append(p, read(value)...), settled
		}
		p = append(p, read(value[:i])...)
		inner, rest, closed := strings.Cut(value[i+2:], "}")
		if !closed {
			return nil, unsettled
		}
		text, state := variable(inner, wild, context)
		if state != settled {
			return nil, state
		}
		p, value = append(p, exactly(text)...), rest
	}
}

// variable is the text that one variable stands for.
func variable(inner string, wild bool, context Context) (string, expansion) {
	switch inner {
	case "*", "?", "$":
		return inner, settled
	}
	key, fallback, hasDefault := strings.Cut(inner, ",")
	key = strings.TrimSpace(key)
	if key == "" || strings.ContainsAny(key, "${}*? ") {
		return "", unsettled
	}
	if hasDefault {
		var ok bool
		if fallback, ok = quoted(fallback); !ok {
			return "", unsettled
		}
	}
	if known, ok := LookupKey(key); ok && known.Multivalued {
		return "", unsettled
	}
	values, present := context.Get(key)
	switch {
	case present && len(values) != 1:
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

func quoted(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return "", false
	}
	return s[1 : len(s)-1], true
}
