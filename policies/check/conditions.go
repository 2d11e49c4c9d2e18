package main

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// A world is what is assumed while a template is resolved.
type world struct {
	account   string
	partition string
	settled   []outcome // comparisons that the template leaves open, and how they turn out
}

// A comparison is one Fn::Equals whose sides are not both known.
type comparison struct{ left, right, shown, other string }

// An outcome is a comparison and its result.
type outcome struct {
	comparison
	same bool
}

func (o outcome) String() string {
	if o.same {
		return o.shown
	}
	return o.other
}

// with is the world in which one more comparison is settled.
func (w world) with(c comparison, same bool) world {
	w.settled = append(slices.Clip(w.settled), outcome{c, same})
	return w
}

// mostComparisons bounds the worlds of one policy: each comparison doubles them. What is left beyond that makes every Fn::If that needs it unknown.
const mostComparisons = 6

// holds tells whether one of the template's conditions holds in this world. One that is not settled is noted as open, and taken as false for now
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html).
func (r *resolver) holds(name string) bool {
	if result, known := r.held[name]; known {
		return result
	}
	declared := member(r.root, "Conditions", name)
	key := "condition " + name
	if declared == nil || r.busy[key] || r.transformed("Conditions") {
		return r.doubt(key, key, 0)
	}
	r.busy[key] = true
	defer delete(r.busy, key)
	r.held[name] = r.truth(declared, 0)
	return r.held[name]
}

// truth evaluates a condition function.
func (r *resolver) truth(v *policies.Value, depth int) bool {
	here := fmt.Sprint("condition at ", v.Start)
	if v.Type != policies.Object || len(v.Members) != 1 || depth > deepestInside {
		return r.doubt(here, "a condition that is no function", v.Start)
	}
	name, argument := v.Members[0].Name, &v.Members[0].Value
	switch {
	case name == "Condition" && argument.Type == policies.String:
		return r.holds(argument.Text)
	case name == "Fn::Not" && len(argument.Items) == 1:
		return !r.truth(&argument.Items[0], depth+1)
	case name == "Fn::And" && len(argument.Items) > 0:
		return !slices.ContainsFunc(argument.Items, func(item policies.Value) bool { return !r.truth(&item, depth+1) })
	case name == "Fn::Or" && len(argument.Items) > 0:
		return slices.ContainsFunc(argument.Items, func(item policies.Value) bool { return r.truth(&item, depth+1) })
	case name == "Fn::Equals" && len(argument.Items) == 2:
		left, _ := r.resolve(&argument.Items[0], depth+1)
		right, _ := r.resolve(&argument.Items[1], depth+1)
		return r.compare(side(&left), side(&right))
	}
	return r.doubt(here, name, v.Start)
}

// side is one side of a comparison as text, the same for the same value.
func side(v *policies.Value) string {
	if v.Type == policies.String || v.Type == unknown {
		return v.Text
	}
	return strings.ReplaceAll(string(render(v).text), `\u0000`, "\x00")
}

// doubt is a condition of which nothing is known.
func (r *resolver) doubt(id, why string, at int) bool {
	return r.settle(comparison{r.hole(id, why, at), "true", why + " holds", why + " does not hold"})
}

// compare tells whether two texts are the same in this world.
func (r *resolver) compare(left, right string) bool {
	switch {
	case left == right:
		return true
	case !holed(left) && !holed(right):
		return false
	case !holed(left) || holed(right) && right < left:
		left, right = right, left
	}
	name := strings.Trim(r.shown(left), "{}")
	return r.settle(comparison{left, right, name + " is " + r.shown(right), name + " is not " + r.shown(right)})
}

func (r *resolver) settle(c comparison) bool {
	for _, o := range r.settled {
		switch {
		case o.left == c.left && o.right == c.right:
			return o.same
		case o.same && o.left == c.left && o.right != c.right && !holed(o.right) && !holed(c.right):
			return false // it is equal to another text
		}
	}
	r.open = append(r.open, c)
	return false
}
