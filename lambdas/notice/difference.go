package notice

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"locksmith/lambdas/remedy"
)

const (
	maxDifference = 6_000     // bytes of lines that are shown
	maxCells      = 4_000_000 // lines of the one policy times lines of the other that are held against each other
	around        = 2         // lines shown before and after those that differ
)

// before says what was in force before the lock, and when a sweep saw it; or "" where that is not known.
func (s story) before() string {
	b := s.Outcome.Before
	switch {
	case b == nil || !s.compares():
		return ""
	case b.Policy == "":
		return "There was no policy, as a sweep saw at " + clock(b.At) + "."
	case len(s.difference(maxDifference)) == 0:
		return "The policy is the one that a sweep saw at " + clock(b.At) + ", and was " + string(b.Verdict.Answer) +
			" then. What it names, or the time, has changed since."
	}
	return "A sweep saw another policy at " + clock(b.At) + ", which was " + string(b.Verdict.Answer) + ". What has - " +
		"was in that one alone; what has + is in the one that locks."
}

// compares tells whether the notice is about a policy that locks, or may.
func (s story) compares() bool {
	return s.Outcome.Result != remedy.Restored && s.Outcome.Result != remedy.Unreadable && s.Policy() != ""
}

// difference is how the policy that locks differs from the last good one, line by line, in at most limit bytes.
func (s story) difference(limit int) []string {
	b := s.Outcome.Before
	if b == nil || b.Policy == "" || !s.compares() {
		return nil
	}
	return difference(b.Policy, s.Policy(), min(limit, maxDifference))
}

// difference holds two policies against each other, laid out over lines. Lines are made harmless as in a policy that is
// shown: secrets shortened, and addresses no links.
func difference(before, after string, limit int) (lines []string) {
	var sides [2][]string
	for i, policy := range []string{before, after} {
		text, changed := masked(policy)
		if changed && text == "" {
			return []string{"not shown, since one of them cannot be read and may hold a secret; the ledger has both"}
		}
		sides[i] = layOut(inOrder(text))
	}
	lines = hunks(edits(sides[0], sides[1]))
	whole := size(lines)
	lines = head(lines, limit)
	shown := size(lines)
	for i, line := range lines {
		lines[i] = defangPolicy(clean(line, maxPolicy))
	}
	if shown < whole {
		lines = append(lines, fmt.Sprintf("... shortened: %d of %d bytes; the ledger has both", shown, whole))
	}
	return lines
}

// inOrder writes a policy's keys in one order: CloudTrail does not give them in the order of the call. A text that is
// no JSON, or nested too deep, stays as it is.
func inOrder(text string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if len(text) > maxPolicy || nesting(text) > maxNesting || d.Decode(&v) != nil || d.More() {
		return text
	}
	var b strings.Builder
	writeInOrder(&b, v)
	return b.String()
}

func writeInOrder(b *strings.Builder, v any) {
	comma := func(i int) {
		if i > 0 {
			b.WriteString(",")
		}
	}
	switch v := v.(type) {
	case []any:
		b.WriteString("[")
		for i, part := range v {
			comma(i)
			writeInOrder(b, part)
		}
		b.WriteString("]")
	case map[string]any:
		b.WriteString("{")
		for i, name := range slices.SortedFunc(maps.Keys(v), byPlace) {
			comma(i)
			b.Write(append(encode(name), ':'))
			writeInOrder(b, v[name])
		}
		b.WriteString("}")
	default:
		b.Write(encode(v))
	}
}

// byPlace compares names by where people are used to find them in a policy.
func byPlace(a, b string) int {
	places := []string{"Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
		"Resource", "NotResource", "Condition"}
	place := func(name string) int {
		if i := slices.Index(places, name); i >= 0 {
			return i
		}
		return len(places)
	}
	return cmp.Or(place(a)-place(b), strings.Compare(a, b))
}

// edits are all lines of two texts in their order, with a mark each: a minus for a line of the first alone, a plus for
// one of the second alone, else a space.
func edits(a, b []string) (marked []string) {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		marked = append(marked, "  "+a[start])
		start++
	}
	end := 0
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	marked = append(marked, between(a[start:len(a)-end], b[start:len(b)-end])...)
	for _, line := range a[len(a)-end:] {
		marked = append(marked, "  "+line)
	}
	return marked
}

// between holds against each other what two texts have between their common beginning and end. Where that would take
// too long, all lines count as different.
func between(a, b []string) (marked []string) {
	common := lengths(a, b)
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case common != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			marked = append(marked, "  "+a[i])
			i, j = i+1, j+1
		case i < len(a) && (common == nil || j == len(b) || common[i+1][j] >= common[i][j+1]):
			marked = append(marked, "- "+a[i])
			i++
		default:
			marked = append(marked, "+ "+b[j])
			j++
		}
	}
	return marked
}

// lengths are how many lines the rests of two texts have in common, from each pair of lines on; nil where there are too
// many.
func lengths(a, b []string) [][]uint32 {
	if len(a)*len(b) > maxCells {
		return nil
	}
	common := make([][]uint32, len(a)+1)
	for i := range common {
		common[i] = make([]uint32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	return common
}

// hunks are the lines that differ, with a few around them. Three dots stand for what is left out.
func hunks(marked []string) (lines []string) {
	differs := func(line string) bool { return !strings.HasPrefix(line, "  ") }
	for i, line := range marked {
		from, to := max(0, i-around), min(len(marked), i+around+1)
		switch {
		case slices.ContainsFunc(marked[from:to], differs):
			lines = append(lines, line)
		case len(lines) == 0 || lines[len(lines)-1] != "...":
			lines = append(lines, "...")
		}
	}
	if !slices.ContainsFunc(lines, func(line string) bool { return line != "..." }) {
		return nil
	}
	return lines
}
