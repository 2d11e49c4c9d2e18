// Package ledger keeps the incidents: in memory here, for the local runtime and for tests.
package ledger

import (
	"context"
	"fmt"
	"sync"
	"time"

	"locksmith/lambdas/remedy"
)

// Limits bound what Locksmith does by itself. Zero means no limit.
type Limits struct {
	PerResource int           // flap guard: unlocks of one resource in 24 hours
	PerHour     int           // breaker: unlocks in the whole organization in one hour
	Lease       time.Duration // how long a worker may be busy before another may take over; longer than the function's timeout
}

// Defaults are the limits of a deployment that sets none.
func Defaults() Limits { return Limits{PerResource: 3, PerHour: 20, Lease: 5 * time.Minute} }

// Memory is a ledger in memory. Its zero value is not usable: see [NewMemory].
type Memory struct {
	limits Limits
	now    func() time.Time

	mu      sync.Mutex
	entries map[string]*remembered // by event id and resource
	busy    map[string]lease       // by resource
	tokens  []token                // of the last 24 hours, oldest first
	fence   int64
}

type remembered struct {
	entry remedy.Entry
	token bool
}

type lease struct {
	key   string
	fence int64
	until time.Time
}

type token struct {
	resource string
	at       time.Time
}

// NewMemory makes an empty ledger that reads the time from now.
func NewMemory(limits Limits, now func() time.Time) *Memory {
	return &Memory{limits: limits, now: now, entries: map[string]*remembered{}, busy: map[string]lease{}}
}

func key(c remedy.Change) string { return c.EventID + " " + c.Resource }

// Claim implements [remedy.Ledger].
func (m *Memory) Claim(_ context.Context, i remedy.Incident) (remedy.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, known := m.entries[key(i.Change)]
	if known && r.entry.State == remedy.Closed {
		return clone(r.entry), nil
	}
	now := m.now()
	if l, taken := m.busy[i.Change.Resource]; taken && now.Before(l.until) {
		return remedy.Entry{}, fmt.Errorf("%w: until %s", remedy.ErrBusy, l.until.UTC().Format(time.RFC3339))
	}
	if !known {
		r = &remembered{entry: remedy.Entry{Incident: i, State: remedy.Claimed}}
		m.entries[key(i.Change)] = r
	}
	if i.Acts && !r.token {
		r.entry.Acts = true
		r.entry.Held = m.take(i.Change.Resource, now)
		r.token = r.entry.Held == ""
	}
	m.fence++
	r.entry.Fence = m.fence
	m.busy[i.Change.Resource] = lease{key: key(i.Change), fence: m.fence, until: now.Add(m.limits.Lease)}
	return clone(r.entry), nil
}

// take takes a token, or says why there is none.
func (m *Memory) take(resource string, now time.Time) string {
	var kept []token
	ofResource, ofHour := 0, 0
	for _, t := range m.tokens {
		age := now.Sub(t.at)
		if age >= 24*time.Hour {
			continue
		}
		kept = append(kept, t)
		if t.resource == resource {
			ofResource++
		}
		if age < time.Hour {
			ofHour++
		}
	}
	m.tokens = kept
	switch l := m.limits; {
	case l.PerResource > 0 && ofResource >= l.PerResource:
		return fmt.Sprintf("unlocked %d times in 24 hours already: something keeps locking it", ofResource)
	case l.PerHour > 0 && ofHour >= l.PerHour:
		return fmt.Sprintf("%d unlocks in the organization within the hour: the breaker stops at %d", ofHour, l.PerHour)
	}
	m.tokens = append(m.tokens, token{resource, now})
	return ""
}

// Record implements [remedy.Ledger].
func (m *Memory) Record(_ context.Context, e remedy.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, known := m.entries[key(e.Change)]
	if l := m.busy[e.Change.Resource]; !known || l.key != key(e.Change) || l.fence != e.Fence {
		return fmt.Errorf("%w: the lease was lost", remedy.ErrBusy)
	}
	if e.Release || e.State == remedy.Closed {
		delete(m.busy, e.Change.Resource)
	}
	e.Release = false
	r.entry = clone(e)
	return nil
}

// Entries are all incidents, in no particular order.
func (m *Memory) Entries() []remedy.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []remedy.Entry
	for _, r := range m.entries {
		all = append(all, clone(r.entry))
	}
	return all
}

// clone keeps the caller's slices apart from the ledger's.
func clone(e remedy.Entry) remedy.Entry {
	e.Told = append([]remedy.Channel(nil), e.Told...)
	return e
}
