package main

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"locksmith/policies/guardrails"
)

// How the pipeline's times fit together. A copy that may still be stale is no reason to wait: its message comes back
// when it has settled. Messages of a batch are handled at the same time. The lease (ledger.Defaults, 5 minutes) is
// longer than the function's time, and shorter than the visibility timeout.
const (
	// timeout is how many seconds the function may take for a batch. The last 10 are kept for the lease and the last
	// notice.
	timeout    = 120
	batch      = 5 // messages in it
	visibility = 6 * timeout
	// tries is how often a message is delivered before it is a dead letter. Deliveries that come too early count, too.
	// People are told long before.
	tries       = 100
	unfinished  = 5  // deliveries that fail within five minutes, from which on the pager is told
	concurrency = 10 // batches at once
	// memory is the function's, in megabytes. A verdict holds 16 at most, so a batch 80, and as much again is garbage
	// before it is collected. The program itself takes some 40.
	memory = 512
	// heap is the soft limit of Go's memory, in megabytes: near it the collector works harder. What is left above it is
	// for what Go does not count, and for the moment in which it works.
	heap = 384
)

// openIndex is the ledger's index of what is open: package ledger's OpenIndex. kindIndex is that of incidents by their
// time: KindIndex.
const (
	openIndex = "open"
	kindIndex = "kinds"
)

// A Central is the stack of the delegated administrator's account.
type Central struct {
	awscdk.Stack
	config *Config

	bus      awsevents.EventBus
	work     awssqs.Queue
	dead     awssqs.Queue // messages that the function could not handle
	unrouted awssqs.Queue // events that the rule could not deliver
	ledger   awsdynamodb.Table
	topics   topics
	unlock   awslambda.Function

	sweep     awslambda.Function
	sweeps    awssqs.Queue // messages of the sweep
	sweepDead awssqs.Queue
}

func newCentral(scope constructs.Construct, c *Config, root, memberTemplate string) *Central {
	stack := awscdk.NewStack(scope, jsii.String("Locksmith-Central"), &awscdk.StackProps{
		Env: env(c.Account, c.Region),
		Description: jsii.String("Locksmith: proves lockouts by bucket and queue policies in the organization, " +
			"and unlocks (mode: " + c.Mode + ")")})
	s := &Central{config: c, Stack: stack}
	s.listen()
	s.topics = s.newTopics()
	s.ledger = s.newLedger()
	s.unlock = s.newUnlock(root)
	if c.Desk != nil {
		s.unlock.AddEnvironment(jsii.String("LOCKSMITH_DESK_PAGES"), jsii.String(cmp.Or(c.Desk.Address, "command")), nil)
	}
	s.newReminder()
	s.sweep = s.newSweep(root)
	if c.Watch {
		s.newRootWatch(root, s.deskRoles(), s.unlock.Role().RoleArn(), s.sweep.Role().RoleArn())
	}
	if c.Reader != "" {
		s.newReader()
	}
	s.newPreflight(root)
	s.warn()
	heartbeat := s.newHeartbeat()
	s.unlock.AddEnvironment(jsii.String("LOCKSMITH_HEARTBEAT"), heartbeat, nil)
	s.newAlarms()
	s.newDashboard()
	s.newMembers(memberTemplate)
	awscdk.NewCfnOutput(s.Stack, jsii.String("Mode"), &awscdk.CfnOutputProps{Value: &c.Mode})
	awscdk.NewCfnOutput(s.Stack, jsii.String("LedgerTable"), &awscdk.CfnOutputProps{Value: s.ledger.TableName()})
	return s
}

// newLedger makes the table of all that Locksmith remembers.
func (s *Central) newLedger() awsdynamodb.Table {
	ledger := awsdynamodb.NewTable(s.Stack, jsii.String("Ledger"), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true)},
		DeletionProtection: jsii.Bool(true),
		RemovalPolicy:      awscdk.RemovalPolicy_RETAIN,
		// Only counters, idle leases and closed incidents that saved no policy have it.
		TimeToLiveAttribute: jsii.String("expires"),
	})
	ledger.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName:      jsii.String(openIndex), // of what is to be looked at again, and of nothing else
		PartitionKey:   &awsdynamodb.Attribute{Name: jsii.String("open"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:        &awsdynamodb.Attribute{Name: jsii.String("due"), Type: awsdynamodb.AttributeType_STRING},
		ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
	})
	ledger.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName:      jsii.String(kindIndex), // what a list of incidents shows, so that it is one query
		PartitionKey:   &awsdynamodb.Attribute{Name: jsii.String("kind"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:        &awsdynamodb.Attribute{Name: jsii.String("at"), Type: awsdynamodb.AttributeType_STRING},
		ProjectionType: awsdynamodb.ProjectionType_INCLUDE,
		NonKeyAttributes: jsii.Strings("event", "resource", "account", "region", "answer", "state", "result", "open",
			"call", "by"),
	})
	return ledger
}

// listen makes the way of an event from the members' rules to the work queue.
func (s *Central) listen() {
	s.bus = awsevents.NewEventBus(s.Stack, jsii.String("Bus"), &awsevents.EventBusProps{
		EventBusName: jsii.String(busName),
		Description:  jsii.String("Policy changes from every watched account and Region")})
	// Members put events by the role of their rule, so the principal's organization is known
	// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html).
	s.bus.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("OrganizationMayPutEvents"), Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions: jsii.Strings("events:PutEvents"), Resources: &[]*string{s.bus.EventBusArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": s.config.Organization}},
	}))
	awsevents.NewCfnArchive(s.Stack, jsii.String("Archive"), &awsevents.CfnArchiveProps{
		SourceArn: s.bus.EventBusArn(), RetentionDays: jsii.Number(s.config.Retention.Archive),
		Description: jsii.String("To play events again")})
	s.dead = s.newLetters("DeadLetters")
	s.unrouted = s.newLetters("RuleDeadLetters")
	s.work = awssqs.NewQueue(s.Stack, jsii.String("Work"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(14)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(visibility)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: s.dead, MaxReceiveCount: jsii.Number(tries)},
	})
	rule := awsevents.NewCfnRule(s.Stack, jsii.String("Rule"), &awsevents.CfnRuleProps{
		Description: jsii.String("Accepted calls that give a bucket or a queue a policy with a Deny, " +
			"to the work queue"),
		EventBusName: jsii.String(busName), EventPattern: pattern(),
		Targets: []awsevents.CfnRule_TargetProperty{{Id: jsii.String("work-queue"), Arn: s.work.QueueArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: s.unrouted.QueueArn()}}},
	})
	rule.Node().AddDependency(s.bus)
	mayDeliver(s.work, rule.AttrArn())
	mayDeliver(s.unrouted, rule.AttrArn())
}

// newLetters makes a queue for dead letters.
func (s *Central) newLetters(name string) awssqs.Queue {
	q := awssqs.NewQueue(s.Stack, &name, &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14))})
	suppress(q, "AwsSolutions-SQS3", "it holds dead letters itself")
	return q
}

// newUnlock makes the function that unlocks.
func (s *Central) newUnlock(root string) awslambda.Function {
	f := newFunction(s.Stack, s.config, root, s.topics, functionSpec{name: "Unlock",
		description: "Proves lockouts, unlocks, tells people", purpose: "Locksmith's unlock function",
		source: "lambdas/unlock", memory: memory, timeout: timeout, reserved: concurrency,
		environment: map[string]*string{
			"GOMEMLIMIT":     jsii.String(strconv.Itoa(heap) + "MiB"),
			"LOCKSMITH_MODE": &s.config.Mode, "LOCKSMITH_MANAGEMENT_ACCOUNT": &s.config.ManagementAccount,
			"LOCKSMITH_TRIES":        decimal(tries),
			"LOCKSMITH_LEDGER_TABLE": s.ledger.TableName(), "LOCKSMITH_LEDGER_DAYS": decimal(s.config.Retention.Ledger),
			"LOCKSMITH_FLAP_GUARD":       decimal(s.config.Guards.PerResource),
			"LOCKSMITH_BREAKER":          decimal(s.config.Guards.PerHour),
			"LOCKSMITH_BREAKER_ACCOUNTS": decimal(s.config.Guards.accountsPerHour()),
		},
		may: append([]awsiam.PolicyStatement{
			s.assumeRoot(),
			may("KeepLedger", []string{"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem",
				"dynamodb:UpdateItem"}, s.ledger.TableArn()),
			may("FindOpen", []string{"dynamodb:Scan"}, jsii.String(*s.ledger.TableArn()+"/index/"+openIndex)),
			mayTake("TakeWork", s.work),
		}, s.lookUp()...),
		wildcard: "sts:AssumeRoot is bound to the two unlock task policies, and to the accounts of the allow list unless " +
			"the configuration says organization; any account of the organization may have to be looked up",
	})
	f.AddEventSource(awslambdaeventsources.NewSqsEventSource(s.work, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(batch), MaxConcurrency: jsii.Number(concurrency),
		ReportBatchItemFailures: jsii.Bool(true)}))
	return f
}

func decimal(n int) *string { return jsii.String(strconv.Itoa(n)) }

// assumeRoot is the central role's guardrail, for the accounts of the allow list where the configuration says so.
func (s *Central) assumeRoot() awsiam.PolicyStatement {
	statement := object(guardrails.CentralRole())["Statement"].([]any)[0].(map[string]any)
	statement["Resource"] = s.config.roots(statement["Resource"].(string))
	return awsiam.PolicyStatement_FromJson(statement)
}

// lookUp are the function's rights to ask Organizations for accounts, where the allow list names units or tags: their
// state and the units above them, by one call or else step by step, and their tags
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html).
func (s *Central) lookUp() (statements []awsiam.PolicyStatement) {
	in := func(kind string) *string {
		return jsii.String(fmt.Sprintf("arn:aws:organizations::%s:%s/%s/*", s.config.ManagementAccount, kind,
			s.config.Organization))
	}
	if !s.config.list.LooksUp() {
		return nil
	}
	actions := []string{"organizations:DescribeAccount"}
	if s.config.list.NamesTags() {
		actions = append(actions, "organizations:ListTagsForResource")
	}
	return []awsiam.PolicyStatement{may("LookUpAccounts", actions, in("account")),
		may("LookUpUnits", []string{"organizations:ListParents"}, in("account"), in("ou"))}
}
