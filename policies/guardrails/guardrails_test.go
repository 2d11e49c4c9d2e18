package guardrails_test

import (
	"testing"

	"locksmith/policies"
	"locksmith/policies/guardrails"
)

type row struct {
	name     string
	caller   policies.Caller
	action   string
	resource string
	context  map[string]string
	want     string
}

func test(t *testing.T, document string, rows []row) {
	t.Helper()
	doc, err := policies.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		context := policies.Context{}
		context.Set("aws:PrincipalArn", r.caller.ARN)
		for key, value := range r.context {
			context.Set(key, value)
		}
		got := doc.Evaluate(policies.Request{Caller: r.caller, Action: r.action, Resource: r.resource,
			Context: context})
		if got.Effect != r.want {
			t.Errorf("%s: %s %v, want %s", r.name, got.Effect, got.Reasons, r.want)
		}
	}
}

var (
	root  = policies.Caller{Kind: policies.Root, ARN: "arn:aws:iam::111122223333:root"}
	admin = policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::111122223333:role/Admin", Session: "kim"}
	lever = policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::999988887777:role/Unlock", Session: "unlock"}
)

// TestNoLongTermRoot: an SCP denies or stays silent; what it does not deny, the full access beside it allows.
func TestNoLongTermRoot(t *testing.T) {
	session := map[string]string{"aws:AssumedRoot": "true"}
	test(t, guardrails.NoLongTermRoot(), []row{
		{"root by its password", root, "s3:DeleteBucketPolicy", "arn:aws:s3:::payroll", nil, policies.Denied},
		{"root by its password, anything", root, "ec2:RunInstances", "arn:aws:ec2:eu-central-1:111122223333:instance/*",
			nil, policies.Denied},
		{"root of another partition", policies.Caller{Kind: policies.Root,
			ARN: "arn:aws-us-gov:iam::111122223333:root"}, "iam:CreateUser", "arn:aws-us-gov:iam::111122223333:user/x",
			nil, policies.Denied},
		{"a root session unlocks a bucket", root, "s3:DeleteBucketPolicy", "arn:aws:s3:::payroll", session,
			policies.NotAllowed},
		{"a root session unlocks a queue", root, "sqs:SetQueueAttributes",
			"arn:aws:sqs:eu-central-1:111122223333:orders", session, policies.NotAllowed},
		{"an administrator", admin, "s3:DeleteBucketPolicy", "arn:aws:s3:::payroll", nil, policies.NotAllowed},
		{"a role that is called root", policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::111122223333:role/root",
			Session: "kim"}, "s3:GetObject", "arn:aws:s3:::payroll/a", nil, policies.NotAllowed},
	})
}

func TestCentralRole(t *testing.T) {
	const member = "arn:aws:iam::111122223333:root"
	task := func(name string) map[string]string {
		return map[string]string{"sts:TaskPolicyArn": "arn:aws:iam::aws:policy/root-task/" + name}
	}
	test(t, guardrails.CentralRole(), []row{
		{"to unlock a bucket", lever, "sts:AssumeRoot", member, task("S3UnlockBucketPolicy"), policies.Allowed},
		{"to unlock a queue", lever, "sts:AssumeRoot", member, task("SQSUnlockQueuePolicy"), policies.Allowed},
		{"to make a root password", lever, "sts:AssumeRoot", member, task("IAMCreateRootUserPassword"),
			policies.NotAllowed},
		{"to delete root's credentials", lever, "sts:AssumeRoot", member, task("IAMDeleteRootUserCredentials"),
			policies.NotAllowed},
		{"to look at root's credentials", lever, "sts:AssumeRoot", member, task("IAMAuditRootUserCredentials"),
			policies.NotAllowed},
		{"with no task", lever, "sts:AssumeRoot", member, nil, policies.NotAllowed},
		{"a role", lever, "sts:AssumeRole", "arn:aws:iam::111122223333:role/Admin", task("S3UnlockBucketPolicy"),
			policies.NotAllowed},
		{"what is no root user", lever, "sts:AssumeRoot", "arn:aws:iam::111122223333:user/kim",
			task("S3UnlockBucketPolicy"), policies.NotAllowed},
		{"a policy, without a session", lever, "s3:DeleteBucketPolicy", "arn:aws:s3:::payroll", nil,
			policies.NotAllowed},
	})
}
