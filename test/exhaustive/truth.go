package exhaustive

// Truth is what can be said of a test: it fails, it holds, or the documentation does not settle it. The values are
// chosen so that & is "and" and | is "or".
type Truth uint8

// The three truths.
const (
	No    Truth = 0
	Maybe Truth = 1
	Yes   Truth = 3
)

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// Not is the negation.
func (t Truth) Not() Truth {
	switch t {
	case No:
		return Yes
	case Yes:
		return No
	}
	return Maybe
}

func (t Truth) String() string {
	switch t {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "maybe"
}
