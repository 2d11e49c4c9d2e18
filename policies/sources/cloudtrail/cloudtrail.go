// Package cloudtrail reads CloudTrail records for calls that give a bucket or a queue a policy.
//
// One table says which calls those are and where each puts the policy (watched.go). [Parse] reads a record by it, and
// [EventPattern] is the EventBridge pattern of the rules by it, so the two cannot drift apart. The Lambda functions
// that follow events use these; [Policies] is for the linter, which finds the same records in files.
//
// A record that cannot be understood must never look like one that asks for nothing. So Parse answers a *[NothingToDo]
// only for what is in order: a call that failed, a policy that was removed.
package cloudtrail
