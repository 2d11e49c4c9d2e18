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
func installed(script string) (string, error) {
	said, err := exec.Command(script).Output()
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

// simulated asks for one call of an ordinary administrator. Denied, it says locked: that is as much as one evaluation can tell.
func simulated(cases []Case) Contender {
	c := Contender{Name: "iam-simulate 0.1.173, one call"}
	var folder string
	if folder, c.Missing = installed("test/oracle/install.sh"); c.Missing != nil {
		return c
	}
	var questions []any
	for _, one := range cases {
		questions = append(questions, map[string]any{"id": one.ID, "policy": one.Policy, "request": ordinary(one.Resource)})
	}
	c.Answers, c.Missing = timed(questions, "node", "test/oracle/simulate.mjs", folder, strconv.Itoa(100))
	for i, a := range c.Answers {
		if said, ok := map[string]string{"denied": locked, "not denied": notLocked}[a.Said]; ok {
			c.Answers[i].Said = said
		}
	}
	return c
}

// ordinary is a call by a session of the role Admin, with MFA, over TLS, from the internet.
func ordinary(resource string) map[string]any {
	action, context := "s3:DeleteBucketPolicy", map[string]any{"s3:TlsVersion": "1.3", "s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
	if strings.HasPrefix(resource, "arn:aws:sqs:") {
		action, context = "sqs:SetQueueAttributes", map[string]any{}
	}
	const admin = "arn:aws:iam::111122223333:role/Admin"
	for key, value := range map[string]string{"aws:PrincipalArn": admin, "aws:PrincipalAccount": account, "aws:PrincipalOrgID": organization, "aws:PrincipalType": "AssumedRole",
		"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false", "aws:userid": "AROAEXAMPLEEXAMPLE000:zoe", "aws:SourceIp": "9.9.9.9", "aws:SecureTransport": "true",
		"aws:CurrentTime": "2026-11-21T12:00:00Z", "aws:EpochTime": "1795262400", "aws:TokenIssueTime": "2026-11-21T11:30:00Z", "aws:UserAgent": "aws-cli/2.17",
		"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"} {
		context[key] = value
	}
	return map[string]any{"kind": "role", "principal": admin, "session": "zoe", "action": action, "resource": resource, "account": account, "context": context}
}

// checked asks checkov.
func checked(cases []Case) Contender {
	c := Contender{Name: "checkov 3.3.30, CKV_AWS_93"}
	var python string
	if python, c.Missing = installed("test/bench/install.sh"); c.Missing != nil {
		return c
	}
	var questions []any
	for _, one := range cases {
		questions = append(questions, one)
	}
	c.Answers, c.Missing = timed(questions, python, "test/bench/ckv_aws_93.py", strconv.Itoa(1000))
	return c
}
