package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/test/pipeline"
)

// delayed is how many deliveries of another account's events may come between the first delivery of a lockout and its
// rescue. The first is not early: no rule here names administrators, and a bucket shows what is in force.
const delayed = 10

// TestNoise lets one account be noisy in worlds where nothing fails, and then locks a bucket of another account.
func TestNoise(t *testing.T) {
	var found atomic.Bool
	p := &pace{of: max(2, *worlds/10), begun: time.Now()}
	for i := range uint64(p.of) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if found.Load() || p.tooSlow(t) {
				return
			}
			if broken, err := noise(*from + i); err != nil || len(broken) > 0 {
				if sought(broken) {
					found.Store(true)
				}
				t.Fatalf("noise %d: %v\n%s", *from+i, err, strings.Join(broken, "\n"))
			}
		})
	}
}

// noise is one noisy world.
func noise(seed uint64) ([]string, error) {
	w, end, err := newWorld(seed)
	if err != nil {
		return nil, err
	}
	defer end()
	w.over, w.quiet = true, true
	central := w.config("999988887777.role.LocksmithUnlock")
	central.Region = pipeline.Region
	l := ledger.NewDynamo(central, pipeline.Table, ledger.Defaults(), w.clock)
	w.Ledger, w.Flow.Ledger = l, l
	noisy := []string{repaired, strange}[w.IntN(2)]
	w.flood(noisy, 25+w.IntN(40))
	w.pass(time.Minute)
	victim := w.resources[0]
	if err := w.put(victim, victim.fill(templates[0].text)); err != nil {
		return nil, err
	}
	w.pass(time.Minute)
	others, waits := 0, false
	w.Function = func(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
		for _, m := range batch.Records {
			about := strings.Contains(m.Body, victim.name+`"`)
			waits = waits || about
			if waits && !about && w.cloud.Policy(victim.arn) != "" {
				others++
			}
			one, _ := w.inOrder(ctx, events.SQSEvent{Records: []events.SQSMessage{m}})
			answer.BatchItemFailures = append(answer.BatchItemFailures, one.BatchItemFailures...)
		}
		return answer, nil
	}
	for range 30 {
		for w.Deliver(context.Background()) > 0 {
		}
		w.pass(time.Minute)
	}
	if others > delayed || w.cloud.Policy(victim.arn) != "" {
		w.breaks("one account's noise delays no other account's rescue: %d of its events came first, policy %q", others,
			w.cloud.Policy(victim.arn))
	}
	if pages := len(w.cloud.Inbox(w.Topics.Pages)); pages > 2*ledger.Defaults().Pages {
		w.breaks("one account's noise pages nobody without end: %d pages", pages)
	}
	w.toggle()
	return w.broken, nil
}

// flood makes queues that lock, of which some are gone at once.
func (w *world) flood(account string, n int) {
	gone := w.IntN(2)
	for i := range n {
		name := fmt.Sprintf("flood%d", i)
		r := resource{"arn:aws:sqs:eu-central-1:" + account + ":" + name, account, name}
		w.cloud.CreateQueue(account, "eu-central-1", name, nil)
		w.resources = append(w.resources, r)
		w.labels[r.fill(templates[0].text)] = template{locks: true, text: r.fill(templates[0].text)}
		if err := w.put(r, r.fill(templates[0].text)); err != nil {
			w.breaks("flood: %v", err)
		}
		if gone == 1 && i%3 > 0 {
			w.cloud.SetPolicy(r.arn, "")
		}
	}
}

// toggle gives a lock another Sid each time, which is no news.
func (w *world) toggle() {
	i := slices.IndexFunc(w.resources, func(r resource) bool { return r.account == told })
	r := w.resources[i]
	before := len(w.cloud.Inbox(w.Topics.Alerts))
	for n := range 4 {
		w.cloud.SetPolicy(r.arn, "")
		policy := strings.Replace(r.fill(templates[0].text), `"All"`, fmt.Sprintf(`"All%d"`, n), 1)
		if err := w.put(r, policy); err != nil {
			w.breaks("toggled: %v", err)
		}
	}
	for range 5 {
		w.pass(time.Minute)
		for w.Deliver(context.Background()) > 0 {
		}
	}
	heard := 0
	for _, m := range w.cloud.Inbox(w.Topics.Alerts)[before:] {
		if strings.Contains(m.For("email"), r.arn) {
			heard++
		}
	}
	if heard != 1 {
		w.breaks("the same is told once: %d times, %s", heard, remedy.NotifyOnly)
	}
}
