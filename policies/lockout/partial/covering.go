package partial

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// covering says whether a Resource pattern covers an ARN, where one of them has unknown parts. The answer is for every
// value that they can have: yes, no, or unknown where it depends. No bucket's or queue's ARN holds a slash, a star or a
// question mark.
func covering(pattern, arn string) policies.Truth {
	switch {
	case strings.Contains(pattern, "${"):
		return policies.Unknown // a policy variable may be anything
	case matches(tokens(pattern), tokens(arn)):
		if withinParts(tokens(pattern), tokens(arn)) {
			return policies.Yes
		}
		return policies.Unknown // a wildcard over a colon: not documented
	case strings.Contains(pattern, "/"):
		return policies.No
	}
	fixed := func(text string) (string, string) {
		first, last := strings.IndexAny(text, "*?\x00"), strings.LastIndexAny(text, "*?\x00")
		if first < 0 {
			return text, text
		}
		return text[:first], text[last+1:]
	}
	beginP, endP := fixed(pattern)
	beginA, endA := fixed(arn)
	begins := strings.HasPrefix(beginP, beginA) || strings.HasPrefix(beginA, beginP)
	ends := strings.HasSuffix(endP, endA) || strings.HasSuffix(endA, endP)
	if !begins || !ends {
		return policies.No
	}
	return policies.Unknown
}

// tokens parts a text into its holes and the bytes between them.
func tokens(text string) (all []string) {
	for text != "" {
		size := 1
		if at := hole.FindStringIndex(text); at != nil && at[0] == 0 {
			size = at[1]
		}
		all = append(all, text[:size])
		text = text[size:]
	}
	return all
}

// matches tells whether a pattern matches a text whatever the holes are. Only a star matches a hole, or the same hole.
func matches(pattern, text []string) bool {
	star, retry := -1, 0
	p := 0
	for t := 0; t < len(text); {
		switch {
		case p < len(pattern) && pattern[p] == "*":
			star, retry = p, t
			p++
		case p < len(pattern) && (pattern[p] == text[t] || pattern[p] == "?" && !Holed(text[t])):
			p++
			t++
		case star >= 0:
			retry++
			p, t = star+1, retry
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "*" {
		p++
	}
	return p == len(pattern)
}

// withinParts tells whether a pattern matches an ARN without a wildcard that reaches over one of the first five colons.
// A star at the pattern's end may, as [policies.Statement.MatchesResource] has it.
func withinParts(pattern, arn []string) bool {
	for part := 0; ; part++ {
		p, a := slices.Index(pattern, ":"), slices.Index(arn, ":")
		switch {
		case part == 5:
			return matches(pattern, arn)
		case a < 0:
			return false
		case p < 0:
			return pattern[len(pattern)-1] == "*" && matches(pattern, arn)
		case !matches(pattern[:p], arn[:a]):
			return false
		}
		pattern, arn = pattern[p+1:], arn[a+1:]
		if len(pattern) == 0 {
			return len(arn) == 0
		}
	}
}
