package remedy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// What one account can do to wear the rescue of all others down.

// everywhere are rules that cover every account of the tests.
var everywhere = strings.Replace(rules, `"000011112222"`,
	`"000011112222","222233334444","333344445555","444455556666"`, 1)

const other = "222233334444"

// lockQueues makes queues in an account whose policy locks, and deletes them at once if they are to be gone.
func (w *world) lockQueues(owner string, n int, gone bool) {
	w.t.Helper()
	client := sqs.NewFromConfig(w.config(owner))
	for i := range n {
		name := fmt.Sprintf("q%d-%d", w.clock().Unix(), i)
		arn := fmt.Sprintf("arn:aws:sqs:%s:%s:%s", region, owner, name)
		_, err := client.CreateQueue(context.Background(), &sqs.CreateQueueInput{QueueName: &name,
			Attributes: map[string]string{"Policy": strings.ReplaceAll(denyAllQueue, queueARN, arn)}})
		if err != nil {
			w.t.Fatal(err)
		}
		if gone {
			w.cloud.SetPolicy(arn, "")
		}
	}
}

// TestLocksThatAreOverUseUpNoGuard: twenty queues are created locked and deleted at once, and three accounts do so when
// there are three to be had. A real lockout in another account is unlocked.
func TestLocksThatAreOverUseUpNoGuard(t *testing.T) {
	limits := ledger.Defaults()
	limits.AccountsPerHour = 3
	w := newWorldOf(t, everywhere, cloud.Config{}, limits)
	for _, owner := range []string{"222233334444", "333344445555", "444455556666"} {
		w.lockQueues(owner, 19, true)
	}
	w.pass(2 * time.Minute)
	w.settle()
	w.put(denyAll)
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != "" {
		t.Errorf("policy %s, mails %q", got, w.subjects())
	}
}

// TestOneAccountUsesUpItsShareAlone: it has twelve lockouts, and another account's is unlocked in the same hour.
func TestOneAccountUsesUpItsShareAlone(t *testing.T) {
	w := newWorld(t, everywhere)
	w.lockQueues(other, 12, false)
	w.settle()
	w.put(denyAll)
	w.settle()
	if got := w.cloud.Policy(bucketARN); got != "" {
		t.Errorf("policy %s", got)
	}
	held := 0
	for _, e := range w.Incidents() {
		if e.Outcome.Result == remedy.Held {
			held++
		}
	}
	if held != 2 {
		t.Errorf("%d held back, want two of twelve", held)
	}
}

// TestWhatIsHeldIsTakenUpAgain: the hour is over, and the reminder unlocks what was held back. Nobody is told twice.
func TestWhatIsHeldIsTakenUpAgain(t *testing.T) {
	w := newWorld(t, everywhere)
	w.lockQueues(other, 12, false)
	w.settle()
	for range 2 {
		w.pass(time.Hour)
		w.Remind()
		w.settle()
	}
	if told := strings.Join(w.subjects(), "\n"); strings.Count(told, "held back") != 2 ||
		strings.Count(told, "UNLOCKED") != 12 {
		t.Errorf("mails %q", w.subjects())
	}
	for _, e := range w.Incidents() {
		if e.Outcome.Result != remedy.Unlocked || e.Open || w.cloud.Policy(e.Change.Resource) != "" {
			t.Errorf("%s: %s, open %t", e.Change.Resource, e.Outcome.Result, e.Open)
		}
	}
}

// TestAFloodOfStaleEventsDelaysNobody: queues that are created and deleted make no worker wait, and after twenty of
// them in an hour their account has to.
func TestAFloodOfStaleEventsDelaysNobody(t *testing.T) {
	w := newWorld(t, everywhere)
	w.lockQueues(other, 60, true)
	w.put(denyAll)
	begun := w.clock()
	for w.Deliver(context.Background()) > 0 {
	}
	if took := w.clock().Sub(begun); took > 10*time.Second || w.cloud.Policy(bucketARN) != "" {
		t.Errorf("it took %v, policy %s", took, w.cloud.Policy(bucketARN))
	}
	w.cloud.ResetCalls()
	w.pass(2 * time.Minute)
	for w.Deliver(context.Background()) > 0 {
	}
	opened := 0
	for _, c := range w.cloud.Calls() {
		if c.Action == "AssumeRoot" {
			opened++
		}
	}
	if opened < 20 || opened > 30 { // ten may be under way at once
		t.Errorf("%d root sessions for the flood, want some twenty", opened)
	}
}

// TestAFloodOfPagesIsADigest: queues that no rule covers are five pages, and one digest that lists the rest. Another
// account is told as ever.
func TestAFloodOfPagesIsADigest(t *testing.T) {
	w := newWorld(t, rules)
	w.lockQueues(other, 40, false)
	w.lockQueues("333344445555", 1, false)
	w.settle()
	if len(w.pages()) != 6 || len(w.subjects()) != 6 {
		t.Errorf("%d pages, %d mails", len(w.pages()), len(w.subjects()))
	}
	for range 2 {
		w.pass(time.Hour)
		w.Remind()
		w.settle()
	}
	if len(w.pages()) != 7 {
		t.Fatalf("%d pages: %q", len(w.pages()), w.pages())
	}
}

// TestAnotherSidIsNoNews: a lock that is called something else each time means the same.
func TestAnotherSidIsNoNews(t *testing.T) {
	w := newWorld(t, namedRules("notify"))
	for i := range 4 {
		w.putAs(pipelineRole, strings.Replace(denyAllExceptPipeline, "DenyAllExceptPipeline", fmt.Sprint("Sid", i), 1))
		w.settle()
	}
	if len(w.pages()) != 1 {
		t.Errorf("pages %q", w.pages())
	}
}

// dies is a function that is ended by one resource, as by running out of memory: nothing comes after it, not even what
// the other messages of the batch were about to do.
type dies struct {
	remedy.Root
	of string
}

type death struct{}

func (d dies) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	if c.Resource == d.of {
		panic(death{})
	}
	return d.Root.Open(ctx, c)
}

// TestAPoisonousMessageTakesNoBatchWithIt: what has come several times is handled by itself, after the others were
// taken off the queue.
func TestAPoisonousMessageTakesNoBatchWithIt(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.setQueue(denyAllQueue)
	w.Flow.Root = dies{w.Flow.Root, bucketARN}
	var order []string
	w.Flow.Report = func(r remedy.Report) { order = append(order, r.Change.Name()) }
	batch := events.SQSEvent{}
	for i, m := range w.cloud.Receive(w.Queue, 10, time.Minute) {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: m.ID, ReceiptHandle: m.Receipt, Body: m.Body,
			EventSourceARN: w.Queue, Attributes: map[string]string{"ApproximateReceiveCount": fmt.Sprint(3 - 2*i)}})
	}
	answer, err := w.Flow.Batch(context.Background(), batch)
	if err != nil || len(answer.BatchItemFailures) != 1 || strings.Join(order, " ") != "orders payroll" ||
		len(w.cloud.Bodies(w.Queue)) != 1 {
		t.Errorf("%+v, %v, in the order %q, %d messages left", answer, err, order, len(w.cloud.Bodies(w.Queue)))
	}
}

// TestPeopleAreToldBeforeTheFunctionDiesAgain: an event has ended the function each time before it came to the ledger,
// or after. People hear of it before it is tried once more.
func TestPeopleAreToldBeforeTheFunctionDiesAgain(t *testing.T) {
	for name, claimed := range map[string]bool{"judging": false, "at work": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rules)
			w.put(denyAll)
			body := []byte(w.cloud.Bodies(w.Queue)[0])
			if claimed {
				change, err := remedy.Parse(body)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Ledger.Claim(t.Context(), remedy.Incident{Change: change}); err != nil {
					t.Fatal(err)
				}
				w.pass(6 * time.Minute)
			}
			toldBefore := false
			w.Flow.Root = &before{w.Flow.Root, func() { toldBefore = len(w.pages()) == 1 }}
			if err := w.Flow.Handle(t.Context(), remedy.Delivery{Event: body, Try: 6}); err != nil {
				t.Fatal(err)
			}
			mail := unwrap(w.cloud.Inbox(w.Topics.Alerts)[0].For("email"))
			if !toldBefore || !strings.Contains(mail, "5 deliveries") ||
				strings.Contains(mail, "could not be judged") == claimed {
				t.Errorf("pages %q, mails %q", w.pages(), w.subjects())
			}
			if last := w.subjects()[len(w.subjects())-1]; !strings.Contains(last, "UNLOCKED") {
				t.Errorf("mails %q", w.subjects())
			}
		})
	}
}

// before does something before each root session.
type before struct {
	remedy.Root
	do func()
}

func (b *before) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	b.do()
	return b.Root.Open(ctx, c)
}
