package cloudformation

import (
	"fmt"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
	"locksmith/policies/sources"
)

// A resolver replaces a template's intrinsics by what they stand for, as far as the template tells; the rest is
// unknown. It works in one world: an owner, a partition, and how each comparison that cannot be settled turns out.
type resolver struct {
	sources.Resolution
	*template
	names map[string]string    // by logical id: what names of resources resolved to
	held  map[string]bool      // by name: how conditions turned out
	busy  map[string]bool      // logical ids and conditions that are being resolved, to see a cycle
	open  []partial.Comparison // comparisons that the world does not settle
}

func newResolver(t *template, u *partial.Unknowns, w partial.World) *resolver {
	return &resolver{template: t, Resolution: sources.Resolution{File: t.file, Unknowns: u, World: w},
		names: map[string]string{}, held: map[string]bool{}, busy: map[string]bool{}}
}

// Bounds on what a small template can grow to.
const (
	longestText   = 64 << 10
	deepestInside = 128
)

// intrinsic is the function that an object stands for, "" where it is an ordinary object.
func intrinsic(v *policies.Value) (name string, argument *policies.Value) {
	if v.Type != policies.Object {
		return "", nil
	}
	for i := range v.Members {
		if m := &v.Members[i]; m.Name == "Ref" && len(v.Members) == 1 || strings.HasPrefix(m.Name, "Fn::") {
			if len(v.Members) > 1 {
				return m.Name + " beside other keys", &m.Value
			}
			return m.Name, &m.Value
		}
	}
	return "", nil
}

// resolve is the value without intrinsics; ok is false where it is AWS::NoValue, and so is not there.
func (r *resolver) resolve(v *policies.Value, depth int) (resolved policies.Value, ok bool) {
	if more := r.Step(); !more || depth > deepestInside {
		return r.Unknown(v, "deep", "what is nested too deep"), true
	}
	if name, argument := intrinsic(v); name != "" {
		return r.call(v, name, argument, depth+1)
	}
	out := policies.Value{Type: v.Type, Text: v.Text, Start: v.Start, End: v.End}
	switch v.Type {
	case policies.Object:
		for i := range v.Members {
			if inner, ok := r.resolve(&v.Members[i].Value, depth+1); ok {
				out.Members = append(out.Members, policies.Member{Name: v.Members[i].Name, Start: v.Members[i].Start, Value: inner})
			}
		}
	case policies.List:
		for i := range v.Items {
			if inner, ok := r.resolve(&v.Items[i], depth+1); ok {
				out.Items = append(out.Items, inner)
			}
		}
	case policies.Number, policies.Boolean:
		out.Type = policies.String // CloudFormation writes numbers and booleans of JSON properties as strings
	case policies.String:
		out.Text = r.dynamic(v)
	case partial.Unknown:
		out.Text = r.Hole(fmt.Sprintf("%s at %d", v.Text, v.Start), v.Text, v.Start)
	}
	return out, true
}

// dynamic makes holes of dynamic references, which CloudFormation looks up when it deploys
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html).
func (r *resolver) dynamic(v *policies.Value) string {
	text, out := v.Text, ""
	for _, loop := range r.loops {
		for _, written := range []string{"${" + loop + "}", "&{" + loop + "}"} {
			if strings.Contains(text, written) {
				text = strings.ReplaceAll(text, written, r.Hole(loop, "the loop variable "+loop, v.Start))
			}
		}
	}
	for {
		before, after, found := strings.Cut(text, "{{resolve:")
		reference, rest, closed := strings.Cut(after, "}}")
		if !found {
			return out + text
		}
		if !closed {
			reference, rest = after, ""
		}
		out += before + r.Hole("resolve:"+reference, "the dynamic reference {{resolve:"+reference+"}}", v.Start)
		text = rest
	}
}

// opaque is the unknown result of a function whose arguments are known or not: the same function of the same
// arguments has the same result.
func (r *resolver) opaque(at *policies.Value, name string, argument *policies.Value, depth int) policies.Value {
	resolved, _ := r.resolve(argument, depth+1)
	call := name + " of " + side(&resolved)
	return r.Unknown(at, call, r.Shown(call))
}

// call evaluates an intrinsic function
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html).
func (r *resolver) call(at *policies.Value, name string, argument *policies.Value, depth int) (policies.Value, bool) {
	switch {
	case name == "Fn::If":
		return r.choose(at, argument, depth)
	case name == "Ref" && argument.Type == policies.String && argument.Text == "AWS::NoValue":
		return policies.Value{}, false
	case name == "Ref" && argument.Type == policies.String:
		return r.ref(at, argument.Text), true
	}
	var result policies.Value
	known := false
	switch name {
	case "Fn::GetAtt":
		result, known = r.getAtt(at, argument, depth)
	case "Fn::Sub":
		result, known = r.sub(at, argument, depth)
	case "Fn::Join":
		result, known = r.join(at, argument, depth)
	case "Fn::Select":
		return r.selected(at, argument, depth)
	case "Fn::Split":
		result, known = r.split(at, argument, depth)
	case "Fn::FindInMap":
		result, known = r.findInMap(at, argument, depth)
	case "Fn::ImportValue":
		if export, _ := r.resolve(argument, depth); export.Type == policies.String {
			return r.Unknown(at, "ImportValue "+export.Text, "the import "+r.Shown(export.Text)), true
		}
	}
	if !known || len(result.Text) > longestText {
		return r.opaque(at, name, argument, depth), true
	}
	return result, true
}
