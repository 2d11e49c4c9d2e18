package remedy

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/aws/aws-lambda-go/events"
)

// Batch handles what the work queue delivers, and names the messages that have to come again
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). Messages are handled at the same
// time, so that one that waits takes no time from the others. Those about one resource are handled in their order,
// since the lease would send the second one back to the queue. A message that fails does not stop the others. The error
// is always nil, since an error would bring back the whole batch.
func (f *Flow) Batch(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	lanes := map[string][]int{} // the messages about each resource
	for i, m := range batch.Records {
		lane := laneOf(m)
		lanes[lane] = append(lanes[lane], i)
	}
	failed := make([]bool, len(batch.Records))
	var all sync.WaitGroup
	for _, lane := range lanes {
		all.Go(func() {
			for _, i := range lane {
				failed[i] = f.message(ctx, batch.Records[i]) != nil
			}
		})
	}
	all.Wait()
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for i, m := range batch.Records {
		if failed[i] {
			answer.BatchItemFailures = append(answer.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return answer, nil
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
// too.
func (f *Flow) message(ctx context.Context, m events.SQSMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			f.Log.Error("panic", "messageId", m.MessageId, "error", err, "stack", string(debug.Stack()))
		}
	}()
	try, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return f.Handle(ctx, Delivery{Event: []byte(m.Body), Try: try})
}
