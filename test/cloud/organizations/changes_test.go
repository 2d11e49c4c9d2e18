package organizations_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
)

const denyUnlock = `{"Version":"2012-10-17","Statement":[{"Sid":"NoRoot","Effect":"Deny","Action":"s3:*","Resource":"*",` +
	`"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`

// TestPoliciesByTheirLife: made, attached, changed, detached and deleted, with each refusal on the way.
func TestPoliciesByTheirLife(t *testing.T) {
	p := place.New(t)
	p.PutUnit("ou-a1b2-11111111", organizations.RootID, "sandboxes")
	c, ctx, unit := client(p, management), t.Context(), aws.String("ou-a1b2-11111111")
	made, err := c.CreatePolicy(ctx, &sdk.CreatePolicyInput{Name: aws.String("NoRoot"), Description: aws.String("d"),
		Type: types.PolicyTypeServiceControlPolicy, Content: aws.String(denyUnlock)})
	if err != nil {
		t.Fatal(err)
	}
	id := made.Policy.PolicySummary.Id
	if arn := *made.Policy.PolicySummary.Arn; arn !=
		"arn:aws:organizations::000011112222:policy/o-a1b2c3d4e5/service_control_policy/"+*id {
		t.Errorf("%s", arn)
	}
	attach := func() error {
		_, err := c.AttachPolicy(ctx, &sdk.AttachPolicyInput{PolicyId: id, TargetId: unit})
		return err
	}
	detach := func(id string) error {
		_, err := c.DetachPolicy(ctx, &sdk.DetachPolicyInput{PolicyId: &id, TargetId: unit})
		return err
	}
	remove := func() error {
		_, err := c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyId: id})
		return err
	}
	again := func() error {
		_, err := c.CreatePolicy(ctx, &sdk.CreatePolicyInput{Name: aws.String("NoRoot"), Description: aws.String(""),
			Type: types.PolicyTypeServiceControlPolicy, Content: aws.String(denyUnlock)})
		return err
	}
	update := func(id, content string) error {
		_, err := c.UpdatePolicy(ctx, &sdk.UpdatePolicyInput{PolicyId: &id, Content: &content})
		return err
	}
	for i, step := range []struct {
		do   func() error
		want string
	}{
		{attach, "ok"}, {attach, "DuplicatePolicyAttachmentException"}, {again, "DuplicatePolicyException"},
		{remove, "PolicyInUseException"},
		{func() error { return detach("p-FullAWSAccess") }, "ok"},
		{func() error { return detach(*id) }, "ConstraintViolationException"}, // the last one
		{func() error { return detach("p-FullAWSAccess") }, "PolicyNotAttachedException"},
		{func() error { return detach("p-RCPFullAWSAccess") }, "ConstraintViolationException"},
		{func() error { return update("p-FullAWSAccess", denyUnlock) }, "InvalidInputException"},
		{func() error { return update(*id, "{") }, "MalformedPolicyDocumentException"},
		{func() error { return update(*id, strings.Replace(denyUnlock, "s3:*", "sqs:*", 1)) }, "ok"},
		{func() error { return update(*id, denyUnlock+strings.Repeat(" ", 10_240)) }, "ConstraintViolationException"},
	} {
		if got := place.Code(step.do()); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	said, err := c.DescribePolicy(ctx, &sdk.DescribePolicyInput{PolicyId: id})
	if err != nil || !strings.Contains(*said.Policy.Content, "sqs:*") {
		t.Errorf("%+v %v", said, err)
	}
	targets, err := c.ListTargetsForPolicy(ctx, &sdk.ListTargetsForPolicyInput{PolicyId: id})
	if err != nil || len(targets.Targets) != 1 || *targets.Targets[0].TargetId != *unit ||
		targets.Targets[0].Type != types.TargetTypeOrganizationalUnit {
		t.Errorf("%+v %v", targets, err)
	}
	on, err := c.ListPoliciesForTarget(ctx, &sdk.ListPoliciesForTargetInput{TargetId: unit,
		Filter: types.PolicyTypeServiceControlPolicy})
	if err != nil || len(on.Policies) != 1 || *on.Policies[0].Id != *id {
		t.Errorf("%+v %v", on, err)
	}
	all, err := c.ListPolicies(ctx, &sdk.ListPoliciesInput{Filter: types.PolicyTypeServiceControlPolicy})
	if err != nil || len(all.Policies) != 2 || all.Policies[0].AwsManaged == all.Policies[1].AwsManaged {
		t.Errorf("%+v %v", all, err)
	}
}

// TestResourceControlPoliciesMayOnlyDeny everybody, and name a service.
func TestResourceControlPoliciesMayOnlyDeny(t *testing.T) {
	p := place.New(t)
	c := client(p, management)
	good := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`
	for i, row := range []struct{ from, to, want string }{
		{"", "", "ok"},
		{`"Deny"`, `"Allow"`, "MalformedPolicyDocumentException"},
		{`"Principal":"*"`, `"Principal":{"AWS":"111122223333"}`, "MalformedPolicyDocumentException"},
		{`"s3:*"`, `"*"`, "MalformedPolicyDocumentException"},
		{`"Action"`, `"NotAction"`, "MalformedPolicyDocumentException"},
	} {
		_, err := c.CreatePolicy(t.Context(), &sdk.CreatePolicyInput{Name: aws.String(fmt.Sprint(i)),
			Description: aws.String(""), Type: types.PolicyTypeResourceControlPolicy,
			Content: aws.String(strings.Replace(good, row.from, row.to, 1))})
		if got := place.Code(err); got != row.want {
			t.Errorf("%s: %s, want %s", row.to, got, row.want)
		}
	}
}

// TestPolicyTypes: switched off, nothing of the type is attached, and nothing can be.
func TestPolicyTypes(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, management), t.Context()
	root, kind := aws.String("r-a1b2"), types.PolicyTypeServiceControlPolicy
	id := p.Attach("SERVICE_CONTROL_POLICY", owner, "NoRoot", denyUnlock)
	off, err := c.DisablePolicyType(ctx, &sdk.DisablePolicyTypeInput{RootId: root, PolicyType: kind})
	if err != nil || len(off.Root.PolicyTypes) != 1 {
		t.Fatalf("%+v %v", off, err)
	}
	_, err = c.AttachPolicy(ctx, &sdk.AttachPolicyInput{PolicyId: &id, TargetId: root})
	if place.Code(err) != "PolicyTypeNotEnabledException" {
		t.Errorf("attached: %v", err)
	}
	if _, err := c.EnablePolicyType(ctx, &sdk.EnablePolicyTypeInput{RootId: root, PolicyType: kind}); err != nil {
		t.Fatal(err)
	}
	on, err := c.ListPoliciesForTarget(ctx, &sdk.ListPoliciesForTargetInput{TargetId: aws.String(owner), Filter: kind})
	if err != nil || len(on.Policies) != 1 || *on.Policies[0].Id != "p-FullAWSAccess" {
		t.Errorf("%+v %v", on, err)
	}
}

// TestDelegation: who is registered may read, and may assume root while the service is trusted.
func TestDelegation(t *testing.T) {
	p := place.New(t)
	c, ctx, other, service := client(p, management), t.Context(), aws.String("222233334444"),
		aws.String("iam.amazonaws.com")
	p.PutAccount(organizations.Account{Number: *other})
	register := &sdk.RegisterDelegatedAdministratorInput{AccountId: other, ServicePrincipal: service}
	if _, err := c.RegisterDelegatedAdministrator(ctx, register); err != nil {
		t.Fatal(err)
	}
	_, err := c.RegisterDelegatedAdministrator(ctx, register)
	if place.Code(err) != "AccountAlreadyRegisteredException" {
		t.Errorf("again: %v", err)
	}
	delegates, err := c.ListDelegatedAdministrators(ctx, &sdk.ListDelegatedAdministratorsInput{ServicePrincipal: service})
	if err != nil || len(delegates.DelegatedAdministrators) != 2 || *delegates.DelegatedAdministrators[0].Id != *other {
		t.Errorf("%+v %v", delegates, err)
	}
	services, err := client(p, *other).ListDelegatedServicesForAccount(ctx,
		&sdk.ListDelegatedServicesForAccountInput{AccountId: other})
	if err != nil || len(services.DelegatedServices) != 1 || *services.DelegatedServices[0].ServicePrincipal != *service {
		t.Errorf("%+v %v", services, err)
	}
	assume := func() string {
		_, err := place.Assume(p.As(*other+".role.Locksmith", "us-east-1"), owner, "S3UnlockBucketPolicy", 60)
		return place.Code(err)
	}
	if got := assume(); got != "ok" {
		t.Errorf("a delegate: %s", got)
	}
	if _, err := c.DisableAWSServiceAccess(ctx, &sdk.DisableAWSServiceAccessInput{ServicePrincipal: service}); err != nil {
		t.Fatal(err)
	}
	trusted, err := c.ListAWSServiceAccessForOrganization(ctx, nil)
	if err != nil || len(trusted.EnabledServicePrincipals) != 0 || assume() != "AccessDenied" {
		t.Errorf("without trusted access: %+v %v %s", trusted, err, assume())
	}
	if _, err := c.EnableAWSServiceAccess(ctx, &sdk.EnableAWSServiceAccessInput{ServicePrincipal: service}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeregisterDelegatedAdministrator(ctx, &sdk.DeregisterDelegatedAdministratorInput{AccountId: other,
		ServicePrincipal: service}); err != nil || assume() != "AccessDenied" {
		t.Errorf("deregistered: %v %s", err, assume())
	}
}

// TestOnlyTheManagementAccountChanges, and CloudTrail tells of it in us-east-1, refused or not.
func TestOnlyTheManagementAccountChanges(t *testing.T) {
	p := place.New(t)
	p.PutUnit("ou-a1b2-11111111", organizations.RootID, "sandboxes")
	move := &sdk.MoveAccountInput{AccountId: aws.String(owner), SourceParentId: aws.String("r-a1b2"),
		DestinationParentId: aws.String("ou-a1b2-11111111")}
	_, err := client(p, central).MoveAccount(context.Background(), move)
	if place.Code(err) != "AccessDeniedException" {
		t.Errorf("a delegate moved: %v", err)
	}
	c := sdk.NewFromConfig(p.As(management+".role.Admin", "eu-central-1"))
	if _, err := c.MoveAccount(context.Background(), move); err != nil {
		t.Fatal(err)
	}
	if _, err := c.MoveAccount(context.Background(), move); place.Code(err) != "SourceParentNotFoundException" {
		t.Errorf("moved twice: %v", err)
	}
	made, err := c.CreateOrganizationalUnit(t.Context(), &sdk.CreateOrganizationalUnitInput{Name: aws.String("new"),
		ParentId: move.DestinationParentId, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.TagResource(t.Context(), &sdk.TagResourceInput{ResourceId: aws.String(owner),
		Tags: []types.Tag{{Key: aws.String("stage"), Value: aws.String("prod")}}}); err != nil {
		t.Fatal(err)
	}
	events := p.Events()
	for i, parts := range [][]string{
		{`"errorCode":"AccessDeniedException"`, `"account":"999988887777"`},
		{`"eventSource":"organizations.amazonaws.com"`, `"eventName":"MoveAccount"`, `"awsRegion":"us-east-1"`,
			`"account":"000011112222"`, `"destinationParentId":"ou-a1b2-11111111"`, `"responseElements":null`},
		{`"errorCode":"SourceParentNotFoundException"`},
		{`"organizationalUnit":{"arn":"arn:aws:organizations::000011112222:ou/`,
			`"id":"` + *made.OrganizationalUnit.Id + `"`},
		{`"eventName":"TagResource"`, `"tags":[{"key":"stage","value":"prod"}]`},
	} {
		for _, part := range parts {
			if !strings.Contains(string(events[i]), part) {
				t.Errorf("event %d has no %s: %s", i, part, events[i])
			}
		}
	}
}
