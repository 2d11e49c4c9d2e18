package organizations

import (
	"net/http"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// summary is a policy as the API's lists show it.
type summary struct {
	Id, Arn, Name, Description, Type string
	AwsManaged                       bool
}

func (t *Tree) summary(p *policy) summary {
	return summary{p.id, t.policyARN(p), p.name, p.description, p.kind, p.managed}
}

// whole is a policy as the API describes it.
func (t *Tree) whole(p *policy) any {
	return map[string]any{"Policy": map[string]any{"PolicySummary": t.summary(p), "Content": p.content}}
}

// kindOf checks a type of policies. The other types that AWS has do not concern this one.
func kindOf(kind string) *front.Error {
	if _, known := kinds[kind]; !known {
		return front.Refuse("NotImplemented", "this AWS knows no policies of the type "+kind, http.StatusNotImplemented)
	}
	return nil
}

func listPolicies(r *request, in input) (any, *front.Error) {
	if err := kindOf(in.Filter); err != nil {
		return nil, err
	}
	var all []summary
	for _, p := range r.policies {
		if p.kind == in.Filter {
			all = append(all, r.summary(p))
		}
	}
	slices.SortFunc(all, func(a, b summary) int { return strings.Compare(a.Id, b.Id) })
	part, next, err := page(r, "ListPolicies "+in.Filter, in, all)
	return list("Policies", part, next), err
}

func listPoliciesForTarget(r *request, in input) (any, *front.Error) {
	n := r.present(in.TargetId)
	if n == nil {
		return nil, notFound("Target", "a target")
	}
	if err := kindOf(in.Filter); err != nil {
		return nil, err
	}
	var all []summary
	for _, p := range n.of(in.Filter) {
		all = append(all, r.summary(p))
	}
	part, next, err := page(r, "ListPoliciesForTarget "+n.id+in.Filter, in, all)
	return list("Policies", part, next), err
}

func listTargets(r *request, in input) (any, *front.Error) {
	p := r.policies[in.PolicyId]
	if p == nil {
		return nil, notFound("Policy", "a policy")
	}
	type target struct{ TargetId, Arn, Name, Type string }
	var all []target
	for _, id := range p.targets {
		n := r.nodes[id]
		all = append(all, target{n.id, r.arn(n), n.name, n.kind})
	}
	part, next, err := page(r, "ListTargetsForPolicy "+p.id, in, all)
	return list("Targets", part, next), err
}

func describePolicy(r *request, in input) (any, *front.Error) {
	p := r.policies[in.PolicyId]
	if p == nil {
		return nil, notFound("Policy", "a policy")
	}
	return r.whole(p), nil
}

func createPolicy(r *request, in input) (any, *front.Error) {
	if err := kindOf(in.Type); err != nil {
		return nil, err
	}
	p := &policy{id: "p-" + front.RandomID(5), name: in.Name, kind: in.Type, content: in.Content}
	if in.Description != nil {
		p.description = *in.Description
	}
	switch err := checkContent(in.Type, in.Content); {
	case in.Name == "":
		return nil, refuse("InvalidInputException/MIN_LENGTH_EXCEEDED", "You specified an empty name.")
	case r.named(in.Type, in.Name) != nil:
		return nil, duplicatePolicy()
	case err != nil:
		return nil, err
	}
	p.tags = tagged(p.tags, in.Tags)
	return r.whole(r.keep(p)), nil
}

func duplicatePolicy() *front.Error {
	return refuse("DuplicatePolicyException", "A policy with the specified name and type already exists.")
}

func updatePolicy(r *request, in input) (any, *front.Error) {
	p, err := r.ours(in.PolicyId)
	if err != nil {
		return nil, err
	}
	if in.Content != "" {
		if err := checkContent(p.kind, in.Content); err != nil {
			return nil, err
		}
		p.content = in.Content
	}
	if other := r.named(p.kind, in.Name); other != nil && other != p {
		return nil, duplicatePolicy()
	}
	if in.Name != "" {
		p.name = in.Name
	}
	if in.Description != nil {
		p.description = *in.Description
	}
	return r.whole(r.keep(p)), nil
}

// ours finds a policy that may be changed: AWS's own may not.
func (r *request) ours(id string) (*policy, *front.Error) {
	switch p := r.policies[id]; {
	case p == nil:
		return nil, notFound("Policy", "a policy")
	case p.managed:
		return nil, refuse("InvalidInputException/IMMUTABLE_POLICY", "You can't modify an AWS managed policy.")
	default:
		return p, nil
	}
}

func deletePolicy(r *request, in input) (any, *front.Error) {
	p, err := r.ours(in.PolicyId)
	switch {
	case err != nil:
		return nil, err
	case len(p.targets) > 0:
		return nil, refuse("PolicyInUseException", "The policy is attached to one or more entities. You must detach it "+
			"from all roots, OUs, and accounts before performing this operation.")
	}
	delete(r.policies, p.id)
	return nil, nil
}

// most is how many policies of a type may be attached to one node, and longest how many characters one may have. For
// SCPs both were doubled in May 2026 (https://docs.aws.amazon.com/organizations/latest/userguide/
// orgs_reference_limits.html).
var (
	most    = map[string]int{front.SCP: 10, front.RCP: 5}
	longest = map[string]int{front.SCP: 10_240, front.RCP: 5_120}
)

func attachPolicy(r *request, in input) (any, *front.Error) {
	p, n := r.policies[in.PolicyId], r.present(in.TargetId)
	switch {
	case p == nil:
		return nil, notFound("Policy", "a policy")
	case n == nil:
		return nil, notFound("Target", "a target")
	case !r.enabled[p.kind]:
		return nil, refuse("PolicyTypeNotEnabledException",
			"This operation can be performed only for enabled policy types.")
	case slices.Contains(p.targets, n.id):
		return nil, refuse("DuplicatePolicyAttachmentException",
			"The selected policy is already attached to the specified target.")
	case len(n.of(p.kind)) >= most[p.kind]:
		return nil, refuse("ConstraintViolationException/MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
			"You have attached the maximum number of policies to the specified target.")
	}
	r.attach(p, n)
	return nil, nil
}

func detachPolicy(r *request, in input) (any, *front.Error) {
	p, n := r.policies[in.PolicyId], r.present(in.TargetId)
	switch {
	case p == nil:
		return nil, notFound("Policy", "a policy")
	case n == nil:
		return nil, notFound("Target", "a target")
	case !slices.Contains(p.targets, n.id):
		return nil, refuse("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
	case p.id == fullRCPAccess || len(n.of(p.kind)) == 1:
		return nil, refuse("ConstraintViolationException/MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
			"You cannot remove the last policy attached to the specified target. You must have at least one attached "+
				"at all times.")
	}
	r.detach(p, n)
	return nil, nil
}

// checkContent says what Organizations would refuse about a policy's text. What an RCP may say is from
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html.
func checkContent(kind, text string) *front.Error {
	malformed := func(why string) *front.Error {
		return refuse("MalformedPolicyDocumentException", "The provided policy document does not meet the "+
			"requirements of the specified policy type: "+why)
	}
	if len(text) > longest[kind] {
		return refuse("ConstraintViolationException/POLICY_CONTENT_LIMIT_EXCEEDED",
			"You have exceeded the maximum policy size.")
	}
	doc, err := policies.Parse([]byte(text))
	switch {
	case err != nil:
		return malformed(err.Error())
	case len(doc.Problems) > 0:
		return malformed(doc.Problems[0].String())
	}
	for i := range doc.Statements {
		if why := checkStatement(kind, &doc.Statements[i]); why != "" {
			return malformed("statement " + doc.Statements[i].Label() + ": " + why)
		}
	}
	return nil
}

func checkStatement(kind string, s *policies.Statement) string {
	everyone := s.Principal != nil && !s.Principal.Not && s.Principal.Everyone
	switch {
	case len(s.Problems) > 0:
		return s.Problems[0].String()
	case s.Resource == nil:
		return "Resource is missing"
	case kind == front.SCP && s.Principal != nil:
		return "Principal is not supported"
	case kind == front.SCP:
		return ""
	case s.Effect != policies.Deny:
		return "only Deny is supported"
	case !everyone:
		return "Principal must be *"
	case s.Action.Not:
		return "NotAction is not supported"
	case slices.Contains(s.Action.Values, "*"):
		return "an action must name a service"
	}
	return ""
}
