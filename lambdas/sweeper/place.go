package sweeper

import (
	"context"
	"errors"
	"sync"

	"locksmith/lambdas/remedy"
)

const (
	chunk    = 100 // resources whose policies are in memory at the same time, for each place
	hopeless = 5   // reads that are refused, with none that is not, from which on a place is given up
)

// place lists and reads one place to its end, page by page, and then what was left of earlier pages.
func (t *trip) place(ctx context.Context, i int) error {
	p := t.visit.Places[i] // nobody else writes it meanwhile
	for !p.Over {
		if on, err := t.goesOn(ctx); !on || err != nil {
			return err
		}
		var page []Resource
		next := ""
		err := t.call(ctx, listCall(t.visit.Task), func(s Session) (err error) {
			page, next, err = s.List(ctx, p.Region, p.Token)
			return err
		})
		if refusal := (*remedy.Refusal)(nil); errors.As(err, &refusal) {
			p.Over, p.Cause, p.Why = true, refusal.Cause, remedy.Scrub(refusal.Err.Error())
		} else if err != nil {
			return err
		}
		n, err := t.page(ctx, &p, page)
		if err != nil {
			return err
		}
		p.Empty = !p.Over && p.Pages == 0 && len(page) == 0 && next == ""
		p.Pages, p.Token, p.Over = p.Pages+1, next, p.Over || next == ""
		if err := t.done(ctx, i, p, n); err != nil {
			return err
		}
	}
	if !p.retries() {
		return nil
	}
	return t.readLeft(ctx, i, p)
}

// done records that a page of a place is done.
func (t *trip) done(ctx context.Context, i int, p Place, n Totals) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visit.Places[i] = p
	t.visit.Totals.add(n)
	return t.record(ctx)
}

// readLeft reads once more what could not be read.
func (t *trip) readLeft(ctx context.Context, i int, p Place) error {
	var resources []Resource
	var final []Left
	for _, l := range p.Left {
		if l.Final {
			final = append(final, l)
			continue
		}
		resources = append(resources, l.Resource)
	}
	p.Left = final
	n, err := t.page(ctx, &p, resources)
	if err != nil {
		return err
	}
	return t.done(ctx, i, p, n)
}

// retries tells whether something was left that may be read later.
func (p Place) retries() bool {
	for _, l := range p.Left {
		if !l.Final {
			return true
		}
	}
	return false
}

func listCall(task Task) string {
	if task == Buckets {
		return "ListBuckets"
	}
	return "ListQueues"
}

func readCall(task Task) string {
	if task == Buckets {
		return "GetBucketPolicy"
	}
	return "GetQueueAttributes"
}

// page reads and judges the resources of a page, some at a time, and sends what it finds.
func (t *trip) page(ctx context.Context, p *Place, resources []Resource) (Totals, error) {
	var n Totals
	for len(resources) > 0 && p.Cause == "" {
		some := resources[:min(chunk, len(resources))]
		resources = resources[len(some):]
		looks, err := t.read(ctx, some)
		if err != nil {
			return n, err
		}
		refused, cause := 0, (*remedy.Refusal)(nil)
		for _, l := range looks {
			if l.refusal != nil {
				refused, cause = refused+1, l.refusal
			}
		}
		if refused == len(looks) && p.Read == 0 && refused >= min(hopeless, len(some)) {
			p.Over, p.Cause, p.Why = true, cause.Cause, remedy.Scrub(cause.Err.Error())
			return n, nil
		}
		found, err := t.sort(ctx, p, looks)
		if err != nil {
			return n, err
		}
		p.Read += len(looks) - len(unread(looks))
		n.Resources += len(looks) - len(unread(looks))
		n.Findings += found
		if len(p.Left) > tooMany {
			return n, errors.New(p.Left[len(p.Left)-1].Why)
		}
	}
	return n, nil
}

// A look is one resource's policy, as it was read.
type look struct {
	Resource
	policy  string
	refusal *remedy.Refusal
	err     error // worth a retry
}

func unread(looks []look) (left []Left) {
	for _, l := range looks {
		switch {
		case l.refusal != nil:
			left = append(left, Left{l.Resource, remedy.Scrub(l.refusal.Error()), true})
		case l.err != nil:
			left = append(left, Left{l.Resource, remedy.Scrub(l.err.Error()), false})
		}
	}
	return left
}

// read reads the policies side by side. After some that were refused, and none that was not, it reads no more. The
// error is that of the context.
func (t *trip) read(ctx context.Context, resources []Resource) ([]look, error) {
	looks := make([]look, 0, len(resources))
	var mu sync.Mutex
	var all sync.WaitGroup
	passed, refused := 0, 0
	for _, r := range resources {
		t.reading <- struct{}{}
		mu.Lock()
		over := passed == 0 && refused >= hopeless || ctx.Err() != nil
		mu.Unlock()
		if over {
			<-t.reading
			break
		}
		all.Go(func() {
			defer func() { <-t.reading }()
			l := t.look(ctx, r)
			mu.Lock()
			defer mu.Unlock()
			if l.refusal != nil {
				refused++
			} else {
				passed++
			}
			looks = append(looks, l)
		})
	}
	all.Wait()
	return looks, ctx.Err()
}

// look reads one policy.
func (t *trip) look(ctx context.Context, r Resource) look {
	l := look{Resource: r}
	l.err = t.call(ctx, readCall(t.visit.Task), func(s Session) (err error) {
		l.policy, err = s.Policy(ctx, r)
		return err
	})
	if errors.As(l.err, &l.refusal) {
		l.err = nil
	}
	return l
}
