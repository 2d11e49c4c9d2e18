// Package report prints what a check has found: as text for people, as JSON for programs, as SARIF for code scanning.
//
// A [Report] is plain data, in the order of the inputs. Who fills it has judged already; here nothing is decided, only
// written. Each form is one method and one file, and none of them changes what another says.
package report

import "locksmith/policies/lockout"

// A Report is all that was found, in the order of the inputs.
type Report struct {
	Findings []Finding
	Idle     []Idle
	Lists    []List
	Faults   []Fault
}

// A Place is where something stands.
type Place struct {
	File      string
	Line      int // from 1; 0 for all of the file
	Column    int // in bytes, from 1
	Character int // the same in characters
}

// A Finding is a policy and its verdict.
type Finding struct {
	Place           // the first statement that has to go, or the policy
	Name     string // logical id, address or event id; "" for a policy document
	Resource string
	Account  string // the owner the verdict is for; "" for one that the policy does not name
	Verdict  lockout.Verdict
	Warnings []string // what may lock tomorrow
}

// subject names the policy: by its name, if it has one, and by what it is on.
func (f Finding) subject() string {
	if f.Name == "" {
		return f.Resource
	}
	return f.Name + ": " + f.Resource
}

// An Idle input is in order and gives no resource a policy.
type Idle struct {
	Place
	Why string
}

// A List is an allow list that is in order.
type List struct {
	File     string
	Rules    int
	Warnings []string // what its authors may not have meant
}

// A Fault says what is wrong with an input.
type Fault struct {
	Place
	Text string
	Hint string // what may be meant, or ""
}
