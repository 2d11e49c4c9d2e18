package remedy_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// An asking is a world in which people ask for acts, in any order with whatever else happens: other people, time,
// workers that die, reminders.
type asking struct {
	*world
	r      *rand.Rand
	wishes []remedy.Wish
	ended  map[string]error  // how a wish ended, by its event id
	acts   map[string]int    // how often it was acted on
	before map[string]string // what was in force then
}

// noting notes each act before it is done.
type noting struct {
	remedy.Root
	a *asking
}

type notingSession struct {
	remedy.Session
	a     *asking
	event string
}

func (n noting) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	s, err := n.Root.Open(ctx, c)
	return notingSession{s, n.a, c.EventID}, err
}

func (s notingSession) note() {
	s.a.acts[s.event]++
	s.a.before[s.event] = s.a.cloud.Policy(bucketARN)
}

func (s notingSession) Delete(ctx context.Context) error {
	s.note()
	return s.Session.Delete(ctx)
}

func (s notingSession) Put(ctx context.Context, policy string) error {
	s.note()
	return s.Session.Put(ctx, policy)
}

// TestManyWorldsOfRequests: whatever happens, each request acts once at most, on what was shown alone, with a copy; and
// people hear of it.
func TestManyWorldsOfRequests(t *testing.T) {
	acted := 0
	for seed := range uint64(60) {
		a := &asking{world: newWorld(t, others), r: rand.New(rand.NewPCG(seed, 13)), ended: map[string]error{},
			acts: map[string]int{}, before: map[string]string{}}
		a.Flow.Root, a.Flow.People = noting{a.Flow.Root, a}, true
		for range 25 {
			a.step()
		}
		a.days(2)
		a.pass(32 * 24 * time.Hour)
		a.days(1)
		a.check(seed)
		acted += len(a.acts)
		if t.Failed() {
			return
		}
	}
	if acted < 20 {
		t.Errorf("%d acts: the worlds try nothing", acted)
	}
}

func (a *asking) step() {
	locks := []string{denyAll, lockedInTheMiddle, harmless, strings.Replace(harmless, "TLS", "Other", 1), ""}
	switch now := a.cloud.Policy(bucketARN); a.r.IntN(8) {
	case 0:
		a.cloud.SetPolicy(bucketARN, locks[a.r.IntN(len(locks))])
	case 1, 2:
		if now == "" {
			a.cloud.SetPolicy(bucketARN, locks[a.r.IntN(4)])
		}
		w := a.wish(fmt.Sprintf("w%d", len(a.wishes)), []allowlist.Action{"delete", "repair"}[a.r.IntN(2)])
		w.Force = a.r.IntN(3) > 0
		a.wishes = append(a.wishes, w)
	case 3, 4, 5:
		if len(a.wishes) > 0 {
			a.grant(a.wishes[len(a.wishes)-1-a.r.IntN(min(3, len(a.wishes)))])
		}
	case 6:
		a.pass([]time.Duration{time.Second, 20 * time.Second, 61 * time.Second, 6 * time.Minute}[a.r.IntN(4)])
	case 7:
		a.Remind()
		a.Deliver(context.Background())
	}
}

// grant tries a wish, whose worker may die.
func (a *asking) grant(w remedy.Wish) {
	one, place := *a.Flow, ""
	if a.r.IntN(3) == 0 {
		place = grantPlaces[a.r.IntN(len(grantPlaces))]
	}
	c := &crash{Root: one.Root, Ledger: one.Ledger, Teller: one.Teller, at: place}
	one.Root, one.Ledger, one.Teller = c, c, c
	crashes(place, func() {
		_, err := one.Grant(context.Background(), w)
		if later := (*remedy.Later)(nil); !errors.As(err, &later) && !errors.Is(err, remedy.ErrShown) {
			a.ended["request-"+w.Request] = err
		}
	})
}

// doubtful tells whether nobody could see what came of an act: its worker was cut off, and somebody has put another
// policy there since.
func doubtful(e remedy.Entry) bool { return e.Outcome.Removed != "" && !e.Outcome.Result.Opens() }

func (a *asking) check(seed uint64) {
	shown := map[string]string{}
	for _, w := range a.wishes {
		shown["request-"+w.Request] = w.Shown
	}
	told := ""
	for _, m := range a.cloud.Inbox(a.Topics.Alerts) {
		told += m.For("email")
	}
	for event, n := range a.acts {
		e, err := a.Ledger.Find(context.Background(), event, bucketARN)
		if err != nil || n > 1 || a.before[event] != shown[event] || len(e.Copies) == 0 ||
			e.Copies[0].Policy != shown[event] || !e.Outcome.Result.Opens() && !doubtful(e) {
			a.t.Errorf("seed %d: %s: %d acts, on %s where %s was shown: %+v, %v", seed, event, n, a.before[event],
				shown[event], e, err)
		}
		if !strings.Contains(told, event) {
			a.t.Errorf("seed %d: nobody was told of %s", seed, event)
		}
	}
	for event, err := range a.ended {
		if known := !errors.As(err, new(*remedy.NotKnown)); known && (err == nil) != (a.acts[event] == 1) {
			a.t.Errorf("seed %d: %s: %d acts, and the person heard %v", seed, event, a.acts[event], err)
		}
	}
	for _, e := range a.Incidents() {
		if e.Change.Asked == nil { // the event of what a request has put
			continue
		}
		if e.State != remedy.Closed || e.Open || !doubtful(e) && (e.Token != e.Outcome.Result.Opens() ||
			e.Outcome.Result.Opens() != (a.acts[e.Change.EventID] > 0)) {
			a.t.Errorf("seed %d: %d acts, %+v", seed, a.acts[e.Change.EventID], e)
		}
	}
}
