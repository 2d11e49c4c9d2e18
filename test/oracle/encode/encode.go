// Package encode puts the question "is anybody left who can take this policy off" to an SMT solver, in SMT-LIB with strings and regular expressions.
//
// It is a second reading of the same rules, for checking: it reads the policy's JSON by itself and shares no code with packages policies and lockout. A request is a
// set of constants, one for each condition key that the policy speaks of, and a Bool for whether the key is there. What a real request looks like is asserted of
// them; then, of each Deny statement, that it does not match. If that is satisfiable somebody is left, and if it is not nobody is.
//
// It covers a part of the language. Operators: String…, Arn…, Numeric…, Date…, Bool, IpAddress, NotIpAddress and Null, with IfExists and with ForAllValues and
// ForAnyValue on keys that have one value; variables where the test is an equality. Keys: see [world.lookup]. Anything else is an error, and the policy is
// left out of the comparison. Names are of any length here, so that a policy that compares with 64 question marks is beyond it.
package encode

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
}

// The errors say what is outside of the part of the language that is covered.
var errBeyond = errors.New("beyond this encoding")

func beyond(what string, args ...any) error {
	return fmt.Errorf("%w: %s", errBeyond, fmt.Sprintf(what, args...))
}

// kinds of sender, each with the value of aws:PrincipalType.
var kinds = []struct{ name, principalType string }{{"user", "User"}, {"role", "AssumedRole"}, {"federated-user", "FederatedUser"}}

// effort bounds a check in steps of the solver, so that it answers the same on every machine; the time in milliseconds is for steps that it does not count.
const effort = "(set-option :rlimit 2000000)\n(set-option :timeout 20000)\n"

// Script asks whether anybody can do one of the actions. There is a check-sat for each kind of sender and each action, unless it would be the same as another; somebody is
// left if one of the answers is sat, nobody if all are unsat. A check that costs too much answers unknown.
func (q Question) Script(actions []string) (string, error) {
	denies, err := q.denies()
	if err != nil {
		return "", err
	}
	var checks []string
	for _, action := range actions {
		for _, kind := range kinds {
			w := newWorld(q, kind.name, kind.principalType)
			if err := w.escape(denies, action); err != nil {
				return "", err
			}
			if check := "; a " + kind.name + "\n" + w.text() + "(check-sat)\n"; !slices.Contains(checks, check) {
				checks = append(checks, check)
			}
		}
	}
	return "(reset)\n" + effort + strings.Join(checks, "(reset)\n"+effort), nil
}

// A statement is a Deny as JSON has it. Any other element is beyond this encoding.
type statement struct {
	Sid, Effect                                                       string
	Principal, NotPrincipal, Action, NotAction, Resource, NotResource json.RawMessage
	Condition                                                         map[string]map[string]json.RawMessage
}

// denies reads the policy and keeps its Deny statements.
func (q Question) denies() ([]statement, error) {
	var policy struct {
		Version, Id string
		Statement   json.RawMessage
	}
	if err := json.Unmarshal(q.Policy, &policy); err != nil {
		return nil, err
	}
	var all, denies []statement
	if err := json.Unmarshal(policy.Statement, &all); err != nil {
		all = make([]statement, 1)
		if err := json.Unmarshal(policy.Statement, &all[0]); err != nil {
			return nil, err
		}
	}
	for _, s := range all {
		if s.Effect == "Deny" {
			denies = append(denies, s)
		}
	}
	return denies, nil
}

// variables tells whether ${…} is live.
func (q Question) variables() bool {
	var policy struct{ Version string }
	return json.Unmarshal(q.Policy, &policy) == nil && policy.Version == "2012-10-17"
}

// escape asserts that no Deny matches a call for the action.
func (w *world) escape(denies []statement, action string) error {
	for _, s := range denies {
		covers, err := s.covers(action, w.Resource)
		if err != nil {
			return err
		}
		if !covers {
			continue
		}
		principal, err := w.principal(s)
		if err != nil {
			return err
		}
		all := []string{principal}
		for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
			for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
				values, err := list(s.Condition[operator][key])
				if err != nil {
					return err
				}
				holds, err := w.condition(operator, key, values)
				if err != nil {
					return fmt.Errorf("%s %s: %w", operator, key, err)
				}
				all = append(all, holds)
			}
		}
		w.assert(not(and(all...)))
	}
	w.tie()
	return nil
}

// covers tells whether the statement is about the action on the resource; that needs no solver.
func (s statement) covers(action, resource string) (bool, error) {
	on := func(is, isNot json.RawMessage, value string, fold bool) (bool, error) {
		patterns, err := list(slices.Concat(is, isNot))
		if err != nil || is != nil && isNot != nil {
			return false, beyond("an element and its Not form, or neither")
		}
		found := slices.ContainsFunc(patterns, func(pattern string) bool {
			if fold {
				pattern, value = strings.ToLower(pattern), strings.ToLower(value)
			}
			return glob(pattern, value)
		})
		return found == (is != nil), nil
	}
	if strings.Contains(string(s.Resource)+string(s.NotResource), "${") {
		return false, beyond("a variable in Resource")
	}
	about, err := on(s.Action, s.NotAction, action, true)
	if err != nil || !about {
		return false, err
	}
	return on(s.Resource, s.NotResource, resource, false)
}

// glob matches * and ? against the whole value.
func glob(pattern, value string) bool {
	switch {
	case pattern == "":
		return value == ""
	case pattern[0] == '*':
		return glob(pattern[1:], value) || value != "" && glob(pattern, value[1:])
	case value == "" || pattern[0] != '?' && pattern[0] != value[0]:
		return false
	}
	return glob(pattern[1:], value[1:])
}

// list reads a scalar or a list of scalars.
func list(text json.RawMessage) ([]string, error) {
	var many []any
	if err := json.Unmarshal(text, &many); err != nil {
		many = make([]any, 1)
		if err := json.Unmarshal(text, &many[0]); err != nil {
			return nil, err
		}
	}
	var all []string
	for _, v := range many {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case bool:
			all = append(all, fmt.Sprint(v))
		case float64:
			all = append(all, strings.TrimSuffix(fmt.Sprintf("%f", v), ".000000"))
		default:
			return nil, beyond("the value %v", v)
		}
	}
	return all, nil
}
