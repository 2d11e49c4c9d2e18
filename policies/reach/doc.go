// Package reach says whether an organization's policies let a root session through, before one is needed.
//
// A root session acts as the root user of a member account, and the organization's policies bind it: service control
// policies (SCPs) of its account, and resource control policies (RCPs) of the resource's account, which here is the
// same. To be opened, it also has to pass the SCPs of the caller's account, and the RCPs of the member
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html,
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html,
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html).
//
// # What is asked
//
// One [Call]: an action, in one account and Region, on every bucket or queue that the account could have. What is not
// known before the call, such as its address, the names of resources or their tags, is left open. So each question
// stands for very many requests, and one is answered for all of them.
//
// # What is answered
//
// [Reachable] is a proof: no request of them all is stopped, whatever is left open. [Blocked] says that each of them
// is, and by which statement at which unit. [Partly] shows a resource for which each is. Everything else is
// [CannotTell], with what it hangs on. Whatever this package does not know leads there, never to Reachable.
//
// # How
//
// A statement is asked with values that stand for sets of requests: it matches all of them, none, or it is not known.
// Keys that hang together are treated apart, which only ever makes more of them unknown. Resource patterns are run over
// all possible names at once.
package reach
