package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"locksmith/policies/sources/cloudtrail"
)

// busName is the central bus's name, fixed so that rules in other accounts can name it before it is there.
const busName = "locksmith"

func (c *Config) busARN() string {
	return fmt.Sprintf("arn:aws:events:%s:%s:event-bus/%s", c.Region, c.Account, busName)
}

// newWatch makes a stack with the rules for one account and Region that the StackSet does not reach. These are the
// management account, and the central account, from which the StackSet is run.
func newWatch(scope constructs.Construct, c *Config, name, account, region string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &name, &awscdk.StackProps{Env: env(account, region),
		Description: jsii.String("Locksmith: tells the central bus of bucket and queue policies that deny something, " +
			"in an account that the StackSet does not reach")})
	watch(stack, c)
	return stack
}

// watch makes what an account needs in one Region: rules on the default bus, their role, and their dead letters, kept
// for the longest time that SQS knows. The rules lead straight to the central bus, since EventBridge forwards one hop
// only (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html).
func watch(stack awscdk.Stack, c *Config) {
	letters := awssqs.NewQueue(stack, jsii.String("DeadLetters"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	suppress(letters, "AwsSolutions-SQS3", "it holds dead letters itself")
	role := awsiam.NewRole(stack, jsii.String("Forward"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"),
			&awsiam.ServicePrincipalOpts{Conditions: fromThisAccount(stack)}),
		Description: jsii.String("Lets the rule put events on Locksmith's central bus"),
	})
	awsiam.NewPolicy(stack, jsii.String("ForwardPolicy"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{role},
		Statements: &[]awsiam.PolicyStatement{
			allow("PutOnCentralBus", []string{"events:PutEvents"}, []string{c.busARN()}, nil)}})
	forward := func(name, description string, pattern map[string]any) *string {
		return awsevents.NewCfnRule(stack, &name, &awsevents.CfnRuleProps{
			Description: &description, EventPattern: pattern,
			Targets: []awsevents.CfnRule_TargetProperty{{Id: jsii.String("central-bus"), Arn: jsii.String(c.busARN()),
				RoleArn:          role.RoleArn(),
				DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: letters.QueueArn()}}},
		}).AttrArn()
	}
	rules := []*string{forward("Rule",
		"Accepted calls that give a bucket or a queue a policy with a Deny, to Locksmith's central bus", pattern())}
	if c.Watch {
		rules = append(rules, forward("RootRule",
			"Calls that use root, and those it depends on, to Locksmith's central bus", rootPattern()))
	}
	if c.Reader != "" {
		rules = append(rules, forward("DeletionRule",
			"Roles and users that were deleted, to Locksmith's central bus", deletionPattern()))
	}
	mayDeliver(letters, rules...)
}

// pattern is the rules' event pattern, from the parser's own table of watched calls.
func pattern() map[string]any {
	var p map[string]any
	if err := json.Unmarshal(cloudtrail.EventPattern(), &p); err != nil {
		panic(err) // what json.Marshal wrote
	}
	return p
}

// mayDeliver permits rules to put messages on a queue.
func mayDeliver(queue awssqs.Queue, rules ...*string) {
	var from any = rules
	if len(rules) == 1 {
		from = rules[0]
	}
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("RuleMayDeliver"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"), Resources: &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": from}},
	}))
}

// fromThisAccount keeps a service from acting here for somebody else's account.
func fromThisAccount(stack awscdk.Stack) *map[string]any {
	return &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}}
}

// allow is a statement of an identity policy.
func allow(sid string, actions, resources []string, conditions *map[string]any) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: &sid, Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...), Conditions: conditions})
}

// templateLimit is what a template may have when it is given in the request
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const templateLimit = 51_200

// memberTemplate is the template that the StackSet puts into member accounts: the stack of newWatch, for no account in
// particular.
func memberTemplate(c *Config) (string, error) {
	folder, err := os.MkdirTemp("", "locksmith-member-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder, AnalyticsReporting: jsii.Bool(false)})
	stack := awscdk.NewStack(app, jsii.String("Member"), &awscdk.StackProps{
		Description: jsii.String("Locksmith: tells the central bus of bucket and queue policies that deny something"),
		Synthesizer: awscdk.NewDefaultStackSynthesizer(
			&awscdk.DefaultStackSynthesizerProps{GenerateBootstrapVersionRule: jsii.Bool(false)}),
	})
	watch(stack, c)
	app.Synth(nil)
	text, err := os.ReadFile(folder + "/" + *stack.TemplateFile())
	if err != nil {
		return "", err
	}
	if len(text) > templateLimit {
		return "", fmt.Errorf("the template has %d bytes, and a StackSet takes %d in the request",
			len(text), templateLimit)
	}
	return string(text), nil
}
