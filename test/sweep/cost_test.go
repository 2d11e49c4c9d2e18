package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
)

// What AWS is taken to need for a call, as seen from a function in the same or another Region. A visit's calls of the
// ledger, some 10 ms each, are in the first.
const (
	opening = 250 * time.Millisecond
	listing = 100 * time.Millisecond
	reading = 50 * time.Millisecond
)

// How the function is deployed: see infra/sweep.go.
const (
	instances = 5
	together  = 5 // messages in a batch
	gigabytes = 0.5
)

// A sizing is an organization and its limits in the simulation.
type sizing struct {
	name            string
	accounts        int
	regions         int // that are looked at; in the first of them are queues
	buckets, queues int // of each account
	inhabited       int // Regions with queues
	perSecond       float64
	limit           float64 // of AssumeRoot, which nobody knows
	daily           bool    // what a sweep costs after the first: empty Regions are not looked at again for a week
}

// A simulated AWS needs time for every call, and has a limit for AssumeRoot. Its clock is the bubble's.
type simulated struct {
	sizing
	mu       sync.Mutex
	calls    map[string]int
	tokens   float64
	filled   time.Time
	messages chan string
	sent     int
	batches  int
	billed   time.Duration
	writes   int
}

func (a *simulated) call(name string, d time.Duration) {
	a.mu.Lock()
	a.calls[name]++
	a.mu.Unlock()
	time.Sleep(d)
}

func (a *simulated) Accounts(_ context.Context, token string) (page []remedy.Account, next string, err error) {
	a.call("ListAccounts", time.Second/3) // three a second, as package organization does
	from, _ := strconv.Atoi(token)
	for i := from; i < min(from+20, a.accounts); i++ {
		page = append(page, remedy.Account{State: remedy.Active, Account: allowlist.Account{Number: Number(i), Known: true}})
	}
	if from+20 < a.accounts {
		next = strconv.Itoa(from + 20)
	}
	return page, next, nil
}

func (a *simulated) Visit(_ context.Context, _, account string, task sweeper.Task) (sweeper.Session, error) {
	a.call("AssumeRoot", opening)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.tokens, a.filled = min(2*a.limit, a.tokens+now.Sub(a.filled).Seconds()*a.limit), now
	if a.tokens < 1 {
		return nil, pace.ErrThrottled
	}
	a.tokens--
	return visiting{a, account, task, now.Add(15 * time.Minute)}, nil
}

type visiting struct {
	*simulated
	account string
	task    sweeper.Task
	ends    time.Time
}

func (v visiting) Ends() time.Time { return v.ends }

func (v visiting) List(_ context.Context, region, _ string) (page []sweeper.Resource, _ string, _ error) {
	if v.task == sweeper.Buckets {
		v.call("ListBuckets", listing)
		for i := range v.buckets {
			page = append(page, sweeper.Resource{ARN: fmt.Sprintf("arn:aws:s3:::%s-%d", v.account, i), Region: "us-east-1"})
		}
		return page, "", nil
	}
	v.call("ListQueues", listing)
	if n, _ := strconv.Atoi(strings.TrimPrefix(region, "region-")); n < v.inhabited {
		for i := range v.queues / v.inhabited {
			page = append(page, sweeper.Resource{ARN: fmt.Sprintf("arn:aws:sqs:%s:%s:%d", region, v.account, i), Region: region})
		}
	}
	return page, "", nil
}

func (v visiting) Policy(context.Context, sweeper.Resource) (string, error) {
	v.call(map[sweeper.Task]string{sweeper.Buckets: "GetBucketPolicy", sweeper.Queues: "GetQueueAttributes"}[v.task],
		reading)
	return "", nil
}

func (a *simulated) Send(_ context.Context, _ string, bodies ...[]byte) error {
	a.mu.Lock()
	a.sent += len(bodies)
	a.mu.Unlock()
	for _, b := range bodies {
		a.messages <- string(b)
	}
	return nil
}

func (a *simulated) Delay(context.Context, string, string, time.Duration) error { return nil }
func (a *simulated) Done(context.Context, string, string) error                 { return nil }

func (a *simulated) Announce(context.Context, remedy.Bulletin, []remedy.Channel) ([]remedy.Channel, error) {
	return nil, nil
}

// A counting store counts the units that DynamoDB bills for writes: one for each item of up to a kilobyte, two of them
// in a transaction.
type counting struct {
	sweeper.Store
	*simulated
}

func (c counting) write(v any, factor int) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes += factor * (1 + len(text)/1024)
}

func (c counting) Dispatch(ctx context.Context, id string, p sweeper.Page, visits int, now time.Time) error {
	c.write(p, 2)
	c.write("", 2)
	return c.Store.Dispatch(ctx, id, p, visits, now)
}

func (c counting) Claim(ctx context.Context, v sweeper.Visit, now time.Time) (sweeper.Visit, error) {
	c.write(v, 1)
	return c.Store.Claim(ctx, v, now)
}

func (c counting) Record(ctx context.Context, v sweeper.Visit, release bool, now time.Time) error {
	c.write(v, 1)
	return c.Store.Record(ctx, v, release, now)
}

func (c counting) End(ctx context.Context, v sweeper.Visit, known sweeper.Coverage) error {
	c.write(v, 2)
	c.write(known, 2)
	c.write("", 2)
	return c.Store.End(ctx, v, known)
}

// A bill is what a simulated sweep has used.
type bill struct {
	took      time.Duration
	calls     map[string]int
	throttles int
	dollars   float64
}

// simulate makes a whole sweep by the real sweeper, in simulated time: hours take seconds.
func simulate(t *testing.T, s sizing) (b bill) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		list, err := allowlist.Read([]byte(AllowList))
		if err != nil {
			t.Fatal(err)
		}
		a := &simulated{sizing: s, calls: map[string]int{}, tokens: 2 * s.limit, filled: time.Now(),
			messages: make(chan string, 3*s.accounts)}
		store := counting{sweeps.NewMemory(), a}
		var regions []string
		for i := range s.regions {
			regions = append(regions, fmt.Sprint("region-", i))
		}
		if s.daily {
			regions = regions[:s.inhabited]
		}
		var all []*sweeper.Sweeper
		for range instances {
			all = append(all, &sweeper.Sweeper{Allow: list, Accounts: a, Root: a, Store: store, Queue: a, Herald: a,
				Turns: sweeper.Pace(s.perSecond).Share(instances).Adaptive(), Own: "own", Work: "work", Regions: regions,
				Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		}
		begun := time.Now()
		if _, err := all[0].Start(t.Context(), sweeper.Request{By: "a test"}); err != nil {
			t.Fatal(err)
		}
		var working sync.WaitGroup
		for _, one := range all {
			working.Go(func() { a.work(t.Context(), one) })
		}
		working.Wait()
		sweep, err := store.Sweep(t.Context(), "")
		if err != nil || sweep.State != sweeper.Over || sweep.Done != 2*s.accounts {
			t.Errorf("%v: %+v", err, sweep)
		}
		b = bill{sweep.Ended.Sub(begun), a.calls, sweep.Totals.Throttles, a.dollars()}
	})
	return b
}

// work is one function, which takes batches as long as the sweep is running.
func (a *simulated) work(ctx context.Context, s *sweeper.Sweeper) {
	for {
		var batch events.SQSEvent
		for len(batch.Records) < together && len(a.messages) > 0 {
			batch.Records = append(batch.Records, events.SQSMessage{MessageId: "m", Body: <-a.messages})
		}
		if len(batch.Records) == 0 {
			if sweep, err := s.Store.Sweep(ctx, ""); err != nil || sweep.State == sweeper.Over {
				return
			}
			time.Sleep(time.Second)
			continue
		}
		begun := time.Now()
		_, _ = s.Batch(ctx, batch) // the error is always nil
		a.mu.Lock()
		a.batches, a.billed = a.batches+1, a.billed+time.Since(begun)
		a.mu.Unlock()
	}
}

// dollars is the bill by the prices of us-east-1 in November 2026: S3 $0.005 and $0.0004 a thousand, SQS $0.40 a
// million, DynamoDB $0.625 and $0.125 a million, Lambda $0.0000133334 a gigabyte and second, and $0.20 a million.
func (a *simulated) dollars() float64 {
	s3 := float64(a.calls["ListBuckets"])*0.005/1e3 + float64(a.calls["GetBucketPolicy"])*0.0004/1e3
	sqs := float64(a.calls["ListQueues"]+a.calls["GetQueueAttributes"]+3*a.sent) * 0.40 / 1e6
	// A visit reads the sweep twice, and its coverage; the end reads each visit.
	dynamo := float64(a.writes)*0.625/1e6 + float64(5*a.sent)*0.125/1e6
	lambda := a.billed.Seconds()*gigabytes*0.0000133334 + float64(a.batches)*0.20/1e6
	return s3 + sqs + dynamo + lambda
}

// formula is the same by hand, for what no limit slows down.
func (s sizing) formula() (calls map[string]int, least time.Duration, dollars float64) {
	n, regions := s.accounts, s.regions
	if s.daily {
		regions = s.inhabited
	}
	calls = map[string]int{"ListAccounts": (n + 19) / 20, "AssumeRoot": 2 * n, "ListBuckets": n,
		"GetBucketPolicy": n * s.buckets, "ListQueues": n * regions, "GetQueueAttributes": n * s.queues}
	least = time.Duration(float64(2*n) / min(s.perSecond, s.limit) * float64(time.Second))
	dollars = float64(n) * (0.005/1e3 + float64(s.buckets)*0.0004/1e3 + float64(regions+s.queues)*0.40/1e6)
	return calls, least, dollars
}

// TestCost: what a sweep of 10,000 accounts in 20 Regions takes, simulated with the deployment's bounds. The README
// shows it.
func TestCost(t *testing.T) {
	accounts := 2000
	if *full {
		accounts = 10_000
	}
	table := "| accounts × Regions | buckets, queues each | AssumeRoot a second | calls | minutes | dollars |\n"
	for _, s := range []sizing{
		{name: "small accounts, 5 a second", buckets: 20, queues: 10, inhabited: 2, perSecond: 5, limit: 100},
		{name: "small accounts, 10 a second", buckets: 20, queues: 10, inhabited: 2, perSecond: 10, limit: 100},
		{name: "each day after", buckets: 20, queues: 10, inhabited: 2, perSecond: 10, limit: 100, daily: true},
		{name: "large accounts", buckets: 200, queues: 50, inhabited: 5, perSecond: 10, limit: 100},
		{name: "a hidden limit of three", buckets: 20, queues: 10, inhabited: 2, perSecond: 10, limit: 3, daily: true},
	} {
		if s.buckets == 200 && !*full {
			continue
		}
		s.accounts, s.regions = accounts, 20
		b := simulate(t, s)
		calls, least, dollars := s.formula()
		total := 0
		for name, n := range b.calls {
			if want := calls[name]; n != want && (name != "AssumeRoot" || n != want+b.throttles) {
				t.Errorf("%s: %s %d times, want %d", s.name, name, n, want)
			}
			total += n
		}
		if b.took < least*95/100 || s.limit > 10 && b.took > least*3/2+5*time.Minute || b.took > 4*least {
			t.Errorf("%s: took %s, and the rate alone takes %s", s.name, b.took, least)
		}
		if b.dollars < dollars || b.dollars > 4*dollars {
			t.Errorf("%s: $%.3f, and the calls in sessions alone $%.3f", s.name, b.dollars, dollars)
		}
		rate := fmt.Sprintf("%g", s.perSecond)
		if b.throttles > 0 {
			rate += fmt.Sprintf(", throttled at %g: %d throttles", s.limit, b.throttles)
		}
		table += fmt.Sprintf("| %d × %d, %s | %d, %d | %s | %d | %.0f | %.2f |\n", s.accounts, s.regions, s.name, s.buckets,
			s.queues, rate, total, b.took.Minutes(), b.dollars)
	}
	t.Logf("\n%s", table)
}
