// Package organization asks AWS Organizations: which accounts there are, which units hold them, which policies bind
// them, and what of the root access of members is switched on.
//
// Organizations has one endpoint in each partition, in us-east-1 for aws
// (https://docs.aws.amazon.com/general/latest/gr/ao.html). A delegated administrator of any service may call what is
// called here (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html).
package organization

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"locksmith/lambdas/pace"
)

// A Client asks Organizations. Several goroutines may use it: they share its rates.
type Client struct {
	// Tags says that the tags of accounts are read, too, by a call for each. It is set before the first call.
	Tags bool

	organizations *organizations.Client
	turns         map[string]*pace.Limiter // by operation
}

// New makes a Client that calls with the configuration's credentials.
func New(cfg aws.Config) *Client {
	c := &Client{turns: map[string]*pace.Limiter{}}
	c.organizations = organizations.NewFromConfig(cfg, func(o *organizations.Options) { o.Region = "us-east-1" })
	for _, r := range rates() {
		c.turns[r.Name] = r.New()
	}
	return c
}

// Raise multiplies the rates, for an organization whose quotas are as much higher. It is called before the first call.
func (c *Client) Raise(times int) {
	for _, r := range rates() {
		r.PerSecond, r.Burst = r.PerSecond*float64(times), r.Burst*times
		c.turns[r.Name] = r.New()
	}
}

// The operations that have a rate.
const (
	listAccounts        = "organizations:ListAccounts"
	describeAccount     = "organizations:DescribeAccount"
	listParents         = "organizations:ListParents"
	listTagsForResource = "organizations:ListTagsForResource"
	listRoots           = "organizations:ListRoots"
	listPolicies        = "organizations:ListPolicies"
	listTargets         = "organizations:ListTargetsForPolicy"
	describePolicy      = "organizations:DescribePolicy"
	listDelegates       = "organizations:ListDelegatedAdministrators"
	listServiceAccess   = "organizations:ListAWSServiceAccessForOrganization"
)

// rates are Organizations' own, less than half of each, since others call it too
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits).
func rates() []pace.Rate {
	const source = "Organizations' throttling limits: "
	return []pace.Rate{
		{Name: listAccounts, PerSecond: 3, Burst: 5, Source: source + "8 a second, burst 12"},
		{Name: describeAccount, PerSecond: 8, Burst: 12, Source: source + "20 a second, burst 30"},
		{Name: listParents, PerSecond: 2, Burst: 3, Source: source + "5 a second, burst 8"},
		{Name: listTagsForResource, PerSecond: 4, Burst: 6, Source: source + "10 a second, burst 15"},
		{Name: listRoots, PerSecond: 0.4, Burst: 1, Source: source + "1 a second, burst 2"},
		{Name: listPolicies, PerSecond: 2, Burst: 3, Source: source + "5 a second, burst 8"},
		{Name: listTargets, PerSecond: 2, Burst: 3, Source: source + "5 a second, burst 8"},
		{Name: describePolicy, PerSecond: 0.8, Burst: 1, Source: source + "2 a second, burst 2"},
		{Name: listDelegates, PerSecond: 2, Burst: 3, Source: source + "5 a second, burst 8"},
		{Name: listServiceAccess, PerSecond: 0.4, Burst: 1, Source: "no rate at hand: as slow as the slowest of the others"},
	}
}
