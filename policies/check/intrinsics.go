package main

import (
	"fmt"
	"strconv"
	"strings"

	"locksmith/policies"
)

// A resolver replaces a template's intrinsics by what they stand for, as far as the template tells; the rest is unknown. It works in one world: an owner, a partition,
// and how each comparison that cannot be settled turns out.
type resolver struct {
	*template
	*symbols
	world
	names map[string]string // by logical id: what names of resources resolved to
	held  map[string]bool   // by name: how conditions turned out
	busy  map[string]bool   // logical ids and conditions that are being resolved, to see a cycle
	open  []comparison      // comparisons that the world does not settle
}

func newResolver(t *template, s *symbols, w world) *resolver {
	return &resolver{template: t, symbols: s, world: w, names: map[string]string{}, held: map[string]bool{}, busy: map[string]bool{}}
}

// Bounds on what a small template can grow to.
const (
	longestText   = 64 << 10
	deepestInside = 128
	mostSteps     = 1_000_000 // values resolved for one policy in all its worlds
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
	if r.steps--; depth > deepestInside || r.steps < 0 {
		return r.unknown(v, "deep", "what is nested too deep"), true
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
	case unknown:
		out.Text = r.hole(fmt.Sprintf("%s at %d", v.Text, v.Start), v.Text, v.Start)
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
				text = strings.ReplaceAll(text, written, r.hole(loop, "the loop variable "+loop, v.Start))
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
		out += before + r.hole("resolve:"+reference, "the dynamic reference {{resolve:"+reference+"}}", v.Start)
		text = rest
	}
}

func (r *resolver) unknown(at *policies.Value, id, why string) policies.Value {
	return policies.Value{Type: unknown, Text: r.hole(id, why, at.Start), Start: at.Start, End: at.End}
}

// opaque is the unknown result of a function whose arguments are known or not: the same function of the same arguments has the same result.
func (r *resolver) opaque(at *policies.Value, name string, argument *policies.Value, depth int) policies.Value {
	resolved, _ := r.resolve(argument, depth+1)
	call := name + " of " + side(&resolved)
	return r.unknown(at, call, r.shown(call))
}

func text(at *policies.Value, s string) policies.Value {
	return policies.Value{Type: policies.String, Text: s, Start: at.Start, End: at.End}
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
			return r.unknown(at, "ImportValue "+export.Text, "the import "+r.shown(export.Text)), true
		}
	}
	if !known || len(result.Text) > longestText {
		return r.opaque(at, name, argument, depth), true
	}
	return result, true
}

// choose is Fn::If.
func (r *resolver) choose(at, argument *policies.Value, depth int) (policies.Value, bool) {
	if argument.Type != policies.List || len(argument.Items) != 3 || argument.Items[0].Type != policies.String {
		return r.unknown(at, fmt.Sprint("Fn::If at ", at.Start), "Fn::If without a condition's name and two values"), true
	}
	if r.holds(argument.Items[0].Text) {
		return r.resolve(&argument.Items[1], depth)
	}
	return r.resolve(&argument.Items[2], depth)
}

// sub is Fn::Sub, with its variables or without.
func (r *resolver) sub(at, argument *policies.Value, depth int) (policies.Value, bool) {
	format, variables := argument, (*policies.Value)(nil)
	if argument.Type == policies.List && len(argument.Items) == 2 && argument.Items[1].Type == policies.Object {
		format, variables = &argument.Items[0], &argument.Items[1]
	}
	if format.Type != policies.String {
		return policies.Value{}, false
	}
	rest, out := r.dynamic(format), ""
	for len(out) <= longestText {
		before, after, found := strings.Cut(rest, "${")
		name, tail, closed := strings.Cut(after, "}")
		if !found || !closed {
			return text(at, out+rest), true
		}
		out, rest = out+before, tail
		switch literal, isLiteral := strings.CutPrefix(name, "!"); {
		case isLiteral:
			out += "${" + literal + "}" // how a policy variable is written
		case member(variables, name) != nil:
			value, ok := r.resolve(member(variables, name), depth)
			if !ok || value.Type != policies.String && value.Type != unknown {
				return policies.Value{}, false
			}
			out += value.Text
		default:
			out += r.named(at, strings.TrimSpace(name)).Text
		}
	}
	return policies.Value{}, false
}

// named is ${name} in Fn::Sub: an attribute or a reference.
func (r *resolver) named(at *policies.Value, name string) policies.Value {
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return r.attribute(at, id, attribute)
	}
	return r.ref(at, name)
}

// join is Fn::Join.
func (r *resolver) join(at, argument *policies.Value, depth int) (policies.Value, bool) {
	if argument.Type != policies.List || len(argument.Items) != 2 || argument.Items[0].Type != policies.String {
		return policies.Value{}, false
	}
	list, ok := r.resolve(&argument.Items[1], depth)
	if !ok || list.Type != policies.List {
		return policies.Value{}, false
	}
	var parts []string
	for _, item := range list.Items {
		// An unknown item may be a list in disguise, such as a parameter of many values, but those cannot stand in Fn::Join's list.
		if item.Type != policies.String && item.Type != unknown {
			return policies.Value{}, false
		}
		parts = append(parts, item.Text)
	}
	return text(at, strings.Join(parts, argument.Items[0].Text)), true
}

// selected is Fn::Select; the item may be AWS::NoValue.
func (r *resolver) selected(at, argument *policies.Value, depth int) (policies.Value, bool) {
	if argument.Type == policies.List && len(argument.Items) == 2 {
		index, _ := r.resolve(&argument.Items[0], depth)
		list, _ := r.resolve(&argument.Items[1], depth)
		if n, err := strconv.Atoi(index.Text); err == nil && list.Type == policies.List && n >= 0 && n < len(list.Items) {
			return list.Items[n], true
		}
	}
	return r.opaque(at, "Fn::Select", argument, depth), true
}

// split is Fn::Split. Where a part is unknown it may hold the separator, so nothing is known.
func (r *resolver) split(at, argument *policies.Value, depth int) (policies.Value, bool) {
	if argument.Type != policies.List || len(argument.Items) != 2 || argument.Items[0].Type != policies.String || argument.Items[0].Text == "" {
		return policies.Value{}, false
	}
	whole, ok := r.resolve(&argument.Items[1], depth)
	if !ok || whole.Type != policies.String || holed(whole.Text) {
		return policies.Value{}, false
	}
	out := policies.Value{Type: policies.List, Start: at.Start, End: at.End}
	for _, piece := range strings.Split(whole.Text, argument.Items[0].Text) {
		out.Items = append(out.Items, text(at, piece))
	}
	return out, true
}

// findInMap is Fn::FindInMap, with three arguments or a default value as well.
func (r *resolver) findInMap(at, argument *policies.Value, depth int) (policies.Value, bool) {
	if argument.Type != policies.List || len(argument.Items) < 3 || r.transformed("Mappings") {
		return policies.Value{}, false
	}
	var path []string
	for i := range argument.Items[:3] {
		key, ok := r.resolve(&argument.Items[i], depth)
		if !ok || key.Type != policies.String || holed(key.Text) {
			return policies.Value{}, false
		}
		path = append(path, key.Text)
	}
	found := member(member(r.root, "Mappings"), path...)
	if found == nil {
		return policies.Value{}, false
	}
	value, ok := r.resolve(found, depth)
	return value, ok
}

// getAtt is Fn::GetAtt, "Resource.Attribute" or a list of the two.
func (r *resolver) getAtt(at, argument *policies.Value, depth int) (policies.Value, bool) {
	id, attribute, ok := strings.Cut(argument.Text, ".")
	if argument.Type == policies.List && len(argument.Items) == 2 && argument.Items[0].Type == policies.String {
		name, known := r.resolve(&argument.Items[1], depth)
		id, attribute, ok = argument.Items[0].Text, name.Text, known && name.Type == policies.String && !holed(name.Text)
	} else if argument.Type != policies.String {
		ok = false
	}
	if !ok {
		return policies.Value{}, false
	}
	return r.attribute(at, id, attribute), true
}

// ref is Ref of a parameter, a pseudo parameter or a resource.
func (r *resolver) ref(at *policies.Value, name string) policies.Value {
	if parameter := member(r.root, "Parameters", name); parameter != nil {
		return r.parameter(at, name, parameter)
	}
	switch name {
	case "AWS::AccountId":
		return text(at, r.account)
	case "AWS::Partition":
		return text(at, r.partition)
	case "AWS::URLSuffix":
		return text(at, r.suffix())
	}
	if value, given := r.given[name]; given && strings.HasPrefix(name, "AWS::") {
		return text(at, value)
	}
	if strings.HasPrefix(name, "AWS::") {
		return r.unknown(at, name, name)
	}
	return r.reference(at, name)
}

// parameter is a parameter's value: the one given, or else its default, which the stack gets where nobody says otherwise. One that CloudFormation looks up in the parameter
// store is given as a name only.
func (r *resolver) parameter(at *policies.Value, name string, declared *policies.Value) policies.Value {
	kind := textAt(declared, "Type")
	list := strings.HasPrefix(kind, "List<") || kind == "CommaDelimitedList"
	value, known := r.given[name]
	if fallback := member(declared, "Default"); !known && fallback != nil && fallback.Type != policies.Object && fallback.Type != policies.List && !isHole(fallback) {
		value, known = fallback.Text, true
	}
	switch {
	case !known || strings.HasPrefix(kind, "AWS::SSM::Parameter::Value"):
		unknown := r.unknown(at, name, "parameter "+name)
		if !list {
			unknown.Type = policies.String
		}
		return unknown
	case list:
		out := policies.Value{Type: policies.List, Start: at.Start, End: at.End}
		for _, item := range strings.Split(value, ",") {
			out.Items = append(out.Items, text(at, strings.TrimSpace(item)))
		}
		return out
	}
	return text(at, value)
}

// suffix is the domain of the partition's services.
func (w world) suffix() string {
	if w.partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
