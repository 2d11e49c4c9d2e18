package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
)

// An Audit is one of the whole organization. First it lists all accounts, then it looks at them, some side by side.
//
// A worker does as much as its time allows and leaves the rest to a message. What it has done is in the rows: whoever
// goes on looks at no account twice. One worker at a time has the lease.
type Audit struct {
	ID       string    `json:"id"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"`
	Done     int       `json:"done"`          // accounts that have a row
	Of       int       `json:"of"`            // accounts that are listed
	Why      string    `json:"why,omitempty"` // why it ended without looking at all

	Listed bool   `json:"-"` // all accounts are
	Token  string `json:"-"` // of the organization's page that comes next
	Pages  int    `json:"-"` // of ours
	Next   int    `json:"-"` // the page that is looked at
	Passed int    `json:"-"` // accounts on the pages before it

	Fence int64     `json:"-"` // which claim this is, and until when the lease lasts; the store's own
	Until time.Time `json:"-"`
}

// A Member is an account of the organization, as an audit listed it.
type Member struct {
	Number string `json:"number"`
	Name   string `json:"name,omitempty"`
	State  string `json:"state"` // as Organizations says it
}

const (
	perPage = 100             // members on a page of ours
	lease   = 5 * time.Minute // of a worker whose time has no end
	rest    = 30 * time.Second
)

// Survey begins an audit of the organization where the last one began longer ago than age, and does as much of it as
// the time allows. One that is under way is gone on with, unless another worker is at it. Either way the answer is how
// far it has come.
func (c *Custodian) Survey(ctx context.Context, age time.Duration) (Audit, error) {
	a, err := c.Store.Audit(ctx)
	if err != nil && !errors.Is(err, ErrNone) {
		return a, err
	}
	if err != nil || c.Now().Sub(a.Started) >= age && c.abandoned(a) {
		a, err = c.begin(ctx, a.ID)
	}
	if err != nil || !a.Finished.IsZero() {
		return a, err
	}
	err = c.Continue(ctx, a.ID)
	if err != nil && !errors.As(err, new(*remedy.Later)) {
		if err = c.postpone(ctx, a.ID, err); err != nil {
			return a, err
		}
	}
	return c.Store.Audit(ctx)
}

// postpone has an audit gone on with that has met an error. Whoever waits for rows gets those that there are.
func (c *Custodian) postpone(ctx context.Context, id string, cause error) error {
	if c.Queue == nil {
		return cause
	}
	c.Log.WarnContext(ctx, "audit of root credentials goes on later", "audit", id, "error", remedy.Scrub(cause.Error()))
	return c.Queue.Continue(ctx, id, c.Now().Add(rest))
}

// stale is how long an audit may take. One that takes longer is begun anew.
const stale = 12 * time.Hour

func (c *Custodian) abandoned(a Audit) bool {
	return !a.Finished.IsZero() || c.Now().Sub(a.Started) > stale
}

// begin begins an audit. Of several that would, one does.
func (c *Custodian) begin(ctx context.Context, over string) (Audit, error) {
	now := c.Now().UTC()
	a := Audit{ID: "audit-" + now.Format("20060102T150405.000Z"), Started: now}
	err := c.Store.Begin(ctx, a, over)
	if errors.Is(err, ErrChanged) {
		return c.Store.Audit(ctx)
	}
	return a, err
}

// Continue goes on with an audit, for as long as the time allows. While another worker has it, the error is a
// *[remedy.Later]. An audit that is over, or not the last one any more, is nothing to do.
func (c *Custodian) Continue(ctx context.Context, id string) error {
	until, ends := ctx.Deadline()
	if !ends {
		until = c.Now().Add(lease)
	}
	a, err := c.Store.Claim(ctx, id, c.Now(), until)
	if errors.Is(err, ErrChanged) {
		return nil
	}
	if err != nil || !a.Finished.IsZero() {
		return err
	}
	err = c.list(ctx, &a)
	if err == nil {
		err = c.pages(ctx, &a)
	}
	if err == nil {
		return c.finish(ctx, a)
	}
	return c.handOver(ctx, a, err)
}

// handOver gives the lease back, and has the audit gone on with. An error that is not lack of time is the caller's, who
// is called again.
func (c *Custodian) handOver(ctx context.Context, a Audit, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), margin)
	defer cancel()
	if errors.Is(cause, ErrChanged) {
		return nil // another worker has it
	}
	if err := c.Store.Record(ctx, a, true); err != nil {
		return errors.Join(cause, err)
	}
	if !errors.Is(cause, errShort) {
		return cause
	}
	if c.Queue == nil {
		return nil
	}
	at := c.Now()
	if errors.Is(cause, pace.ErrThrottled) {
		at = at.Add(rest)
	}
	return c.Queue.Continue(ctx, a.ID, at)
}

// list lists the organization, page by page, and keeps it in pages of ours. Where nobody may list it, the audit is
// over.
func (c *Custodian) list(ctx context.Context, a *Audit) error {
	var members []Member
	token := a.Token
	for !a.Listed {
		if c.short(ctx) {
			return errShort // the pages after the last of ours are listed again
		}
		accounts, next, err := c.Accounts.Accounts(ctx, token)
		if refusal := (*remedy.Refusal)(nil); errors.As(err, &refusal) && token == "" {
			a.Listed, a.Why = true, "the accounts of the organization cannot be listed: "+remedy.Scrub(refusal.Err.Error())
			return c.Store.Record(ctx, *a, false)
		} else if errors.As(err, &refusal) { // the token is too old
			token, members = "", nil
			a.Token, a.Pages, a.Of = "", 0, 0
			continue
		}
		if ctx.Err() != nil {
			return errShort
		}
		if err != nil {
			return fmt.Errorf("accounts of the organization: %w", err)
		}
		for _, m := range accounts {
			members = append(members, Member{Number: m.Number, Name: m.Name, State: m.State})
		}
		token = next
		if len(members) < perPage && next != "" {
			continue
		}
		if err := c.Store.PutPage(ctx, a.ID, a.Pages, members, c.Now()); err != nil {
			return err
		}
		a.Pages, a.Of, a.Token, a.Listed, members = a.Pages+1, a.Of+len(members), next, next == "", nil
		if err := c.Store.Record(ctx, *a, false); err != nil {
			return err
		}
	}
	return nil
}

// pages looks at all accounts that have no row yet.
func (c *Custodian) pages(ctx context.Context, a *Audit) error {
	known := c.Store.Kept // of the first page that another worker may have left in the middle
	for a.Next < a.Pages {
		members, err := c.Store.Page(ctx, a.ID, a.Next)
		if err != nil {
			return err
		}
		kept := map[string]bool{}
		if known != nil {
			kept, err = known(ctx, a.ID, ids(members, func(m Member) string { return m.Number }))
		}
		if err != nil {
			return err
		}
		known = nil
		done, err := c.onePage(ctx, a.ID, members, kept)
		a.Done = a.Passed + done
		if err != nil {
			return err
		}
		a.Next, a.Passed = a.Next+1, a.Passed+len(members)
		if err := c.Store.Record(ctx, *a, false); err != nil {
			return err
		}
	}
	return nil
}

// onePage looks at the accounts of a page, some side by side, and tells how many have a row then. The error is
// errShort, or the store's: no account's.
func (c *Custodian) onePage(ctx context.Context, id string, members []Member, kept map[string]bool) (done int,
	err error) {
	var workers errgroup.Group
	workers.SetLimit(cmp.Or(c.Side, 8))
	rows := make([]bool, len(members))
	for i, m := range members {
		if rows[i] = kept[m.Number]; rows[i] {
			continue
		}
		workers.Go(func() error {
			row, err := c.within(ctx, id, m)
			if err == nil {
				err = c.Store.Keep(ctx, id, row)
			}
			rows[i] = err == nil
			return err
		})
	}
	err = workers.Wait()
	for _, is := range rows {
		if is {
			done++
		}
	}
	return done, err
}

// within looks at an account that may take some time and no more.
func (c *Custodian) within(ctx context.Context, id string, m Member) (Row, error) {
	bounded, cancel := context.WithCancel(ctx) // its deadline is the worker's, for which time is kept back
	defer cancel()
	patience := cmp.Or(c.Patience, 2*time.Minute)
	defer time.AfterFunc(patience, cancel).Stop()
	row, err := c.look(bounded, id, m)
	if errors.Is(err, errShort) && !errors.Is(err, pace.ErrThrottled) && !c.short(ctx) {
		row = Row{Account: m.Number, Name: m.Name, State: Failed, At: c.Now().UTC(),
			Why: fmt.Sprintf("no answer within %s", patience)}
		row.whole()
		return row, nil
	}
	return row, err
}

// finish ends an audit. Accounts that have left the organization lose their rows.
func (c *Custodian) finish(ctx context.Context, a Audit) error {
	left := 0
	var err error
	if a.Why == "" {
		left, err = c.Store.Forget(ctx, a.ID, a.Started)
	}
	if err != nil {
		return c.handOver(ctx, a, err)
	}
	a.Finished = c.Now().UTC()
	if err := c.Store.Record(ctx, a, true); err != nil && !errors.Is(err, ErrChanged) {
		return err
	}
	c.Log.InfoContext(ctx, "root credentials audited", "audit", a.ID, "accounts", a.Of, "left", left, "why", a.Why)
	return nil
}
