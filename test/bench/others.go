package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// installed runs an installation script. It prints the place; or, failing, why it has none.
func installed(script string, args ...string) (string, error) {
	said, err := exec.Command(script, args...).Output()
	line := strings.TrimSpace(string(said))
	if err != nil && line != "" {
		return "", errors.New(line)
	}
	return line, err
}

// timed runs a program that reads questions as JSON lines and writes an answer, with its time, for each.
func timed(questions []any, program string, args ...string) ([]Answer, error) {
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, q := range questions {
		if err := lines.Encode(q); err != nil {
			return nil, err
		}
	}
	command := exec.Command(program, args...)
	command.Stdin, command.Stderr = &in, os.Stderr
	said, err := command.Output()
	if err != nil {
		return nil, err
	}
	var answers []Answer
	for lines := json.NewDecoder(bytes.NewReader(said)); lines.More(); {
		var a struct {
			Answer       string
			Microseconds float64
		}
		if err := lines.Decode(&a); err != nil {
			return nil, err
		}
		answers = append(answers, Answer{a.Answer, time.Duration(a.Microseconds * 1000)})
	}
	if len(answers) != len(questions) {
		return nil, fmt.Errorf("%s: %d answers to %d questions", program, len(answers), len(questions))
	}
	return answers, nil
}

// checked asks checkov.
func checked(cases []Case) Contender {
	c := Contender{Name: "checkov 3.3.30, CKV_AWS_93", Asked: "the check by itself, on the policy's text; buckets only"}
	var python string
	if python, c.Missing = installed("test/venv.sh", "checkov-3.3.30", "checkov==3.3.30"); c.Missing != nil {
		return c
	}
	var questions []any
	for _, one := range cases {
		questions = append(questions, one)
	}
	c.Answers, c.Missing = fastest(func() ([]Answer, error) {
		return timed(questions, python, "test/bench/ckv_aws_93.py", strconv.Itoa(200))
	})
	return c
}
