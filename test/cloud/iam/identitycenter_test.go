package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"locksmith/test/cloud/front"
	"locksmith/test/cloud/place"
)

// TestIdentityCenter: its roles come and go with the assignments, each time with another suffix, and only by itself.
func TestIdentityCenter(t *testing.T) {
	p := place.New(t)
	first := p.Assign(owner, "Admins")
	if !strings.HasPrefix(first, "AWSReservedSSO_Admins_") || len(first) != len("AWSReservedSSO_Admins_")+16 {
		t.Errorf("%s", first)
	}
	key := owner + ".role." + first
	me, err := client(p, key).GetRole(t.Context(), &sdk.GetRoleInput{RoleName: &first})
	if err != nil || *me.Role.Arn != "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/"+first {
		t.Errorf("%+v %v", me, err)
	}
	_, err = client(p, owner).DeleteRole(t.Context(), &sdk.DeleteRoleInput{RoleName: &first})
	if place.Code(err) != "UnmodifiableEntity" {
		t.Errorf("deleted by hand: %v", err)
	}
	p.Unassign(owner, first)
	if got := place.Code(place.GetBucketPolicy(p.As(key, place.Region))); got != "InvalidAccessKeyId" {
		t.Errorf("unassigned: %s", got)
	}
	if second := p.Assign(owner, "Admins"); second == first {
		t.Errorf("the same again: %s", second)
	}
	events := p.Events()
	for _, part := range []string{`"eventName":"DeleteRole"`, `"requestParameters":{"roleName":"` + first + `"}`,
		`"invokedBy":"sso.amazonaws.com"`, `"sourceIPAddress":"sso.amazonaws.com"`, `"awsRegion":"us-east-1"`,
		`"arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSSO/AWS-SSO"`} {
		if !strings.Contains(string(events[2]), part) {
			t.Errorf("no %s: %s", part, events[2])
		}
	}
}

// TestServiceLinkedRoles are bound by no policy of the organization.
func TestServiceLinkedRoles(t *testing.T) {
	p := place.New(t)
	p.Assign(owner, "Admins") // which makes Identity Center's own role
	p.Attach(front.SCP, owner, "x",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
	p.Attach(front.RCP, owner, "y",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`)
	linked := p.As(owner+".role.AWSServiceRoleForSSO", place.Region)
	if got := place.Code(place.GetBucketPolicy(linked)); got != "NoSuchBucketPolicy" {
		t.Errorf("linked to a service: %s", got)
	}
	if got := place.Code(place.GetBucketPolicy(p.As(owner, place.Region))); got != "AccessDenied" {
		t.Errorf("an ordinary user: %s", got)
	}
	in := &sdk.GetRoleInput{RoleName: aws.String("AWSServiceRoleForSSO")}
	if _, err := sdk.NewFromConfig(linked).GetRole(t.Context(), in); err != nil {
		t.Error(err)
	}
}
