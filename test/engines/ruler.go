package engines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// A Question is whether a pattern matches an event.
type Question struct {
	Pattern string `json:"pattern"`
	Event   string `json:"event"`
}

// Match puts questions to event-ruler. The answers are true, false, INVALID and why the pattern is refused, or ERROR
// and why the event cannot be read. The error is an [ErrMissing] where event-ruler is not installed.
func Match(questions []Question) (answers []string, err error) {
	driver, err := eventRuler.command()
	if err != nil {
		return nil, err
	}
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, q := range questions {
		if err := lines.Encode(q); err != nil {
			return nil, err
		}
	}
	said := &tail{}
	driver.Stdin, driver.Stderr = &in, said
	out, err := driver.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", eventRuler.folder, err, said)
	}
	answers = strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if len(answers) != len(questions) {
		return nil, fmt.Errorf("%s: %d answers to %d questions", eventRuler.folder, len(answers), len(questions))
	}
	return answers, nil
}
