package sqs

import (
	"crypto/md5" // the digest of messages in the protocol, no protection
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/test/cloud/front"
)

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// sendMessage follows https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html. FIFO
// queues hold no messages here.
func sendMessage(r *request, q *queue, in input) (any, *front.Error) {
	size, _ := strconv.Atoi(q.attributes["MaximumMessageSize"]) // checked when it was set
	switch {
	case strings.HasSuffix(q.name, ".fifo"):
		return nil, front.Refuse("NotImplemented", "this AWS keeps no messages in FIFO queues",
			http.StatusNotImplemented)
	case in.MessageBody == "":
		return nil, front.Refuse("MissingParameter", "The request must contain the parameter MessageBody.",
			http.StatusBadRequest)
	case len(in.MessageBody) > size:
		return nil, parameter("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.",
			size)
	}
	m := r.enqueue(q, in.MessageBody)
	m.attributes = in.MessageAttributes
	if in.DelaySeconds != nil {
		m.visible = m.sent.Add(time.Duration(*in.DelaySeconds) * time.Second)
	}
	return map[string]string{"MessageId": m.id, "MD5OfMessageBody": digest(m.body)}, nil
}

// checkReceipt refuses what was never a receipt handle. One that a later receive has replaced is none of this message
// any more, and does nothing.
func checkReceipt(receipt string) *front.Error {
	if b, err := hex.DecodeString(receipt); err != nil || len(b) != 16 {
		return front.Refuse("ReceiptHandleIsInvalid", "The input receipt handle \""+receipt+
			"\" is not a valid receipt handle.", http.StatusNotFound)
	}
	return nil
}

func deleteMessage(_ *request, q *queue, in input) (any, *front.Error) {
	if err := checkReceipt(in.ReceiptHandle); err != nil {
		return nil, err
	}
	q.delete(in.ReceiptHandle)
	return struct{}{}, nil
}

func changeVisibility(r *request, q *queue, in input) (any, *front.Error) {
	if err := checkReceipt(in.ReceiptHandle); err != nil {
		return nil, err
	}
	if in.VisibilityTimeout == nil || *in.VisibilityTimeout < 0 || *in.VisibilityTimeout > 43_200 {
		return nil, parameter("VisibilityTimeout must be between 0 and 43200 seconds")
	}
	now := r.Now()
	for _, m := range q.messages {
		if m.receipt != in.ReceiptHandle {
			continue
		}
		if !now.Before(m.visible) {
			return nil, front.Refuse("MessageNotInflight", "The message is not in flight.", http.StatusBadRequest)
		}
		m.visible = now.Add(time.Duration(*in.VisibilityTimeout) * time.Second)
	}
	return struct{}{}, nil
}

// inBatch does one action for each entry; some may fail while others are done
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html).
func inBatch(one func(*request, *queue, input) (any, *front.Error)) func(*request, *queue, input) (any, *front.Error) {
	return func(r *request, q *queue, in input) (any, *front.Error) {
		if err := checkBatch(in.Entries); err != nil {
			return nil, err
		}
		done, failed := []map[string]string{}, []map[string]any{}
		for _, e := range in.Entries {
			result, err := one(r, q, input{MessageBody: e.MessageBody, ReceiptHandle: e.ReceiptHandle,
				MessageAttributes: e.MessageAttributes,
				VisibilityTimeout: e.VisibilityTimeout, DelaySeconds: e.DelaySeconds})
			if err != nil {
				failed = append(failed, map[string]any{"Id": e.Id, "Code": err.Code, "Message": err.Message,
					"SenderFault": err.Status < 500})
				continue
			}
			fields, ok := result.(map[string]string)
			if !ok {
				fields = map[string]string{}
			}
			fields["Id"] = e.Id
			done = append(done, fields)
		}
		return map[string]any{"Successful": done, "Failed": failed}, nil
	}
}

func checkBatch(entries []entry) *front.Error {
	var ids []string
	for _, e := range entries {
		if slices.Contains(ids, e.Id) {
			return front.Refuse("BatchEntryIdsNotDistinct", "Id "+e.Id+" repeated.", http.StatusBadRequest)
		}
		ids = append(ids, e.Id)
	}
	switch {
	case len(ids) == 0:
		return front.Refuse("EmptyBatchRequest", "There should be at least one entry in the request.",
			http.StatusBadRequest)
	case len(ids) > 10:
		return front.Refuse("TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are 10. You have sent "+strconv.Itoa(len(ids))+".",
			http.StatusBadRequest)
	}
	return nil
}

// receiveMessage polls, for as long as it is asked to wait, at most 20 seconds of the real clock, and asks for leave
// when the wait is over.
func (r *request) receiveMessage(in input) {
	arn := r.queueARN(in)
	ready, wait := r.ready(arn)
	if in.WaitTimeSeconds != nil {
		wait = time.Duration(min(*in.WaitTimeSeconds, 20)) * time.Second
	}
	for deadline := time.Now().Add(wait); !ready && time.Now().Before(deadline) && r.Context().Err() == nil; {
		time.Sleep(10 * time.Millisecond)
		ready, _ = r.ready(arn)
	}
	if r.Context().Err() != nil {
		return // nobody is there to take the messages
	}
	r.Perform("ReceiveMessage", arn, func() (func(), *front.Error) {
		return r.onQueue("ReceiveMessage", arn, in, queueAction{do: receive})
	})
}

// ready tells whether a receive would find something, and how long one waits by the queue's own setting. There is
// nothing to wait for at a queue that does not exist.
func (s *Queues) ready(arn string) (ready bool, wait time.Duration) {
	s.front.Lock()
	defer s.front.Unlock()
	q := s.queues[arn]
	if q == nil {
		return true, 0
	}
	visible, _, _ := q.count(s.front.Now())
	return visible > 0, q.seconds("ReceiveMessageWaitTimeSeconds")
}

func receive(r *request, q *queue, in input) (any, *front.Error) {
	most, visibility := 1, q.seconds("VisibilityTimeout")
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	if most < 1 || most > 10 {
		return nil, parameter("Value %d for parameter MaxNumberOfMessages is invalid. "+
			"Reason: Must be between 1 and 10, if provided.", most)
	}
	got := []map[string]any{}
	for _, m := range r.receive(q, most, visibility) {
		fields := map[string]any{"MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body,
			"MD5OfBody": digest(m.body)}
		if system := m.system(append(in.AttributeNames, in.MessageSystemAttributeNames...)); len(system) > 0 {
			fields["Attributes"] = system
		}
		if own := m.named(in.MessageAttributeNames); len(own) > 0 {
			fields["MessageAttributes"] = own
		}
		got = append(got, fields)
	}
	return map[string]any{"Messages": got}, nil
}

// system are the attributes that SQS itself gives a message, as far as they are asked for.
func (m *message) system(asked []string) map[string]string {
	all := map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.receives), "SentTimestamp": milliseconds(m.sent),
		"ApproximateFirstReceiveTimestamp": milliseconds(m.first)}
	for name := range all {
		if !slices.Contains(asked, name) && !slices.Contains(asked, "All") {
			delete(all, name)
		}
	}
	return all
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// named are the sender's attributes of a message, as far as they are asked for: by name, by a prefix that ends in .*,
// or all.
func (m *message) named(asked []string) map[string]json.RawMessage {
	found := map[string]json.RawMessage{}
	for name, value := range m.attributes {
		for _, a := range asked {
			prefix, open := strings.CutSuffix(a, ".*")
			if a == "All" || a == name || open && strings.HasPrefix(name, prefix) {
				found[name] = value
			}
		}
	}
	return found
}
