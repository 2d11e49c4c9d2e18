package organization_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/ledger/directory"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
	"locksmith/test/pipeline"
)

const sandbox = "200000000007"

// A process is a directory, as one worker of the function has it, in an organization with its ledger.
type process struct {
	*place.Place
	*organization.Directory
	log strings.Builder
}

func inOrganization(t *testing.T) *place.Place {
	p := grown(t)
	if err := pipeline.CreateLedger(dynamodb.NewFromConfig(p.As(place.Central, "us-east-1")), pipeline.Table); err != nil {
		t.Fatal(err)
	}
	return p
}

func start(p *place.Place, tags bool) *process {
	w := &process{Place: p}
	store := directory.New(p.As(place.Central+".role.Locksmith", "us-east-1"), pipeline.Table)
	w.Directory = organization.NewDirectory(client(p, tags), store, func() time.Time { return p.Time },
		slog.New(slog.NewTextHandler(&w.log, nil)))
	return w
}

// A question is one of a directory's two.
type question func(ctx context.Context, number string) (remedy.Account, error)

// ask asks, and says how many lookups that was.
func (w *process) ask(t *testing.T, ask question) (remedy.Account, int, error) {
	t.Helper()
	w.ResetCalls()
	a, err := ask(t.Context(), sandbox)
	return a, asked(w.Place)["DescribeAccount"], err
}

// TestHowLongAnAnswerServes: a day, or minutes where it is to be acted on; here, and by the ledger in other processes.
func TestHowLongAnAnswerServes(t *testing.T) {
	p := inOrganization(t)
	one := start(p, false)
	for _, row := range []struct {
		what  string
		pass  time.Duration
		by    *process
		fresh bool
		want  int
	}{
		{"the first", 0, one, false, 1},
		{"again", time.Hour, one, false, 0},
		{"by another", 0, start(p, false), false, 0},
		{"to be acted on", 0, one, true, 1},
		{"to be acted on soon after", time.Minute, one, true, 0},
		{"to be acted on by another", 0, start(p, false), true, 0},
		{"to be acted on later", 2 * time.Minute, one, true, 1},
		{"a day later", 25 * time.Hour, start(p, false), false, 0},
		{"two hours after that", 2 * time.Hour, start(p, false), false, 1},
		{"by one who wants tags, too", 0, start(p, true), false, 1},
		{"by another who wants tags", 0, start(p, true), false, 0},
	} {
		p.Time = p.Time.Add(row.pass)
		ask := row.by.Account
		if row.fresh {
			ask = row.by.Fresh
		}
		a, lookups, err := row.by.ask(t, ask)
		known := a.Known && a.Number == sandbox && a.State == remedy.Active && len(a.Units) == 3
		if err != nil || lookups != row.want || !known {
			t.Errorf("%s: %+v, %v, %d lookups, want %d", row.what, a, err, lookups, row.want)
		}
	}
}

// TestManyAskAtATime: for one account there is one lookup, whatever comes of it.
func TestManyAskAtATime(t *testing.T) {
	throttled := &cloud.Fault{Code: "TooManyRequestsException", Status: 400}
	for name, fault := range map[string]*cloud.Fault{"found": nil, "throttled": throttled} {
		t.Run(name, func(t *testing.T) {
			w := start(inOrganization(t), false)
			w.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Service == "organizations" {
					return fault
				}
				return nil
			})
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if _, err := w.Account(context.Background(), sandbox); (err != nil) != (fault != nil) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if got := asked(w.Place)["DescribeAccount"]; got != 1 {
				t.Errorf("%d lookups", got)
			}
		})
	}
}

// TestHowLongARefusalServes: minutes where there is no such account or nobody may look, seconds where asking failed.
func TestHowLongARefusalServes(t *testing.T) {
	for name, row := range map[string]struct {
		fault     cloud.Fault
		no, again time.Duration
	}{
		"no member":     {cloud.Fault{Code: "AccountNotFoundException", Status: 400}, 4 * time.Minute, 2 * time.Minute},
		"not permitted": {cloud.Fault{Code: "AccessDeniedException", Status: 400}, 4 * time.Minute, 2 * time.Minute},
		"throttled":     {cloud.Fault{Code: "TooManyRequestsException", Status: 400}, 9 * time.Second, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(inOrganization(t), false)
			w.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Service == "organizations" {
					return &row.fault
				}
				return nil
			})
			_, lookups, err := w.ask(t, w.Fresh)
			if err == nil || lookups != 1 {
				t.Errorf("%v, %d lookups", err, lookups)
			}
			w.Fail(nil)
			w.Time = w.Time.Add(row.no)
			if _, lookups, again := w.ask(t, w.Account); lookups != 0 || again == nil || again.Error() != err.Error() {
				t.Errorf("soon after: %v, %d lookups", again, lookups)
			}
			w.Time = w.Time.Add(row.again)
			if _, lookups, err := w.ask(t, w.Fresh); err != nil || lookups != 1 {
				t.Errorf("later: %v, %d lookups", err, lookups)
			}
		})
	}
}

// TestWhatIsNoNumberIsNobody: it comes from an event, and nobody is asked.
func TestWhatIsNoNumberIsNobody(t *testing.T) {
	w := start(inOrganization(t), false)
	for _, number := range []string{"", "12", "anonymous", "１１１１２２２２３３３３"} {
		if _, err := w.Account(t.Context(), number); !errors.Is(err, remedy.ErrNoMember) {
			t.Errorf("%q: %v", number, err)
		}
	}
	if calls := asked(w.Place); len(calls) != 0 {
		t.Errorf("%v", calls)
	}
}

// TestWithoutTheLedger: what is known is told all the same, and the log says what failed.
func TestWithoutTheLedger(t *testing.T) {
	w := start(inOrganization(t), false)
	w.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Service == "dynamodb" {
			return &cloud.Fault{Code: "AccessDeniedException", Status: 400}
		}
		return nil
	})
	if a, lookups, err := w.ask(t, w.Account); err != nil || !a.Known || lookups != 1 {
		t.Errorf("%+v, %v, %d lookups", a, err, lookups)
	}
	if a, lookups, err := w.ask(t, w.Account); err != nil || !a.Known || lookups != 0 {
		t.Errorf("again: %+v, %v, %d lookups", a, err, lookups)
	}
	for _, want := range []string{"directory not read", "account not kept"} {
		if strings.Count(w.log.String(), want) != 1 {
			t.Errorf("want %q once:\n%s", want, w.log.String())
		}
	}
}

// TestAStoppedAskerSaysNothingOfTheAccount: its context had ended.
func TestAStoppedAskerSaysNothingOfTheAccount(t *testing.T) {
	w := start(inOrganization(t), false)
	ctx, stop := context.WithCancel(t.Context())
	w.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Service != "organizations" {
			return nil
		}
		stop() // an answer might still come in time; this one is none
		return &cloud.Fault{Code: "ServiceUnavailable", Status: 503}
	})
	if _, err := w.Account(ctx, sandbox); err == nil {
		t.Fatal("no error")
	}
	w.Fail(nil)
	if a, err := w.Account(t.Context(), sandbox); err != nil || !a.Known {
		t.Errorf("%+v %v", a, err)
	}
}

// TestKeptAsFound: what comes back from the ledger is what was found.
func TestKeptAsFound(t *testing.T) {
	p := inOrganization(t)
	p.PutAccount(organizations.Account{Number: "200000000003", Name: "no tags", Parent: inner})
	for _, number := range []string{sandbox, "200000000003", "200000000022"} {
		found, err := start(p, true).Account(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		p.ResetCalls()
		kept, err := start(p, true).Account(t.Context(), number)
		if diff := cmp.Diff(found, kept); diff != "" || err != nil || len(asked(p)) != 0 {
			t.Errorf("%s: %v, %v %s", number, err, asked(p), diff)
		}
	}
}
