package requests_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/ledger/requests"
	"locksmith/lambdas/remedy"
	desk "locksmith/lambdas/requests"
	"locksmith/test/cloud"
	"locksmith/test/engines"
	"locksmith/test/pipeline"
)

// now is when the tests begin.
var now = time.Date(2026, 11, 21, 8, 0, 0, 123_000_000, time.UTC)

// A world is one store of requests and keys, a context, and what time it is.
type world struct {
	desk.Store
	desk.Keys
	context.Context
	t   *testing.T
	now *time.Time
}

// each runs a test on every kind of store: they keep the same promises.
func each(t *testing.T, test func(*testing.T, world)) {
	for _, kind := range []struct {
		name string
		open func(*testing.T, *time.Time) both
	}{
		{"memory", func(_ *testing.T, at *time.Time) both {
			m := requests.NewMemory()
			m.Now = func() time.Time { return *at }
			return m
		}},
		{"dynamo", func(t *testing.T, at *time.Time) both {
			c := cloud.New(cloud.Config{})
			s := httptest.NewServer(c)
			t.Cleanup(s.Close)
			return create(t, s.URL, c.Config().DelegatedAdministrator+".role.LocksmithDesk", at)
		}},
		{"DynamoDB Local", func(t *testing.T, at *time.Time) both { return create(t, onLocal(t), "testing", at) }},
	} {
		t.Run(kind.name, func(t *testing.T) {
			at := now
			s := kind.open(t, &at)
			test(t, world{s, s, context.Background(), t, &at})
		})
	}
}

type both interface {
	desk.Store
	desk.Keys
}

var tables atomic.Int32

func create(t *testing.T, url, accessKey string, at *time.Time) both {
	t.Helper()
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "any", ""), Retryer: pipeline.Impatient}
	table := fmt.Sprint("desk-", tables.Add(1))
	if _, err := dynamodb.NewFromConfig(cfg).CreateTable(t.Context(), requests.Schema(table)); err != nil {
		t.Fatal(err)
	}
	return requests.New(cfg, table, func() time.Time { return *at })
}

// local is AWS's own DynamoDB Local.
var local engines.SharedDynamoDB

func onLocal(t *testing.T) string {
	t.Helper()
	return local.URL(t, "the desk's table is")
}

func TestMain(m *testing.M) { os.Exit(local.Run(m)) }

// must fails the test on an error.
func (w world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w world) same(want, got any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("(-want +got):\n%s", diff)
	}
}

// request is the i-th: each was made a minute after the one before.
func request(i int, person string) desk.Request {
	at := now.Add(time.Duration(i) * time.Minute)
	return desk.Request{ID: fmt.Sprintf("r%02d", i), State: desk.Requested, Task: desk.Unlock, Account: "111122223333",
		Resource: "arn:aws:s3:::b", By: "arn:aws:iam::999988887777:user/" + person, Person: person, Reason: "it is locked",
		Entry: "on call", Needs: 1, Decisions: []desk.Decision{}, MayApprove: []string{"arn:aws:iam::999988887777:user/*"},
		Created: at, Expires: at.Add(time.Hour), Waits: at.Add(time.Hour), Shown: `{"Statement":[]}`, Digest: "d",
		History: []desk.Event{{At: at, State: desk.Requested, By: person, Why: "it is locked"}}, Version: 1, Untold: true}
}

// grown is a request with everything in it.
func grown() desk.Request {
	r := request(7, "ann")
	r.State, r.Action, r.Incident, r.Copy, r.Anyway, r.Case, r.Ticket = desk.Done, "restore", "e~a", 2, true, true, "T-1"
	r.Decisions = []desk.Decision{{By: "b", Person: "bob", At: now, Decision: desk.Yes, Reason: "go on"}}
	r.Silent, r.BreakGlass, r.Rounds, r.Region = []string{"x"}, true, 3, "eu-central-1"
	r.After, r.Until, r.Worker, r.Version, r.Told = now.Add(1), now.Add(2), "w", 9, []remedy.Channel{remedy.Alerts}
	r.Outcome = &desk.Outcome{Result: "unlocked", Why: "why", At: now, Incident: "i",
		Steps: []desk.Step{{What: "policy", Result: "deleted", Why: "it said", Note: true}}}
	return r
}

func TestARequestIsKeptWhole(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		if _, err := w.Get(w, "r07"); !errors.Is(err, desk.ErrNone) {
			t.Errorf("before it is there: %v", err)
		}
		for _, r := range []desk.Request{grown(), request(1, "bob")} {
			w.must(w.Create(w, r))
			if err := w.Create(w, r); !errors.Is(err, desk.ErrThere) {
				t.Errorf("a second time: %v", err)
			}
			got, err := w.Get(w, r.ID)
			w.must(err)
			w.same(r, got)
		}
	})
}

// TestOneOfManyWrites: a write holds on the state and the version that it was made for, and on no other.
func TestOneOfManyWrites(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		before := request(1, "ann")
		if err := w.Write(w, before, before); err == nil {
			t.Error("what is not there was written")
		}
		w.must(w.Create(w, before))
		var all sync.WaitGroup
		var won atomic.Int32
		for i := range 10 {
			all.Go(func() {
				r := before
				r.State, r.Version, r.Ticket = desk.Approved, 2, fmt.Sprint(i)
				switch err := w.Write(w, before, r); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, desk.ErrChanged):
					t.Error(err)
				}
			})
		}
		if all.Wait(); won.Load() != 1 {
			t.Errorf("%d have written", won.Load())
		}
		now, err := w.Get(w, before.ID)
		w.must(err)
		for _, other := range []func(*desk.Request){func(r *desk.Request) { r.State = desk.Requested },
			func(r *desk.Request) { r.Version = 1 }} {
			stale := now
			other(&stale)
			if err := w.Write(w, stale, now); !errors.Is(err, desk.ErrChanged) {
				t.Errorf("on %s, version %d: %v", stale.State, stale.Version, err)
			}
		}
	})
}

// list is what a listing gives, in pages of two.
func (w world) list(which desk.Listing) (ids string) {
	w.t.Helper()
	for from, first := "", true; first || from != ""; first = false {
		page, next, err := w.List(w, which, 2, from)
		w.must(err)
		for _, r := range page {
			ids += " " + r.ID
			if r.Shown != "" || r.History != nil || r.Outcome != nil && r.Outcome.Steps != nil || r.Reason == "" {
				w.t.Errorf("listed: %+v", r)
			}
		}
		if ids += " |"; len(page) > 2 || next == from && next != "" {
			w.t.Fatalf("%d on a page, next %q", len(page), next)
		}
		from = next
	}
	return strings.TrimSpace(ids)
}

func TestLists(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		if got := w.list(desk.Listing{}); got != "|" {
			t.Errorf("of none: %q", got)
		}
		for i, person := range []string{"ann", "bob", "ann", "ann", "bob", "cleo"} {
			w.must(w.Create(w, request(i, person)))
		}
		ended := request(2, "ann")
		ended.State, ended.Version, ended.Untold = desk.Denied, 2, true
		w.must(w.Write(w, request(2, "ann"), ended))
		told := request(3, "ann")
		told.State, told.Version, told.Untold = desk.Done, 2, false
		told.Outcome = &desk.Outcome{Result: "unlocked", Steps: []desk.Step{{What: "policy"}}}
		w.must(w.Write(w, request(3, "ann"), told))
		for want, which := range map[string]desk.Listing{
			"r05 r04 | r03 r02 | r01 r00 |": {},
			"r03 r02 | r00 |":               {Person: "ann"},
			"r04 r01 |":                     {Person: "bob"},
			"|":                             {Person: "dora"},
			"r05 r04 | r02 r01 | r00 |":     {Open: true},
		} {
			if got := w.list(which); got != want {
				t.Errorf("%+v: %s, want %s", which, got, want)
			}
		}
		refused := (*desk.Refusal)(nil)
		if _, _, err := w.List(w, desk.Listing{}, 2, "x"); !errors.As(err, &refused) || refused.Kind != desk.Malformed {
			t.Errorf("from nowhere: %v", err)
		}
	})
}

// TestTheLongestRequest: what a desk lets through, and as long as it can become, is taken by the table.
func TestTheLongestRequest(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		r := grown()
		long := strings.Repeat("é", 500)
		r.Shown, r.MayApprove, r.Silent = strings.Repeat("x", 20_480), nil, nil
		for range 100 {
			r.History = append(r.History, desk.Event{At: now, State: desk.Requested, By: long[:200], Why: long})
			r.MayApprove, r.Silent = append(r.MayApprove, long[:200]), append(r.Silent, long[:200])
		}
		for range 60 {
			r.Outcome.Steps = append(r.Outcome.Steps, desk.Step{What: long[:200], Why: long})
		}
		w.must(w.Create(w, r))
	})
}

func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		reply := desk.Reply{Status: 202, Type: "application/json", Body: []byte(`{"id":"r"}`)}
		begin := func(person, key, digest string, want *desk.Reply, otherwise error) {
			t.Helper()
			got, err := w.Begin(w, person, key, digest)
			if !errors.Is(err, otherwise) || cmp.Diff(want, got) != "" {
				t.Errorf("%v, %v, want %v, %v", got, err, want, otherwise)
			}
		}
		begin("ann", "k", "d", nil, nil)
		begin("ann", "k", "d", nil, desk.ErrPending)
		begin("ann", "k", "other", nil, desk.ErrOtherCall)
		begin("bob", "k", "other", nil, nil)
		begin("ann", "other", "d", nil, nil)
		*w.now = now.Add(requests.Pending)
		begin("ann", "k", "other", nil, desk.ErrOtherCall)
		begin("ann", "k", "d", nil, nil) // whoever made the call has died
		begin("ann", "k", "d", nil, desk.ErrPending)
		w.must(w.Finish(w, "ann", "k", "other", desk.Reply{Status: 500}))
		begin("ann", "k", "d", nil, desk.ErrPending)
		w.must(w.Finish(w, "ann", "k", "d", reply))
		begin("ann", "k", "d", &reply, nil)
		begin("ann", "k", "other", nil, desk.ErrOtherCall)
		*w.now = now.Add(requests.Pending + requests.Kept)
		begin("ann", "k", "other", nil, nil)
		w.must(w.Finish(w, "nobody", "k", "d", reply))
		if err := w.Finish(w, "ann", "k", "other", desk.Reply{Body: make([]byte, requests.LongestReply+1)}); err == nil {
			t.Error("an answer that no item holds")
		}
		w.must(w.Finish(w, "ann", "k", "other", desk.Reply{Body: make([]byte, requests.LongestReply)}))
	})
}
