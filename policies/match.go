package policies

import (
	"strings"
)

// Glob tells whether the pattern matches all of s: * stands for any run of characters, ? for one, everything else for itself.
func Glob(pattern, s string) bool { return glob(literal(pattern), s) }

// A pattern is a text in which some characters are wildcards. A wildcard is kept as a rune that no text holds, so that a * that a variable or ${*} put
// there stays a character.
type pattern []rune

const (
	anyRun  rune = -1
	anyRune rune = -2
)

// literal reads a pattern that has no variables.
func literal(s string) pattern {
	p := make(pattern, 0, len(s))
	for _, c := range s {
		switch c {
		case '*':
			c = anyRun
		case '?':
			c = anyRune
		}
		p = append(p, c)
	}
	return p
}

// exactly is the pattern that matches one text only.
func exactly(s string) pattern { return pattern(s) }

// glob matches with one step back to the latest *, which is enough: an earlier one can take over nothing that the latest cannot.
func glob(p pattern, s string) bool {
	text := []rune(s)
	i, j, star, from := 0, 0, -1, 0
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == anyRun:
			star, from, i = i, j, i+1
		case i < len(p) && (p[i] == anyRune || p[i] == text[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyRun {
		i++
	}
	return i == len(p)
}

// arnParts splits an ARN, or a pattern for ARNs, at its first five colons; ok is false where there are fewer
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
func arnParts(p pattern) (parts [6]pattern, ok bool) {
	n := 0
	for n < 5 {
		i := indexRune(p, ':')
		if i < 0 {
			return parts, false
		}
		parts[n], p, n = p[:i], p[i+1:], n+1
	}
	parts[5] = p
	return parts, true
}

func indexRune(p pattern, c rune) int {
	for i, r := range p {
		if r == c {
			return i
		}
	}
	return -1
}

// arnLike matches part by part, as the Arn operators do: a wildcard never reaches over one of the first five colons. It is Unknown where the pattern or the
// value is no ARN, which the documentation does not settle.
func arnLike(p pattern, value string) Truth {
	parts, ok := arnParts(p)
	of := strings.SplitN(value, ":", 6)
	if !ok || len(of) != 6 {
		return Unknown
	}
	for i, part := range parts {
		if !glob(part, of[i]) {
			return No
		}
	}
	return Yes
}

// MatchesAction tells whether the statement's Action or NotAction covers an action. Letter case does not count
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html).
func (s *Statement) MatchesAction(action string) Truth {
	if s.ambiguous("Action") {
		return Unknown
	}
	action = strings.ToLower(action)
	found := false
	for _, v := range s.Action.Values {
		found = found || Glob(strings.ToLower(v), action)
	}
	return truth(found != s.Action.Not)
}

// MatchesResource tells whether the statement's Resource or NotResource covers an ARN; Unknown where the statement has neither. Wildcards match within one of
// the ARN's parts, and over colons only at the end (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html); where that and
// a match over the whole text disagree, the answer is Unknown.
func (s *Statement) MatchesResource(arn string, context Context, variables bool) Truth {
	if s.Resource == nil || s.ambiguous("Resource") {
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
	p, state := literal(v), settled
	if variables && strings.Contains(v, "${") {
		head, tail, ok := cutResource(v)
		if !ok || strings.Contains(head, "${") {
			return Unknown
		}
		var rest pattern
		rest, state = expand(tail, true, context)
		p = append(literal(head), rest...)
	}
	switch state {
	case absent:
		return No
	case unsettled:
		return Unknown
	}
	byParts := arnLike(p, arn)
	whole := truth(glob(p, arn))
	if byParts != Unknown && byParts != whole {
		return Unknown
	}
	return whole
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
