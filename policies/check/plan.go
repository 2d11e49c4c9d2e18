package main

import (
	"strings"

	"locksmith/policies"
)

// isPlan tells whether a file is a Terraform plan or state as JSON
// (https://developer.hashicorp.com/terraform/internals/json-format).
func isPlan(root *policies.Value) bool {
	return member(root, "format_version") != nil &&
		(member(root, "planned_values") != nil || member(root, "resource_changes") != nil || member(root, "values", "root_module") != nil)
}

// A planned resource is what a plan says of one address.
type planned struct {
	address, kind string
	values        *policies.Value // nil where they are not told
	unknown       *policies.Value // what is known after apply only: true, or an object of the same shape
	configured    policies.Truth  // whether the configuration sets the policy
	at            int
}

// judgePlan judges every bucket and queue policy in a plan.
func (o *options) judgePlan(f *file, root *policies.Value, r *report) {
	for _, p := range plannedIn(root) {
		policy, target := member(p.values, "policy"), "bucket"
		switch p.kind {
		case "aws_s3_bucket_policy":
		case "aws_sqs_queue_policy":
			target = "queue_url"
		case "aws_s3_bucket", "aws_sqs_queue":
			// Here a policy that the configuration does not set is computed: it shows what the resource has, or will have from elsewhere.
			if p.configured == policies.No || p.configured == policies.Unknown && empty(policy) {
				continue
			}
			if p.kind == "aws_sqs_queue" {
				target = "name"
			}
		default:
			continue
		}
		switch {
		case policy != nil && policy.Type == policies.String && strings.TrimSpace(policy.Text) == "":
			continue // no policy
		case empty(policy) && !p.later("policy"):
			continue
		}
		o.judgePlanned(f, p, policy, target, r)
	}
}

func empty(v *policies.Value) bool { return v == nil || v.Type == policies.NullVal }

// later tells whether a value is known after apply only.
func (p *planned) later(name string) bool {
	v := p.unknown
	if v != nil && v.Type == policies.Object {
		v = member(v, name)
	}
	return v != nil && v.Text != "false"
}

func (o *options) judgePlanned(f *file, p planned, policy *policies.Value, target string, r *report) {
	a := attachment{name: p.address, at: p.at}
	text := ""
	if !empty(policy) {
		a.at, text = policy.Start, policy.Text
	}
	a.in = func(r *resolver) ([]placed, *fault) {
		named := p.value(r, target)
		arn, fault := p.arn(r, &named)
		return []placed{{arn, p.value(r, "policy")}}, fault
	}
	o.judge(o.newTemplate(f, nil, []byte(text)), a, r)
}

// value is one of the resource's values, unknown where it is known after apply only.
func (p *planned) value(r *resolver, name string) policies.Value {
	if v := member(p.values, name); !empty(v) && !p.later(name) {
		return *v
	}
	return policies.Value{Type: unknown, Text: r.hole(p.address+"."+name, p.address+"."+name+" (known after apply)", p.at), Start: p.at, End: p.at}
}

// arn is the ARN of the bucket or queue that has the policy; named is its name, for a queue policy its URL.
func (p *planned) arn(r *resolver, named *policies.Value) (string, *fault) {
	switch p.kind {
	case "aws_sqs_queue_policy":
		return r.target("AWS::SQS::QueuePolicy", named)
	case "aws_sqs_queue":
		if arn := textAt(p.values, "arn"); anyARN.MatchString(arn) {
			return arn, nil
		}
		region := p.value(r, "region")
		return r.queueARN(region.Text, r.account, named.Text), nil
	}
	return r.target("AWS::S3::BucketPolicy", named)
}

// plannedIn lists the resources of a plan: those of its planned values, and changes to others.
func plannedIn(root *policies.Value) []planned {
	var all []planned
	at := map[string]int{}
	configured := configuration(member(root, "configuration", "root_module"), "", map[string]bool{})
	add := func(v, values *policies.Value) {
		p := planned{address: textAt(v, "address"), kind: textAt(v, "type"), values: values, at: v.Start, configured: policies.Unknown}
		if textAt(v, "mode") == "data" {
			return
		}
		if set, known := configured[withoutKeys(p.address)]; known {
			p.configured = policies.No
			if set {
				p.configured = policies.Yes
			}
		}
		at[p.address] = len(all)
		all = append(all, p)
	}
	for _, values := range []string{"planned_values", "values"} {
		inModule(member(root, values, "root_module"), func(v *policies.Value) { add(v, member(v, "values")) })
	}
	changes := member(root, "resource_changes")
	if changes == nil {
		return all
	}
	for i := range changes.Items {
		v := &changes.Items[i]
		after := member(v, "change", "after")
		n, known := at[textAt(v, "address")]
		if !known && !empty(after) {
			add(v, after)
			n, known = at[textAt(v, "address")]
		}
		if known && textAt(v, "mode") != "data" {
			all[n].unknown = member(v, "change", "after_unknown")
		}
	}
	return all
}

// inModule visits the resources of a module and of the modules in it.
func inModule(v *policies.Value, visit func(*policies.Value)) {
	if resources := member(v, "resources"); resources != nil {
		for i := range resources.Items {
			visit(&resources.Items[i])
		}
	}
	if modules := member(v, "child_modules"); modules != nil {
		for i := range modules.Items {
			inModule(&modules.Items[i], visit)
		}
	}
}

// configuration tells for each address, without keys of count and for_each, whether the configuration sets a policy there.
func configuration(module *policies.Value, prefix string, set map[string]bool) map[string]bool {
	if resources := member(module, "resources"); resources != nil {
		for i := range resources.Items {
			v := &resources.Items[i]
			set[prefix+textAt(v, "address")] = member(v, "expressions", "policy") != nil
		}
	}
	if calls := member(module, "module_calls"); calls != nil {
		for _, call := range calls.Members {
			configuration(member(&call.Value, "module"), prefix+"module."+call.Name+".", set)
		}
	}
	return set
}

// withoutKeys is an address without the keys of count and for_each: module.a["x"].aws_sqs_queue.q[0] is module.a.aws_sqs_queue.q.
func withoutKeys(address string) string {
	var out strings.Builder
	for rest := address; ; {
		before, after, found := strings.Cut(rest, "[")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		end := strings.IndexByte(after, ']')
		if strings.HasPrefix(after, `"`) {
			end = closing(after)
		}
		if end < 0 {
			return out.String()
		}
		rest = after[end+1:]
	}
}

// closing is where the bracket after a quoted key stands, or -1.
func closing(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if s[i+1:] != "" && s[i+1] == ']' {
				return i + 1
			}
			return -1
		}
	}
	return -1
}
