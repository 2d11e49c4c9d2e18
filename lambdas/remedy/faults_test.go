package remedy_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// TestFaultsEndTheSame: whatever fails on the way, in the end the bucket is open, its policy saved, and people told
// once or more.
func TestFaultsEndTheSame(t *testing.T) {
	first := func(action string, fault cloud.Fault) func(cloud.Call) *cloud.Fault {
		return func(c cloud.Call) *cloud.Fault {
			if c.Action == action && (strings.HasSuffix(c.Caller, ":root") || c.Account == "999988887777") {
				if c.N <= 3 { // as often as the SDK tries
					return &fault
				}
			}
			return nil
		}
	}
	for name, fail := range map[string]func(cloud.Call) *cloud.Fault{
		"AssumeRoot throttled": first("AssumeRoot",
			cloud.Fault{Code: "Throttling", Message: "Rate exceeded", Status: 400}),
		"AssumeRoot broken": first("AssumeRoot", cloud.Fault{Code: "InternalFailure", Status: 500}),
		"read broken":       first("GetBucketPolicy", cloud.Fault{Code: "InternalError", Status: 500}),
		"delete slow":       first("DeleteBucketPolicy", cloud.Fault{Code: "SlowDown", Status: 503}),
		"delete done, reply an error": first("DeleteBucketPolicy",
			cloud.Fault{Code: "InternalError", Status: 500, AfterEffect: true}),
		"delete done, reply lost": first("DeleteBucketPolicy", cloud.Fault{DropReply: true}),
		"SNS broken":              first("Publish", cloud.Fault{Code: "InternalError", Status: 500}),
		"SNS done, reply lost":    first("Publish", cloud.Fault{DropReply: true}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rules)
			w.put(denyAll)
			w.cloud.ResetCalls()
			w.cloud.Fail(fail)
			w.settle()
			w.mustBeUnlockedAndTold()
		})
	}
}

// mustBeUnlockedAndTold is the end that every fault has to come to.
func (w *world) mustBeUnlockedAndTold() {
	w.t.Helper()
	if got := w.cloud.Policy(bucketARN); got != "" {
		w.t.Errorf("policy %s", got)
	}
	unlocked := 0
	for _, s := range w.subjects() {
		if strings.HasPrefix(s, "[Locksmith] UNLOCKED") {
			unlocked++
		}
	}
	if unlocked == 0 {
		w.t.Errorf("nobody was told; mails %q", w.subjects())
	}
	entries := w.Incidents()
	if len(entries) != 1 || entries[0].State != remedy.Closed || entries[0].Saved != denyAll ||
		entries[0].Outcome.Removed != denyAll {
		w.t.Errorf("ledger: %+v", entries)
	}
	if dead := w.cloud.Bodies(w.DeadLetters); len(dead) != 0 {
		w.t.Errorf("%d dead letters", len(dead))
	}
}

// A crash is a process that ends at one place: the first time the code comes there it panics, and nothing that would
// come after it happens.
type crash struct {
	remedy.Root
	remedy.Ledger
	remedy.Teller
	at   string
	once sync.Once
	does func() // instead of the crash, if set
}

func (c *crash) here(place string) {
	if c.at == place {
		c.once.Do(func() {
			if c.does == nil {
				panic("crash " + place)
			}
			c.does()
		})
	}
}

func (c *crash) Open(ctx context.Context, change remedy.Change) (remedy.Session, error) {
	c.here("before AssumeRoot")
	s, err := c.Root.Open(ctx, change)
	return crashingSession{s, c}, err
}

func (c *crash) Claim(ctx context.Context, i remedy.Incident) (remedy.Entry, error) {
	e, err := c.Ledger.Claim(ctx, i)
	c.here("after the claim")
	return e, err
}

func (c *crash) Record(ctx context.Context, e remedy.Entry) error {
	c.here("before " + string(e.State))
	err := c.Ledger.Record(ctx, e)
	c.here("after " + string(e.State))
	return err
}

func (c *crash) Tell(ctx context.Context, n remedy.Notice, told []remedy.Channel) ([]remedy.Channel, error) {
	c.here("before telling")
	told, err := c.Teller.Tell(ctx, n, told)
	c.here("after telling")
	return told, err
}

type crashingSession struct {
	remedy.Session
	crash *crash
}

func (s crashingSession) Put(ctx context.Context, policy string) error {
	s.crash.here("before putting")
	err := s.Session.Put(ctx, policy)
	s.crash.here("after putting")
	return err
}

func (s crashingSession) Delete(ctx context.Context) error {
	s.crash.here("before deleting")
	err := s.Session.Delete(ctx)
	s.crash.here("after deleting")
	return err
}

// TestCrashesEndTheSame kills the function at every step.
func TestCrashesEndTheSame(t *testing.T) {
	for _, place := range []string{"after the claim", "before AssumeRoot", "before saved", "after saved",
		"before deleting", "after deleting",
		"before settled", "after settled", "before telling", "after telling", "before closed", "after closed"} {
		t.Run(place, func(t *testing.T) {
			w := newWorld(t, rules)
			c := &crash{Root: w.Flow.Root, Ledger: w.Flow.Ledger, Teller: w.Flow.Teller, at: place}
			w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = c, c, c
			w.put(denyAll)
			w.settle()
			if !strings.Contains(w.log.String(), "crash "+place) {
				t.Fatal("it did not crash")
			}
			w.mustBeUnlockedAndTold()
			deletions := 0
			for _, change := range w.changes() {
				if strings.HasPrefix(change, "DeleteBucketPolicy") {
					deletions++
				}
			}
			if deletions != 1 {
				t.Errorf("%d deletions", deletions)
			}
		})
	}
}

func TestDuplicatesAndTwoEventsAtOnce(t *testing.T) {
	t.Run("the same event again", func(t *testing.T) {
		w := newWorld(t, rules)
		w.put(denyAll)
		event := w.cloud.Bodies(w.Queue)[0]
		w.cloud.Send(w.Queue, event)
		w.settle()
		w.cloud.Send(w.Queue, event) // and once more, long after
		w.settle()
		w.mustBeUnlockedAndTold()
		if len(w.subjects()) != 1 || len(w.changes()) != 1 {
			t.Errorf("mails %q, changes %q", w.subjects(), w.changes())
		}
	})
	t.Run("two events, two workers", func(t *testing.T) {
		w := newWorld(t, rules)
		w.put(denyAll)
		other := strings.ReplaceAll(w.cloud.Bodies(w.Queue)[0], `"eventID":"`, `"eventID":"f`)
		var workers sync.WaitGroup
		for _, event := range []string{w.cloud.Bodies(w.Queue)[0], other} {
			workers.Go(func() {
				for {
					err := w.Flow.Handle(context.Background(), remedy.Delivery{Event: []byte(event), Try: 1})
					if later := (*remedy.Later)(nil); errors.As(err, &later) {
						w.pass(time.Minute)
					} else if !errors.Is(err, remedy.ErrBusy) {
						return
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		workers.Wait()
		if got := w.cloud.Policy(bucketARN); got != "" || len(w.changes()) != 1 {
			t.Errorf("policy %q, changes %q", got, w.changes())
		}
		subjects := strings.Join(w.subjects(), "\n")
		if len(w.subjects()) != 2 || !strings.Contains(subjects, "UNLOCKED") ||
			!strings.Contains(subjects, "STOOD DOWN") {
			t.Errorf("mails %q", subjects)
		}
	})
}

// TestWhatCameAfterIsJudgedByItself: a try was cut short after it had acted. What somebody has put there by the next
// one stays if it is open. If it locks, it is saved and taken off as well, and neither copy is lost.
func TestWhatCameAfterIsJudgedByItself(t *testing.T) {
	second := strings.Replace(denyAll, "DenyAllAccess", "Second", 1)
	for name, row := range map[string]struct {
		put, left, saved string
		copies           int
		why              string
	}{
		"open":           {harmless, harmless, denyAll, 1, "another policy there since, which is open"},
		"another lock":   {second, "", second, 2, ""},
		"gone meanwhile": {"", "", denyAll, 1, "the policy is gone now"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rules)
			c := &crash{Root: w.Flow.Root, Ledger: w.Flow.Ledger, Teller: w.Flow.Teller, at: "after deleting"}
			w.Flow.Root, w.Flow.Ledger, w.Flow.Teller = c, c, c
			w.put(denyAll)
			w.Deliver(context.Background())
			w.cloud.SetPolicy(bucketARN, row.put) // no event of it comes
			w.settle()
			if got := w.cloud.Policy(bucketARN); got != row.left {
				t.Errorf("policy %q", got)
			}
			if e := w.Incidents()[0]; e.Saved != row.saved || len(e.Kept) != row.copies ||
				e.Outcome.Result != remedy.Unlocked || !strings.Contains(e.Outcome.Why, row.why) {
				t.Errorf("%+v", e)
			}
		})
	}
}
