package main

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"locksmith/policies/sources/cloudtrail"
)

// What lets Locksmith know who exists in the members: a role in each of them, and the events of what is deleted there.

// newReader makes the StackSet that puts the role into the members, lets the two functions take it, and leads the
// events of deleted roles and users to the sweep, which judges again what spared them.
func (s *Central) newReader() {
	functions := []awsiam.IRole{s.unlock.Role(), s.sweep.Role()}
	may := awsiam.NewPolicy(s.Stack, jsii.String("ReaderPolicy"), &awsiam.PolicyProps{Roles: &functions,
		Statements: &[]awsiam.PolicyStatement{allow("ListPrincipals", []string{"sts:AssumeRole"},
			[]string{s.config.readerARN()},
			&map[string]any{"StringEquals": map[string]any{"aws:ResourceOrgID": s.config.Organization}})}})
	suppress(may, "AwsSolutions-IAM5", "the role is in every account of the organization, and may list names alone")
	arn := s.config.readerARN()
	s.unlock.AddEnvironment(jsii.String("LOCKSMITH_READER_ROLE"), &arn, nil)
	s.sweep.AddEnvironment(jsii.String("LOCKSMITH_READER_ROLE"), &arn, nil)

	rule := awsevents.NewCfnRule(s.Stack, jsii.String("DeletionRule"), &awsevents.CfnRuleProps{
		Description:  jsii.String("Roles and users that were deleted, to the sweep, which judges again what spared them"),
		EventBusName: jsii.String(busName), EventPattern: deletionPattern(),
		Targets: []awsevents.CfnRule_TargetProperty{{Id: jsii.String("sweeps"), Arn: s.sweeps.QueueArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: s.sweepDead.QueueArn()}}},
	})
	rule.Node().AddDependency(s.bus)
	mayDeliver(s.sweeps, rule.AttrArn())
	mayDeliver(s.sweepDead, rule.AttrArn())

	awscdk.NewCfnStackSet(s.Stack, jsii.String("Readers"), &awscdk.CfnStackSetProps{
		StackSetName:    jsii.String("Locksmith-Readers"),
		Description:     jsii.String("The role by which Locksmith lists who exists in an account"),
		PermissionModel: jsii.String("SERVICE_MANAGED"), CallAs: jsii.String("DELEGATED_ADMIN"),
		Capabilities: jsii.Strings("CAPABILITY_NAMED_IAM"),
		AutoDeployment: &awscdk.CfnStackSet_AutoDeploymentProperty{Enabled: jsii.Bool(true),
			RetainStacksOnAccountRemoval: jsii.Bool(false)},
		ManagedExecution: map[string]any{"Active": true},
		OperationPreferences: &awscdk.CfnStackSet_OperationPreferencesProperty{
			MaxConcurrentPercentage: jsii.Number(25), FailureTolerancePercentage: jsii.Number(25)},
		Parameters: []awscdk.CfnStackSet_ParameterProperty{{ParameterKey: jsii.String("Readers"),
			ParameterValue: awscdk.Fn_Join(jsii.String(","),
				&[]*string{s.unlock.Role().RoleArn(), s.sweep.Role().RoleArn()})}},
		StackInstancesGroup: []awscdk.CfnStackSet_StackInstancesProperty{{
			DeploymentTargets: &awscdk.CfnStackSet_DeploymentTargetsProperty{
				OrganizationalUnitIds: jsii.Strings(s.config.Units...)},
			Regions: jsii.Strings(s.config.Region), // roles are in all Regions
		}},
		TemplateBody: jsii.String(readerTemplate(s.config)),
	})
}

// readerARN is the ARN of the role in any account.
func (c *Config) readerARN() string { return "arn:aws:iam::*:role/" + c.Reader }

// deletionPattern is the pattern of the rules for deleted principals.
func deletionPattern() map[string]any { return object(string(cloudtrail.DeletionPattern())) }

// readerTemplate is the small template of the role. It may list users and roles, and nothing else; the functions of the
// central account alone may take it.
func readerTemplate(c *Config) string {
	type o = map[string]any
	text, err := json.MarshalIndent(o{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              "Locksmith: lists who exists in this account, to find policies that spare nobody",
		"Parameters": o{"Readers": o{"Type": "CommaDelimitedList",
			"Description": "ARNs of the roles in account " + c.Account + " that may list"}},
		"Resources": o{"Reader": o{"Type": "AWS::IAM::Role", "Properties": o{
			"RoleName":    c.Reader,
			"Description": "Locksmith lists the users and roles of this account",
			"AssumeRolePolicyDocument": o{"Version": "2012-10-17", "Statement": []o{{"Effect": "Allow",
				"Principal": o{"AWS": o{"Fn::Sub": "arn:${AWS::Partition}:iam::" + c.Account + ":root"}},
				"Action":    "sts:AssumeRole",
				"Condition": o{"ArnEquals": o{"aws:PrincipalArn": o{"Ref": "Readers"}}}}}},
			"Policies": []o{{"PolicyName": "ListPrincipals", "PolicyDocument": o{"Version": "2012-10-17",
				"Statement": []o{{"Effect": "Allow", "Action": []string{"iam:GetRole", "iam:ListRoles", "iam:ListUsers"},
					"Resource": "*"}}}}},
		}}},
	}, "", "  ")
	if err != nil {
		panic(err) // maps of strings
	}
	return strings.TrimSpace(string(text))
}
