package notice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// pretty prints JSON with two spaces for each level, and anything else as it is. Each line is made harmless by itself.
// At most limit bytes are shown.
func pretty(text string, limit int) []string {
	if len(text) <= maxPolicy && nesting(text) <= maxNesting {
		var b bytes.Buffer
		if json.Indent(&b, []byte(strings.TrimSpace(text)), "", "  ") == nil {
			text = b.String()
		}
	}
	whole := len(text)
	if whole > limit {
		text = text[:limit]
	}
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, clean(strings.TrimRight(line, "\r\n"), maxPolicy))
	}
	if whole > limit {
		lines = append(lines, fmt.Sprintf("... shortened: %d of %d bytes; the ledger has all of it", limit, whole))
	}
	return lines
}

// nesting is how deep brackets stand in brackets, since the indents of ten thousand brackets would fill a hundred
// megabytes. Those in strings count too, so it may say more than there is, never less.
func nesting(text string) int {
	depth, deepest := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		}
	}
	return deepest
}

// A lock is one of the statements that lock.
type lock struct {
	label string // its Sid, or its place such as #2
	text  string // as it stands in the policy
}

// locks finds the verdict's statements in the policy, and tells whether they are all that it has. A policy that cannot
// be read has none. A verdict on another version of the policy may name places that are not there, which are left out.
func locks(policy string, v lockout.Verdict) (found []lock, all bool) {
	if len(policy) > maxPolicy || nesting(policy) > maxNesting {
		return nil, false
	}
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		return nil, false
	}
	for _, i := range v.Statements {
		if i < 0 || i >= len(doc.Statements) {
			continue
		}
		s := doc.Statements[i]
		found = append(found, lock{clean(s.Label(), maxShort), policy[s.Start:s.End]})
	}
	return found, len(found) == len(doc.Statements)
}
