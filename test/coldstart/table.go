package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// A report is what there is to print.
type report struct {
	Results  []result
	Deployed weight
	Missing  error // why the Python function is left out, or nil
}

// write writes Markdown. Ratios are of medians, to the first function of the same question, which is ours.
func (r report) write(w io.Writer) error {
	text := fmt.Sprintf("From the start of the process to its first answer, built for %s/%s, %d processors, "+
		"%d starts each\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), len(r.Results[0].Samples))
	text += "| event | function | asks for work, median | first answer, median | p90 | max | times ours " +
		"| processor time, median | times ours |\n"
	text += "|---|---|---:|---:|---:|---:|---:|---:|---:|\n"
	var ours result
	for _, one := range r.Results {
		if one.Question.Name != ours.Question.Name {
			ours = one
		}
		answered, processor := one.of(sample.untilAnswer), one.of(sample.ofProcessor)
		text += fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %.1f | %s | %.1f |\n", one.Question.Name,
			one.Function.Name, milliseconds(at(one.of(sample.untilReady), 50)), milliseconds(at(answered, 50)),
			milliseconds(at(answered, 90)), milliseconds(at(answered, 100)),
			ratio(answered, ours.of(sample.untilAnswer)), milliseconds(at(processor, 50)),
			ratio(processor, ours.of(sample.ofProcessor)))
	}
	if r.Missing != nil {
		text += fmt.Sprintf("\nThe Python function is left out: %v\n", r.Missing)
	} else {
		text += "\nThe Python function has no prover: it takes a Deny of everybody without a condition for a " +
			"lockout. It makes its clients when it first needs them.\n"
	}
	text += fmt.Sprintf("\nThe bundle for linux/arm64, allow list included: %.1f MB, zipped %.1f MB\n",
		megabytes(r.Deployed.unzipped), megabytes(r.Deployed.zip))
	_, err := io.WriteString(w, text)
	return err
}

func (s sample) untilReady() time.Duration  { return s.ready }
func (s sample) untilAnswer() time.Duration { return s.answered }
func (s sample) ofProcessor() time.Duration { return s.processor }

// of are the values of all starts, smallest first.
func (r result) of(value func(sample) time.Duration) []time.Duration {
	var values []time.Duration
	for _, s := range r.Samples {
		values = append(values, value(s))
	}
	slices.Sort(values)
	return values
}

// at is the smallest value that is not exceeded by so many percent of them, 1 to 100.
func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}

func ratio(theirs, ours []time.Duration) float64 {
	return float64(at(theirs, 50)) / float64(at(ours, 50))
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }

func megabytes(n int64) float64 { return float64(n) / 1e6 }
