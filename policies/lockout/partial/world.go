package partial

import "slices"

// A World is what is assumed while a template is resolved: an owner, a partition, and how the comparisons turn out that
// the template leaves open.
type World struct {
	Account   string
	Partition string
	settled   []outcome
}

// A Comparison is one of two texts that are not both known.
type Comparison struct {
	Left, Right string
	Same, Other string // in words: that they are the same, and that they are not
}

// An outcome is a comparison and its result.
type outcome struct {
	Comparison
	same bool
}

func (o outcome) String() string {
	if o.same {
		return o.Same
	}
	return o.Other
}

// mostComparisons bounds the worlds of one policy, since each comparison doubles them. What is left beyond that makes
// the policy unknown.
const mostComparisons = 6

// with is the world in which one more comparison is settled.
func (w World) with(c Comparison, same bool) World {
	w.settled = append(slices.Clip(w.settled), outcome{c, same})
	return w
}

// Settles tells how a comparison turns out in this world, and whether the world says so.
func (w World) Settles(c Comparison) (same, known bool) {
	for _, o := range w.settled {
		switch {
		case o.Left == c.Left && o.Right == c.Right:
			return o.same, true
		case o.same && o.Left == c.Left && o.Right != c.Right && !Holed(o.Right) && !Holed(c.Right):
			return false, true // it is equal to another text
		}
	}
	return false, false
}
