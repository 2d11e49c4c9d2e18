package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A Case is a policy and what a person says of it.
type Case struct {
	ID             string          `json:"id"`
	Label          string          `json:"label"` // lockout, sealed, restricted, open; or undecided
	Why            string          `json:"why"`
	Source         string          `json:"source"` // the page or repository that the policy or its rule comes from
	Resource       string          `json:"resource"`
	Account        string          `json:"account,omitempty"`        // the owner, where it is not that of all cases
	Administrators []string        `json:"administrators,omitempty"` // those who matter; none: all of the account
	Policy         json.RawMessage `json:"policy"`
}

// What a contender can say. Anything else is no answer.
const (
	locked    = "locked"
	notLocked = "not locked"
)

// settled tells what a detector should say. Where the documentation does not settle a case, it is no answer.
func (c Case) settled() string {
	switch c.Label {
	case "lockout", "sealed":
		return locked
	case "restricted", "open":
		return notLocked
	}
	return ""
}

// An Answer is what one contender said of one case.
type Answer struct {
	Said string
	Took time.Duration
}

// A Contender is one program with its answers, in the order of the cases; or why it has none.
type Contender struct {
	Name    string // with its version
	Asked   string // how
	Answers []Answer
	Missing error
}

// readCases reads JSON lines.
func readCases(file string) ([]Case, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var cases []Case
	lines := json.NewDecoder(bytes.NewReader(text))
	lines.DisallowUnknownFields()
	for lines.More() {
		c := Case{Account: owner}
		if err := lines.Decode(&c); err != nil {
			return nil, fmt.Errorf("%s, case %d: %w", file, len(cases)+1, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// readCorpus reads published policies without labels: one JSON object with id, resource, account and policy a line.
func readCorpus(file string) ([]Case, error) {
	cases, err := readCases(file)
	if err == nil && len(cases) == 0 {
		return nil, fmt.Errorf("%s is empty", file)
	}
	return cases, err
}
