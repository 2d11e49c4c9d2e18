package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"locksmith/policies"
)

// Symbols are the unknown parts of one policy. In a text each is a hole, its number between two NULs, which no input holds. So texts with unknown parts join, compare and
// have prefixes like any others: two are equal whatever the unknown values are if and only if they are the same text.
type symbols struct {
	parts []part
	byID  map[string]int
	steps int // values that may still be resolved
	// existing are the roles and users that the template makes and a policy names.
	existing []existing
}

// A part is one unknown value.
type part struct {
	id  string // the same for the same value: "Environment", "AWS::StackName"
	why string // in words: "parameter Environment"
	at  int    // byte offset of the first place that it was met at
}

var hole = regexp.MustCompile("\x00([0-9]+)\x00")

// hole is the text that stands for an unknown value.
func (s *symbols) hole(id, why string, at int) string {
	if s.byID == nil {
		s.byID = map[string]int{}
	}
	n, ok := s.byID[id]
	if !ok {
		n = len(s.parts)
		s.byID[id] = n
		s.parts = append(s.parts, part{id, why, at})
	}
	return "\x00" + strconv.Itoa(n) + "\x00"
}

// in lists the unknown parts of a text.
func (s *symbols) in(text string) (parts []part) {
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil && n < len(s.parts) {
			parts = append(parts, s.parts[n])
		}
	}
	return parts
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// shown is a text for people and for the verdict, each unknown part in braces: no bucket or queue can have such a name, so it clashes with none.
func (s *symbols) shown(text string) string {
	return hole.ReplaceAllStringFunc(text, func(h string) string {
		id := "unknown"
		if parts := s.in(h); len(parts) == 1 {
			id = s.shown(strings.TrimPrefix(parts[0].id, "AWS::"))
		}
		return "{" + strings.Trim(notInNames.ReplaceAllString(id, "-"), "-") + "}"
	})
}

func holed(text string) bool { return strings.Contains(text, "\x00") }

// anyHole tells whether something in the value is unknown.
func anyHole(v *policies.Value) bool {
	found := false
	each(v, func(v *policies.Value) {
		found = found || v.Type == unknown || v.Type == policies.String && holed(v.Text)
	})
	return found
}

// each visits the value and all that is in it.
func each(v *policies.Value, visit func(*policies.Value)) {
	visit(v)
	for i := range v.Members {
		each(&v.Members[i].Value, visit)
	}
	for i := range v.Items {
		each(&v.Items[i], visit)
	}
}

// covering says whether a Resource pattern covers an ARN, where one of them has unknown parts: for every value that they can have, for none, or it depends. Neither a
// bucket's nor a queue's ARN holds a slash, a star or a question mark.
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
	if !strings.HasPrefix(beginP, beginA) && !strings.HasPrefix(beginA, beginP) || !strings.HasSuffix(endP, endA) && !strings.HasSuffix(endA, endP) {
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

// matches tells whether a pattern matches a text whatever the holes are: only a star matches a hole, or the same hole.
func matches(pattern, text []string) bool {
	star, retry := -1, 0
	p := 0
	for t := 0; t < len(text); {
		switch {
		case p < len(pattern) && pattern[p] == "*":
			star, retry = p, t
			p++
		case p < len(pattern) && (pattern[p] == text[t] || pattern[p] == "?" && !holed(text[t])):
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

// withinParts tells whether a pattern matches an ARN without a wildcard that reaches over one of the first five colons, save a star at its end, as
// [policies.Statement.MatchesResource] has it.
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
