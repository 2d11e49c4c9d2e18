// Package encode puts the question "is anybody left who can take this policy off" to an SMT solver, in SMT-LIB
// with strings and regular expressions.
//
// It is a second reading of the same rules, for checking. It reads the policy's JSON by itself and shares no code
// with packages policies and lockout. A request is a set of constants: one for each condition key that the policy
// speaks of, and a Bool for whether the key is there. What a real request looks like is asserted of them. Then it
// is asserted of each Deny statement that it does not match. If that is satisfiable somebody is left.
//
// Where the documentation leaves open whether a statement matches, [Question.Doubts] says how it is read. If both
// ways give one answer, the doubt does not matter.
//
// It covers a part of the language. Operators: String…, Arn…, Numeric…, Date…, Bool, IpAddress and Null, with
// IfExists, ForAllValues and ForAnyValue. Variables: where the test is an equality, or has one * at an end.
// Keys: see [world.lookup]. Anything else is an error, and the policy is left out of the comparison. Names are of
// any length here, so that a policy that compares with 64 question marks is beyond it. A unique id in a principal
// is taken for that of any sender, so it must not be compared where the conditions leave one ARN only.
package encode

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Question is one policy in its place.
type Question struct {
	Policy         []byte
	Resource       string // the ARN of the bucket or queue
	Account        string // its owner
	Organization   string // the owner's organization, or "" where it is not known
	Now            time.Time
	Administrators []string // patterns of the principals that matter; none: all of the account
	Doubts         bool     // a Deny of which it is open whether it matches is taken to match
}

// The errors say what is outside of the part of the language that is covered.
var errBeyond = errors.New("beyond this encoding")

func beyond(what string, args ...any) error {
	return fmt.Errorf("%w: %s", errBeyond, fmt.Sprintf(what, args...))
}

// kinds of sender, each with the value of aws:PrincipalType.
var kinds = []struct{ name, principalType string }{
	{"user", "User"},
	{"role", "AssumedRole"},
	{"federated-user", "FederatedUser"},
}

// effort bounds a check in steps of the solver, so that it answers the same on every machine. The time, in
// milliseconds, is for steps that it does not count.
const effort = "(set-option :rlimit 2000000)\n(set-option :timeout 20000)\n"

// Script asks whether anybody can do one of the actions, so that it takes the policy off or gets at something.
// There is a check-sat for each kind of sender and each action, unless it would be the same as another. Somebody is
// left if one of the answers is sat, and nobody if all are unsat. A check that costs too much answers unknown.
func (q Question) Script(actions []string) (string, error) {
	p, err := read(q.Policy)
	if err != nil {
		return "", err
	}
	var checks []string
	for _, action := range actions {
		for _, kind := range kinds {
			w := world{Question: q, policy: p, action: action, kind: kind.name, principalType: kind.principalType}
			if err := w.escape(); err != nil {
				return "", err
			}
			check := "; a " + kind.name + "\n" + w.text() + "(check-sat)\n"
			if !slices.Contains(checks, check) {
				checks = append(checks, check)
			}
		}
	}
	return "(reset)\n" + effort + strings.Join(checks, "(reset)\n"+effort), nil
}

// LeavesUse tells whether one of the actions is covered by the Action element of no Deny. The resource and the
// conditions do not count here.
func (q Question) LeavesUse(actions []string) (bool, error) {
	p, err := read(q.Policy)
	if err != nil {
		return false, err
	}
	for _, action := range actions {
		covered := false
		for _, s := range p.denies {
			about, err := s.about(action)
			if err != nil {
				return false, err
			}
			covered = covered || about
		}
		if !covered {
			return true, nil
		}
	}
	return false, nil
}

// escape asserts that no Deny matches a call for the action.
func (w *world) escape() error {
	if err := w.sender(); err != nil {
		return err
	}
	for _, s := range w.policy.denies {
		counts, err := w.counts(s)
		if err != nil {
			return err
		}
		if !counts {
			continue
		}
		principal, err := w.principal(s)
		if err != nil {
			return err
		}
		all := []string{principal}
		for _, c := range s.conditions {
			holds, err := w.condition(c)
			if err != nil {
				return fmt.Errorf("%s %s: %w", c.operator, c.key, err)
			}
			all = append(all, holds)
		}
		w.assert(not(and(all...)))
	}
	w.tie()
	return nil
}

// counts tells whether the statement has to be escaped. RemovePermission takes off statements by their Sid. So it
// is of no use to whom a statement without one denies SetQueueAttributes: that statement would stay.
func (w *world) counts(s statement) (bool, error) {
	covers, err := s.covers(w.action, w.Resource, w.policy.variables)
	if err != nil || covers || w.action != "sqs:RemovePermission" || s.sid != "" {
		return covers, err
	}
	return s.covers("sqs:SetQueueAttributes", w.Resource, w.policy.variables)
}
