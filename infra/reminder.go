package main

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"
)

// reminder is the message that has the function look at what is open: held back, still locked, or not told yet.
const reminder = `{"source":"locksmith","detail-type":"Reminder"}`

// newReminder puts the reminder on the work queue once an hour. Where the scheduler cannot, its message goes to the
// rule's dead letters, whose alarm pages.
func (s *Central) newReminder() {
	role := awsiam.NewRole(s.Stack, jsii.String("ReminderRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"),
			&awsiam.ServicePrincipalOpts{Conditions: fromThisAccount(s.Stack)}),
		Description: jsii.String("Puts Locksmith's reminder on the work queue")})
	may := awsiam.NewPolicy(s.Stack, jsii.String("ReminderPolicy"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{role},
		Statements: &[]awsiam.PolicyStatement{
			may("Remind", []string{"sqs:SendMessage"}, s.work.QueueArn(), s.unrouted.QueueArn())}})
	schedule := awsscheduler.NewCfnSchedule(s.Stack, jsii.String("ReminderSchedule"), &awsscheduler.CfnScheduleProps{
		Description: jsii.String("Has Locksmith look at what is still open"), ScheduleExpression: jsii.String("rate(1 hour)"),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{Arn: s.work.QueueArn(), RoleArn: role.RoleArn(),
			Input:            jsii.String(reminder),
			DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: s.unrouted.QueueArn()}},
	})
	schedule.Node().AddDependency(may)
}

// warn shows what the allow list's authors may not have meant.
func (s *Central) warn() {
	for i, warning := range s.config.list.Warnings(time.Now()) {
		id := jsii.String(fmt.Sprintf("locksmith:allowList:%d", i))
		awscdk.Annotations_Of(s.Stack).AddWarningV2(id, jsii.String("allow list "+s.config.AllowList+": "+warning))
	}
}
