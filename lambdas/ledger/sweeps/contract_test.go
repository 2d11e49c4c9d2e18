package sweeps_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/test/cloud"
	"locksmith/test/engines"
	"locksmith/test/pipeline"
)

// now is when the tests take place.
var now = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// stores is every kind of store: they keep the same promises.
var stores = []struct {
	name string
	open func(t *testing.T) sweeper.Store
}{
	{"memory", func(*testing.T) sweeper.Store { return sweeps.NewMemory() }},
	{"dynamo", func(t *testing.T) sweeper.Store {
		c := cloud.New(cloud.Config{})
		s := httptest.NewServer(c)
		t.Cleanup(s.Close)
		return create(t, s.URL, c.Config().DelegatedAdministrator+".role.LocksmithSweep")
	}},
	{"DynamoDB Local", func(t *testing.T) sweeper.Store { return create(t, onLocal(t), "testing") }},
}

var tables atomic.Int32

func create(t *testing.T, url, accessKey string) sweeper.Store {
	t.Helper()
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "any", ""), Retryer: pipeline.Impatient}
	table := fmt.Sprint("sweeps-", tables.Add(1))
	if err := pipeline.CreateLedger(dynamodb.NewFromConfig(cfg), table); err != nil {
		t.Fatal(err)
	}
	return sweeps.New(cfg, table)
}

// local is AWS's own DynamoDB Local.
var local engines.SharedDynamoDB

func onLocal(t *testing.T) string {
	t.Helper()
	return local.URL(t, "the sweeps are")
}

func TestMain(m *testing.M) { os.Exit(local.Run(m)) }

// A world is one store, and a context.
type world struct {
	sweeper.Store
	context.Context
	t *testing.T
}

func each(t *testing.T, test func(*testing.T, world)) {
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) { test(t, world{s.open(t), context.Background(), t}) })
	}
}

// must fails the test on an error.
func (w world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func sweep(id string) sweeper.Sweep {
	return sweeper.Sweep{ID: id, State: sweeper.Running, Started: now, Updated: now,
		Request: sweeper.Request{By: "a test", Accounts: []string{"111122223333"}, Tasks: []sweeper.Task{sweeper.Queues}}}
}

// begin enters a sweep, and its two pages.
func (w world) begin(id, replaces string) {
	w.t.Helper()
	w.must(w.Begin(w, sweep(id), replaces))
	w.must(w.Dispatch(w, id, page(0, "next"), 2, now.Add(time.Second)))
	w.must(w.Dispatch(w, id, page(1, ""), 2, now.Add(2*time.Second)))
}

func page(number int, next string) sweeper.Page {
	return sweeper.Page{Number: number, Next: next, Last: next == "", Accounts: []sweeper.Listed{
		{Account: "111122223333", Name: "one"}, {Account: "444455556666", Skipped: "closed"}}}
}

func (w world) sweep(id string) sweeper.Sweep {
	w.t.Helper()
	s, err := w.Sweep(w, id)
	w.must(err)
	return s
}

func (w world) same(want, got any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.t.Error(diff)
	}
}

func TestOneSweepIsTheLast(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		if _, err := w.Sweep(w, ""); !errors.Is(err, sweeper.ErrNoSweep) {
			t.Errorf("of no sweep: %v", err)
		}
		w.must(w.Begin(w, sweep("a"), ""))
		for _, replaces := range []string{"", "b"} {
			if err := w.Begin(w, sweep("c"), replaces); !errors.Is(err, sweeper.ErrRunning) {
				t.Errorf("replaces %q: %v", replaces, err)
			}
		}
		if err := w.Begin(w, sweep("a"), "a"); !errors.Is(err, sweeper.ErrRunning) {
			t.Errorf("the same again: %v", err)
		}
		w.must(w.Begin(w, sweep("b"), "a"))
		if last := w.sweep(""); last.ID != "b" {
			t.Errorf("the last is %s", last.ID)
		}
		w.same(sweep("a"), w.sweep("a"))
		all, err := w.Sweeps(w, 10)
		w.must(err)
		w.same([]sweeper.Sweep{sweep("b"), sweep("a")}, all)
		if _, err := w.Sweep(w, "d"); !errors.Is(err, sweeper.ErrNoSweep) {
			t.Errorf("of another: %v", err)
		}
	})
}

func TestPagesAreEnteredOnce(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.begin("a", "")
		other := page(0, "elsewhere")
		w.must(w.Dispatch(w, "a", other, 7, now.Add(time.Hour)))
		want := sweep("a")
		want.Pages, want.Dispatched, want.Accounts, want.Visits, want.Updated = 2, true, 4, 4, now.Add(2*time.Second)
		w.same(want, w.sweep("a"))
		first, err := w.Page(w, "a", 0)
		w.must(err)
		w.same(page(0, "next"), first)
		if _, err := w.Page(w, "a", 2); err == nil {
			t.Error("a page that is not there")
		}
	})
}

func TestASweepTurnsFromWhatItIs(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.begin("a", "")
		for _, row := range []struct {
			from, to sweeper.State
			want     bool
		}{{sweeper.Stopped, sweeper.Running, false}, {sweeper.Running, sweeper.Stopped, true},
			{sweeper.Running, sweeper.Stopped, false}, {sweeper.Stopped, sweeper.Running, true}} {
			turned, err := w.Turn(w, "a", row.from, row.to, now.Add(time.Minute))
			w.must(err)
			if turned != row.want {
				t.Errorf("%s to %s: %t", row.from, row.to, turned)
			}
		}
		if s := w.sweep("a"); s.State != sweeper.Running || !s.Updated.Equal(now.Add(time.Minute)) {
			t.Errorf("%+v", s)
		}
	})
}

var one = sweeper.Visit{Sweep: "a", Account: "111122223333", Name: "one", Task: sweeper.Queues}

func (w world) claim(at time.Time) sweeper.Visit {
	w.t.Helper()
	v, err := w.Claim(w, one, at)
	w.must(err)
	return v
}

func TestOneWorkerAtATimeOnAVisit(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.begin("a", "")
		first := w.claim(now)
		if _, err := w.Claim(w, one, now.Add(sweeps.Lease-time.Second)); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("while another works: %v", err)
		}
		first.Places = []sweeper.Place{{Region: "eu-central-1", Pages: 3, Token: "t", Read: 2500}}
		w.must(w.Record(w, first, false, now.Add(time.Minute)))
		if _, err := w.Claim(w, one, now.Add(sweeps.Lease)); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("a record prolongs the lease: %v", err)
		}
		second := w.claim(now.Add(time.Minute + sweeps.Lease))
		w.same(first.Places, second.Places)
		for _, err := range []error{w.Record(w, first, false, now), w.Record(w, first, true, now),
			w.End(w, ended(first), sweeper.Coverage{Account: one.Account, Task: one.Task})} {
			if !errors.Is(err, remedy.ErrBusy) {
				t.Errorf("the first worker may still write: %v", err)
			}
		}
		w.must(w.Record(w, second, true, now.Add(8*time.Minute)))
		w.claim(now.Add(8 * time.Minute))
	})
}

// ended is a visit at its end.
func ended(v sweeper.Visit) sweeper.Visit {
	v.Outcome, v.Cause, v.Why = sweeper.Partial, remedy.DeniedByOrg, "why"
	v.Begun, v.Since, v.Ended = now, now.Add(-time.Hour), now.Add(time.Minute)
	v.Places = []sweeper.Place{{Region: "eu-central-1", Over: true, Left: []sweeper.Left{
		{Resource: sweeper.Resource{ARN: "arn:aws:sqs:eu-central-1:111122223333:q", Region: "eu-central-1"}, Why: "no",
			Final: true}}}, {Region: "us-east-1", Empty: true, Cause: remedy.RegionDisabled}}
	v.Totals = sweeper.Totals{Resources: 12, Findings: 3, Throttles: 1, Calls: map[string]int{"ListQueues": 2}}
	return v
}

func TestAVisitEndsOnce(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.begin("a", "")
		v := ended(w.claim(now))
		c := sweeper.Coverage{Account: one.Account, Task: one.Task, Sweep: "a", At: v.Ended, Outcome: v.Outcome,
			Cause: v.Cause, Why: v.Why, Since: now, Complete: now, Empty: map[string]time.Time{"us-east-1": now}}
		w.must(w.End(w, v, c))
		if err := w.End(w, v, c); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("a second end: %v", err)
		}
		again := w.claim(now.Add(time.Hour))
		w.same(v, withFence(again, v.Fence))
		s := w.sweep("a")
		if s.Done != 1 || !s.Updated.Equal(v.Ended) {
			t.Errorf("%+v", s)
		}
		w.same(v.Totals, s.Totals)
		accounts := []string{"444455556666", one.Account}
		visits, err := w.Visits(w, "a", accounts, sweeper.Tasks())
		w.must(err)
		w.same([]sweeper.Visit{{}, {}, {}, withFence(v, 0)}, visits)
		known, err := w.Coverage(w, accounts, sweeper.Tasks())
		w.must(err)
		w.same([]sweeper.Coverage{{}, {}, {}, c}, known)
	})
}

func withFence(v sweeper.Visit, fence int64) sweeper.Visit {
	v.Fence = fence
	return v
}

// TestAllVisitsAreCounted: those of many workers, who all write the sweep's one item.
func TestAllVisitsAreCounted(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.begin("a", "")
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				v, err := w.Claim(w, sweeper.Visit{Sweep: "a", Account: fmt.Sprintf("%012d", i), Task: sweeper.Buckets}, now)
				if err == nil {
					err = w.End(w, ended(v), sweeper.Coverage{Account: v.Account, Task: v.Task})
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s := w.sweep("a")
		if s.Done != 20 || s.Totals.Resources != 240 || s.Totals.Calls["ListQueues"] != 40 {
			t.Errorf("%+v", s)
		}
	})
}

func TestOneTellsOfTheEnd(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.begin("a", "")
		finish := func(at time.Time, want bool) {
			t.Helper()
			if mine, err := w.Finish(w, "a", at); err != nil || mine != want {
				t.Errorf("%t, %v", mine, err)
			}
		}
		finish(now, true)
		finish(now.Add(time.Minute), false)
		finish(now.Add(sweeps.Lease), true) // the first has died
		w.must(w.Tell(w, "a", []remedy.Channel{remedy.Alerts}, false, "news", now))
		finish(now.Add(sweeps.Lease), true) // the lease was given back
		if s := w.sweep("a"); s.State != sweeper.Running || len(s.Told) != 1 {
			t.Errorf("%+v", s)
		}
		if news, err := w.News(w); news != "" || err != nil {
			t.Errorf("%q, %v", news, err)
		}
		w.must(w.Tell(w, "a", []remedy.Channel{remedy.Alerts, remedy.Chat}, true, "news", now.Add(time.Hour)))
		s := w.sweep("a")
		if s.State != sweeper.Over || !s.Ended.Equal(now.Add(time.Hour)) || len(s.Told) != 2 {
			t.Errorf("%+v", s)
		}
		if news, err := w.News(w); news != "news" || err != nil {
			t.Errorf("%q, %v", news, err)
		}
		finish(now.Add(2*time.Hour), false)
	})
}
