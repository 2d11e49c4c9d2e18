package cloud

import (
	"crypto/md5" // the digest of messages in the protocol, no protection
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// input is the request of every SQS action.
type input struct {
	QueueName, QueueUrl, QueueOwnerAWSAccountId, QueueNamePrefix string
	Attributes                                                   map[string]string
	Tags                                                         map[string]string `json:"tags"`
	AttributeNames, MessageSystemAttributeNames                  []string
	MessageBody, ReceiptHandle, Label                            string
	MaxNumberOfMessages, WaitTimeSeconds                         int
	VisibilityTimeout                                            *int
	Actions, AWSAccountIds                                       []string
	Entries                                                      []struct{ Id, MessageBody, ReceiptHandle string }
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
		r.perform(name, "", func() (func(), *apiError) { return r.createQueue(in) })
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
	"GetQueueAttributes": {do: getQueueAttributes},
	"SetQueueAttributes": {ownOnly: true, recorded: true, do: setQueueAttributes},
	"AddPermission":      {ownOnly: true, recorded: true, do: addPermission},
	"RemovePermission":   {ownOnly: true, recorded: true, do: removePermission},
	"DeleteQueue":        {ownOnly: true, do: deleteQueue},
	"PurgeQueue":         {do: func(_ *request, q *queue, _ input) (any, *apiError) { q.messages = nil; return struct{}{}, nil }},
	"SendMessage":        {do: sendMessage},
	"SendMessageBatch":   {as: "SendMessage", do: sendMessageBatch},
	"DeleteMessage": {do: func(_ *request, q *queue, in input) (any, *apiError) {
		q.delete(in.ReceiptHandle)
		return struct{}{}, nil
	}},
	"DeleteMessageBatch":      {as: "DeleteMessage", do: deleteMessageBatch},
	"ChangeMessageVisibility": {do: changeVisibility},
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

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}(\.fifo)?$`)

func (r *request) createQueue(in input) (answer func(), err *apiError) {
	q := &queue{name: in.QueueName, account: r.caller.account, region: r.region, attributes: map[string]string{"VisibilityTimeout": "30"}}
	response := map[string]string{"queueUrl": "https://sqs." + r.region + ".amazonaws.com/" + q.account + "/" + q.name}
	defer func() {
		r.trail("CreateQueue", map[string]any{"queueName": in.QueueName, "attributes": in.Attributes, "tags": in.Tags}, response, resourcesOf(q), err)
	}()
	if !queueName.MatchString(in.QueueName) {
		return nil, &apiError{"InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length", http.StatusBadRequest}
	}
	if err := r.authorize(target{action: "sqs:CreateQueue", arn: q.arn(), owner: q.account}); err != nil {
		return nil, err
	}
	if err := checkAttributes(in.Attributes, q.arn()); err != nil {
		return nil, err
	}
	if there := r.cloud.queues[q.arn()]; there != nil {
		for k, v := range in.Attributes {
			if there.attributes[k] != v {
				return nil, &apiError{"QueueNameExists", "A queue already exists with the same name and a different value for attribute " + k, http.StatusBadRequest}
			}
		}
		return r.json(map[string]string{"QueueUrl": r.url(there)}), nil
	}
	maps.Copy(q.attributes, in.Attributes)
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

// checkAttributes refuses a policy as SQS does; its quotas: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html.
func checkAttributes(attributes map[string]string, arn string) *apiError {
	refuse := func(why string) *apiError {
		return &apiError{"InvalidAttributeValue", "Invalid value for the parameter Policy. Reason: " + why, http.StatusBadRequest}
	}
	text := attributes["Policy"]
	if text == "" {
		return nil
	}
	if why := checkPolicy([]byte(text), 8192, arn); why != "" {
		return refuse(why)
	}
	doc, err := policies.Parse([]byte(text))
	if err != nil || len(doc.Statements) > 20 {
		return refuse("more than 20 statements")
	}
	for i := range doc.Statements {
		if len(doc.Statements[i].Action.Values) > 7 {
			return refuse("more than 7 actions in a statement")
		}
	}
	return nil
}

func getQueueAttributes(r *request, q *queue, in input) (any, *apiError) {
	shown := maps.Clone(q.attributes)
	if q.before != nil && r.cloud.config.Now().Before(q.changed.Add(r.cloud.config.QueuePropagation)) {
		shown = maps.Clone(q.before)
	}
	shown["QueueArn"] = q.arn()
	shown["ApproximateNumberOfMessages"] = strconv.Itoa(len(q.messages))
	if shown["Policy"] == "" {
		delete(shown, "Policy")
	}
	if !slices.Contains(in.AttributeNames, "All") {
		maps.DeleteFunc(shown, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	}
	if len(shown) == 0 {
		return struct{}{}, nil
	}
	return map[string]any{"Attributes": shown}, nil
}

func setQueueAttributes(r *request, q *queue, in input) (any, *apiError) {
	if err := checkAttributes(in.Attributes, q.arn()); err != nil {
		return nil, err
	}
	q.before, q.changed = maps.Clone(q.attributes), r.cloud.config.Now()
	maps.Copy(q.attributes, in.Attributes)
	return struct{}{}, nil
}

// statementsOf reads the policy's statements for AddPermission and RemovePermission.
func statementsOf(q *queue) (policy map[string]any, statements []any) {
	policy = map[string]any{"Version": "2008-10-17", "Id": q.arn() + "/SQSDefaultPolicy"}
	_ = json.Unmarshal([]byte(q.attributes["Policy"]), &policy) // "" leaves the default
	switch s := policy["Statement"].(type) {
	case []any:
		statements = s
	case map[string]any:
		statements = []any{s}
	}
	return policy, statements
}

func (q *queue) setStatements(policy map[string]any, statements []any) {
	policy["Statement"] = statements
	text, _ := json.Marshal(policy)
	q.attributes["Policy"] = string(text)
	if len(statements) == 0 {
		q.attributes["Policy"] = ""
	}
}

func addPermission(_ *request, q *queue, in input) (any, *apiError) {
	policy, statements := statementsOf(q)
	var principals, actions []string
	for _, account := range in.AWSAccountIds {
		principals = append(principals, "arn:aws:iam::"+account+":root")
	}
	for _, action := range in.Actions {
		actions = append(actions, "SQS:"+action)
	}
	q.setStatements(policy, append(statements, map[string]any{"Sid": in.Label, "Effect": "Allow", "Principal": map[string]any{"AWS": principals},
		"Action": actions, "Resource": q.arn()}))
	return struct{}{}, nil
}

func removePermission(_ *request, q *queue, in input) (any, *apiError) {
	policy, statements := statementsOf(q)
	left := slices.DeleteFunc(statements, func(s any) bool { m, ok := s.(map[string]any); return ok && m["Sid"] == in.Label })
	q.setStatements(policy, left)
	return struct{}{}, nil
}

func deleteQueue(r *request, q *queue, _ input) (any, *apiError) {
	delete(r.cloud.queues, q.arn())
	return struct{}{}, nil
}

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func sendMessage(r *request, q *queue, in input) (any, *apiError) {
	m := r.cloud.enqueue(q, in.MessageBody)
	return map[string]string{"MessageId": m.id, "MD5OfMessageBody": digest(m.body)}, nil
}

func sendMessageBatch(r *request, q *queue, in input) (any, *apiError) {
	var done []map[string]string
	for _, e := range in.Entries {
		m := r.cloud.enqueue(q, e.MessageBody)
		done = append(done, map[string]string{"Id": e.Id, "MessageId": m.id, "MD5OfMessageBody": digest(m.body)})
	}
	return map[string]any{"Successful": done, "Failed": []any{}}, nil
}

func deleteMessageBatch(_ *request, q *queue, in input) (any, *apiError) {
	var done []map[string]string
	for _, e := range in.Entries {
		q.delete(e.ReceiptHandle)
		done = append(done, map[string]string{"Id": e.Id})
	}
	return map[string]any{"Successful": done, "Failed": []any{}}, nil
}

func changeVisibility(r *request, q *queue, in input) (any, *apiError) {
	for _, m := range q.messages {
		if m.receipt == in.ReceiptHandle && in.VisibilityTimeout != nil {
			m.visible = r.cloud.config.Now().Add(time.Duration(*in.VisibilityTimeout) * time.Second)
		}
	}
	return struct{}{}, nil
}

// receiveMessage polls, for as long as it is asked to wait.
func (r *request) receiveMessage(in input) {
	arn := r.queueARN(in)
	deadline := time.Now().Add(time.Duration(min(in.WaitTimeSeconds, 20)) * time.Second)
	visibility := time.Duration(0)
	if in.VisibilityTimeout != nil {
		visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	for len(r.cloud.visible(arn)) == 0 && time.Now().Before(deadline) && r.Context().Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	do := func(r *request, q *queue, in input) (any, *apiError) {
		got := []map[string]any{}
		for _, m := range r.cloud.receive(q, max(in.MaxNumberOfMessages, 1), visibility) {
			got = append(got, map[string]any{"MessageId": m.ID, "ReceiptHandle": m.Receipt, "Body": m.Body, "MD5OfBody": digest(m.Body),
				"Attributes": map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.Receives)}})
		}
		return map[string]any{"Messages": got}, nil
	}
	r.perform("ReceiveMessage", arn, func() (func(), *apiError) { return r.onQueue("ReceiveMessage", arn, in, queueAction{do: do}) })
}

// visible are the messages that could be received now.
func (c *Cloud) visible(arn string) []*message {
	c.mu.Lock()
	defer c.mu.Unlock()
	var now []*message
	if q := c.queues[arn]; q != nil {
		for _, m := range q.messages {
			if !c.config.Now().Before(m.visible) {
				now = append(now, m)
			}
		}
	}
	return now
}
