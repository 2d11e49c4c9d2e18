package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// settable are the attributes of a queue that can be set, with the range of those that are numbers
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
var settable = map[string][2]int{
	"DelaySeconds": {0, 900}, "MaximumMessageSize": {1024, 1 << 20}, "MessageRetentionPeriod": {60, 1_209_600}, "ReceiveMessageWaitTimeSeconds": {0, 20},
	"VisibilityTimeout": {0, 43_200}, "KmsDataKeyReusePeriodSeconds": {60, 86_400}, "Policy": {}, "RedrivePolicy": {}, "RedriveAllowPolicy": {},
	"KmsMasterKeyId": {}, "SqsManagedSseEnabled": {}, "FifoQueue": {}, "ContentBasedDeduplication": {}, "DeduplicationScope": {}, "FifoThroughputLimit": {},
}

// counted are the attributes that a queue has by itself.
var counted = []string{"All", "QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
	"CreatedTimestamp", "LastModifiedTimestamp"}

// checkAttributes refuses new attributes as SQS does.
func (r *request) checkAttributes(attributes map[string]string, arn string) *apiError {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		limits, known := settable[name]
		if !known {
			return unknownAttribute(name)
		}
		n, err := strconv.Atoi(value)
		if limits != [2]int{} && (err != nil || n < limits[0] || n > limits[1]) {
			return &apiError{"InvalidAttributeValue", "Invalid value for the parameter " + name + ".", http.StatusBadRequest}
		}
	}
	_, dead, err := readRedrive(attributes["RedrivePolicy"])
	if err == nil && dead != "" && r.cloud.queues[dead] == nil {
		err = fmt.Errorf("dead letter target %s does not exist", dead)
	}
	if err != nil {
		return parameter("Value "+attributes["RedrivePolicy"]+" for parameter RedrivePolicy is invalid. Reason: %s.", err)
	}
	return checkQueuePolicy(attributes["Policy"], arn)
}

func unknownAttribute(name string) *apiError {
	return &apiError{"InvalidAttributeName", "Unknown Attribute " + name + ".", http.StatusBadRequest}
}

// parameter is SQS's error for a parameter that will not do.
func parameter(format string, args ...any) *apiError {
	return &apiError{"InvalidParameterValue", fmt.Sprintf(format, args...), http.StatusBadRequest}
}

func getQueueAttributes(r *request, q *queue, in input) (any, *apiError) {
	now := r.cloud.config.Now()
	shown := q.shown(now, r.cloud.config.QueuePropagation)
	maps.DeleteFunc(shown, func(_, value string) bool { return value == "" })
	shown["QueueArn"] = q.arn()
	shown["CreatedTimestamp"], shown["LastModifiedTimestamp"] = unix(q.created), unix(q.changed)
	visible, hidden, delayed := q.count(now)
	shown["ApproximateNumberOfMessages"] = strconv.Itoa(visible)
	shown["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(hidden)
	shown["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	for _, name := range in.AttributeNames {
		if _, known := settable[name]; !known && !slices.Contains(counted, name) {
			return nil, unknownAttribute(name)
		}
	}
	if !slices.Contains(in.AttributeNames, "All") {
		maps.DeleteFunc(shown, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	}
	if len(shown) == 0 {
		return struct{}{}, nil
	}
	return map[string]any{"Attributes": shown}, nil
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// count sorts the messages by whether they can be received now, have been and may come again, or are not out yet.
func (q *queue) count(now time.Time) (visible, hidden, delayed int) {
	for _, m := range q.messages {
		switch {
		case !now.Before(m.visible):
			visible++
		case m.receives > 0:
			hidden++
		default:
			delayed++
		}
	}
	return visible, hidden, delayed
}

func setQueueAttributes(r *request, q *queue, in input) (any, *apiError) {
	if err := r.checkAttributes(in.Attributes, q.arn()); err != nil {
		return nil, err
	}
	q.change(in.Attributes, r.cloud.config.Now(), r.cloud.config.QueuePropagation)
	return struct{}{}, nil
}

// statementsOf reads the policy's statements for AddPermission and RemovePermission.
func statementsOf(q *queue) (policy map[string]any, statements []any) {
	policy = map[string]any{"Version": "2008-10-17", "Id": q.arn() + "/SQSDefaultPolicy"}
	_ = json.Unmarshal([]byte(q.attributes["Policy"]), &policy) // "" leaves the default; what cannot be read, authorization has stopped at
	switch s := policy["Statement"].(type) {
	case []any:
		statements = s
	case map[string]any:
		statements = []any{s}
	}
	return policy, statements
}

// setStatements puts the statements in force; without any there is no policy.
func (r *request) setStatements(q *queue, policy map[string]any, statements []any) (any, *apiError) {
	changed := ""
	if len(statements) > 0 {
		policy["Statement"] = statements
		text, err := json.Marshal(policy)
		if err != nil {
			return nil, &apiError{"InternalFailure", err.Error(), http.StatusInternalServerError}
		}
		changed = string(text)
	}
	if err := checkQueuePolicy(changed, q.arn()); err != nil {
		return nil, &apiError{"OverLimit", err.Message, http.StatusForbidden}
	}
	q.change(map[string]string{"Policy": changed}, r.cloud.config.Now(), r.cloud.config.QueuePropagation)
	return struct{}{}, nil
}

func labelled(label string) func(any) bool {
	return func(statement any) bool {
		m, ok := statement.(map[string]any)
		return ok && m["Sid"] == label
	}
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	label     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
)

// addPermission follows https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html: it writes Allow statements for accounts, nothing else.
func addPermission(r *request, q *queue, in input) (any, *apiError) {
	policy, statements := statementsOf(q)
	var principals, actions []string
	for _, account := range in.AWSAccountIds {
		if !accountID.MatchString(account) {
			return nil, parameter("Value %s for parameter PrincipalId is invalid. Reason: Unable to verify.", account)
		}
		principals = append(principals, "arn:aws:iam::"+account+":root")
	}
	for _, action := range in.Actions {
		actions = append(actions, "SQS:"+action)
	}
	switch {
	case len(principals) == 0 || len(actions) == 0:
		return nil, &apiError{"MissingParameter", "The request must contain the parameters AWSAccountIds and Actions.", http.StatusBadRequest}
	case !label.MatchString(in.Label) || slices.ContainsFunc(statements, labelled(in.Label)):
		return nil, parameter("Value %s for parameter Label is invalid. Reason: Already exists, or no label.", in.Label)
	}
	return r.setStatements(q, policy, append(statements, map[string]any{"Sid": in.Label, "Effect": "Allow", "Principal": map[string]any{"AWS": principals},
		"Action": actions, "Resource": q.arn()}))
}

// removePermission takes away whatever statement has the label for its Sid.
func removePermission(r *request, q *queue, in input) (any, *apiError) {
	policy, statements := statementsOf(q)
	if !slices.ContainsFunc(statements, labelled(in.Label)) {
		return nil, parameter("Value %s for parameter Label is invalid. Reason: can't find label.", in.Label)
	}
	return r.setStatements(q, policy, slices.DeleteFunc(statements, labelled(in.Label)))
}
