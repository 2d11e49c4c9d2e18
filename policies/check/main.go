// Command check judges bucket and queue policies before they are applied, as a linter does.
//
//	go run ./policies/check [flags] FILE…           judges every policy in the files and folders; - is standard input
//	go run ./policies/check -batch [flags] < LINES  judges one policy for each line
//	go run ./policies/check -allowlist FILE         checks an allow list
//
// A file is recognized by what it holds, in JSON or YAML: a policy document, a CloudFormation template, a Terraform
// plan or state (terraform show -json), a CloudTrail record or log file, an EventBridge event. In a folder, files
// ending in .json, .yaml, .yml and .template are looked at. Those that are plainly something else are passed over, as
// are hidden folders and node_modules. A file that is named must be one of these.
//
// Of a template every AWS::S3::BucketPolicy, AWS::SQS::QueuePolicy and AWS::SQS::QueueInlinePolicy is judged. Of a
// plan it is every aws_s3_bucket_policy, aws_sqs_queue_policy, and policy of an aws_s3_bucket or aws_sqs_queue.
// Nested stacks are templates of their own.
//
// # Unknown parts
//
// What a file does not tell is unknown, not empty: a parameter without a default, an import, a name that
// CloudFormation makes up, a macro's result, a value known after apply. A condition that is open is taken both ways.
// With what is still unknown the policy is judged twice: once denying as little as the unknown values allow, once as
// much. Where all agree the verdict stands. Otherwise it is undecided and says what it depends on, and where.
//
// A parameter has its default, unless -parameter NAME=VALUE says otherwise, of pseudo parameters too, such as
// AWS::Region. The partition is that of the ARNs which the policy spells out, or else the file, or aws.
//
// Without -account the owner may be any account that the policy names, or none of them: it is locked only if it is for
// each.
//
// # Exit status
//
// 1: something is locked (lockout or sealed), also when something else could not be read. 2: nothing is locked, but the
// usage or an input is wrong; it says where, and what may be meant. 0: neither. Undecided is not locked.
//
// # Output
//
// For people, one block for each policy, beginning FILE:LINE:COLUMN, and a summary. The place is that of the first
// statement that has to go, or of the policy. Columns count bytes. Unknown parts of names stand in braces:
// arn:aws:s3:::{Bucket}.
//
// With -json, one object on one line, that only ever gains keys:
//
//	{"policies": [{"file", "line", "column", "name"?, "resource", "account"?,
//	   "verdict", "statements"?, "reasons"?, "witness"?}],
//	 "nothingToDo": [{"file", "line", "column", "why"}],
//	 "allowLists": [{"file", "rules"}],
//	 "errors": [{"file", "line"?, "column"?, "error", "hint"?}]}
//
// The lists are always there. Name is a template's logical id, a plan's address or an event's id. Account is the
// owner the verdict is for, and is left out where it is a stand-in for an account that the policy does not name.
// Statements count from 0; verdict, statements, reasons and witness are those of package lockout.
//
// With -sarif, SARIF 2.1.0 for code scanning: an error for each lockout and sealed policy, a warning for each undecided
// one. There columns count characters.
//
// With -batch, a line in is {"id", "resource", "account", "org"?, "now"?, "administrators"?, "policy"}, the policy an
// object or a string, and a line of at most 4 MiB; the flags stand in for keys that are left out. A line out is {"id",
// "verdict", "statements"?, "reasons"?, "witness"?} or {"id", "error"}; id is null where it could not be read.
package main

import (
	"os"

	"locksmith/policies/linter"
)

func main() {
	os.Exit(linter.Run("check", os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
