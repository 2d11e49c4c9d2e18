package main

import (
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
)

// A template is a CloudFormation template, or what stands in for one where a policy stands by itself.
type template struct {
	*file
	root       *policies.Value
	given      map[string]string // values of parameters and pseudo parameters, by name
	loops      []string          // variables of Fn::ForEach
	owners     owners
	partitions []string
}

// newTemplate is a template whose text names the accounts and partitions that it may be meant for.
func (o *options) newTemplate(f *file, root *policies.Value, text []byte) *template {
	s := o.settings
	s.resource = ""
	t := &template{file: f, root: root, given: o.parameters, owners: s.owners(text), partitions: partitions(text, o.parameters)}
	if len(t.partitions) == 0 {
		t.partitions = []string{"aws"}
	}
	return t
}

// isTemplate tells whether a file holds a CloudFormation template
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html).
func isTemplate(root *policies.Value) bool {
	resources := member(root, "Resources")
	if resources == nil || resources.Type != policies.Object {
		return false
	}
	return member(root, "AWSTemplateFormatVersion") != nil || member(root, "Transform") != nil ||
		slices.ContainsFunc(resources.Members, func(m policies.Member) bool { return strings.Contains(textAt(&m.Value, "Type"), "::") })
}

// targets are the types of resource that give a bucket or queues a policy, and the property that names those.
func targets(kind string) (property string, ok bool) {
	switch kind {
	case "AWS::S3::BucketPolicy":
		return "Bucket", true
	case "AWS::SQS::QueuePolicy":
		return "Queues", true
	case "AWS::SQS::QueueInlinePolicy":
		return "Queue", true
	}
	return "", false
}

// judgeTemplate judges every bucket and queue policy in a template.
func (o *options) judgeTemplate(f *file, root *policies.Value, r *report) {
	if m := repeated(root); m != nil {
		r.wrong(f.fault(m.Start, "which of the two counts is not known", "%q twice in one object", m.Name))
		return
	}
	t := o.newTemplate(f, root, f.text)
	for _, m := range t.resources(member(root, "Resources")) {
		property, ok := targets(textAt(&m.Value, "Type"))
		if !ok {
			continue
		}
		named := member(&m.Value, "Properties", property)
		switch {
		case intrinsicIn(member(&m.Value, "Properties")) || intrinsicIn(&m.Value):
			o.judge(t, attachment{name: m.Name, at: m.Value.Start, in: t.rewritten(&m.Value)}, r)
		case named == nil:
			r.wrong(f.fault(m.Start, "", "%s: %s has no %s", m.Name, textAt(&m.Value, "Type"), property))
		case property == "Queues" && named.Type == policies.List:
			for i := range named.Items {
				o.judge(t, t.attached(m, &named.Items[i]), r)
			}
		default:
			o.judge(t, t.attached(m, named), r)
		}
	}
}

func intrinsicIn(v *policies.Value) bool {
	if v == nil {
		return false
	}
	name, _ := intrinsic(v)
	return name != ""
}

// repeated is the first name that stands twice in one object.
func repeated(v *policies.Value) (twice *policies.Member) {
	each(v, func(v *policies.Value) {
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

// resources are the template's resources, and what Fn::ForEach makes resources of, once for each loop with its variable unknown
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html).
func (t *template) resources(v *policies.Value) (all []policies.Member) {
	for _, m := range v.Members {
		if strings.HasPrefix(m.Name, "Fn::ForEach::") && len(m.Value.Items) == 3 {
			t.loops = append(t.loops, m.Value.Items[0].Text)
			all = append(all, t.resources(&m.Value.Items[2])...)
			continue
		}
		all = append(all, m)
	}
	return all
}

// attached is what a resource gives the bucket or queue that a property names.
func (t *template) attached(m policies.Member, target *policies.Value) attachment {
	a := attachment{name: m.Name, at: m.Start}
	document := member(&m.Value, "Properties", "PolicyDocument")
	if document != nil {
		a.at = document.Start
		var texts []byte
		each(document, func(v *policies.Value) { texts = append(append(texts, v.Text...), '\n') })
		a.partitions = partitions(texts, t.given)
	}
	a.in = func(r *resolver) ([]placed, *fault) {
		if condition := textAt(&m.Value, "Condition"); condition != "" && !r.holds(condition) {
			return nil, nil
		}
		if document == nil {
			return nil, t.fault(m.Start, "", "%s: no PolicyDocument", m.Name)
		}
		if macro := t.macro(); macro != "" {
			return r.anywhere(m.Value.Start, textAt(&m.Value, "Type"), "macro", macro)
		}
		doc, ok := r.resolve(document, 0)
		if !ok {
			return nil, t.fault(document.Start, "", "%s: no PolicyDocument", m.Name)
		}
		named, ok := r.resolve(target, 0)
		if !ok {
			return nil, nil
		}
		var all []placed
		for _, item := range items(&named) {
			arn, fault := r.target(textAt(&m.Value, "Type"), &item)
			if fault != nil {
				return nil, fault
			}
			all = append(all, placed{arn, doc})
		}
		return all, nil
	}
	return a
}

// rewritten is a resource that a macro may rewrite altogether.
func (t *template) rewritten(v *policies.Value) func(*resolver) ([]placed, *fault) {
	return func(r *resolver) ([]placed, *fault) {
		return r.anywhere(v.Start, textAt(v, "Type"), "rewritten", "a function in the place of the resource's properties")
	}
}

// anywhere is a policy and a place of which nothing is known.
func (r *resolver) anywhere(at int, kind, id, why string) ([]placed, *fault) {
	v := policies.Value{Type: unknown, Text: r.hole(id, why, at), Start: at, End: at}
	arn, fault := r.target(kind, &v)
	return []placed{{arn, v}}, fault
}

// harmless are the transforms that leave the policies of buckets and queues as they are
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html).
var harmless = regexp.MustCompile(`^AWS::(?:Serverless-|LanguageExtensions$|SecretsManager-|CodeDeployBlueGreen$|ServiceCatalog$)`)

// macro names a transform of the whole template, or of its resources, that may rewrite its policies; or it is "".
func (t *template) macro() string {
	if t.transformed("Resources") || member(t.root, "Fn::Transform") != nil {
		return "Fn::Transform beside the resources"
	}
	transform := member(t.root, "Transform")
	if transform == nil {
		return ""
	}
	for _, item := range items(transform) {
		name := item.Text
		if item.Type == policies.Object {
			name = textAt(&item, "Name")
		}
		if !harmless.MatchString(name) {
			return "the transform " + name
		}
	}
	return ""
}

// transformed tells whether a macro has a whole section of the template in its reach.
func (t *template) transformed(section string) bool {
	return member(t.root, section, "Fn::Transform") != nil
}
