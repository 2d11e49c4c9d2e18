package cloudtrail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const detailType = "AWS API Call via CloudTrail"

// A record is what Locksmith reads of a CloudTrail record, in any of its versions 1.x
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html).
type record struct {
	EventVersion       string          `json:"eventVersion"`
	EventID            string          `json:"eventID"`
	EventTime          string          `json:"eventTime"`
	EventSource        string          `json:"eventSource"`
	EventName          string          `json:"eventName"`
	Region             string          `json:"awsRegion"`
	ErrorCode          string          `json:"errorCode"`
	SourceIPAddress    string          `json:"sourceIPAddress"`
	UserAgent          string          `json:"userAgent"`
	RecipientAccountID string          `json:"recipientAccountId"`
	RequestParameters  json.RawMessage `json:"requestParameters"`
	ResponseElements   json.RawMessage `json:"responseElements"`
	UserIdentity       struct {
		Type      string `json:"type"`
		ARN       string `json:"arn"`
		AccountID string `json:"accountId"`
		InvokedBy string `json:"invokedBy"`
	} `json:"userIdentity"`
	Resources []struct {
		ARN       string `json:"ARN"`
		AccountID string `json:"accountId"`
		Type      string `json:"type"`
	} `json:"resources"`
}

// parameters is a record's requestParameters, one level deep.
type parameters map[string]json.RawMessage

// text is a parameter that is a string, or "".
func (p parameters) text(name string) string {
	raw := p[name]
	if len(raw) > 1 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// NothingToDo is what [Parse] answers for a record that is in order and asks for nothing: a call that failed, a
// policy that was removed.
type NothingToDo struct {
	Why string
}

func (n *NothingToDo) Error() string { return "nothing to do: " + n.Why }

func nothing(format string, args ...any) error { return &NothingToDo{fmt.Sprintf(format, args...)} }

// An Event is one accepted call that gave a bucket or queue a policy.
type Event struct {
	ID       string // CloudTrail's, the same in every copy of the event
	Call     string // PutBucketPolicy, SetQueueAttributes or CreateQueue
	Resource string // the ARN of the bucket or queue
	Account  string // its owner, twelve digits
	Region   string // where the resource is
	Time     time.Time
	By       Caller
	Policy   string // the new policy, JSON text
}

// A Caller is who made a call, as CloudTrail tells it.
type Caller struct {
	ARN     string // of the user or session, or the name of a service
	Kind    string // CloudTrail's userIdentity.type: IAMUser, AssumedRole, Root …
	Address string // source IP address, or a service's host name
	Agent   string // user agent
	Via     string // the service that called for them, such as cloudformation.amazonaws.com
}

// Parse reads a CloudTrail record, by itself or in EventBridge's envelope. The error is a *[NothingToDo], or says
// what in the record could not be understood. Then the event holds what could.
func Parse(event []byte) (Event, error) {
	r, err := readRecord(event)
	if err != nil {
		return Event{}, err
	}
	call, ok := findCall(r.EventSource, r.EventName)
	switch {
	case r.EventName == "" || r.EventSource == "":
		return Event{}, errors.New("eventName or eventSource missing: this is no CloudTrail record")
	case !strings.HasPrefix(r.EventVersion, "1."):
		return r.known(""), fmt.Errorf("eventVersion %q: only 1.x is known", r.EventVersion)
	case !ok:
		return Event{}, nothing("%s of %s gives no bucket or queue a policy", r.EventName, r.EventSource)
	case r.ErrorCode != "":
		return Event{}, nothing("%s failed with %s", r.EventName, r.ErrorCode)
	case r.EventID == "":
		return Event{}, fmt.Errorf("%s: eventID missing", r.EventName)
	}
	e, err := call.event(r)
	if err != nil && !errors.As(err, new(*NothingToDo)) {
		return e, fmt.Errorf("%s %s: %w", r.EventName, r.EventID, err)
	}
	return e, err
}

// known is what a record says of itself without its parameters. Its resources name the bucket or queue, and where they
// do not, the account is still that of the caller.
func (r record) known(call string) Event {
	e := Event{ID: r.EventID, Call: call, Account: cmp.Or(r.RecipientAccountID, r.UserIdentity.AccountID),
		Region: r.Region, By: Caller{ARN: r.UserIdentity.ARN, Kind: r.UserIdentity.Type, Address: r.SourceIPAddress,
			Agent: r.UserAgent, Via: r.UserIdentity.InvokedBy}}
	if at, err := time.Parse(time.RFC3339, r.EventTime); err == nil {
		e.Time = at.UTC()
	}
	for _, resource := range r.Resources {
		parts := strings.SplitN(resource.ARN, ":", 6)
		if len(parts) != 6 || parts[2] != "s3" && parts[2] != "sqs" || strings.Contains(parts[5], "/") {
			continue
		}
		where := place{service: parts[2], partition: parts[1], region: cmp.Or(parts[3], r.Region), name: parts[5],
			account: cmp.Or(parts[4], resource.AccountID, e.Account)}
		if where, err := where.check(); err == nil {
			e.Resource, e.Account, e.Region = where.arn(), where.account, where.region
		}
	}
	return e
}

// readRecord takes the record out of its envelope, if it has one.
func readRecord(event []byte) (record, error) {
	var envelope struct {
		DetailType *string `json:"detail-type"`
		Detail     *record `json:"detail"`
		record
	}
	if err := json.Unmarshal(event, &envelope); err != nil {
		return record{}, fmt.Errorf("event is not a JSON object of CloudTrail's shape (%.60q)", event)
	}
	switch {
	case envelope.DetailType == nil && envelope.Detail == nil:
		return envelope.record, nil
	case envelope.DetailType == nil || *envelope.DetailType != detailType:
		return record{}, fmt.Errorf("detail-type is not %q", detailType)
	case envelope.Detail == nil:
		return record{}, errors.New("detail is missing: the envelope holds no CloudTrail record")
	}
	return *envelope.Detail, nil
}

// event makes the event of a record of this call.
func (c watchedCall) event(r record) (Event, error) {
	e := r.known(c.name)
	var p parameters
	if err := json.Unmarshal(r.RequestParameters, &p); err != nil || p == nil {
		return e, errors.New("requestParameters missing or not an object (CloudTrail leaves them out over 100 KB)")
	}
	where, wrong := c.resource(r, p)
	if wrong == nil {
		e.Resource, e.Account, e.Region = where.arn(), where.account, where.region
	}
	policy, err := c.policy(p)
	switch {
	case err != nil:
		return e, err
	case e.Time.IsZero():
		return e, fmt.Errorf("eventTime %q: want a time such as 2026-01-31T12:00:00Z", r.EventTime)
	}
	e.Policy = policy
	return e, wrong
}

// policy finds the new policy's text. CloudTrail writes S3's as an object and SQS's as a string; both are taken in
// both places.
func (c watchedCall) policy(p parameters) (string, error) {
	for _, path := range c.policies {
		raw, err := p.at(path)
		switch {
		case err != nil:
			return "", err
		case raw == nil:
			continue
		case raw[0] == '{':
			return string(raw), nil
		case raw[0] != '"':
			return "", fmt.Errorf("requestParameters.%s is neither object nor string: %.40s", strings.Join(path, "."), raw)
		}
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", fmt.Errorf("requestParameters.%s: %w", strings.Join(path, "."), err)
		}
		if strings.TrimSpace(text) != "" {
			return text, nil
		}
		if c.required {
			return "", fmt.Errorf("requestParameters.%s is empty", strings.Join(path, "."))
		}
		return "", nothing("the policy was removed")
	}
	if c.required {
		return "", fmt.Errorf("requestParameters.%s is missing", strings.Join(c.policies[0], "."))
	}
	return "", nothing("the policy was not changed")
}

// at follows a path of names; nil where it ends early.
func (p parameters) at(path []string) (json.RawMessage, error) {
	raw := bytes.TrimSpace(p[path[0]])
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if len(path) == 1 {
		return raw, nil
	}
	var inner parameters
	if err := json.Unmarshal(raw, &inner); err != nil {
		return nil, fmt.Errorf("requestParameters.%s is not an object: %.40s", path[0], raw)
	}
	return inner.at(path[1:])
}
