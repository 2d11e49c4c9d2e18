package main

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// newHeartbeat makes the pipeline's heartbeat, since a broken watch looks like a quiet day. Twice an hour the scheduler
// sets the policy of a queue that exists for nothing else. That call goes the whole way, by CloudTrail, the member
// rule, the bus, the rule and the work queue. The function finds the policy open and counts a heartbeat. Returned is
// the queue's ARN.
func (s *Central) newHeartbeat() *string {
	queue := awssqs.NewQueue(s.Stack, jsii.String("Heartbeat"),
		&awssqs.QueueProps{Encryption: awssqs.QueueEncryption_SQS_MANAGED})
	suppress(queue, "AwsSolutions-SQS3", "no message is ever put on it")
	suppress(queue, "AwsSolutions-SQS4", "its policy, which demands TLS, is what the heartbeat sets")
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"Heartbeat","Effect":"Deny","Principal":"*",`+
		`"Action":"sqs:*","Resource":"%s","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, *queue.QueueArn())
	input, err := json.Marshal(map[string]any{"QueueUrl": *queue.QueueUrl(),
		"Attributes": map[string]string{"Policy": policy}})
	if err != nil {
		panic(err) // strings
	}
	newSchedule(s.Stack, scheduleSpec{name: "Heartbeat", does: "Locksmith's heartbeat",
		purpose: "Sets the policy of Locksmith's heartbeat queue", when: "rate(30 minutes)",
		target: jsii.String("arn:aws:scheduler:::aws-sdk:sqs:setQueueAttributes"), input: string(input),
		may: may("Beat", []string{"sqs:SetQueueAttributes"}, queue.QueueArn())})
	return queue.QueueArn()
}

// newAlarms makes the alarms. All of them reach the pager, since each means that a lockout may go unseen, or stay.
func (s *Central) newAlarms() {
	five := awscdk.Duration_Minutes(jsii.Number(5))
	sum := &awscloudwatch.MetricOptions{Period: five, Statistic: jsii.String("Sum")}
	most := &awscloudwatch.MetricOptions{Period: five, Statistic: jsii.String("Maximum")}
	s.alarm("DeadLettersAlarm", "Events that the unlock function could not handle wait in the dead letters",
		s.dead.MetricApproximateNumberOfMessagesVisible(most), 1)
	s.alarm("RuleDeadLettersAlarm", "Events that the rule could not put on the work queue wait in its dead letters",
		s.unrouted.MetricApproximateNumberOfMessagesVisible(most), 1)
	s.alarm("ErrorsAlarm", "The unlock function fails", s.unlock.MetricErrors(sum), 1)
	s.alarm("ThrottlesAlarm", "The unlock function is throttled", s.unlock.MetricThrottles(sum), 1)
	s.alarm("UnfinishedAlarm", "Events have to come again", s.metric("Unfinished", "Sum", five), unfinished)
	s.alarm("AgeAlarm", "Events wait longer than half an hour", s.work.MetricApproximateAgeOfOldestMessage(most), 1800)
	silence := awscloudwatch.NewAlarm(s.Stack, jsii.String("SilenceAlarm"), &awscloudwatch.AlarmProps{
		AlarmDescription: jsii.String("No heartbeat came through for two hours: CloudTrail, a rule, the bus, the " +
			"work queue or the function is broken, and lockouts go unseen"),
		Metric: s.metric("Heartbeats", "Sum", awscdk.Duration_Hours(jsii.Number(1))), Threshold: jsii.Number(1),
		EvaluationPeriods:  jsii.Number(2),
		ComparisonOperator: awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_BREACHING,
	})
	s.page(silence)
}

// alarm makes an alarm that pages when a metric reaches a threshold.
func (s *Central) alarm(name, description string, metric awscloudwatch.IMetric, threshold float64) {
	s.page(awscloudwatch.NewAlarm(s.Stack, &name, &awscloudwatch.AlarmProps{
		AlarmDescription: &description, Metric: metric, Threshold: &threshold, EvaluationPeriods: jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	}))
}

func (s *Central) page(a awscloudwatch.Alarm) {
	action := awscloudwatchactions.NewSnsAction(s.topics.pages)
	a.AddAlarmAction(action)
	a.AddOkAction(action)
}

// metric is one that the function writes.
func (s *Central) metric(name, statistic string, period awscdk.Duration) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String("Locksmith"), MetricName: &name, Statistic: &statistic, Period: period})
}

// newDashboard answers four questions: what was locked, what was unlocked, how fast, and is anybody listening.
func (s *Central) newDashboard() {
	hour := awscdk.Duration_Hours(jsii.Number(1))
	counts := func(names ...string) *[]awscloudwatch.IMetric {
		var all []awscloudwatch.IMetric
		for _, name := range names {
			all = append(all, s.metric(name, "Sum", hour))
		}
		return &all
	}
	graph := func(title string, metrics *[]awscloudwatch.IMetric) awscloudwatch.IWidget {
		return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
			Title: &title, Left: metrics, Width: jsii.Number(12)})
	}
	board := awscloudwatch.NewDashboard(s.Stack, jsii.String("Dashboard"),
		&awscloudwatch.DashboardProps{DashboardName: jsii.String("Locksmith-" + s.config.Region)})
	board.AddWidgets(
		graph("What was locked", counts("VerdictLockout", "VerdictSealed", "VerdictUndecided")),
		graph("What became of it", counts("OutcomeUnlocked", "OutcomeRepaired", "OutcomeReinstated", "OutcomeObserved",
			"OutcomeStoodDown", "OutcomeNotCovered", "OutcomeNotifyOnly", "OutcomeDeliberate", "OutcomeSealed",
			"OutcomeUndecided", "OutcomeHeld", "OutcomeFailed", "OutcomeUnreadable", "OutcomeRestricted",
			"OutcomeOvertaken")))
	board.AddWidgets(
		graph("How fast: seconds from the change to the unlock", &[]awscloudwatch.IMetric{
			s.metric("SecondsToUnlock", "p50", hour), s.metric("SecondsToUnlock", "Maximum", hour)}),
		graph("Is anybody listening", counts("Events", "Heartbeats", "Unfinished")))
	board.AddWidgets(
		graph("Swept: accounts by outcome", counts("SweepAccountsComplete", "SweepAccountsPartial", "SweepAccountsRefused",
			"SweepAccountsSkipped")),
		graph("What sweeps found, and what they cost", counts("SweepFindings", "SweepThrottles", "SweepOldestGap")))
	board.AddWidgets(
		graph("Waiting", &[]awscloudwatch.IMetric{s.work.MetricApproximateNumberOfMessagesVisible(nil),
			s.dead.MetricApproximateNumberOfMessagesVisible(nil),
			s.unrouted.MetricApproximateNumberOfMessagesVisible(nil),
			s.sweeps.MetricApproximateNumberOfMessagesVisible(nil),
			s.sweepDead.MetricApproximateNumberOfMessagesVisible(nil)}),
		graph("The function", &[]awscloudwatch.IMetric{s.unlock.MetricErrors(nil), s.unlock.MetricThrottles(nil),
			s.unlock.MetricDuration(nil)}))
}
