package cloud

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

type queue struct {
	name, account, region string
	attributes            map[string]string
	before                map[string]string // the attributes before the latest change
	changed               time.Time
	messages              []*message
}

type message struct {
	id, receipt, body string
	receives          int
	visible, sent     time.Time
}

func (q *queue) arn() string { return "arn:aws:sqs:" + q.region + ":" + q.account + ":" + q.name }

// A Message is one message as it is received.
type Message struct {
	ID, Receipt, Body string
	Receives          int // how often it has been received, this time included
}

// CreateQueue makes a queue and returns its ARN.
func (c *Cloud) CreateQueue(account, region, name string, attributes map[string]string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := &queue{name: name, account: account, region: region, attributes: map[string]string{"VisibilityTimeout": "30"}}
	for k, v := range attributes {
		q.attributes[k] = v
	}
	c.queues[q.arn()] = q
	return q.arn()
}

// Send puts a message on a queue.
func (c *Cloud) Send(arn, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.queues[arn]; q != nil {
		c.enqueue(q, body)
	}
}

func (c *Cloud) enqueue(q *queue, body string) *message {
	now := c.config.Now()
	m := &message{id: uuid(), body: body, visible: now, sent: now}
	q.messages = append(q.messages, m)
	return m
}

// Receive takes up to max visible messages and hides them for the visibility timeout; 0 stands for the queue's own.
func (c *Cloud) Receive(arn string, max int, visibility time.Duration) []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.queues[arn]; q != nil {
		return c.receive(q, max, visibility)
	}
	return nil
}

// receive moves what has been received too often to the dead letters first, as the redrive policy says.
func (c *Cloud) receive(q *queue, max int, visibility time.Duration) []Message {
	now := c.config.Now()
	if visibility == 0 {
		seconds, _ := strconv.Atoi(q.attributes["VisibilityTimeout"])
		visibility = time.Duration(seconds) * time.Second
	}
	var redrive struct {
		DeadLetterTargetArn string      `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.Number `json:"maxReceiveCount"`
	}
	_ = json.Unmarshal([]byte(q.attributes["RedrivePolicy"]), &redrive) // checked when it was set
	limit, _ := redrive.MaxReceiveCount.Int64()
	dead := c.queues[redrive.DeadLetterTargetArn]
	var got []Message
	for _, m := range slices.Clone(q.messages) {
		if len(got) == max || now.Before(m.visible) {
			continue
		}
		if dead != nil && limit > 0 && int64(m.receives) >= limit {
			q.remove(m)
			dead.messages = append(dead.messages, m)
			continue
		}
		m.receives++
		m.receipt, m.visible = randomID(16), now.Add(visibility)
		got = append(got, Message{m.id, m.receipt, m.body, m.receives})
	}
	return got
}

func (q *queue) remove(m *message) {
	q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
}

// Delete takes a received message off its queue.
func (c *Cloud) Delete(arn, receipt string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.queues[arn]; q != nil {
		q.delete(receipt)
	}
}

func (q *queue) delete(receipt string) {
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return receipt != "" && m.receipt == receipt })
}

// Bodies are the messages on a queue, visible or not, oldest first.
func (c *Cloud) Bodies(arn string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var bodies []string
	if q := c.queues[arn]; q != nil {
		for _, m := range q.messages {
			bodies = append(bodies, m.body)
		}
	}
	return bodies
}

// PutBucket makes a bucket.
func (c *Cloud) PutBucket(account, region, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putBucket(account, region, name)
}

// Policy is the policy in force on a bucket or queue, by its ARN, or "".
func (c *Cloud) Policy(arn string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.queues[arn]; q != nil {
		return q.attributes["Policy"]
	}
	for _, b := range c.buckets {
		if b.arn() == arn {
			return b.policy
		}
	}
	return ""
}

// SetPolicy puts a policy on a bucket or queue, unasked and unrecorded.
func (c *Cloud) SetPolicy(arn, policy string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.queues[arn]; q != nil {
		q.attributes["Policy"] = policy
	}
	for _, b := range c.buckets {
		if b.arn() == arn {
			b.policy = policy
		}
	}
}
