package encode

import (
	"fmt"
	"strings"
)

// The connectives leave out what is settled, so that scripts stay readable.

func not(a string) string {
	switch a {
	case "true":
		return "false"
	case "false":
		return "true"
	}
	return "(not " + a + ")"
}

func and(all ...string) string { return connect("and", "true", "false", all) }

func or(all ...string) string { return connect("or", "false", "true", all) }

func connect(word, neutral, deciding string, all []string) string {
	var kept []string
	for _, a := range all {
		switch a {
		case neutral:
		case deciding:
			return deciding
		default:
			kept = append(kept, a)
		}
	}
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return kept[0]
	}
	return "(" + word + " " + strings.Join(kept, " ") + ")"
}

// literal is a string constant.
func literal(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"':
			b.WriteString(`""`)
		case r < ' ' || r > '~' || r == '\\':
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// in says that a string is in a regular expression.
func in(value, expression string) string { return "(str.in_re " + value + " " + expression + ")" }

// like says that a value matches a pattern. Of an ARN's six parts each is matched by itself: wildcards before the last do not reach over a colon.
func like(value, pattern string, arn bool) (string, error) {
	if arn && strings.Count(pattern, ":") < 5 {
		return "", beyond("the ARN pattern %q", pattern)
	}
	var parts []string
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, "(str.to_re "+literal(plain.String())+")")
			plain.Reset()
		}
	}
	colons, wild := 0, false
	for _, c := range pattern {
		one := "re.allchar"
		if arn && colons < 5 {
			one = notColon
		}
		switch c {
		case '*', '?':
			flush()
			wild = true
			parts = append(parts, map[rune]string{'*': "(re.* " + one + ")", '?': one}[c])
		case ':':
			colons++
			plain.WriteRune(c)
		default:
			plain.WriteRune(c)
		}
	}
	if !wild {
		return "(= " + value + " " + literal(pattern) + ")", nil
	}
	flush()
	return in(value, sequence(parts...)), nil
}

// notColon is enough for ARNs, which are visible ASCII.
const notColon = `(re.union (re.range " " "9") (re.range ";" "~"))`

func sequence(parts ...string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(re.++ " + strings.Join(parts, " ") + ")"
}

// folded is the regular expression of a text in any letter case.
func folded(s string) string {
	parts := []string{`(str.to_re "")`}
	for _, r := range s {
		lower, upper := strings.ToLower(string(r)), strings.ToUpper(string(r))
		if lower == upper {
			parts = append(parts, "(str.to_re "+literal(lower)+")")
			continue
		}
		parts = append(parts, "(re.union (str.to_re "+literal(lower)+") (str.to_re "+literal(upper)+"))")
	}
	return sequence(parts...)
}
