package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	desk "locksmith/lambdas/credentials"
	store "locksmith/lambdas/ledger/credentials"
	"locksmith/lambdas/ledger/requests"
	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
	"locksmith/test/engines"
	"locksmith/test/pipeline"
)

// now is when the tests take place.
var now = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// stores is every kind of store: they keep the same promises.
var stores = []struct {
	name string
	open func(t *testing.T) desk.Store
}{
	{"memory", func(*testing.T) desk.Store { return store.NewMemory() }},
	{"dynamo", func(t *testing.T) desk.Store {
		c := cloud.New(cloud.Config{})
		s := httptest.NewServer(c)
		t.Cleanup(s.Close)
		return create(t, s.URL, c.Config().DelegatedAdministrator+".role.LocksmithDesk")
	}},
	{"DynamoDB Local", func(t *testing.T) desk.Store { return create(t, onLocal(t), "testing") }},
}

var tables atomic.Int32

func create(t *testing.T, url, accessKey string) desk.Store {
	t.Helper()
	cfg, table := config(url, accessKey), fmt.Sprint("credentials-", tables.Add(1))
	if _, err := dynamodb.NewFromConfig(cfg).CreateTable(context.Background(), requests.Schema(table)); err != nil {
		t.Fatal(err)
	}
	return store.New(cfg, table)
}

func config(url, accessKey string) aws.Config {
	return aws.Config{Region: "eu-central-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "any", ""), Retryer: pipeline.Impatient}
}

// local is AWS's own DynamoDB Local.
var local engines.SharedDynamoDB

func onLocal(t *testing.T) string {
	t.Helper()
	return local.URL(t, "root's credentials are")
}

func TestMain(m *testing.M) { os.Exit(local.Run(m)) }

// A world is one store, and a context.
type world struct {
	desk.Store
	context.Context
	t *testing.T
}

func each(t *testing.T, test func(*testing.T, world)) {
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) { test(t, world{s.open(t), t.Context(), t}) })
	}
}

// must fails the test on an error.
func (w world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w world) same(want, got any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("-want +got:\n%s", diff)
	}
}

func row(account string, at time.Time, has ...string) desk.Row {
	return desk.Row{Account: account, Name: "name of " + account, State: desk.Complete, At: at, Has: has}
}

// full is a row with something in every field.
func full() desk.Row {
	r := row("111122223333", now, desk.HasPassword, desk.HasAccessKeys)
	r.Why, r.Password, r.PasswordSince, r.PasswordLastUsed, r.MFAEnabled = "why", true, now, now.Add(time.Hour), true
	r.AccessKeys = []desk.Key{{ID: "AKIA1", Status: "Active", Since: now, LastUsed: now, Service: "s3",
		Region: "us-east-1"}}
	r.Certificates = []desk.Signing{{ID: "C", Status: "Active", Since: now}}
	r.MFA = []desk.Device{{Serial: "GAHT1", Since: now}}
	return r
}

func TestRows(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		if _, err := w.Row(w, "111122223333"); !errors.Is(err, desk.ErrNone) {
			t.Errorf("of no row: %v", err)
		}
		w.must(w.Keep(w, "audit-1", full(), row("444455556666", now)))
		got, err := w.Row(w, "111122223333")
		w.must(err)
		w.same(full(), got)
		w.must(w.Keep(w, "", row("111122223333", now.Add(time.Minute))))
		got, err = w.Row(w, "111122223333")
		w.must(err)
		w.same(row("111122223333", now.Add(time.Minute)), got)
		found, err := w.Kept(w, "audit-1", []string{"111122223333", "444455556666", "777788889999"})
		w.must(err)
		w.same(map[string]bool{"444455556666": true}, found)
	})
}

// accounts are those of a list, page by page.
func (w world) accounts(f desk.Filter, n int) (all []string) {
	w.t.Helper()
	after := ""
	for range 100 {
		page, next, err := w.List(w, f, n, after)
		w.must(err)
		if len(page) > n {
			w.t.Fatalf("%d rows on a page of %d", len(page), n)
		}
		for _, r := range page {
			all = append(all, r.Account[11:])
		}
		if next == "" {
			return all
		}
		after = next
	}
	w.t.Fatal("the list has no end")
	return nil
}

func TestLists(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		refused := row("000000000007", now)
		refused.State, refused.Cause = desk.Refused, remedy.NotDelegated
		half := row("000000000008", now, desk.HasPassword)
		half.State = desk.Failed
		w.must(w.Keep(w, "a", row("000000000003", now, desk.HasAccessKeys), row("000000000001", now, desk.HasPassword),
			row("000000000002", now), row("000000000004", now, desk.HasPassword, desk.HasMFA),
			row("000000000005", now, desk.HasCertificates), refused, half, row("000000000006", now)))
		for _, tt := range []struct {
			f    desk.Filter
			want []string
		}{
			{desk.Filter{}, []string{"1", "2", "3", "4", "5", "6", "7", "8"}},
			{desk.Filter{Has: desk.HasPassword}, []string{"1", "4", "8"}},
			{desk.Filter{Has: desk.HasAccessKeys}, []string{"3"}},
			{desk.Filter{Has: desk.HasCertificates}, []string{"5"}},
			{desk.Filter{Has: desk.HasMFA}, []string{"4"}},
			{desk.Filter{Has: desk.HasAny}, []string{"1", "3", "4", "5", "8"}},
			{desk.Filter{Has: desk.HasNone}, []string{"2", "6"}},
			{desk.Filter{Refused: true}, []string{"7", "8"}},
			{desk.Filter{Refused: true, Has: desk.HasPassword}, []string{"8"}},
			{desk.Filter{Account: "000000000004"}, []string{"4"}},
			{desk.Filter{Account: "000000000004", Has: desk.HasAccessKeys}, nil},
		} {
			for _, n := range []int{1, 2, 3, 8, 100} {
				w.same(tt.want, w.accounts(tt.f, n))
			}
		}
		page, next, err := w.List(w, desk.Filter{Account: "000000000004"}, 10, "000000000004")
		if len(page) > 0 || next != "" || err != nil {
			t.Errorf("after the only one: %v %q %v", page, next, err)
		}
	})
}

// TestForget: accounts that have left lose their rows, and what was seen since stays.
func TestForget(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		old := now.Add(-time.Hour)
		w.must(w.Keep(w, "audit-1", row("000000000001", old), row("000000000002", old)))
		w.must(w.Keep(w, "audit-2", row("000000000003", now)))
		w.must(w.Keep(w, "", row("000000000002", now.Add(time.Minute)), row("000000000004", old)))
		n, err := w.Forget(w, "audit-2", now)
		w.must(err)
		if n != 2 {
			t.Errorf("%d forgotten", n)
		}
		w.same([]string{"2", "3"}, w.accounts(desk.Filter{}, 10))
	})
}

func TestOneAuditAtATime(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		if _, err := w.Audit(w); !errors.Is(err, desk.ErrNone) {
			t.Errorf("of none: %v", err)
		}
		first := desk.Audit{ID: "audit-1", Started: now}
		w.must(w.Begin(w, first, ""))
		for _, over := range []string{"", "audit-0"} {
			if err := w.Begin(w, desk.Audit{ID: "audit-2", Started: now}, over); !errors.Is(err, desk.ErrChanged) {
				t.Errorf("over %q: %v", over, err)
			}
		}
		mine, err := w.Claim(w, "audit-1", now, now.Add(time.Minute))
		w.must(err)
		later := (*remedy.Later)(nil)
		if _, err := w.Claim(w, "audit-1", now.Add(59*time.Second), now.Add(time.Hour)); !errors.As(err, &later) ||
			!later.Until.Equal(now.Add(time.Minute)) {
			t.Errorf("while another has it: %v", err)
		}
		if _, err := w.Claim(w, "audit-0", now, now); !errors.Is(err, desk.ErrChanged) {
			t.Errorf("of another: %v", err)
		}
		mine.Of, mine.Token, mine.Pages, mine.Next, mine.Passed, mine.Done = 300, "token", 3, 1, 100, 120
		w.must(w.Record(w, mine, false))
		if _, err := w.Claim(w, "audit-1", now.Add(59*time.Second), now.Add(time.Hour)); !errors.As(err, &later) {
			t.Errorf("a record gives the lease away: %v", err)
		}
		second, err := w.Claim(w, "audit-1", now.Add(time.Minute), now.Add(2*time.Minute))
		w.must(err)
		if err := w.Record(w, mine, false); !errors.Is(err, desk.ErrChanged) {
			t.Errorf("the first may still write: %v", err)
		}
		want := mine
		want.Fence, want.Until = second.Fence, now.Add(2*time.Minute)
		w.same(want, second)
		second.Listed, second.Finished, second.Why = true, now.Add(time.Minute), "why"
		w.must(w.Record(w, second, true))
		over, err := w.Claim(w, "audit-1", now.Add(time.Hour), now.Add(2*time.Hour))
		w.must(err)
		second.Until = time.Time{}
		w.same(second, over)
		w.must(w.Begin(w, desk.Audit{ID: "audit-2", Started: now.Add(time.Hour)}, "audit-1"))
		last, err := w.Audit(w)
		w.must(err)
		w.same(desk.Audit{ID: "audit-2", Started: now.Add(time.Hour)}, last)
	})
}

// TestALeaseGivenBack may be taken at once.
func TestALeaseGivenBack(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.must(w.Begin(w, desk.Audit{ID: "audit-1", Started: now}, ""))
		mine, err := w.Claim(w, "audit-1", now, now.Add(time.Hour))
		w.must(err)
		w.must(w.Record(w, mine, true))
		_, err = w.Claim(w, "audit-1", now, now.Add(time.Hour))
		w.must(err)
	})
}

func TestPagesOfAccounts(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		members := []desk.Member{{Number: "111122223333", Name: "=1+1\n", State: "ACTIVE"}, {Number: "444455556666"}}
		w.must(w.PutPage(w, "audit-1", 0, members, now))
		w.must(w.PutPage(w, "audit-1", 1, nil, now))
		got, err := w.Page(w, "audit-1", 0)
		w.must(err)
		w.same(members, got)
		if got, err = w.Page(w, "audit-1", 1); err != nil || len(got) > 0 {
			t.Errorf("%v %v", got, err)
		}
		if _, err := w.Page(w, "audit-2", 0); !errors.Is(err, desk.ErrNone) {
			t.Error(err)
		}
	})
}

func TestDeletions(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		got, err := w.Deletion(w, "request-1")
		w.must(err)
		w.same(desk.Deletion{}, got)
		d := desk.Deletion{Request: "request-1", Account: "111122223333", Begun: now,
			Items: []desk.Item{{Kind: desk.AccessKey, ID: "AKIA1", Result: desk.Deleted},
				{Kind: desk.Virtual, ID: "arn", Result: desk.Denied, Why: "no", Note: true}, {Kind: desk.Password}}}
		w.must(w.PutDeletion(w, d, now))
		got, err = w.Deletion(w, "request-1")
		w.must(err)
		w.same(d, got)
	})
}

func TestCases(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		k := desk.Case{ID: "request-1", Account: "111122223333", By: "kim", Reason: "a table", Ticket: "T-1", Opened: now,
			Due: now.Add(time.Hour), Version: 1}
		w.must(w.PutCase(w, k))
		if err := w.PutCase(w, k); !errors.Is(err, desk.ErrChanged) {
			t.Errorf("a second time: %v", err)
		}
		other := k
		other.ID, other.Due = "request-2", now.Add(time.Minute)
		w.must(w.PutCase(w, other))
		open, err := w.Open(w, 10)
		w.must(err)
		w.same([]desk.Case{other, k}, open)
		k.Version, k.Pages, k.Left, k.Ended, k.Why = 2, 1, "a password", now.Add(2*time.Hour), "gone"
		k.News = &remedy.Bulletin{Kind: "credentials", ID: "credentials-1", Title: "t", Text: []string{"x"}, At: now,
			Facts: []remedy.Fact{{Name: "a", Value: "b"}}, Page: true}
		k.Told = []remedy.Channel{remedy.Alerts}
		w.must(w.PutCase(w, k))
		got, err := w.Case(w, "request-1")
		w.must(err)
		w.same(k, got)
		if open, err = w.Open(w, 1); err != nil || len(open) != 1 || open[0].ID != "request-2" {
			t.Errorf("%+v %v", open, err)
		}
		k.Version, k.News = 3, nil
		w.must(w.PutCase(w, k))
		if open, err = w.Open(w, 10); err != nil || len(open) != 1 {
			t.Errorf("with one that is over: %+v %v", open, err)
		}
		if _, err := w.Case(w, "request-3"); !errors.Is(err, desk.ErrNone) {
			t.Error(err)
		}
	})
}
