package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsorganizations"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"locksmith/policies/guardrails"
)

// newGuardrails makes the stack of the management account that attaches the service control policy against long-term
// root to the watched units.
func newGuardrails(scope constructs.Construct, c *Config) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String("Locksmith-Guardrails"),
		&awscdk.StackProps{Env: env(c.ManagementAccount, c.Region),
			Description: jsii.String("Locksmith: root users of member accounts act by sts:AssumeRoot only")})
	awsorganizations.NewCfnPolicy(stack, jsii.String("NoLongTermRoot"), &awsorganizations.CfnPolicyProps{
		Name: jsii.String("locksmith-no-long-term-root"), Type: jsii.String("SERVICE_CONTROL_POLICY"),
		Description: jsii.String("Root users do nothing with credentials of their own; sessions by " +
			"sts:AssumeRoot pass"),
		Content: object(guardrails.NoLongTermRoot()), TargetIds: jsii.Strings(c.Units...),
	})
	return stack
}

// object is a JSON document of the tree as CDK takes it.
func object(text string) map[string]any {
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err) // an embedded file, which its tests have read
	}
	return o
}
