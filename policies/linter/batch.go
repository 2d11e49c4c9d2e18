package linter

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"locksmith/policies"
	"locksmith/policies/lockout"
	"locksmith/policies/lockout/partial"
	"locksmith/policies/sources"
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

// Batch answers line by line and holds one at a time, so that a stream can be of any length. A line that cannot be
// judged is answered with what is wrong with it. What a line leaves out the options tell. The result is the exit
// status; the error says that the input could not be read to its end, or an answer not be written.
func Batch(o Options, in io.Reader, out io.Writer) (status int, err error) {
	lines, answers := bufio.NewReaderSize(in, 64<<10), bufio.NewWriter(out)
	write := json.NewEncoder(answers)
	write.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, reading := nextLine(lines)
		if reading == io.EOF {
			break
		}
		if reading != nil && !errors.Is(reading, errTooLong) {
			status, err = worse(status, Bad), fmt.Errorf("standard input: %w", reading)
			break
		}
		answer, lineStatus := o.judgeLine(line, n, reading)
		status = worse(status, lineStatus)
		broken := write.Encode(answer)
		if broken == nil && lines.Buffered() == 0 {
			broken = answers.Flush() // who asks line by line waits for the answer
		}
		if broken != nil {
			return Bad, fmt.Errorf("writing an answer: %w", broken)
		}
	}
	if broken := answers.Flush(); broken != nil {
		return Bad, errors.Join(err, fmt.Errorf("writing an answer: %w", broken))
	}
	return status, err
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
func (o Options) judgeLine(text []byte, number int, reading error) (answerLine, int) {
	line := batchLine{}
	if reading == nil {
		reading = readLine(text, &line)
	}
	answer := answerLine{ID: line.ID}
	if reading == nil {
		var v lockout.Verdict
		if v, reading = o.judgeOne(line); reading == nil {
			answer.Verdict = &v
			return answer, statusOf(v.Answer)
		}
	}
	answer.Error = fmt.Sprintf("line %d: %v", number, reading)
	return answer, Bad
}

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

// judgeOne judges a line's policy.
func (o Options) judgeOne(line batchLine) (lockout.Verdict, error) {
	text := []byte(line.Policy)
	if line.Policy[0] == '"' {
		var inner string
		if err := json.Unmarshal(line.Policy, &inner); err != nil {
			return lockout.Verdict{}, fmt.Errorf("policy: %w", err)
		}
		text = []byte(inner)
	}
	place := func(offset int) policies.Position { return policies.PositionIn(text, offset) }
	whole := partial.Whole{Text: text, Place: place}
	q, err := line.question(o.Question)
	if err != nil {
		return lockout.Verdict{}, err
	}
	if q.Resource == "" {
		d, err := whole.Parse()
		if err == nil {
			q.Resource, err = sources.ResourceOf(d)
		}
		if err != nil {
			return lockout.Verdict{}, fmt.Errorf("policy: %w", err)
		}
	}
	r, err := q.Judge(whole)
	if err != nil {
		return lockout.Verdict{}, fmt.Errorf("policy: %w", err)
	}
	return r.Verdict, nil
}

// question is what the line asks. What it leaves out, the flags tell.
func (line batchLine) question(flags partial.Question) (partial.Question, error) {
	q := flags
	q.Resource = cmp.Or(line.Resource, q.Resource)
	q.Account = cmp.Or(line.Account, q.Account)
	q.Organization = cmp.Or(line.Organization, q.Organization)
	if line.Administrators != nil {
		q.Administrators = line.Administrators
	}
	if line.Now != "" {
		now, err := readTime(line.Now)
		if err != nil {
			return q, err
		}
		q.Now = now
	}
	return q, q.Check()
}
