package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// A scheduleSpec is what differs from one of Locksmith's schedules to another.
type scheduleSpec struct {
	name    string // its role and policy are named after it
	does    string // a description
	purpose string // of the role
	when    string // as EventBridge Scheduler writes it
	target  *string
	input   string
	may     awsiam.PolicyStatement // what the role may do to the target
	letters awssqs.Queue           // for what it cannot deliver; its alarm pages. nil where nothing is lost
}

// newSchedule makes a schedule, and the role that it acts by.
func newSchedule(stack awscdk.Stack, spec scheduleSpec) {
	role := awsiam.NewRole(stack, jsii.String(spec.name+"Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"),
			&awsiam.ServicePrincipalOpts{Conditions: fromThisAccount(stack)}),
		Description: &spec.purpose})
	statements := []awsiam.PolicyStatement{spec.may}
	target := &awsscheduler.CfnSchedule_TargetProperty{Arn: spec.target, RoleArn: role.RoleArn(), Input: &spec.input}
	if spec.letters != nil {
		statements = append(statements, may("Report", []string{"sqs:SendMessage"}, spec.letters.QueueArn()))
		target.DeadLetterConfig = &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: spec.letters.QueueArn()}
	}
	leave := awsiam.NewPolicy(stack, jsii.String(spec.name+"Policy"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{role}, Statements: &statements})
	id := strings.TrimSuffix(spec.name, "Schedule") + "Schedule"
	schedule := awsscheduler.NewCfnSchedule(stack, &id, &awsscheduler.CfnScheduleProps{
		Description: &spec.does, ScheduleExpression: &spec.when, Target: target,
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")}})
	schedule.Node().AddDependency(leave)
}
