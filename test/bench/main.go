// Command bench compares Locksmith's verdict with what others can say of the same policies, in one run on one machine:
//
//	go run ./test/bench
//
// The policies are in cases.jsonl, each with the answer that a person gave: is everybody locked out, or can somebody still take the policy off. The others are the
// simulator iam-simulate, asked for one ordinary administrator's call; checkov's check CKV_AWS_93; and the solver z3 on the encoding of test/oracle/encode. Simulator and
// checkov are installed under .cache, by exact version; what cannot be installed, or is not there, is said and left out. All start once, warm up, and are timed for each
// policy without their start. The table is Markdown.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

//go:embed cases.jsonl
var casesText string

// A Case is a policy and what a person says of it.
type Case struct {
	ID       string          `json:"id"`
	Locked   bool            `json:"locked"`
	Why      string          `json:"why"`
	Resource string          `json:"resource"`
	Policy   json.RawMessage `json:"policy"`
}

// The place of all cases.
const (
	account      = "111122223333"
	organization = "o-a1b2c3d4e5"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// An Answer is what one contender said of one case.
type Answer struct {
	Said string // locked, notLocked, or anything else for no answer
	Took time.Duration
}

const (
	locked    = "locked"
	notLocked = "not locked"
)

// A Contender is one program with its answers, in the order of the cases; or why it has none.
type Contender struct {
	Name    string
	Answers []Answer
	Missing error
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	cases, err := readCases(casesText)
	if err != nil {
		return err
	}
	if _, err := os.Stat("test/bench/cases.jsonl"); err != nil {
		return fmt.Errorf("working directory: %w (run it from the top of the tree)", err)
	}
	contenders := []Contender{judged(cases)}
	for _, ask := range []func([]Case) Contender{simulated, checked, solved} {
		contenders = append(contenders, ask(cases))
	}
	return table(os.Stdout, cases, contenders)
}

// readCases reads JSON lines.
func readCases(text string) ([]Case, error) {
	var cases []Case
	for lines := json.NewDecoder(strings.NewReader(text)); lines.More(); {
		var c Case
		if err := lines.Decode(&c); err != nil {
			return nil, fmt.Errorf("case %d: %w", len(cases)+1, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}
