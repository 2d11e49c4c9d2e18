package cloudformation

import (
	"fmt"
	"strconv"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

// choose is Fn::If.
func (r *resolver) choose(at, argument *policies.Value, depth int) (policies.Value, bool) {
	if argument.Type != policies.List || len(argument.Items) != 3 || argument.Items[0].Type != policies.String {
		return r.Unknown(at, fmt.Sprint("Fn::If at ", at.Start), "Fn::If without a condition's name and two values"), true
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
			return at.Becomes(out + rest), true
		}
		out, rest = out+before, tail
		switch literal, isLiteral := strings.CutPrefix(name, "!"); {
		case isLiteral:
			out += "${" + literal + "}" // how a policy variable is written
		case variables.Find(name) != nil:
			value, ok := r.resolve(variables.Find(name), depth)
			if !ok || value.Type != policies.String && value.Type != partial.Unknown {
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
		// An unknown item may be a list in disguise, such as a parameter of many values, but those cannot stand in
		// Fn::Join's list.
		if item.Type != policies.String && item.Type != partial.Unknown {
			return policies.Value{}, false
		}
		parts = append(parts, item.Text)
	}
	return at.Becomes(strings.Join(parts, argument.Items[0].Text)), true
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
	if argument.Type != policies.List || len(argument.Items) != 2 || argument.Items[0].Type != policies.String ||
		argument.Items[0].Text == "" {
		return policies.Value{}, false
	}
	whole, ok := r.resolve(&argument.Items[1], depth)
	if !ok || whole.Type != policies.String || partial.Holed(whole.Text) {
		return policies.Value{}, false
	}
	out := policies.Value{Type: policies.List, Start: at.Start, End: at.End}
	for _, piece := range strings.Split(whole.Text, argument.Items[0].Text) {
		out.Items = append(out.Items, at.Becomes(piece))
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
		if !ok || key.Type != policies.String || partial.Holed(key.Text) {
			return policies.Value{}, false
		}
		path = append(path, key.Text)
	}
	found := r.root.Find("Mappings").Find(path...)
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
		id, attribute = argument.Items[0].Text, name.Text
		ok = known && name.Type == policies.String && !partial.Holed(name.Text)
	} else if argument.Type != policies.String {
		ok = false
	}
	if !ok {
		return policies.Value{}, false
	}
	return r.attribute(at, id, attribute), true
}
