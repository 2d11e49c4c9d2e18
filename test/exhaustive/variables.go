package exhaustive

import (
	"regexp"
	"strings"
)

type expansion int

const (
	settled   expansion = iota
	starred             // a variable brings a wildcard along: whether it is one in a pattern is not said
	null                // a variable has no value
	unsettled           // the documentation does not say what is meant
)

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

var named = regexp.MustCompile(`^([A-Za-z0-9]+:[^\s,'*?]+)(?:\s*,\s*'([^']*)')?$`)

// variablesIn are the keys that a value's variables name, in lower case.
func variablesIn(value string) (keys []string) {
	for _, m := range variable.FindAllStringSubmatch(value, -1) {
		if n := named.FindStringSubmatch(m[1]); n != nil {
			keys = append(keys, strings.ToLower(n[1]))
		}
	}
	return keys
}

// expand puts the request's values in the place of variables, where those are live. What a variable brings is literal.
func expand(value string, live bool, context map[string][]string) ([]piece, expansion) {
	if !live || !strings.Contains(value, "${") {
		return pieces(value), settled
	}
	var all []piece
	state := settled
	for {
		i := strings.Index(value, "${")
		if i < 0 {
			return append(all, pieces(value)...), state
		}
		all = append(all, pieces(value[:i])...)
		end := strings.IndexByte(value[i:], '}')
		if end < 0 {
			return all, unsettled
		}
		text, s := resolve(value[i+2:i+end], context)
		state = max(state, s)
		for j := range len(text) {
			all = append(all, piece{text[j], false})
		}
		value = value[i+end+1:]
	}
}

// resolve is the value of one variable.
func resolve(inner string, context map[string][]string) (string, expansion) {
	if inner == "*" || inner == "?" || inner == "$" {
		return inner, settled
	}
	m := named.FindStringSubmatch(inner)
	if m == nil {
		return "", unsettled
	}
	info, known := lookup(m[1])
	if !known || info.many {
		return "", unsettled
	}
	values, present := context[strings.ToLower(m[1])]
	switch {
	case present && strings.ContainsAny(values[0], "*?$"):
		return values[0], starred
	case present:
		return values[0], settled
	case strings.Contains(inner, ","):
		return m[2], settled
	}
	return "", null
}
