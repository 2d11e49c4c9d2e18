package cloud

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// input is the request of every SQS action.
type input struct {
	QueueName, QueueUrl, QueueOwnerAWSAccountId, QueueNamePrefix string
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

// serveSQS serves the JSON protocol (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html).
func (r *request) serveSQS() {
	body, err := io.ReadAll(io.LimitReader(r.Body, 2<<20))
	if err != nil {
		return // the client has gone
	}
	var in input
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	if err := json.Unmarshal(body, &in); err != nil || !ours {
		r.reject(&apiError{"InvalidAction", "this AWS speaks SQS's JSON protocol only", http.StatusBadRequest})
		return
	}
	switch name {
	case "CreateQueue":
		r.perform(name, r.queueARN(in), func() (func(), *apiError) { return r.createQueue(in) })
		return
	case "ListQueues":
		r.perform(name, "", func() (func(), *apiError) { return r.listQueues(in) })
		return
	case "ReceiveMessage":
		r.receiveMessage(in)
		return
	}
	do, known := queueActions[name]
	if !known {
		r.reject(&apiError{"InvalidAction", "this AWS does not know sqs:" + name, http.StatusNotImplemented})
		return
	}
	arn := r.queueARN(in)
	r.perform(name, arn, func() (func(), *apiError) { return r.onQueue(name, arn, in, do) })
}

type queueAction struct {
	ownOnly  bool // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
	recorded bool
	as       string // the action that is authorized, where it is not the call's name
	do       func(r *request, q *queue, in input) (any, *apiError)
}

var queueActions = map[string]queueAction{
	"GetQueueUrl": {do: func(r *request, q *queue, _ input) (any, *apiError) {
		return map[string]string{"QueueUrl": r.url(q)}, nil
	}},
	"GetQueueAttributes":           {do: getQueueAttributes},
	"SetQueueAttributes":           {ownOnly: true, recorded: true, do: setQueueAttributes},
	"AddPermission":                {ownOnly: true, recorded: true, do: addPermission},
	"RemovePermission":             {ownOnly: true, recorded: true, do: removePermission},
	"DeleteQueue":                  {ownOnly: true, do: deleteQueue},
	"PurgeQueue":                   {do: func(_ *request, q *queue, _ input) (any, *apiError) { q.messages = nil; return struct{}{}, nil }},
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
			owner = r.caller.account
		}
		return "arn:aws:sqs:" + r.region + ":" + owner + ":" + in.QueueName
	}
	parts := strings.Split(in.QueueUrl, "/")
	if len(parts) < 2 {
		return ""
	}
	return "arn:aws:sqs:" + r.region + ":" + parts[len(parts)-2] + ":" + parts[len(parts)-1]
}

func (r *request) url(q *queue) string { return "http://" + r.Host + "/" + q.account + "/" + q.name }

func (r *request) onQueue(name, arn string, in input, a queueAction) (answer func(), err *apiError) {
	q := r.cloud.queues[arn]
	if a.recorded {
		defer func() { r.trail(name, r.recordOf(name, in), nil, resourcesOf(q), err) }()
	}
	if q == nil {
		return nil, &apiError{"QueueDoesNotExist", "The specified queue does not exist.", http.StatusBadRequest}
	}
	called := name
	if a.as != "" {
		called = a.as
	}
	if err := r.authorize(target{action: "sqs:" + called, arn: arn, owner: q.account, policy: q.attributes["Policy"], ownOnly: a.ownOnly}); err != nil {
		return nil, err
	}
	result, err := a.do(r, q, in)
	if err != nil {
		return nil, err
	}
	return r.json(result), nil
}

// recordOf is what CloudTrail writes of a request.
func (r *request) recordOf(name string, in input) map[string]any {
	p := map[string]any{"queueUrl": "https://sqs." + r.region + ".amazonaws.com/" + strings.Join(strings.Split(r.queueARN(in), ":")[4:], "/")}
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

// createQueue answers a queue that is there already in the same words as a new one, if it is set alike. CloudTrail has the queue's URL in the answer only.
func (r *request) createQueue(in input) (answer func(), err *apiError) {
	q := newQueue(r.caller.account, r.region, in.QueueName, in.Attributes, r.cloud.config.Now())
	defer func() {
		parameters := map[string]any{"queueName": in.QueueName}
		if in.Attributes != nil {
			parameters["attributes"] = in.Attributes
		}
		if in.Tags != nil {
			parameters["tags"] = in.Tags
		}
		r.trail("CreateQueue", parameters, map[string]string{"queueUrl": "https://sqs." + r.region + ".amazonaws.com/" + q.account + "/" + q.name}, nil, err)
	}()
	name, fifo := strings.CutSuffix(in.QueueName, ".fifo")
	if !queueName.MatchString(name) || len(in.QueueName) > 80 || fifo != (in.Attributes["FifoQueue"] == "true") {
		return nil, &apiError{"InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length", http.StatusBadRequest}
	}
	if err := r.authorize(target{action: "sqs:CreateQueue", arn: q.arn(), owner: q.account}); err != nil {
		return nil, err
	}
	if err := r.checkAttributes(in.Attributes, q.arn()); err != nil {
		return nil, err
	}
	if there := r.cloud.queues[q.arn()]; there != nil {
		for _, k := range slices.Sorted(maps.Keys(in.Attributes)) {
			if there.attributes[k] != in.Attributes[k] {
				return nil, &apiError{"QueueNameExists", "A queue already exists with the same name and a different value for attribute " + k, http.StatusBadRequest}
			}
		}
		return r.json(map[string]string{"QueueUrl": r.url(there)}), nil
	}
	r.cloud.queues[q.arn()] = q
	return r.json(map[string]string{"QueueUrl": r.url(q)}), nil
}

func (r *request) listQueues(in input) (func(), *apiError) {
	if err := r.authorize(target{action: "sqs:ListQueues", arn: "arn:aws:sqs:" + r.region + ":" + r.caller.account + ":*", owner: r.caller.account}); err != nil {
		return nil, err
	}
	urls := []string{}
	for _, q := range r.cloud.queues {
		if q.account == r.caller.account && q.region == r.region && strings.HasPrefix(q.name, in.QueueNamePrefix) {
			urls = append(urls, r.url(q))
		}
	}
	sort.Strings(urls)
	return r.json(map[string]any{"QueueUrls": urls}), nil
}

func deleteQueue(r *request, q *queue, _ input) (any, *apiError) {
	delete(r.cloud.queues, q.arn())
	return struct{}{}, nil
}
