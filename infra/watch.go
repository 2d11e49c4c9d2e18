package main

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"locksmith/policies/sources/cloudtrail"
)

// How the times of the watch on root fit together. An event may come before the one that it belongs to, and then comes
// again each half minute, for five minutes. A delivery that fails comes again after the visibility timeout, which is
// longer than the lease of what is told (2 minutes).
const (
	rootTimeout    = 60
	rootBatch      = 10
	rootVisibility = 6 * rootTimeout
	rootTries      = 50
	rootWorkers    = 2 // batches at once; the least that an event source mapping takes
	rootMemory     = 256
)

// rootDigest is the message that has the watch send the digests that are due: watcher.Tick.
const rootDigest = `{"source":"locksmith","detail-type":"Digest"}`

// A rootWatch is the watch on root in the central stack.
type rootWatch struct {
	events  awssqs.Queue
	dead    awssqs.Queue // what neither the rule could deliver nor the function handle
	watch   awslambda.Function
	watched []*string // the ARNs of the roles that open root
	desk    []*string // those of the desk's, which open it for people
}

// newRootWatch makes the watch on root. The roles are those of the functions that open root for Locksmith.
func (s *Central) newRootWatch(root string, desk []*string, roles ...*string) rootWatch {
	w := rootWatch{watched: roles, desk: desk, dead: s.newLetters("RootDeadLetters")}
	w.events = awssqs.NewQueue(s.Stack, jsii.String("RootEvents"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(14)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(rootVisibility)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: w.dead, MaxReceiveCount: jsii.Number(rootTries)},
	})
	rule := awsevents.NewCfnRule(s.Stack, jsii.String("RootRule"), &awsevents.CfnRuleProps{
		Description:  jsii.String("Calls that use root, and those it depends on, to the watch on root"),
		EventBusName: jsii.String(busName), EventPattern: rootPattern(),
		Targets: []awsevents.CfnRule_TargetProperty{{Id: jsii.String("root-events"), Arn: w.events.QueueArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: w.dead.QueueArn()}}},
	})
	rule.Node().AddDependency(s.bus)
	mayDeliver(w.events, rule.AttrArn())
	mayDeliver(w.dead, rule.AttrArn())
	w.watch = s.newRootFunction(root, w)
	s.newRootDigest(w)
	s.newRootAlarms(w)
	return w
}

// newRootFunction makes the function. It opens no root, and reads no organization.
func (s *Central) newRootFunction(root string, w rootWatch) awslambda.Function {
	keep := may("KeepSessions", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
		s.ledger.TableArn())
	keep.AddCondition(jsii.String("ForAllValues:StringLike"), map[string]any{"dynamodb:LeadingKeys": []string{
		"session#*", "calls#*", "news#*", "rootlimit#*", "rootdigest#*"}}) // package sessions' items, and no incident
	environment := map[string]*string{"LOCKSMITH_LEDGER_TABLE": s.ledger.TableName(),
		"LOCKSMITH_ROLES": awscdk.Fn_Join(jsii.String(","), &w.watched)}
	if len(w.desk) > 0 {
		environment["LOCKSMITH_DESK_ROLES"] = awscdk.Fn_Join(jsii.String(","), &w.desk)
	}
	f := newFunction(s.Stack, s.config, root, s.topics, functionSpec{name: "RootWatch",
		description: "Watches root: tells people who uses it beside Locksmith", purpose: "Locksmith's watch on root",
		source: "lambdas/watch", memory: rootMemory, timeout: rootTimeout,
		environment: environment,
		may:         []awsiam.PolicyStatement{keep, mayTake("TakeEvents", w.events)},
	})
	f.AddEventSource(awslambdaeventsources.NewSqsEventSource(w.events, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(rootBatch), MaxConcurrency: jsii.Number(rootWorkers),
		ReportBatchItemFailures: jsii.Bool(true)}))
	return f
}

// newRootDigest has the watch look once an hour which digests are due.
func (s *Central) newRootDigest(w rootWatch) {
	newSchedule(s.Stack, scheduleSpec{name: "RootDigest",
		does:    "Has Locksmith send what is in the digests of the watch on root",
		purpose: "Asks Locksmith's watch on root for its digests", when: "rate(1 hour)", target: w.events.QueueArn(),
		input: rootDigest, may: may("AskForDigests", []string{"sqs:SendMessage"}, w.events.QueueArn()), letters: w.dead})
}

// newRootAlarms makes the alarms: each means that root may be used and nobody is told.
func (s *Central) newRootAlarms(w rootWatch) {
	five := awscdk.Duration_Minutes(jsii.Number(5))
	sum := &awscloudwatch.MetricOptions{Period: five, Statistic: jsii.String("Sum")}
	most := &awscloudwatch.MetricOptions{Period: five, Statistic: jsii.String("Maximum")}
	s.alarm("RootDeadLettersAlarm", "Events about root that could not be handled or delivered wait in the dead letters",
		w.dead.MetricApproximateNumberOfMessagesVisible(most), 1)
	s.alarm("RootErrorsAlarm", "The watch on root fails", w.watch.MetricErrors(sum), 1)
	s.alarm("RootAgeAlarm", "Events about root wait longer than half an hour",
		w.events.MetricApproximateAgeOfOldestMessage(most), 1800)
}

// How the preflight follows changes of the organization. They come in bursts, so that one run serves those of five
// minutes.
const (
	changesWindow = 300 // seconds
	changesBatch  = 1000
	changesTries  = 5
)

// newChanges makes the queue of changes of the organization's policies, of its tree and of its delegates.
func (s *Central) newChanges() awssqs.Queue {
	dead := s.newLetters("ChangesDeadLetters")
	queue := awssqs.NewQueue(s.Stack, jsii.String("OrganizationChanges"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(1)), // by then the daily preflight has seen it
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6*preflightTime + changesWindow)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(changesTries)},
	})
	rule := awsevents.NewCfnRule(s.Stack, jsii.String("ChangesRule"), &awsevents.CfnRuleProps{
		Description:  jsii.String("Changes of the organization that may keep Locksmith from unlocking, to the preflight"),
		EventBusName: jsii.String(busName), EventPattern: rootPattern(cloudtrail.Switch, cloudtrail.Beneath),
		Targets: []awsevents.CfnRule_TargetProperty{{Id: jsii.String("changes"), Arn: queue.QueueArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: dead.QueueArn()}}},
	})
	rule.Node().AddDependency(s.bus)
	mayDeliver(queue, rule.AttrArn())
	mayDeliver(dead, rule.AttrArn())
	s.alarm("ChangesDeadLettersAlarm", "Changes of the organization wait that no preflight has followed",
		dead.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
			Period: awscdk.Duration_Minutes(jsii.Number(5)), Statistic: jsii.String("Maximum")}), 1)
	return queue
}

// afterChanges has the preflight run when the organization has changed.
func afterChanges(f awslambda.Function, changes awssqs.Queue) {
	f.AddEventSource(awslambdaeventsources.NewSqsEventSource(changes, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(changesBatch), MaxConcurrency: jsii.Number(2),
		MaxBatchingWindow: awscdk.Duration_Seconds(jsii.Number(changesWindow))}))
}

// rootPattern is the pattern of the rules that feed the watch, from the parser's own table.
func rootPattern(kinds ...cloudtrail.UseKind) map[string]any {
	var p map[string]any
	if err := json.Unmarshal(cloudtrail.UsePattern(kinds...), &p); err != nil {
		panic(err) // what json.Marshal wrote
	}
	return p
}

// globalRegion is where a partition records root's sign-ins and what IAM and Organizations do
// (https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html).
func globalRegion(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "cn-north-1"
	case strings.HasPrefix(region, "us-gov-"):
		return "us-gov-west-1"
	}
	return "us-east-1"
}
