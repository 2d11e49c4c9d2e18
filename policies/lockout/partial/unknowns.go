package partial

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"locksmith/policies"
)

// Unknown is the type of a value that its source does not tell. Its Text is a hole.
const Unknown policies.Type = "unknown"

// Unknowns are the unknown parts of one policy. In a text each is a hole: its number between two NULs, which no input
// holds. So texts with unknown parts join, compare and have prefixes like any others. Two are equal whatever the
// unknown values are if and only if they are the same text.
type Unknowns struct {
	parts    []part
	byID     map[string]int
	steps    int        // that may still be taken
	existing []existing // the roles and users that exist, whatever their names are
}

// A part is one unknown value.
type part struct {
	id  string // the same for the same value: "Environment", "AWS::StackName"
	why string // in words: "parameter Environment"
	at  int    // byte offset of the first place that it was met at
}

// mostSteps bounds the work on one policy in all its worlds: a step is a value resolved, or a part of a verdict.
const mostSteps = 1_000_000

func newUnknowns() *Unknowns { return &Unknowns{byID: map[string]int{}, steps: mostSteps} }

// Step takes one step of resolving. It is false where no more may be taken; what is left is then unknown.
func (u *Unknowns) Step() bool {
	u.steps--
	return u.steps >= 0
}

var hole = regexp.MustCompile("\x00([0-9]+)\x00")

// Hole is the text that stands for an unknown value. The id is the same for the same value, why names it in a sentence,
// at is the byte offset where it is met.
func (u *Unknowns) Hole(id, why string, at int) string {
	n, ok := u.byID[id]
	if !ok {
		n = len(u.parts)
		u.byID[id] = n
		u.parts = append(u.parts, part{id, why, at})
	}
	return "\x00" + strconv.Itoa(n) + "\x00"
}

// Exists notes the ARN of a role or user that is made together with the policy.
func (u *Unknowns) Exists(id, arn string) {
	if e := (existing{id, arn}); Holed(arn) && !slices.Contains(u.existing, e) {
		u.existing = append(u.existing, e)
	}
}

// in lists the unknown parts of a text.
func (u *Unknowns) in(text string) (parts []part) {
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil && n < len(u.parts) {
			parts = append(parts, u.parts[n])
		}
	}
	return parts
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Shown is a text for people and for the verdict, with each unknown part in braces. No bucket or queue can have such a
// name, so it clashes with none.
func (u *Unknowns) Shown(text string) string {
	return hole.ReplaceAllStringFunc(text, func(h string) string {
		id := "unknown"
		if parts := u.in(h); len(parts) == 1 {
			id = u.Shown(strings.TrimPrefix(parts[0].id, "AWS::"))
		}
		return "{" + strings.Trim(notInNames.ReplaceAllString(id, "-"), "-") + "}"
	})
}

// Holed tells whether a text has unknown parts.
func Holed(text string) bool { return strings.Contains(text, "\x00") }

// IsHole tells whether a value is unknown, or a text with unknown parts.
func IsHole(v *policies.Value) bool {
	return v.Type == Unknown || v.Type == policies.String && Holed(v.Text)
}

// anyHole tells whether something in the value is unknown.
func anyHole(v *policies.Value) bool {
	found := false
	v.Each(func(v *policies.Value) { found = found || IsHole(v) })
	return found
}
