package chaos

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
)

// timeout is that of the function.
const timeout = time.Minute

// longest is how long one delivery may sleep: the pauses after the act.
const longest = 6 * time.Second

// inOrder hands the function one message at a time, so that a seed gives the same world each time. A process that has
// died answers nothing: the whole batch comes again.
func (w *world) inOrder(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
	w.mu.Lock()
	outer := w.deadline
	w.deadline = w.now.Add(timeout)
	ctx, end := context.WithDeadline(ctx, w.deadline)
	w.mu.Unlock()
	defer func() {
		end()
		w.mu.Lock()
		w.deadline, w.dead = outer, false
		w.mu.Unlock()
	}()
	for _, m := range batch.Records {
		w.slept = 0
		one, err := w.Flow.Batch(ctx, events.SQSEvent{Records: []events.SQSMessage{m}})
		if w.slept > longest && !strings.Contains(m.Body, "Reminder") { // which may act on several resources
			w.breaks("no worker sleeps for what is stale: %v", w.slept)
		}
		switch {
		case err != nil:
			return answer, err
		case w.isDead():
			return answer, errors.New("the process has died")
		}
		answer.BatchItemFailures = append(answer.BatchItemFailures, one.BatchItemFailures...)
	}
	return answer, nil
}

// isDead tells whether the process is gone, also by its time.
func (w *world) isDead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over && !w.deadline.IsZero() && w.now.After(w.deadline) {
		w.dead = true
	}
	return w.dead
}

func (w *world) die() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
}

// second is another worker, which does all its work while the first one stands still between two steps.
func (w *world) second(place string) {
	if w.nested {
		return
	}
	w.tell("a second worker comes, while the first is %s", place)
	w.nested = true
	slept := w.slept
	w.Deliver(context.Background())
	w.nested, w.slept = false, slept
	w.tell("the first worker goes on")
}

// unseen tells whether an administrator has put the policy in force so late that our last look cannot have shown it.
func (w *world) unseen(r resource) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	put, read := w.writes[r.arn], w.reads[r.arn]
	if put.call >= read.call {
		return !put.at.IsZero()
	}
	return r.queue() && read.at.Sub(put.at) < w.cloud.Config().QueuePropagation
}

// checkTokens: what was not touched has used up no token.
func (w *world) checkTokens() {
	for _, e := range w.Incidents() {
		if e.Outcome.Result == remedy.StoodDown && e.Saved == "" && e.Token {
			w.breaks("a stand-down uses up no token: %s of %s", e.Change.EventID, e.Change.Resource)
		}
	}
}

// checkKept: a policy that went with an act on another, since nothing could have seen it, can be put back.
func (w *world) checkKept() {
	for _, l := range w.raced {
		kept := slices.ContainsFunc(w.Incidents(), func(e remedy.Entry) bool {
			if e.Change.Resource != l.arn {
				return false
			}
			full, err := w.Ledger.Find(context.Background(), e.Change.EventID, l.arn)
			return err == nil && slices.ContainsFunc(full.Copies, func(k remedy.Copy) bool { return same(k.Policy, l.policy) })
		})
		if !kept && !same(w.cloud.Policy(l.arn), l.policy) && len(w.cloud.Bodies(w.DeadLetters)) == 0 {
			w.breaks("every policy that went with an act is kept: %s had %s", l.arn, l.policy)
		}
	}
}
