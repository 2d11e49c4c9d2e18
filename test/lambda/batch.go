package lambda

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// A Message is one of a batch from the work queue.
type Message struct {
	ID   string
	Body string
	Try  int // how often it has been delivered, this time included
}

// Batch is what Lambda hands a function whose source is a queue
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
func Batch(messages ...Message) []byte {
	var records []any
	for _, m := range messages {
		records = append(records, map[string]any{
			"messageId": m.ID, "receiptHandle": "receipt-of-" + m.ID, "body": m.Body,
			"attributes": map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.Try), "SentTimestamp": "1795248930000",
				"SenderId": "AIDAEXAMPLEEXAMPLE000", "ApproximateFirstReceiveTimestamp": "1795248930001"},
			"messageAttributes": map[string]any{}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
			"eventSourceARN": "arn:aws:sqs:us-east-1:999988887777:locksmith-work",
		})
	}
	text, _ := json.Marshal(map[string]any{"Records": records}) // strings always marshal
	return text
}

// Failures are the messages that the answer names as those that have to come again
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
func (a Answer) Failures() ([]string, error) {
	var body struct {
		BatchItemFailures *[]struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || a.Kind != "response" ||
		body.BatchItemFailures == nil {
		return nil, fmt.Errorf("%s %s: want a response with batchItemFailures", a.Kind, a.Body)
	}
	ids := []string{}
	for _, f := range *body.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids, nil
}
