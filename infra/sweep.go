package main

import (
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// How the sweep's times fit together. A visit that runs short of time goes on in a message of its own. One that was cut
// off comes back by its visibility, when its lease (ledger/sweeps, 6 minutes) has run out.
const (
	sweepTime       = 300 // seconds that the function may take for a batch
	sweepVisibility = 6 * sweepTime
	sweepBatch      = 5 // visits in a batch, all at the same time
	sweepTries      = 5 // deliveries, before a message is a dead letter
	// sweepInstances is how many functions work at once, and so how many share the rate of AssumeRoot. No concurrency is
	// reserved for them: what unlocks has its own.
	sweepInstances = 5
)

// sweepStart is the message that begins a sweep: package sweeper's ScheduleMessage.
const sweepStart = `{"source":"locksmith","detail-type":"Sweep","detail":{"do":"start","request":{"by":"schedule"}}}`

// newSweep makes the sweep: its queue with dead letters, its function and its schedule.
func (s *Central) newSweep(root string) awslambda.Function {
	s.sweepDead = s.newLetters("SweepDeadLetters")
	s.sweeps = awssqs.NewQueue(s.Stack, jsii.String("Sweeps"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(4)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(sweepVisibility)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: s.sweepDead, MaxReceiveCount: jsii.Number(sweepTries)},
	})
	f := s.newSweepFunction(root)
	f.AddEventSource(awslambdaeventsources.NewSqsEventSource(s.sweeps, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(sweepBatch), MaxConcurrency: jsii.Number(sweepInstances),
		ReportBatchItemFailures: jsii.Bool(true)}))
	if s.config.Sweep.Schedule != "" {
		s.scheduleSweeps()
	}
	s.newSweepAlarms()
	awscdk.NewCfnOutput(s.Stack, jsii.String("SweepQueue"), &awscdk.CfnOutputProps{Value: s.sweeps.QueueArn()})
	return f
}

// newSweepFunction makes the function. Its root sessions could change policies, as those that unlock can, since AWS has
// no task that only reads: the code is what keeps them to reading.
func (s *Central) newSweepFunction(root string) awslambda.Function {
	organization := []string{"organizations:ListAccounts", "organizations:ListParents"}
	if s.config.list.NamesTags() {
		organization = append(organization, "organizations:ListTagsForResource")
	}
	return newFunction(s.Stack, s.config, root, s.topics, functionSpec{name: "Sweep",
		description: "Looks for lockouts that no event told of; changes nothing", purpose: "Locksmith's sweep function",
		source: "lambdas/sweep", memory: memory, timeout: sweepTime,
		environment: map[string]*string{
			"GOMEMLIMIT":                   jsii.String(strconv.Itoa(heap) + "MiB"),
			"LOCKSMITH_MANAGEMENT_ACCOUNT": &s.config.ManagementAccount,
			"LOCKSMITH_LEDGER_TABLE":       s.ledger.TableName(),
			"LOCKSMITH_SWEEP_QUEUE":        s.sweeps.QueueArn(), "LOCKSMITH_WORK_QUEUE": s.work.QueueArn(),
			"LOCKSMITH_TRIES": decimal(sweepTries), "LOCKSMITH_INSTANCES": decimal(sweepInstances),
			"LOCKSMITH_REGIONS":          jsii.String(strings.Join(s.config.Sweep.regions(s.config), ",")),
			"LOCKSMITH_REACH":            &s.config.Reach,
			"LOCKSMITH_GOOD_DAYS":        decimal(s.config.Sweep.GoodDays),
			"LOCKSMITH_ASSUME_ROOT_RATE": jsii.String(strconv.FormatFloat(s.config.Sweep.AssumeRoot, 'g', -1, 64)),
		},
		may: []awsiam.PolicyStatement{
			s.assumeRoot(),
			may("ListOrganization", organization, jsii.String("*")),
			may("KeepSweeps", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, s.ledger.TableArn()),
			may("HandOver", []string{"sqs:SendMessage"}, s.sweeps.QueueArn(), s.work.QueueArn()),
			mayTake("TakeMessages", s.sweeps),
		},
		wildcard: "the calls that list the organization are for all of it; sts:AssumeRoot is bound to the two unlock task " +
			"policies, and to the accounts of the allow list unless the configuration says organization",
	})
}

// scheduleSweeps puts the message that begins a sweep on the queue. Where the scheduler cannot, it goes to the rule's
// dead letters, whose alarm pages.
func (s *Central) scheduleSweeps() {
	newSchedule(s.Stack, scheduleSpec{name: "SweepSchedule", does: "Has Locksmith look for lockouts that no event told of",
		purpose: "Begins Locksmith's sweeps", when: s.config.Sweep.Schedule, target: s.sweeps.QueueArn(), input: sweepStart,
		may: may("Begin", []string{"sqs:SendMessage"}, s.sweeps.QueueArn()), letters: s.unrouted})
}

// newSweepAlarms makes the alarms. An account that refuses is told of by a bulletin, and not by these.
func (s *Central) newSweepAlarms() {
	day := awscdk.Duration_Days(jsii.Number(1))
	most := &awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(5)),
		Statistic: jsii.String("Maximum")}
	s.alarm("SweepDeadLettersAlarm", "Messages that the sweep could not handle wait in the dead letters",
		s.sweepDead.MetricApproximateNumberOfMessagesVisible(most), 1)
	stale := s.config.Sweep.StaleDays
	s.alarm("SweepGapAlarm", "An account was not fully swept for "+strconv.Itoa(stale)+" days: lockouts there that no "+
		"event tells of go unseen (locksmith sweep status names it)", s.metric("SweepOldestGap", "Maximum", day),
		float64(24*stale))
	if s.config.Sweep.Schedule == "" {
		return
	}
	s.page(awscloudwatch.NewAlarm(s.Stack, jsii.String("SweepSilenceAlarm"), &awscloudwatch.AlarmProps{
		AlarmDescription: jsii.String("No sweep has come to its end for " + strconv.Itoa(stale) + " days"),
		Metric:           s.metric("Sweeps", "Sum", day), Threshold: jsii.Number(1), EvaluationPeriods: jsii.Number(stale),
		ComparisonOperator: awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_BREACHING,
	}))
}
