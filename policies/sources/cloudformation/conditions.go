package cloudformation

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

// holds tells whether one of the template's conditions holds in this world. One that is not settled is noted as open,
// and taken as false for now
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html).
func (r *resolver) holds(name string) bool {
	if result, known := r.held[name]; known {
		return result
	}
	declared := r.root.Find("Conditions", name)
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
		return !slices.ContainsFunc(argument.Items, func(v policies.Value) bool { return !r.truth(&v, depth+1) })
	case name == "Fn::Or" && len(argument.Items) > 0:
		return slices.ContainsFunc(argument.Items, func(v policies.Value) bool { return r.truth(&v, depth+1) })
	case name == "Fn::Equals" && len(argument.Items) == 2:
		left, _ := r.resolve(&argument.Items[0], depth+1)
		right, _ := r.resolve(&argument.Items[1], depth+1)
		return r.compare(side(&left), side(&right))
	}
	return r.doubt(here, name, v.Start)
}

// side is one side of a comparison as text, the same for the same value.
func side(v *policies.Value) string {
	if v.Type == policies.String || v.Type == partial.Unknown {
		return v.Text
	}
	return strings.ReplaceAll(string(partial.JSON(v)), `\u0000`, "\x00")
}

// doubt is a condition of which nothing is known.
func (r *resolver) doubt(id, why string, at int) bool {
	return r.settle(partial.Comparison{Left: r.Hole(id, why, at), Right: "true",
		Same: why + " holds", Other: why + " does not hold"})
}

// compare tells whether two texts are the same in this world.
func (r *resolver) compare(left, right string) bool {
	switch {
	case left == right:
		return true
	case !partial.Holed(left) && !partial.Holed(right):
		return false
	case !partial.Holed(left) || partial.Holed(right) && right < left:
		left, right = right, left
	}
	name := strings.Trim(r.Shown(left), "{}")
	return r.settle(partial.Comparison{Left: left, Right: right,
		Same: name + " is " + r.Shown(right), Other: name + " is not " + r.Shown(right)})
}

func (r *resolver) settle(c partial.Comparison) bool {
	same, known := r.Settles(c)
	if !known {
		r.open = append(r.open, c)
	}
	return same
}
