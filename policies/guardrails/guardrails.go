// Package guardrails holds the policy documents that the stacks of infra attach. They are files, so that people read
// what is attached and nothing else.
package guardrails

import _ "embed"

//go:embed no-long-term-root.json
var noLongTermRoot string

// NoLongTermRoot is a service control policy. The root users of member accounts may do nothing with a password or
// access keys of their own. Sessions by sts:AssumeRoot pass: they alone carry aws:AssumedRoot
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-assumedroot).
func NoLongTermRoot() string { return noLongTermRoot }

//go:embed central-role.json
var centralRole string

// CentralRole is what the unlock function's role may do beyond its own table, topics and queue. It may assume root,
// with the two task policies that unlock buckets and queues, in every member account. The stack names the accounts of
// the allow list in Resource, unless it is configured for the whole organization
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html).
func CentralRole() string { return centralRole }
