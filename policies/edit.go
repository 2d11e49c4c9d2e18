package policies

// This file takes statements off a policy without touching the rest of its text.

import (
	"fmt"
	"slices"
)

// WithoutStatements is a policy text without some of its statements, counted from 0. All else stays as it is written,
// byte for byte: the order, the spaces, elements that this package does not know. The number left says how many
// statements there still are; with none left the text is "", since AWS takes no policy without a statement
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
func WithoutStatements(text []byte, statements []int) (rest string, left int, err error) {
	root, err := ReadJSON(text)
	if err != nil {
		return "", 0, err
	}
	i := slices.IndexFunc(root.Members, func(m Member) bool { return m.Name == "Statement" })
	if root.Type != Object || i < 0 {
		return "", 0, fmt.Errorf("policy: no Statement to take statements from")
	}
	list := root.Members[i].Value
	items := list.Items
	if list.Type != List {
		items = []Value{list} // one statement may stand by itself
	}
	for _, n := range statements {
		if n < 0 || n >= len(items) {
			return "", 0, fmt.Errorf("policy: no statement %d, it has %d", n, len(items))
		}
	}
	var kept []int
	for n := range items {
		if !slices.Contains(statements, n) {
			kept = append(kept, n)
		}
	}
	switch len(kept) {
	case 0:
		return "", 0, nil
	case len(items):
		return string(text), len(items), nil
	}
	// Between two statements that are kept stands what stood before the second of them.
	out := slices.Clone(text[:items[0].Start])
	for place, n := range kept {
		if place > 0 {
			out = append(out, text[items[n-1].End:items[n].Start]...)
		}
		out = append(out, text[items[n].Start:items[n].End]...)
	}
	return string(append(out, text[items[len(items)-1].End:]...)), len(kept), nil
}
