package main

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// reminder is the message that has the function look at what is open: held back, still locked, or not told yet.
const reminder = `{"source":"locksmith","detail-type":"Reminder"}`

// newReminder puts the reminder on the work queue once an hour. Where the scheduler cannot, its message goes to the
// rule's dead letters, whose alarm pages.
func (s *Central) newReminder() {
	newSchedule(s.Stack, scheduleSpec{name: "Reminder", does: "Has Locksmith look at what is still open",
		purpose: "Puts Locksmith's reminder on the work queue", when: "rate(1 hour)", target: s.work.QueueArn(),
		input: reminder, may: may("Remind", []string{"sqs:SendMessage"}, s.work.QueueArn()), letters: s.unrouted})
}

// warn shows what the allow list's authors may not have meant.
func (s *Central) warn() {
	for i, warning := range s.config.list.Warnings(time.Now()) {
		id := jsii.String(fmt.Sprintf("locksmith:allowList:%d", i))
		awscdk.Annotations_Of(s.Stack).AddWarningV2(id, jsii.String("allow list "+s.config.AllowList+": "+warning))
	}
}
