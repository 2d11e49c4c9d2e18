package chaos

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"sync"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// A world is one run.
type world struct {
	*pipeline.Pipeline
	cloud     *cloud.Cloud
	base      string
	resources []resource
	labels    map[string]template // by policy text
	meanings  map[string]template // the same by what they mean
	story     []string            // what happened, for a person
	log       bytes.Buffer

	mu    sync.Mutex // the servers of the cloud ask for faults by goroutines of their own
	dice  *rand.Rand
	now   time.Time
	down  map[string]time.Time // services, and until when
	over  bool                 // no more faults
	quiet bool                 // there never were any
	// grouped says that the allow list names units and tags, so that accounts are looked up.
	grouped bool
	broken  []string

	dead     bool      // the process is gone: none of its calls arrives
	nested   bool      // a second worker is at work while the first one stands still
	deadline time.Time // of the worker
	slept    time.Duration
	calls    int
	reads    map[string]moment // when a root session last read a resource's policy
	writes   map[string]moment // when an administrator last wrote it
	raced    []lost
	silent   map[string]bool // resources whose last policy no event tells of
	wish     *wish           // what a person undoes at this moment, if any
	undone   []string        // the events of the undos that put something
	sweeps   int             // how many findings there were
	sights   map[string]sight
	heard    []notice // what people were mailed
}

// A moment is a place among all calls, and a time.
type moment struct {
	call int
	at   time.Time
}

// lost is a policy that was taken off with another, since nothing could have seen it. Its event sees to it that it is
// kept, whether it locks or not.
type lost struct{ arn, policy string }

// IntN is a number from 0 to before n.
func (w *world) IntN(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n)
}

func (w *world) calm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

func newWorld(seed uint64) (*world, func(), error) {
	grouped := seed%3 == 1
	list, err := allowlist.Read([]byte(listFor(grouped)))
	if err != nil {
		return nil, nil, err
	}
	w := &world{grouped: grouped, dice: rand.New(rand.NewPCG(seed, 23)),
		now: time.Date(2126, 11, 21, 8, 0, 0, 0, time.UTC), labels: map[string]template{}, down: map[string]time.Time{},
		reads: map[string]moment{}, writes: map[string]moment{}, sights: map[string]sight{},
		silent: map[string]bool{}}
	w.quiet = seed%10 == 0
	w.over = w.quiet
	w.cloud = cloud.New(cloud.Config{Now: w.clock, EventDelay: time.Duration(w.IntN(40)) * time.Second,
		QueuePropagation: time.Duration(w.IntN(60)) * time.Second})
	server := httptest.NewServer(w.cloud)
	w.base = server.URL
	w.Pipeline, err = pipeline.New(w.cloud, w.base, pipeline.Options{
		Allow: list, Now: w.clock, Wait: w.wait, Visibility: 3 * time.Minute, Tries: 50,
		Log:     slog.New(slog.NewJSONHandler(&w.log, nil)),
		Limits:  ledger.Limits{PerResource: 3, PerHour: 4, Lease: 5 * time.Minute},
		Retryer: pipeline.Impatient})
	if err != nil {
		server.Close()
		return nil, nil, err
	}
	if grouped {
		w.group()
	}
	for i, account := range []string{deleted, repaired, told, strange, named, restored} {
		name := fmt.Sprintf("payroll%d", i)
		w.cloud.PutBucket(account, "eu-central-1", name)
		w.cloud.CreateQueue(account, "eu-central-1", name, nil)
		w.resources = append(w.resources, resource{"arn:aws:s3:::" + name, account, name},
			resource{"arn:aws:sqs:eu-central-1:" + account + ":" + name, account, name})
	}
	for _, r := range w.resources {
		for _, t := range templates {
			locks := t.locks || t.spares && r.account == named
			w.labels[r.fill(t.text)] = template{locks, t.told || locks, r.fill(t.text), r.fill(t.rest), t.spares}
		}
	}
	w.Function = w.inOrder
	k := &killer{w, w.Flow.Root, w.Flow.Ledger, w.Flow.Teller}
	w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = k, k, k
	w.cloud.OnCall(w.watch)
	w.cloud.Fail(w.fault)
	return w, server.Close, nil
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(_ context.Context, d time.Duration) error {
	w.pass(d)
	w.mu.Lock()
	w.slept += d
	w.mu.Unlock()
	return nil
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) tell(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.story = append(w.story, w.now.Format("15:04:05 ")+fmt.Sprintf(format, arguments...))
}

// settle ends the faults, and delivers until nothing is left to deliver.
func (w *world) settle() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.tell("calm")
	if !w.drain() {
		w.breaks("every event is acknowledged, retried or a dead letter: the queue does not empty")
	}
}

// drain delivers until the queue is empty.
func (w *world) drain() bool {
	for range 60 {
		w.pass(6 * time.Minute) // longer than the visibility timeout, and than a lease
		for w.Deliver(context.Background()) > 0 {
		}
		if len(w.cloud.Bodies(w.Queue)) == 0 {
			return true
		}
	}
	return false
}

// nextDay lets the reminders of more than a day come.
func (w *world) nextDay() {
	w.tell("a day of reminders")
	const h = time.Hour // what is taken up on the last day may need some hours more
	for _, pause := range []time.Duration{6 * h, 6 * h, 6 * h, 7 * h, 2 * h, 2 * h, 2 * h} {
		w.pass(pause)
		w.Remind()
		if !w.drain() {
			w.breaks("every event is acknowledged, retried or a dead letter: a reminder stays on the queue")
		}
	}
}
