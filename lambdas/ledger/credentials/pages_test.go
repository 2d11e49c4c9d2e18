package credentials_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"locksmith/lambdas/awsroot"
	desk "locksmith/lambdas/credentials"
	"locksmith/lambdas/ledger/requests"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/pace"
	"locksmith/test/cloud"
	"locksmith/test/cloud/iam"
)

// TestEachPageIsOneQuery, whatever is in the table.
func TestEachPageIsOneQuery(t *testing.T) {
	c := cloud.New(cloud.Config{})
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	w := world{create(t, s.URL, c.Config().DelegatedAdministrator+".role.LocksmithDesk"), t.Context(), t}
	var rows []desk.Row
	for i := range 1000 {
		r := row(fmt.Sprintf("%012d", i), now)
		if i%100 == 0 {
			r.Has = []string{desk.HasAccessKeys}
		}
		rows = append(rows, r)
	}
	w.must(w.Keep(w, "audit-1", rows...))
	for _, f := range []desk.Filter{{}, {Has: desk.HasAccessKeys}, {Has: desk.HasNone}, {Refused: true},
		{Account: "000000000500"}} {
		c.ResetCalls()
		if _, _, err := w.List(w, f, 50, ""); err != nil {
			t.Fatal(err)
		}
		calls := c.Calls()
		if len(calls) != 1 || calls[0].Action != "Query" {
			t.Errorf("%+v: %+v", f, calls)
		}
	}
	if got := w.accounts(desk.Filter{Has: desk.HasAccessKeys}, 3); len(got) != 10 {
		t.Errorf("%v", got)
	}
}

// TestIndexes: the names are those that the desk's table is made with.
func TestIndexes(t *testing.T) {
	schema := requests.Schema("desk")
	names := map[string]string{}
	for _, i := range schema.GlobalSecondaryIndexes {
		names[*i.IndexName] = *i.KeySchema[0].AttributeName + " " + *i.KeySchema[1].AttributeName
	}
	if names["listed"] != "list sort" || names["waiting"] != "waiting sort" {
		t.Errorf("%v", names)
	}
}

// TestAnOrganization of a hundred accounts, by the real SDK in every part. The calls are counted: two for an account
// that has nothing, and one row written.
func TestAnOrganization(t *testing.T) {
	const n = 100
	clock := func() time.Time { return now }
	c := cloud.New(cloud.Config{Now: clock})
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	key := c.Config().DelegatedAdministrator + ".role.LocksmithDesk"
	kept := create(t, s.URL, key)
	cfg := config(s.URL, key)
	root, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: c.Config().ManagementAccount})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		has := iam.RootUser{}
		if i%20 == 0 {
			has.AccessKeys = []string{"AKIA1"}
		}
		c.PutRoot(fmt.Sprintf("%012d", 300_000_000_000+i), has)
	}
	c.ResetCalls()
	custodian := desk.Custodian{Root: root, Store: kept, Accounts: organization.New(cfg), Now: clock,
		Turns: pace.Rate{PerSecond: 1e6, Burst: 1e6}.Adaptive(), Log: slog.New(slog.DiscardHandler),
		ManagementAccount: c.Config().ManagementAccount}
	begun := time.Now()
	a, err := custodian.Survey(t.Context(), time.Hour)
	took := time.Since(begun).Round(time.Millisecond)
	calls := map[string]int{}
	for _, call := range c.Calls() {
		calls[call.Action]++
	}
	t.Logf("%d accounts in %s: %v", a.Of, took, calls)
	members := n + 2 // the management account, which is not opened, and the delegate
	if err != nil || a.Of != members || a.Done != a.Of || a.Finished.IsZero() || calls["AssumeRoot"] != members-1 ||
		calls["GetAccountSummary"] != members-1 || calls["ListAccessKeys"] != 5 || calls["GetAccessKeyLastUsed"] != 5 {
		t.Errorf("%+v, %v, %v", a, err, calls)
	}
	if calls["PutItem"] > members+20 || calls["GetItem"] > 120 || calls["Query"] > 3 {
		t.Errorf("%v", calls)
	}
	page, next, err := kept.List(t.Context(), desk.Filter{Has: desk.HasAccessKeys}, 100, "")
	if err != nil || len(page) != 5 || next != "" {
		t.Errorf("%d %q %v", len(page), next, err)
	}
}
