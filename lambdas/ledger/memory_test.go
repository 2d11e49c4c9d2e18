package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
)

// A clock stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func world(limits ledger.Limits) (*ledger.Memory, *clock) {
	c := &clock{time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	return ledger.NewMemory(limits, c.Now), c
}

func incident(event, resource string) remedy.Incident {
	return remedy.Incident{Change: remedy.Change{EventID: event, Resource: "arn:aws:s3:::" + resource}, Acts: true}
}

func claim(t *testing.T, m *ledger.Memory, i remedy.Incident) remedy.Entry {
	t.Helper()
	e, err := m.Claim(context.Background(), i)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func record(t *testing.T, m *ledger.Memory, e remedy.Entry) {
	t.Helper()
	if err := m.Record(context.Background(), e); err != nil {
		t.Fatal(err)
	}
}

func TestOneWorkerAtATimeOnAResource(t *testing.T) {
	m, c := world(ledger.Defaults())
	first := claim(t, m, incident("e1", "b"))
	for _, same := range []remedy.Incident{incident("e1", "b"), incident("e2", "b")} {
		if _, err := m.Claim(context.Background(), same); !errors.Is(err, remedy.ErrBusy) {
			t.Errorf("claim of %s while e1 works: %v", same.Change.EventID, err)
		}
	}
	claim(t, m, incident("e3", "another"))

	c.now = c.now.Add(ledger.Defaults().Lease)
	claim(t, m, incident("e1", "b")) // taken over
	first.State = remedy.Saved
	if err := m.Record(context.Background(), first); !errors.Is(err, remedy.ErrBusy) {
		t.Errorf("the first worker may still write: %v", err)
	}
}

func TestProgressSurvivesARelease(t *testing.T) {
	m, _ := world(ledger.Defaults())
	e := claim(t, m, incident("e1", "b"))
	e.State, e.Saved, e.Told, e.Release = remedy.Saved, "{}", []remedy.Channel{remedy.Pages}, true
	record(t, m, e)
	again := claim(t, m, incident("e1", "b"))
	if again.State != remedy.Saved || again.Saved != "{}" || len(again.Told) != 1 || again.Release {
		t.Errorf("%+v", again)
	}
	again.State = remedy.Closed
	record(t, m, again)
	if closed := claim(t, m, incident("e1", "b")); closed.State != remedy.Closed {
		t.Errorf("%+v", closed)
	}
	claim(t, m, incident("e2", "b")) // a closed entry holds no lease
}

func TestGuardsHold(t *testing.T) {
	m, c := world(ledger.Limits{PerResource: 2, PerHour: 3, Lease: time.Minute})
	unlock := func(event, resource string) string {
		e := claim(t, m, incident(event, resource))
		e.State = remedy.Closed
		record(t, m, e)
		return e.Held
	}
	for _, step := range []struct {
		event, resource string
		after           time.Duration
		want            string
	}{
		{"e1", "a", 0, ""},
		{"e2", "a", 0, ""},
		{"e3", "a", 0, "unlocked 2 times in 24 hours already: something keeps locking it"},
		{"e4", "b", 0, ""},
		{"e5", "c", 0, "3 unlocks in the organization within the hour: the breaker stops at 3"},
		{"e6", "c", time.Hour, ""},
		{"e7", "a", 0, "unlocked 2 times in 24 hours already: something keeps locking it"},
		{"e8", "a", 23 * time.Hour, ""},
	} {
		c.now = c.now.Add(step.after)
		if got := unlock(step.event, step.resource); got != step.want {
			t.Errorf("%s: held %q, want %q", step.event, got, step.want)
		}
	}
}

// TestARetryTakesNoSecondToken: tokens are for incidents, not for tries.
func TestARetryTakesNoSecondToken(t *testing.T) {
	m, _ := world(ledger.Limits{PerResource: 1, PerHour: 1, Lease: time.Minute})
	for range 3 {
		e := claim(t, m, incident("e1", "b"))
		if e.Held != "" {
			t.Fatal(e.Held)
		}
		e.Release = true
		record(t, m, e)
	}
}

func TestAnEntryIsTheLedgersOwn(t *testing.T) {
	m, _ := world(ledger.Defaults())
	e := claim(t, m, incident("e1", "b"))
	e.Told = []remedy.Channel{remedy.Alerts}
	record(t, m, e)
	e.Told[0] = remedy.Chat
	if got := m.Entries()[0].Told[0]; got != remedy.Alerts {
		t.Errorf("the ledger's entry changed to %s", got)
	}
}
