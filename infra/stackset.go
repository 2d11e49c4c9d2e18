package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// newMembers makes the StackSet that puts the rules into every account of the configured units, in every configured
// Region, and into new accounts as they join. It is run from the delegated administrator's account, which has to be
// delegated for StackSets too
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html).
func (s *Central) newMembers(template string) {
	set := awscdk.NewCfnStackSet(s.Stack, jsii.String("Members"), &awscdk.CfnStackSetProps{
		StackSetName:    jsii.String("Locksmith-Members"),
		Description:     jsii.String("Locksmith's rules in member accounts"),
		PermissionModel: jsii.String("SERVICE_MANAGED"), CallAs: jsii.String("DELEGATED_ADMIN"),
		Capabilities: jsii.Strings("CAPABILITY_IAM"),
		AutoDeployment: &awscdk.CfnStackSet_AutoDeploymentProperty{Enabled: jsii.Bool(true),
			RetainStacksOnAccountRemoval: jsii.Bool(false)},
		ManagedExecution: map[string]any{"Active": true},
		OperationPreferences: &awscdk.CfnStackSet_OperationPreferencesProperty{
			RegionConcurrencyType:   jsii.String("PARALLEL"),
			MaxConcurrentPercentage: jsii.Number(25), FailureTolerancePercentage: jsii.Number(25)},
		StackInstancesGroup: []awscdk.CfnStackSet_StackInstancesProperty{{
			DeploymentTargets: &awscdk.CfnStackSet_DeploymentTargetsProperty{
				OrganizationalUnitIds: jsii.Strings(s.config.Units...)},
			Regions: jsii.Strings(s.config.Regions...),
		}},
		TemplateBody: &template,
	})
	set.Node().AddDependency(s.bus)
}
