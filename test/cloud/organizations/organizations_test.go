package organizations_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner      = place.Owner
	central    = place.Central
	management = "000011112222"
)

func client(p *place.Place, key string) *sdk.Client {
	return sdk.NewFromConfig(p.As(key, "us-east-1"))
}

// grow makes a tree: a unit in a unit, and 41 accounts in the inner one.
func grow(p *place.Place) {
	p.PutUnit("ou-a1b2-11111111", organizations.RootID, "sandboxes")
	p.PutUnit("ou-a1b2-22222222", "ou-a1b2-11111111", "inner")
	for i := range 41 {
		p.PutAccount(organizations.Account{Number: fmt.Sprintf("2000000000%02d", i), Parent: "ou-a1b2-22222222",
			Name: fmt.Sprintf("sandbox %d", i), Tags: map[string]string{"stage": "sandbox"}})
	}
}

// TestListAccounts: 20 a page, the management account among them, each with its state and path.
func TestListAccounts(t *testing.T) {
	p := place.New(t)
	grow(p)
	p.PutAccount(organizations.Account{Number: "200000000040", Parent: "ou-a1b2-22222222",
		State: organizations.Suspended})
	c, seen, pages := client(p, central), map[string]types.Account{}, 0
	all := sdk.NewListAccountsPaginator(c, &sdk.ListAccountsInput{})
	for all.HasMorePages() {
		page, err := all.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pages++
		if len(page.Accounts) > 20 {
			t.Errorf("a page of %d", len(page.Accounts))
		}
		for _, a := range page.Accounts {
			seen[*a.Id] = a
		}
	}
	if pages != 3 || len(seen) != 44 { // 41, the owner, the management account and the delegated administrator
		t.Errorf("%d pages, %d accounts", pages, len(seen))
	}
	for number, want := range map[string][2]string{
		management:     {"ACTIVE", "o-a1b2c3d4e5/r-a1b2/000011112222/"},
		owner:          {"ACTIVE", "o-a1b2c3d4e5/r-a1b2/111122223333/"},
		"200000000040": {"SUSPENDED", "o-a1b2c3d4e5/r-a1b2/ou-a1b2-11111111/ou-a1b2-22222222/200000000040/"},
	} {
		if a := seen[number]; string(a.State) != want[0] || len(a.Paths) != 1 || a.Paths[0] != want[1] {
			t.Errorf("%s: %s %s", number, a.State, a.Paths)
		}
	}
}

// TestWhoMayRead: the management account and delegated administrators, and of the organization itself every member.
func TestWhoMayRead(t *testing.T) {
	p := place.New(t)
	p.Leave("444455556666")
	for _, row := range []struct{ key, list, describe string }{
		{management, "ok", "ok"},
		{central + ".role.Locksmith", "ok", "ok"},
		{owner + ".role.Admin", "AccessDeniedException", "ok"},
		{"444455556666", "AWSOrganizationsNotInUseException", "AWSOrganizationsNotInUseException"},
		{"AKIAEXAMPLE", "UnrecognizedClientException", "UnrecognizedClientException"},
	} {
		c := client(p, row.key)
		_, err := c.ListAccounts(context.Background(), nil)
		_, err2 := c.DescribeOrganization(context.Background(), nil)
		if place.Code(err) != row.list || place.Code(err2) != row.describe {
			t.Errorf("%s: %v, %v", row.key, err, err2)
		}
	}
}

// TestTree walks from the root down, and up again.
func TestTree(t *testing.T) {
	p := place.New(t)
	grow(p)
	c, ctx := client(p, management), t.Context()
	roots, err := c.ListRoots(ctx, nil)
	if err != nil || len(roots.Roots) != 1 || *roots.Roots[0].Id != "r-a1b2" ||
		*roots.Roots[0].Arn != "arn:aws:organizations::000011112222:root/o-a1b2c3d4e5/r-a1b2" {
		t.Fatalf("%+v %v", roots, err)
	}
	units, err := c.ListOrganizationalUnitsForParent(ctx,
		&sdk.ListOrganizationalUnitsForParentInput{ParentId: roots.Roots[0].Id})
	if err != nil || len(units.OrganizationalUnits) != 1 || *units.OrganizationalUnits[0].Name != "sandboxes" {
		t.Fatalf("%+v %v", units, err)
	}
	inner, err := c.DescribeOrganizationalUnit(ctx,
		&sdk.DescribeOrganizationalUnitInput{OrganizationalUnitId: aws.String("ou-a1b2-22222222")})
	if err != nil || *inner.OrganizationalUnit.Path != "o-a1b2c3d4e5/r-a1b2/ou-a1b2-11111111/ou-a1b2-22222222/" {
		t.Errorf("%+v %v", inner, err)
	}
	first, err := c.ListAccountsForParent(ctx, &sdk.ListAccountsForParentInput{ParentId: aws.String("ou-a1b2-22222222"),
		MaxResults: aws.Int32(3)})
	if err != nil || len(first.Accounts) != 3 || first.NextToken == nil {
		t.Errorf("%+v %v", first, err)
	}
	children, err := c.ListChildren(ctx, &sdk.ListChildrenInput{ParentId: aws.String("ou-a1b2-11111111"),
		ChildType: types.ChildTypeOrganizationalUnit})
	if err != nil || len(children.Children) != 1 || *children.Children[0].Id != "ou-a1b2-22222222" {
		t.Errorf("%+v %v", children, err)
	}
	parents, err := c.ListParents(ctx, &sdk.ListParentsInput{ChildId: first.Accounts[0].Id})
	if err != nil || len(parents.Parents) != 1 || *parents.Parents[0].Id != "ou-a1b2-22222222" ||
		parents.Parents[0].Type != types.ParentTypeOrganizationalUnit {
		t.Errorf("%+v %v", parents, err)
	}
	tags, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: first.Accounts[0].Id})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "stage" || *tags.Tags[0].Value != "sandbox" {
		t.Errorf("%+v %v", tags, err)
	}
}

// TestNothingThere: each error has its own name.
func TestNothingThere(t *testing.T) {
	p := place.New(t)
	c, ctx, none := client(p, management), t.Context(), aws.String("999999999999")
	_, account := c.DescribeAccount(ctx, &sdk.DescribeAccountInput{AccountId: none})
	_, target := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: none})
	_, child := c.ListParents(ctx, &sdk.ListParentsInput{ChildId: none})
	_, parent := c.ListAccountsForParent(ctx, &sdk.ListAccountsForParentInput{ParentId: aws.String("ou-a1b2-99999999")})
	_, token := c.ListAccounts(ctx, &sdk.ListAccountsInput{NextToken: aws.String("nonsense")})
	for want, err := range map[string]error{"AccountNotFoundException": account, "TargetNotFoundException": target,
		"ChildNotFoundException": child, "ParentNotFoundException": parent, "InvalidInputException": token} {
		if got := place.Code(err); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestEmptyPages: a list may begin with nothing, and go on all the same.
func TestEmptyPages(t *testing.T) {
	p := place.New(t)
	p.EmptyPages(true)
	first, err := client(p, central).ListAccounts(t.Context(), nil)
	if err != nil || len(first.Accounts) != 0 || first.NextToken == nil {
		t.Fatalf("%+v %v", first, err)
	}
	rest, err := client(p, central).ListAccounts(t.Context(), &sdk.ListAccountsInput{NextToken: first.NextToken})
	if err != nil || len(rest.Accounts) != 3 || rest.NextToken != nil {
		t.Errorf("%+v %v", rest, err)
	}
}

// TestAccountsComeIntoBeing when they are first used, by a key, a resource or a session.
func TestAccountsComeIntoBeing(t *testing.T) {
	p := place.New(t)
	p.PutBucket("333344445555", place.Region, "theirs")
	p.CreateTopic("444455556666", place.Region, "topic")
	_, _ = client(p, "555566667777").ListRoots(t.Context(), nil)
	_, _ = place.Assume(p.As(central, "us-east-1"), "666677778888", "S3UnlockBucketPolicy", 60)
	for _, number := range []string{"333344445555", "444455556666", "555566667777", "666677778888"} {
		out, err := client(p, central).DescribeAccount(t.Context(), &sdk.DescribeAccountInput{AccountId: &number})
		if err != nil || out.Account.State != types.AccountStateActive {
			t.Errorf("%s: %v", number, err)
		}
	}
}
