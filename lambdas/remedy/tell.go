package remedy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// tell tells people, and closes the entry. Of a lockout that goes on they are told once, and again each day. They are
// not told at each event, since a pipeline may apply the same policy every ten minutes. What goes on stays open in the
// ledger: see [Flow.Remind].
func (f *Flow) tell(ctx context.Context, e *Entry, ruling allowlist.Ruling) (err error) {
	notice := Notice{Change: e.Change, Verdict: e.Verdict, Outcome: e.Outcome}
	if e.before.Result != "" {
		notice.Lasts = f.Now().Sub(e.Change.Time)
	}
	telling := Telling{Of: subject(notice), EventID: e.Change.EventID, At: f.Now()}
	switch {
	case e.mute != "":
		e.Quiet = e.mute
	case e.Quiet != ownDoing || e.Outcome.Result != StoodDown:
		e.Quiet, err = f.toldBefore(ctx, *e, telling, ruling)
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if e.Quiet == "" {
		if err := f.send(ctx, e, notice); err != nil {
			return err
		}
		e.Telling = telling
	} else if e.mute == seenOpen {
		e.Telling = telling
	}
	f.close(e)
	if err := f.record(ctx, e); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// send sends the notice. One that would page an account beyond its limit goes into the account's digest instead, in the
// record that closes the entry.
func (f *Flow) send(ctx context.Context, e *Entry, n Notice) (err error) {
	if n.NeedsPerson() && !slices.Contains(e.Told, Pages) {
		free, err := f.Ledger.Page(ctx, e.Change.Account)
		if err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
		if !free {
			e.Listed, e.Quiet = true, "the account has had its pages of this hour: this is in its digest"
			return nil
		}
	}
	f.compared(ctx, e)
	n.Outcome.Before = e.Outcome.Before
	if e.Told, err = f.Teller.Tell(ctx, n, e.Told); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	return nil
}

// close ends the work on an event. What goes on is looked at again: what is held when tokens may be free, the rest in a
// day.
func (f *Flow) close(e *Entry) {
	e.State, e.Open = Closed, e.Outcome.stays() && !e.ends
	switch e.Due = f.Now().Add(Daily); {
	case !e.Open:
		e.Due = time.Time{}
	case e.Outcome.Result == Held:
		e.Due = f.Now().Add(time.Hour)
	}
}

// subject is what a notice means, so that a repetition can be recognized: the result, its cause, the account, the
// verdict and what the locking statements say, whatever they are called, and nothing of the event. Where nothing goes
// on after the notice it is the result alone: after good news, bad news is news.
func subject(n Notice) string {
	o := n.Outcome
	if !o.Result.goesOn() {
		return string(o.Result)
	}
	why := ""
	if o.Result == NotCovered {
		why = o.Why // which rule has run out, or that there never was one
	}
	return fmt.Sprintf("%s %s %s %s %s %s", o.Result, o.Cause, n.Change.Account, why, n.Verdict.Answer,
		meaning(n.Policy(), n.Verdict.Statements))
}

// goesOn tells whether the result leaves the resource as it is, so that the next event about it may bring no news.
func (r Result) goesOn() bool {
	switch r {
	case NotCovered, NotifyOnly, Deliberate, Sealed, Undecided, Held, Observed, Failed, Restricted:
		return true
	}
	return false
}

// stays tells whether the resource has to be looked at again, until it is seen open. Who may open a restricted one can
// do so, and a seal that is meant is meant to stay.
func (o Outcome) stays() bool { return o.Result.goesOn() && o.Result != Restricted && !o.Meant }

// toldBefore says when people were told the same, if that is less than a day ago. A notice that was sent on some
// channels already is sent on the others, too.
func (f *Flow) toldBefore(ctx context.Context, e Entry, t Telling, ruling allowlist.Ruling) (string, error) {
	if !e.Outcome.Result.goesOn() || len(e.Told) > 0 {
		return "", nil
	}
	last, err := f.Ledger.LastTold(ctx, e.Change.Resource)
	if err != nil || last.Of != t.Of || t.At.Sub(last.At) >= Daily {
		return "", err
	}
	if e.Change.Time.Sub(last.At) >= Settling && !f.repeatable(e) {
		return "", nil
	}
	return fmt.Sprintf("people were told the same at %s, by the notice about event %s",
		last.At.UTC().Format(time.RFC3339), last.EventID), nil
}

// repeatable tells whether the call can be made while its own policy is in force. If it cannot, then somebody had
// unlocked the resource in between, and this is a new lockout. Root can make the call, and so can a principal that the
// policy spares: then it is no lockout when nobody in particular counts as an administrator. A sweep makes no call, so
// that nothing follows from what it finds.
func (f *Flow) repeatable(e Entry) bool {
	locks := e.Verdict.Answer == lockout.Lockout || e.Verdict.Answer == lockout.Sealed
	if e.Change.Found() || !locks || e.Change.By.Kind == "Root" {
		return true
	}
	n := Notice{Change: e.Change, Outcome: e.Outcome}
	return passes(f.judge(e.Change, n.Policy(), allowlist.Ruling{}))
}
