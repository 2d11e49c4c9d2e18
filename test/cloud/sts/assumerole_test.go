package sts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

const readerTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":` +
	`"arn:aws:iam::999988887777:role/Sweep"},"Action":"sts:AssumeRole",` +
	`"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}`

func assumeReader(p *place.Place, key, arn string, seconds int32) (*sts.AssumeRoleOutput, error) {
	in := &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("sweep")}
	if seconds > 0 {
		in.DurationSeconds = &seconds
	}
	return sts.NewFromConfig(p.As(key, "us-east-1")).AssumeRole(context.Background(), in)
}

// TestAssumeRole: the trust policy decides, with what binds the caller from above.
func TestAssumeRole(t *testing.T) {
	const reader = "arn:aws:iam::111122223333:role/locksmith/Reader"
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}]}`
	for _, row := range []struct {
		name, key, arn string
		seconds        int32
		spoil          func(*place.Place)
		code, message  string
	}{
		{"well", central + ".role.Sweep", reader, 0, nil, "ok", ""},
		{"as long as it may", central + ".role.Sweep", reader, 3600, nil, "ok", ""},
		{"another role", central + ".role.Other", reader, 0, nil, "AccessDenied",
			"is not authorized to perform: sts:AssumeRole on resource: " + reader},
		{"without the path", central + ".role.Sweep", "arn:aws:iam::111122223333:role/Reader", 0, nil, "AccessDenied", ""},
		{"no such role", central + ".role.Sweep", "arn:aws:iam::111122223333:role/None", 0, nil, "AccessDenied", ""},
		{"too long for a chain", central + ".role.Sweep", reader, 7200, nil, "ValidationError", "role chaining"},
		{"an SCP", central + ".role.Sweep", reader, 0, func(p *place.Place) { p.SetSCP(central, deny) }, "AccessDenied",
			"service control policy"},
		{"a Region that is off", central + ".role.Sweep", reader, 0,
			func(p *place.Place) { p.DisableRegion(owner, "us-east-1") }, "RegionDisabledException", ""},
		{"root", central + ".root", reader, 0, nil, "AccessDenied", "Roles may not be assumed by root accounts."},
	} {
		p := place.New(t)
		p.PutRole(iam.Role{Account: owner, Name: "Reader", Path: "/locksmith/", Trust: readerTrust})
		if row.spoil != nil {
			row.spoil(p)
		}
		_, err := assumeReader(p, row.key, row.arn, row.seconds)
		if place.Code(err) != row.code || err != nil && !strings.Contains(err.Error(), row.message) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestRoleSessions: a session calls as the role, until it ends or the role is deleted.
func TestRoleSessions(t *testing.T) {
	p := place.New(t)
	arn := p.PutRole(iam.Role{Account: owner, Name: "Reader", Path: "/locksmith/", Trust: readerTrust,
		Permissions: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:List*","Resource":"*"}]}`})
	open := func() aws.Config {
		out, err := assumeReader(p, central+".role.Sweep", arn, 0)
		if err != nil {
			t.Fatal(err)
		}
		cfg, c := p.As("", region), out.Credentials
		cfg.Credentials = credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
		return cfg
	}
	cfg := open()
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	if err != nil || *me.Arn != "arn:aws:sts::111122223333:assumed-role/Reader/sweep" ||
		!strings.HasPrefix(*me.UserId, "AROAREADER") || !strings.HasSuffix(*me.UserId, ":sweep") {
		t.Errorf("%+v %v", me, err)
	}
	roles, err := sdk.NewFromConfig(cfg).ListRoles(t.Context(), nil)
	if err != nil || len(roles.Roles) != 1 {
		t.Errorf("%+v %v", roles, err)
	}
	if got := place.Code(place.GetBucketPolicy(cfg)); got != "AccessDenied" {
		t.Errorf("more than it may: %s", got)
	}
	if _, err := assumeReader(p, owner, arn, 0); place.Code(err) != "AccessDenied" {
		t.Errorf("whom it does not trust: %v", err)
	}
	p.Time = p.Time.Add(time.Hour)
	if _, err := sdk.NewFromConfig(cfg).ListRoles(t.Context(), nil); place.Code(err) != "ExpiredToken" {
		t.Errorf("after an hour: %v", err)
	}
	cfg = open()
	p.PutRole(iam.Role{Account: owner, Name: "Reader", Path: "/locksmith/", Trust: readerTrust})
	if _, err := sdk.NewFromConfig(cfg).ListRoles(t.Context(), nil); place.Code(err) != "InvalidClientTokenId" {
		t.Errorf("of a role that was replaced: %v", err)
	}
}
