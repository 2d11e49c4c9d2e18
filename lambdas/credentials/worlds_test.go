package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
)

// A trouble is what goes wrong in a seeded world, by chance.
type trouble struct {
	*rand.Rand
	w       *world
	percent int // of calls that go wrong
	made    int // credentials that somebody makes meanwhile
}

var kinds = []credentials.Kind{credentials.AccessKey, credentials.Certificate, credentials.Password, credentials.MFA}

// fault is what a call answers, nil mostly.
func (r *trouble) fault(_, call string) error {
	if r.IntN(100) >= r.percent {
		return nil
	}
	switch n := r.IntN(3); {
	case n == 0:
		return errThrottled
	case n == 1:
		return errors.New("ServiceFailure")
	case call == "AssumeRoot": // an answer that is said of credentials, and is about none of them here
		return remedy.ErrGone
	}
	return &remedy.Refusal{Cause: remedy.DeniedByOrg, Err: errors.New("AccessDenied")}
}

// meddle has somebody make a credential, or delete one, before a call.
func (r *trouble) meddle(account string) {
	if r.made > 2 || r.IntN(40) > 0 {
		return
	}
	r.made++
	kind := kinds[r.IntN(len(kinds))]
	ids := []string{fmt.Sprint("NEW", r.made)}
	if kind == credentials.Password {
		ids = []string{""}
	}
	if r.IntN(3) == 0 {
		ids = nil
	}
	r.w.has(account, kind, ids...)
}

// held is how many credentials there are that an MFA device protects.
func (w *world) held(account string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	root := w.roots[account]
	return len(root[credentials.Password]) + len(root[credentials.AccessKey]) + len(root[credentials.Certificate])
}

// TestSeededWorlds of deletions: with faults, meddling and deaths at any step, nothing is called deleted that is there,
// and no MFA device goes before what it protects, as far as we could see.
func TestSeededWorlds(t *testing.T) {
	results := map[string]int{}
	for seed := range uint64(3000) {
		w := newWorld(t, 1)
		r := &trouble{Rand: rand.New(rand.NewPCG(seed, 13)), w: w, percent: int(seed % 4 * 3)}
		w.all(member)
		meddles := seed%3 == 0
		w.fault = r.fault
		w.between = func(account, call string) {
			if meddles {
				r.meddle(account)
			}
			if call == "Drop MFA device" && !meddles && w.held(account) > 0 {
				t.Errorf("seed %d: an MFA device goes, and what it protects is there", seed)
			}
		}
		if seed%5 == 0 {
			w.mortally(1+r.IntN(40), r.IntN(2) == 0)
		}
		results[outcomeOf(t, w, seed)]++
	}
	if results["deleted"] < 500 || results["failed"] < 300 {
		t.Errorf("%v", results)
	}
}

// outcomeOf lets workers delete until one comes to an end, and holds the end against what is there.
func outcomeOf(t *testing.T, w *world, seed uint64) string {
	t.Helper()
	for range 20 {
		got, err := w.Delete(context.Background(), "request-1", member)
		w.mu.Lock()
		died := w.dies > 0 && w.steps >= w.dies
		w.mu.Unlock()
		if w.reborn(); died || err != nil {
			continue
		}
		switch {
		case got.Result == "deleted" && w.between != nil && seed%3 > 0 && w.left(member) > 0:
			t.Errorf("seed %d: called deleted, and %d are left: %+v", seed, w.left(member), got)
		case got.Result == "deleted":
			for _, it := range got.Items {
				if it.Result == "" || it.Result == credentials.Spared {
					t.Errorf("seed %d: %+v", seed, got)
				}
			}
		case got.Result == "failed" && got.Why == "":
			t.Errorf("seed %d: failed, and nobody knows why", seed)
		}
		return got.Result
	}
	return "never"
}
