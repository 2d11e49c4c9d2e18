package policies

// Parse reads a policy document.
func Parse(text []byte) (*Document, error) { panic("being written") }

// Evaluate decides one request.
func (d *Document) Evaluate(r Request) Decision { panic("being written") }

// Matches tells whether the statement, of a document in which policy variables are live or not, applies to the request; for Unknown it says why.
func (s *Statement) Matches(r Request, variables bool) (Truth, string) { panic("being written") }

// Operator is a condition operator without modifiers.
type Operator string

// Glob matches.
func Glob(pattern, s string) bool { panic("being written") }
