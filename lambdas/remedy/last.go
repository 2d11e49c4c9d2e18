package remedy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"locksmith/policies/lockout"
)

// patience is how many tries of an event may fail before people are told that it takes so many. It is tried on, until
// the queue gives up.
const patience = 5

func (f *Flow) patience() int { return min(patience, f.Tries) }

// unsure is an error that may have come after the effect: what the ledger holds is not known.
type unsure struct{ error }

func (u unsure) Unwrap() error { return u.error }

func isLater(err error) bool { return errors.As(err, new(*Later)) }

// giveBack ends a try that failed, or came too early. It returns the lease, so that the next try need not wait for it
// to run out. The event is not finished, so the error goes back to the queue.
func (f *Flow) giveBack(ctx context.Context, r *Report, e Entry, cause error) error {
	if errors.Is(cause, ErrBusy) || errors.As(cause, new(unsure)) {
		return cause // the lease is another worker's, or it runs out, and then the ledger tells how far we came
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forLease)
	defer cancel()
	if e.Release = true; isLater(cause) {
		e.Laters++
	} else {
		e.Failures, e.Failure = e.Failures+1, scrubbed{cause}.Error()
	}
	e.endAct(f.Now())
	if err := f.Ledger.Record(ctx, e); err != nil {
		return errors.Join(cause, fmt.Errorf("ledger: %w", err))
	}
	r.laters = e.Laters
	return cause
}

// lastNotice runs when a delivery has failed that was one of many, or the last. It tells people what is known: the
// lockout that remains, the event that could not be read, or the act whose notice did not go out. In the end the event
// goes to the dead letters. Played again from there, it goes on where it stopped.
func (f *Flow) lastNotice(ctx context.Context, d Delivery, r *Report) {
	last := d.Try >= f.Tries
	enough := !isLater(r.Err) && (r.claimed && d.Try-r.laters >= patience || !r.claimed && d.Try == patience)
	if f.Tries == 0 || !last && !enough || r.warned || r.Repeated || passes(r.Verdict) && r.Outcome.Result == "" {
		return
	}
	r.Last = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forNotice)
	defer cancel()
	why := fmt.Sprintf("not finished after %d tries: %v", d.Try, r.Err)
	if errors.Is(r.Err, ErrBusy) {
		why += "; it may be open by now"
	}
	switch {
	case r.Change.Resource == "":
		r.Outcome = Outcome{Result: Unreadable, At: f.Now(), Why: why}
	case r.Outcome.Result == "":
		r.Outcome = Outcome{Result: Failed, Cause: Unexpected, At: f.Now(), Why: why}
	}
	n := Notice{Change: r.Change, Verdict: r.Verdict, Outcome: r.Outcome}
	listed, err := f.warn(ctx, n, r.told, func() error { return f.noteWarning(ctx, r, true) })
	if err != nil {
		r.Err = errors.Join(r.Err, scrubbed{err})
		return
	}
	if !r.claimed || listed {
		return
	}
	if err := f.noteWarning(ctx, r, false); err != nil {
		f.Log.WarnContext(ctx, "warning not noted", "eventId", r.Change.EventID, "error", scrubbed{err}.Error())
	}
}

// warn tells people of an event that is not finished. Where the account has had its pages of this hour, list puts it
// into the account's digest. What cannot be listed is mailed, and pages nobody.
func (f *Flow) warn(ctx context.Context, n Notice, told []Channel, list func() error) (listed bool, err error) {
	if n.NeedsPerson() && !slices.Contains(told, Pages) {
		free, err := f.Ledger.Page(ctx, n.Change.Account)
		if !free && err == nil { // without the ledger it is better to page too often
			if list() == nil {
				return true, nil
			}
			told = append(slices.Clone(told), Pages)
		}
	}
	_, err = f.Teller.Tell(ctx, n, told)
	return false, err
}

// noteWarning writes into the entry, as the ledger has it, that people were told, or will be by the digest. Where that
// fails they are told once more.
func (f *Flow) noteWarning(ctx context.Context, r *Report, listed bool) error {
	if !r.claimed {
		return ErrNoEntry
	}
	e, err := f.Ledger.Find(ctx, r.Change.EventID, r.Change.Resource)
	if err != nil {
		return err
	}
	e.Copies, e.Warned, e.Release, e.Listed = nil, true, true, listed
	return f.Ledger.Record(ctx, e)
}

// unexplained is what people are told of deliveries that ended without an error.
func unexplained(tries int) string {
	return fmt.Sprintf("%d deliveries of the event came to nothing and left no error: the function may have run out "+
		"of memory or time on it; it is tried on", tries)
}

// warnUnjudged tells people of an event that was delivered often and never came so far as the ledger, before its policy
// is judged once more: that may be what ended the function.
func (f *Flow) warnUnjudged(ctx context.Context, d Delivery, r *Report) {
	if f.Tries == 0 || d.Try <= f.patience() {
		return
	}
	c := r.Change
	if _, err := f.Ledger.Find(ctx, c.EventID, c.Resource); !errors.Is(err, ErrNoEntry) {
		return // it is known how far it came; or the ledger is out of reach, and the last notice says so
	}
	v := lockout.Verdict{Answer: lockout.Undecided, Reasons: []string{"the policy could not be judged"}}
	e, err := f.Ledger.Claim(ctx, Incident{Change: c, Verdict: v})
	if err != nil || e.State != Claimed {
		return
	}
	r.Verdict = v
	f.warnUnexplained(ctx, d, r, &e)
	e.Release = true
	if err := f.Ledger.Record(ctx, e); err != nil {
		f.Log.WarnContext(ctx, "warning not noted", "eventId", c.EventID, "error", scrubbed{err}.Error())
	}
}

// warnUnexplained tells people of an entry whose earlier tries have left neither an end nor an error, before anything
// else is tried.
func (f *Flow) warnUnexplained(ctx context.Context, d Delivery, r *Report, e *Entry) {
	tried := d.Try - 1 - e.Laters
	if f.Tries == 0 || e.Warned || tried < f.patience() || e.Failures >= tried {
		return
	}
	n := Notice{Change: e.Change, Verdict: r.Verdict, Outcome: Outcome{Result: Failed, Cause: Unexpected,
		Removed: e.Saved, At: f.Now(), Why: unexplained(tried)}}
	if e.Saved != "" {
		n.Outcome.Why = also(n.Outcome.Why, savedBefore)
	}
	_, err := f.warn(ctx, n, nil, func() error {
		e.Listed, e.Warned = true, true
		return f.record(ctx, e)
	})
	if e.Listed = false; err != nil {
		f.Log.WarnContext(ctx, "warning not sent", "eventId", e.Change.EventID, "error", scrubbed{err}.Error())
		return
	}
	e.Warned, r.warned = true, true
}
