package notice

import (
	"fmt"
	"strings"

	"locksmith/policies"
	"locksmith/policies/difference"
	"locksmith/policies/lockout"
)

// pretty prints JSON with two spaces for each level, and anything else as it is. At most limit bytes are shown. Each
// line is made harmless by itself: its secrets are shortened, and its addresses no links. A last line says so, since
// such a text must not be put back.
func pretty(policy string, limit int) []string {
	text, changed := masked(policy)
	if changed && text == "" {
		return []string{"not shown, since it cannot be read and may hold a secret; the ledger has it"}
	}
	lines := difference.Lines(text)
	whole := size(lines)
	lines = head(lines, limit)
	shown := size(lines)
	for i, line := range lines {
		lines[i] = defangPolicy(clean(line, maxPolicy))
		changed = changed || lines[i] != line
	}
	if shown < whole {
		lines = append(lines, fmt.Sprintf("... shortened: %d of %d bytes; the ledger has all of it", shown, whole))
	}
	if changed {
		lines = append(lines, "... secrets shortened, links broken up; the ledger has it as it is")
	}
	return lines
}

// size is how many bytes lines have, with what breaks them.
func size(lines []string) int { return len(strings.Join(lines, "\n")) }

// head is the beginning of lines, at most limit bytes of them.
func head(lines []string, limit int) []string {
	left := limit
	for i, line := range lines {
		if len(line) > left {
			return append(lines[:i:i], line[:left])
		}
		left = max(left-len(line)-1, 0)
	}
	return lines
}

// A lock is one of the statements that lock.
type lock struct {
	label string // its Sid, or its place such as #2
	text  string // as it stands in the policy
}

// locks finds the verdict's statements in the policy, and tells whether they are all that it has. A policy that cannot
// be read has none. A verdict on another version of the policy may name places that are not there, which are left out.
func locks(policy string, v lockout.Verdict) (found []lock, all bool) {
	if difference.TooMuch(policy) {
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
		found = append(found, lock{s.Label(), policy[s.Start:s.End]})
	}
	return found, len(found) == len(doc.Statements)
}
