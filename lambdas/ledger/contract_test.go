package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A book is a ledger that can be read.
type book interface {
	remedy.Ledger
	Incidents(context.Context) ([]remedy.Entry, error)
}

// A world is one ledger and its clock.
type world struct {
	book
	*clock
	t *testing.T
}

// ledgers is every kind of ledger: they keep the same promises.
var ledgers = []struct {
	name string
	open func(t *testing.T, limits ledger.Limits, now func() time.Time) book
}{
	{"memory", func(_ *testing.T, limits ledger.Limits, now func() time.Time) book {
		return ledger.NewMemory(limits, now)
	}},
	{"dynamo", func(t *testing.T, limits ledger.Limits, now func() time.Time) book {
		return inProcess(t, now).open(t, limits, now)
	}},
	{"moto", func(t *testing.T, limits ledger.Limits, now func() time.Time) book {
		return onMoto(t).open(t, limits, now)
	}},
	{"DynamoDB Local", func(t *testing.T, limits ledger.Limits, now func() time.Time) book {
		return onLocal(t).open(t, limits, now)
	}},
}

// each runs a test against every kind of ledger.
func each(t *testing.T, limits ledger.Limits, test func(*testing.T, world)) {
	for _, l := range ledgers {
		t.Run(l.name, func(t *testing.T) {
			c := &clock{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
			test(t, world{l.open(t, limits, c.Now), c, t})
		})
	}
}

func incident(event, resource string) remedy.Incident {
	return remedy.Incident{Change: remedy.Change{EventID: event, Resource: "arn:aws:s3:::" + resource,
		Account: "111122223333"}, Acts: true}
}

func (w world) claim(i remedy.Incident) remedy.Entry {
	w.t.Helper()
	e, err := w.Claim(context.Background(), i)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w world) record(e remedy.Entry) {
	w.t.Helper()
	if err := w.Record(context.Background(), e); err != nil {
		w.t.Fatal(err)
	}
}

func TestOneWorkerAtATimeOnAResource(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		first := w.claim(incident("e1", "b"))
		for _, same := range []remedy.Incident{incident("e1", "b"), incident("e2", "b")} {
			if _, err := w.Claim(context.Background(), same); !errors.Is(err, remedy.ErrBusy) {
				t.Errorf("claim of %s while e1 works: %v", same.Change.EventID, err)
			}
		}
		w.claim(incident("e3", "another"))

		w.pass(ledger.Defaults().Lease)
		w.claim(incident("e1", "b")) // taken over
		first.State = remedy.Saved
		if err := w.Record(context.Background(), first); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("the first worker may still write: %v", err)
		}
	})
}

// TestALateWorkerWritesNothing: another event of the resource has taken the lease over meanwhile.
func TestALateWorkerWritesNothing(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		late := w.claim(incident("e1", "b"))
		w.pass(ledger.Defaults().Lease)
		w.claim(incident("e2", "b"))
		for _, state := range []remedy.State{remedy.Saved, remedy.Closed} {
			late.State, late.Saved = state, "{}"
			if err := w.Record(context.Background(), late); !errors.Is(err, remedy.ErrBusy) {
				t.Errorf("%s: %v", state, err)
			}
		}
		all, err := w.Incidents(context.Background())
		if err != nil || len(all) != 2 || all[0].State != remedy.Claimed || all[0].Saved != "" {
			t.Errorf("%v %+v", err, all)
		}
	})
}

func TestAnEntryComesBackAsItWasWritten(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		at := time.Date(2026, 11, 21, 7, 59, 30, 123000000, time.UTC)
		i := remedy.Incident{Acts: true,
			Change: remedy.Change{EventID: "e1", Call: "PutBucketPolicy", Resource: "arn:aws:s3:::b",
				Account: "111122223333", Region: "eu-central-1", Time: at, Policy: `{"Sid": "ü\u0000"}`,
				By: remedy.Caller{ARN: "arn:aws:iam::111122223333:user/ann", Kind: "IAMUser", Address: "203.0.113.9",
					Agent: "aws-cli"}},
			Verdict: lockout.Verdict{Answer: lockout.Restricted, Statements: []int{0, 2},
				Reasons: []string{"statement A spares nobody"}, Witness: &lockout.Witness{
					Principal: "arn:aws:iam::111122223333:role/r", Kind: "role", Session: "s",
					Action: "s3:DeleteBucketPolicy", Resource: "arn:aws:s3:::b",
					Context: lockout.Context{"aws:sourceip": {"8.8.8.8"}}}}}
		e := w.claim(i)
		e.State, e.Saved, e.Release = remedy.Settled, `{"a":  "b"}`, true
		e.Token, e.TokenAt, e.Takes = true, w.Now(), true
		e.Failures, e.Failure, e.Laters, e.Warned = 2, "f", 3, true
		e.Copies = []remedy.Copy{{Policy: `{"a":  "b"}`, Verdict: i.Verdict, At: at, Why: "c"}}
		e.Told = []remedy.Channel{remedy.Pages, remedy.Chat}
		e.Outcome = remedy.Outcome{Result: remedy.Repaired, Why: "w", Rule: "r", Removed: `{"a":  "b"}`, Put: "{}",
			Live: "{ }", At: at}
		w.record(e)
		again := w.claim(i)
		if !again.Token || again.Release || again.At != w.now || !again.Open {
			t.Errorf("%+v", again)
		}
		e.TokenAt = e.TokenAt.UTC()
		found, err := w.Find(context.Background(), "e1", "arn:aws:s3:::b")
		if err != nil || !reflect.DeepEqual(found.Copies, e.Copies) {
			t.Errorf("%v, copies %+v", err, found.Copies)
		}
		e.Fence, e.Settles, e.Release, e.Takes = again.Fence, w.Now().Add(time.Minute), false, false
		e.Kept, e.Copies, e.Acted = []string{e.Copies[0].Name()}, nil, w.Now()
		if again.Settles.Equal(e.Settles) && again.Acted.Equal(e.Acted) && again.Due.Equal(e.Due) {
			again.Settles, again.Acted, again.Due = e.Settles, e.Acted, e.Due // be it in another zone
		}
		if !reflect.DeepEqual(again, e) {
			t.Errorf("got\n%+v\nwant\n%+v", again, e)
		}
		again.State, again.Open = remedy.Closed, false
		w.record(again)
		if closed := w.claim(i); closed.State != remedy.Closed || closed.Outcome.Result != remedy.Repaired {
			t.Errorf("%+v", closed)
		}
		w.claim(incident("e2", "b")) // a closed entry holds no lease
	})
}

// save is the record before an act: the copy and the tokens in one. It says why there are no tokens.
func (w world) save(e *remedy.Entry) (held string) {
	w.t.Helper()
	e.State, e.Saved, e.Token, e.TokenAt, e.Takes = remedy.Saved, "{}", true, w.Now(), true
	e.Copies = []remedy.Copy{{Policy: "{}", At: w.Now()}}
	err := w.Record(context.Background(), *e)
	refused := (*remedy.HeldError)(nil)
	if errors.As(err, &refused) {
		e.State, e.Saved, e.Token, e.Takes, e.Copies = remedy.Claimed, "", false, false, nil
		return refused.Why
	}
	if err != nil {
		w.t.Fatal(err)
	}
	e.Takes, e.Copies, e.Kept = false, nil, []string{e.Copies[0].Name()}
	return ""
}

// closed ends an entry.
func (w world) closed(e remedy.Entry) {
	w.t.Helper()
	e.State, e.Open = remedy.Closed, false
	w.record(e)
}

func TestGuardsHold(t *testing.T) {
	each(t, ledger.Limits{PerResource: 2, PerHour: 3, Lease: time.Minute}, func(t *testing.T, w world) {
		const (
			flapping = "unlocked 2 times today already: something keeps locking it"
			broken   = "3 unlocks in the organization within the hour: the breaker stops at 3"
		)
		for _, step := range []struct {
			event, resource string
			after           time.Duration
			want            string
		}{
			{"e1", "a", 0, ""},
			{"e2", "a", 0, ""},
			{"e3", "a", 0, flapping},
			{"e4", "b", 0, ""},
			{"e5", "c", 0, broken},
			{"e6", "a", 0, flapping},
			{"e7", "c", time.Hour, ""},
			{"e8", "a", 14 * time.Hour, flapping}, // 23:00
			{"e9", "a", time.Hour, ""},
		} {
			w.pass(step.after)
			e := w.claim(incident(step.event, step.resource))
			if held := w.save(&e); held != step.want {
				t.Errorf("%s: held %q, want %q", step.event, held, step.want)
			}
			w.closed(e)
		}
	})
}

// TestTheBreakerCountsAccounts: an account that is among them already is no more, and one whose tokens went back is
// none at all.
func TestTheBreakerCountsAccounts(t *testing.T) {
	each(t, ledger.Limits{AccountsPerHour: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		const full = "unlocks in 2 accounts within the hour: the breaker stops there"
		for i, step := range []struct {
			account, want string
			returns       bool
		}{
			{"000000000001", "", true}, {"000000000002", "", true}, {"000000000003", "", false},
			{"000000000003", "", true}, {"000000000002", "", false}, {"000000000001", full, false},
			{"000000000003", "", false},
		} {
			in := incident(fmt.Sprint("e", i), fmt.Sprint("b", i))
			in.Change.Account = step.account
			e := w.claim(in)
			if held := w.save(&e); held != step.want {
				t.Errorf("step %d: held %q, want %q", i, held, step.want)
			}
			e.Returns = step.returns
			w.closed(e)
		}
	})
}

// TestAnAccountHasItsShare: one account cannot use up what the others need.
func TestAnAccountHasItsShare(t *testing.T) {
	each(t, ledger.Limits{PerHour: 3, PerAccount: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		const spent = "unlocked 2 times in this account within the hour: that is its share"
		for i, step := range []struct{ account, want string }{
			{"000000000001", ""}, {"000000000001", ""}, {"000000000001", spent}, {"000000000002", ""},
		} {
			in := incident(fmt.Sprint("e", i), fmt.Sprint("b", i))
			in.Change.Account = step.account
			e := w.claim(in)
			if held := w.save(&e); held != step.want {
				t.Errorf("step %d: held %q, want %q", i, held, step.want)
			}
			w.closed(e)
		}
	})
}

// TestWithoutATokenNothingIsSaved: the copy and the tokens are one record.
func TestWithoutATokenNothingIsSaved(t *testing.T) {
	each(t, ledger.Limits{PerHour: 1, Lease: time.Minute}, func(t *testing.T, w world) {
		first, second := w.claim(incident("e1", "a")), w.claim(incident("e2", "b"))
		if w.save(&first) != "" || w.save(&second) == "" {
			t.Fatal("one token of one")
		}
		found, err := w.Find(context.Background(), "e2", "arn:aws:s3:::b")
		if err != nil || found.State != remedy.Claimed || found.Saved != "" || len(found.Copies) != 0 || found.Token {
			t.Errorf("%v %+v", err, found)
		}
	})
}

// TestNoCopyIsOverwritten: an entry keeps every policy that it saved, the same one once.
func TestNoCopyIsOverwritten(t *testing.T) {
	each(t, ledger.Limits{Lease: time.Minute}, func(t *testing.T, w world) {
		e := w.claim(incident("e1", "a"))
		for i, policy := range []string{"first", "second", "first"} {
			e.State, e.Saved = remedy.Saved, policy
			e.Copies = []remedy.Copy{{Policy: policy, Why: fmt.Sprint(i), At: w.Now(),
				Verdict: lockout.Verdict{Answer: lockout.Lockout, Statements: []int{i}}}}
			w.record(e)
			e.Kept = append(e.Kept, e.Copies[0].Name())
			w.pass(time.Second)
		}
		found, err := w.Find(context.Background(), "e1", "arn:aws:s3:::a")
		if err != nil || len(found.Copies) != 2 || found.Copies[0].Policy != "first" || found.Copies[0].Why != "0" ||
			found.Copies[1].Policy != "second" || found.Copies[1].Verdict.Statements[0] != 1 {
			t.Errorf("%v %+v", err, found.Copies)
		}
	})
}

// TestTokensAreGivenBackOnce: where nothing was done, the guards count nothing, however often that is written.
func TestTokensAreGivenBackOnce(t *testing.T) {
	each(t, ledger.Limits{PerResource: 2, PerHour: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		for n := range 5 {
			e := w.claim(incident(fmt.Sprint("e", n), "b"))
			if held := w.save(&e); held != "" {
				t.Fatalf("event %d: %s", n, held)
			}
			e.State, e.Returns = remedy.Settled, true
			w.record(e)
			if err := w.Record(context.Background(), e); !errors.Is(err, remedy.ErrBusy) {
				t.Errorf("given back twice: %v", err)
			}
			e.Token, e.Returns = false, false
			w.closed(e)
		}
		for n, want := range []string{"", "", "unlocked 2 times today already: something keeps locking it"} {
			e := w.claim(incident(fmt.Sprint("f", n), "b"))
			if held := w.save(&e); held != want {
				t.Errorf("unlock %d: held %q, want %q", n, held, want)
			}
			w.closed(e)
		}
	})
}

// TestAnAccountThatWastesRootSessionsWaits: its events that want one are put off, those under way and those of others
// are not.
func TestAnAccountThatWastesRootSessionsWaits(t *testing.T) {
	each(t, ledger.Limits{StandDowns: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		under := w.claim(incident("under way", "u"))
		under.State, under.Release = remedy.Saved, true
		w.record(under)
		for n := range 2 {
			e := w.claim(incident(fmt.Sprint("e", n), "b"))
			e.State, e.Counts = remedy.Settled, true
			w.record(e)
			e.Counts = false
			w.closed(e)
		}
		later := (*remedy.Later)(nil)
		if _, err := w.Claim(context.Background(), incident("e3", "b")); !errors.As(err, &later) ||
			!later.Until.Equal(w.Now().Add(10*time.Minute)) {
			t.Errorf("%v", err)
		}
		other := incident("e4", "c")
		other.Change.Account = "444455556666"
		told := incident("e5", "d")
		told.Acts = false
		for _, i := range []remedy.Incident{other, told, incident("under way", "u")} {
			w.claim(i)
		}
		w.pass(time.Hour)
		w.claim(incident("e3", "b"))
	})
}

// TestWhatIsOpenIsFoundAgain: a new entry is due in a day, whatever becomes of it, and each account has its turn.
func TestWhatIsOpenIsFoundAgain(t *testing.T) {
	each(t, ledger.Limits{Lease: time.Minute}, func(t *testing.T, w world) {
		waiting := func() string {
			t.Helper()
			all, err := w.Waiting(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var events []string
			for _, one := range all {
				events = append(events, one.EventID+" "+strings.TrimPrefix(one.Resource, "arn:aws:s3:::"))
			}
			return strings.Join(events, ", ")
		}
		for n := range 3 {
			w.claim(incident(fmt.Sprint("e", n), fmt.Sprint("b", n)))
			w.pass(time.Second)
		}
		other := incident("f", "c")
		other.Change.Account = "444455556666"
		w.claim(other)
		if got := waiting(); got != "" {
			t.Errorf("at once: %s", got)
		}
		w.pass(remedy.Daily)
		if got := waiting(); got != "e0 b0, f c, e1 b1, e2 b2" {
			t.Errorf("after a day: %s", got)
		}
		e := w.claim(incident("e0", "b0"))
		e.State, e.Due = remedy.Closed, w.Now().Add(time.Hour)
		w.record(e)
		if got := waiting(); got != "e1 b1, f c, e2 b2" && got != "f c, e1 b1, e2 b2" {
			t.Errorf("after one was put off: %s", got)
		}
		again := incident("e0", "b0")
		again.Again = true
		e = w.claim(again)
		if e.State != remedy.Closed || !e.Open {
			t.Errorf("%+v", e)
		}
		if _, err := w.Claim(context.Background(), again); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("a second worker: %v", err)
		}
		w.closed(e)
		again.Change.EventID = "unknown"
		if _, err := w.Claim(context.Background(), again); !errors.Is(err, remedy.ErrNoEntry) {
			t.Errorf("an entry that is not there: %v", err)
		}
		w.pass(2 * time.Hour)
		if got := waiting(); strings.Contains(got, "e0") {
			t.Errorf("after it was closed: %s", got)
		}
	})
}

// TestPagesAndTheDigest: an account has so many pages an hour, and what is more is in its digest once the hour is over.
func TestPagesAndTheDigest(t *testing.T) {
	each(t, ledger.Limits{Pages: 2, Lease: time.Minute}, func(t *testing.T, w world) {
		ctx := context.Background()
		for n, want := range []bool{true, true, false} {
			if free, err := w.Page(ctx, "111122223333"); free != want || err != nil {
				t.Errorf("page %d: %t, %v", n, free, err)
			}
		}
		if free, err := w.Page(ctx, "444455556666"); !free || err != nil {
			t.Errorf("another account: %t, %v", free, err)
		}
		for n := range 52 {
			e := w.claim(incident(fmt.Sprint("e", n), "b"))
			e.Outcome = remedy.Outcome{Result: remedy.NotCovered, At: w.Now()}
			e.Listed = true
			w.closed(e)
		}
		w.pass(59 * time.Minute)
		if all, err := w.Waiting(ctx); err != nil || len(all) != 0 {
			t.Errorf("before the hour is over: %v, %v", all, err)
		}
		w.pass(time.Minute)
		all, err := w.Waiting(ctx)
		if err != nil || len(all) != 1 || all[0].Account != "111122223333" {
			t.Fatalf("%+v, %v", all, err)
		}
		d, err := w.Digest(ctx, all[0].Digest)
		if err != nil || len(d.Items) != 50 || d.More != 2 || d.Items[1].EventID != "e1" ||
			d.Items[0].Result != remedy.NotCovered || !d.From.Equal(w.Now().Add(-time.Hour)) {
			t.Errorf("%d items, %d more, from %v, %v", len(d.Items), d.More, d.From, err)
		}
		if err := w.Sent(ctx, all[0].Digest); err != nil {
			t.Error(err)
		}
		if all, err := w.Waiting(ctx); err != nil || len(all) != 0 {
			t.Errorf("once it is sent: %v, %v", all, err)
		}
	})
}

// TestWhatOthersDidIsKnown: an event has told of a later change by somebody else, so an older copy may show until that
// has settled.
func TestWhatOthersDidIsKnown(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		ctx, i := context.Background(), incident("e1", "b")
		i.Change.Time = w.Now()
		corrected := incident("c", "b").Change
		corrected.Time = w.Now().Add(20 * time.Second)
		w.pass(30 * time.Second)
		if acted, err := w.Seen(ctx, corrected); err != nil || !acted.IsZero() {
			t.Errorf("acted at %v, %v", acted, err)
		}
		e := w.claim(i)
		if want := corrected.Time.Add(remedy.Settling); !e.Settles.Equal(want) {
			t.Errorf("settles at %v, want %v", e.Settles, want)
		}
		if w.save(&e); e.State != remedy.Saved {
			t.Fatal(e.State)
		}
		if acted, err := w.Seen(ctx, i.Change); err != nil || !acted.Equal(w.Now()) {
			t.Errorf("acted at %v, %v", acted, err)
		}
		w.closed(e)
		w.pass(time.Hour)
		late := incident("e2", "b") // its event took an hour
		late.Change.Time = w.Now().Add(-time.Hour - time.Second)
		if e := w.claim(late); !e.Acted.Equal(w.Now().Add(-time.Hour)) {
			t.Errorf("acted at %v", e.Acted)
		}
	})
}

// TestOurOwnChangeIsInDoubtForAMinute: the service may still show what was before it.
func TestOurOwnChangeIsInDoubtForAMinute(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		acted := w.Now()
		e := w.claim(incident("e1", "b"))
		if !e.Settles.IsZero() {
			t.Errorf("settles at %v, and nothing was changed yet", e.Settles)
		}
		e.State, e.Saved = remedy.Settled, "{}"
		w.record(e)
		w.closed(e)
		for _, row := range []struct {
			event string
			after time.Duration
			doubt bool
		}{{"e2", 0, true}, {"e3", 59 * time.Second, true}, {"e4", time.Second, false}} {
			w.pass(row.after)
			i := incident(row.event, "b")
			i.Acts = false
			e := w.claim(i)
			if want := acted.Add(time.Minute); e.Settles.Equal(want) != row.doubt || e.Settles.IsZero() == row.doubt {
				t.Errorf("%s settles at %v, want %v: %t", row.event, e.Settles, want, row.doubt)
			}
			e.State = remedy.Closed
			w.record(e)
		}
	})
}

func TestWhatPeopleWereToldLast(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		const b = "arn:aws:s3:::b"
		last := func() remedy.Telling {
			told, err := w.LastTold(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			return told
		}
		if got := last(); got != (remedy.Telling{}) {
			t.Errorf("%+v", got)
		}
		e := w.claim(incident("e1", "b"))
		if got := last(); got != (remedy.Telling{}) {
			t.Errorf("%+v", got)
		}
		e.State, e.Telling = remedy.Closed, remedy.Telling{Of: "not covered", EventID: "e1", At: w.Now()}
		w.record(e)
		w.pass(time.Hour)
		e = w.claim(incident("e2", "b"))
		e.State, e.Quiet = remedy.Closed, "told before"
		w.record(e)
		if got := last(); got.Of != "not covered" || got.EventID != "e1" || !got.At.Equal(w.Now().Add(-time.Hour)) {
			t.Errorf("%+v", got)
		}
	})
}

// TestManyWorkersAtOnce: of a hundred claims by ten workers, one for each event holds at a time, and no more tokens go
// than there are.
func TestManyWorkersAtOnce(t *testing.T) {
	each(t, ledger.Limits{PerResource: 5, PerHour: 7, Lease: time.Minute}, func(t *testing.T, w world) {
		if strings.HasSuffix(t.Name(), "/moto") {
			t.Skip("moto 5.2.1 runs transactions side by side without a lock: it gave 8 tokens of 7")
		}
		var mu sync.Mutex
		acted, working := 0, map[string]bool{}
		var all sync.WaitGroup
		for worker := range 10 {
			all.Go(func() {
				for n := range 10 {
					resource := fmt.Sprint("b", n%2)
					e, err := w.Claim(context.Background(), incident(fmt.Sprintf("e%d-%d", worker, n), resource))
					if errors.Is(err, remedy.ErrBusy) {
						continue
					}
					mu.Lock()
					if err != nil || working[resource] {
						t.Errorf("claim of %s: %v", resource, err)
					}
					working[resource] = true
					mu.Unlock()
					if e.TokenAt = w.Now(); w.save(&e) == "" {
						mu.Lock()
						acted++
						mu.Unlock()
					}
					e.State = remedy.Closed
					mu.Lock()
					working[resource] = false
					mu.Unlock()
					if err := w.Record(context.Background(), e); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if acted == 0 || acted > 7 {
			t.Errorf("%d tokens, of 7", acted)
		}
	})
}

func TestAnEntryIsTheLedgersOwn(t *testing.T) {
	each(t, ledger.Defaults(), func(t *testing.T, w world) {
		e := w.claim(incident("e1", "b"))
		e.Told = []remedy.Channel{remedy.Alerts}
		w.record(e)
		e.Told[0] = remedy.Chat
		all, err := w.Incidents(context.Background())
		if err != nil || all[0].Told[0] != remedy.Alerts {
			t.Errorf("the ledger's entry changed: %v %+v", err, all)
		}
	})
}
