package credentials

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"locksmith/lambdas/credentials"
)

// Memory keeps all in memory. Make it with [NewMemory].
type Memory struct {
	mu        sync.Mutex
	rows      map[string]seen
	audit     credentials.Audit
	pages     map[string][]credentials.Member
	deletions map[string]credentials.Deletion
	cases     map[string]credentials.Case
}

// seen is a row with the audit that it is of.
type seen struct {
	credentials.Row
	audit string
}

// NewMemory makes a store with nothing in it.
func NewMemory() *Memory {
	return &Memory{rows: map[string]seen{}, pages: map[string][]credentials.Member{},
		deletions: map[string]credentials.Deletion{}, cases: map[string]credentials.Case{}}
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

// Keep implements [credentials.Rows].
func (m *Memory) Keep(_ context.Context, audit string, rows ...credentials.Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rows {
		m.rows[r.Account] = seen{copied(r), audit}
	}
	return nil
}

// Kept implements [credentials.Rows].
func (m *Memory) Kept(_ context.Context, audit string, accounts []string) (map[string]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]bool{}
	for _, a := range accounts {
		if r, ok := m.rows[a]; ok && r.audit == audit {
			found[a] = true
		}
	}
	return found, nil
}

// Row implements [credentials.Rows].
func (m *Memory) Row(_ context.Context, account string) (credentials.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[account]
	if !ok {
		return credentials.Row{}, none("account " + account)
	}
	return copied(r.Row), nil
}

// List implements [credentials.Rows].
func (m *Memory) List(_ context.Context, f credentials.Filter, n int, after string) (page []credentials.Row,
	next string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, account := range slices.Sorted(maps.Keys(m.rows)) {
		r := m.rows[account].Row
		if account <= after || !fits(r, f) {
			continue
		}
		if len(page) == n {
			return page, page[n-1].Account, nil
		}
		page = append(page, copied(r))
	}
	return page, "", nil
}

// Forget implements [credentials.Rows].
func (m *Memory) Forget(_ context.Context, audit string, before time.Time) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.rows, func(_ string, r seen) bool {
		old := r.audit != audit && r.At.Before(before)
		if old {
			n++
		}
		return old
	})
	return n, nil
}

// Audit implements [credentials.Audits].
func (m *Memory) Audit(context.Context) (credentials.Audit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.audit.ID == "" {
		return credentials.Audit{}, none("audit of the organization")
	}
	return m.audit, nil
}

// Begin implements [credentials.Audits].
func (m *Memory) Begin(_ context.Context, a credentials.Audit, over string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.audit.ID != over {
		return changed("audit " + m.audit.ID)
	}
	m.audit = a
	return nil
}

// Claim implements [credentials.Audits].
func (m *Memory) Claim(_ context.Context, id string, now, until time.Time) (credentials.Audit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.audit.ID != id:
		return credentials.Audit{}, changed("audit " + id)
	case !m.audit.Finished.IsZero():
		return m.audit, nil
	case m.audit.Until.After(now):
		return credentials.Audit{}, busy(m.audit.Until)
	}
	m.audit.Fence++
	m.audit.Until = until
	return m.audit, nil
}

// Record implements [credentials.Audits].
func (m *Memory) Record(_ context.Context, a credentials.Audit, release bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.audit.ID != a.ID || m.audit.Fence != a.Fence {
		return changed("audit " + a.ID)
	}
	m.audit = a
	if release {
		m.audit.Until = time.Time{}
	}
	return nil
}

// PutPage implements [credentials.Audits].
func (m *Memory) PutPage(_ context.Context, id string, number int, members []credentials.Member, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pages[pageID(id, number)] = slices.Clone(members)
	return nil
}

// Page implements [credentials.Audits].
func (m *Memory) Page(_ context.Context, id string, number int) ([]credentials.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	members, ok := m.pages[pageID(id, number)]
	if !ok {
		return nil, none(pageID(id, number))
	}
	return slices.Clone(members), nil
}

// Deletion implements [credentials.Deletions].
func (m *Memory) Deletion(_ context.Context, request string) (credentials.Deletion, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return copied(m.deletions[request]), nil
}

// PutDeletion implements [credentials.Deletions].
func (m *Memory) PutDeletion(_ context.Context, d credentials.Deletion, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deletions[d.Request] = copied(d)
	return nil
}

// PutCase implements [credentials.Cases].
func (m *Memory) PutCase(_ context.Context, k credentials.Case) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cases[k.ID].Version != k.Version-1 {
		return changed("case " + k.ID)
	}
	m.cases[k.ID] = copied(k)
	return nil
}

// Case implements [credentials.Cases].
func (m *Memory) Case(_ context.Context, id string) (credentials.Case, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.cases[id]
	if !ok {
		return k, none("case " + id)
	}
	return copied(k), nil
}

// Open implements [credentials.Cases].
func (m *Memory) Open(_ context.Context, n int) (open []credentials.Case, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.cases {
		if !k.Over() {
			open = append(open, copied(k))
		}
	}
	slices.SortFunc(open, func(a, b credentials.Case) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return open[:min(n, len(open))], nil
}

var _ credentials.Store = (*Memory)(nil)
