package main

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// A functionSpec is what differs from one of Locksmith's functions to another.
type functionSpec struct {
	name        string // of the function in its stack; its log, role and policy are named after it
	description string
	purpose     string // of the role
	source      string // the main package, from the top of the tree
	memory      int    // megabytes
	timeout     int    // seconds
	reserved    int    // concurrent executions that are kept for it; 0 for none
	roleName    string // where others have to know it before it is made; "" for one that CloudFormation chooses
	environment map[string]*string
	// may is what the role may do beside logging, tracing and telling. All of it is here.
	may      []awsiam.PolicyStatement
	silent   bool   // it has nobody to tell
	wildcard string // why the policy has a *, for cdk-nag
}

// newFunction makes a function, its log and its role in a stack. It can tell people, unless it is silent.
func newFunction(stack awscdk.Stack, c *Config, root string, tell topics, spec functionSpec) awslambda.Function {
	logs := newLog(stack, c, spec.name+"Log")
	role, policy := newRole(stack, tell, spec, logs)
	environment := map[string]*string{}
	if !spec.silent {
		environment["LOCKSMITH_ALERTS_TOPIC"] = tell.alerts.TopicArn()
		environment["LOCKSMITH_PAGES_TOPIC"] = tell.pages.TopicArn()
	}
	if !spec.silent && tell.chat != nil {
		environment["LOCKSMITH_CHAT_TOPIC"] = tell.chat.TopicArn()
	}
	maps.Copy(environment, spec.environment)
	bundle := &bundler{root: root, source: spec.source, list: c.AllowList}
	props := &awslambda.FunctionProps{
		Description: &spec.description, Role: role.WithoutPolicyUpdates(nil), LogGroup: logs,
		Architecture: awslambda.Architecture_ARM_64(), Runtime: awslambda.Runtime_PROVIDED_AL2023(),
		Handler: jsii.String("bootstrap"), Code: bundle.code(),
		MemorySize: jsii.Number(spec.memory), Timeout: awscdk.Duration_Seconds(jsii.Number(spec.timeout)),
		Tracing: awslambda.Tracing_ACTIVE, Environment: &environment,
	}
	if spec.reserved > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(spec.reserved)
	}
	f := awslambda.NewFunction(stack, &spec.name, props)
	// The function may start before its role has the policy. The role itself needs no naming, and cfn-lint minds it.
	first := stack.GetLogicalId(policy.Node().DefaultChild().(awscdk.CfnElement))
	f.Node().DefaultChild().(awscdk.CfnResource).AddOverride(jsii.String("DependsOn"), []*string{first})
	return f
}

// newLog makes a log group that outlives its stack.
func newLog(stack awscdk.Stack, c *Config, name string) awslogs.LogGroup {
	logs := awslogs.NewLogGroup(stack, &name, &awslogs.LogGroupProps{
		Retention: awslogs.RetentionDays_INFINITE, RemovalPolicy: awscdk.RemovalPolicy_RETAIN})
	logs.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(c.Retention.Logs))
	return logs
}

// newRole makes a function's role.
func newRole(stack awscdk.Stack, tell topics, spec functionSpec, logs awslogs.LogGroup) (awsiam.Role, awsiam.Policy) {
	props := &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description: &spec.purpose}
	if spec.roleName != "" {
		props.RoleName = &spec.roleName
	}
	role := awsiam.NewRole(stack, jsii.String(spec.name+"Role"), props)
	policy := awsiam.NewPolicy(stack, jsii.String(spec.name+"Policy"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{role}})
	policy.AddStatements(spec.may...)
	if !spec.silent {
		policy.AddStatements(may("Tell", []string{"sns:Publish"}, tell.arns()...),
			may("TellEncrypted", []string{"kms:Decrypt", "kms:GenerateDataKey"}, tell.key.KeyArn()))
	}
	policy.AddStatements(
		may("Log", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, logs.LogGroupArn()),
		may("Trace", []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, jsii.String("*")),
	)
	reason := "X-Ray's actions know no resources; log streams are named by Lambda"
	if spec.wildcard != "" {
		reason += "; " + spec.wildcard
	}
	suppress(policy, "AwsSolutions-IAM5", reason)
	return role, policy
}

// may is a statement on resources of ours.
func may(sid string, actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: &sid, Actions: jsii.Strings(actions...), Resources: &resources})
}

// mayTake lets a function take messages off its queue.
func mayTake(sid string, queue awssqs.Queue) awsiam.PolicyStatement {
	return may(sid, []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
		"sqs:ReceiveMessage"}, queue.QueueArn())
}
