package lockout

// Answer is one of the five verdicts.
type Answer string

// The five verdicts.
const (
	// Lockout: nobody that matters can take the policy off, nor do anything else a deny-all forbids. It is a proof.
	Lockout Answer = "lockout"
	// Sealed: nobody that matters can take the policy off, but other access remains: it may be a deliberate tamper seal. It is a proof.
	Sealed Answer = "sealed"
	// Restricted: the policy can be taken off, but only by particular principals, from a particular network, or later. The witness shows it.
	Restricted Answer = "restricted"
	// Open: an ordinary administrator can take the policy off. The witness shows it.
	Open Answer = "open"
	// Undecided: it could not be settled, for the reasons given. Nobody acts on it.
	Undecided Answer = "undecided"
)

// A Verdict is the answer together with its proof.
type Verdict struct {
	Answer     Answer   `json:"verdict"`
	Statements []int    `json:"statements,omitempty"` // for Lockout and Sealed: the smallest set that has to go, ascending, from 0
	Reasons    []string `json:"reasons,omitempty"`    // sentences for people, never empty except for Open
	Witness    *Witness `json:"witness,omitempty"`    // for Open and Restricted
	Defect     string   `json:"-"`                    // what went wrong in this program, where that is why the answer is Undecided; else ""
}
