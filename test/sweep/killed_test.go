package sweep

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/sweeper"
	"locksmith/test/pipeline"
)

// A cut is the network of a process that dies after so many calls. From then on nothing that it does has an effect.
type cut struct {
	left atomic.Int64
	dead atomic.Bool
}

var errDead = errors.New("the process was killed")

// Do sends a request, as long as the process lives.
func (c *cut) Do(r *http.Request) (*http.Response, error) {
	if c.left.Add(-1) < 0 {
		c.dead.Store(true)
		return nil, errDead
	}
	return http.DefaultTransport.RoundTrip(r)
}

// kills is how many processes die, each at a random call.
const kills = 12

// TestKilled: processes die at random calls. What comes after them finishes the sweep, reads no page again whose end
// was recorded, and finds everything. One that dies when it has told people, and not noted it, has them told again.
func TestKilled(t *testing.T) {
	w := newWorld(t, Size{Accounts: 23, Buckets: 12, Queues: 8, Planted: 20}, 7)
	r := rand.New(rand.NewPCG(7, 7))
	ctx := context.Background()
	if _, err := w.sweep.Start(ctx, sweeper.Request{By: "a test"}); err != nil {
		t.Fatal(err)
	}
	finished := map[string]int{} // reads of the resources of pages that were done when a process died
	died := 0
	for end := time.Now().Add(5 * time.Minute); !w.over(t); {
		if time.Now().After(end) {
			t.Fatal("it comes to no end")
		}
		c := &cut{}
		if c.left.Store(int64(1 + r.IntN(120))); died >= kills {
			c.left.Store(1 << 40)
		}
		err := w.sweep.Restart(pipeline.SweepOptions{Regions: Regions(), Reader: Reader, Tries: 100,
			Log:    slog.New(slog.DiscardHandler),
			Herald: &w.herald, Lease: 3 * time.Second, Client: c})
		if err != nil {
			t.Fatal(err)
		}
		w.live(ctx, c)
		if c.dead.Load() {
			died++
			w.note(t, finished)
		}
	}
	if died < kills {
		t.Errorf("%d processes died, want %d", died, kills)
	}
	calls := w.made()
	for arn, n := range finished {
		if calls[readOf(arn)] != n {
			t.Errorf("%s was read %d times, and %d times when its page was done", arn, calls[readOf(arn)], n)
		}
	}
	t.Logf("%d resources were on pages that were done before the last death", len(finished))
	for w.pipeline.Deliver(ctx) > 0 {
	}
	sum, err := w.sweep.Summary(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	w.checkSummary(t, sum)
	w.checkSettled(t)
}

// live delivers to one process until it dies, or nothing is left to deliver for a while.
func (w *world) live(ctx context.Context, c *cut) {
	for idle := 0; !c.dead.Load() && idle < 20; {
		n := w.pipeline.DeliverTo(ctx, w.sweep.Queue, func(ctx context.Context, batch events.SQSEvent) (
			events.SQSEventResponse, error) {
			answer, err := w.sweep.Batch(ctx, batch)
			if c.dead.Load() {
				err = errDead // nobody hears the answer
			}
			return answer, err
		})
		if idle++; n > 0 {
			idle = 0
			continue
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// over tells whether the sweep is. Who asks is no process of the sweep's.
func (w *world) over(t *testing.T) bool {
	t.Helper()
	s, err := w.store.Sweep(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s.State == sweeper.Over
}

// note keeps how often the resources of pages that are done were read.
func (w *world) note(t *testing.T, finished map[string]int) {
	t.Helper()
	s, err := w.store.Sweep(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	var accounts []string
	for i := range w.Size.Accounts {
		accounts = append(accounts, Number(i))
	}
	visits, err := w.store.Visits(context.Background(), s.ID, accounts, sweeper.Tasks())
	if err != nil {
		t.Fatal(err)
	}
	calls := w.made()
	for _, v := range visits {
		for _, p := range v.Places {
			for arn := range w.Policies {
				if _, noted := finished[arn]; p.Over && !noted && on(arn, v, p) {
					finished[arn] = calls[readOf(arn)]
				}
			}
		}
	}
}

// on tells whether a resource is on the one page of a place.
func on(arn string, v sweeper.Visit, p sweeper.Place) bool {
	if v.Task == sweeper.Buckets {
		return strings.HasPrefix(arn, "arn:aws:s3:::b-"+v.Account+"-")
	}
	return strings.HasPrefix(arn, "arn:aws:sqs:"+p.Region+":"+v.Account+":")
}

func readOf(arn string) string {
	if strings.Contains(arn, ":sqs:") {
		return "GetQueueAttributes " + arn
	}
	return "GetBucketPolicy " + arn
}
