// Package cloudformation reads CloudFormation templates, in JSON and YAML, for the bucket and queue policies in them.
//
// [Policies] yields each AWS::S3::BucketPolicy, AWS::SQS::QueuePolicy and AWS::SQS::QueueInlinePolicy as a template
// that can be resolved in any world: an owner, a partition, and how the conditions turn out that the file leaves
// open. Resolving is CloudFormation's own work done with what the file holds. Intrinsic functions are evaluated
// (intrinsics.go, functions.go), references followed (references.go, names.go), conditions decided (conditions.go).
// What the file does not tell becomes a hole in the text: a parameter without a default, an import, a name that
// CloudFormation makes up, whatever a macro may do. Nothing is guessed.
//
// A parameter has its default, unless a value is given, since that is what the stack gets where nobody says otherwise.
// Nested stacks are templates of their own. [ReadYAML] reads YAML as CloudFormation does, with the short forms of the
// functions; package yaml is used here and nowhere else.
package cloudformation
