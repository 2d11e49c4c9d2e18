package organizations

import "locksmith/test/cloud/front"

// PublishedLimits are how often an account may call Organizations, as AWS publishes it
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits). They are
// in force where a test sets them by [front.Front.Limit].
func PublishedLimits() []front.Limit {
	limit := func(action string, perSecond float64, burst int) front.Limit {
		return front.Limit{Service: "organizations", Action: action, PerSecond: perSecond, Burst: burst}
	}
	return []front.Limit{
		limit("ListAccounts", 8, 12),
		limit("DescribeAccount", 20, 30),
		limit("ListParents", 5, 8),
		limit("ListAccountsForParent", 5, 8),
		limit("ListRoots", 1, 2),
		limit("DescribePolicy", 2, 2),
		limit("ListPolicies", 5, 8),
		limit("ListPoliciesForTarget", 5, 8),
		limit("ListTargetsForPolicy", 5, 8),
		limit("ListTagsForResource", 10, 15),
		limit("ListDelegatedAdministrators", 5, 8),
	}
}
