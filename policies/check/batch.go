package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"locksmith/policies/lockout"
)

// A question is one line of a batch.
type question struct {
	ID             string          `json:"id"`
	Resource       string          `json:"resource"`
	Account        string          `json:"account"`
	Org            string          `json:"org"`
	Now            *time.Time      `json:"now"`
	Administrators []string        `json:"administrators"`
	Policy         json.RawMessage `json:"policy"`
}

// maxLine bounds a line of a batch: the longest policy has 20 KB.
const maxLine = 4 << 20

// batch answers each line by one, in their order. A line that cannot be read is answered by its error, and the next one is read. The exit code is 1 where
// something is locked, else 2 where a line was bad, else 0.
func batch(in io.Reader, out, errs io.Writer, now time.Time) int {
	lines := bufio.NewReaderSize(in, 1<<16)
	answers := bufio.NewWriter(out)
	anyLocked, anyBad := false, false
	for {
		line, tooLong, err := readLine(lines)
		if len(bytes.TrimSpace(line)) > 0 || tooLong {
			answer := answerTo(line, tooLong, now)
			anyLocked, anyBad = anyLocked || answer.locked, anyBad || answer.Error != ""
			if err := json.NewEncoder(answers).Encode(answer); err != nil {
				fmt.Fprintln(errs, "check:", err)
				return bad
			}
		}
		if flushed := answers.Flush(); flushed != nil {
			fmt.Fprintln(errs, "check:", flushed)
			return bad
		}
		if err != nil && !errors.Is(err, io.EOF) {
			fmt.Fprintln(errs, "check:", err)
			return bad
		}
		if err != nil {
			break
		}
	}
	switch {
	case anyLocked:
		return locked
	case anyBad:
		return bad
	}
	return nothingLocked
}

// readLine reads a line, and of one that is too long only the beginning.
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) <= maxLine {
			line = append(line, part...)
		} else {
			tooLong = true
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}

// An answer is one line of what a batch writes.
type answer struct {
	ID string `json:"id"`
	*lockout.Verdict
	Error  string `json:"error,omitempty"`
	locked bool
}

func answerTo(line []byte, tooLong bool, now time.Time) answer {
	if tooLong {
		return answer{Error: fmt.Sprintf("the line is longer than %d bytes", maxLine)}
	}
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return answer{ID: q.ID, Error: "not a question: " + err.Error()}
	}
	policy := []byte(q.Policy)
	var text string
	if json.Unmarshal(q.Policy, &text) == nil {
		policy = []byte(text)
	}
	if len(policy) == 0 {
		return answer{ID: q.ID, Error: "policy is missing"}
	}
	o := options{resource: q.Resource, account: q.Account, org: q.Org, administrators: q.Administrators, now: now}
	if q.Now != nil {
		o.now = *q.Now
	}
	v, err := o.judge(policy)
	if err != nil {
		return answer{ID: q.ID, Error: err.Error()}
	}
	return answer{ID: q.ID, Verdict: &v, locked: exit(v) == locked}
}
