package requests_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

// A world is a desk in which people, clocks, messages and crashes come in any order. What happens between two calls of
// the desk happens in the middle of what the desk does: another worker, another person, another policy.
type world struct {
	*rand.Rand
	desk    *requests.Desk
	clock   time.Time
	lists   []*allowlist.List
	facts   []facts // what was in force, one after another; the last is
	stored  map[string]requests.Request
	made    map[string]requests.Request // as they were created
	queue   []message
	told    []remedy.Bulletin // that all channels took
	calm    bool              // nothing fails
	faulty  bool              // something has failed since this was reset
	depth   int               // of operations in the middle of others
	ids     int
	said    []*saying
	done    []string          // the ids of what was done
	keyed   map[string]string // by human and key, the request
	events  int               // how many things have happened
	broken  []string
	story   []string
	telling bool // the story is kept
}

// facts are what is in force: which allow list, where the accounts stand, which policies the resources have.
type facts struct {
	list     int
	units    map[string]string // by account; "" has left the organization
	policies map[string]string
}

// A message is one in the queue.
type message struct {
	id string
	at time.Time
}

// A saying is what somebody said of a request.
type saying struct {
	id, what string // what: approve, deny or cancel
	by       *session
	at       time.Time
	seen     []string // the policy that they have seen
	ok       bool     // they were told that it is so
	sure     bool     // they were told that it is not so
}

// A begin is what a call of the desk carries along: who asks, and which facts were in force when it began.
type begin struct {
	by    *session
	since int
	at    time.Time
	key   string  // with which they submit
	say   *saying // where they say something without having looked: the first that they see is what they mean
}

type beginKey struct{}

// as is a context for a call by somebody, or by nobody.
func (w *world) as(s *session) context.Context {
	return context.WithValue(context.Background(), beginKey{}, begin{by: s, since: len(w.facts) - 1, at: w.clock})
}

func begun(ctx context.Context) begin { return ctx.Value(beginKey{}).(begin) }

// A crash is the end of a process.
type crash struct{}

var errFault = errors.New("the service did not answer")

func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 13)), clock: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC),
		stored: map[string]requests.Request{}, made: map[string]requests.Request{}, keyed: map[string]string{}}
	w.lists = sampleLists()
	w.facts = []facts{{list: w.IntN(len(w.lists)), units: map[string]string{first: inner, second: outer},
		policies: map[string]string{bucket: "locked 1", queue: "locked 1", trail: "locked 1"}}}
	w.calm = seed%10 == 0
	w.desk = &requests.Desk{Allow: w.lists[w.now().list], Accounts: w, Store: shelf{w}, Work: worker{w}, Queue: w,
		Herald: w, Now: func() time.Time { return w.clock }, NewID: w.newID, Log: slog.New(slog.DiscardHandler)}
	return w
}

func (w *world) newID() string {
	w.ids++
	return fmt.Sprintf("%020d", w.ids)
}

func (w *world) now() facts { return w.facts[len(w.facts)-1] }

// change brings other facts into force.
func (w *world) change(edit func(*facts)) {
	f := w.now()
	f.units, f.policies = maps.Clone(f.units), maps.Clone(f.policies)
	edit(&f)
	w.facts = append(w.facts, f)
	w.desk.Allow = w.lists[f.list]
}

func (w *world) tell(format string, args ...any) {
	if w.telling {
		w.story = append(w.story, w.clock.Format("02 15:04:05 ")+strings.Repeat("  ", w.depth)+fmt.Sprintf(format, args...))
	}
}

func (w *world) breaks(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
	w.tell("BROKEN "+format, args...)
}

// between lets something happen between two steps of the desk, and says whether the call that comes is to fail.
func (w *world) between(place string) error {
	if !w.calm && w.depth < 3 && w.IntN(12) == 0 {
		w.depth++
		w.happen()
		w.depth--
	}
	if w.calm {
		return nil
	}
	switch w.IntN(40) {
	case 0:
		w.tell("crash at %s", place)
		w.faulty = true
		panic(crash{})
	case 1:
		w.tell("fault at %s", place)
		w.faulty = true
		return errFault
	}
	return nil
}

// call makes a call that may fail before and after it takes effect.
func (w *world) call(place string, effect func() error) error {
	if err := w.between("before " + place); err != nil {
		return err
	}
	err := effect()
	if err == nil && !w.calm && w.IntN(30) == 0 {
		// The answer was lost, and the SDK has tried again by itself: what held before does not hold any more.
		if err = effect(); err != nil {
			w.tell("the answer was lost: %s", place)
			w.faulty = true
		}
	}
	if err != nil {
		return err
	}
	return w.between("after " + place)
}

// A shelf keeps the requests, and sees to it that each write is one that may be.
type shelf struct{ *world }

func copied(r requests.Request) requests.Request {
	r.Decisions, r.MayApprove, r.History = slices.Clone(r.Decisions), slices.Clone(r.MayApprove), slices.Clone(r.History)
	r.Told, r.Silent = slices.Clone(r.Told), slices.Clone(r.Silent)
	if r.Outcome != nil {
		out := *r.Outcome
		r.Outcome = &out
	}
	return r
}

func (s shelf) Create(ctx context.Context, r requests.Request) error {
	return s.call("create", func() error {
		if _, there := s.stored[r.ID]; there {
			return requests.ErrThere
		}
		s.tell("%s is created, %s, by %s", r.ID, r.State, r.By)
		s.stored[r.ID], s.made[r.ID] = copied(r), copied(r)
		s.created(begun(ctx), r)
		return nil
	})
}

func (s shelf) Get(ctx context.Context, id string) (r requests.Request, err error) {
	err = s.call("get", func() error {
		found, there := s.stored[id]
		if !there {
			return requests.ErrNone
		}
		r = copied(found)
		if say := begun(ctx).say; say != nil && say.seen == nil {
			say.seen = []string{r.Shown}
		}
		return nil
	})
	return r, err
}

func (s shelf) Write(_ context.Context, before, r requests.Request) error {
	return s.call("write", func() error {
		now := s.stored[before.ID]
		if now.Version != before.Version || now.State != before.State {
			return requests.ErrChanged
		}
		s.tell("%s: %s, version %d", r.ID, r.State, r.Version)
		s.written(now, r)
		s.stored[r.ID] = copied(r)
		return nil
	})
}

func (s shelf) List(_ context.Context, which requests.Listing, n int, from string) (all []requests.Request, next string,
	err error) {
	err = s.call("list", func() error {
		for _, id := range slices.Backward(slices.Sorted(maps.Keys(s.stored))) {
			r := s.stored[id]
			open := r.Untold || !r.State.Ended()
			if (from == "" || id < from) && (!which.Open || open) && (which.Person == "" || which.Person == r.Person) {
				all = append(all, r.Brief())
			}
		}
		if len(all) > n {
			all, next = all[:n], all[n-1].ID
		}
		return nil
	})
	return all, next, err
}

// Run implements [requests.Queue]. A message may be lost on the way: then its sender hears of it, or not.
func (w *world) Run(_ context.Context, _ requests.Task, id string, at time.Time) error {
	return w.call("queue", func() error {
		if !w.calm && w.IntN(10) == 0 {
			w.faulty = true
			return nil // the function was not called, and nobody knows
		}
		w.queue = append(w.queue, message{id, at})
		return nil
	})
}

// Announce implements [remedy.Herald]. Some channels may take it, and others not.
func (w *world) Announce(_ context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	heard := slices.Clone(told)
	err := w.call("announce", func() error {
		for _, c := range []remedy.Channel{remedy.Alerts, remedy.Pages} {
			if slices.Contains(heard, c) || c == remedy.Pages && !b.Page {
				continue
			}
			if !w.calm && w.IntN(20) == 0 {
				w.faulty = true
				return errFault
			}
			heard = append(heard, c)
		}
		w.tell("told: %s", b.Title)
		w.told = append(w.told, b)
		return nil
	})
	return heard, err
}

// Account implements [remedy.Directory].
func (w *world) Account(_ context.Context, number string) (a remedy.Account, err error) {
	err = w.call("account", func() error {
		unit := w.now().units[number]
		if unit == "" {
			return remedy.ErrNoMember
		}
		a = remedy.Account{Account: allowlist.Account{Number: number, Units: []string{"r-a1b2", unit}, Known: true},
			State: remedy.Active}
		return nil
	})
	return a, err
}

// Fresh implements [remedy.Directory].
func (w *world) Fresh(ctx context.Context, number string) (remedy.Account, error) {
	return w.Account(ctx, number)
}

// A worker looks at policies, and takes them off.
type worker struct{ *world }

// locked tells whether a policy is one that is proved to lock.
func locked(policy string) bool { return strings.HasPrefix(policy, "locked") }

func (k worker) Look(ctx context.Context, r requests.Request) (s requests.Sight, err error) {
	k.looked(begun(ctx), r)
	err = k.call("look", func() error {
		s = requests.Sight{Resource: r.Resource, Region: "eu-central-1", Policy: k.now().policies[r.Resource], Task: r.Task}
		switch {
		case r.Task != requests.Unlock && r.Task != requests.Force:
		case s.Policy == "":
			return &requests.Refusal{Kind: requests.Conflict, Why: "it has no policy"}
		case locked(s.Policy):
			s.Task = requests.Unlock
		default:
			s.Task = requests.Force
		}
		return nil
	})
	return s, err
}

func (k worker) Do(ctx context.Context, r requests.Request) (requests.Outcome, error) {
	out := requests.Outcome{Result: "done"}
	if err := k.between("before the act"); err != nil {
		return out, err
	}
	switch {
	case !k.clock.Before(r.Until): // its process has ended by now
		return out, context.DeadlineExceeded
	case k.now().policies[r.Resource] != r.Shown:
		return out, fmt.Errorf("another policy: %w", requests.ErrOther)
	case !k.calm && k.IntN(8) == 0:
		return out, &remedy.Later{Until: k.clock.Add(time.Duration(k.IntN(600)) * time.Second), Why: "it settles"}
	}
	k.acted(begun(ctx), r)
	if r.Task == requests.Unlock || r.Task == requests.Force {
		k.change(func(f *facts) { f.policies[r.Resource] = "" })
	}
	return out, k.between("after the act")
}
