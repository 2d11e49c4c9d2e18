package sweeper

import (
	"context"
	"errors"
	"slices"
	"sync"

	"locksmith/lambdas/remedy"
)

const (
	chunk    = 100 // resources whose policies are in memory at the same time, for each place
	hopeless = 20  // reads that are all refused, with nothing read before, after which a place is given up
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
		if err := t.done(ctx, i, p, n, len(page) > 0); err != nil {
			return err
		}
	}
	if !p.retries() {
		return nil
	}
	return t.readLeft(ctx, i, p)
}

// done records that a page of a place is done. What costs nothing to repeat is recorded with the next page that does,
// and the last page with the end of the visit, which follows at once.
func (t *trip) done(ctx context.Context, i int, p Place, n Totals, costs bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visit.Places[i] = p
	t.visit.Totals.Add(n)
	open := func(p Place) bool { return !p.Over || p.retries() }
	if !costs || !slices.ContainsFunc(t.visit.Places, open) {
		return nil
	}
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
	return t.done(ctx, i, p, n, true)
}

// retries tells whether something was left that may be read later.
func (p Place) retries() bool {
	return slices.ContainsFunc(p.Left, func(l Left) bool { return !l.Final })
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

// page reads and judges the resources of a page, some at a time, and sends what it finds. As long as nothing of the
// place could be read, it begins with few: where all of them are refused, so would be the rest.
func (t *trip) page(ctx context.Context, p *Place, resources []Resource) (n Totals, err error) {
	for len(resources) > 0 {
		size := chunk
		if p.Read == 0 {
			size = hopeless
		}
		some := resources[:min(size, len(resources))]
		resources = resources[len(some):]
		looks := t.read(ctx, some)
		if err := ctx.Err(); err != nil {
			return n, err
		}
		left, refusal := unread(looks)
		if p.Read == 0 && refusal != nil && len(left) == len(looks) {
			p.Over, p.Cause, p.Why = true, refusal.Cause, remedy.Scrub(refusal.Err.Error())
			return n, nil
		}
		found, err := t.sort(ctx, looks)
		if err != nil {
			return n, err
		}
		p.Left = append(p.Left, left...)
		if len(p.Left) > tooMany {
			return n, errors.New(p.Left[len(p.Left)-1].Why)
		}
		read := len(looks) - len(left)
		p.Read += read
		n.Resources, n.Findings = n.Resources+read, n.Findings+found
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

// unread are the resources that could not be read. The refusal is that of the last, where all of them were refused.
func unread(looks []look) (left []Left, refusal *remedy.Refusal) {
	for _, l := range looks {
		switch {
		case l.refusal != nil:
			left, refusal = append(left, Left{l.Resource, remedy.Scrub(l.refusal.Error()), true}), l.refusal
		case l.err != nil:
			left = append(left, Left{l.Resource, remedy.Scrub(l.err.Error()), false})
		}
	}
	for _, l := range left {
		if !l.Final {
			return left, nil
		}
	}
	return left, refusal
}

// read reads policies side by side.
func (t *trip) read(ctx context.Context, resources []Resource) []look {
	looks := make([]look, len(resources))
	var all sync.WaitGroup
	for i, r := range resources {
		t.reading <- struct{}{}
		all.Go(func() {
			defer func() { <-t.reading }()
			looks[i] = t.look(ctx, r)
		})
	}
	all.Wait()
	return looks
}

// look reads one policy.
func (t *trip) look(ctx context.Context, r Resource) look {
	l := look{Resource: r}
	l.err = t.calmly(ctx, func() error {
		return t.call(ctx, readCall(t.visit.Task), func(s Session) (err error) {
			l.policy, err = s.Policy(ctx, r)
			return err
		})
	})
	if errors.As(l.err, &l.refusal) {
		l.err = nil
	}
	return l
}
