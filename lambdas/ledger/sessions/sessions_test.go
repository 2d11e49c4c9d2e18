package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/watcher"
	"locksmith/test/cloud"
	"locksmith/test/engines"
	"locksmith/test/pipeline"
)

var (
	ctx   = context.Background()
	begin = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
)

// A clock is one that tests turn on.
type clock struct{ atomic.Pointer[time.Time] }

func (c *clock) now() time.Time { return *c.Load() }

func (c *clock) turn(d time.Duration) {
	at := c.now().Add(d)
	c.Store(&at)
}

// each runs a test on the DynamoDB of test/cloud and on AWS's own.
func each(t *testing.T, limits sessions.Limits, test func(*testing.T, *sessions.Store, *clock)) {
	start := map[string]func(*testing.T) (url, key string){
		"test/cloud": func(t *testing.T) (string, string) {
			c := cloud.New(cloud.Config{})
			s := httptest.NewServer(c)
			t.Cleanup(s.Close)
			return s.URL, c.Config().DelegatedAdministrator + ".role.LocksmithWatch"
		},
		"DynamoDB Local": func(t *testing.T) (string, string) {
			d, err := engines.StartDynamoDB()
			if errors.Is(err, engines.ErrMissing) {
				t.Skipf("the sessions are not tried on DynamoDB Local: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Stop() })
			return d.URL, "testing"
		}}
	for name, start := range start {
		t.Run(name, func(t *testing.T) {
			url, key := start(t)
			cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &url, Retryer: pipeline.Impatient,
				Credentials: credentials.NewStaticCredentialsProvider(key, "any", "")}
			if err := pipeline.CreateLedger(dynamodb.NewFromConfig(cfg), "ledger"); err != nil {
				t.Fatal(err)
			}
			c := &clock{}
			c.Store(&begin)
			test(t, sessions.New(cfg, "ledger", limits, c.now), c)
		})
	}
}

func opening(key string) remedy.Opening {
	return remedy.Opening{Key: key, Account: "111122223333", Task: "S3UnlockBucketPolicy", Purpose: "unlock", Event: "e1",
		Resource: "arn:aws:s3:::payroll", Expires: begin.Add(5 * time.Minute)}
}

func TestStore(t *testing.T) {
	each(t, sessions.Limits{Pages: 2, Mails: 1}, func(t *testing.T, s *sessions.Store, c *clock) {
		t.Run("sessions", func(t *testing.T) { keepsSessions(t, s) })
		t.Run("calls", func(t *testing.T) { keepsCalls(t, s) })
		t.Run("news", func(t *testing.T) { tellsOnce(t, s, c) })
		t.Run("limits", func(t *testing.T) { limits(t, s, c) })
		t.Run("digests", func(t *testing.T) { keepsDigests(t, s) })
	})
}

// keepsSessions: nobody's note can make ours another's, nor another's ours.
func keepsSessions(t *testing.T, s *sessions.Store) {
	must(t, s.Opened(ctx, opening("ASIAOURS")))
	must(t, s.Note(ctx, watcher.Session{By: "eve", Ours: true, Opening: opening("ASIAOURS")}))
	must(t, s.Note(ctx, watcher.Session{By: "kim", Ours: true, Opening: opening("ASIATHEIRS")}))
	must(t, s.Note(ctx, watcher.Session{By: "kim", Opening: opening("ASIATHEIRS")})) // the event came twice
	for key, want := range map[string]watcher.Session{
		"ASIAOURS":   {Ours: true, Opening: opening("ASIAOURS")},
		"ASIATHEIRS": {By: "kim", Opening: opening("ASIATHEIRS")},
	} {
		got, found, err := s.Find(ctx, key)
		if diff := cmp.Diff(want, got); !found || err != nil || diff != "" {
			t.Errorf("%s: found %t, %v (-want +got):\n%s", key, found, err, diff)
		}
	}
	if _, found, err := s.Find(ctx, "ASIANOBODYS"); found || err != nil {
		t.Errorf("a session of nobody: %t, %v", found, err)
	}
}

func keepsCalls(t *testing.T, s *sessions.Store) {
	of := watcher.Session{Opening: opening("ASIAOURS")}
	call := func(id, name string) watcher.Call {
		return watcher.Call{Event: id, Call: name, Key: "ASIAOURS", At: begin}
	}
	for _, u := range []watcher.Call{call("1", "AssumeRoot"), call("2", "DeleteBucketPolicy"), call("1", "AssumeRoot")} {
		must(t, s.Record(ctx, of, u))
	}
	got, err := s.Calls(ctx, "e1", "arn:aws:s3:::payroll")
	want := []watcher.Call{{Event: "1", Call: "AssumeRoot", Key: "ASIAOURS", At: begin},
		{Event: "2", Call: "DeleteBucketPolicy", Key: "ASIAOURS", At: begin}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for i := range 60 {
		must(t, s.Record(ctx, of, call(fmt.Sprint("more-", i), "DeleteBucketPolicy")))
	}
	if got, err := s.Calls(ctx, "e1", "arn:aws:s3:::payroll"); len(got) != 50 || err != nil {
		t.Errorf("%d calls are kept, %v; want no more than 50", len(got), err)
	}
	if got, err := s.Calls(ctx, "e2", "arn:aws:s3:::payroll"); len(got) != 0 || err != nil {
		t.Errorf("an incident without calls: %v, %v", got, err)
	}
}

// tellsOnce: of many workers one takes up the news, and what was told stays told.
func tellsOnce(t *testing.T, s *sessions.Store, c *clock) {
	var all sync.WaitGroup
	var took, busy atomic.Int32
	for range 8 {
		all.Go(func() {
			switch _, err := s.Begin(ctx, "n1"); {
			case err == nil:
				took.Add(1)
			case errors.Is(err, remedy.ErrBusy):
				busy.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took.Load() != 1 || busy.Load() != 7 {
		t.Errorf("%d took it and %d were told that another did; want 1 and 7", took.Load(), busy.Load())
	}
	c.turn(3 * time.Minute) // the worker is dead
	n, err := s.Begin(ctx, "n1")
	if err != nil || n.Done || n.ID != "n1" {
		t.Fatal(n, err)
	}
	n.Told = []remedy.Channel{remedy.Pages}
	must(t, s.End(ctx, n)) // given back: one channel refused
	n, err = s.Begin(ctx, "n1")
	if diff := cmp.Diff([]remedy.Channel{remedy.Pages}, n.Told); diff != "" || err != nil || n.Done {
		t.Fatal(n, err)
	}
	n.Done = true
	must(t, s.End(ctx, n))
	c.turn(time.Hour)
	if n, err = s.Begin(ctx, "n1"); !n.Done || err != nil {
		t.Error(n, err)
	}
}

func limits(t *testing.T, s *sessions.Store, c *clock) {
	var got []string
	take := func(account string, l watcher.Level) {
		free, err := s.Take(ctx, account, l)
		must(t, err)
		got = append(got, fmt.Sprint(account[:1], " ", l, " ", free))
	}
	for range 3 {
		take("111122223333", watcher.Page)
	}
	take("111122223333", watcher.Mail)
	take("111122223333", watcher.Mail)
	take("444455556666", watcher.Page)
	c.turn(time.Hour)
	take("111122223333", watcher.Page)
	want := "1 page true, 1 page true, 1 page false, 1 mail true, 1 mail false, 4 page true, 1 page true"
	if have := strings.Join(got, ", "); have != want {
		t.Errorf("%s\nwant %s", have, want)
	}
}

// keepsDigests: lines of several workers are all kept, and none goes into a digest that somebody has read.
func keepsDigests(t *testing.T, s *sessions.Store) {
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 5 {
				line := watcher.Line{What: "Root opened", Who: "kim", Account: fmt.Sprintf("%012d", 10*i+j)}
				if err := s.Add(ctx, "day-1", line); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	d, err := s.Digest(ctx, "day-1")
	if err != nil || len(d.Groups) != 1 || d.Groups[0].Count != 20 || len(d.Groups[0].Accounts) != 5 || !d.Groups[0].More {
		t.Errorf("%+v, %v", d, err)
	}
	must(t, s.Close(ctx, "day-1"))
	must(t, s.Close(ctx, "day-1"))
	if err := s.Add(ctx, "day-1", watcher.Line{What: "late"}); err == nil {
		t.Error("a line was added to a digest that is closed")
	}
	if d, err := s.Digest(ctx, "day-1"); err != nil || !d.Closed || len(d.Groups) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
