package iam_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner      = place.Owner
	central    = place.Central
	management = "000011112222"
	trust      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},` +
		`"Action":"sts:AssumeRole"}]}`
)

func client(p *place.Place, key string) *sdk.Client {
	return sdk.NewFromConfig(p.As(key, "eu-central-1"))
}

// TestRolesByTheirLife: made, read and deleted, and made again with another unique id.
func TestRolesByTheirLife(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, owner), t.Context()
	create := &sdk.CreateRoleInput{RoleName: aws.String("Admin"), Path: aws.String("/team/"),
		AssumeRolePolicyDocument: aws.String(trust), Description: aws.String("d"),
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}
	made, err := c.CreateRole(ctx, create)
	if err != nil {
		t.Fatal(err)
	}
	if arn := *made.Role.Arn; arn != "arn:aws:iam::111122223333:role/team/Admin" ||
		!strings.HasPrefix(*made.Role.RoleId, "AROA") || len(*made.Role.RoleId) != 21 {
		t.Errorf("%s %s", arn, *made.Role.RoleId)
	}
	create.RoleName = aws.String("ADMIN")
	if _, err := c.CreateRole(ctx, create); place.Code(err) != "EntityAlreadyExists" {
		t.Errorf("in other letters: %v", err)
	}
	got, err := c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("Admin")})
	if err != nil || *got.Role.Description != "d" || len(got.Role.Tags) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	if text, _ := url.PathUnescape(*got.Role.AssumeRolePolicyDocument); text != trust {
		t.Errorf("%s", text)
	}
	if _, err := c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("Admin")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("Admin")})
	if place.Code(err) != "NoSuchEntity" {
		t.Errorf("deleted: %v", err)
	}
	create.RoleName = aws.String("Admin")
	again, err := c.CreateRole(ctx, create)
	if err != nil || *again.Role.RoleId == *made.Role.RoleId {
		t.Errorf("%+v %v", again, err)
	}
	for _, bad := range []string{"{",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`} {
		_, err := c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("x"), AssumeRolePolicyDocument: &bad})
		if place.Code(err) != "MalformedPolicyDocument" {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestLists: pages by marker, and by path; each account has its own.
func TestLists(t *testing.T) {
	p := place.New(t)
	for i := range 250 {
		p.PutRole(iam.Role{Account: owner, Name: fmt.Sprintf("role-%03d", i), Path: []string{"/", "/a/"}[i%2]})
		p.PutUser(owner, "/", fmt.Sprintf("user-%03d", i))
	}
	p.PutRole(iam.Role{Account: central, Name: "elsewhere"})
	c := client(p, owner+".user.user-000")
	names, pages := map[string]bool{}, 0
	all := sdk.NewListRolesPaginator(c, &sdk.ListRolesInput{})
	for all.HasMorePages() {
		page, err := all.NextPage(t.Context())
		if err != nil || len(page.Roles) > 100 {
			t.Fatalf("%d %v", len(page.Roles), err)
		}
		for _, r := range page.Roles {
			names[*r.Arn] = true
		}
		pages++
	}
	if pages != 3 || len(names) != 250 || !names["arn:aws:iam::111122223333:role/a/role-001"] {
		t.Errorf("%d pages, %d roles", pages, len(names))
	}
	some, err := c.ListRoles(t.Context(), &sdk.ListRolesInput{PathPrefix: aws.String("/a/"), MaxItems: aws.Int32(1000)})
	if err != nil || len(some.Roles) != 125 || some.IsTruncated {
		t.Errorf("by path: %d %v", len(some.Roles), err)
	}
	users, err := c.ListUsers(t.Context(), &sdk.ListUsersInput{MaxItems: aws.Int32(1000)})
	if err != nil || len(users.Users) != 250 || !strings.HasPrefix(*users.Users[0].UserId, "AIDA") {
		t.Errorf("users: %d %v", len(users.Users), err)
	}
}

// TestUsers: made, read by themselves, and deleted; then their keys are nobody's.
func TestUsers(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, owner), t.Context()
	create := &sdk.CreateUserInput{UserName: aws.String("kim"), Path: aws.String("/x/")}
	if _, err := c.CreateUser(ctx, create); err != nil {
		t.Fatal(err)
	}
	kim := client(p, owner+".user.kim")
	me, err := kim.GetUser(ctx, nil)
	if err != nil || *me.User.Arn != "arn:aws:iam::111122223333:user/x/kim" {
		t.Errorf("%+v %v", me, err)
	}
	if _, err := c.DeleteUser(ctx, &sdk.DeleteUserInput{UserName: aws.String("kim")}); err != nil {
		t.Fatal(err)
	}
	if _, err := kim.GetUser(ctx, nil); place.Code(err) != "InvalidClientTokenId" {
		t.Errorf("a key of nobody: %v", err)
	}
	_, err = c.GetUser(ctx, &sdk.GetUserInput{UserName: aws.String("kim")})
	if place.Code(err) != "NoSuchEntity" {
		t.Errorf("deleted: %v", err)
	}
}

// TestDeletedPrincipals: a policy shows the unique id of a principal that is gone, and one of the same name is another.
func TestDeletedPrincipals(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, owner), t.Context()
	p.PutRole(iam.Role{Account: owner, Name: "Admin"})
	arn := "arn:aws:iam::111122223333:role/Admin"
	spared := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":["` + arn +
		`","arn:aws:iam::111122223333:root","arn:aws:sts::111122223333:assumed-role/Admin/session"]},"Action":"s3:*",` +
		`"Resource":"arn:aws:s3:::b","Condition":{"ArnNotEquals":{"aws:PrincipalArn":"` + arn + `x"}}}]}`
	p.SetPolicy("arn:aws:s3:::b", spared)
	get := func() string { return place.Code(place.GetBucketPolicy(p.As(owner+".role.Admin", place.Region))) }
	if got := get(); got != "ok" {
		t.Errorf("while it lives: %s", got)
	}
	role, err := c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("Admin")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("Admin")}); err != nil {
		t.Fatal(err)
	}
	if got := get(); got != "InvalidAccessKeyId" {
		t.Errorf("deleted: %s", got)
	}
	if got, want := p.Policy("arn:aws:s3:::b"), strings.Replace(spared, arn, *role.Role.RoleId, 1); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	p.PutRole(iam.Role{Account: owner, Name: "Admin"})
	if got := get(); got != "AccessDenied" {
		t.Errorf("another of its name: %s", got)
	}
}

// TestPermissions: a role with an identity policy may do what that allows, and no more.
func TestPermissions(t *testing.T) {
	p := place.New(t)
	p.PutRole(iam.Role{Account: owner, Name: "Reader", Permissions: `{"Version":"2012-10-17","Statement":[{` +
		`"Effect":"Allow","Action":["iam:ListRoles","s3:GetBucketPolicy"],"Resource":"*"}]}`})
	reader := client(p, owner+".role.Reader")
	if _, err := reader.ListRoles(t.Context(), nil); err != nil {
		t.Error(err)
	}
	_, err := reader.ListUsers(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "because no identity-based policy allows the iam:ListUsers action") {
		t.Errorf("%v", err)
	}
	cfg := p.As(owner+".role.Reader", place.Region)
	if got := place.Code(place.GetBucketPolicy(cfg)); got != "NoSuchBucketPolicy" {
		t.Errorf("what is allowed: %s", got)
	}
	p.SetPolicy("arn:aws:s3:::b", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":`+
		`{"AWS":"arn:aws:iam::111122223333:role/Reader"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}]}`)
	_, err = s3.NewFromConfig(cfg).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("b")})
	if err != nil {
		t.Errorf("allowed by the bucket: %v", err)
	}
	admin := client(p, owner)
	_, err = admin.DeleteRole(t.Context(), &sdk.DeleteRoleInput{RoleName: aws.String("Reader")})
	if place.Code(err) != "DeleteConflict" {
		t.Errorf("deleted with a policy: %v", err)
	}
	none := &sdk.DeleteRolePolicyInput{RoleName: aws.String("Reader"), PolicyName: aws.String("inline")}
	if _, err := admin.DeleteRolePolicy(t.Context(), none); err != nil {
		t.Error(err)
	}
}

// TestFeatures: who may list and switch what the organization has on, and what then works.
func TestFeatures(t *testing.T) {
	p := place.New(t)
	ctx := t.Context()
	list := func(key string) (string, []types.FeatureType) {
		out, err := client(p, key).ListOrganizationsFeatures(ctx, nil)
		if err != nil {
			return place.Code(err), nil
		}
		return "ok", out.EnabledFeatures
	}
	if got, on := list(central); got != "ok" || len(on) != 2 {
		t.Errorf("%s %v", got, on)
	}
	if got, _ := list(owner); got != "AccountNotManagementOrDelegatedAdministratorException" {
		t.Errorf("a member: %s", got)
	}
	if _, err := client(p, management).DisableOrganizationsRootSessions(ctx, nil); err != nil {
		t.Fatal(err)
	}
	_, err := place.Assume(p.As(central, "us-east-1"), owner, "S3UnlockBucketPolicy", 60)
	if err == nil || !strings.Contains(err.Error(), "Root sessions feature is not enabled") {
		t.Errorf("switched off: %v", err)
	}
	_, err = client(p, central).EnableOrganizationsRootSessions(ctx, nil)
	if place.Code(err) != "CallerIsNotManagementAccountException" {
		t.Errorf("by the delegate: %v", err)
	}
	out, err := client(p, management).EnableOrganizationsRootSessions(ctx, nil)
	if err != nil || len(out.EnabledFeatures) != 2 || *out.OrganizationId != "o-a1b2c3d4e5" {
		t.Errorf("%+v %v", out, err)
	}
	p.TrustedAccess("iam.amazonaws.com", false)
	if got, _ := list(management); got != "ServiceAccessNotEnabledException" {
		t.Errorf("untrusted: %s", got)
	}
	p.Leave("444455556666")
	if got, _ := list("444455556666"); got != "OrganizationNotFoundException" {
		t.Errorf("outside: %s", got)
	}
}

// TestTrail: CloudTrail tells of changes in us-east-1.
func TestTrail(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, owner), t.Context()
	create := &sdk.CreateRoleInput{RoleName: aws.String("Admin"), AssumeRolePolicyDocument: aws.String(trust)}
	_, _ = c.CreateRole(ctx, create)
	_, _ = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("Admin")})
	_, _ = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("Admin")})
	_, _ = client(p, management).DisableOrganizationsRootCredentialsManagement(ctx, nil)
	events := p.Events()
	want := [][]string{
		{`"eventName":"CreateRole"`, `"awsRegion":"us-east-1"`, `"source":"aws.iam"`, `"roleName":"Admin"`,
			`"roleId":"AROAADMIN`, `"account":"111122223333"`},
		{`"eventName":"DeleteRole"`, `"requestParameters":{"roleName":"Admin"}`, `"responseElements":null`},
		{`"errorCode":"NoSuchEntity"`},
		{`"eventName":"DisableOrganizationsRootCredentialsManagement"`, `"enabledFeatures":["RootSessions"]`,
			`"requestParameters":null`, `"account":"000011112222"`},
	}
	if len(events) != len(want) {
		t.Fatalf("%d events", len(events))
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(string(events[i]), part) {
				t.Errorf("event %d has no %s: %s", i, part, events[i])
			}
		}
	}
}
