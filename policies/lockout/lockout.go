// Package lockout proves whether a resource policy locks everybody out.
//
// The question: is there a request, one that can really happen, by a principal that matters, that the policy does not deny and that would let its sender take
// the policy off again? Only principals of the owning account can (S3 answers 405 to others, SQS refuses cross-account calls), and an administrator's
// own permissions are taken to allow everything, so only the Deny statements decide. The root user does not count.
//
// Two promises. [Lockout] and [Sealed] are proofs: a statement is counted as locking only where it matches every request that can happen.
// [Open] and [Restricted] are shown: their witness has passed [policies.Document.Evaluate]. What lies between is [Undecided]; nobody acts on it.
//
// The package imports package policies and nothing else.
package lockout

import (
	"locksmith/policies"
	"time"
)

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

// A Question is one policy in its place.
type Question struct {
	Policy         *policies.Document
	Resource       string    // the ARN of the bucket or queue
	Account        string    // the owner's twelve digits
	Organization   string    // its organization's id ("o-…"), or "" where it is not known
	Now            time.Time // policies that speak of time are judged from here on; the zero time is not allowed
	Administrators []string  // ARN patterns of the principals that matter, as aws:PrincipalArn shows them; none: all of the account
}

// A Verdict is the answer together with its proof.
type Verdict struct {
	Answer     Answer   `json:"verdict"`
	Statements []int    `json:"statements,omitempty"` // for Lockout and Sealed: the smallest set that has to go, ascending, from 0
	Reasons    []string `json:"reasons,omitempty"`    // sentences for people, never empty except for Open
	Witness    *Witness `json:"witness,omitempty"`    // for Open and Restricted
}

// A Witness is a complete request that takes the policy off. Everyone can replay it.
type Witness struct {
	Principal string         `json:"principal"` // the value of aws:PrincipalArn
	Kind      string         `json:"kind"`      // user, role or federated
	Session   string         `json:"session,omitempty"`
	Action    string         `json:"action"`
	Resource  string         `json:"resource"`
	Context   map[string]any `json:"context"` // a string, or a []string for a multivalued key; a key that is not here is absent
}
