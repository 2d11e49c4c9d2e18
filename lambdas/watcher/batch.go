package watcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
)

// Batch handles what the queue delivers, and names the messages that have to come again. A message that fails does not
// stop the others. The error is always nil.
func (w *Watch) Batch(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, m := range batch.Records {
		if err := w.message(ctx, m); err != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return answer, nil
}

// message handles one message. A panic fails this message alone. What is too early comes back when it is not.
func (w *Watch) message(ctx context.Context, m events.SQSMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			w.Log.ErrorContext(ctx, "panic", "messageId", m.MessageId, "panic", remedy.Scrub(fmt.Sprint(p)),
				"stack", string(debug.Stack()))
		}
	}()
	if isTick(m.Body) {
		err = w.Digests(ctx)
	} else {
		err = w.Handle(ctx, []byte(m.Body))
	}
	later := (*remedy.Later)(nil)
	switch {
	case errors.As(err, &later):
		w.delay(ctx, m, later)
	case err != nil:
		w.Log.ErrorContext(ctx, "event not handled", "messageId", m.MessageId, "error", remedy.Scrub(err.Error()))
	}
	return err
}

// delay asks the queue for the message again at the right time. Where that fails it comes later.
func (w *Watch) delay(ctx context.Context, m events.SQSMessage, later *remedy.Later) {
	if w.Queue == nil {
		return
	}
	if err := w.Queue.Delay(ctx, m.EventSourceARN, m.ReceiptHandle, max(0, later.Until.Sub(w.Now()))); err != nil {
		w.Log.WarnContext(ctx, "message not delayed", "messageId", m.MessageId, "error", remedy.Scrub(err.Error()))
	}
}

// Tick is the message that has the watch send the digests that are due. Nobody can put it on the bus in its place: the
// rule lets through AWS's events alone.
const Tick = `{"source":"locksmith","detail-type":"Digest"}`

func isTick(body string) bool {
	var message struct {
		Source     string `json:"source"`
		DetailType string `json:"detail-type"`
	}
	return json.Unmarshal([]byte(body), &message) == nil && message.Source == "locksmith" &&
		message.DetailType == "Digest"
}
