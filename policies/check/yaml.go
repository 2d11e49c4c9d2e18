package main

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"locksmith/policies"
)

// unknown is the type of a value that the file does not tell. Its Text is then a hole (see symbols) or, in YAML, "" before the file is resolved.
const unknown policies.Type = "unknown"

// mostValues bounds what aliases can blow a YAML file up to.
const mostValues = 200_000

// readYAML reads the file's YAML documents. A short-form intrinsic such as !Sub becomes the object that it stands for, {"Fn::Sub": …}.
func (f *file) readYAML() (all []*policies.Value, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader(f.text), yaml.WithV4Defaults())
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
		return nil, f.fault(f.offset(wrong.Mark.Line, wrong.Mark.Column), "", "not YAML: %s", wrong.Message)
	case errors.As(err, new(*fault)):
		return nil, err
	}
	return nil, f.fault(0, "", "not YAML: %v", err)
}

type yamlReader struct {
	file *file
	left int // values that may still be made
}

func (r *yamlReader) value(n *yaml.Node, depth int) (v policies.Value, err error) {
	at := r.file.offset(n.Line, n.Column)
	r.left--
	switch {
	case depth > deepest:
		return v, r.file.fault(at, "", "nested more than %d deep", deepest)
	case r.left < 0:
		return v, r.file.fault(at, "do aliases refer to aliases?", "more than %d values", mostValues)
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
			err = r.file.fault(at, "", "not text: a string with NUL")
		}
	}
	return intrinsicOf(n.Tag, v), err
}

func (r *yamlReader) mapping(n *yaml.Node, v *policies.Value, depth int) error {
	v.Type = policies.Object
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		at := r.file.offset(name.Line, name.Column)
		if name.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if name.Kind != yaml.ScalarNode || strings.Contains(name.Value, "\x00") {
			return r.file.fault(at, "want a plain name", "the name of a member is no text")
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

// merge adds the members of a mapping, or of several, that are not there yet (https://yaml.org/type/merge.html). CloudFormation knows no merge keys, so a tool
// has made them plain before; all of them do it so.
func (r *yamlReader) merge(n *yaml.Node, v *policies.Value, depth int) error {
	from, err := r.value(n, depth+1)
	if err != nil {
		return err
	}
	met := map[string]bool{}
	for _, m := range v.Members {
		met[m.Name] = true
	}
	for _, mapping := range items(&from) {
		if mapping.Type != policies.Object {
			return r.file.fault(mapping.Start, "want a mapping, or a list of them", "a merge key with something else")
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
	return policies.Value{Type: policies.Object, Start: v.Start, End: v.End, Members: []policies.Member{{Name: name, Start: v.Start, Value: v}}}
}

var (
	plainNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$`)
	// What YAML 1.1 also takes for a number and may spell anew: octal, grouped, hexadecimal, sexagesimal, with an exponent (https://yaml.org/type/int.html).
	rewritten = regexp.MustCompile(`^[-+]?(?:[0-9][0-9_]*|0[xbo][0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|` +
		`(?:[0-9][0-9_]*)?\.[0-9_]+(?:e[-+]?[0-9]+)?|[0-9][0-9_]*\.?[0-9_]*(?:e[-+]?[0-9]+)?|\.inf|\.nan)$`)
)

// scalar reads a scalar by YAML 1.1, as CloudFormation does. What it would spell in a way that is not documented is unknown.
// A date stays the text that it is, as CloudFormation has no timestamps.
func scalar(n *yaml.Node) (policies.Type, string) {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Tag != "" && n.Tag[0] == '!' && !strings.HasPrefix(n.Tag, "!!") {
		return policies.String, n.Value
	}
	lower := strings.ToLower(n.Value)
	switch {
	case lower == "true" || lower == "false":
		return policies.Boolean, lower
	case lower == "" || lower == "~" || lower == "null":
		return policies.NullVal, "null"
	case lower == "yes" || lower == "no" || lower == "on" || lower == "off":
		return unknown, "the unquoted " + n.Value + ", a boolean in YAML 1.1,"
	case plainNumber.MatchString(n.Value):
		return policies.Number, n.Value
	case rewritten.MatchString(lower):
		return unknown, "the unquoted number " + n.Value
	}
	return policies.String, n.Value
}
