package sqs

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"locksmith/test/cloud/front"
)

// settable are the attributes of a queue that can be set, with the range of those that are numbers
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
var settable = map[string][2]int{
	"DelaySeconds": {0, 900}, "VisibilityTimeout": {0, 43_200}, "ReceiveMessageWaitTimeSeconds": {0, 20},
	"MaximumMessageSize": {1024, 1 << 20}, "MessageRetentionPeriod": {60, 1_209_600},
	"Policy": {}, "RedrivePolicy": {}, "RedriveAllowPolicy": {},
	"KmsMasterKeyId": {}, "KmsDataKeyReusePeriodSeconds": {60, 86_400}, "SqsManagedSseEnabled": {},
	"FifoQueue": {}, "ContentBasedDeduplication": {}, "DeduplicationScope": {}, "FifoThroughputLimit": {},
}

// counted are the attributes that a queue has by itself.
var counted = []string{"All", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOfMessages",
	"ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"}

// checkAttributes refuses new attributes as SQS does.
func (r *request) checkAttributes(attributes map[string]string) *front.Error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		limits, known := settable[name]
		if !known {
			return unknownAttribute(name)
		}
		n, err := strconv.Atoi(value)
		if limits != [2]int{} && (err != nil || n < limits[0] || n > limits[1]) {
			return front.Refuse("InvalidAttributeValue", "Invalid value for the parameter "+name+".",
				http.StatusBadRequest)
		}
	}
	_, dead, err := readRedrive(attributes["RedrivePolicy"])
	if err == nil && dead != "" && r.queues[dead] == nil {
		err = fmt.Errorf("dead letter target %s does not exist", dead)
	}
	if err != nil {
		return parameter("Value "+attributes["RedrivePolicy"]+" for parameter RedrivePolicy is invalid. Reason: %s.",
			err)
	}
	return checkQueuePolicy(attributes["Policy"])
}

func getQueueAttributes(r *request, q *queue, in input) (any, *front.Error) {
	now := r.Now()
	shown := q.shown(now, r.propagation)
	maps.DeleteFunc(shown, func(_, value string) bool { return value == "" })
	shown["QueueArn"] = q.arn()
	shown["CreatedTimestamp"], shown["LastModifiedTimestamp"] = unix(q.created), unix(q.changed)
	visible, hidden, delayed := q.count(now)
	shown["ApproximateNumberOfMessages"] = strconv.Itoa(visible)
	shown["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(hidden)
	shown["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	for _, name := range in.AttributeNames {
		if _, known := settable[name]; !known && !slices.Contains(counted, name) {
			return nil, unknownAttribute(name)
		}
	}
	if !slices.Contains(in.AttributeNames, "All") {
		maps.DeleteFunc(shown, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	}
	if len(shown) == 0 {
		return struct{}{}, nil
	}
	return map[string]any{"Attributes": shown}, nil
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// count sorts the messages by whether they can be received now, have been and may come again, or are not out yet.
func (q *queue) count(now time.Time) (visible, hidden, delayed int) {
	for _, m := range q.messages {
		switch {
		case !now.Before(m.visible):
			visible++
		case m.receives > 0:
			hidden++
		default:
			delayed++
		}
	}
	return visible, hidden, delayed
}

func setQueueAttributes(r *request, q *queue, in input) (any, *front.Error) {
	if err := r.checkAttributes(in.Attributes); err != nil {
		return nil, err
	}
	q.change(in.Attributes, r.Now(), r.propagation)
	return struct{}{}, nil
}
