package front

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// forget puts a unique id in the place of an ARN in the Principal and NotPrincipal elements of a policy. What stands in
// conditions stays as it is.
func forget(policy, arn, id string) string {
	if !strings.Contains(policy, arn) {
		return policy
	}
	root, err := policies.ReadJSON([]byte(policy))
	if err != nil {
		return policy
	}
	places := principals(root, arn, false)
	slices.SortFunc(places, func(a, b *policies.Value) int { return b.Start - a.Start }) // from behind
	for _, at := range places {
		policy = policy[:at.Start] + `"` + id + `"` + policy[at.End:]
	}
	return policy
}

// principals are the places of a text among the principals of a policy.
func principals(v *policies.Value, text string, inside bool) (found []*policies.Value) {
	if inside && v.Type == policies.String && v.Text == text {
		return []*policies.Value{v}
	}
	for i := range v.Members {
		m := &v.Members[i]
		here := inside || m.Name == "Principal" || m.Name == "NotPrincipal"
		found = append(found, principals(&m.Value, text, here && m.Name != "Condition")...)
	}
	for i := range v.Items {
		found = append(found, principals(&v.Items[i], text, inside)...)
	}
	return found
}
