package notice

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
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
	maxLosses    = 12      // statements that went, and what that means
	maxItems     = 40      // lines of a digest, warnings
	maxTexts     = 200     // secrets, and odd texts that are quoted
	maxSwaps     = 20      // replacements in one sentence
	maxQuoted    = 80      // an odd text in a sentence
	maxWord      = 200     // a longer value is odd
)

// harmless makes everything but the policies fit for one line of text: printable, not longer than it may be, and
// without secrets. It is for machines and for commands, which need names as they are.
func harmless(n remedy.Notice) remedy.Notice {
	o := fromOutside(n)
	return o.show(n, o.plain, o.plain)
}

// forPeople makes everything but the policies fit to be read: odd values stand in quotes, and no address is a link.
func forPeople(n remedy.Notice) remedy.Notice {
	o := fromOutside(n)
	return o.show(n, o.value, o.sentence)
}

// show is a notice all of whose texts but the policies are made fit, values in one way and sentences in another.
func (o outside) show(n remedy.Notice, value, sentence showing) remedy.Notice {
	c := &n.Change
	c.EventID, c.Call = value(c.EventID, maxShort), value(c.Call, maxShort)
	c.Account, c.Region = value(c.Account, 20), value(c.Region, 30)
	c.Resource = value(c.Resource, maxARN)
	c.By = remedy.Caller{ARN: value(c.By.ARN, maxARN), Kind: value(c.By.Kind, 30),
		Address: value(c.By.Address, maxShort), Agent: value(c.By.Agent, maxShort), Via: value(c.By.Via, maxShort)}
	c.Time, c.Asked = fourDigits(c.Time), showAsked(c.Asked, value)
	n.Verdict = o.showVerdict(n.Verdict, sentence)
	n.Outcome = o.showOutcome(n.Outcome, value, sentence)
	n.Warnings = each(n.Warnings, maxItems, sentence)
	if n.Digest != nil {
		d := remedy.Summary{From: fourDigits(n.Digest.From), More: n.Digest.More + max(len(n.Digest.Items)-maxItems, 0)}
		for _, b := range n.Digest.Items[:min(len(n.Digest.Items), maxItems)] {
			d.Items = append(d.Items, remedy.Brief{EventID: value(b.EventID, maxShort), Resource: value(b.Resource, maxARN),
				Result: remedy.Result(clean(string(b.Result), 30)), Answer: lockout.Answer(clean(string(b.Answer), 30)),
				At: fourDigits(b.At)})
		}
		n.Digest = &d
	}
	return n
}

func (o outside) showOutcome(out remedy.Outcome, value, sentence showing) remedy.Outcome {
	out.At = fourDigits(out.At)
	out.Result, out.Cause = remedy.Result(clean(string(out.Result), 30)), remedy.Cause(clean(string(out.Cause), maxShort))
	out.Why, out.Rule = sentence(out.Why, 2*maxSentence), value(out.Rule, maxShort)
	out.Inside, out.Needs = each(out.Inside, maxLosses, sentence), each(out.Needs, maxLosses, sentence)
	out.ACL = sentence(out.ACL, maxSentence)
	out.Corrected.Reason = sentence(out.Corrected.Reason, maxSentence)
	out.Corrected.Verdict = lockout.Answer(clean(string(out.Corrected.Verdict), 30))
	if b := out.Before; b != nil {
		out.Before = &remedy.Good{Policy: b.Policy, At: fourDigits(b.At),
			Verdict: lockout.Verdict{Answer: lockout.Answer(clean(string(b.Verdict.Answer), 30))}}
	}
	var losses []lockout.Loss
	for _, l := range out.Losses[:min(len(out.Losses), maxLosses)] {
		l.Label, l.Sentence = value(l.Label, maxShort), sentence(l.Sentence, maxSentence)
		l.Effect = policies.Effect(clean(string(l.Effect), 30))
		losses = append(losses, l)
	}
	if more := len(out.Losses) - maxLosses; more > 0 {
		losses = append(losses, lockout.Loss{Statement: -1, Sentence: fmt.Sprintf("and %d more; see the policy", more)})
	}
	out.Losses = losses
	return out
}

func (o outside) showVerdict(v lockout.Verdict, sentence showing) lockout.Verdict {
	v.Answer = lockout.Answer(clean(string(v.Answer), 30))
	v.Statements = slices.Clone(v.Statements[:min(len(v.Statements), maxIndices)])
	v.Reasons = each(v.Reasons, maxReasons, sentence)
	if v.Witness != nil {
		w := *v.Witness
		w.Context = shownContext(w.Context)
		v.Witness = &w
	}
	if text, err := json.Marshal(v.Witness); err != nil || len(text) > maxWitness {
		v.Witness = nil
	}
	return v
}

// each shows as many sentences as there may be.
func each(sentences []string, most int, sentence showing) (shown []string) {
	for _, s := range sentences[:min(len(sentences), most)] {
		shown = append(shown, sentence(s, maxSentence))
	}
	return shown
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
	if s == "" || strings.HasPrefix(s, "arn:") {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[size:]
	if !strings.ContainsAny(s[len(s)-1:], ".!?:") {
		s += "."
	}
	return s
}
