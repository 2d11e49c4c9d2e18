package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A score sums one contender's answers up, over the cases that the documentation settles.
type score struct {
	right, falseAlarms, found, silent int
	all, locks                        int
	median, slow                      time.Duration // of the cases that it answered; slow is the 99th percentile
	ratio                             float64       // its time over ours, on those cases
}

func scored(cases []Case, ours, theirs []Answer) score {
	var s score
	var took, same []time.Duration
	for i, a := range theirs {
		want := cases[i].settled()
		if want == "" {
			continue
		}
		s.all++
		if want == locked {
			s.locks++
		}
		switch {
		case a.Said != locked && a.Said != notLocked:
			s.silent++
			continue
		case a.Said == want:
			s.right++
		case a.Said == locked:
			s.falseAlarms++
		}
		if a.Said == locked && want == locked {
			s.found++
		}
		if took = append(took, a.Took); i < len(ours) {
			same = append(same, ours[i].Took)
		}
	}
	s.median, s.slow = percentile(took, 50), percentile(took, 99)
	if ours := sum(same); ours > 0 {
		s.ratio = float64(sum(took)) / float64(ours)
	}
	return s
}

// percentile is the smallest value that so many in a hundred do not exceed.
func percentile(took []time.Duration, p int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	took = slices.Sorted(slices.Values(took))
	return took[(len(took)*p+99)/100-1]
}

func sum(took []time.Duration) time.Duration {
	var all time.Duration
	for _, t := range took {
		all += t
	}
	return all
}

// table writes Markdown. The first contender is the measure of time.
func (r Recording) table(cases []Case) string {
	var text strings.Builder
	text.WriteString("| program | right | precision | recall | no answer | median | 99th percentile | times ours |\n")
	text.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, c := range r.Contenders {
		if len(c.Answers) != len(cases) {
			continue
		}
		s := scored(cases, r.Contenders[0].Answers, c.Answers)
		fmt.Fprintf(&text, "| %s | %d of %d | %s | %s | %d | %s | %s | %s |\n", c.Name, s.right, s.all,
			share(s.found, s.found+s.falseAlarms), share(s.found, s.locks), s.silent,
			inMicroseconds(s.median), inMicroseconds(s.slow), times(s.ratio))
	}
	if len(r.Corpus.Times) == 0 {
		return text.String()
	}
	fmt.Fprintf(&text, "\n| the same work: %d published policies | median | 99th percentile | times ours |\n",
		r.Corpus.Policies)
	text.WriteString("|---|---:|---:|---:|\n")
	for _, t := range r.Corpus.Times {
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", t.Name, micro(t.Median), micro(t.Slow), times(t.Ratio))
	}
	fmt.Fprintf(&text, "\nMeasured on %s.\n", r.Platform)
	return text.String()
}

func share(part, whole int) string {
	if whole == 0 {
		return "none"
	}
	return fmt.Sprintf("%d of %d", part, whole)
}

func inMicroseconds(d time.Duration) string { return micro(float64(d) / 1000) }

func micro(us float64) string {
	switch {
	case us <= 0:
		return "" // it answered nothing, or was not run here
	case us < 10:
		return fmt.Sprintf("%.1f µs", us)
	case us < 10000:
		return fmt.Sprintf("%.0f µs", us)
	}
	return fmt.Sprintf("%.0f ms", us/1000)
}

func times(ratio float64) string {
	switch {
	case ratio <= 0:
		return ""
	case ratio < 10:
		return fmt.Sprintf("%.2g", ratio)
	}
	return fmt.Sprintf("%.0f", ratio)
}
