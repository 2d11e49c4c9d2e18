package policies

// This file matches patterns: globs, ARNs, and the Action and Resource elements of a statement.

import (
	"strings"
	"unicode/utf8"
)

// Glob tells whether the pattern matches all of s. * stands for any run of characters, ? for one, and everything else
// for itself; letter case counts. It takes at most as many steps as both lengths multiplied.
func Glob(pattern, s string) bool { return glob(asWritten(pattern), s, false) }

// escape stands in a pattern before a character that stands for itself, be it * or ?. Patterns as they are written
// have none: see asWritten.
const escape = '\x00'

// asWritten makes a pattern of a text in which every * and ? is a wildcard.
func asWritten(s string) string {
	if strings.IndexByte(s, escape) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\x00\x00")
}

// glob matches what stands before the first * at the beginning, and what stands after the last at the end. The parts
// between are looked for one after the other, each as early as it goes: a later place could only leave less for the
// rest. With fold, the letter case of ASCII letters does not count.
func glob(p, s string, fold bool) bool {
	part, rest, more := cutStar(p)
	n, ok := leads(part, s, fold)
	if !ok || !more {
		return ok && n == len(s)
	}
	for s = s[n:]; ; s = s[n:] {
		if part, rest, more = cutStar(rest); !more {
			return trails(part, s, fold)
		}
		if n, ok = find(part, s, fold); !ok {
			return false
		}
	}
}

// cutStar cuts a pattern at its first *.
func cutStar(p string) (part, rest string, found bool) {
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case escape:
			i++
		case '*':
			return p[:i], p[i+1:], true
		}
	}
	return p, "", false
}

// literal tells whether a part of a pattern stands for itself and nothing else.
func literal(part string, fold bool) bool {
	return !fold && strings.IndexByte(part, '?') < 0 && strings.IndexByte(part, escape) < 0
}

// leads tells whether s begins with a part without *, and how many bytes of s that takes.
func leads(part, s string, fold bool) (n int, ok bool) {
	if literal(part, fold) {
		return len(part), strings.HasPrefix(s, part)
	}
	for i := 0; i < len(part); i++ {
		c := part[i]
		switch {
		case n == len(s):
			return 0, false
		case c == '?':
			n += width(s[n:])
			continue
		case c == escape && i+1 < len(part):
			i++
			c = part[i]
		}
		if c != s[n] && (!fold || lower(c) != lower(s[n])) {
			return 0, false
		}
		n++
	}
	return n, true
}

// trails tells whether s ends with a part without *. Each ? of it is one character, and so is each that stands for
// itself, so that the part begins as many characters before the end as it has.
func trails(part, s string, fold bool) bool {
	if literal(part, fold) {
		return strings.HasSuffix(s, part)
	}
	from := len(s)
	for i := 0; i < len(part); i += width(part[i:]) {
		if part[i] == escape && i+1 < len(part) {
			i++
		}
		if from == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:from])
		from -= size
	}
	n, ok := leads(part, s[from:], fold)
	return ok && n == len(s)-from
}

// find looks for the first place in s where a part without * fits, and tells where it ends.
func find(part, s string, fold bool) (end int, ok bool) {
	if literal(part, fold) {
		at := strings.Index(s, part)
		return at + len(part), at >= 0
	}
	for from := 0; from < len(s); from += width(s[from:]) {
		if n, ok := leads(part, s[from:], fold); ok {
			return from + n, true
		}
	}
	return 0, part == ""
}

// width is the length of the character that s begins with.
func width(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	return size
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// cutARN cuts an ARN, or a pattern for ARNs, at its first five colons; ok is false where there are fewer
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
func cutARN(s string) (parts [6]string, ok bool) {
	for n := range 5 {
		if parts[n], s, ok = strings.Cut(s, ":"); !ok {
			return parts, false
		}
	}
	parts[5] = s
	return parts, true
}

// arnLike does what [MatchARN] does for a pattern in which * and ? may be escaped. It is Unknown where the pattern or
// the value is no ARN, which the documentation does not settle.
func arnLike(p, value string) Truth {
	parts, ok := cutARN(p)
	of, isARN := cutARN(value)
	if !ok || !isARN {
		return Unknown
	}
	for i, part := range parts {
		if !glob(part, of[i], false) {
			return No
		}
	}
	return Yes
}

// MatchesAction tells whether the statement's Action or NotAction covers an action. Letter case does not count
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html).
func (s *Statement) MatchesAction(action string) Truth {
	if s.Ambiguous("Action") {
		return Unknown
	}
	found := No
	for _, v := range s.Action.Values {
		found = found.Or(matchAction(v, action))
	}
	if s.Action.Not {
		return found.Not()
	}
	return found
}

// DenyCovers tells whether the Action or NotAction of some Deny statement covers an action, whatever the statement's
// Principal, Resource and Condition say. Where none does, the policy left that action to everybody, which may be meant.
// It is Unknown where that hangs on something that this program cannot read.
func (d *Document) DenyCovers(action string) Truth {
	found := No
	for i := range d.Statements {
		switch s := &d.Statements[i]; {
		case s.Ambiguous("Effect"):
			found = found.Or(s.MatchesAction(action).And(Unknown))
		case s.Effect == Deny:
			found = found.Or(s.MatchesAction(action))
		}
	}
	if len(d.Problems) > 0 {
		return Unknown // which statements count is not known
	}
	return found
}

// matchAction tests one pattern: "*", or a service, a colon and a name with wildcards. What a wildcard covers without
// the colon, or before it, is not documented.
func matchAction(v, action string) Truth {
	switch {
	case v == "*":
		return Yes
	case !glob(asWritten(v), action, true):
		return No
	}
	service, _, ok := strings.Cut(v, ":")
	if strings.Contains(action, ":") && (!ok || strings.ContainsAny(service, "*?")) {
		return Unknown
	}
	return Yes
}

// MatchesResource tells whether the statement's Resource or NotResource covers an ARN; Unknown where the statement
// has neither. Wildcards match within one of the ARN's parts, and over colons only at the end
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html); where that and a
// match over the whole text disagree, the answer is Unknown.
func (s *Statement) MatchesResource(arn string, context Context, variables bool) Truth {
	if s.Resource == nil || s.Ambiguous("Resource") {
		return Unknown
	}
	found := No
	for _, v := range s.Resource.Values {
		found = found.Or(matchResource(v, arn, context, variables))
	}
	if s.Resource.Not {
		return found.Not()
	}
	return found
}

func matchResource(v, arn string, context Context, variables bool) Truth {
	if v == "*" {
		return Yes
	}
	p, state := asWritten(v), settled
	if variables && strings.Contains(v, "${") {
		head, tail, ok := cutResource(v)
		if !ok || strings.Contains(head, "${") {
			return Unknown
		}
		p, state = expand(tail, true, context)
		p = asWritten(head) + p
	}
	switch {
	case state == absent, state == unsettled && !glob(asWritten(anyVariable(v)), arn, false):
		return No
	case state == unsettled:
		return Unknown
	}
	switch whole := glob(p, arn, false); {
	case !whole:
		return No
	case !withinParts(p, arn):
		return Unknown
	}
	return Yes
}

// anyVariable is a pattern with a star for each of its policy variables.
func anyVariable(v string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(v, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('*')
		_, v, _ = strings.Cut(rest, "}")
	}
}

// withinParts tells whether a pattern matches an ARN without a wildcard that reaches over one of the first five
// colons, save a * at the pattern's end. A text that is no ARN has no parts.
func withinParts(p, arn string) bool {
	of, isARN := cutARN(arn)
	if !isARN {
		return true
	}
	for i, rest := 0, p; i < 6; i++ {
		part, after, more := strings.Cut(rest, ":")
		switch {
		case i == 5:
			return glob(rest, of[5], false)
		case !glob(part, of[i], false):
			return false
		case !more:
			return strings.HasSuffix(part, "*")
		}
		rest = after
	}
	return false
}

// cutResource cuts a resource pattern after its fifth colon.
func cutResource(v string) (head, tail string, ok bool) {
	end := 0
	for range 5 {
		i := strings.IndexByte(v[end:], ':')
		if i < 0 {
			return v, "", false
		}
		end += i + 1
	}
	return v[:end], v[end:], true
}
