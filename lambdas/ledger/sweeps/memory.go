package sweeps

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// Memory keeps sweeps in memory. Make it with [NewMemory].
type Memory struct {
	mu       sync.Mutex
	order    []string // the ids of the sweeps, the newest first
	sweeps   map[string]sweeper.Sweep
	tellers  map[string]time.Time // until when somebody is telling of a sweep
	pages    map[string]sweeper.Page
	visits   map[string]held
	coverage map[string]sweeper.Coverage
	spares   map[string]sparesItem
	news     string
	fence    int64
}

// held is a visit with its lease.
type held struct {
	sweeper.Visit
	until time.Time
}

// NewMemory makes a store without sweeps.
func NewMemory() *Memory {
	return &Memory{sweeps: map[string]sweeper.Sweep{}, tellers: map[string]time.Time{}, pages: map[string]sweeper.Page{},
		visits: map[string]held{}, coverage: map[string]sweeper.Coverage{},
		spares: map[string]sparesItem{}}
}

// Begin implements [sweeper.Store].
func (m *Memory) Begin(_ context.Context, s sweeper.Sweep, replaces string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.sweeps[s.ID]; there {
		return fmt.Errorf("%w: %s", sweeper.ErrRunning, s.ID)
	}
	if len(m.order) > 0 && m.order[0] != replaces {
		return fmt.Errorf("%w: %s", sweeper.ErrRunning, m.order[0])
	}
	m.sweeps[s.ID] = copied(s)
	m.order = slices.Insert(m.order, 0, s.ID)
	return nil
}

// copied is a value that shares nothing with another.
func copied[T any](v T) (c T) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		panic(err) // plain structures
	}
	return c
}

// Sweep implements [sweeper.Store].
func (m *Memory) Sweep(_ context.Context, id string) (sweeper.Sweep, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id == "" && len(m.order) > 0 {
		id = m.order[0]
	}
	s, ok := m.sweeps[id]
	if !ok {
		return sweeper.Sweep{}, fmt.Errorf("%w: %q", sweeper.ErrNoSweep, id)
	}
	return m.shown(s), nil
}

// shown is a sweep as a reader may have it, with what JSON leaves out.
func (m *Memory) shown(s sweeper.Sweep) sweeper.Sweep {
	c := copied(s)
	c.Token, c.Told = s.Token, slices.Clone(s.Told)
	return c
}

// Sweeps implements [sweeper.Store].
func (m *Memory) Sweeps(_ context.Context, n int) (all []sweeper.Sweep, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range m.order[:min(n, len(m.order))] {
		all = append(all, m.shown(m.sweeps[id]))
	}
	return all, nil
}

// Turn implements [sweeper.Store].
func (m *Memory) Turn(_ context.Context, id string, from, to sweeper.State, now time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sweeps[id]
	if s.State != from {
		return false, nil
	}
	s.State, s.Updated = to, now
	m.sweeps[id] = s
	return true, nil
}

// Dispatch implements [sweeper.Store].
func (m *Memory) Dispatch(_ context.Context, id string, p sweeper.Page, visits int, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sweeps[id]
	if p.Number != s.Pages {
		return nil
	}
	m.pages[pageID(id, p.Number)] = copied(p)
	s.Pages, s.Token, s.Dispatched, s.Updated = s.Pages+1, p.Next, p.Last, now
	s.Accounts, s.Visits = s.Accounts+len(p.Accounts), s.Visits+visits
	m.sweeps[id] = s
	return nil
}

// Page implements [sweeper.Store].
func (m *Memory) Page(_ context.Context, id string, number int) (sweeper.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.pages[pageID(id, number)]
	if !ok {
		return sweeper.Page{}, fmt.Errorf("sweep %s has no page %d", id, number)
	}
	return copied(p), nil
}

// Claim implements [sweeper.Store].
func (m *Memory) Claim(_ context.Context, v sweeper.Visit, now time.Time) (sweeper.Visit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := visitID(v.Sweep, v.Account, v.Task)
	h, there := m.visits[id]
	switch {
	case !there:
		h.Visit = copied(v)
	case !h.Ended.IsZero():
		return copied(h.Visit), nil
	case now.Before(h.until):
		return sweeper.Visit{}, busy(v, h.until)
	}
	m.fence++
	h.until, h.Fence = now.Add(Lease), m.fence
	m.visits[id] = h
	v = copied(h.Visit)
	v.Fence = h.Fence
	return v, nil
}

// Record implements [sweeper.Store].
func (m *Memory) Record(_ context.Context, v sweeper.Visit, release bool, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.write(v, release, now)
}

func (m *Memory) write(v sweeper.Visit, release bool, now time.Time) error {
	id := visitID(v.Sweep, v.Account, v.Task)
	h := m.visits[id]
	if h.Fence != v.Fence || !h.Ended.IsZero() {
		return lost(v)
	}
	fence := v.Fence
	h.Visit, h.until = copied(v), now.Add(Lease)
	if h.Fence = fence; release {
		h.until = now
		m.fence++
		h.Fence = m.fence
	}
	m.visits[id] = h
	return nil
}

// End implements [sweeper.Store].
func (m *Memory) End(_ context.Context, v sweeper.Visit, c sweeper.Coverage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.write(v, true, v.Ended); err != nil {
		return err
	}
	m.coverage[coverageID(c.Account, c.Task)] = copied(c)
	s := m.sweeps[v.Sweep]
	s.Totals = copied(s.Totals)
	s.Done, s.Updated = s.Done+1, v.Ended
	s.Totals.Add(v.Totals)
	m.sweeps[v.Sweep] = s
	return nil
}

// Visits implements [sweeper.Store].
func (m *Memory) Visits(_ context.Context, id string, accounts []string, tasks []sweeper.Task) ([]sweeper.Visit,
	error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []sweeper.Visit
	for _, account := range accounts {
		for _, task := range tasks {
			all = append(all, copied(m.visits[visitID(id, account, task)].Visit))
		}
	}
	return all, nil
}

// Coverage implements [sweeper.Store].
func (m *Memory) Coverage(_ context.Context, accounts []string, tasks []sweeper.Task) ([]sweeper.Coverage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []sweeper.Coverage
	for _, account := range accounts {
		for _, task := range tasks {
			all = append(all, copied(m.coverage[coverageID(account, task)]))
		}
	}
	return all, nil
}

// Finish implements [sweeper.Store].
func (m *Memory) Finish(_ context.Context, id string, now time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sweeps[id].State != sweeper.Running || now.Before(m.tellers[id]) {
		return false, nil
	}
	m.tellers[id] = now.Add(Lease)
	return true, nil
}

// Tell implements [sweeper.Store].
func (m *Memory) Tell(_ context.Context, id string, told []remedy.Channel, over bool, news string,
	now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sweeps[id]
	s.Told = slices.Clone(told)
	delete(m.tellers, id)
	if over {
		s.State, s.Ended, s.Updated, m.news = sweeper.Over, now, now, news
	}
	m.sweeps[id] = s
	return nil
}

// News implements [sweeper.Store].
func (m *Memory) News(context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.news, nil
}

var _ sweeper.Store = (*Memory)(nil)

// KeepSpares implements [sweeper.Index].
func (m *Memory) KeepSpares(_ context.Context, a remedy.Account, task sweeper.Task, spares []sweeper.Spare, whole bool,
	_ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := sparesID(a.Number, task)
	if !whole {
		spares = joined(m.spares[key].Spares, spares)
	}
	m.spares[key] = copied(sparesItem{Account: a, Spares: spares})
	return nil
}

// Spares implements [sweeper.Index].
func (m *Memory) Spares(_ context.Context, account string) (remedy.Account, map[sweeper.Task][]sweeper.Spare, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, all := remedy.Account{}, map[sweeper.Task][]sweeper.Spare{}
	a.Number = account
	for _, task := range sweeper.Tasks() {
		if it, found := m.spares[sparesID(account, task)]; found {
			a, all[task] = it.Account, copied(it.Spares)
		}
	}
	return a, all, nil
}

var _ sweeper.Index = (*Memory)(nil)
