package cloudformation

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"locksmith/policies"
	"locksmith/policies/sources"
)

// mostValues bounds what aliases can blow a YAML file up to.
const mostValues = 200_000

// ReadYAML reads the file's YAML documents. A short-form intrinsic such as !Sub becomes the object that it stands
// for, {"Fn::Sub": …}.
func ReadYAML(f *sources.File) (all []*policies.Value, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader(f.Text), yaml.WithV4Defaults())
	r := &yamlReader{file: f, left: mostValues}
	for err == nil {
		var document yaml.Node
		if err = loader.Load(&document); err != nil {
			break
		}
		if len(document.Content) == 0 || document.Content[0].Tag == "!!null" && len(all) > 0 {
			continue
		}
		var v policies.Value
		v, err = r.value(document.Content[0], 0)
		all = append(all, &v)
	}
	wrong := (*yaml.LoadError)(nil)
	switch {
	case err == io.EOF && len(all) == 0:
		return []*policies.Value{{Type: policies.NullVal}}, nil
	case err == io.EOF:
		return all, nil
	case errors.As(err, &wrong):
		return nil, f.Fault(f.Offset(wrong.Mark.Line, wrong.Mark.Column), "", "not YAML: %s", wrong.Message)
	case errors.As(err, new(*sources.Fault)):
		return nil, err
	}
	return nil, f.Fault(0, "", "not YAML: %v", err)
}

type yamlReader struct {
	file *sources.File
	left int // values that may still be made
}

func (r *yamlReader) value(n *yaml.Node, depth int) (v policies.Value, err error) {
	at := r.file.Offset(n.Line, n.Column)
	r.left--
	switch {
	case depth > sources.Deepest:
		return v, r.file.Fault(at, "", "nested more than %d deep", sources.Deepest)
	case r.left < 0:
		return v, r.file.Fault(at, "do aliases refer to aliases?", "more than %d values", mostValues)
	}
	v.Start, v.End = at, at
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.MappingNode:
		err = r.mapping(n, &v, depth)
	case yaml.SequenceNode:
		v.Type = policies.List
		for _, item := range n.Content {
			inner, err := r.value(item, depth+1)
			if err != nil {
				return v, err
			}
			v.Items = append(v.Items, inner)
		}
	default:
		v.Type, v.Text = scalar(n)
		if strings.Contains(v.Text, "\x00") {
			err = r.file.Fault(at, "", "not text: a string with NUL")
		}
	}
	return intrinsicOf(n.Tag, v), err
}

func (r *yamlReader) mapping(n *yaml.Node, v *policies.Value, depth int) error {
	v.Type = policies.Object
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		at := r.file.Offset(name.Line, name.Column)
		if name.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if name.Kind != yaml.ScalarNode || strings.Contains(name.Value, "\x00") {
			return r.file.Fault(at, "want a plain name", "the name of a member is no text")
		}
		inner, err := r.value(value, depth+1)
		if err != nil {
			return err
		}
		v.Members = append(v.Members, policies.Member{Name: name.Value, Start: at, Value: inner})
	}
	for _, value := range merged {
		if err := r.merge(value, v, depth); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the members of a mapping, or of several, that are not there yet (https://yaml.org/type/merge.html).
// CloudFormation knows no merge keys, so a tool has made them plain before; all of them do it so.
func (r *yamlReader) merge(n *yaml.Node, v *policies.Value, depth int) error {
	from, err := r.value(n, depth+1)
	if err != nil {
		return err
	}
	met := map[string]bool{}
	for _, m := range v.Members {
		met[m.Name] = true
	}
	for _, mapping := range from.OneOrMany() {
		if mapping.Type != policies.Object {
			return r.file.Fault(mapping.Start, "want a mapping, or a list of them", "a merge key with something else")
		}
		for _, m := range mapping.Members {
			if !met[m.Name] {
				met[m.Name] = true
				v.Members = append(v.Members, m)
			}
		}
	}
	return nil
}

// intrinsicOf turns a value with a short-form tag into the intrinsic's long form
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html).
func intrinsicOf(tag string, v policies.Value) policies.Value {
	name, short := strings.CutPrefix(tag, "!")
	if !short || name == "" || strings.HasPrefix(name, "!") {
		return v
	}
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	return policies.Value{Type: policies.Object, Start: v.Start, End: v.End,
		Members: []policies.Member{{Name: name, Start: v.Start, Value: v}}}
}
