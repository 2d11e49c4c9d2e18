package sweeper

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// idle is how long a running sweep may do nothing before another may begin. Its messages are in the dead letters by
// then, whose alarm pages.
const idle = 6 * time.Hour

var accountNumber = regexp.MustCompile(`^[0-9]{12}$`)

// Check tells what is wrong with a request.
func (r Request) Check() error {
	for _, a := range r.Accounts {
		if !accountNumber.MatchString(a) {
			return fmt.Errorf("account %q: want twelve digits", a)
		}
	}
	for _, t := range r.Tasks {
		if !slices.Contains(Tasks(), t) {
			return fmt.Errorf("task %q: want %s or %s", t, Buckets, Queues)
		}
	}
	return nil
}

// tasks are those that are asked for.
func (r Request) tasks() []Task {
	if len(r.Tasks) == 0 {
		return Tasks()
	}
	return r.Tasks
}

// Start begins a sweep, unless one is running: then the error is [ErrRunning], and the sweep is that one. A sweep that
// has done nothing for hours is ended as it is, by whoever can tell people of it.
func (s *Sweeper) Start(ctx context.Context, r Request) (Sweep, error) {
	if err := r.Check(); err != nil {
		return Sweep{}, err
	}
	last, err := s.Store.Sweep(ctx, "")
	switch {
	case errors.Is(err, ErrNoSweep):
	case err != nil:
		return Sweep{}, err
	case last.State == Running && s.Now().Sub(last.Updated) < idle:
		return last, fmt.Errorf("%w: %s, since %s", ErrRunning, last.ID, last.Started.UTC().Format(time.RFC3339))
	case last.State == Running && s.Herald == nil:
		return last, fmt.Errorf("%w: %s, which has done nothing since %s: stop it first", ErrRunning, last.ID,
			last.Updated.UTC().Format(time.RFC3339))
	case last.State == Running:
		if err := s.finish(ctx, last); err != nil {
			return Sweep{}, err
		}
	}
	now := s.Now().UTC()
	sweep := Sweep{ID: now.Format("20060102T150405Z"), State: Running, Request: r, Started: now, Updated: now}
	if err := s.Store.Begin(ctx, sweep, last.ID); err != nil {
		return Sweep{}, err
	}
	return sweep, s.send(ctx, order{Do: toDispatch, Sweep: sweep.ID})
}

// Resume goes on with the last sweep, where that was stopped. What was read before is not read again.
func (s *Sweeper) Resume(ctx context.Context) (Sweep, error) {
	last, err := s.Store.Sweep(ctx, "")
	if err != nil {
		return Sweep{}, err
	}
	if turned, err := s.Store.Turn(ctx, last.ID, Stopped, Running, s.Now()); err != nil {
		return Sweep{}, err
	} else if !turned {
		return Sweep{}, fmt.Errorf("sweep %s is %s: only one that was stopped can go on", last.ID, last.State)
	}
	last.State = Running
	return last, s.send(ctx, order{Do: toDispatch, Sweep: last.ID, Resume: true})
}

// Stop ends a sweep, "" for the last one, at the end of the pages that are being read.
func (s *Sweeper) Stop(ctx context.Context, id string) (Sweep, error) {
	sweep, err := s.Store.Sweep(ctx, id)
	if err != nil {
		return Sweep{}, err
	}
	if turned, err := s.Store.Turn(ctx, sweep.ID, Running, Stopped, s.Now()); err != nil {
		return Sweep{}, err
	} else if !turned {
		return Sweep{}, fmt.Errorf("sweep %s is %s: there is nothing to stop", sweep.ID, sweep.State)
	}
	sweep.State = Stopped
	return sweep, nil
}

// send puts orders on the sweep's own queue.
func (s *Sweeper) send(ctx context.Context, orders ...order) error {
	if len(orders) == 0 {
		return nil
	}
	var bodies [][]byte
	for _, o := range orders {
		bodies = append(bodies, o.body())
	}
	return s.Queue.Send(ctx, s.Own, bodies...)
}
