package notice

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// Bounds on what comes from outside, in bytes. Real values stay below them. With them every form fits into an SNS
// message once the policy is left out.
const (
	maxARN       = 300
	maxShort     = 100
	maxSentence  = 500
	maxReasons   = 8
	maxIndices   = 50
	maxWitness   = 2_000
	maxPolicy    = 100_000 // S3 allows 20 KB, SQS 8 KB; printed with indents they grow
	maxStatement = 3_000   // one locking statement, shown by itself
	maxNesting   = 40      // brackets in brackets; a policy has about eight
)

// harmless makes everything but the policy fit for one line of text: printable, and not longer than it may be.
func harmless(n remedy.Notice) remedy.Notice {
	c, o := &n.Change, &n.Outcome
	c.EventID, c.Call = clean(c.EventID, maxShort), clean(c.Call, maxShort)
	c.Account, c.Region = clean(c.Account, 20), clean(c.Region, 30)
	c.Resource = clean(c.Resource, maxARN)
	c.By = remedy.Caller{ARN: clean(c.By.ARN, maxARN), Kind: clean(c.By.Kind, 30),
		Address: clean(c.By.Address, maxShort), Agent: clean(c.By.Agent, maxShort), Via: clean(c.By.Via, maxShort)}
	c.Time, o.At = fourDigits(c.Time), fourDigits(o.At)
	o.Result, o.Cause = remedy.Result(clean(string(o.Result), 30)), remedy.Cause(clean(string(o.Cause), maxShort))
	o.Why, o.Rule = clean(o.Why, 2*maxSentence), clean(o.Rule, maxShort)
	n.Verdict = harmlessVerdict(n.Verdict)
	return n
}

func harmlessVerdict(v lockout.Verdict) lockout.Verdict {
	v.Answer = lockout.Answer(clean(string(v.Answer), 30))
	v.Statements = slices.Clone(v.Statements[:min(len(v.Statements), maxIndices)])
	var reasons []string
	for _, r := range v.Reasons[:min(len(v.Reasons), maxReasons)] {
		reasons = append(reasons, clean(r, maxSentence))
	}
	v.Reasons = reasons
	if text, err := json.Marshal(v.Witness); err != nil || len(text) > maxWitness {
		v.Witness = nil
	}
	return v
}

// fourDigits is the time in UTC, or the zero time where its year would not fit RFC 3339.
func fourDigits(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// clean makes text fit for one line. White space becomes a space. Whatever else does not print becomes a question mark:
// control characters, line separators, marks that change the direction of writing, broken UTF-8. What is longer than
// limit bytes is cut off, which three dots show.
func clean(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		s = s[:max(limit-3, 0)]
		for len(s) > 0 && !utf8.ValidString(s[lastRune(s):]) {
			s = s[:lastRune(s)]
		}
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
	if cut {
		s += "..."
	}
	return s
}

// lastRune is where the last rune of s begins, whole or cut.
func lastRune(s string) int {
	i := len(s) - 1
	for i > 0 && i > len(s)-utf8.UTFMax && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// ascii makes text fit for an SNS subject, which has to be printable ASCII.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// middle shortens s to n bytes by leaving out the middle, since both ends of a name tell more than its beginning alone.
func middle(s string, n int) string {
	if len(s) <= n {
		return s
	}
	head := max(n-3+1, 0) / 2
	tail := max(n-3-head, 0)
	return (s[:head] + "..." + s[len(s)-tail:])[:n]
}

// wrap breaks text into lines of at most width bytes at its spaces. A word that is longer has a line to itself.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[size:]
	if !strings.ContainsAny(s[len(s)-1:], ".!?:") {
		s += "."
	}
	return s
}
