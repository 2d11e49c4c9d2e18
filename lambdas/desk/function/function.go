// Package function is what the desk's function does with what Lambda hands it: a request of HTTP from API Gateway, the
// messages of its own queue, and the schedule's event.
package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// A Desk runs requests, and tends them.
type Desk interface {
	Run(ctx context.Context, id string) (requests.Request, error)
	Tend(ctx context.Context) error
}

// Credentials goes on with audits, and sees to what is open.
type Credentials interface {
	Continue(ctx context.Context, audit string) error
	Tend(ctx context.Context) error
}

// A Function is one of the desk's functions. What its part does not need may be nil.
type Function struct {
	API         http.Handler
	WithCaller  func(context.Context, requests.Caller) context.Context // of the API
	Desk        Desk
	Credentials Credentials
	Queue       remedy.Queue
	SignedIn    *SignedIn // nil: calls are signed, and no other comes
	Now         func() time.Time
	Log         *slog.Logger
}

// schedule is what the schedule's event says of itself.
type schedule struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
}

// Tend is the schedule's event, each five minutes.
const Tend = `{"source":"locksmith","detail-type":"Tend"}`

// Handle takes an event of any kind. The answer is that of the event's source.
func (f *Function) Handle(ctx context.Context, event json.RawMessage) (any, error) {
	var kind struct {
		schedule
		Version        string            `json:"version"`
		RequestContext json.RawMessage   `json:"requestContext"`
		Records        []json.RawMessage `json:"Records"`
	}
	if err := json.Unmarshal(event, &kind); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	switch {
	case len(kind.RequestContext) > 0 && kind.Version == "2.0":
		var r events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(event, &r); err != nil {
			return nil, fmt.Errorf("request of API Gateway: %w", err)
		}
		return f.HTTP(ctx, r)
	case len(kind.Records) > 0:
		var batch events.SQSEvent
		if err := json.Unmarshal(event, &batch); err != nil {
			return nil, fmt.Errorf("batch of a queue: %w", err)
		}
		return f.Batch(ctx, batch)
	case kind.Source == "locksmith" && kind.DetailType == "Tend":
		return nil, f.tend(ctx)
	}
	return nil, errors.New("event: neither a request of API Gateway (payload 2.0), nor messages, nor the schedule's")
}

// tend sees to requests and to cases. What fails is seen to by the next event.
func (f *Function) tend(ctx context.Context) error {
	var problems []error
	if f.Desk != nil {
		problems = append(problems, f.Desk.Tend(ctx))
	}
	if f.Credentials != nil {
		problems = append(problems, f.Credentials.Tend(ctx))
	}
	return errors.Join(problems...)
}
