// Package sources is about where policies are written: templates, plans, records, documents. Each kind has a package of
// its own below this one, and all of them yield the same type, a [Policy].
//
// A source reads one value of a [File], JSON or YAML, and yields every bucket and queue policy in it, in the order of
// the file. What it yields says where the policy stands, and either what it says, or, of a template, what is known of
// that: package partial of the prover judges it, whatever the rest turns out to be. A source judges nothing and
// prints nothing.
//
// Between the policies a source may yield errors: a *[Fault] for what is wrong in the file, a *[Nothing] for what is in
// order and gives no resource a policy. Neither ends the file.
package sources

import (
	"iter"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

// A Policy is one resource policy of a file, or the template of one.
type Policy struct {
	File     *File
	At       int               // byte offset of the policy
	Name     string            // logical id, address or event id; "" for a policy document
	Resource string            // the ARN of its bucket or queue, where the source tells it
	Account  string            // the owner, where the source tells it
	Whole    partial.Whole     // what it says,
	Template *partial.Template // or else what is known of that
}

// Nothing says why something in a file gives no resource a policy, though it is in order.
type Nothing struct {
	File *File
	At   int // byte offset
	Why  string
}

func (n *Nothing) Error() string { return "nothing to do: " + n.Why }

// Policies are what a source yields of one file: policies, and errors in between.
type Policies = iter.Seq2[Policy, error]

// Documents makes the documents of a case whole that are given as text, with their places in the file.
func Documents(f *File, placed []partial.Placed) ([]partial.Placed, error) {
	for i := range placed {
		document, err := f.Embedded(&placed[i].Document)
		if err != nil {
			return nil, err
		}
		placed[i].Document = *document
	}
	return placed, nil
}

// Repeated is the first name that stands twice in one object, or nil.
func Repeated(v *policies.Value) (twice *policies.Member) {
	v.Each(func(v *policies.Value) {
		if twice != nil || len(v.Members) < 2 {
			return
		}
		met := make(map[string]bool, len(v.Members))
		for i := range v.Members {
			if met[v.Members[i].Name] {
				twice = &v.Members[i]
				return
			}
			met[v.Members[i].Name] = true
		}
	})
	return twice
}
