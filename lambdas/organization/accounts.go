package organization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// Accounts is one page of the organization's accounts, in whatever state, of at most 20. The token next is "" for the
// first page; rest is the token of the page that follows, "" after the last. A page may be empty and not be the last.
func (c *Client) Accounts(ctx context.Context, next string) (page []remedy.Account, rest string, err error) {
	if err := c.turns[listAccounts].Wait(ctx); err != nil {
		return nil, "", fmt.Errorf("%s: %w", listAccounts, err)
	}
	in := &organizations.ListAccountsInput{MaxResults: aws.Int32(20)}
	if next != "" {
		in.NextToken = &next
	}
	out, err := c.organizations.ListAccounts(ctx, in)
	if err != nil {
		return nil, "", classify(listAccounts, err)
	}
	for _, a := range out.Accounts {
		account, err := c.account(ctx, a)
		if err != nil {
			return nil, "", err
		}
		page = append(page, account)
	}
	return page, aws.ToString(out.NextToken), nil
}

// Account is what Organizations says now of an account. The errors are those of [remedy.Directory].
func (c *Client) Account(ctx context.Context, number string) (remedy.Account, error) {
	if err := c.turns[describeAccount].Wait(ctx); err != nil {
		return remedy.Account{}, fmt.Errorf("%s: %w", describeAccount, err)
	}
	out, err := c.organizations.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: &number})
	if err != nil {
		return remedy.Account{}, classify(describeAccount, err)
	}
	if out.Account == nil {
		return remedy.Account{}, fmt.Errorf("%s: account %s: no answer", describeAccount, number)
	}
	return c.account(ctx, *out.Account)
}

// account reads what else belongs to an account: the units above it, and its tags where they are asked for.
func (c *Client) account(ctx context.Context, a types.Account) (remedy.Account, error) {
	number := aws.ToString(a.Id)
	account := remedy.Account{Name: aws.ToString(a.Name), State: string(a.State),
		Account: allowlist.Account{Number: number, Units: above(a.Paths), Known: true}}
	if account.State != remedy.Active {
		return account, nil // nothing is done in it
	}
	var err error
	if len(account.Units) == 0 {
		if account.Units, err = c.parents(ctx, number); err != nil {
			return remedy.Account{}, err
		}
	}
	if c.Tags {
		account.Tags, err = c.tags(ctx, number)
	}
	return account, err
}

// above are the root and the units of an account's paths, such as o-a1b2c3d4e5/r-a1b2/ou-a1b2-11111111/111122223333/,
// from the root down.
func above(paths []string) (units []string) {
	for _, path := range paths {
		for part := range strings.SplitSeq(path, "/") {
			unit := strings.HasPrefix(part, "r-") || strings.HasPrefix(part, "ou-")
			if unit && !slices.Contains(units, part) {
				units = append(units, part)
			}
		}
	}
	return units
}

// deepest is how many units may be above an account: a root and five units
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
const deepest = 6

// parents asks for what is above an account step by step, as the answer had no paths. They are from the root down.
func (c *Client) parents(ctx context.Context, child string) (units []string, err error) {
	for range deepest {
		if err := c.turns[listParents].Wait(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", listParents, err)
		}
		out, err := c.organizations.ListParents(ctx, &organizations.ListParentsInput{ChildId: &child})
		if err != nil {
			return nil, classify(listParents, err)
		}
		if len(out.Parents) != 1 {
			return nil, fmt.Errorf("%s: %d parents of %s: want one", listParents, len(out.Parents), child)
		}
		child = aws.ToString(out.Parents[0].Id)
		units = slices.Insert(units, 0, child)
		if out.Parents[0].Type == types.ParentTypeRoot {
			return units, nil
		}
	}
	return nil, fmt.Errorf("%s: no root within %d steps above %s", listParents, deepest, units[len(units)-1])
}

// tags are all tags of an account. An account without any has an empty map.
func (c *Client) tags(ctx context.Context, number string) (map[string]string, error) {
	tags := map[string]string{}
	pages := organizations.NewListTagsForResourcePaginator(c.organizations,
		&organizations.ListTagsForResourceInput{ResourceId: &number})
	for pages.HasMorePages() {
		if err := c.turns[listTagsForResource].Wait(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", listTagsForResource, err)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, classify(listTagsForResource, err)
		}
		for _, t := range page.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return tags, nil
}

// absent and forbidden are the codes that no retry mends
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html). Any other may pass.
var (
	absent    = []string{"AccountNotFoundException", "TargetNotFoundException", "ChildNotFoundException"}
	forbidden = []string{"AccessDeniedException", "AccessDenied", "AWSOrganizationsNotInUseException"}
)

// classify turns what the SDK returns into what a directory's callers understand. Request ids are left out: people are
// told the same again only where the text is another.
func classify(call string, err error) error {
	var said smithy.APIError
	if !errors.As(err, &said) {
		return fmt.Errorf("%s: %w", call, err)
	}
	answer := fmt.Errorf("%s: %s: %s", call, said.ErrorCode(), remedy.Scrub(said.ErrorMessage()))
	switch {
	case slices.Contains(absent, said.ErrorCode()):
		return fmt.Errorf("%s: %w", call, remedy.ErrNoMember)
	case slices.Contains(forbidden, said.ErrorCode()):
		return &remedy.Refusal{Cause: remedy.NoDirectory, Err: answer}
	}
	return answer
}
