package policies

// This file holds what a policy is once it has been read: its statements, their elements, and what is wrong with them.

import "fmt"

// A Document is one policy as it was written.
type Document struct {
	Version    string      // "2012-10-17", "2008-10-17", or "" where it is left out, which AWS takes for 2008-10-17
	ID         string      // the Id element, or ""
	Statements []Statement // in the order of the document; a single statement is a list of one
	Problems   []Problem   // what stands outside the statements and is not known to this program
}

// Variables tells whether ${…} in the document is a policy variable. In any version but 2012-10-17 it is literal text.
func (d *Document) Variables() bool { return d.Version == "2012-10-17" }

// Effect is what a statement does when it matches.
type Effect string

// The two effects; both are case-sensitive.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// A Statement is one statement of a document.
type Statement struct {
	Index      int    // place in the document, from 0
	Sid        string // or ""
	Effect     Effect
	Principal  *Principals // Principal or NotPrincipal; nil where the statement has neither (identity policies, SCPs)
	Action     Patterns    // Action or NotAction
	Resource   *Patterns   // Resource or NotResource; nil where the statement has neither
	Conditions []Condition // one for each operator and key, in the order of the document
	Problems   []Problem   // what the statement says and this program does not know: its meaning is then unknown
	Start, End int         // byte offsets of the statement in the text: text[Start:End]
}

// Label names the statement for people: its Sid, or its place counted from 1.
func (s *Statement) Label() string {
	if s.Sid != "" {
		return s.Sid
	}
	return fmt.Sprintf("#%d", s.Index+1)
}

// Patterns is the value of Action, NotAction, Resource or NotResource.
type Patterns struct {
	Not    bool // the element is NotAction or NotResource
	Values []string
}

// Principals is the value of Principal or NotPrincipal.
type Principals struct {
	Not      bool // the element is NotPrincipal
	Everyone bool // the value is "*" (the string, not {"AWS": "*"}, which is a Named)
	Named    []Named
}

// Named is one principal in a Principal element.
type Named struct {
	Kind  string // "AWS", "Service", "Federated" or "CanonicalUser"
	Value string // an ARN, an account id, "*", a service name …
}

// A Condition is one test: an operator, a key, and the values it is compared with.
type Condition struct {
	Written  string    // the operator as written, such as "ForAnyValue:StringLikeIfExists"
	Operator Operator  // the operator without its modifiers, "" where it is unknown
	Set      SetOf     // the set modifier
	IfExists bool      // the operator ends in IfExists
	Key      string    // as written; key names ignore letter case
	Values   []string  // numbers and booleans as they stand in the text
	At       Position  // of the key
	Problems []Problem // what is not known of it: an unknown operator, a value of the wrong form

	// Miscased is set where the operator, or a boolean that it compares with, is written in another letter case than
	// the documented one, such as "stringequals" or "True". AWS may read the condition as if it were written right,
	// or as one that never holds. The problem is among Problems, and Operator and the rest are as they were likely
	// meant.
	Miscased bool

	// What follows is worked out once, by Parse. Without it a condition is Unknown.
	operands    []operand // the values, read
	lower       string    // the key in lower case, as in a [Context]
	multivalued bool      // the key is listed as one with several values
	spoiled     bool      // nothing can be said of it: an unknown operator, no value, the same key twice
	unread      bool      // some value has not the form that the operator needs
}

// SetOf is how an operator treats a key with several values.
type SetOf string

// The set modifiers.
const (
	Single       SetOf = ""             // no modifier
	ForAllValues SetOf = "ForAllValues" // every value of the request passes; true where there is none
	ForAnyValue  SetOf = "ForAnyValue"  // some value of the request passes; false where there is none
)

// Position is a place in the text: line and column count from 1 (the column in bytes), Offset from 0.
type Position struct {
	Line, Column, Offset int
}

func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// A Problem is something in a readable policy that this program does not know: an unknown element, a duplicate key,
// an unknown operator. What it means is unknown, so whatever depends on it is unknown too.
type Problem struct {
	At   Position
	Path string // such as "Statement[2].Condition.StringEqualz"
	Text string // what is wrong, with the value
	Hint string // what was likely meant, or ""
}

func (p Problem) String() string {
	s := fmt.Sprintf("%s: %s: %s", p.At, p.Path, p.Text)
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// A SyntaxError says why a text is no policy at all.
type SyntaxError struct {
	Problem
}

func (e *SyntaxError) Error() string { return e.Problem.String() }
