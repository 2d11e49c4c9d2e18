package chaos

import (
	"context"
	"slices"

	"locksmith/lambdas/remedy"
)

// A killer is a process that dies now and then between two steps: it panics, and nothing that would come after it
// happens.
type killer struct {
	w *world
	remedy.Root
	remedy.Ledger
	remedy.Teller
}

// maybe lets something happen between two steps: the function is killed, a second worker comes, or somebody whom the
// lock spares puts it right.
func (k *killer) maybe(place, arn string) {
	w := k.w
	if w.isDead() {
		panic("killed long ago")
	}
	if w.calm() {
		return
	}
	if place == "after saved" && w.IntN(3) == 0 {
		w.correct(arn)
		return
	}
	switch w.IntN(75) {
	case 0, 1, 2:
		w.tell("killed %s", place)
		panic("killed " + place)
	case 3:
		w.tell("out of memory %s", place)
		w.die()
		panic("out of memory " + place)
	case 4, 5:
		w.second(place)
	case 6, 7, 8, 9, 10, 11, 12, 13, 14, 15:
		w.correct(arn)
	}
}

func (k *killer) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	k.maybe("before AssumeRoot", c.Resource)
	s, err := k.Root.Open(ctx, c)
	return mortal{s, k, c, c.Resource}, err
}

func (k *killer) Claim(ctx context.Context, i remedy.Incident) (remedy.Entry, error) {
	k.maybe("before the claim", i.Change.Resource)
	e, err := k.Ledger.Claim(ctx, i)
	k.maybe("after the claim", i.Change.Resource)
	return e, err
}

func (k *killer) Record(ctx context.Context, e remedy.Entry) error {
	k.maybe("before "+string(e.State), e.Change.Resource)
	err := k.Ledger.Record(ctx, e)
	k.maybe("after "+string(e.State), e.Change.Resource)
	return err
}

func (k *killer) Tell(ctx context.Context, n remedy.Notice, told []remedy.Channel) ([]remedy.Channel, error) {
	k.maybe("before telling", n.Change.Resource)
	told, err := k.Teller.Tell(ctx, n, told)
	if slices.Contains(told, remedy.Alerts) {
		k.w.hear(n)
	}
	k.maybe("after telling", n.Change.Resource)
	return told, err
}

type mortal struct {
	remedy.Session
	killer *killer
	of     remedy.Change
	arn    string
}

func (m mortal) Policy(ctx context.Context) (string, error) {
	policy, err := m.Session.Policy(ctx)
	m.killer.maybe("after reading", m.arn)
	return policy, err
}

func (m mortal) Delete(ctx context.Context) error {
	m.killer.maybe("before deleting", m.arn)
	before := m.killer.w.cloud.Policy(m.arn)
	err := m.Session.Delete(ctx)
	m.killer.w.compare(m.arn, before, true)
	m.killer.maybe("after deleting", m.arn)
	return err
}

func (m mortal) Put(ctx context.Context, policy string) error {
	m.killer.maybe("before putting", m.arn)
	w, undo := m.killer.w, m.of.Call == "undo"
	before := w.cloud.Policy(m.arn)
	if undo {
		w.wish.putting = policy
	}
	err := m.Session.Put(ctx, policy)
	if undo {
		w.wish.putting = ""
		if w.cloud.Policy(m.arn) != before {
			w.undone = append(w.undone, m.of.EventID)
		}
	}
	if w.compare(m.arn, before, !undo || !w.wish.Anyway); undo {
		w.tell("put back: %s", m.arn)
	}
	m.killer.maybe("after putting", m.arn)
	return err
}
