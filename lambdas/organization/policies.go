package organization

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"locksmith/lambdas/readiness"
	"locksmith/policies/reach"
)

// kinds are the types of policies that bind what an account may do.
var kinds = map[types.PolicyType]reach.Kind{
	types.PolicyTypeServiceControlPolicy:  reach.SCP,
	types.PolicyTypeResourceControlPolicy: reach.RCP,
}

// fullRCP is the policy that AWS attaches to every root, unit and account with the type, and that nobody can detach
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html). So its many
// targets are not asked for.
const fullRCP = "p-RCPFullAWSAccess"

// Controls reads the policies that bind accounts: each document once, and what each is attached to. See
// [readiness.Organization]. The organization may change meanwhile; the next reading sees that.
func (c *Client) Controls(ctx context.Context) (readiness.Controls, error) {
	all := readiness.Controls{Attached: map[string][]*reach.Policy{}, Names: map[string]string{}}
	enabled, err := c.enabled(ctx)
	if err != nil {
		return all, err
	}
	for _, kind := range []types.PolicyType{types.PolicyTypeServiceControlPolicy, types.PolicyTypeResourceControlPolicy} {
		if !enabled[kind] {
			continue
		}
		if err := c.controls(ctx, kind, &all); err != nil {
			return all, err
		}
	}
	all.SCPs = enabled[types.PolicyTypeServiceControlPolicy]
	all.RCPs = enabled[types.PolicyTypeResourceControlPolicy]
	return all, nil
}

// enabled are the types of policies that are in force, or may be: one whose enabling or disabling is under way is.
func (c *Client) enabled(ctx context.Context) (map[types.PolicyType]bool, error) {
	found := map[types.PolicyType]bool{}
	pages := organizations.NewListRootsPaginator(c.organizations, &organizations.ListRootsInput{})
	roots := 0
	for pages.HasMorePages() {
		if err := c.turns[listRoots].Wait(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", listRoots, err)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, classify(listRoots, err)
		}
		for _, root := range page.Roots {
			roots++
			for _, t := range root.PolicyTypes {
				found[t.Type] = true
			}
		}
	}
	if roots != 1 {
		return nil, fmt.Errorf("%s: %d roots: want one", listRoots, roots)
	}
	return found, nil
}

// controls reads the policies of one type.
func (c *Client) controls(ctx context.Context, kind types.PolicyType, all *readiness.Controls) error {
	pages := organizations.NewListPoliciesPaginator(c.organizations,
		&organizations.ListPoliciesInput{Filter: kind, MaxResults: aws.Int32(20)})
	for pages.HasMorePages() {
		if err := c.turns[listPolicies].Wait(ctx); err != nil {
			return fmt.Errorf("%s: %w", listPolicies, err)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return classify(listPolicies, err)
		}
		for _, summary := range page.Policies {
			if err := c.control(ctx, kinds[kind], summary, all); err != nil {
				return err
			}
		}
	}
	return nil
}

// control reads one policy. One that is attached to nothing is not read.
func (c *Client) control(ctx context.Context, kind reach.Kind, s types.PolicySummary, all *readiness.Controls) error {
	id, everywhere := aws.ToString(s.Id), aws.ToString(s.Id) == fullRCP && s.AwsManaged
	var targets []string
	var err error
	if !everywhere {
		if targets, err = c.targets(ctx, id, all.Names); err != nil || len(targets) == 0 {
			return err
		}
	}
	if err := c.turns[describePolicy].Wait(ctx); err != nil {
		return fmt.Errorf("%s: %w", describePolicy, err)
	}
	out, err := c.organizations.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: &id})
	if err != nil {
		return classify(describePolicy, err)
	}
	if out.Policy == nil {
		return fmt.Errorf("%s: policy %s: no answer", describePolicy, id)
	}
	policy := reach.NewPolicy(id, aws.ToString(s.Name), kind, aws.ToString(out.Policy.Content))
	if everywhere {
		all.Everywhere = append(all.Everywhere, policy)
	}
	for _, target := range targets {
		all.Attached[target] = append(all.Attached[target], policy)
	}
	return nil
}

// targets are what a policy is attached to, with their names.
func (c *Client) targets(ctx context.Context, id string, names map[string]string) (targets []string, err error) {
	pages := organizations.NewListTargetsForPolicyPaginator(c.organizations,
		&organizations.ListTargetsForPolicyInput{PolicyId: &id, MaxResults: aws.Int32(20)})
	for pages.HasMorePages() {
		if err := c.turns[listTargets].Wait(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", listTargets, err)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, classify(listTargets, err)
		}
		for _, t := range page.Targets {
			target := aws.ToString(t.TargetId)
			targets = append(targets, target)
			if name := aws.ToString(t.Name); name != "" {
				names[target] = name
			}
		}
	}
	return targets, nil
}
