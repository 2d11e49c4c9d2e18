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
	copies   map[string][]remedy.Copy  // by incident
	states   map[string]state          // by resource
	tellings map[string]remedy.Telling // by resource
	guards   map[string]*guard         // counters, by id
	digests  map[string]*digest        // by id
	last     map[string]remedy.Change  // of the last incident, by resource
	fence    int64
}

// A state is what is known of a resource.
type state struct {
	fence int64
	until time.Time
	acts  []remedy.Act // when we may have changed the policy
	seen  time.Time    // when somebody else changed it last, as far as events have told
}

type guard struct {
	unlocks    int
	accounts   map[string]bool
	standDowns int
	pages      int
}

// A digest is what an account's hour has beyond its pages.
type digest struct {
	remedy.Summary
	account string
	due     time.Time // zero once it is sent
}

// NewMemory makes an empty ledger that reads the time from now.
func NewMemory(limits Limits, now func() time.Time) *Memory {
	return &Memory{limits: limits, now: now, entries: map[string]remedy.Entry{}, copies: map[string][]remedy.Copy{},
		states: map[string]state{}, tellings: map[string]remedy.Telling{}, guards: map[string]*guard{},
		digests: map[string]*digest{}, last: map[string]remedy.Change{}}
}

// Claim implements [remedy.Ledger].
func (m *Memory) Claim(_ context.Context, i remedy.Incident) (remedy.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, now := incidentID(i.Change), m.now()
	e, known := m.entries[id]
	s := m.states[resourceID(i.Change)]
	switch {
	case !known && i.Again:
		return remedy.Entry{}, missing(i.Change.EventID, i.Change.Resource)
	case e.State == remedy.Closed && !(i.Again && e.Open):
		return clone(e), nil
	case now.Before(s.until):
		return remedy.Entry{}, busy(i.Change.Resource, s.until)
	}
	if met := m.meets(i); !known && met != nil {
		return remedy.Entry{}, met
	}
	if !known {
		e = remedy.Entry{Incident: i, State: remedy.Claimed, At: now, Open: true, Due: now.Add(remedy.Daily)}
	}
	account := m.guard(accountID(i.Change.Account, now))
	if i.Acts && e.State == remedy.Claimed && m.limits.StandDowns > 0 && account.standDowns >= m.limits.StandDowns {
		return remedy.Entry{}, m.limits.waits(i.Change.Account, now)
	}
	if !known && counts(i) {
		m.last[i.Change.Resource] = i.Change
	}
	m.fence++
	e.Acts, e.Again, e.Fence = e.Acts || i.Acts, false, m.fence
	e.Joins, e.After = false, ""
	m.entries[id] = e
	s.fence, s.until = m.fence, now.Add(m.limits.Lease)
	m.states[resourceID(i.Change)] = s
	e.Lately, e.Settles = slices.Clone(s.acts), doubt(e.Change, s.acts, s.seen, now)
	return clone(e), nil
}

// meets is the incident that this one may be the same as, or nil.
func (m *Memory) meets(i remedy.Incident) error {
	last, there := m.last[i.Change.Resource]
	if !i.Joins || !there || last.EventID == i.After ||
		!i.Change.Found() && (!last.Found() || last.Time.Before(i.Change.Time)) {
		return nil
	}
	return &remedy.Met{EventID: last.EventID}
}

// take takes the tokens, or says why there are none.
func (m *Memory) take(c remedy.Change, at time.Time) string {
	flap, breaker := m.guard(flapID(c.Resource, at)), m.guard(breakerID(at))
	account := m.guard(accountID(c.Account, at))
	l := m.limits
	switch {
	case l.PerResource > 0 && flap.unlocks >= l.PerResource:
		return l.flapping()
	case l.PerAccount > 0 && account.unlocks >= l.PerAccount:
		return l.spent()
	case l.PerHour > 0 && breaker.unlocks >= l.PerHour,
		l.AccountsPerHour > 0 && !breaker.accounts[c.Account] && len(breaker.accounts) >= l.AccountsPerHour:
		return l.broken(breaker.unlocks)
	}
	flap.unlocks++
	account.unlocks++
	breaker.unlocks++
	breaker.accounts[c.Account] = true
	return ""
}

// giveBack gives the tokens back. An account without another unlock in that hour does not count any more.
func (m *Memory) giveBack(c remedy.Change, at time.Time) {
	breaker, account := m.guard(breakerID(at)), m.guard(accountID(c.Account, at))
	m.guard(flapID(c.Resource, at)).unlocks--
	breaker.unlocks--
	if account.unlocks--; account.unlocks == 0 {
		delete(breaker.accounts, c.Account)
	}
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
	id, resource := incidentID(e.Change), resourceID(e.Change)
	s := m.states[resource]
	if old := m.entries[id]; old.Fence != e.Fence || s.fence != e.Fence || e.Returns && !old.Token {
		return lost(e.Change)
	}
	if !e.Since.IsZero() && s.seen.After(e.Since) {
		return overtaken(e.Change, s.seen, m.now())
	}
	if e.Takes {
		if why := m.take(e.Change, e.TokenAt); why != "" {
			return &remedy.HeldError{Why: why}
		}
	}
	for _, k := range e.Copies {
		same := func(other remedy.Copy) bool { return other.Policy == k.Policy }
		if !slices.ContainsFunc(m.copies[id], same) {
			m.copies[id] = append(m.copies[id], k)
		}
	}
	now := m.now()
	if e.Lately != nil {
		s.acts = latest(e.Lately, now)
	}
	if e.Release || e.State == remedy.Closed {
		s.until = time.Time{}
	}
	m.states[resource] = s
	m.count(e, now)
	m.entries[id] = kept(e)
	return nil
}

// count does what a record says beside the entry itself.
func (m *Memory) count(e remedy.Entry, now time.Time) {
	if e.Returns {
		m.giveBack(e.Change, e.TokenAt)
	}
	if e.Counts {
		m.guard(accountID(e.Change.Account, now)).standDowns++
	}
	if e.Telling.Of != "" {
		m.tellings[e.Change.Resource] = e.Telling
	}
	if e.Listed {
		id := digestID(e.Change.Account, now)
		if m.digests[id] == nil {
			m.digests[id] = &digest{account: e.Change.Account}
		}
		d := m.digests[id]
		d.From, d.due = now.UTC().Truncate(time.Hour), dueOf(now)
		if len(d.Items) < listed {
			d.Items = append(d.Items, brief(e, now))
		} else {
			d.More++
		}
	}
}

// kept is what stays of an entry that is recorded.
func kept(e remedy.Entry) remedy.Entry {
	e.Token, e.Kept = e.Token && !e.Returns, keptAfter(e)
	e.Takes, e.Returns, e.Counts, e.Release, e.Listed = false, false, false, false, false
	e.Again, e.Telling, e.Copies, e.Settles, e.Since = false, remedy.Telling{}, nil, time.Time{}, time.Time{}
	e.Lately = nil
	return clone(e)
}

// Find implements [remedy.Ledger].
func (m *Memory) Find(_ context.Context, event, resource string) (remedy.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := incidentID(remedy.Change{EventID: event, Resource: resource})
	e, known := m.entries[id]
	if !known {
		return remedy.Entry{}, missing(event, resource)
	}
	e = clone(e)
	e.Copies = slices.Clone(m.copies[id])
	return e, nil
}

// LastTold implements [remedy.Ledger].
func (m *Memory) LastTold(_ context.Context, resource string) (remedy.Telling, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tellings[resource], nil
}

// Seen implements [remedy.Watcher].
func (m *Memory) Seen(_ context.Context, c remedy.Change) ([]remedy.Act, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.states[resourceID(c)]
	if c.Time.After(s.seen) {
		s.seen = c.Time
	}
	m.states[resourceID(c)] = s
	return slices.Clone(s.acts), nil
}

// Page implements [remedy.Watcher].
func (m *Memory) Page(_ context.Context, account string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.guard(accountID(account, m.now()))
	if m.limits.Pages > 0 && g.pages >= m.limits.Pages {
		return false, nil
	}
	g.pages++
	return true, nil
}

// Waiting implements [remedy.Reminders].
func (m *Memory) Waiting(context.Context) ([]remedy.Waiting, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []remedy.Waiting
	for _, e := range m.entries {
		if e.Open && !m.now().Before(e.Due) {
			all = append(all, remedy.Waiting{Account: e.Change.Account, EventID: e.Change.EventID,
				Resource: e.Change.Resource, Due: e.Due})
		}
	}
	for id, d := range m.digests {
		if !d.due.IsZero() && !m.now().Before(d.due) {
			all = append(all, remedy.Waiting{Account: d.account, Digest: id, Due: d.due})
		}
	}
	return inTurn(all), nil
}

// Digest implements [remedy.Reminders].
func (m *Memory) Digest(_ context.Context, id string) (remedy.Summary, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.digests[id] == nil {
		return remedy.Summary{}, missing(id, "")
	}
	s := m.digests[id].Summary
	s.Items = slices.Clone(s.Items)
	return s, nil
}

// Sent implements [remedy.Reminders].
func (m *Memory) Sent(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.digests[id] != nil {
		m.digests[id].due = time.Time{}
	}
	return nil
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
	e.Told, e.Kept = slices.Clone(e.Told), slices.Clone(e.Kept)
	return e
}
