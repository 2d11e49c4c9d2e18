package cloudformation

import (
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
	"locksmith/policies/sources"
)

// reference is Ref of a resource: what that is depends on its type.
func (r *resolver) reference(at *policies.Value, id string) policies.Value {
	switch r.kind(id) {
	case "AWS::S3::Bucket":
		return at.Becomes(r.name(id, "BucketName"))
	case "AWS::SQS::Queue":
		return at.Becomes(r.queueURL(id))
	case "AWS::IAM::Role":
		return at.Becomes(r.name(id, "RoleName"))
	case "AWS::IAM::User":
		return at.Becomes(r.name(id, "UserName"))
	case "AWS::SNS::Topic":
		return at.Becomes(r.someARN(id, "the reference to "+id, at.Start))
	case "":
		return r.Unknown(at, id, "the undeclared "+id)
	}
	return at.Becomes(r.Hole(id, "the reference to "+id, at.Start))
}

// attribute is an attribute of a resource.
func (r *resolver) attribute(at *policies.Value, id, attribute string) policies.Value {
	iam := "arn:" + r.Partition + ":iam::" + r.Account + ":"
	switch r.kind(id) + " " + attribute {
	case "AWS::S3::Bucket Arn":
		return at.Becomes(r.BucketARN(r.name(id, "BucketName")))
	case "AWS::SQS::Queue Arn":
		return at.Becomes(r.QueueARN(r.region(at), r.Account, r.name(id, "QueueName")))
	case "AWS::SQS::Queue QueueName":
		return at.Becomes(r.name(id, "QueueName"))
	case "AWS::SQS::Queue QueueUrl":
		return at.Becomes(r.queueURL(id))
	case "AWS::IAM::Role Arn":
		return r.principal(at, id, iam+"role"+r.path(id)+r.name(id, "RoleName"))
	case "AWS::IAM::User Arn":
		return r.principal(at, id, iam+"user"+r.path(id)+r.name(id, "UserName"))
	}
	// What a custom resource or a nested stack returns is theirs to say.
	kind := r.kind(id)
	theirs := !strings.HasPrefix(kind, "AWS::") || strings.HasPrefix(kind, "AWS::CloudFormation::")
	if !theirs && strings.HasSuffix(attribute, "Arn") {
		return at.Becomes(r.someARN(id+"."+attribute, attribute+" of "+id, at.Start))
	}
	return r.Unknown(at, id+"."+attribute, attribute+" of "+id)
}

// someARN is an ARN of which only the partition is known.
func (r *resolver) someARN(id, why string, at int) string {
	parts := []string{"arn", r.Partition}
	for _, part := range []string{"service", "region", "account", "resource"} {
		parts = append(parts, r.Hole(id+" "+part, why, at))
	}
	return strings.Join(parts, ":")
}

func (r *resolver) principal(at *policies.Value, id, arn string) policies.Value {
	r.Exists(id, arn)
	return at.Becomes(arn)
}

func (r *resolver) kind(id string) string { return r.root.FindText("Resources", id, "Type") }

// name is the name of a resource: what its property says, or a hole where CloudFormation makes one up
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html).
func (r *resolver) name(id, property string) string {
	if name, ok := r.names[id]; ok {
		return name
	}
	resource := r.root.Find("Resources", id)
	made := r.Hole(id, "the name of "+id, resource.Start)
	declared := resource.Find("Properties", property)
	switch {
	case isIntrinsic(resource) || isIntrinsic(resource.Find("Properties")) || r.busy[id]:
		// A macro's, or named after itself.
		return r.Hole(id+"."+property, property+" of "+id, resource.Start)
	case declared == nil:
		return made
	}
	r.busy[id] = true
	defer delete(r.busy, id)
	v, ok := r.resolve(declared, 0)
	switch {
	case !ok:
		r.names[id] = made
	case v.Type == policies.String || v.Type == partial.Unknown:
		r.names[id] = v.Text
	default:
		r.names[id] = r.Hole(id+"."+property, property+" of "+id, declared.Start)
	}
	return r.names[id]
}

// path is the path in an IAM name, a slash where there is none.
func (r *resolver) path(id string) string {
	declared := r.root.Find("Resources", id, "Properties", "Path")
	if declared == nil {
		return "/"
	}
	key := "path of " + id
	if r.busy[key] { // it is made of the role's own ARN, which CloudFormation refuses
		return r.Hole(id+".Path", "Path of "+id, declared.Start)
	}
	r.busy[key] = true
	defer delete(r.busy, key)
	v, ok := r.resolve(declared, 0)
	if !ok {
		return "/"
	}
	return v.Text
}

// region is where the stack is.
func (r *resolver) region(at *policies.Value) string { return r.ref(at, "AWS::Region").Text }

// queueURL is what Ref of a queue returns
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html).
func (r *resolver) queueURL(id string) string {
	resource := r.root.Find("Resources", id)
	return "https://sqs." + r.region(resource) + "." + r.suffix() + "/" + r.Account + "/" + r.name(id, "QueueName")
}

// target is the ARN of the bucket or queue that a policy's property names. Buckets are named by name, queues by URL.
func (r *resolver) target(kind string, v *policies.Value) (string, *sources.Fault) {
	if kind == "AWS::S3::BucketPolicy" {
		return r.Bucket(v)
	}
	return r.Queue(v)
}
