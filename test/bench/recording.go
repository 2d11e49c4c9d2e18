package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

// A Recording is what all contenders said in one run.
type Recording struct {
	Platform   string
	Contenders []Contender
	Corpus     Corpus
}

// A Corpus is the time that two programs took for the same published policies.
type Corpus struct {
	Policies int    `json:"policies"` // those that both answered
	Times    []Time `json:"times"`
}

// A Time is in microseconds a policy.
type Time struct {
	Name   string  `json:"program"`
	Median float64 `json:"median"`
	Slow   float64 `json:"99th percentile"`
	Ratio  float64 `json:"times ours"`
}

// A line of the file is the run, a contender, or one answer of the contender above it.
type line struct {
	Platform     string   `json:"platform,omitempty"`
	Corpus       *Corpus  `json:"corpus,omitempty"`
	Program      string   `json:"program,omitempty"`
	Asked        string   `json:"asked,omitempty"`
	ID           string   `json:"id,omitempty"`
	Said         string   `json:"said,omitempty"`
	Microseconds *float64 `json:"microseconds,omitempty"`
}

// write keeps the recording as JSON lines. Answers have the ids of the cases, in their order.
func (r Recording) write(file string, cases []Case) error {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	lines := []line{{Platform: r.Platform, Corpus: &r.Corpus}}
	for _, c := range r.Contenders {
		lines = append(lines, line{Program: c.Name, Asked: c.Asked})
		for i, a := range c.Answers {
			took := float64(a.Took.Round(10*time.Nanosecond)) / 1000
			lines = append(lines, line{ID: cases[i].ID, Said: a.Said, Microseconds: &took})
		}
	}
	for _, l := range lines {
		if err := out.Encode(l); err != nil {
			return err
		}
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}

// readRecording reads it back. Answers to cases that are gone are left out, those to new cases are empty.
func readRecording(file string, cases []Case) (Recording, error) {
	var r Recording
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	place := map[string]int{}
	for i, c := range cases {
		place[c.ID] = i
	}
	for lines := json.NewDecoder(bytes.NewReader(text)); lines.More(); {
		var l line
		if err := lines.Decode(&l); err != nil {
			return r, fmt.Errorf("%s: %w", file, err)
		}
		switch {
		case l.Corpus != nil:
			r.Platform, r.Corpus = l.Platform, *l.Corpus
		case l.Program != "":
			c := Contender{Name: l.Program, Asked: l.Asked, Answers: make([]Answer, len(cases))}
			r.Contenders = append(r.Contenders, c)
		case len(r.Contenders) == 0 || l.Microseconds == nil:
			return r, fmt.Errorf("%s: answer %q without a program or a time", file, l.ID)
		default:
			if i, ok := place[l.ID]; ok {
				took := time.Duration(math.Round(*l.Microseconds * 1000))
				r.Contenders[len(r.Contenders)-1].Answers[i] = Answer{l.Said, took}
			}
		}
	}
	return r, nil
}

// standIn takes the recorded answers, without their times, where the contender could not be asked. Where it could, it
// tells which answers are other than recorded; a case that is new has none.
func (r Recording) standIn(c Contender, cases []Case) (Contender, []string) {
	for _, then := range r.Contenders {
		if then.Name != c.Name {
			continue
		}
		if c.Missing != nil {
			note := fmt.Sprintf("%s could not be asked, its answers are the recorded ones: %v", c.Name, c.Missing)
			for _, a := range then.Answers {
				c.Answers = append(c.Answers, Answer{Said: a.Said})
			}
			return c, []string{note}
		}
		var other []string
		for i, a := range c.Answers {
			if before := then.Answers[i].Said; before != "" && a.Said != before {
				other = append(other, cases[i].ID)
			}
		}
		if len(other) > 0 {
			return c, []string{fmt.Sprintf("%s answers otherwise than recorded: %s", c.Name, strings.Join(other, ", "))}
		}
		return c, nil
	}
	if c.Missing != nil {
		return c, []string{fmt.Sprintf("%s is left out: %v", c.Name, c.Missing)}
	}
	return c, nil
}

// compare times ours and the simulator on the corpus, over the policies that both answered.
func compare(corpus []Case) Corpus {
	ours, theirs := judgedFor(corpus, time.Millisecond), simulatedFor(corpus, 10)
	var both Corpus
	var mine, other []time.Duration
	for i, a := range ours.Answers {
		if theirs.Missing != nil {
			mine = append(mine, a.Took)
			continue
		}
		if a.answered() && theirs.Answers[i].answered() {
			mine, other = append(mine, a.Took), append(other, theirs.Answers[i].Took)
		}
	}
	both.Policies = len(mine)
	both.Times = []Time{summed(ours.Name, mine, mine)}
	if len(other) > 0 {
		both.Times = append(both.Times, summed(theirs.Name, other, mine))
	}
	return both
}

func (a Answer) answered() bool { return a.Said == locked || a.Said == notLocked }

func summed(name string, took, ours []time.Duration) Time {
	median, slow := percentile(took, 50), percentile(took, 99)
	return Time{name, float64(median) / 1000, float64(slow) / 1000, float64(sum(took)) / float64(sum(ours))}
}

// The table stands in the README between these lines.
const (
	tableBegins = "<!-- written by go run ./test/bench -record -->\n"
	tableEnds   = "<!-- until here -->\n"
)

// writeReadme replaces the table.
func writeReadme(file, table string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return fmt.Errorf("%s: no place for the table between %q and %q", file, tableBegins, tableEnds)
	}
	return os.WriteFile(file, []byte(before+tableBegins+table+tableEnds+after), 0o644)
}
