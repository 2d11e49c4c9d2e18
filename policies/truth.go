package policies

// This file holds the three-valued answers.

// Truth is the answer to "does it match": no, yes, or not settled by the documentation or by what this program knows.
type Truth int

// The three truth values; And, Or and Not on them are Kleene's.
const (
	No Truth = iota
	Unknown
	Yes
)

// Not is Yes for No, No for Yes, Unknown for Unknown.
func (t Truth) Not() Truth { return Yes - t }

// And is the weaker of the two.
func (t Truth) And(u Truth) Truth { return min(t, u) }

// Or is the stronger of the two.
func (t Truth) Or(u Truth) Truth { return max(t, u) }

func (t Truth) String() string { return [...]string{"no", "unknown", "yes"}[t] }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}
