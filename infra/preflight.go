package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// preflightTime is how many seconds the function may take, the most that Lambda allows. Organizations' rates are what
// takes time: 10,000 accounts are 500 pages, and so are the targets of FullAWSAccess.
const preflightTime = 900

// preflightMemory is in megabytes. It is for the share of a processor that comes with it: an organization of 10,000
// accounts is millions of questions.
const preflightMemory = 1024

// newPreflight makes the function that says whether a rescue would work in each account, and has it run daily and after
// each deployment. It may read the organization, and opens no root session.
func (s *Central) newPreflight(root string) {
	rights := s.preflightRights()
	var changes awssqs.Queue
	if s.config.Watch {
		changes = s.newChanges()
		rights = append(rights, may("TakeChanges", []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes",
			"sqs:ReceiveMessage"}, changes.QueueArn()))
	}
	f := newFunction(s.Stack, s.config, root, s.topics, functionSpec{name: "Preflight",
		description: "Says of each account whether a rescue would work",
		purpose:     "Locksmith's preflight function: reads the organization",
		source:      "lambdas/preflight", memory: preflightMemory, timeout: preflightTime,
		environment: map[string]*string{
			"LOCKSMITH_LEDGER_TABLE": s.ledger.TableName(),
			"LOCKSMITH_REGIONS":      jsii.String(strings.Join(s.config.Regions, ",")),
			"LOCKSMITH_UNLOCK_ROLE":  s.unlock.Role().RoleArn(),
		},
		may:      rights,
		wildcard: "the calls that read the organization are for all of it, and none of them changes anything",
	})
	s.daily(f)
	s.afterDeployment(f)
	if changes != nil {
		afterChanges(f, changes)
	}
	day := awscdk.Duration_Days(jsii.Number(1))
	s.alarm("PreflightErrorsAlarm", "The preflight fails: nobody knows whether a rescue would work",
		f.MetricErrors(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Hours(jsii.Number(1)),
			Statistic: jsii.String("Sum")}), 1)
	s.page(awscloudwatch.NewAlarm(s.Stack, jsii.String("PreflightSilenceAlarm"), &awscloudwatch.AlarmProps{
		AlarmDescription: jsii.String("No preflight has run for two days"),
		Metric:           s.metric("Preflights", "Sum", day), Threshold: jsii.Number(1), EvaluationPeriods: jsii.Number(2),
		ComparisonOperator: awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_BREACHING,
	}))
	awscdk.NewCfnOutput(s.Stack, jsii.String("PreflightFunction"), &awscdk.CfnOutputProps{Value: f.FunctionName()})
}

// preflightRights are what the function's role may do. What reads the organization is answered to delegated
// administrators (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTargetsForPolicy.html and its
// neighbours).
func (s *Central) preflightRights() []awsiam.PolicyStatement {
	// Items are named by what they are, so the role reaches no incident and no copy of a policy.
	only := func(s awsiam.PolicyStatement, items ...string) awsiam.PolicyStatement {
		s.AddCondition(jsii.String("ForAllValues:StringLike"), map[string]any{"dynamodb:LeadingKeys": items})
		return s
	}
	return []awsiam.PolicyStatement{
		may("ReadOrganization", []string{"iam:ListOrganizationsFeatures",
			"organizations:DescribeOrganization", "organizations:DescribePolicy",
			"organizations:ListAWSServiceAccessForOrganization", "organizations:ListAccounts",
			"organizations:ListDelegatedAdministrators", "organizations:ListParents", "organizations:ListPolicies",
			"organizations:ListRoots", "organizations:ListTargetsForPolicy"}, jsii.String("*")),
		only(may("ReadLedger", []string{"dynamodb:GetItem"}, s.ledger.TableArn()), "preflight#last", "coverage#*"),
		only(may("KeepLast", []string{"dynamodb:PutItem"}, s.ledger.TableArn()), "preflight#last"),
		may("FindTopics", []string{"sns:ListSubscriptionsByTopic"}, s.topics.arns()...),
	}
}

// daily has the function run once a day. Where the scheduler cannot, its message goes to the rule's dead letters, whose
// alarm pages.
func (s *Central) daily(f awslambda.Function) {
	newSchedule(s.Stack, scheduleSpec{name: "PreflightSchedule", does: "Has Locksmith look whether rescues would work",
		purpose: "Runs Locksmith's preflight", when: "rate(1 day)", target: f.FunctionArn(), input: "{}",
		may: may("Run", []string{"lambda:InvokeFunction"}, f.FunctionArn()), letters: s.unrouted})
}

// afterDeployment has the function run when this stack was deployed, without a custom resource: CloudFormation itself
// tells the account's default bus
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html).
func (s *Central) afterDeployment(f awslambda.Function) {
	rule := awsevents.NewCfnRule(s.Stack, jsii.String("PreflightRule"), &awsevents.CfnRuleProps{
		Description: jsii.String("Has Locksmith look whether rescues would work, after each deployment"),
		EventPattern: map[string]any{"source": []string{"aws.cloudformation"},
			"detail-type": []string{"CloudFormation Stack Status Change"},
			"detail": map[string]any{"stack-id": []*string{s.StackId()},
				"status-details": map[string]any{"status": []string{"CREATE_COMPLETE", "UPDATE_COMPLETE"}}}},
		Targets: []awsevents.CfnRule_TargetProperty{{Id: jsii.String("preflight"), Arn: f.FunctionArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: s.unrouted.QueueArn()}}},
	})
	f.AddPermission(jsii.String("AfterDeployment"), &awslambda.Permission{
		Principal: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil), SourceArn: rule.AttrArn()})
	s.unrouted.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("PreflightRuleMayDeliver"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"), Resources: &[]*string{s.unrouted.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": rule.AttrArn()}},
	}))
}
