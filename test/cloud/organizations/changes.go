package organizations

import (
	"encoding/json"
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// record tells CloudTrail of a change, in the management account's us-east-1. The members of requests and answers begin
// with small letters there.
func (r *request) record(call string, in input, result any, refused *front.Error) {
	c := front.Record{Call: call, Parameters: in.recorded(), Refused: refused}
	if result != nil {
		c.Response = small(result)
	}
	r.Record(c)
}

// small is an answer with the names of its members begun with a small letter.
func small(v any) any {
	text, _ := json.Marshal(v) // an answer always marshals
	var read any
	_ = json.Unmarshal(text, &read)
	return smallNames(read)
}

func smallNames(v any) any {
	switch v := v.(type) {
	case map[string]any:
		named := map[string]any{}
		for name, value := range v {
			named[strings.ToLower(name[:1])+name[1:]] = smallNames(value)
		}
		return named
	case []any:
		for i := range v {
			v[i] = smallNames(v[i])
		}
	}
	return v
}

// recorded are the parameters that a request has, as a record shows them.
func (in input) recorded() map[string]any {
	p := map[string]any{}
	for name, value := range map[string]string{"accountId": in.AccountId, "parentId": in.ParentId,
		"targetId": in.TargetId, "resourceId": in.ResourceId, "sourceParentId": in.SourceParentId,
		"destinationParentId": in.DestinationParentId, "policyId": in.PolicyId, "policyType": in.PolicyType,
		"type": in.Type, "name": in.Name, "content": in.Content, "servicePrincipal": in.ServicePrincipal,
		"rootId": in.RootId} {
		if value != "" {
			p[name] = value
		}
	}
	if in.Description != nil {
		p["description"] = *in.Description
	}
	var tags []any
	for _, t := range in.Tags {
		tags = append(tags, map[string]string{"key": t.Key, "value": t.Value})
	}
	if tags != nil {
		p["tags"] = tags
	}
	if in.TagKeys != nil {
		p["tagKeys"] = in.TagKeys
	}
	return p
}

func createUnit(r *request, in input) (any, *front.Error) {
	above := r.above(in.ParentId)
	switch {
	case above == nil:
		return nil, notFound("Parent", "a parent")
	case in.Name == "":
		return nil, refuse("InvalidInputException/MIN_LENGTH_EXCEEDED", "You specified an empty name.")
	case strings.Count(r.path(above), "/ou-") >= 5:
		return nil, refuse("ConstraintViolationException/OU_DEPTH_LIMIT_EXCEEDED",
			"You have exceeded the number of nested levels of organizational units.")
	case slices.ContainsFunc(above.children, func(id string) bool {
		return r.nodes[id].kind == isUnit && r.nodes[id].name == in.Name
	}):
		return nil, refuse("DuplicateOrganizationalUnitException",
			"An organizational unit with the same name already exists under this parent.")
	}
	n := &node{id: "ou-" + RootID[2:] + "-" + front.RandomID(4), kind: isUnit, name: in.Name, parent: above.id}
	r.add(n)
	n.tags = tagged(n.tags, in.Tags)
	return map[string]any{"OrganizationalUnit": r.shownUnit(n)}, nil
}

func moveAccount(r *request, in input) (any, *front.Error) {
	n, from, to := r.present(in.AccountId), r.above(in.SourceParentId), r.above(in.DestinationParentId)
	switch {
	case n == nil || n.kind != isAccount:
		return nil, notFound("Account", "an account")
	case from == nil || n.parent != from.id:
		return nil, refuse("SourceParentNotFoundException", "You specified a source parent that doesn't hold the account.")
	case to == nil:
		return nil, refuse("DestinationParentNotFoundException", "You specified a destination parent that doesn't exist.")
	case to == from:
		return nil, refuse("DuplicateAccountException", "The account is already present in the specified destination.")
	}
	r.move(n, to.id)
	return nil, nil
}

// tagged are tags with others set among them.
func tagged(tags map[string]string, others []tag) map[string]string {
	if tags == nil {
		tags = map[string]string{}
	}
	for _, t := range others {
		tags[t.Key] = t.Value
	}
	return tags
}

// tagsOf are the tags of a node or a policy, and how to set them; nil where there is neither.
func (r *request) tagsOf(id string) (tags map[string]string, set func(map[string]string)) {
	if n := r.present(id); n != nil {
		return n.tags, func(tags map[string]string) { n.tags = tags }
	}
	if p := r.policies[id]; p != nil && !p.managed {
		return p.tags, func(tags map[string]string) { p.tags = tags }
	}
	return nil, nil
}

func tagResource(r *request, in input) (any, *front.Error) {
	tags, set := r.tagsOf(in.ResourceId)
	if set == nil {
		return nil, notFound("Target", "a target")
	}
	set(tagged(tags, in.Tags))
	return nil, nil
}

func untagResource(r *request, in input) (any, *front.Error) {
	tags, set := r.tagsOf(in.ResourceId)
	if set == nil {
		return nil, notFound("Target", "a target")
	}
	for _, key := range in.TagKeys {
		delete(tags, key)
	}
	return nil, nil
}

// closeAccount leaves an account closing. AWS suspends it soon after, and closes it in 90 days; here it stays so
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html).
func closeAccount(r *request, in input) (any, *front.Error) {
	switch n := r.present(in.AccountId); {
	case n == nil || n.kind != isAccount:
		return nil, notFound("Account", "an account")
	case n.id == r.front.Config().ManagementAccount:
		return nil, refuse("ConstraintViolationException/CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
			"You attempted to close the management account.")
	case n.state != Active:
		return nil, refuse("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
	default:
		n.state = PendingClosure
	}
	return nil, nil
}

func enablePolicyType(r *request, in input) (any, *front.Error) { return r.switchType(in, true) }

func disablePolicyType(r *request, in input) (any, *front.Error) { return r.switchType(in, false) }

func (r *request) switchType(in input, on bool) (any, *front.Error) {
	if err := kindOf(in.PolicyType); err != nil {
		return nil, err
	}
	switch {
	case in.RootId != RootID:
		return nil, notFound("Root", "a root")
	case on && r.enabled[in.PolicyType]:
		return nil, refuse("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
	case !on && !r.enabled[in.PolicyType]:
		return nil, refuse("PolicyTypeNotEnabledException",
			"This operation can be performed only for enabled policy types.")
	}
	r.enable(in.PolicyType, on)
	return map[string]any{"Root": r.shownRoot()}, nil
}
