package chaos

import (
	"fmt"

	"locksmith/policies"
)

// An outsider is one sender that has nothing to do with the owning account.
var outsiders = []policies.Caller{
	{Kind: policies.Anonymous},
	{Kind: policies.User, ARN: "arn:aws:iam::888877776666:user/eve"},
	{Kind: policies.Role, ARN: "arn:aws:iam::888877776666:role/Eve", Session: "eve"},
	{Kind: policies.Service, ARN: "sns.amazonaws.com"},
}

// requests are a sample of what outsiders may try on a resource.
func (r resource) requests() (all []policies.Request) {
	actions := []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:PutBucketPolicy"}
	if r.queue() {
		actions = []string{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:SetQueueAttributes"}
	}
	for _, caller := range outsiders {
		for _, action := range actions {
			for _, secure := range []string{"true", "false"} {
				for _, arn := range []string{r.arn, r.arn + "/x"} {
					context := policies.Context{}
					context.Set("aws:SecureTransport", secure)
					context.Set("aws:SourceIp", "203.0.113.9")
					if caller.ARN != "" && caller.Kind != policies.Service {
						context.Set("aws:PrincipalArn", caller.ARN)
						context.Set("aws:PrincipalAccount", "888877776666")
					}
					if caller.Kind == policies.Service {
						context.Set("aws:SourceArn", "arn:aws:sns:eu-central-1:"+r.account+":t")
					}
					all = append(all, policies.Request{Caller: caller, Action: action, Resource: arn, Context: context})
				}
			}
		}
	}
	return all
}

// compare: nobody from outside can do after an act of ours what they could not do before it. What somebody has put
// right before the act is not looked at: it was not weighed. Nor is what a person wants anyway, unless it has to stay
// closed.
func (w *world) compare(arn, before string, closed bool) {
	after := w.cloud.Policy(arn)
	for _, r := range w.resources {
		if r.arn == arn && before != "" && !w.silent[arn] && after != before && w.unseen(r) {
			w.mu.Lock()
			w.raced = append(w.raced, lost{arn, before})
			w.mu.Unlock()
		}
		if !closed || r.arn != arn || after == "" || after == before || w.unseen(r) {
			continue
		}
		for _, request := range r.requests() {
			if lets(after, request) && !lets(before, request) {
				w.breaks("nobody from outside is let in: %v can %s on %s by %s, and not by %q", request.Caller,
					request.Action, request.Resource, after, before)
				return
			}
		}
	}
}

// lets tells whether a policy lets a request in, as the concrete evaluator says.
func lets(policy string, r policies.Request) bool {
	if policy == "" {
		return false
	}
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		panic(fmt.Sprintf("policy %q: %v", policy, err))
	}
	return doc.Evaluate(r).Effect == policies.Allowed
}
