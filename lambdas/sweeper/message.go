package sweeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/policies/sources/cloudtrail"
)

// What a message asks for.
const (
	toStart    = "start"
	toDispatch = "dispatch"
	toVisit    = "visit"
)

// A message is one on the sweep's own queue. It has the form of the events that Locksmith sends itself.
type message struct {
	Source string `json:"source"`
	Type   string `json:"detail-type"`
	Detail order  `json:"detail"`
}

// An order is what is to be done.
type order struct {
	Do      string          `json:"do"`
	Request *Request        `json:"request,omitempty"` // to start
	Sweep   string          `json:"sweep,omitempty"`
	Resume  bool            `json:"resume,omitempty"`  // to dispatch: first what was dispatched and has not ended
	Account *remedy.Account `json:"account,omitempty"` // to visit
	Task    Task            `json:"task,omitempty"`
}

// A letter is an order as it was delivered.
type letter struct {
	order
	try  int  // how often it has been delivered, this time included
	last bool // it is not delivered again
}

const detailType = "Sweep"

func (o order) body() []byte {
	text, err := json.Marshal(message{"locksmith", detailType, o})
	if err != nil {
		panic(err) // strings
	}
	return text
}

// ScheduleMessage is what the schedule puts on the queue.
func ScheduleMessage() string {
	return string(order{Do: toStart, Request: &Request{By: "schedule"}}.body())
}

func readLetter(m events.SQSMessage, tries int) (letter, error) {
	var in message
	if err := json.Unmarshal([]byte(m.Body), &in); err != nil {
		return letter{}, fmt.Errorf("message: %w", err)
	}
	o := in.Detail
	switch {
	case in.Type != detailType, o.Do != toStart && o.Do != toDispatch && o.Do != toVisit:
		return letter{}, fmt.Errorf("message of type %q asks for %q: want %s, to %s, %s or %s", in.Type, o.Do, detailType,
			toStart, toDispatch, toVisit)
	case o.Do != toStart && o.Sweep == "", o.Do == toVisit && (o.Account == nil || o.Task == ""):
		return letter{}, fmt.Errorf("message to %s: want the sweep, and for a visit the account and the task", o.Do)
	}
	if o.Request == nil {
		o.Request = &Request{By: "schedule"}
	}
	try, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return letter{o, try, tries > 0 && try >= tries}, nil
}

// Batch handles what the sweep's queue delivers, all messages at the same time, and names those that have to come again
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). One that fails stops no other. The
// error is always nil, since an error would bring back the whole batch.
func (s *Sweeper) Batch(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	failed := make([]bool, len(batch.Records))
	var all sync.WaitGroup
	for i, m := range batch.Records {
		all.Go(func() { failed[i] = s.message(ctx, m) != nil })
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

// message handles one message. A panic fails this message alone.
func (s *Sweeper) message(ctx context.Context, m events.SQSMessage) error {
	err := s.calmly(ctx, func() error {
		if cloudtrail.IsDeletion([]byte(m.Body)) {
			return s.deletion(ctx, m)
		}
		return s.order(ctx, m)
	})
	switch later := (*remedy.Later)(nil); {
	case errors.As(err, &later):
		err := s.Queue.Delay(context.WithoutCancel(ctx), m.EventSourceARN, m.ReceiptHandle,
			max(0, later.Until.Sub(s.Now())))
		if err != nil {
			s.Log.WarnContext(ctx, "message not delayed", "messageId", m.MessageId, "error", remedy.Scrub(err.Error()))
		}
	case err != nil:
		s.Log.ErrorContext(ctx, "not finished", "messageId", m.MessageId, "error", remedy.Scrub(err.Error()))
	}
	return err
}

// order reads an order, and carries it out.
func (s *Sweeper) order(ctx context.Context, m events.SQSMessage) error {
	l, err := readLetter(m, s.Tries)
	if err != nil {
		return err
	}
	return s.do(ctx, l)
}

// do leads an order to what carries it out.
func (s *Sweeper) do(ctx context.Context, l letter) error {
	switch l.Do {
	case toStart:
		_, err := s.Start(ctx, *l.Request)
		if errors.Is(err, ErrRunning) {
			s.Log.WarnContext(ctx, "no sweep begins", "why", err.Error())
			return nil
		}
		return err
	case toDispatch:
		return s.dispatch(ctx, l.order)
	}
	return s.visit(ctx, l)
}
