package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// longestLine bounds one line of a batch, in bytes, its end not counted. AWS takes no policy of more than 20 KB.
const longestLine = 4 << 20

// A batchLine is one line of standard input.
type batchLine struct {
	ID             json.RawMessage `json:"id"`
	Resource       string          `json:"resource"`
	Account        string          `json:"account"`
	Organization   string          `json:"org"`
	Now            string          `json:"now"`
	Administrators []string        `json:"administrators"`
	Policy         json.RawMessage `json:"policy"`
}

// An answerLine is one line of standard output: a verdict or an error.
type answerLine struct {
	ID json.RawMessage `json:"id"`
	*lockout.Verdict
	Error string `json:"error,omitempty"`
}

// judgeLines answers line by line and holds one at a time, so that a stream can be of any length. A line that cannot be judged is answered with what is wrong with it.
func (o *options) judgeLines(in io.Reader, out, diagnostics io.Writer) int {
	lines, answers := bufio.NewReaderSize(in, 64<<10), bufio.NewWriter(out)
	write := json.NewEncoder(answers)
	write.SetEscapeHTML(false)
	status := exitClean
	for n := 1; ; n++ {
		line, err := nextLine(lines)
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, errTooLong) {
			fmt.Fprintln(diagnostics, "check: standard input:", err)
			status = worse(status, exitBad)
			break
		}
		answer, lineStatus := o.judgeLine(line, n, err)
		status = worse(status, lineStatus)
		if err := write.Encode(answer); err != nil {
			fmt.Fprintln(diagnostics, "check: writing an answer:", err)
			return exitBad
		}
		if lines.Buffered() > 0 {
			continue
		}
		if err := answers.Flush(); err != nil { // who asks line by line waits for the answer
			fmt.Fprintln(diagnostics, "check: writing an answer:", err)
			return exitBad
		}
	}
	if err := answers.Flush(); err != nil {
		fmt.Fprintln(diagnostics, "check: writing an answer:", err)
		return exitBad
	}
	return status
}

// worse is the exit status for both: that something is locked counts for more than that something could not be read.
func worse(a, b int) int {
	switch {
	case a == exitLocked || b == exitLocked:
		return exitLocked
	case a == exitBad || b == exitBad:
		return exitBad
	}
	return exitClean
}

var errTooLong = fmt.Errorf("more than %d bytes in one line", longestLine)

// nextLine reads a line without its end. One that is too long is read to its end, and errTooLong says so.
func nextLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if tooLong = tooLong || len(bytes.TrimRight(line, "\r\n")) > longestLine; tooLong {
			line = nil
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(line) == 0 && !tooLong:
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, err
		case tooLong:
			return nil, errTooLong
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
}

// judgeLine answers one line; reading says why it could not be read.
func (o *options) judgeLine(text []byte, number int, reading error) (answerLine, int) {
	line := batchLine{}
	if reading == nil {
		reading = readLine(text, &line)
	}
	answer := answerLine{ID: line.ID}
	if reading == nil {
		var v lockout.Verdict
		if v, reading = o.judgeOne(line); reading == nil {
			answer.Verdict = &v
			if locked(v.Answer) {
				return answer, exitLocked
			}
			return answer, exitClean
		}
	}
	answer.Error = fmt.Sprintf("line %d: %v", number, reading)
	return answer, exitBad
}

func locked(a lockout.Answer) bool { return a == lockout.Lockout || a == lockout.Sealed }

// readLine reads the line's object, and of one that is wrong at least its id.
func readLine(text []byte, line *batchLine) error {
	err := json.Unmarshal(text, line)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return errors.New(`want an object, {"id", "resource", "account", "policy"}`)
	case errors.As(err, &wrongType):
		return fmt.Errorf("%s: %s does not belong there", wrongType.Field, wrongType.Value)
	case err != nil:
		return fmt.Errorf("not JSON: %w", err)
	case len(line.Policy) == 0 || string(line.Policy) == "null":
		return errors.New("policy: missing")
	}
	return nil
}

// judgeOne judges a line's policy. What the line leaves out, the flags tell.
func (o *options) judgeOne(line batchLine) (lockout.Verdict, error) {
	s := subject{settings: o.settings, text: line.Policy}
	if line.Policy[0] == '"' {
		var text string
		if err := json.Unmarshal(line.Policy, &text); err != nil {
			return lockout.Verdict{}, fmt.Errorf("policy: %w", err)
		}
		s.text = []byte(text)
	}
	s.place = func(offset int) policies.Position { return policies.PositionIn(s.text, offset) }
	for _, given := range []struct{ from, to *string }{
		{&line.Resource, &s.resource}, {&line.Account, &s.account}, {&line.Organization, &s.organization}} {
		if *given.from != "" {
			*given.to = *given.from
		}
	}
	if line.Administrators != nil {
		s.administrators = line.Administrators
	}
	if line.Now != "" {
		now, err := readTime(line.Now)
		if err != nil {
			return lockout.Verdict{}, err
		}
		s.now = now
	}
	if err := s.check(); err != nil {
		return lockout.Verdict{}, err
	}
	if s.resource == "" {
		d, err := s.parse()
		if err == nil {
			s.resource, err = derive(d)
		}
		if err != nil {
			return lockout.Verdict{}, fmt.Errorf("policy: %w", err)
		}
	}
	r, err := s.judge()
	if err != nil {
		return lockout.Verdict{}, fmt.Errorf("policy: %w", err)
	}
	return r.Verdict, nil
}
