package requests

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long Tend leaves what others are at: telling of a step, and running what was queued.
const (
	telling = time.Minute
	queued  = 5 * time.Minute
)

// Tend sees to what nobody else does any more: it writes the clocks that have run out, tells what is untold, and queues
// what was approved and never ran. It is called every few minutes.
func (d *Desk) Tend(ctx context.Context) error {
	var problems []error
	for from := ""; ; {
		all, next, err := d.Store.List(ctx, Listing{Open: true}, most, from)
		if err != nil {
			return errors.Join(append(problems, fmt.Errorf("open requests: %w", err))...)
		}
		for _, r := range all {
			if err := d.tend(ctx, r); err != nil {
				problems = append(problems, err)
			}
		}
		if from = next; from == "" || ctx.Err() != nil {
			return errors.Join(append(problems, ctx.Err())...)
		}
	}
}

// tend sees to one request, as a list has it.
func (d *Desk) tend(ctx context.Context, listed Request) error {
	if now := d.now(); !listed.settle(now) && !listed.Untold && listed.State != Approved {
		return nil
	}
	before, err := d.get(ctx, listed.ID)
	if err != nil {
		return err
	}
	r, now := before.clone(), d.now()
	if r.settle(now) {
		if r, err = d.write(ctx, before, r); err != nil {
			return err // where somebody else was at it, the next call sees to it
		}
		_, err = d.announce(ctx, r)
		return err
	}
	if r.State == Approved && !now.Before(r.After) && now.Sub(r.last()) >= queued {
		err = d.Queue.Run(ctx, r.Task, r.ID, now)
	}
	if r.Untold && now.Sub(r.last()) >= telling {
		_, untold := d.announce(ctx, r)
		err = errors.Join(err, untold)
	}
	return err
}

// tell tells people of the request's last step. Where that fails, [Desk.Tend] does it again.
func (d *Desk) tell(ctx context.Context, r Request) Request {
	told, err := d.announce(context.WithoutCancel(ctx), r)
	if err != nil {
		d.Log.Error("people could not be told of a request", "request", r.ID, "state", r.State, "error", err)
	}
	return told
}

// announce tells people of the last step, and writes that it did.
func (d *Desk) announce(ctx context.Context, r Request) (Request, error) {
	if !r.Untold {
		return r, nil
	}
	heard, err := d.Herald.Announce(ctx, d.bulletin(r), r.Told)
	step, rounds := r.State, r.Rounds
	for range tries {
		now := r.clone()
		now.Told, now.Untold = heard, err != nil
		written, failed := d.write(ctx, r, now)
		if failed == nil {
			return written, err
		}
		if !errors.Is(failed, ErrChanged) {
			return r, errors.Join(err, failed)
		}
		if r, failed = d.get(ctx, r.ID); failed != nil {
			return r, errors.Join(err, failed)
		}
		if r.State != step || r.Rounds != rounds || !r.Untold {
			return r, err // the next step is told by whoever took it
		}
	}
	return r, errors.Join(err, fmt.Errorf("request %s: %w, again and again", r.ID, ErrChanged))
}
