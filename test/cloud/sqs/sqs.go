// Package sqs is SQS in one process, in its JSON protocol: queues, their policies and messages
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html).
package sqs

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"locksmith/test/cloud/front"
)

// input is the request of every SQS action.
type input struct {
	QueueName, QueueUrl, QueueOwnerAWSAccountId, QueueNamePrefix string
	NextToken                                                    string
	MaxResults                                                   *int
	Attributes                                                   map[string]string
	Tags                                                         map[string]string `json:"tags"`
	AttributeNames, MessageSystemAttributeNames                  []string
	MessageBody, ReceiptHandle, Label                            string
	MessageAttributeNames                                        []string
	MessageAttributes                                            map[string]json.RawMessage
	MaxNumberOfMessages, WaitTimeSeconds                         *int
	VisibilityTimeout, DelaySeconds                              *int
	Actions, AWSAccountIds                                       []string
	Entries                                                      []entry
}

// entry is one part of a batch.
type entry struct {
	Id, MessageBody, ReceiptHandle string
	MessageAttributes              map[string]json.RawMessage
	VisibilityTimeout              *int
	DelaySeconds                   *int
}

// Queues are all queues of one AWS.
type Queues struct {
	front       *front.Front
	propagation time.Duration
	queues      map[string]*queue   // by ARN
	names       map[string][]string // of the queues of an account in a Region, in order
}

// New makes an SQS without queues behind a front. The propagation is how long GetQueueAttributes shows old attributes.
func New(f *front.Front, propagation time.Duration) *Queues {
	s := &Queues{f, propagation, map[string]*queue{}, map[string][]string{}}
	f.Register(front.Service{
		Name:   "sqs",
		Serve:  func(r *front.Request) { (&request{r, s}).serve() },
		Reject: reject,
		Words: front.Words{Denied: "AccessDeniedException", Action: strings.ToLower,
			BadSignature: "InvalidSignatureException",
			Throttled:    front.Error{Code: "RequestThrottled", Message: "Rate exceeded", Status: http.StatusForbidden}},
		ByRight: []string{"sqs:GetQueueAttributes", "sqs:SetQueueAttributes"},
		Policy: func(arn string) string {
			if q := s.queues[arn]; q != nil {
				return q.attributes["Policy"]
			}
			return ""
		},
		SetPolicy: func(arn, policy string) {
			if q := s.queues[arn]; q != nil {
				q.attributes["Policy"], q.past = policy, nil
			}
		},
		Rewrite: func(change func(string) string) {
			for _, q := range s.queues {
				if policy := q.attributes["Policy"]; policy != "" {
					q.attributes["Policy"] = change(policy)
				}
			}
		},
	})
	return s
}

// A request is one call of SQS.
type request struct {
	*front.Request
	*Queues
}

// serve serves the JSON protocol
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html).
func (r *request) serve() {
	if !r.ReadContent(2 << 20) {
		return
	}
	var in input
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	if err := json.Unmarshal(r.Content, &in); err != nil || !ours {
		r.Reject(front.Refuse("InvalidAction", "this AWS speaks SQS's JSON protocol only", http.StatusBadRequest))
		return
	}
	switch name {
	case "CreateQueue":
		r.Perform(name, r.queueARN(in), func() (func(), *front.Error) { return r.createQueue(in) })
		return
	case "ListQueues":
		r.Perform(name, "", func() (func(), *front.Error) { return r.listQueues(in) })
		return
	case "ReceiveMessage":
		r.receiveMessage(in)
		return
	}
	do, known := queueActions[name]
	if !known {
		r.Reject(front.Refuse("InvalidAction", "this AWS does not know sqs:"+name, http.StatusNotImplemented))
		return
	}
	arn := r.queueARN(in)
	r.Perform(name, arn, func() (func(), *front.Error) { return r.onQueue(name, arn, in, do) })
}

type queueAction struct {
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
	ownOnly  bool
	recorded bool
	as       string // the action that is authorized, where it is not the call's name
	do       func(r *request, q *queue, in input) (any, *front.Error)
}

var queueActions = map[string]queueAction{
	"GetQueueUrl": {do: func(r *request, q *queue, _ input) (any, *front.Error) {
		return map[string]string{"QueueUrl": r.url(q)}, nil
	}},
	"GetQueueAttributes": {do: getQueueAttributes},
	"SetQueueAttributes": {ownOnly: true, recorded: true, do: setQueueAttributes},
	"AddPermission":      {ownOnly: true, recorded: true, do: addPermission},
	"RemovePermission":   {ownOnly: true, recorded: true, do: removePermission},
	"DeleteQueue":        {ownOnly: true, do: deleteQueue},
	"PurgeQueue": {do: func(_ *request, q *queue, _ input) (any, *front.Error) {
		q.messages = nil
		return struct{}{}, nil
	}},
	"SendMessage":                  {do: sendMessage},
	"SendMessageBatch":             {as: "SendMessage", do: inBatch(sendMessage)},
	"DeleteMessage":                {do: deleteMessage},
	"DeleteMessageBatch":           {as: "DeleteMessage", do: inBatch(deleteMessage)},
	"ChangeMessageVisibility":      {do: changeVisibility},
	"ChangeMessageVisibilityBatch": {as: "ChangeMessageVisibility", do: inBatch(changeVisibility)},
}

// queueARN finds the queue that a call names, by its URL's account and name in the Region of the call.
func (r *request) queueARN(in input) string {
	if in.QueueUrl == "" {
		owner := in.QueueOwnerAWSAccountId
		if owner == "" {
			owner = r.Caller.Account
		}
		return "arn:aws:sqs:" + r.Region + ":" + owner + ":" + in.QueueName
	}
	parts := strings.Split(in.QueueUrl, "/")
	if len(parts) < 2 {
		return ""
	}
	return "arn:aws:sqs:" + r.Region + ":" + parts[len(parts)-2] + ":" + parts[len(parts)-1]
}

func (r *request) url(q *queue) string { return "http://" + r.Host + "/" + q.account + "/" + q.name }

func (r *request) onQueue(name, arn string, in input, a queueAction) (answer func(), err *front.Error) {
	q := r.queues[arn]
	if a.recorded {
		defer func() {
			r.Record(front.Record{Call: name, Parameters: r.recordOf(name, in), Resources: resourcesOf(q),
				Refused: err})
		}()
	}
	if q == nil {
		return nil, front.Refuse("QueueDoesNotExist", "The specified queue does not exist.", http.StatusBadRequest)
	}
	called := name
	if a.as != "" {
		called = a.as
	}
	if err := r.Authorize(front.Target{Action: "sqs:" + called, ARN: arn, Owner: q.account,
		Policy: q.attributes["Policy"], OwnOnly: a.ownOnly}); err != nil {
		return nil, err
	}
	result, err := a.do(r, q, in)
	if err != nil {
		return nil, err
	}
	return r.JSON(result), nil
}

// recordOf is what CloudTrail writes of a request.
func (r *request) recordOf(name string, in input) map[string]any {
	p := map[string]any{"queueUrl": "https://sqs." + r.Region + ".amazonaws.com/" +
		strings.Join(strings.Split(r.queueARN(in), ":")[4:], "/")}
	switch name {
	case "SetQueueAttributes":
		p["attributes"] = in.Attributes
	case "AddPermission":
		p["actions"], p["aWSAccountIds"], p["label"] = in.Actions, in.AWSAccountIds, in.Label
	case "RemovePermission":
		p["label"] = in.Label
	}
	return p
}

func resourcesOf(q *queue) []any {
	if q == nil {
		return nil
	}
	return []any{map[string]any{"accountId": q.account, "type": "AWS::SQS::Queue", "ARN": q.arn()}}
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// createQueue answers a queue that is there already in the same words as a new one, if it is set alike. CloudTrail has
// the queue's URL in the answer only.
func (r *request) createQueue(in input) (answer func(), err *front.Error) {
	q := newQueue(r.Caller.Account, r.Region, in.QueueName, in.Attributes, r.Now())
	defer func() {
		parameters := map[string]any{"queueName": in.QueueName}
		if in.Attributes != nil {
			parameters["attributes"] = in.Attributes
		}
		if in.Tags != nil {
			parameters["tags"] = in.Tags
		}
		url := "https://sqs." + r.Region + ".amazonaws.com/" + q.account + "/" + q.name
		r.Record(front.Record{Call: "CreateQueue", Parameters: parameters, Refused: err,
			Response: map[string]string{"queueUrl": url}})
	}()
	name, fifo := strings.CutSuffix(in.QueueName, ".fifo")
	if !queueName.MatchString(name) || len(in.QueueName) > 80 || fifo != (in.Attributes["FifoQueue"] == "true") {
		return nil, front.Refuse("InvalidParameterValue",
			"Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
			http.StatusBadRequest)
	}
	if err := r.Authorize(front.Target{Action: "sqs:CreateQueue", ARN: q.arn(), Owner: q.account}); err != nil {
		return nil, err
	}
	if err := r.checkAttributes(in.Attributes); err != nil {
		return nil, err
	}
	if there := r.queues[q.arn()]; there != nil {
		for _, k := range slices.Sorted(maps.Keys(in.Attributes)) {
			if there.attributes[k] != in.Attributes[k] {
				return nil, front.Refuse("QueueNameExists",
					"A queue already exists with the same name and a different value for attribute "+k,
					http.StatusBadRequest)
			}
		}
		return r.JSON(map[string]string{"QueueUrl": r.url(there)}), nil
	}
	r.put(q)
	return r.JSON(map[string]string{"QueueUrl": r.url(q)}), nil
}

func deleteQueue(r *request, q *queue, _ input) (any, *front.Error) {
	r.forget(q)
	return struct{}{}, nil
}
