package lockout

import (
	"fmt"

	"locksmith/policies"
)

// The policy ready to put back: without the statements that lock, and proved not to open more.

// A Correction is a policy without its locking statements, ready to put back. It is proved not to lock, and to let
// nobody in from outside whom the policy in force keeps out.
type Correction struct {
	Text    string `json:"text,omitempty"`    // byte for byte the old policy, less the statements; or "" for none
	Verdict Answer `json:"verdict,omitempty"` // of that text: Open or Restricted
	Reason  string `json:"reason,omitempty"`  // why none can be offered, or ""
}

// Corrected makes a policy without its locking statements, from the text of the one that is in force, or was until it
// was deleted. The locking statements are given by their indices, from 0. The question's own Policy does not count. It
// costs as much as [Judge] and [Opens] together.
func Corrected(q Question, text string, locking []int) Correction {
	old, err := policies.Parse([]byte(text))
	if err != nil {
		return Correction{Reason: err.Error()}
	}
	rest, left, err := policies.WithoutStatements([]byte(text), locking)
	switch {
	case err != nil:
		return Correction{Reason: err.Error()}
	case left == 0:
		return Correction{Reason: "no statement is left without those that lock"}
	}
	corrected, err := policies.Parse([]byte(rest))
	if err != nil {
		return Correction{Reason: err.Error()}
	}
	q.Policy = corrected
	verdict := Judge(q)
	if verdict.Answer != Open && verdict.Answer != Restricted {
		return Correction{Reason: fmt.Sprintf("without those statements it is still %s", verdict.Answer)}
	}
	q.Policy = old
	switch o := Opens(q, corrected); o.Outside {
	case Something:
		return Correction{Reason: "without those statements it lets in somebody from outside: " + o.Reasons[0]}
	case CannotTell:
		return Correction{Reason: "whether it lets in somebody from outside without them cannot be told: " +
			o.Reasons[0]}
	}
	return Correction{Text: rest, Verdict: verdict.Answer}
}
