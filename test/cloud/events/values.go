package events

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
)

// equals matches a literal: a string, number, boolean or null.
func equals(want any) test {
	if n, ok := want.(json.Number); ok {
		return func(v any) bool { m, ok := v.(json.Number); return ok && sameNumber(n, m) }
	}
	return func(v any) bool { return v == want }
}

func sameNumber(a, b json.Number) bool {
	x, err1 := a.Float64()
	y, err2 := b.Float64()
	return err1 == nil && err2 == nil && x == y
}

// onText makes a test of a test on strings.
func onText(f func(string) bool) test {
	return func(v any) bool { s, ok := v.(string); return ok && f(s) }
}

// compileTest reads one {"kind": operand}.
func compileTest(kind string, operand any) (test, error) {
	text, isText := operand.(string)
	folded, isFolded := foldedOperand(operand)
	switch {
	case kind == "exists" && operand == true:
		return func(any) bool { return true }, nil
	case kind == "anything-but":
		return compileAnythingBut(operand)
	case kind == "numeric":
		return compileNumeric(operand)
	case kind == "prefix" && isText:
		return onText(func(s string) bool { return strings.HasPrefix(s, text) }), nil
	case kind == "suffix" && isText:
		return onText(func(s string) bool { return strings.HasSuffix(s, text) }), nil
	case (kind == "prefix" || kind == "suffix") && isFolded:
		return onText(func(s string) bool { return foldedCut(s, folded, kind == "suffix") }), nil
	case kind == "equals-ignore-case" && isText:
		return onText(func(s string) bool { return strings.EqualFold(s, text) }), nil
	case kind == "wildcard" && isText:
		parts, err := compileWildcard(text)
		return onText(func(s string) bool { return matchParts(parts, s) }), err
	case kind == "cidr" && isText:
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, invalid("Malformed CIDR, one '/' required: %q", text)
		}
		return onText(func(s string) bool { return contains(prefix.Masked(), s) }), nil
	case isText || isFolded:
		return nil, invalid("Unrecognized match type %s", kind)
	}
	return nil, invalid("match type %s with operand %v is not known", kind, operand)
}

func foldedOperand(operand any) (string, bool) {
	object, ok := operand.(map[string]any)
	if !ok || len(object) != 1 {
		return "", false
	}
	s, ok := object["equals-ignore-case"].(string)
	return s, ok
}

// compileAnythingBut matches every value that is there and that its operand does not describe.
func compileAnythingBut(operand any) (test, error) {
	not := func(t test) test { return func(v any) bool { return !t(v) } }
	switch o := operand.(type) {
	case string, json.Number:
		return not(equals(o)), nil
	case []any:
		return not(anyOf(o)), nil
	case map[string]any:
		if len(o) != 1 {
			return nil, invalid("Only one key allowed in match expression")
		}
		for kind, inner := range o {
			list, isList := inner.([]any)
			if !isList {
				list = []any{inner}
			}
			var tests []test
			for _, item := range list {
				t, err := compileTest(kind, item)
				if err != nil || kind == "exists" || kind == "numeric" || kind == "anything-but" {
					return nil, invalid("Unsupported anything-but pattern: %s", kind)
				}
				tests = append(tests, onText(func(s string) bool { return t(s) }))
			}
			return not(func(v any) bool {
				for _, t := range tests {
					if t(v) {
						return true
					}
				}
				return false
			}), nil
		}
	}
	return nil, invalid("Value of anything-but must be an array or single string/number value.")
}

func anyOf(values []any) test {
	return func(v any) bool {
		for _, want := range values {
			if equals(want)(v) {
				return true
			}
		}
		return false
	}
}

// compileNumeric reads comparisons in a row, such as [">", 0, "<=", 5].
func compileNumeric(operand any) (test, error) {
	list, ok := operand.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 {
		return nil, invalid("Value of numeric must be an array.")
	}
	type comparison struct {
		operator string
		bound    float64
	}
	var all []comparison
	for i := 0; i < len(list); i += 2 {
		operator, _ := list[i].(string)
		number, isNumber := list[i+1].(json.Number)
		bound, err := number.Float64()
		if !isNumber || err != nil || !strings.Contains(" = < <= > >= ", " "+operator+" ") || operator == "" {
			return nil, invalid("Unrecognized numeric range operator: %v", list[i])
		}
		all = append(all, comparison{operator, bound})
	}
	return func(v any) bool {
		n, ok := v.(json.Number)
		x, err := n.Float64()
		for _, c := range all {
			holds := map[string]bool{"=": x == c.bound, "<": x < c.bound, "<=": x <= c.bound, ">": x > c.bound,
				">=": x >= c.bound}
			ok = ok && err == nil && holds[c.operator]
		}
		return ok
	}, nil
}

// compileWildcard cuts a wildcard pattern at its stars. A backslash makes a star or a backslash stand for itself.
func compileWildcard(p string) (parts []string, err error) {
	part, star := "", false
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\' && (i+1 == len(p) || p[i+1] != '*' && p[i+1] != '\\'):
			return nil, invalid("Invalid escape character at pos %d", i)
		case c == '\\':
			i++
			part, star = part+string(p[i]), false
		case c == '*' && star:
			return nil, invalid("Consecutive wildcard characters at pos %d", i)
		case c == '*':
			parts, part, star = append(parts, part), "", true
		default:
			part, star = part+string(c), false
		}
	}
	return append(parts, part), nil
}

// matchParts tells whether s is the parts in their order with anything between them.
func matchParts(parts []string, s string) bool {
	if len(parts) == 1 {
		return s == parts[0]
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(s, first) || !strings.HasSuffix(s[len(first):], last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(s, part)
		if !found {
			return false
		}
		s = after
	}
	return true
}

// invalid is the error for what event-ruler refuses, in its words.
func invalid(format string, args ...any) error { return fmt.Errorf(format, args...) }
