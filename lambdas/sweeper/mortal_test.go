package sweeper_test

import (
	"context"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// mortal is a store that does nothing any more for a process that was killed.
type mortal struct {
	sweeper.Store
	*world
}

func (m mortal) write(name string, do func() error) error { return m.step(name, do) }

func (m mortal) Begin(ctx context.Context, s sweeper.Sweep, replaces string) error {
	return m.write("Begin", func() error { return m.Store.Begin(ctx, s, replaces) })
}

func (m mortal) Turn(ctx context.Context, id string, from, to sweeper.State, now time.Time) (ok bool, err error) {
	err = m.write("Turn", func() error { ok, err = m.Store.Turn(ctx, id, from, to, now); return err })
	return ok, err
}

func (m mortal) Dispatch(ctx context.Context, id string, p sweeper.Page, visits int, now time.Time) error {
	return m.write("Dispatch", func() error { return m.Store.Dispatch(ctx, id, p, visits, now) })
}

func (m mortal) Claim(ctx context.Context, v sweeper.Visit, now time.Time) (claimed sweeper.Visit, err error) {
	err = m.write("Claim", func() error { claimed, err = m.Store.Claim(ctx, v, now); return err })
	return claimed, err
}

func (m mortal) Record(ctx context.Context, v sweeper.Visit, release bool, now time.Time) error {
	return m.write("Record", func() error { return m.Store.Record(ctx, v, release, now) })
}

func (m mortal) End(ctx context.Context, v sweeper.Visit, c sweeper.Coverage) error {
	return m.write("End", func() error { return m.Store.End(ctx, v, c) })
}

func (m mortal) Finish(ctx context.Context, id string, now time.Time) (ok bool, err error) {
	err = m.write("Finish", func() error { ok, err = m.Store.Finish(ctx, id, now); return err })
	return ok, err
}

func (m mortal) Tell(ctx context.Context, id string, told []remedy.Channel, over bool, news string,
	now time.Time) error {
	return m.write("Tell", func() error { return m.Store.Tell(ctx, id, told, over, news, now) })
}

// The world is the keeper of accounts and of policies.
type (
	accountKeeper struct{ *world }
	policyKeeper  struct{ *world }
)

func (k accountKeeper) Keep(context.Context, time.Time, ...remedy.Account) error {
	return k.step("Keep accounts", func() error { return nil })
}

func (k policyKeeper) Keep(_ context.Context, _ string, page []remedy.Good) error {
	return k.keep(page)
}
