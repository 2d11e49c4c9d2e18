package chaos

import (
	"context"
	"fmt"
	"strings"

	"locksmith/lambdas/remedy"
)

// A wish is the undo that a person is about, and the entry whose policy it is.
type wish struct {
	remedy.Undo
	of      remedy.Entry
	putting string // its policy, while that is being put
}

// undo is a person who wants back a policy that was taken off. Whoever locks again on purpose says so. The command may
// die as the function does, and hear of an error.
func (w *world) undo() {
	var saved []remedy.Entry
	for _, e := range w.Incidents() {
		if len(e.Kept) > 0 && e.State == remedy.Closed {
			saved = append(saved, e)
		}
	}
	if len(saved) == 0 {
		return
	}
	e := saved[w.IntN(len(saved))]
	of, err := w.Ledger.Find(context.Background(), e.Change.EventID, e.Change.Resource)
	if err != nil {
		w.tell("an undo finds nothing: %v", err)
		return
	}
	u := remedy.Undo{Copy: 1 + w.IntN(len(of.Copies)), Repaired: w.IntN(2) == 0, Anyway: w.IntN(4) == 0,
		By: remedy.Caller{ARN: "arn:aws:iam::999988887777:user/kim", Kind: "person"}}
	w.tell("a person undoes %s of %s, copy %d, repaired %t, anyway %t", of.Change.EventID, of.Change.Resource, u.Copy,
		u.Repaired, u.Anyway)
	w.wish = &wish{Undo: u, of: of}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		w.mu.Lock()
		w.dead, w.nested = false, false
		w.mu.Unlock()
		w.wish = nil
		w.tell("the undo ends: %v", err)
	}()
	_, err = w.Flow.Undo(context.Background(), of, u)
}

// replace holds an undo to what it promises, before its policy is put: there is nothing, or what we have put ourselves,
// or that policy already, since the first reply was lost, unless somebody has put another so late that its last look
// cannot have shown it.
func (w *world) replace(arn, before string) {
	for _, r := range w.resources {
		wanted := before == "" || same(before, w.wish.of.Outcome.Put) || same(before, w.wish.putting)
		if r.arn == arn && !wanted && !w.unseen(r) {
			w.breaks("an undo overwrites nothing that somebody has put since: %s has %s", arn, before)
		}
	}
}

// checkUndone: of every policy that was put back people have heard.
func (w *world) checkUndone() {
	mails := w.cloud.Inbox(w.Topics.Alerts)
	for _, event := range w.undone {
		heard := false
		for _, m := range mails {
			heard = heard || strings.Contains(m.Subject, "RESTORED") && strings.Contains(m.For("email"), event)
		}
		if !heard {
			w.breaks("an undo is told: nobody heard of %s", event)
		}
	}
}
