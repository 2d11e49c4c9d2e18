package reach

// This file holds the answers.

import "fmt"

// State is how a question is answered.
type State string

// The states, from the best to the worst.
const (
	Reachable  State = "reachable"        // every such request passes
	CannotTell State = "cannot tell"      // it hangs on something that is not known before the call
	Partly     State = "blocked for some" // no such request on some resource passes
	Blocked    State = "blocked"          // no such request passes
)

// rank orders the states.
func (s State) rank() int {
	for i, known := range []State{Reachable, CannotTell, Partly, Blocked} {
		if s == known {
			return i
		}
	}
	return len(s) + 1 // a state that nobody gave is worse than all
}

// Worse is the worse of two states.
func (s State) Worse(t State) State {
	if t.rank() > s.rank() {
		return t
	}
	return s
}

// An Answer is what is known of one action.
type Answer struct {
	Action    string
	State     State
	Obstacles []Obstacle // empty where it is reachable
}

// An Obstacle is one thing that stands, or may stand, in the way.
type Obstacle struct {
	State      State // Blocked, Partly or CannotTell
	Kind       Kind
	Unit       Unit   // where the policy is attached; its policies are left out
	PolicyID   string // "" where nothing at the unit allows the action, or no policy is at fault
	PolicyName string
	Statement  string // the statement's Sid, or its place from 1, such as #2; "" where it is none in particular
	Because    string // what it hangs on, for CannotTell
	Like       string // for Partly: the resources, as a policy names them, or "" for those that none names
	Example    string // for Partly: the ARN of a resource for which it is blocked
}

// String says what it is and where, in one clause.
func (o Obstacle) String() string {
	if o.PolicyID == "" && o.Because != "" && o.Unit.ID == "" {
		return o.Because
	}
	where := "at " + o.Unit.String()
	switch {
	case o.PolicyID == "" && o.State == CannotTell:
		where = "no " + string(o.Kind) + " " + where + " surely allows it: " + o.Because
	case o.PolicyID == "":
		where = "no " + string(o.Kind) + " " + where + " allows it"
	case o.Statement == "":
		where = fmt.Sprintf("%s %s %s", o.Kind, o.policy(), where)
	default:
		where = fmt.Sprintf("statement %s of %s %s %s", o.Statement, o.Kind, o.policy(), where)
	}
	if o.PolicyID != "" && o.Because != "" {
		where += ": " + o.Because
	}
	switch {
	case o.State == Partly && o.Like != "":
		where += ", for resources like " + o.Like
	case o.State == Partly:
		where += ", for resources that it does not name, such as " + o.Example
	}
	return where
}

func (o Obstacle) policy() string {
	if o.PolicyName == "" {
		return o.PolicyID
	}
	return fmt.Sprintf("%s (%s)", o.PolicyName, o.PolicyID)
}

// Advice says what can be done about it for an action, in one clause.
func (o Obstacle) Advice(action string) string {
	switch {
	case o.PolicyID == "" && o.Unit.ID == "":
		return "let the preflight read the organization"
	case o.PolicyID == "" && o.Kind == SCP:
		return "attach an SCP to " + o.Unit.String() + " that allows " + action + ", such as FullAWSAccess"
	case o.PolicyID == "":
		return "look whether RCPFullAWSAccess is attached to " + o.Unit.String()
	case o.Statement == "":
		return "correct the policy: as it stands, nobody can tell what it does"
	case o.Statement == "GRRESTRICTROOTUSER":
		return "enable the Control Tower control AWS-GR_RESTRICT_ROOT_USER with ExemptAssumeRoot for the unit"
	case action == OpenRoot:
		return "let the statement spare Locksmith's role, with ArnNotLike aws:PrincipalArn in its Condition"
	}
	return `let the statement spare root sessions, with "Null": {"aws:AssumedRoot": "true"} in its Condition; ` +
		"it binds everybody else as before"
}
