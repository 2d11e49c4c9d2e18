package remedy

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"

	"github.com/aws/aws-lambda-go/events"
)

// Batch handles what the work queue delivers, one message after the other, and names those that have to come again
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). A message that fails does not keep the others from their end; the error is always nil, since an
// error would bring back the whole batch.
func (f *Flow) Batch(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, m := range batch.Records {
		if err := f.message(ctx, m); err != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return answer, nil
}

// message handles one message. A panic in it is a failure of this message alone; the stack goes to the log.
func (f *Flow) message(ctx context.Context, m events.SQSMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			f.Log.Error("panic", "messageId", m.MessageId, "error", err, "stack", string(debug.Stack()))
		}
	}()
	if deadline, ok := ctx.Deadline(); ok {
		if f.Now().Add(2 * margin).After(deadline) {
			f.Log.Warn("no time left for this message", "messageId", m.MessageId)
			return context.DeadlineExceeded
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin)) // the rest is for giving the lease back, and for the last word
		defer cancel()
	}
	try, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return f.Handle(ctx, Delivery{Event: []byte(m.Body), Try: try})
}
