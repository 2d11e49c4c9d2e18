package remedy

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/aws/aws-lambda-go/events"
)

// Batch handles what the work queue delivers, and names the messages that have to come again
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). Messages are handled at the same
// time, so that one that waits takes no time from the others. Those about one resource are handled in their order,
// since the lease would send the second one back to the queue. A message that fails does not stop the others. The error
// is always nil, since an error would bring back the whole batch.
//
// A message that has come several times may have ended the function before. Such messages are handled last, one by one,
// after the others were taken off the queue, so that they take no other message with them.
func (f *Flow) Batch(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	failed := make([]bool, len(batch.Records))
	lanes, suspects := f.lanes(batch.Records)
	var all sync.WaitGroup
	for _, lane := range lanes {
		all.Go(func() {
			for _, i := range lane {
				failed[i] = f.message(ctx, batch.Records[i]) != nil
			}
		})
	}
	all.Wait()
	if len(suspects) > 0 {
		f.putAside(ctx, batch.Records, failed, suspects)
	}
	for _, i := range suspects {
		failed[i] = f.message(ctx, batch.Records[i]) != nil // one by one
	}
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for i, m := range batch.Records {
		if failed[i] {
			answer.BatchItemFailures = append(answer.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return answer, nil
}

// suspicious is from which delivery on a message is handled by itself.
const suspicious = 3

// lanes are the messages about each resource, in their order, and apart from them those that have come several times.
// A batch of one has nothing to protect.
func (f *Flow) lanes(records []events.SQSMessage) (lanes map[string][]int, suspects []int) {
	lanes = map[string][]int{}
	for i, m := range records {
		if tryOf(m) >= suspicious && len(records) > 1 {
			suspects = append(suspects, i)
			continue
		}
		lane := laneOf(m)
		lanes[lane] = append(lanes[lane], i)
	}
	return lanes, suspects
}

// putAside takes the messages that are done off the queue. Where that fails they come again, and are found closed.
func (f *Flow) putAside(ctx context.Context, records []events.SQSMessage, failed []bool, suspects []int) {
	for i, m := range records {
		if failed[i] || slices.Contains(suspects, i) || f.Queue == nil {
			continue
		}
		if err := f.Queue.Done(ctx, m.EventSourceARN, m.ReceiptHandle); err != nil {
			f.Log.WarnContext(ctx, "message not taken off", "messageId", m.MessageId, "error", scrubbed{err}.Error())
		}
	}
}

// laneOf is the resource that a message is about, or the message's own id where the resource cannot be read.
func laneOf(m events.SQSMessage) (lane string) {
	defer func() {
		if recover() != nil {
			lane = m.MessageId // the panic comes again in the message's own attempt, which reports it
		}
	}()
	if c, err := Parse([]byte(m.Body)); err == nil {
		return c.Resource
	}
	return m.MessageId
}

// message handles one message. A panic outside the attempt, in the last notice or the report, fails this message alone,
// too. What is too early comes back when it is not.
func (f *Flow) message(ctx context.Context, m events.SQSMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(ctx, f.Log, p)
		}
		if later := (*Later)(nil); errors.As(err, &later) {
			f.delay(ctx, m, later)
		} else if errors.As(err, new(*Hopeless)) {
			f.delay(ctx, m, &Later{Until: f.Now()})
		}
	}()
	d := Delivery{Event: []byte(m.Body), Try: tryOf(m)}
	if isReminder(m.Body) {
		return f.Remind(ctx, d)
	}
	return f.Handle(ctx, d)
}

func tryOf(m events.SQSMessage) int {
	try, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return try
}

// delay asks the queue for the message again at the right time. Where that fails it comes later.
func (f *Flow) delay(ctx context.Context, m events.SQSMessage, later *Later) {
	if f.Queue == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forLease)
	defer cancel()
	if err := f.Queue.Delay(ctx, m.EventSourceARN, m.ReceiptHandle, max(0, later.Until.Sub(f.Now()))); err != nil {
		f.Log.WarnContext(ctx, "message not delayed", "messageId", m.MessageId, "error", scrubbed{err}.Error())
	}
}
