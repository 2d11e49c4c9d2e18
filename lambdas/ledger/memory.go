package ledger

import (
	"context"
	"slices"
	"sync"
	"time"

	"locksmith/lambdas/remedy"
)

// Memory is a ledger in memory. Its zero value is not usable: see [NewMemory].
type Memory struct {
	limits Limits
	now    func() time.Time

	mu       sync.Mutex
	entries  map[string]remedy.Entry   // by incident
	leases   map[string]lease          // by resource
	tellings map[string]remedy.Telling // by resource
	guards   map[string]*guard         // flap guards and breakers, by id
	fence    int64
}

type lease struct {
	fence int64
	until time.Time
	acted time.Time // when the policy was last changed, at the latest
}

type guard struct {
	unlocks  int
	accounts map[string]bool
}

// NewMemory makes an empty ledger that reads the time from now.
func NewMemory(limits Limits, now func() time.Time) *Memory {
	return &Memory{limits: limits, now: now, entries: map[string]remedy.Entry{}, leases: map[string]lease{},
		tellings: map[string]remedy.Telling{}, guards: map[string]*guard{}}
}

// Claim implements [remedy.Ledger].
func (m *Memory) Claim(_ context.Context, i remedy.Incident) (remedy.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, now := incidentID(i.Change), m.now()
	e, known := m.entries[id]
	if e.State == remedy.Closed {
		return clone(e), nil
	}
	l := m.leases[i.Change.Resource]
	if now.Before(l.until) {
		return remedy.Entry{}, busy(i.Change.Resource, l.until)
	}
	if !known {
		e = remedy.Entry{Incident: i, State: remedy.Claimed, At: now}
	}
	if i.Acts && !e.Token {
		e.Acts = true
		e.Held = m.take(i.Change, now)
		e.Token, e.TokenAt = e.Held == "", now
	}
	m.fence++
	e.Fence = m.fence
	m.entries[id] = e
	m.leases[i.Change.Resource] = lease{fence: m.fence, until: now.Add(m.limits.Lease), acted: l.acted}
	if settles := l.acted.Add(remedy.Settling); now.Before(settles) {
		e.Settles = settles
	}
	return clone(e), nil
}

// take takes a token, or says why there is none.
func (m *Memory) take(c remedy.Change, now time.Time) string {
	flap, breaker := m.guard(flapID(c.Resource, now)), m.guard(breakerID(now))
	l := m.limits
	switch {
	case l.PerResource > 0 && flap.unlocks >= l.PerResource:
		return l.flapping()
	case l.PerHour > 0 && breaker.unlocks >= l.PerHour,
		l.AccountsPerHour > 0 && !breaker.accounts[c.Account] && len(breaker.accounts) >= l.AccountsPerHour:
		return l.broken(breaker.unlocks)
	}
	flap.unlocks++
	breaker.unlocks++
	breaker.accounts[c.Account] = true
	return ""
}

func (m *Memory) guard(id string) *guard {
	if m.guards[id] == nil {
		m.guards[id] = &guard{accounts: map[string]bool{}}
	}
	return m.guards[id]
}

// Record implements [remedy.Ledger].
func (m *Memory) Record(_ context.Context, e remedy.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := incidentID(e.Change)
	if old := m.entries[id]; old.Fence != e.Fence || m.leases[e.Change.Resource].fence != e.Fence ||
		e.Returns && !old.Token {
		return lost(e.Change)
	}
	if e.Release || e.State == remedy.Closed {
		l := lease{fence: e.Fence, acted: m.leases[e.Change.Resource].acted}
		if e.Saved != "" {
			l.acted = m.now()
		}
		m.leases[e.Change.Resource] = l
	}
	if e.Returns {
		m.guard(flapID(e.Change.Resource, e.TokenAt)).unlocks--
		m.guard(breakerID(e.TokenAt)).unlocks--
		e.Token = false
	}
	if e.Telling.Of != "" {
		m.tellings[e.Change.Resource] = e.Telling
	}
	e.Release, e.Returns, e.Telling, e.Settles = false, false, remedy.Telling{}, time.Time{}
	m.entries[id] = clone(e)
	return nil
}

// LastTold implements [remedy.Ledger].
func (m *Memory) LastTold(_ context.Context, resource string) (remedy.Telling, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tellings[resource], nil
}

// Incidents are all incidents, the oldest first.
func (m *Memory) Incidents(context.Context) ([]remedy.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []remedy.Entry
	for _, e := range m.entries {
		all = append(all, clone(e))
	}
	slices.SortFunc(all, byAge)
	return all, nil
}

func byAge(a, b remedy.Entry) int { return a.At.Compare(b.At) }

// clone keeps the caller's slices apart from the ledger's.
func clone(e remedy.Entry) remedy.Entry {
	e.Told = slices.Clone(e.Told)
	return e
}
