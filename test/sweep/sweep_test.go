package sweep

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

var full = flag.Bool("full", false, "sweep 1,000 accounts with 200 buckets and 50 queues each")

// TestSweep: every planted lockout that is covered is found, and settled by the flow. Every refusal is told with its
// cause, nothing else is touched, and the calls are as many as they have to be.
func TestSweep(t *testing.T) {
	s := Size{Accounts: 103, Buckets: 10, Queues: 5, Planted: 80}
	if *full {
		s = Size{Accounts: 1000, Buckets: 200, Queues: 50, Planted: 500}
	}
	begun := time.Now()
	w := newWorld(t, s, 1)
	made := time.Since(begun)
	ctx := context.Background()
	if _, err := w.sweep.Start(ctx, sweeper.Request{By: "a test"}); err != nil {
		t.Fatal(err)
	}
	begun = time.Now()
	for w.sweep.Deliver(ctx) > 0 {
	}
	swept := time.Since(begun)
	calls := w.made()
	begun = time.Now()
	for w.pipeline.Deliver(ctx) > 0 {
	}
	t.Logf("made in %s, swept in %s, settled in %s", made.Round(time.Millisecond), swept.Round(time.Millisecond),
		time.Since(begun).Round(time.Millisecond))
	sum, err := w.sweep.Summary(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	w.checkCalls(t, calls)
	w.checkSummary(t, sum)
	w.checkSettled(t)
	if n := len(w.herald.told); n != 1 {
		t.Errorf("%d bulletins", n)
	}
}

// checkCalls: two root sessions an account, one listing of buckets, one a Region, and one read a resource.
func (w *world) checkCalls(t *testing.T, calls map[string]int) {
	t.Helper()
	for i := range w.Size.Accounts {
		account := Number(i)
		want := map[string]int{"AssumeRoot ": 2, "ListBuckets ": 1, "ListQueues ": len(Regions())}
		switch {
		case w.suspended(i):
			want = map[string]int{"AssumeRoot ": 0, "ListBuckets ": 0, "ListQueues ": 0}
		case w.Causes[account] == remedy.DeniedByOrg: // the SCP answers in the session
		case w.Causes[account] != "":
			want = map[string]int{"AssumeRoot ": 2, "ListBuckets ": 0, "ListQueues ": 0}
		}
		for call, n := range want {
			if calls[call+account] != n {
				t.Errorf("%s%s: %d times, want %d", call, account, calls[call+account], n)
			}
		}
	}
	for arn := range w.Policies {
		call, account := "GetBucketPolicy ", strings.Split(arn, "-")[1:]
		if strings.Contains(arn, ":sqs:") {
			call, account = "GetQueueAttributes ", []string{strings.Split(arn, ":")[4]}
		}
		want := 1
		if _, refuses := w.Causes[account[0]]; refuses || strings.HasSuffix(account[0][10:], "50") {
			want = 0
		}
		if calls[call+arn] != want {
			t.Errorf("%s%s: %d times, want %d", call, arn, calls[call+arn], want)
		}
	}
	for call := range calls {
		if name, _, _ := strings.Cut(call, " "); !slices.Contains([]string{"AssumeRoot", "ListBuckets", "ListQueues",
			"GetBucketPolicy", "GetQueueAttributes"}, name) {
			t.Errorf("a call that no sweep makes: %s", call)
		}
	}
}

// checkSummary: how the accounts came out, and that people were told of each that refuses, with its cause.
func (w *world) checkSummary(t *testing.T, sum sweeper.Summary) {
	t.Helper()
	suspended := (w.Size.Accounts + 49) / 100
	refused := len(w.Causes)
	// Beside those accounts there are the central one, which is swept, and the management account.
	want := map[sweeper.Outcome]int{sweeper.Complete: w.Size.Accounts - suspended - refused + 1,
		sweeper.Refused: refused, sweeper.Skipped: suspended + 1}
	for o, n := range want {
		if sum.Accounts[o] != n {
			t.Errorf("%d accounts are %s, want %d", sum.Accounts[o], o, n)
		}
	}
	if len(sum.Accounts) != len(want) {
		t.Errorf("%v", sum.Accounts)
	}
	causes := map[string]remedy.Cause{}
	for _, g := range sum.Gaps {
		for _, a := range g.Accounts {
			if g.Outcome == sweeper.Refused {
				causes[a] = g.Cause
			}
		}
	}
	for account, cause := range w.Causes {
		if causes[account] != cause {
			t.Errorf("%s is said to refuse for %q, want %q", account, causes[account], cause)
		}
	}
	if len(w.herald.told) == 0 {
		t.Fatal("people were told nothing")
	}
	for account, cause := range w.Causes {
		if !slices.ContainsFunc(w.herald.told[0].Facts, func(f remedy.Fact) bool {
			return strings.HasPrefix(f.Name, "refused: "+string(cause)) && strings.Contains(f.Value, account)
		}) {
			t.Errorf("people were not told that %s refuses for %q", account, cause)
		}
	}
	if n := len(w.Lockouts) + len(w.Spared); sum.Sweep.Totals.Findings != n {
		t.Errorf("%d findings, want %d", sum.Sweep.Totals.Findings, n)
	}
}

// checkSettled: each planted lockout is unlocked, or told where it is not covered, and all other policies are as they
// were.
func (w *world) checkSettled(t *testing.T) {
	t.Helper()
	results := map[string][]remedy.Result{}
	for _, e := range w.pipeline.Incidents() {
		results[e.Change.Resource] = append(results[e.Change.Resource], e.Outcome.Result)
	}
	want := map[string]remedy.Result{}
	for _, p := range w.Lockouts {
		want[p.ARN] = remedy.Unlocked
		if w.cloud.Policy(p.ARN) != "" {
			t.Errorf("%s is still locked: %s", p.ARN, p.Kind)
		}
	}
	for _, p := range w.Spared {
		want[p.ARN] = remedy.NotCovered
	}
	for arn, result := range want {
		if fmt.Sprint(results[arn]) != fmt.Sprint([]remedy.Result{result}) {
			t.Errorf("%s: %v, want %s", arn, results[arn], result)
		}
	}
	if len(results) != len(want) {
		t.Errorf("%d resources have incidents, want %d", len(results), len(want))
	}
	for arn, policy := range w.Policies {
		if want[arn] != remedy.Unlocked && w.cloud.Policy(arn) != policy {
			t.Errorf("%s was touched", arn)
		}
	}
}
