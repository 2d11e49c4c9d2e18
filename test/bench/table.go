package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// A score sums one contender's answers up.
type score struct {
	right, falseAlarms, missed, silent int
	median, mean                       time.Duration // of the cases that it answered
	ratio                              float64       // its time over ours, on those cases
}

func scored(cases []Case, ours, theirs []Answer) score {
	var s score
	var took []time.Duration
	var sum, same time.Duration
	for i, a := range theirs {
		switch {
		case a.Said != locked && a.Said != notLocked:
			s.silent++
			continue
		case (a.Said == locked) == cases[i].Locked:
			s.right++
		case a.Said == locked:
			s.falseAlarms++
		default:
			s.missed++
		}
		took, sum, same = append(took, a.Took), sum+a.Took, same+ours[i].Took
	}
	if len(took) > 0 {
		slices.Sort(took)
		s.median, s.mean, s.ratio = took[len(took)/2], sum/time.Duration(len(took)), float64(sum)/float64(same)
	}
	return s
}

// table writes Markdown, and below it who is missing.
func table(w io.Writer, cases []Case, contenders []Contender) error {
	text := fmt.Sprintf("%d policies, %s/%s, %s\n\n", len(cases), runtime.GOOS, runtime.GOARCH, runtime.Version())
	text += "| program | right | locks claimed in error | locks missed | no answer | time per policy, median | mean | times ours |\n"
	text += "|---|---:|---:|---:|---:|---:|---:|---:|\n"
	missing := ""
	for _, c := range contenders {
		if c.Missing != nil {
			missing += fmt.Sprintf("\n%s is left out: %v\n", c.Name, c.Missing)
			continue
		}
		s := scored(cases, contenders[0].Answers, c.Answers)
		text += fmt.Sprintf("| %s | %d of %d | %d | %d | %d | %s | %s | %s |\n", c.Name, s.right, len(cases), s.falseAlarms, s.missed, s.silent, inMicroseconds(s.median), inMicroseconds(s.mean), times(s.ratio))
	}
	_, err := io.WriteString(w, text+missing)
	return err
}

func inMicroseconds(d time.Duration) string {
	if d < 10*time.Microsecond {
		return fmt.Sprintf("%.1f µs", d.Seconds()*1e6)
	}
	return fmt.Sprintf("%.0f µs", d.Seconds()*1e6)
}

func times(ratio float64) string {
	if ratio < 10 {
		return fmt.Sprintf("%.2g", ratio)
	}
	return fmt.Sprintf("%.0f", ratio)
}
