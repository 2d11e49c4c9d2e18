package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// A message has something done by the function of its queue.
type message struct {
	Request string    `json:"request,omitempty"` // to be run
	Audit   string    `json:"audit,omitempty"`   // to be gone on with
	After   time.Time `json:"after,omitzero"`    // not before
}

// A Sender puts messages on a queue, which its ARN names.
type Sender interface {
	Send(ctx context.Context, queue string, bodies ...[]byte) error
}

// Queues are those of the functions, by task. They implement [requests.Queue] and credentials.Queue.
type Queues struct {
	Sender Sender
	ARNs   map[requests.Task]string
}

// Run implements [requests.Queue].
func (q Queues) Run(ctx context.Context, task requests.Task, id string, at time.Time) error {
	return q.send(ctx, task, message{Request: id, After: at.UTC()})
}

// Continue has an audit gone on with.
func (q Queues) Continue(ctx context.Context, audit string, at time.Time) error {
	return q.send(ctx, requests.Audit, message{Audit: audit, After: at.UTC()})
}

func (q Queues) send(ctx context.Context, task requests.Task, m message) error {
	queue := q.ARNs[task]
	if queue == "" {
		return fmt.Errorf("task %s: no queue", task)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return q.Sender.Send(ctx, queue, body)
}

// Batch does what messages ask for, side by side, and names those that have to come again. One that fails stops no
// other. The error is always nil, since an error would bring back the whole batch.
func (f *Function) Batch(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	failed := make([]bool, len(batch.Records))
	var all sync.WaitGroup
	for i, m := range batch.Records {
		all.Go(func() { failed[i] = f.message(ctx, m) != nil })
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

// message does what one message asks for. What is too early comes back when it is not.
func (f *Function) message(ctx context.Context, m events.SQSMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		later := (*remedy.Later)(nil)
		switch {
		case errors.As(err, &later):
			f.delay(ctx, m, later.Until)
		case err != nil:
			f.Log.ErrorContext(ctx, "message not done", "messageId", m.MessageId, "error", remedy.Scrub(err.Error()))
		}
	}()
	var what message
	if err := json.Unmarshal([]byte(m.Body), &what); err != nil {
		return fmt.Errorf("message %.100q: %w", m.Body, err)
	}
	if f.Now().Before(what.After) {
		return &remedy.Later{Until: what.After, Why: "the message says so"}
	}
	switch {
	case what.Request != "" && f.Desk != nil:
		_, err = f.Desk.Run(ctx, what.Request)
	case what.Audit != "" && f.Credentials != nil:
		err = f.Credentials.Continue(ctx, what.Audit)
	default:
		err = fmt.Errorf("message %.100q: nothing that this function does", m.Body)
	}
	return err
}

// delay asks the queue for the message again at the right time. Where that fails it comes by itself, sooner or later.
func (f *Function) delay(ctx context.Context, m events.SQSMessage, until time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := f.Queue.Delay(ctx, m.EventSourceARN, m.ReceiptHandle, max(0, until.Sub(f.Now()))); err != nil {
		f.Log.WarnContext(ctx, "message not delayed", "messageId", m.MessageId, "error", remedy.Scrub(err.Error()))
	}
}
