package requests

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	desk "locksmith/lambdas/requests"
)

// Memory keeps requests and keys as long as it is there.
type Memory struct {
	Now func() time.Time // of keys; set before the first call, where it is not time.Now

	mu       sync.Mutex
	requests map[string][]byte
	keys     map[[2]string]kept
}

// A kept call is what is known of one key.
type kept struct {
	digest string
	at     time.Time
	reply  *desk.Reply
}

// NewMemory makes a store that holds nothing yet.
func NewMemory() *Memory {
	return &Memory{Now: time.Now, requests: map[string][]byte{}, keys: map[[2]string]kept{}}
}

// Create implements [desk.Store].
func (m *Memory) Create(_ context.Context, r desk.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.requests[r.ID] != nil {
		return desk.ErrThere
	}
	return m.put(r)
}

func (m *Memory) put(r desk.Request) error {
	text, err := json.Marshal(r)
	if err == nil {
		m.requests[r.ID] = text
	}
	return err
}

func (m *Memory) get(id string) (r desk.Request, err error) {
	if m.requests[id] == nil {
		return r, desk.ErrNone
	}
	err = json.Unmarshal(m.requests[id], &r)
	return whole(r), err
}

// Get implements [desk.Store].
func (m *Memory) Get(_ context.Context, id string) (desk.Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(id)
}

// Write implements [desk.Store].
func (m *Memory) Write(_ context.Context, before, r desk.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, err := m.get(before.ID)
	if err != nil || now.Version != before.Version || now.State != before.State {
		return cmp.Or(err, desk.ErrChanged)
	}
	return m.put(r)
}

// List implements [desk.Store].
func (m *Memory) List(_ context.Context, which desk.Listing, n int, from string) ([]desk.Request, string, error) {
	if _, err := begins(from); from != "" && err != nil {
		return nil, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []desk.Request
	for id := range m.requests {
		r, err := m.get(id)
		if err != nil {
			return nil, "", err
		}
		listed := which.Person == "" || which.Person == r.Person
		if listed && (!which.Open || open(r)) && (from == "" || place(r) < from) {
			all = append(all, r.Brief())
		}
	}
	slices.SortFunc(all, func(a, b desk.Request) int { return cmp.Compare(place(b), place(a)) })
	if len(all) <= n {
		return all, "", nil
	}
	return all[:n], place(all[n-1]), nil
}

// Begin implements [desk.Keys].
func (m *Memory) Begin(_ context.Context, person, key, digest string) (*desk.Reply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, found := m.keys[[2]string{person, key}]
	switch now := m.Now(); {
	case !found || now.Sub(k.at) >= Kept:
	case k.digest != digest:
		return nil, desk.ErrOtherCall
	case k.reply != nil:
		return k.reply, nil
	case now.Sub(k.at) < Pending:
		return nil, desk.ErrPending
	}
	m.keys[[2]string{person, key}] = kept{digest: digest, at: m.Now()}
	return nil, nil
}

// Finish implements [desk.Keys].
func (m *Memory) Finish(_ context.Context, person, key, digest string, r desk.Reply) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := fits(r); err != nil {
		return err
	}
	if k, found := m.keys[[2]string{person, key}]; found && k.digest == digest {
		k.reply = &r
		m.keys[[2]string{person, key}] = k
	}
	return nil
}

var (
	_ desk.Store = (*Memory)(nil)
	_ desk.Keys  = (*Memory)(nil)
)
