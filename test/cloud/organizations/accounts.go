package organizations

import (
	"maps"
	"slices"

	"locksmith/test/cloud/front"
)

// account is an account as the API shows it. Status was to be retired in September 2026, and is still there.
type account struct {
	Id, Arn, Email, Name, State, Status, JoinedMethod string
	Paths                                             []string `json:",omitempty"`
	JoinedTimestamp                                   float64
}

func (t *Tree) shown(n *node) account {
	status := n.state
	switch n.state { // Status knows three states only
	case PendingActivation:
		status = Active
	case Closed:
		status = Suspended
	}
	return account{Id: n.id, Arn: t.arn(n), Email: n.id + "@example.com", Name: n.name, State: n.state, Status: status,
		JoinedMethod: "CREATED", Paths: []string{t.path(n)}, JoinedTimestamp: seconds(n.since)}
}

func (t *Tree) shownAll(nodes []*node) []account {
	all := make([]account, len(nodes))
	for i, n := range nodes {
		all[i] = t.shown(n)
	}
	return all
}

func describeOrganization(r *request, _ input) (any, *front.Error) {
	c := r.front.Config()
	manager := r.shown(r.nodes[c.ManagementAccount])
	return map[string]any{"Organization": map[string]any{"Id": c.Organization, "FeatureSet": "ALL",
		"Arn": r.prefix() + "organization/" + c.Organization, "MasterAccountId": manager.Id,
		"MasterAccountArn": manager.Arn, "MasterAccountEmail": manager.Email,
		"AvailablePolicyTypes": []any{map[string]string{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}},
	}}, nil
}

func listAccounts(r *request, in input) (any, *front.Error) {
	part, next, err := page(r, "ListAccounts", in, r.accounts(RootID))
	return list("Accounts", r.shownAll(part), next), err
}

func listAccountsForParent(r *request, in input) (any, *front.Error) {
	above := r.above(in.ParentId)
	if above == nil {
		return nil, notFound("Parent", "a parent")
	}
	var own []*node
	for _, id := range above.children {
		if n := r.nodes[id]; n.kind == isAccount {
			own = append(own, n)
		}
	}
	part, next, err := page(r, "ListAccountsForParent "+above.id, in, own)
	return list("Accounts", r.shownAll(part), next), err
}

func describeAccount(r *request, in input) (any, *front.Error) {
	if !r.member(in.AccountId) {
		return nil, notFound("Account", "an account")
	}
	return map[string]any{"Account": r.shown(r.nodes[in.AccountId])}, nil
}

func listTags(r *request, in input) (any, *front.Error) {
	set, found := r.tagsOf(in.ResourceId)
	if found == nil {
		return nil, notFound("Target", "a target")
	}
	tags := []tag{}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		tags = append(tags, tag{key, set[key]})
	}
	return map[string]any{"Tags": tags}, nil
}

// notFound is the error for what does not exist.
func notFound(code, what string) *front.Error {
	return refuse(code+"NotFoundException", "You specified "+what+" that doesn't exist.")
}

// list is one page of a list. AWS leaves the token out at the end.
func list[T any](name string, part []T, next string) map[string]any {
	answer := map[string]any{name: part}
	if part == nil {
		answer[name] = []T{}
	}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer
}
