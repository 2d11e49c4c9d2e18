package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
)

// work takes the messages of the audit's queue until none is left, and tells how many workers it took.
func (w *world) work(t *testing.T, each func() (context.Context, context.CancelFunc)) (workers int) {
	t.Helper()
	for len(w.messages) > 0 {
		m := w.messages[0]
		w.messages = w.messages[1:]
		w.mu.Lock()
		if w.now.Before(m.at) {
			w.now = m.at
		}
		w.mu.Unlock()
		ctx, cancel := each()
		err := w.Custodian.Continue(ctx, m.audit)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if workers++; workers > 10_000 {
			t.Fatal("the audit has no end")
		}
	}
	return workers
}

func (w *world) rows(t *testing.T, f credentials.Filter) (all []credentials.Row) {
	t.Helper()
	for after := ""; ; {
		page, next, err := w.Store.List(t.Context(), f, 1000, after)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if after = next; after == "" {
			return all
		}
	}
}

// TestTenThousandAccounts: two calls for each that has nothing, and details where there is something.
func TestTenThousandAccounts(t *testing.T) {
	const n = 10_000
	w := newWorld(t, n)
	for i := range 100 {
		w.has(w.members[i*100].Number, credentials.AccessKey, "AKIA1")
	}
	begun := time.Now()
	a, err := w.Survey(t.Context(), time.Hour)
	if err != nil || a.Done != n || a.Of != n || a.Finished.IsZero() {
		t.Fatalf("%+v, %v", a, err)
	}
	t.Logf("%d accounts in %s: %v", n, time.Since(begun).Round(time.Millisecond), w.calls)
	same(t, map[string]int{"ListAccounts": n / 20, "AssumeRoot": n, "GetAccountSummary": n, "ListAccessKeys": 100,
		"GetAccessKeyLastUsed": 100}, w.calls)
	if all, some := w.rows(t, credentials.Filter{}), w.rows(t, credentials.Filter{Has: "access-keys"}); len(all) != n ||
		len(some) != 100 {
		t.Errorf("%d rows, %d with access keys", len(all), len(some))
	}
	again, err := w.Survey(t.Context(), time.Hour)
	if err != nil || again.ID != a.ID || w.calls["AssumeRoot"] != n {
		t.Errorf("within the hour: %+v, %v", again, err)
	}
	w.now = w.now.Add(time.Hour)
	if again, err = w.Survey(t.Context(), time.Hour); err != nil || again.ID == a.ID || w.calls["AssumeRoot"] != 2*n {
		t.Errorf("an hour later: %+v, %v", again, err)
	}
}

// TestABrokenAccountStopsNoOther: whatever it does, it is a row with its cause.
func TestABrokenAccountStopsNoOther(t *testing.T) {
	w := newWorld(t, 8)
	w.members[0].Number, w.members[1].State = manager, "SUSPENDED"
	w.members[2].Name = "=HYPERLINK(\"http://x\")\n,\"\u202e"
	fails := map[string]func(call string) error{
		w.members[3].Number: func(string) error { return errors.New("ServiceFailure: 500") },
		w.members[4].Number: func(call string) error {
			if call == "GetAccountSummary" {
				panic("a bug")
			}
			return nil
		},
		w.members[5].Number: func(string) error {
			return &remedy.Refusal{Cause: remedy.NotDelegated, Err: errors.New("AssumeRoot: AccessDenied: AKIAABCDEFGHIJKLMNOP")}
		},
	}
	w.fault = func(account, call string) error {
		if fail := fails[account]; fail != nil {
			return fail(call)
		}
		return nil
	}
	a, err := w.Survey(t.Context(), time.Hour)
	if err != nil || a.Done != 8 || a.Finished.IsZero() {
		t.Fatalf("%+v, %v", a, err)
	}
	var got []string
	for _, r := range w.rows(t, credentials.Filter{}) {
		got = append(got, fmt.Sprintf("%s %s %q %q", r.Account, r.State, r.Cause, r.Why))
	}
	same(t, []string{
		manager + ` refused "management account" "root of the management account cannot be assumed: sign in as root to look"`,
		`100000000001 refused "account not active" "the account is SUSPENDED"`,
		`100000000002 complete "" ""`,
		`100000000003 failed "" "ServiceFailure: 500"`,
		`100000000004 failed "" "the program failed: the log says how"`,
		`100000000005 refused "not permitted to assume root" "AssumeRoot: AccessDenied: [removed]"`,
		`100000000006 complete "" ""`, `100000000007 complete "" ""`}, got)
}

// TestAnAccountThatDoesNotAnswer holds up no other.
func TestAnAccountThatDoesNotAnswer(t *testing.T) {
	w := newWorld(t, 30)
	w.Side, w.Patience = 2, 20*time.Millisecond
	w.hangs = member
	a, err := w.Survey(t.Context(), time.Hour)
	if err != nil || a.Done != 30 || a.Finished.IsZero() {
		t.Fatalf("%+v, %v", a, err)
	}
	rows := w.rows(t, credentials.Filter{Refused: true})
	if len(rows) != 1 || rows[0].Account != member || rows[0].State != "failed" || rows[0].Why != "no answer within 20ms" {
		t.Errorf("%+v", rows)
	}
}

// TestAThrottledAccountIsNotGivenUp for its slowness: the audit comes back to it.
func TestAThrottledAccountIsNotGivenUp(t *testing.T) {
	w := newWorld(t, 3)
	w.Side, w.Patience = 1, time.Minute
	slow := 60
	w.fault = func(account, call string) error {
		if slow--; account == member && call == "GetAccountSummary" && slow > 0 {
			return errThrottled
		}
		return nil
	}
	a, err := w.Survey(t.Context(), time.Hour)
	if err != nil || !a.Finished.IsZero() || len(w.messages) != 1 {
		t.Fatalf("%+v, %v, %v", a, err, w.messages)
	}
	w.work(t, func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) })
	a, err = w.Store.Audit(t.Context())
	if bad := w.rows(t, credentials.Filter{Refused: true}); err != nil || a.Done != 3 || len(bad) > 0 {
		t.Errorf("%+v, %v, %+v", a, err, bad)
	}
}

// TestAnAuditGoesOnByItself, within the time of each worker, and looks at no account twice.
func TestAnAuditGoesOnByItself(t *testing.T) {
	w := newWorld(t, 250)
	w.Side = 1
	w.between = func(_, call string) {
		if call == "GetAccountSummary" {
			_ = w.pause(t.Context(), time.Second)
		}
	}
	short := func() (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Hour))
		deadline, _ := ctx.Deadline()
		w.mu.Lock()
		w.now = deadline.Add(-34 * time.Second) // for some thirty accounts
		w.mu.Unlock()
		return ctx, cancel
	}
	ctx, cancel := short()
	a, err := w.Survey(ctx, time.Hour)
	cancel()
	if err != nil || !a.Finished.IsZero() || a.Done < 25 || a.Done > 35 || a.Of != 250 || len(w.messages) != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	workers := w.work(t, short)
	a, err = w.Store.Audit(t.Context())
	if err != nil || a.Finished.IsZero() || a.Done != 250 || workers < 7 || workers > 9 || w.calls["AssumeRoot"] != 250 {
		t.Errorf("%+v, %v, %d workers, %v", a, err, workers, w.calls)
	}
}

// TestACrashAnywhereInAnAudit: another worker goes on once the lease is over, and the rows are whole.
func TestACrashAnywhereInAnAudit(t *testing.T) {
	for step := 1; ; step++ {
		over := false
		for _, after := range []bool{false, true} {
			w := newWorld(t, 7)
			w.Side, w.perPage = 1, 3
			w.has(member, credentials.Password, "")
			w.mortally(step, after)
			_, err := w.Survey(t.Context(), time.Hour)
			over = err == nil && w.steps < step
			w.reborn()
			w.now = w.now.Add(10 * time.Minute) // the lease is over
			a, err := w.Survey(t.Context(), time.Hour)
			w.work(t, func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) })
			if err != nil || a.Finished.IsZero() || a.Done != 7 || a.Of != 7 {
				t.Fatalf("step %d, %t: %+v, %v", step, after, a, err)
			}
			if rows := w.rows(t, credentials.Filter{}); len(rows) != 7 {
				t.Errorf("step %d, %t: %d rows", step, after, len(rows))
			}
			if n := w.calls["AssumeRoot"]; n > 7+3 { // the account at which the worker died, with its tries
				t.Errorf("step %d, %t: %d sessions", step, after, n)
			}
		}
		if over {
			return
		}
	}
}

// TestOneWorkerAtATime: a second one comes back when the first must have ended.
func TestOneWorkerAtATime(t *testing.T) {
	w := newWorld(t, 3)
	w.Side = 1
	var other error
	w.between = func(_, call string) {
		if call == "GetAccountSummary" && other == nil {
			a, err := w.Store.Audit(t.Context())
			if err != nil {
				t.Error(err)
			}
			other = w.Custodian.Continue(t.Context(), a.ID)
		}
	}
	a, err := w.Survey(t.Context(), time.Hour)
	later := (*remedy.Later)(nil)
	if err != nil || a.Finished.IsZero() || !errors.As(other, &later) || w.calls["AssumeRoot"] != 3 {
		t.Errorf("%+v, %v, %v, %v", a, err, other, w.calls)
	}
	if err := w.Custodian.Continue(t.Context(), "audit-of-last-week"); err != nil {
		t.Errorf("of another audit: %v", err)
	}
}

// TestThrottlingSlowsAnAuditAndResumesIt: no account is given up for it.
func TestThrottlingSlowsAnAuditAndResumesIt(t *testing.T) {
	w := newWorld(t, 40)
	w.Side = 1
	allowed := 10
	w.fault = func(_, call string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if call != "AssumeRoot" {
			return nil
		}
		if allowed--; allowed < 0 {
			return errThrottled
		}
		return nil
	}
	minutes := func() (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Hour))
		deadline, _ := ctx.Deadline()
		w.mu.Lock()
		w.now, allowed = deadline.Add(-time.Minute), 10
		w.mu.Unlock()
		return ctx, cancel
	}
	ctx, cancel := minutes()
	a, err := w.Survey(ctx, time.Hour)
	cancel()
	if err != nil || a.Done != 10 || len(w.messages) != 1 || w.messages[0].at.Before(w.now.Add(30*time.Second)) {
		t.Fatalf("%+v, %v, %v", a, err, w.messages)
	}
	workers := w.work(t, minutes)
	a, err = w.Store.Audit(t.Context())
	if bad := w.rows(t, credentials.Filter{Refused: true}); err != nil || a.Done != 40 || len(bad) > 0 || workers != 3 &&
		workers != 4 {
		t.Errorf("%+v, %v, %d workers, %v", a, err, workers, bad)
	}
}

// TestAccountsThatLeft lose their rows with the next audit.
func TestAccountsThatLeft(t *testing.T) {
	w := newWorld(t, 3)
	w.all(member)
	if _, err := w.Survey(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(2 * time.Hour)
	w.members = w.members[1:]
	if _, err := w.Survey(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if rows := w.rows(t, credentials.Filter{}); len(rows) != 2 || rows[0].Account != "100000000001" {
		t.Errorf("%+v", rows)
	}
}

// TestNobodyMayListTheAccounts: the audit is over and says why, and the rows of before stay.
func TestNobodyMayListTheAccounts(t *testing.T) {
	w := newWorld(t, 3)
	if _, err := w.Survey(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(2 * time.Hour)
	w.fault = func(_, call string) error {
		if call == "ListAccounts" {
			return &remedy.Refusal{Cause: remedy.NoDirectory, Err: errors.New("AccessDeniedException")}
		}
		return nil
	}
	a, err := w.Survey(t.Context(), time.Hour)
	if err != nil || a.Finished.IsZero() || !strings.Contains(a.Why, "cannot be listed: AccessDeniedException") ||
		len(w.rows(t, credentials.Filter{})) != 3 {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestAnErrorIsPostponed: whoever waits for rows gets those that there are, and the audit goes on.
func TestAnErrorIsPostponed(t *testing.T) {
	w := newWorld(t, 30)
	broken := true
	w.fault = func(_, call string) error {
		if call == "ListAccounts" && broken {
			return errors.New("ServiceException: 500")
		}
		return nil
	}
	a, err := w.Survey(t.Context(), time.Hour)
	if err != nil || !a.Finished.IsZero() || len(w.messages) != 1 {
		t.Fatalf("%+v, %v, %v", a, err, w.messages)
	}
	broken = false
	w.work(t, func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) })
	if a, err = w.Store.Audit(t.Context()); err != nil || a.Finished.IsZero() || a.Done != 30 {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestAnOldToken: the organization is listed anew from its beginning, and nobody is missed or counted twice.
func TestAnOldToken(t *testing.T) {
	w := newWorld(t, 250)
	refused := false
	w.fault = func(_, call string) error {
		if call == "ListAccounts" && w.calls[call] == 8 && !refused {
			refused = true
			return &remedy.Refusal{Cause: remedy.Unexpected, Err: errors.New("InvalidInputException: INVALID_NEXT_TOKEN")}
		}
		return nil
	}
	a, err := w.Survey(t.Context(), time.Hour)
	if err != nil || a.Of != 250 || a.Done != 250 || len(w.rows(t, credentials.Filter{})) != 250 || !refused {
		t.Errorf("%+v, %v", a, err)
	}
	if w.calls["AssumeRoot"] != 250 || !slices.Contains([]int{20, 21}, w.calls["ListAccounts"]) {
		t.Errorf("%v", w.calls)
	}
}
