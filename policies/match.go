package policies

import (
	"strings"
	"unicode/utf8"
)

// Glob tells whether the pattern matches all of s: * stands for any run of characters, ? for one, everything else for itself.
func Glob(pattern, s string) bool { return glob(asWritten(pattern), s, false) }

// escape stands in a pattern before a character that stands for itself, be it * or ?. Patterns as they are written have none: see asWritten.
const escape = '\x00'

// asWritten makes a pattern of a text in which every * and ? is a wildcard.
func asWritten(s string) string {
	if strings.IndexByte(s, escape) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\x00\x00")
}

// glob matches with one step back to the latest *, which is enough: an earlier one can take over nothing that the latest cannot. With fold, the letter case
// of ASCII letters does not count.
func glob(p, s string, fold bool) bool {
	i, j, star, from := 0, 0, -1, 0
	for j < len(s) {
		c, n := byte(0), 0
		if i < len(p) {
			c, n = p[i], 1
		}
		wildcard := c == '*' || c == '?'
		if n == 1 && c == escape && i+1 < len(p) {
			c, n = p[i+1], 2
		}
		switch {
		case wildcard && c == '*':
			star, from, i = i, j, i+1
		case wildcard:
			i, j = i+1, j+width(s[j:])
		case n > 0 && (c == s[j] || fold && lower(c) == lower(s[j])):
			i, j = i+n, j+1
		case star >= 0:
			from += width(s[from:])
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
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

// arnLike does what [MatchARN] does for a pattern in which * and ? may be escaped. It is Unknown where the pattern or the
// value is no ARN, which the documentation does not settle.
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

// matchAction tests one pattern: "*", or a service, a colon and a name with wildcards. What a wildcard covers without the colon, or before it, is not documented.
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

// MatchesResource tells whether the statement's Resource or NotResource covers an ARN; Unknown where the statement has neither. Wildcards match within one of
// the ARN's parts, and over colons only at the end (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html); where that and
// a match over the whole text disagree, the answer is Unknown.
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

// withinParts tells whether a pattern matches an ARN without a wildcard that reaches over one of the first five colons, save a * at the pattern's end. A text that
// is no ARN has no parts.
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
