package notice

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/difference"
)

const (
	maxDifference = 6_000 // bytes of lines that are shown
	around        = 2     // lines shown before and after those that differ
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
	return policiesDiffer(b.Policy, s.Policy(), min(limit, maxDifference))
}

// policiesDiffer holds two policies against each other, laid out over lines. Lines are made harmless as in a policy
// that is shown: secrets shortened, and addresses no links.
func policiesDiffer(before, after string, limit int) (lines []string) {
	var sides [2][]string
	for i, policy := range []string{before, after} {
		text, changed := masked(policy)
		if changed && text == "" {
			return []string{"not shown, since one of them cannot be read and may hold a secret; the ledger has both"}
		}
		sides[i] = difference.LayOut(text)
	}
	lines = hunks(marked(difference.Compare(sides[0], sides[1])))
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

// marked are the lines of two policies with a mark each: a minus for one of the first alone, a plus for one of the
// second alone, else a space.
func marked(all []difference.Line) (lines []string) {
	for _, l := range all {
		mark := string(l.Op)
		if l.Op == difference.Both {
			mark = " "
		}
		lines = append(lines, mark+" "+l.Text)
	}
	return lines
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
