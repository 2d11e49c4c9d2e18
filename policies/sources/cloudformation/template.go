package cloudformation

import (
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
	"locksmith/policies/sources"
)

// A template is a CloudFormation template, or what stands in for one where a policy stands by itself.
type template struct {
	file       *sources.File
	root       *policies.Value   // nil where a policy stands by itself
	given      map[string]string // values of parameters and pseudo parameters, by name
	loops      []string          // variables of Fn::ForEach
	owners     partial.Owners
	partitions []string // that the whole file speaks of
}

func newTemplate(f *sources.File, root *policies.Value, given map[string]string) *template {
	return &template{file: f, root: root, given: given,
		owners: partial.OwnersIn(f.Text), partitions: sources.PartitionsOrAWS(f.Text, given)}
}

// Recognizes tells whether a file holds a CloudFormation template
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html).
func Recognizes(root *policies.Value) bool {
	resources := root.Find("Resources")
	if resources == nil || resources.Type != policies.Object {
		return false
	}
	typed := func(m policies.Member) bool { return strings.Contains(m.Value.FindText("Type"), "::") }
	return root.Find("AWSTemplateFormatVersion") != nil || root.Find("Transform") != nil ||
		slices.ContainsFunc(resources.Members, typed)
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

// Policies yields every bucket and queue policy in a template. Given are values of parameters, of pseudo parameters
// too, by name.
func Policies(f *sources.File, root *policies.Value, given map[string]string) sources.Policies {
	return func(yield func(sources.Policy, error) bool) {
		if m := sources.Repeated(root); m != nil {
			yield(sources.Policy{}, f.Fault(m.Start, "which of the two counts is not known", "%q twice in one object", m.Name))
			return
		}
		t := newTemplate(f, root, given)
		for _, m := range t.resources(root.Find("Resources")) {
			if property, ok := targets(m.Value.FindText("Type")); ok && !t.resource(m, property, yield) {
				return
			}
		}
	}
}

// resource yields what one resource gives the buckets or queues that its property names.
func (t *template) resource(m policies.Member, property string, yield func(sources.Policy, error) bool) bool {
	named := m.Value.Find("Properties", property)
	switch {
	case isIntrinsic(m.Value.Find("Properties")) || isIntrinsic(&m.Value):
		return yield(t.policy(m.Name, m.Value.Start, t.partitions, t.rewritten(&m.Value)), nil)
	case named == nil:
		kind := m.Value.FindText("Type")
		return yield(sources.Policy{}, t.file.Fault(m.Start, "", "%s: %s has no %s", m.Name, kind, property))
	case property == "Queues" && named.Type == policies.List:
		for i := range named.Items {
			if !yield(t.attached(m, &named.Items[i]), nil) {
				return false
			}
		}
		return true
	}
	return yield(t.attached(m, named), nil)
}

// A making finds out what a template makes of one policy in one world.
type making func(*resolver) ([]partial.Placed, error)

// policy is one of the template's policies.
func (t *template) policy(name string, at int, partitions []string, in making) sources.Policy {
	return sources.Policy{File: t.file, At: at, Name: name, Template: &partial.Template{
		At: at, Owners: t.owners, Partitions: partitions, Place: t.file.Position,
		In: func(u *partial.Unknowns, w partial.World) partial.Case {
			r := newResolver(t, u, w)
			placed, err := in(r)
			if err == nil {
				placed, err = sources.Documents(t.file, placed)
			}
			return partial.Case{Placed: placed, Open: r.open, Err: err}
		}}}
}

// Document is a policy document by itself that may have intrinsics, as before it is put into a template. Nothing is
// known of what they name.
func Document(f *sources.File, root *policies.Value, resource string, given map[string]string) sources.Policy {
	t := newTemplate(f, nil, given)
	return t.policy("", root.Start, t.partitions, func(r *resolver) ([]partial.Placed, error) {
		document, _ := r.resolve(root, 0)
		return []partial.Placed{{ARN: resource, Document: document}}, nil
	})
}

func isIntrinsic(v *policies.Value) bool {
	if v == nil {
		return false
	}
	name, _ := intrinsic(v)
	return name != ""
}

// resources are the template's resources, and what Fn::ForEach makes resources of, once for each loop with its variable
// unknown
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

// attached is what a resource gives the bucket or queue that a property names. The partition is that of the ARNs which
// the policy spells out, or else the file.
func (t *template) attached(m policies.Member, target *policies.Value) sources.Policy {
	at, partitions := m.Start, t.partitions
	if document := m.Value.Find("Properties", "PolicyDocument"); document != nil {
		at = document.Start
		var texts []byte
		document.Each(func(v *policies.Value) { texts = append(append(texts, v.Text...), '\n') })
		if own := sources.Partitions(texts, t.given); len(own) > 0 {
			partitions = own
		}
	}
	return t.policy(m.Name, at, partitions, func(r *resolver) ([]partial.Placed, error) { return r.placed(m, target) })
}

// placed is what a resource gives the bucket or queue that a property names, in one world.
func (r *resolver) placed(m policies.Member, target *policies.Value) ([]partial.Placed, error) {
	kind, document := m.Value.FindText("Type"), m.Value.Find("Properties", "PolicyDocument")
	if condition := m.Value.FindText("Condition"); condition != "" && !r.holds(condition) {
		return nil, nil
	}
	if document == nil {
		return nil, r.Fault(m.Start, "", "%s: no PolicyDocument", m.Name)
	}
	if macro := r.macro(); macro != "" {
		return r.anywhere(m.Value.Start, kind, "macro", macro)
	}
	doc, ok := r.resolve(document, 0)
	if !ok {
		return nil, r.Fault(document.Start, "", "%s: no PolicyDocument", m.Name)
	}
	named, ok := r.resolve(target, 0)
	if !ok {
		return nil, nil
	}
	var all []partial.Placed
	for _, item := range named.OneOrMany() {
		arn, fault := r.target(kind, &item)
		if fault != nil {
			return nil, fault
		}
		all = append(all, partial.Placed{ARN: arn, Document: doc})
	}
	return all, nil
}

// rewritten is a resource that a macro may rewrite altogether.
func (t *template) rewritten(v *policies.Value) making {
	return func(r *resolver) ([]partial.Placed, error) {
		return r.anywhere(v.Start, v.FindText("Type"), "rewritten", "a function in the place of the resource's properties")
	}
}

// anywhere is a policy and a place of which nothing is known.
func (r *resolver) anywhere(at int, kind, id, why string) ([]partial.Placed, error) {
	v := r.Unknown(&policies.Value{Start: at, End: at}, id, why)
	arn, fault := r.target(kind, &v)
	if fault != nil {
		return nil, fault
	}
	return []partial.Placed{{ARN: arn, Document: v}}, nil
}

// harmless are the transforms that leave the policies of buckets and queues as they are
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html).
var harmless = regexp.MustCompile(
	`^AWS::(?:Serverless-|LanguageExtensions$|SecretsManager-|CodeDeployBlueGreen$|ServiceCatalog$)`)

// macro names a transform of the whole template, or of its resources, that may rewrite its policies; or it is "".
func (t *template) macro() string {
	if t.transformed("Resources") || t.root.Find("Fn::Transform") != nil {
		return "Fn::Transform beside the resources"
	}
	transform := t.root.Find("Transform")
	if transform == nil {
		return ""
	}
	for _, item := range transform.OneOrMany() {
		name := item.Text
		if item.Type == policies.Object {
			name = item.FindText("Name")
		}
		if !harmless.MatchString(name) {
			return "the transform " + name
		}
	}
	return ""
}

// transformed tells whether a macro has a whole section of the template in its reach.
func (t *template) transformed(section string) bool {
	return t.root.Find(section, "Fn::Transform") != nil
}
