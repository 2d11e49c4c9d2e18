// Package lockout proves whether a resource policy locks everybody out.
//
// The question: is there a request, one that can really happen, by a principal that matters, that the policy does not deny and that would let its sender take
// the policy off again? Only principals of the owning account can (S3 answers 405 to others, SQS refuses cross-account calls), and an administrator's
// own permissions are taken to allow everything, so only the Deny statements decide. The root user does not count.
//
// The search: escaping all Deny statements is a conjunction, escaping one a disjunction, since its principal does not match or some condition fails. Requests are split
// into worlds by what decides which keys they carry (kind of sender, network, credentials); in each, a key is a variable with an exact domain, and the search
// takes ways out of the statements, narrowing domains, until a request is left or none can be (search.go).
//
// Two promises. [Lockout] and [Sealed] are proofs: the worlds hold every real request, and where the policy says something that is not known, both readings have
// been searched. [Open] and [Restricted] are shown: their witness has passed [policies.Document.Evaluate]. What lies between is [Undecided]; nobody acts
// on it. Bounds count steps, so the same policy gets the same answer everywhere.
//
// The package imports package policies and nothing else.
package lockout

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"locksmith/policies"
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
	Principal string        `json:"principal"` // the value of aws:PrincipalArn
	Kind      policies.Kind `json:"kind"`      // user, role or federated
	Session   string        `json:"session,omitempty"`
	Action    string        `json:"action"`
	Resource  string        `json:"resource"`
	Context   Context       `json:"context"`
}

// Context holds the condition keys of a witness, by their names in lower case; a key that is not in it is absent. In JSON the names have their documented
// spelling, and a key that can hold several values has a list.
type Context map[string][]string

// MarshalJSON implements [json.Marshaler].
func (c Context) MarshalJSON() ([]byte, error) {
	spelled := make(map[string]any, len(c))
	for key, values := range c {
		known, ok := policies.LookupKey(key)
		if !ok {
			known.Name = key
		}
		spelled[known.Name] = values
		if !known.Multivalued && len(values) == 1 {
			spelled[known.Name] = values[0]
		}
	}
	return json.Marshal(spelled)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Context) UnmarshalJSON(text []byte) error {
	var spelled map[string]any
	if err := json.Unmarshal(text, &spelled); err != nil {
		return err
	}
	*c = make(Context, len(spelled))
	for key, value := range spelled {
		switch v := value.(type) {
		case string:
			(*c)[strings.ToLower(key)] = []string{v}
		case []any:
			values := make([]string, len(v))
			for i, item := range v {
				s, ok := item.(string)
				if !ok {
					return fmt.Errorf("witness context: %s: want strings, found %v", key, item)
				}
				values[i] = s
			}
			(*c)[strings.ToLower(key)] = values
		default:
			return fmt.Errorf("witness context: %s: want a string or a list of strings, found %v", key, value)
		}
	}
	return nil
}
