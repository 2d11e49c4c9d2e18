package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"locksmith/test/oracle/encode"
)

// A solver is one z3 process, which forgets everything between two scripts.
type solver struct {
	in  io.Writer
	out *bufio.Scanner
}

// solved asks z3 whether anybody can take the policy off. Writing the script does not count.
func solved(cases []Case) Contender {
	c := Contender{Name: "z3 5.4.0, test/oracle/encode", Asked: "whether anybody can take the policy off, by our encoding"}
	python, err := installed("test/venv.sh", "z3-5.4.0.0", "z3-solver==5.4.0.0")
	if err != nil {
		c.Missing = err
		return c
	}
	process := exec.Command(filepath.Join(filepath.Dir(python), "z3"), "-in")
	in, err := process.StdinPipe()
	if err != nil {
		c.Missing = err
		return c
	}
	out, err := process.StdoutPipe()
	if err != nil {
		c.Missing = err
		return c
	}
	if c.Missing = process.Start(); c.Missing != nil {
		return c
	}
	z3 := solver{in, bufio.NewScanner(out)}
	for _, one := range cases {
		a, err := z3.ask(one)
		if c.Missing = err; err != nil {
			break
		}
		c.Answers = append(c.Answers, a)
	}
	_ = in.Close() // z3 ends with its input
	_ = process.Wait()
	return c
}

// ask times one case. Where the documentation leaves open whether a statement matches, it is asked both ways.
func (z3 solver) ask(one Case) (Answer, error) {
	actions := []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
	if strings.HasPrefix(one.Resource, "arn:aws:sqs:") {
		actions = []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}
	}
	question := encode.Question{
		Policy:         one.Policy,
		Resource:       one.Resource,
		Account:        one.Account,
		Organization:   organization,
		Now:            now,
		Administrators: one.Administrators,
	}
	script, err := question.Script(actions)
	if err != nil {
		return Answer{Said: "error: " + err.Error()}, nil
	}
	question.Doubts = true
	doubted, err := question.Script(actions)
	if err != nil {
		return Answer{Said: "error: " + err.Error()}, nil
	}
	start := time.Now()
	said, err := z3.run(script)
	if err == nil && said == notLocked && doubted != script {
		if said, err = z3.run(doubted); said == locked {
			said = "undecided"
		}
	}
	return Answer{said, time.Since(start)}, err
}

// run puts a script: nobody is left if all of its checks are unsat.
func (z3 solver) run(script string) (string, error) {
	if _, err := fmt.Fprintf(z3.in, "%s\n(echo \"end\")\n", script); err != nil {
		return "", err
	}
	said := locked
	for z3.out.Scan() {
		switch line := z3.out.Text(); {
		case line == "end":
			return said, nil
		case line == "sat":
			said = notLocked
		case line != "unsat" && said == locked:
			said = line
		}
	}
	return "", fmt.Errorf("z3 ended early: %w", z3.out.Err())
}
