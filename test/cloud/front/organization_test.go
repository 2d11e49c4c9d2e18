package front_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"locksmith/test/cloud/front"
	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
)

// nested makes a place whose owner is in a unit in a unit.
func nested(t *testing.T) *place.Place {
	p := place.New(t)
	p.PutUnit("ou-a1b2-11111111", organizations.RootID, "outer")
	p.PutUnit("ou-a1b2-22222222", "ou-a1b2-11111111", "inner")
	p.PutAccount(organizations.Account{Number: owner, Parent: "ou-a1b2-22222222"})
	return p
}

func statement(effect, rest string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Resource":"*",%s}]}`, effect, rest)
}

// TestInheritance: what denies at any level denies, and what is not allowed at every level is not allowed.
func TestInheritance(t *testing.T) {
	get := func(p *place.Place) error { return place.GetBucketPolicy(p.Root(t, "S3UnlockBucketPolicy")) }
	for _, row := range []struct {
		name  string
		spoil func(p *place.Place)
		want  string
	}{
		{"nothing", func(*place.Place) {}, "NoSuchBucketPolicy"},
		{"denied at the root", func(p *place.Place) {
			p.Attach(front.SCP, "r-a1b2", "x", statement("Deny", `"Action":"s3:GetBucketPolicy"`))
		}, "with an explicit deny in a service control policy: arn:aws:organizations::000011112222:policy/o-a1b2c3d4e5/"},
		{"denied above", func(p *place.Place) {
			p.Attach(front.SCP, "ou-a1b2-11111111", "x", statement("Deny", `"Action":"s3:*"`))
		}, "with an explicit deny in a service control policy"},
		{"denied in another unit", func(p *place.Place) {
			p.PutUnit("ou-a1b2-33333333", "ou-a1b2-11111111", "other")
			p.Attach(front.SCP, "ou-a1b2-33333333", "x", statement("Deny", `"Action":"s3:*"`))
		}, "NoSuchBucketPolicy"},
		{"not allowed in the middle", func(p *place.Place) {
			p.Attach(front.SCP, "ou-a1b2-22222222", "x", statement("Allow", `"Action":"sqs:*"`))
			p.Detach("p-FullAWSAccess", "ou-a1b2-22222222")
		}, "because no service control policy allows the s3:GetBucketPolicy action"},
		{"allowed by what it needs", func(p *place.Place) {
			p.Attach(front.SCP, "ou-a1b2-22222222", "x", statement("Allow", `"Action":"s3:Get*"`))
			p.Detach("p-FullAWSAccess", "ou-a1b2-22222222")
		}, "NoSuchBucketPolicy"},
		{"nothing attached", func(p *place.Place) { p.Detach("p-FullAWSAccess", owner) },
			"because no service control policy allows the s3:GetBucketPolicy action"},
		{"root sessions spared", func(p *place.Place) {
			p.Attach(front.SCP, "r-a1b2", "x", statement("Deny",
				`"Action":"s3:*","Condition":{"Null":{"aws:AssumedRoot":"true"}}`))
		}, "NoSuchBucketPolicy"},
		{"not settled", func(p *place.Place) {
			p.Attach(front.SCP, "r-a1b2", "x", statement("Deny",
				`"Action":"s3:*","Condition":{"StringEqualz":{"aws:PrincipalArn":"x"}}`))
		}, "NotImplemented"},
		{"not settled, but denied below", func(p *place.Place) {
			p.Attach(front.SCP, "r-a1b2", "x", statement("Deny",
				`"Action":"s3:*","Condition":{"StringEqualz":{"aws:PrincipalArn":"x"}}`))
			p.Attach(front.SCP, owner, "y", statement("Deny", `"Action":"s3:*"`))
		}, "with an explicit deny in a service control policy"},
		{"an RCP denies", func(p *place.Place) {
			p.Attach(front.RCP, "ou-a1b2-11111111", "x", statement("Deny", `"Principal":"*","Action":"s3:*"`))
		}, "with an explicit deny in a resource control policy: arn:aws:organizations::000011112222:policy/o-a1b2c3d4e5/" +
			"resource_control_policy/p-"},
		{"RCPs are off", func(p *place.Place) {
			p.Attach(front.RCP, "ou-a1b2-11111111", "x", statement("Deny", `"Principal":"*","Action":"s3:*"`))
			p.PolicyType(front.RCP, false)
		}, "NoSuchBucketPolicy"},
		{"outside", func(p *place.Place) {
			p.Attach(front.SCP, "r-a1b2", "x", statement("Deny", `"Action":"s3:*"`))
			p.Leave("333344445555")
		}, "with an explicit deny in a service control policy"},
	} {
		p := nested(t)
		row.spoil(p)
		if err := get(p); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		}
	}
}

// TestWhomTheyBind: SCPs go by the caller's account, RCPs by the resource's, and neither binds the management account.
func TestWhomTheyBind(t *testing.T) {
	const manager, outside, allow = "000011112222", "333344445555", `{"Version":"2012-10-17","Statement":[{` +
		`"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::%s"}]}`
	for _, row := range []struct{ name, kind, target, caller, bucket, want string }{
		{"an SCP on the caller", front.SCP, central, central, "b", "service control policy"},
		{"an SCP on the owner", front.SCP, owner, central, "b", "ok"},
		{"an RCP on the caller", front.RCP, central, central, "b", "ok"},
		{"an RCP on the owner", front.RCP, owner, central, "b", "resource control policy"},
		{"an RCP and a stranger", front.RCP, owner, outside, "b", "resource control policy"},
		{"an SCP and a stranger", front.SCP, "r-a1b2", outside, "b", "ok"},
		{"an SCP and the manager", front.SCP, "r-a1b2", manager, "b", "ok"},
		{"an RCP and the manager's own", front.RCP, "r-a1b2", central, "managers", "ok"},
	} {
		p := place.New(t)
		p.PutBucket(manager, region, "managers")
		p.Leave(outside)
		p.SetPolicy("arn:aws:s3:::"+row.bucket, fmt.Sprintf(allow, row.bucket))
		extra := map[string]string{front.RCP: `"Principal":"*",`}[row.kind]
		p.Attach(row.kind, row.target, "x", statement("Deny", extra+`"Action":"s3:ListBucket"`))
		err := list(p.As(row.caller+".role.Admin", region), row.bucket)
		if got := place.Code(err); got != row.want && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestAssumeRootFromAbove: an SCP on the delegate, or an RCP on the member, stops AssumeRoot; SQS's calls too.
func TestAssumeRootFromAbove(t *testing.T) {
	for _, row := range []struct{ kind, target, want string }{
		{front.SCP, central, "with an explicit deny in a service control policy"},
		{front.SCP, owner, "ok"},
		{front.RCP, owner, "with an explicit deny in a resource control policy"},
		{front.RCP, central, "ok"},
	} {
		p := place.New(t)
		p.Attach(row.kind, row.target, "x", statement("Deny", map[string]string{front.RCP: `"Principal":"*",`}[row.kind]+
			`"Action":"sts:AssumeRoot"`))
		_, err := place.Assume(p.As(central, "us-east-1"), owner, "SQSUnlockQueuePolicy", 60)
		if got := place.Code(err); got != row.want && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s on %s: %v", row.kind, row.target, err)
		}
	}
	p := place.New(t)
	session := p.Root(t, "SQSUnlockQueuePolicy")
	p.Attach(front.RCP, owner, "x", statement("Deny", `"Principal":"*","Action":"sqs:SetQueueAttributes"`))
	if err := p.SetQueue(session, ""); err == nil || !strings.Contains(err.Error(), "resource control policy") {
		t.Errorf("by right past an RCP: %v", err)
	}
	if err := p.GetQueue(session); err != nil {
		t.Errorf("what the RCP leaves: %v", err)
	}
}

func list(cfg aws.Config, bucket string) error {
	_, err := s3.NewFromConfig(cfg).ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &bucket})
	return err
}

// TestServicesUnderRCPs: an RCP binds S3, and not SNS. For DynamoDB nobody here knows.
func TestServicesUnderRCPs(t *testing.T) {
	p := place.New(t)
	p.Attach(front.RCP, owner, "x", statement("Deny", `"Principal":"*","Action":["s3:*","sns:*","dynamodb:*"]`))
	admin := p.As(owner, region)
	_, topic := sns.NewFromConfig(admin).ListTopics(t.Context(), nil)
	_, table := dynamodb.NewFromConfig(admin).DescribeTable(t.Context(),
		&dynamodb.DescribeTableInput{TableName: aws.String("t")})
	for want, err := range map[string]error{"AccessDenied": place.GetBucketPolicy(admin), "ok": topic,
		"NotImplemented": table} {
		if got := place.Code(err); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
