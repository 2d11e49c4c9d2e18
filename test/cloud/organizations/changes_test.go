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

// A writer changes policies, one and the same most of the time.
type writer struct {
	*sdk.Client
	ctx  context.Context
	unit string
	id   string
}

func (w *writer) create(name string) error {
	made, err := w.CreatePolicy(w.ctx, &sdk.CreatePolicyInput{Name: &name, Description: aws.String("d"),
		Type: types.PolicyTypeServiceControlPolicy, Content: aws.String(denyUnlock)})
	if err == nil {
		w.id = *made.Policy.PolicySummary.Id
	}
	return err
}

func (w *writer) attach() error {
	_, err := w.AttachPolicy(w.ctx, &sdk.AttachPolicyInput{PolicyId: &w.id, TargetId: &w.unit})
	return err
}

func (w *writer) detach(id string) error {
	_, err := w.DetachPolicy(w.ctx, &sdk.DetachPolicyInput{PolicyId: &id, TargetId: &w.unit})
	return err
}

func (w *writer) remove() error {
	_, err := w.DeletePolicy(w.ctx, &sdk.DeletePolicyInput{PolicyId: &w.id})
	return err
}

func (w *writer) update(id, content string) error {
	_, err := w.UpdatePolicy(w.ctx, &sdk.UpdatePolicyInput{PolicyId: &id, Content: &content})
	return err
}

// TestPoliciesByTheirLife: made, attached, changed, detached and deleted, with each refusal on the way.
func TestPoliciesByTheirLife(t *testing.T) {
	p := place.New(t)
	p.PutUnit("ou-a1b2-11111111", organizations.RootID, "sandboxes")
	w := &writer{Client: client(p, management), ctx: t.Context(), unit: "ou-a1b2-11111111"}
	if err := w.create("NoRoot"); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		do   func() error
		want string
	}{
		{w.attach, "ok"}, {w.attach, "DuplicatePolicyAttachmentException"},
		{func() error { return w.create("NoRoot") }, "DuplicatePolicyException"},
		{w.remove, "PolicyInUseException"},
		{func() error { return w.detach("p-FullAWSAccess") }, "ok"},
		{func() error { return w.detach(w.id) }, "ConstraintViolationException"}, // the last one
		{func() error { return w.detach("p-FullAWSAccess") }, "PolicyNotAttachedException"},
		{func() error { return w.detach("p-RCPFullAWSAccess") }, "ConstraintViolationException"},
		{func() error { return w.update("p-FullAWSAccess", denyUnlock) }, "InvalidInputException"},
		{func() error { return w.update(w.id, "{") }, "MalformedPolicyDocumentException"},
		{func() error { return w.update(w.id, strings.Replace(denyUnlock, "s3:*", "sqs:*", 1)) }, "ok"},
		{func() error { return w.update(w.id, denyUnlock+strings.Repeat(" ", 10_240)) }, "ConstraintViolationException"},
	} {
		if got := place.Code(step.do()); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	policiesAreListed(t, w)
}

// policiesAreListed looks at the one policy that is left on the unit, by all the calls that tell of it.
func policiesAreListed(t *testing.T, w *writer) {
	said, err := w.DescribePolicy(w.ctx, &sdk.DescribePolicyInput{PolicyId: &w.id})
	if err != nil || !strings.Contains(*said.Policy.Content, "sqs:*") || *said.Policy.PolicySummary.Arn !=
		"arn:aws:organizations::000011112222:policy/o-a1b2c3d4e5/service_control_policy/"+w.id {
		t.Errorf("%+v %v", said, err)
	}
	targets, err := w.ListTargetsForPolicy(w.ctx, &sdk.ListTargetsForPolicyInput{PolicyId: &w.id})
	if err != nil || len(targets.Targets) != 1 || *targets.Targets[0].TargetId != w.unit ||
		targets.Targets[0].Type != types.TargetTypeOrganizationalUnit {
		t.Errorf("%+v %v", targets, err)
	}
	on, err := w.ListPoliciesForTarget(w.ctx, &sdk.ListPoliciesForTargetInput{TargetId: &w.unit,
		Filter: types.PolicyTypeServiceControlPolicy})
	if err != nil || len(on.Policies) != 1 || *on.Policies[0].Id != w.id {
		t.Errorf("%+v %v", on, err)
	}
	all, err := w.ListPolicies(w.ctx, &sdk.ListPoliciesInput{Filter: types.PolicyTypeServiceControlPolicy})
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

// TestTags: accounts and policies have them, and lose them again.
func TestTags(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, management), t.Context()
	id := p.Attach("SERVICE_CONTROL_POLICY", owner, "NoRoot", denyUnlock)
	for _, what := range []string{owner, id} {
		if _, err := c.TagResource(ctx, &sdk.TagResourceInput{ResourceId: &what,
			Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"),
				Value: aws.String("2")}}}); err != nil {
			t.Error(err)
		}
		if _, err := c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceId: &what, TagKeys: []string{"a"}}); err != nil {
			t.Error(err)
		}
		left, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: &what})
		if err != nil || len(left.Tags) != 1 || *left.Tags[0].Key != "b" || *left.Tags[0].Value != "2" {
			t.Errorf("%s: %+v %v", what, left, err)
		}
	}
}

// TestClosedAccounts: the management account closes a member, whose root nobody can assume from then on.
func TestClosedAccounts(t *testing.T) {
	p := place.New(t)
	c, ctx := client(p, management), t.Context()
	for i, want := range []string{"ok", "AccountAlreadyClosedException"} {
		_, err := c.CloseAccount(ctx, &sdk.CloseAccountInput{AccountId: aws.String(owner)})
		if got := place.Code(err); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	out, err := c.DescribeAccount(ctx, &sdk.DescribeAccountInput{AccountId: aws.String(owner)})
	if err != nil || out.Account.State != types.AccountStatePendingClosure {
		t.Errorf("%+v %v", out, err)
	}
	for _, state := range []string{organizations.PendingClosure, organizations.Suspended, organizations.Closed,
		organizations.PendingActivation, organizations.Active} {
		p.PutAccount(organizations.Account{Number: owner, State: state})
		want := "AccessDenied"
		if state == organizations.Active {
			want = "ok"
		}
		_, err := place.Assume(p.As(central, "us-east-1"), owner, "S3UnlockBucketPolicy", 60)
		if got := place.Code(err); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
}
