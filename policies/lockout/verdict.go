package lockout

// What the prover answers.

// Answer is one of the five verdicts.
type Answer string

// The five verdicts.
const (
	// Lockout: nobody that matters can take the policy off, nor do anything else a deny-all forbids. It is a proof.
	Lockout Answer = "lockout"
	// Sealed: nobody that matters can take the policy off, but other access remains. It may be a deliberate seal
	// against tampering. It is a proof.
	Sealed Answer = "sealed"
	// Restricted: the policy can be taken off, but only by particular principals, from a particular network, or later.
	// The witness shows it.
	Restricted Answer = "restricted"
	// Open: an ordinary administrator can take the policy off. The witness shows it.
	Open Answer = "open"
	// Undecided: it could not be settled, for the reasons given. Nobody acts on it.
	Undecided Answer = "undecided"
)

// A Verdict is the answer together with its proof.
type Verdict struct {
	Answer Answer `json:"verdict"`
	// Statements are, for Lockout and Sealed, the smallest set that has to go: indices from 0, ascending.
	Statements []int `json:"statements,omitempty"`
	// Reasons are sentences for people. There is at least one, except for Open.
	Reasons []string `json:"reasons,omitempty"`
	// Witness is, for Open and Restricted, a request that takes the policy off. Else it is nil.
	Witness *Witness `json:"witness,omitempty"`
	// Defect is what went wrong in this program, where that is why the answer is Undecided. Else it is "".
	Defect string `json:"-"`
}
