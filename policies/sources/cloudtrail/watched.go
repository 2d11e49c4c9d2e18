package cloudtrail

import (
	"encoding/json"
	"slices"
)

// A watchedCall is one API call that can give a bucket or a queue a policy. [Parse] and [EventPattern] both work from
// this table, so what the rules let through and what the parser understands cannot drift apart.
type watchedCall struct {
	source      string     // EventBridge's source
	eventSource string     // CloudTrail's
	name        string     // CloudTrail's eventName
	subject     string     // the request parameter that is always there and names the bucket or queue
	policies    [][]string // where the policy may stand in requestParameters
	required    bool       // a record without a policy cannot be right
	resource    func(record, parameters) (place, error)
}

// watched is the table. AddPermission is not in it: it writes Allow statements only
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html), and
// RemovePermission only takes statements away.
func watched() []watchedCall {
	// CloudTrail wrote CreateQueue's attributes as "attribute" while SQS spoke the query protocol.
	attributes := [][]string{{"attributes", "Policy"}, {"attribute", "Policy"}}
	return []watchedCall{
		{source: "aws.s3", eventSource: "s3.amazonaws.com", name: "PutBucketPolicy", subject: "bucketName",
			policies: [][]string{{"bucketPolicy"}}, required: true, resource: bucketOf},
		{source: "aws.sqs", eventSource: "sqs.amazonaws.com", name: "SetQueueAttributes", subject: "queueUrl",
			policies: attributes, resource: queueOf},
		{source: "aws.sqs", eventSource: "sqs.amazonaws.com", name: "CreateQueue", subject: "queueName",
			policies: attributes, resource: newQueueOf},
	}
}

var watchedCalls = watched()

func findCall(eventSource, name string) (watchedCall, bool) {
	i := slices.IndexFunc(watchedCalls, func(c watchedCall) bool { return c.eventSource == eventSource && c.name == name })
	if i < 0 {
		return watchedCall{}, false
	}
	return watchedCalls[i], true
}

// EventPattern is the EventBridge pattern of the rules that feed the work queue: accepted watched calls whose policy
// holds a Deny, and watched calls whose parameters CloudTrail left out, which [Parse] turns into an error rather than
// nobody hearing of them. A policy in a string is let through when it holds the word Deny, or a \u escape, which
// could spell it.
func EventPattern() []byte {
	type object = map[string]any
	var sources []string
	var alternatives []object
	for _, c := range watchedCalls {
		if !slices.Contains(sources, c.source) {
			sources = append(sources, c.source)
		}
		alternative := func(parameters any) {
			alternatives = append(alternatives, object{"eventName": []string{c.name}, "requestParameters": parameters})
		}
		for _, path := range c.policies {
			alternative(nest(path, object{"Statement": object{"Effect": []string{"Deny"}}}))
			alternative(nest(path, []object{{"wildcard": "*Deny*"}, {"wildcard": `*\\u*`}}))
		}
		alternative(object{c.subject: []object{{"exists": false}}})
	}
	text, err := json.Marshal(object{
		"source":      sources,
		"detail-type": []string{detailType},
		"detail":      object{"errorCode": []object{{"exists": false}}, "$or": alternatives},
	})
	if err != nil {
		panic(err) // maps of strings: cannot happen
	}
	return text
}

func nest(path []string, inner any) any {
	for _, name := range slices.Backward(path) {
		inner = map[string]any{name: inner}
	}
	return inner
}
