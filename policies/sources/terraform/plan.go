// Package terraform reads Terraform plans and states, as terraform show -json writes them, for the bucket and queue
// policies in them.
//
// [Policies] yields the policy of each aws_s3_bucket_policy and aws_sqs_queue_policy, and of each aws_s3_bucket and
// aws_sqs_queue whose configuration sets one. A plan has all values filled in, so a policy has one form. What the
// provider knows after apply only is unknown, not empty.
//
// The file is read as it stands, with a place for each value, since a finding has to say where in it the statement is.
package terraform

import (
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
	"locksmith/policies/sources"
)

// Recognizes tells whether a file is a Terraform plan or state as JSON
// (https://developer.hashicorp.com/terraform/internals/json-format).
func Recognizes(root *policies.Value) bool {
	return root.Find("format_version") != nil && (root.Find("planned_values") != nil ||
		root.Find("resource_changes") != nil || root.Find("values", "root_module") != nil)
}

// A planned resource is what a plan says of one address.
type planned struct {
	address, kind string
	values        *policies.Value // nil where they are not told
	unknown       *policies.Value // what is known after apply only: true, or an object of the same shape
	configured    policies.Truth  // whether the configuration sets the policy
	at            int
}

// Policies yields every bucket and queue policy in a plan. Given are values of what stands for the whole file, such as
// AWS::Region, by name.
func Policies(f *sources.File, root *policies.Value, given map[string]string) sources.Policies {
	return func(yield func(sources.Policy, error) bool) {
		for _, p := range plannedIn(root) {
			if target := p.target(); target != "" && !yield(p.policy(f, target, given), nil) {
				return
			}
		}
	}
}

// target is the value that names the bucket or queue which the resource gives a policy; "" where it gives none.
func (p *planned) target() (target string) {
	policy := p.values.Find("policy")
	switch p.kind {
	case "aws_s3_bucket_policy":
		target = "bucket"
	case "aws_sqs_queue_policy":
		target = "queue_url"
	case "aws_s3_bucket", "aws_sqs_queue":
		// Here a policy that the configuration does not set is computed. It shows what the resource has, or will have from
		// elsewhere.
		if p.configured == policies.No || p.configured == policies.Unknown && empty(policy) {
			return ""
		}
		target = "bucket"
		if p.kind == "aws_sqs_queue" {
			target = "name"
		}
	}
	none := policy != nil && policy.Type == policies.String && strings.TrimSpace(policy.Text) == ""
	if none || empty(policy) && !p.later("policy") {
		return ""
	}
	return target
}

func empty(v *policies.Value) bool { return v == nil || v.Type == policies.NullVal }

// later tells whether a value is known after apply only.
func (p *planned) later(name string) bool {
	v := p.unknown
	if v != nil && v.Type == policies.Object {
		v = v.Find(name)
	}
	return v != nil && v.Text != "false"
}

// policy is the resource's policy. Its text names the accounts and partitions that it may be meant for.
func (p *planned) policy(f *sources.File, target string, given map[string]string) sources.Policy {
	at, text := p.at, ""
	if policy := p.values.Find("policy"); !empty(policy) {
		at, text = policy.Start, policy.Text
	}
	in := func(u *partial.Unknowns, w partial.World) partial.Case {
		r := sources.Resolution{File: f, Unknowns: u, World: w}
		named := p.value(r, target)
		arn, fault := p.arn(r, &named)
		if fault != nil {
			return partial.Case{Err: fault}
		}
		placed, err := sources.Documents(f, []partial.Placed{{ARN: arn, Document: p.value(r, "policy")}})
		return partial.Case{Placed: placed, Err: err}
	}
	return sources.Policy{File: f, At: at, Name: p.address, Template: &partial.Template{At: at, In: in, Place: f.Position,
		Owners: partial.OwnersIn([]byte(text)), Partitions: sources.PartitionsOrAWS([]byte(text), given)}}
}

// value is one of the resource's values, unknown where it is known after apply only.
func (p *planned) value(r sources.Resolution, name string) policies.Value {
	if v := p.values.Find(name); !empty(v) && !p.later(name) {
		return *v
	}
	id := p.address + "." + name
	return r.Unknown(&policies.Value{Start: p.at, End: p.at}, id, id+" (known after apply)")
}

// arn is the ARN of the bucket or queue that has the policy; named is its name, for a queue policy its URL.
func (p *planned) arn(r sources.Resolution, named *policies.Value) (string, *sources.Fault) {
	switch p.kind {
	case "aws_sqs_queue_policy":
		return r.Queue(named)
	case "aws_sqs_queue":
		if arn := p.values.FindText("arn"); partial.IsResource(arn) {
			return arn, nil
		}
		region := p.value(r, "region")
		return r.QueueARN(region.Text, r.Account, named.Text), nil
	}
	return r.Bucket(named)
}
