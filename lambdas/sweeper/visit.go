package sweeper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
)

const (
	together  = 4 // Regions side by side in one visit
	readers   = 8 // reads at the same time in one visit
	trustDays = 7 // how long a Region in which nothing was is not looked at again
	again     = 30 * time.Second
	busy      = time.Minute
	tooMany   = 200 // resources that could not be read, from which on a visit keeps no more of them
)

// A trip is a visit while it is made.
type trip struct {
	*Sweeper
	account remedy.Account
	before  Coverage
	reading chan struct{} // holds as many as there are reads
	because string        // what had the resources looked at; "" for the sweep

	listing sync.Mutex // of people
	people  people

	mu      sync.Mutex // of what follows
	visit   Visit
	session Session
	asked   time.Time // when the sweep was last seen running
	stopped bool      // a person has stopped the sweep, or the time has run short
}

// visit makes one visit, or goes on with it. Its end is recorded at most once. Whoever records the last end finishes
// the sweep.
func (s *Sweeper) visit(ctx context.Context, l letter) error {
	sweep, err := s.Store.Sweep(ctx, l.Sweep)
	if err != nil {
		return err
	}
	if sweep.State != Running {
		return nil // whoever resumes it sends the message again
	}
	v, err := s.Store.Claim(ctx, Visit{Sweep: sweep.ID, Account: l.Account.Number, Name: l.Account.Name, Task: l.Task},
		s.Now())
	if err != nil {
		return err
	}
	if v.Ended.IsZero() {
		if err := s.make(ctx, l, v); err != nil {
			return err
		}
	}
	if sweep, err = s.Store.Sweep(ctx, sweep.ID); err != nil || sweep.State != Running || !sweep.finished() {
		return err
	}
	return s.finish(ctx, sweep)
}

// make makes a claimed visit. An error brings it back later, and the lease is given back; the last time, it ends with
// what it has.
func (s *Sweeper) make(ctx context.Context, l letter, v Visit) error {
	known, err := s.Store.Coverage(ctx, []string{v.Account}, []Task{v.Task})
	if err != nil {
		return err
	}
	t := &trip{Sweeper: s, account: *l.Account, before: known[0], visit: v, asked: s.Now(),
		reading: make(chan struct{}, readers)}
	if t.visit.Begun.IsZero() {
		t.visit.Begun = s.Now()
		t.visit.Since = t.before.since(t.visit.Begun)
		t.visit.Places = s.places(t.before, v.Task)
	}
	err = t.inTime(ctx)
	if err == nil && !t.stopped && t.leftover() && !l.last {
		err = s.later(again, "some policies in %s could not be read", v.Account)
	}
	end := err == nil && !t.stopped || l.last && err != nil && !errors.Is(err, remedy.ErrBusy)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), margin/2)
	defer cancel()
	if !end {
		return t.giveBack(ctx, l, err)
	}
	return t.end(ctx, err)
}

// giveBack returns the lease of a visit that goes on: by a message of its own where only its time has run short.
func (t *trip) giveBack(ctx context.Context, l letter, cause error) error {
	if errors.Is(cause, remedy.ErrBusy) {
		return cause
	}
	if err := t.Store.Record(ctx, t.visit, true, t.Now()); err != nil {
		return errors.Join(cause, err)
	}
	if cause == nil && t.stopped {
		return t.send(ctx, l.order) // where the sweep is stopped, the message does nothing
	}
	return cause
}

// places are what a visit lists. A Region in which nothing was is looked at once a week.
func (s *Sweeper) places(before Coverage, task Task) []Place {
	if task == Buckets {
		return []Place{{}}
	}
	var all []Place
	for _, region := range s.Regions {
		p := Place{Region: region}
		if at, ok := before.Empty[region]; ok && s.Now().Sub(at) < trustDays*24*time.Hour {
			p.Trusted, p.Over = true, true
		}
		all = append(all, p)
	}
	return all
}

// inTime runs the visit, and ends early enough for the record of it.
func (t *trip) inTime(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin/2))
		defer cancel()
	}
	return t.run(ctx)
}

// run lists and reads all places that are not over, and then what was left. The error is worth a retry.
func (t *trip) run(ctx context.Context) error {
	if !slices.ContainsFunc(t.visit.Places, func(p Place) bool { return !p.Over || p.retries() }) {
		return nil
	}
	if err := t.open(ctx); err != nil {
		if refusal := (*remedy.Refusal)(nil); errors.As(err, &refusal) {
			t.refuseAll(refusal)
			return nil
		}
		return err
	}
	problems := make([]error, len(t.visit.Places))
	slots, all := make(chan struct{}, together), sync.WaitGroup{}
	for i := range t.visit.Places {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			problems[i] = t.calmly(ctx, func() error { return t.place(ctx, i) })
		})
	}
	all.Wait()
	return errors.Join(problems...)
}

// calmly makes an error of a panic, which would end the visits of others too.
func (s *Sweeper) calmly(ctx context.Context, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			s.Log.ErrorContext(ctx, "panic", "error", remedy.Scrub(err.Error()), "stack", remedy.Scrub(string(debug.Stack())))
		}
	}()
	return do()
}

// open opens the session when it is its turn. Calls that came too often are sent again, slower.
func (t *trip) open(ctx context.Context) error {
	for {
		if err := t.Turns.Wait(ctx); err != nil {
			return fmt.Errorf("turn to open root: %w", err)
		}
		session, err := t.Root.Visit(ctx, t.visit.Sweep, t.visit.Account, t.visit.Task)
		t.count("AssumeRoot")
		if errors.Is(err, pace.ErrThrottled) {
			t.Turns.Throttled(t.Now())
			t.visit.Totals.Throttles++
			if !t.Sweeper.short(ctx) {
				continue
			}
		}
		if err != nil {
			return err
		}
		t.Turns.Passed(t.Now())
		t.session = session
		return nil
	}
}

// use is the session, a new one where the old has run out or is about to.
func (t *trip) use(ctx context.Context, spent Session) (Session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session == spent || t.Now().After(t.session.Ends().Add(-margin)) {
		if err := t.open(ctx); err != nil {
			return nil, err
		}
	}
	return t.session, nil
}

// call makes a call in the session, and once more in a new one where the session has ended.
func (t *trip) call(ctx context.Context, name string, make func(Session) error) error {
	session, err := t.use(ctx, nil)
	if err != nil {
		return err
	}
	err = make(session)
	if errors.Is(err, ErrEnded) {
		if session, err = t.use(ctx, session); err != nil {
			return err
		}
		t.countLocked(name)
		err = make(session)
	}
	t.countLocked(name)
	return err
}

func (t *trip) countLocked(call string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(call)
}

func (t *trip) count(call string) {
	if t.visit.Totals.Calls == nil {
		t.visit.Totals.Calls = map[string]int{}
	}
	t.visit.Totals.Calls[call]++
}

// refuseAll ends all places that are not over.
func (t *trip) refuseAll(r *remedy.Refusal) {
	for i := range t.visit.Places {
		if p := &t.visit.Places[i]; !p.Over {
			p.Over, p.Cause, p.Why = true, r.Cause, remedy.Scrub(r.Err.Error())
		}
	}
}

// heeds is how often a visit asks whether somebody has stopped the sweep.
const heeds = 5 * time.Second

// goesOn tells whether another page may be read: nobody has stopped the sweep, and there is time.
func (t *trip) goesOn(ctx context.Context) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.Now(); !t.stopped && !t.short(ctx) && now.Sub(t.asked) >= heeds {
		sweep, err := t.Store.Sweep(ctx, t.visit.Sweep)
		if err != nil {
			return false, err
		}
		t.asked, t.stopped = now, sweep.State != Running
	}
	t.stopped = t.stopped || t.short(ctx)
	return !t.stopped, nil
}

// record writes how far the visit has come. It is called with the lock.
func (t *trip) record(ctx context.Context) error {
	v := t.visit
	v.Places = slices.Clone(v.Places)
	v.Totals.Calls = maps.Clone(v.Totals.Calls)
	return t.Store.Record(ctx, v, false, t.Now())
}
