// Package events is EventBridge in one process: a bus on which CloudTrail's events come, with rules that send them to
// queues, and event patterns (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-what-is.html).
package events

import (
	"encoding/json"
	"slices"
	"time"

	"locksmith/test/cloud/front"
)

// A Bus is the one event bus of an AWS.
type Bus struct {
	front  *front.Front
	queues Queues
	delay  time.Duration
	rules  []Rule
	events [][]byte
}

// Queues are where rules send events to. Enqueue puts one on a queue, to be seen from some time on; it does nothing
// where there is no such queue. It is called under the lock.
type Queues interface {
	Enqueue(arn, body string, visible time.Time)
}

// New makes a bus that takes the events of a front. The delay is how long an event is on its way to a queue.
func New(f *front.Front, queues Queues, delay time.Duration) *Bus {
	b := &Bus{front: f, queues: queues, delay: delay}
	f.OnRecord(b.put)
	return b
}

// A Rule sends events of the bus to a queue.
type Rule struct {
	Matches func(event []byte) bool
	Queue   string // ARN
}

// AddRule puts a rule on the bus.
func (b *Bus) AddRule(r Rule) {
	b.front.Lock()
	defer b.front.Unlock()
	b.rules = append(b.rules, r)
}

// Events are the latest thousand events on the bus, oldest first.
func (b *Bus) Events() []json.RawMessage {
	b.front.Lock()
	defer b.front.Unlock()
	events := make([]json.RawMessage, len(b.events))
	for i, e := range b.events {
		events[i] = slices.Clone(e)
	}
	return events
}

// PutEvent puts an event on the bus, as EventBridge would deliver it.
func (b *Bus) PutEvent(event []byte) {
	b.front.Lock()
	defer b.front.Unlock()
	b.put(event)
}

func (b *Bus) put(event []byte) {
	b.events = append(b.events, event)
	if extra := len(b.events) - 1000; extra > 0 {
		b.events = slices.Delete(b.events, 0, extra)
	}
	for _, rule := range b.rules {
		if rule.Matches(event) {
			b.queues.Enqueue(rule.Queue, string(event), b.front.Now().Add(b.delay))
		}
	}
}
