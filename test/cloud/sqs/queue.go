package sqs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"locksmith/test/cloud/front"
)

type queue struct {
	name, account, region string
	attributes            map[string]string // in force
	past                  []setting         // what GetQueueAttributes may still show, oldest first
	created, changed      time.Time
	messages              []*message
}

// A setting is what a queue's attributes were until a change.
type setting struct {
	attributes map[string]string
	until      time.Time
}

type message struct {
	id, receipt, body string
	attributes        map[string]json.RawMessage
	receives          int
	visible, sent     time.Time
	first             time.Time // received for the first time
}

func newQueue(account, region, name string, attributes map[string]string, now time.Time) *queue {
	q := &queue{name: name, account: account, region: region, created: now, changed: now,
		attributes: map[string]string{"VisibilityTimeout": "30", "DelaySeconds": "0",
			"MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0",
			"SqsManagedSseEnabled": "true"}}
	maps.Copy(q.attributes, attributes)
	return q
}

func (q *queue) arn() string { return "arn:aws:sqs:" + q.region + ":" + q.account + ":" + q.name }

// change merges attributes into those in force; what is left out stays. The delay is how long GetQueueAttributes does
// not know of it.
func (q *queue) change(attributes map[string]string, now time.Time, delay time.Duration) {
	q.past = slices.DeleteFunc(q.past, func(s setting) bool { return !now.Before(s.until.Add(delay)) })
	q.past = append(q.past, setting{maps.Clone(q.attributes), now})
	maps.Copy(q.attributes, attributes)
	q.changed = now
}

// shown are the attributes that GetQueueAttributes sees.
func (q *queue) shown(now time.Time, delay time.Duration) map[string]string {
	for _, s := range q.past {
		if now.Before(s.until.Add(delay)) {
			return maps.Clone(s.attributes)
		}
	}
	return maps.Clone(q.attributes)
}

// seconds is a duration among the attributes, all of which are checked when they are set.
func (q *queue) seconds(attribute string) time.Duration {
	n, _ := strconv.Atoi(q.attributes[attribute])
	return time.Duration(n) * time.Second
}

// A Message is one message as it is received.
type Message struct {
	ID, Receipt, Body string
	Receives          int // how often it has been received, this time included
}

// CreateQueue makes a queue and returns its ARN. A queue of that name is replaced by it.
func (s *Queues) CreateQueue(account, region, name string, attributes map[string]string) string {
	s.front.Lock()
	defer s.front.Unlock()
	q := newQueue(account, region, name, attributes, s.front.Now())
	s.put(q)
	return q.arn()
}

// Send puts a message on a queue; one that does not exist swallows it.
func (s *Queues) Send(arn, body string) {
	s.front.Lock()
	defer s.front.Unlock()
	if q := s.queues[arn]; q != nil {
		s.enqueue(q, body)
	}
}

// Enqueue puts a message on a queue, to be seen from some time on; the zero time stands for the queue's own delay. It
// is called under the lock, by SNS and the event bus. A queue that does not exist swallows the message.
func (s *Queues) Enqueue(arn, body string, visible time.Time) {
	q := s.queues[arn]
	if q == nil {
		return
	}
	if m := s.enqueue(q, body); !visible.IsZero() {
		m.visible = visible
	}
}

func (s *Queues) enqueue(q *queue, body string) *message {
	now := s.front.Now()
	m := &message{id: front.UUID(), body: body, visible: now.Add(q.seconds("DelaySeconds")), sent: now}
	q.messages = append(q.messages, m)
	return m
}

// Receive takes up to max visible messages and hides them for the visibility timeout; 0 stands for the queue's own.
func (s *Queues) Receive(arn string, max int, visibility time.Duration) []Message {
	s.front.Lock()
	defer s.front.Unlock()
	q := s.queues[arn]
	if q == nil {
		return nil
	}
	if visibility == 0 {
		visibility = q.seconds("VisibilityTimeout")
	}
	var got []Message
	for _, m := range s.receive(q, max, visibility) {
		got = append(got, Message{m.id, m.receipt, m.body, m.receives})
	}
	return got
}

// receive moves what has been received too often to the dead letters first, as the redrive policy says
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html), and forgets
// what is past the retention period.
func (s *Queues) receive(q *queue, most int, visibility time.Duration) []*message {
	now := s.front.Now()
	q.expire(now)
	limit, dead := q.redrive()
	target := s.queues[dead]
	var got []*message
	for _, m := range slices.Clone(q.messages) {
		if len(got) == most || now.Before(m.visible) {
			continue
		}
		if target != nil && m.receives >= limit {
			q.remove(m)
			target.messages = append(target.messages, m)
			continue
		}
		if m.receives++; m.receives == 1 {
			m.first = now
		}
		m.receipt, m.visible = front.RandomID(16), now.Add(visibility)
		got = append(got, m)
	}
	return got
}

// expire drops the messages that are older than the retention period.
func (q *queue) expire(now time.Time) {
	q.messages = slices.DeleteFunc(q.messages,
		func(m *message) bool { return now.Sub(m.sent) > q.seconds("MessageRetentionPeriod") })
}

// redrive is the queue's RedrivePolicy: how often a message may be received, and the ARN of the queue for dead letters,
// or "". The count stands there as a number or as a string.
func (q *queue) redrive() (receives int, dead string) {
	receives, dead, err := readRedrive(q.attributes["RedrivePolicy"])
	if err != nil {
		return 0, "" // requests with such a policy are refused, so a test has set it
	}
	return receives, dead
}

func readRedrive(text string) (receives int, dead string, err error) {
	if text == "" {
		return 0, "", nil
	}
	var p struct {
		Target string      `json:"deadLetterTargetArn"`
		Most   json.Number `json:"maxReceiveCount"`
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return 0, "", err
	}
	receives, err = strconv.Atoi(p.Most.String())
	if err == nil && (receives < 1 || receives > 1000) {
		err = fmt.Errorf("maxReceiveCount %d, not 1 to 1000", receives)
	}
	return receives, p.Target, err
}

func (q *queue) remove(m *message) {
	q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
}

// Delete takes a received message off its queue.
func (s *Queues) Delete(arn, receipt string) {
	s.front.Lock()
	defer s.front.Unlock()
	if q := s.queues[arn]; q != nil {
		q.delete(receipt)
	}
}

func (q *queue) delete(receipt string) {
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return receipt != "" && m.receipt == receipt })
}

// Bodies are the messages on a queue, visible or not, oldest first.
func (s *Queues) Bodies(arn string) []string {
	s.front.Lock()
	defer s.front.Unlock()
	var bodies []string
	if q := s.queues[arn]; q != nil {
		for _, m := range q.messages {
			bodies = append(bodies, m.body)
		}
	}
	return bodies
}
