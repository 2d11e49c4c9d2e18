package main

import (
	"strings"

	"locksmith/policies"
)

// reference is Ref of a resource: what that is depends on its type.
func (r *resolver) reference(at *policies.Value, id string) policies.Value {
	switch r.kind(id) {
	case "AWS::S3::Bucket":
		return text(at, r.name(id, "BucketName"))
	case "AWS::SQS::Queue":
		return text(at, r.queueURL(id))
	case "AWS::IAM::Role":
		return text(at, r.name(id, "RoleName"))
	case "AWS::IAM::User":
		return text(at, r.name(id, "UserName"))
	case "AWS::SNS::Topic":
		return text(at, r.someARN(id, "the reference to "+id, at.Start))
	case "":
		return r.unknown(at, id, "the undeclared "+id)
	}
	return text(at, r.hole(id, "the reference to "+id, at.Start))
}

// attribute is an attribute of a resource.
func (r *resolver) attribute(at *policies.Value, id, attribute string) policies.Value {
	iam := "arn:" + r.partition + ":iam::" + r.account + ":"
	switch r.kind(id) + " " + attribute {
	case "AWS::S3::Bucket Arn":
		return text(at, r.bucketARN(r.name(id, "BucketName")))
	case "AWS::SQS::Queue Arn":
		return text(at, r.queueARN(r.region(at), r.account, r.name(id, "QueueName")))
	case "AWS::SQS::Queue QueueName":
		return text(at, r.name(id, "QueueName"))
	case "AWS::SQS::Queue QueueUrl":
		return text(at, r.queueURL(id))
	case "AWS::IAM::Role Arn":
		return r.principal(at, id, iam+"role"+r.path(id)+r.name(id, "RoleName"))
	case "AWS::IAM::User Arn":
		return r.principal(at, id, iam+"user"+r.path(id)+r.name(id, "UserName"))
	}
	// What a custom resource or a nested stack returns is theirs to say.
	kind := r.kind(id)
	if strings.HasPrefix(kind, "AWS::") && !strings.HasPrefix(kind, "AWS::CloudFormation::") && strings.HasSuffix(attribute, "Arn") {
		return text(at, r.someARN(id+"."+attribute, attribute+" of "+id, at.Start))
	}
	return r.unknown(at, id+"."+attribute, attribute+" of "+id)
}

// someARN is an ARN of which only the partition is known.
func (r *resolver) someARN(id, why string, at int) string {
	parts := []string{"arn", r.partition}
	for _, part := range []string{"service", "region", "account", "resource"} {
		parts = append(parts, r.hole(id+" "+part, why, at))
	}
	return strings.Join(parts, ":")
}

func (r *resolver) principal(at *policies.Value, id, arn string) policies.Value {
	r.exists(id, arn)
	return text(at, arn)
}

func (r *resolver) kind(id string) string { return textAt(r.root, "Resources", id, "Type") }

// name is the name of a resource: what its property says, or a hole where CloudFormation makes one up
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html).
func (r *resolver) name(id, property string) string {
	if name, ok := r.names[id]; ok {
		return name
	}
	resource := member(r.root, "Resources", id)
	made := r.hole(id, "the name of "+id, resource.Start)
	declared := member(resource, "Properties", property)
	switch {
	case intrinsicIn(resource) || intrinsicIn(member(resource, "Properties")) || r.busy[id]: // a macro's, or named after itself
		return r.hole(id+"."+property, property+" of "+id, resource.Start)
	case declared == nil:
		return made
	}
	r.busy[id] = true
	defer delete(r.busy, id)
	v, ok := r.resolve(declared, 0)
	switch {
	case !ok:
		r.names[id] = made
	case v.Type == policies.String || v.Type == unknown:
		r.names[id] = v.Text
	default:
		r.names[id] = r.hole(id+"."+property, property+" of "+id, declared.Start)
	}
	return r.names[id]
}

// path is the path in an IAM name, a slash where there is none.
func (r *resolver) path(id string) string {
	declared := member(r.root, "Resources", id, "Properties", "Path")
	if declared == nil {
		return "/"
	}
	v, ok := r.resolve(declared, 0)
	if !ok {
		return "/"
	}
	return v.Text
}

// region is where the stack is.
func (r *resolver) region(at *policies.Value) string { return r.ref(at, "AWS::Region").Text }

func (w world) bucketARN(name string) string { return "arn:" + w.partition + ":s3:::" + name }

func (w world) queueARN(region, account, name string) string {
	return strings.Join([]string{"arn", w.partition, "sqs", region, account, name}, ":")
}

// queueURL is what Ref of a queue returns
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html).
func (r *resolver) queueURL(id string) string {
	resource := member(r.root, "Resources", id)
	return "https://sqs." + r.region(resource) + "." + r.suffix() + "/" + r.account + "/" + r.name(id, "QueueName")
}

// target is the ARN of the bucket or queue that a policy's property names. Buckets are named by name, queues by URL.
func (r *resolver) target(kind string, v *policies.Value) (string, *fault) {
	if v.Type != policies.String && v.Type != unknown {
		return "", r.fault(v.Start, "", "the bucket or queue of a policy is no text")
	}
	if kind != "AWS::S3::BucketPolicy" {
		return r.queueAt(v.Text, v)
	}
	if v.Text == "" || strings.ContainsAny(v.Text, ":/*?") {
		return "", r.fault(v.Start, "Bucket is a name; did you mean Ref?", "Bucket %q is no bucket's name", r.shown(v.Text))
	}
	return r.bucketARN(v.Text), nil
}

// queueAt is the ARN of the queue at a URL. Older URLs have other hosts
// (https://docs.aws.amazon.com/general/latest/gr/sqs-service.html).
func (r *resolver) queueAt(address string, v *policies.Value) (string, *fault) {
	host, path, isURL := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	account, name, isPath := strings.Cut(path, "/")
	switch {
	case isURL && isPath && !holed(account) && twelveDigits.MatchString(account) && name != "" && !strings.ContainsAny(name, "/:*?"):
		return r.queueARN(r.regionOf(host, v), account, name), nil
	case holed(address) && !strings.HasPrefix(address, "arn:"):
		return r.queueARN(r.hole("Region", "the Region of the queue", v.Start), r.account, r.hole(r.shown(address), "the queue "+r.shown(address), v.Start)), nil
	}
	return "", r.fault(v.Start, "queues are named by URL; did you mean Ref?", "%q is no queue's URL", r.shown(address))
}

func (r *resolver) regionOf(host string, v *policies.Value) string {
	switch parts := strings.Split(host, "."); {
	case parts[0] == "sqs" && len(parts) > 2:
		return parts[1]
	case len(parts) > 2 && parts[1] == "queue":
		return parts[0]
	case host == "queue.amazonaws.com":
		return "us-east-1"
	}
	return r.hole("Region of "+host, "the Region of "+r.shown(host), v.Start)
}
