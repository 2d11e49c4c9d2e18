package sweeper_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/lockout"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// TestWhatIsFound: what is locked, sealed or undecided is handed over, covered or not. What lets people in is kept
// where it is covered. What locks all but a pipeline is locked where the rule names other administrators.
func TestWhatIsFound(t *testing.T) {
	w := newWorld(t)
	w.account(uncovered, "ou-a1b2-22222222")
	seal := `{"Statement": {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
		"Resource": "*"}}`
	for name, policy := range map[string]string{"locked": locked, "open": open, "spares": spares, "seal": seal,
		"garbage": garbage, "none": "", "trail": locked} {
		w.put(covered, bucket(name), policy)
		w.put(covered, queue(covered, home, name), policy)
		w.put(uncovered, bucket("other-"+name), policy)
	}
	sum := w.sweep()
	same(t, []string{
		"arn:aws:s3:::garbage", "arn:aws:s3:::locked", "arn:aws:s3:::other-garbage", "arn:aws:s3:::other-locked",
		"arn:aws:s3:::other-seal", "arn:aws:s3:::other-trail", "arn:aws:s3:::seal", "arn:aws:s3:::spares",
		"arn:aws:s3:::trail", "arn:aws:sqs:eu-central-1:111122223333:garbage",
		"arn:aws:sqs:eu-central-1:111122223333:locked", "arn:aws:sqs:eu-central-1:111122223333:spares",
		"arn:aws:sqs:eu-central-1:111122223333:trail"}, w.found())
	var good []string
	for _, g := range w.good {
		good = append(good, g.Resource)
		if g.Verdict.Answer != lockout.Open || (g.Policy == "") != strings.HasSuffix(g.Resource, "none") || g.At.IsZero() {
			t.Errorf("%+v", g)
		}
	}
	slices.Sort(good)
	// A Deny of S3's actions alone leaves a queue open.
	same(t, []string{"arn:aws:s3:::none", "arn:aws:s3:::open", "arn:aws:sqs:eu-central-1:111122223333:none",
		"arn:aws:sqs:eu-central-1:111122223333:open",
		"arn:aws:sqs:eu-central-1:111122223333:seal"}, good)
	n := slices.IndexFunc(w.findings, func(c remedy.Change) bool { return c.Resource == "arn:aws:s3:::locked" })
	c := w.findings[n]
	// The digits are those of sha256sum for the ARN.
	same(t, remedy.Change{EventID: "sweep-20261121T080000Z-ec1e5d50fde5a733", Call: "Sweep",
		Resource: "arn:aws:s3:::locked", Account: covered, Region: far, Time: w.now, Policy: locked}, c)
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 2}, sum.Accounts)
	if n := sum.Sweep.Totals; n.Resources != 21 || n.Findings != 13 {
		t.Errorf("%+v", n)
	}
}

// TestCalls: two root sessions, one listing of buckets, one listing a Region, one read a resource.
func TestCalls(t *testing.T) {
	w := newWorld(t)
	for i := range 150 {
		w.put(covered, bucket(fmt.Sprint("b", i)), open)
		w.put(covered, queue(covered, home, fmt.Sprint("q", i)), open)
	}
	sum := w.sweep()
	same(t, map[string]int{"AssumeRoot": 2, "ListBuckets": 1, "GetBucketPolicy": 150, "ListQueues": 2,
		"GetQueueAttributes": 150}, sum.Sweep.Totals.Calls)
	for call, n := range w.calls {
		if strings.HasPrefix(call, "Read ") && n != 1 {
			t.Errorf("%s: %d times", call, n)
		}
	}
}

// TestRefusals: each is told with its cause, stops no other account, and is not tried again.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.put(covered, bucket("locked"), locked)
	refuse := func(account string, cause remedy.Cause, call string) {
		w.account(account, "ou-a1b2-22222222")
		for i := range 30 {
			w.put(account, bucket(fmt.Sprintf("%s-%02d", account, i)), locked)
			w.put(account, queue(account, home, fmt.Sprintf("%02d", i)), locked)
		}
		w.faults[call] = refusal(cause, "text of "+account)
	}
	refuse("200000000001", remedy.SessionsDisabled, "AssumeRoot 200000000001")
	refuse("200000000002", remedy.NotDelegated, "AssumeRoot 200000000002")
	refuse("200000000003", remedy.DeniedByOrg, "Read 200000000003")
	refuse("200000000004", remedy.DeniedByOrg, "List 200000000004")         // buckets
	refuse("200000000005", remedy.RegionDisabled, "List 200000000005"+home) // one Region: there can be no queue
	refuse("200000000006", remedy.DeniedByOrg, "List 200000000006"+home)    // one Region: partly
	w.accounts = append(w.accounts, remedy.Account{State: "SUSPENDED"}, remedy.Account{State: remedy.Active})
	w.accounts[7].Number, w.accounts[8].Number = "200000000008", manager

	sum := w.sweep()
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 2, sweeper.Partial: 1, sweeper.Refused: 4, sweeper.Skipped: 2},
		sum.Accounts)
	same(t, []sweeper.Gap{
		{Outcome: sweeper.Partial, Cause: remedy.DeniedByOrg, Tasks: "sqs",
			Accounts: []string{"200000000003", "200000000006"}, Example: "eu-central-1: text of 200000000003"},
		{Outcome: sweeper.Refused, Cause: remedy.DeniedByOrg, Tasks: "s3",
			Accounts: []string{"200000000003", "200000000004"}, Example: "text of 200000000003"},
		{Outcome: sweeper.Refused, Cause: remedy.NotDelegated, Tasks: "s3, sqs", Accounts: []string{"200000000002"},
			Example: "text of 200000000002"},
		{Outcome: sweeper.Refused, Cause: remedy.SessionsDisabled, Tasks: "s3, sqs",
			Accounts: []string{"200000000001"}, Example: "text of 200000000001"},
		{Outcome: sweeper.Skipped, Accounts: []string{manager}, Example: "management account"},
		{Outcome: sweeper.Skipped, Accounts: []string{"200000000008"}, Example: "the account is SUSPENDED"},
	}, sum.Gaps)
	same(t, 1, w.calls["AssumeRoot 200000000001 s3"])
	same(t, 1, w.calls["List 200000000004 s3  "])
	// Where all of the first twenty are refused, the rest is not tried.
	same(t, 20, w.read(bucket("200000000003-00"))*20)
	same(t, 0, w.read(bucket("200000000003-20")))
	same(t, 1+2*30, len(slices.DeleteFunc(w.found(), func(r string) bool {
		return !strings.Contains(r, ":s3:") || strings.Contains(r, "200000000003") || strings.Contains(r, "200000000004")
	})))
	if len(w.told) != 1 || !strings.Contains(w.told[0].Title, "2 accounts complete, 1 partial, 4 refused, 2 skipped") {
		t.Errorf("%+v", w.told)
	}
}

// TestWhatCannotBeRead is read again, and nothing else is. In the end it is told.
func TestWhatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.put(covered, bucket(name+"-bucket"), locked)
	}
	broken := errors.New("GetBucketPolicy: InternalError")
	w.faults["Read arn:aws:s3:::a-bucket"] = broken
	w.faults["Read arn:aws:s3:::b-bucket"] = refusal(remedy.DeniedByOrg, "an SCP")
	s := w.start(sweeper.Request{Tasks: []sweeper.Task{sweeper.Buckets}})
	for w.deliver(context.Background()) {
	}
	if sum := w.summary(s.ID); sum.Accounts[sweeper.Waiting] != 1 {
		t.Errorf("%+v", sum.Accounts)
	}
	w.run()
	sum := w.summary(s.ID)
	if len(sum.Gaps) != 1 || sum.Gaps[0].Outcome != sweeper.Partial || sum.Gaps[0].Example != "2 could not be read: "+
		"arn:aws:s3:::b-bucket, denied by an organization policy: an SCP" {
		t.Errorf("%+v", sum.Gaps)
	}
	for name, want := range map[string]int{"a-bucket": 4, "b-bucket": 1, "c-bucket": 1} {
		same(t, want, w.read(bucket(name)))
	}

	delete(w.faults, "Read arn:aws:s3:::a-bucket")
	delete(w.faults, "Read arn:aws:s3:::b-bucket")
	w.pass(time.Hour)
	w.findings = nil
	sum = w.sweep()
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 1}, sum.Accounts)
	same(t, 3, len(w.found()))
}

// TestAnAccountThatFails is given up at its last delivery, and told as partial. The others are done.
func TestAnAccountThatFails(t *testing.T) {
	w := newWorld(t)
	w.account(uncovered, "r-a1b2")
	w.put(covered, bucket("locked"), locked)
	w.faults["List "+uncovered] = errors.New("ListBuckets: InternalError")
	sum := w.sweep()
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 1, sweeper.Partial: 1}, sum.Accounts)
	if len(sum.Gaps) != 1 || !strings.HasPrefix(sum.Gaps[0].Example, "given up: ListBuckets: InternalError") {
		t.Errorf("%+v", sum.Gaps)
	}
	same(t, 3, w.calls["List "+uncovered+" s3  "])
}

// TestEmptyRegions are looked at once a week. One in which something was is looked at each time.
func TestEmptyRegions(t *testing.T) {
	w := newWorld(t)
	w.put(covered, queue(covered, home, "q"), open)
	listed := func(region string) int { return w.calls["List "+covered+" sqs "+region+" "] }
	for day, want := range []int{1, 1, 1, 1, 1, 1, 1, 2, 2} {
		w.sweep()
		if listed(far) != want || listed(home) != day+1 {
			t.Errorf("day %d: %d times the empty Region, %d the other", day, listed(far), listed(home))
		}
		w.pass(24 * time.Hour)
	}
	w.put(covered, queue(covered, far, "q"), locked)
	w.pass(7 * 24 * time.Hour)
	w.sweep()
	w.pass(24 * time.Hour)
	w.sweep()
	same(t, 4, listed(far))
}

// TestStopAndResume: what was read is not read again.
func TestStopAndResume(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.listed = 10
	for i := range 100 {
		w.put(covered, bucket(fmt.Sprintf("b%02d", i)), open)
	}
	s := w.start(sweeper.Request{Tasks: []sweeper.Task{sweeper.Buckets}})
	w.deliver(ctx) // the dispatch
	w.Keeper = stopper{w, 3}
	w.deliver(ctx)
	same(t, 30, w.summary(s.ID).Sweep.Totals.Resources+w.reads())
	w.run()
	if last := w.summary("").Sweep; last.State != sweeper.Stopped || last.Done != 0 {
		t.Errorf("%+v", last)
	}
	if _, err := w.Stop(ctx, ""); err == nil || !strings.Contains(err.Error(), "is stopped: there is nothing to stop") {
		t.Errorf("stopped twice: %v", err)
	}
	w.Keeper = nil
	if _, err := w.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	w.run()
	sum := w.summary(s.ID)
	same(t, sweeper.Over, sum.Sweep.State)
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 1}, sum.Accounts)
	same(t, 100, w.reads())
	if _, err := w.Resume(ctx); err == nil || !strings.Contains(err.Error(), "is over: only one that was stopped") {
		t.Errorf("resumed when over: %v", err)
	}
}

// reads is how often anything was read.
func (w *world) reads() (n int) {
	for call, times := range w.calls {
		if strings.HasPrefix(call, "Read ") {
			n += times
		}
	}
	return n
}

// A stopper stops the sweep when it has kept so many pages.
type stopper struct {
	*world
	pages int
}

func (k stopper) Keep(ctx context.Context, _ string, _ []remedy.Good) error {
	if k.reads() < 10*k.pages {
		return nil
	}
	_, err := k.Stop(ctx, "")
	k.pass(5 * time.Second) // so often it is asked for
	return err
}

// TestShortOfTime: a visit goes on in a message of its own, where it was.
func TestShortOfTime(t *testing.T) {
	w := newWorld(t)
	w.listed = 10
	for i := range 100 {
		w.put(covered, bucket(fmt.Sprintf("b%02d", i)), open)
	}
	w.now = time.Now() // contexts end by the real clock, which is behind from now on
	w.Tries = 2
	w.Now = func() time.Time { w.pass(time.Second); return w.clock() }
	s := w.start(sweeper.Request{})
	for range 1000 {
		ctx, cancel := context.WithDeadline(context.Background(), w.clock().Add(time.Minute))
		more := w.deliver(ctx)
		if cancel(); !more {
			break
		}
	}
	sum := w.summary(s.ID)
	same(t, sweeper.Over, sum.Sweep.State)
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 1}, sum.Accounts)
	same(t, 100, w.reads())
	if n := w.calls["AssumeRoot "+covered+" s3"]; n < 2 {
		t.Errorf("the time was long enough for all: %d sessions", n)
	}
}

// TestSessionsAreRenewed before they run out.
func TestSessionsAreRenewed(t *testing.T) {
	w := newWorld(t)
	w.listed, w.life = 1, time.Minute
	for i := range 10 {
		w.put(covered, bucket(fmt.Sprintf("b%02d", i)), open)
	}
	w.Keeper = waiter{w}
	sum := w.sweep()
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 1}, sum.Accounts)
	same(t, 5, w.calls["AssumeRoot "+covered+" s3"]) // each lasts for two pages of 20 seconds, less what is kept back
	same(t, 10, w.reads())
}

type waiter struct{ *world }

func (k waiter) Keep(context.Context, string, []remedy.Good) error {
	k.pass(23 * time.Second)
	return nil
}

// TestThrottling: the call is sent again, slower.
func TestThrottling(t *testing.T) {
	w := newWorld(t)
	w.put(covered, bucket("b"), open)
	w.Turns = pace.Rate{PerSecond: 1000, Burst: 1}.Adaptive()
	w.Root = &throttling{w, 3}
	sum := w.sweep()
	same(t, map[sweeper.Outcome]int{sweeper.Complete: 1}, sum.Accounts)
	same(t, 3, sum.Sweep.Totals.Throttles)
	same(t, 5, sum.Sweep.Totals.Calls["AssumeRoot"])
	if w.Turns.Throttles() != 3 || w.Turns.Current() >= 1000 {
		t.Errorf("%d throttles, %v a second", w.Turns.Throttles(), w.Turns.Current())
	}
}

type throttling struct {
	*world
	times int
}

func (o *throttling) Visit(ctx context.Context, sweep, account string, task sweeper.Task) (sweeper.Session, error) {
	if o.times--; o.times >= 0 {
		return nil, fmt.Errorf("AssumeRoot: %w", pace.ErrThrottled)
	}
	return o.world.Visit(ctx, sweep, account, task)
}

// TestOneAtATime: another sweep begins when the last is over, or has done nothing for hours.
func TestOneAtATime(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	first := w.start(sweeper.Request{})
	w.pass(time.Hour)
	if s, err := w.Start(ctx, sweeper.Request{}); !errors.Is(err, sweeper.ErrRunning) || s.ID != first.ID {
		t.Errorf("%+v, %v", s, err)
	}
	w.messages = nil // all of them are in the dead letters
	w.pass(6 * time.Hour)
	second := w.start(sweeper.Request{})
	if s := w.summary(first.ID); s.Sweep.State != sweeper.Over {
		t.Errorf("%+v", s)
	}
	w.run()
	same(t, sweeper.Over, w.summary(second.ID).Sweep.State)
}

// TestTheScheduleTellsOfChanges only: by the message that it puts on the queue.
func TestTheScheduleTellsOfChanges(t *testing.T) {
	w := newWorld(t)
	w.account(uncovered, "r-a1b2")
	day := func(want int) sweeper.Summary {
		t.Helper()
		w.told = nil
		if err := w.Send(context.Background(), "own", []byte(sweeper.ScheduleMessage())); err != nil {
			t.Fatal(err)
		}
		w.run()
		w.pass(24 * time.Hour)
		if len(w.told) != want {
			t.Errorf("%d bulletins, want %d: %+v", len(w.told), want, w.told)
		}
		return w.summary("")
	}
	day(0)
	w.faults["AssumeRoot "+uncovered] = refusal(remedy.DeniedByOrg, "an SCP")
	day(1)
	w.faults["AssumeRoot "+uncovered] = refusal(remedy.DeniedByOrg, "in other words")
	day(0)
	w.faults["AssumeRoot "+covered] = refusal(remedy.DeniedByOrg, "an SCP")
	day(1)
	delete(w.faults, "AssumeRoot "+covered)
	delete(w.faults, "AssumeRoot "+uncovered)
	day(1)
	day(0)
}

// TestTheOldestGap is how long an account has not been complete that nobody refuses.
func TestTheOldestGap(t *testing.T) {
	w := newWorld(t)
	w.put(covered, queue(covered, home, "q"), open)
	w.put(covered, queue(covered, far, "q"), open)
	w.sweep()
	w.faults["List "+covered+home] = errors.New("ListQueues: InternalError")
	for day := range 3 {
		w.pass(24 * time.Hour)
		sum := w.sweep()
		if sum.OldestIs != covered || sum.Oldest < time.Duration(day+1)*24*time.Hour ||
			sum.Oldest > time.Duration(day+1)*25*time.Hour {
			t.Errorf("day %d: %s, %s", day, sum.OldestIs, sum.Oldest)
		}
	}
	w.faults["List "+covered+home] = refusal(remedy.DeniedByOrg, "an SCP")
	w.faults["List "+covered+far] = refusal(remedy.DeniedByOrg, "an SCP")
	w.pass(24 * time.Hour)
	same(t, time.Duration(0), w.sweep().Oldest)
}

// TestABulletinThatFails goes out later.
func TestABulletinThatFails(t *testing.T) {
	w := newWorld(t)
	w.deafness = errors.New("SNS is away")
	s := w.start(sweeper.Request{})
	for w.deliver(context.Background()) {
	}
	same(t, sweeper.Running, w.summary(s.ID).Sweep.State)
	w.deafness, w.told = nil, nil
	w.run()
	same(t, sweeper.Over, w.summary(s.ID).Sweep.State)
	same(t, 1, len(w.told))
}

// TestNobodyMayList: somebody is called, the sweep is over, and the next that can tells that it is mended.
func TestNobodyMayList(t *testing.T) {
	w := newWorld(t)
	w.faults["ListAccounts"] = refusal(remedy.NoDirectory, "AccessDeniedException")
	schedule := func() remedy.Bulletin {
		t.Helper()
		w.told = nil
		if err := w.Send(context.Background(), "own", []byte(sweeper.ScheduleMessage())); err != nil {
			t.Fatal(err)
		}
		w.run()
		w.pass(24 * time.Hour)
		if len(w.told) != 1 || w.summary("").Sweep.State != sweeper.Over {
			t.Fatalf("%+v", w.told)
		}
		return w.told[0]
	}
	if b := schedule(); !b.Page || b.Facts[0].Value != string(remedy.NoDirectory) || w.calls["ListAccounts "] != 1 {
		t.Errorf("%+v after %d calls", b, w.calls["ListAccounts "])
	}
	delete(w.faults, "ListAccounts")
	b := schedule()
	if b.Page || !strings.Contains(strings.Join(b.Text, " "), "What could not be swept before was swept") {
		t.Errorf("%+v", b)
	}
}

// TestRequests: named accounts and tasks alone are visited, and what is wrong is said.
func TestRequests(t *testing.T) {
	w := newWorld(t)
	w.account(uncovered, "r-a1b2")
	s := w.start(sweeper.Request{Accounts: []string{uncovered, "999999999999"}, Tasks: []sweeper.Task{sweeper.Queues}})
	w.run()
	sum := w.summary(s.ID)
	same(t, []string{"999999999999"}, sum.Unknown)
	same(t, 1, sum.Sweep.Visits)
	same(t, 0, w.calls["AssumeRoot "+covered+" sqs"])
	for _, r := range []sweeper.Request{{Accounts: []string{"root"}}, {Tasks: []sweeper.Task{"sns"}}} {
		if _, err := w.Start(context.Background(), r); err == nil || !strings.Contains(err.Error(), ": want ") {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// TestKilledAnywhere: whatever step a process dies before or after, what comes after it finishes the sweep, finds
// everything, counts it once, and reads no page twice whose end was recorded.
func TestKilledAnywhere(t *testing.T) {
	steps := 0
	for dies := 0; dies == 0 || dies <= steps; dies++ {
		for _, after := range []bool{false, true} {
			w := newWorld(t)
			w.listed, w.perPage = 2, 1
			w.account(uncovered, "r-a1b2")
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				w.put(covered, bucket(name+"-bucket"), locked)
				w.put(uncovered, queue(uncovered, home, name), locked)
			}
			w.dies, w.after = dies, after
			s, err := w.Start(context.Background(), sweeper.Request{By: "a test"})
			for err == nil && w.deliver(context.Background()) && w.dies > w.steps {
			}
			w.dies = 0 // another process
			w.pass(sweeps.Lease + visibility)
			if err != nil { // whoever started it starts it again
				w.pass(6 * time.Hour)
				s = w.start(sweeper.Request{})
			}
			w.run()
			if steps == 0 {
				steps = w.steps
			}
			sum := w.summary(s.ID)
			where := fmt.Sprintf("step %d, after it: %t", dies, after)
			if sum.Sweep.State != sweeper.Over || sum.Accounts[sweeper.Complete] != 2 || len(w.found()) != 10 ||
				sum.Sweep.Totals.Resources != 10 || sum.Sweep.Totals.Findings != 10 || sum.Sweep.Done != 4 {
				t.Errorf("%s: %+v, %v", where, sum, w.found())
			}
			// One page was being read when the process died, of two resources.
			if extra := w.reads() - 10; extra > 2 {
				t.Errorf("%s: %d were read twice", where, extra)
			}
			if len(w.told) > 2 || len(w.told) == 2 && dies == 0 {
				t.Errorf("%s: %d bulletins", where, len(w.told))
			}
		}
	}
	t.Logf("%d steps", steps)
}
