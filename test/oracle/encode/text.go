package encode

import (
	"fmt"
	"slices"
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

// equals says that the value is a text.
func (v variable) equals(text string) string {
	if v.begins == "" {
		return "(= " + v.value + " " + literal(text) + ")"
	}
	rest, ok := strings.CutPrefix(text, v.begins)
	if !ok {
		return "false"
	}
	return "(= " + v.rest + " " + literal(rest) + ")"
}

// like says that the value matches a pattern.
func (v variable) like(pattern string, arn bool) string {
	if v.begins == "" {
		return like(v.value, pattern, arn)
	}
	var any []string
	for _, rest := range remaining(pattern, v.begins, arn) { // all parts of the ARN but the last are behind
		any = append(any, like(v.rest, rest, false))
	}
	return or(any...)
}

// remaining are the ends of the pattern of which one has to match what follows, once the pattern's beginning has
// matched the text. In an ARN, wildcards do not match a colon.
func remaining(pattern, text string, arn bool) []string {
	now := []string{pattern}
	for _, c := range []byte(text) {
		var next []string
		add := func(rest string) {
			if !slices.Contains(next, rest) {
				next = append(next, rest)
			}
		}
		for i := 0; i < len(now); i++ { // it grows: a * may also match nothing
			rest := now[i]
			wild := !arn || c != ':'
			switch {
			case rest == "":
			case rest[0] == '*':
				if wild {
					add(rest)
				}
				if !slices.Contains(now, rest[1:]) {
					now = append(now, rest[1:])
				}
			case rest[0] == '?' && wild, rest[0] == c:
				add(rest[1:])
			}
		}
		now = next
	}
	return now
}

// like says that a value matches a pattern. Of an ARN's six parts each is matched by itself: wildcards before the
// last do not reach over a colon.
func like(value, pattern string, arn bool) string {
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
		return "(= " + value + " " + literal(pattern) + ")"
	}
	flush()
	return in(value, sequence(parts...))
}

// notColon is enough for ARNs, which are visible ASCII.
const notColon = `(re.union (re.range " " "9") (re.range ";" "~"))`

// beginning is the regular expression of all that begins so.
func beginning(text string) string { return "(re.++ (str.to_re " + literal(text) + ") re.all)" }

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
