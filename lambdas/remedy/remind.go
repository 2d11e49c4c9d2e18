package remedy

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"locksmith/policies/allowlist"
)

// A reminder is a message on the work queue that a schedule sends each hour.
type reminder struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
}

// isReminder tells a reminder from an event. Only the schedule's can be on the queue: the rule that feeds it lets
// nothing through but calls of S3 and SQS.
func isReminder(body string) bool {
	var r reminder
	return json.Unmarshal([]byte(body), &r) == nil && r.Source == ownSource && r.DetailType == "Reminder"
}

// attended is how much one delivery of a reminder sees to. The rest is left to its next delivery.
const attended = 25

// Remind sees to what is open in the ledger and due. It takes up what was held back, tells people again each day of
// what is still locked, sends the digests, and closes what is seen to be open. One that fails is left for an hour.
func (f *Flow) Remind(ctx context.Context, d Delivery) error {
	if err := f.expiring(ctx); err != nil {
		f.Log.WarnContext(ctx, "allow list's warnings not told", "error", scrubbed{err}.Error())
	}
	waiting, err := f.Ledger.Waiting(ctx)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	for i, w := range waiting {
		deadline, limited := ctx.Deadline()
		if i == attended || limited && f.Now().Add(3*margin).After(deadline) {
			if d.Try >= f.Tries {
				break // the next reminder goes on
			}
			return &Later{f.Now().Add(time.Second), fmt.Sprintf("%d open incidents are still due", len(waiting)-i)}
		}
		if err := f.attend(ctx, w); err != nil {
			f.Log.WarnContext(ctx, "reminder not finished", "eventId", w.EventID, "resource", w.Resource, "digest",
				w.Digest, "error", scrubbed{err}.Error())
		}
	}
	return nil
}

// attend sees to one open incident or digest.
func (f *Flow) attend(ctx context.Context, w Waiting) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(ctx, f.Log, p)
		}
	}()
	if w.Digest != "" {
		return f.sendDigest(ctx, w)
	}
	found, err := f.Ledger.Find(ctx, w.EventID, w.Resource)
	if err != nil {
		return err
	}
	_, err = f.again(ctx, found)
	return err
}

// seenOpen is why nobody is told that what people were told of is over: it is good news, and a lock after it is news.
const seenOpen = "it was seen to be open"

// again takes up an entry, unless it was closed for good meanwhile.
func (f *Flow) again(ctx context.Context, found Entry) (open bool, err error) {
	e, err := f.Ledger.Claim(ctx, Incident{Change: found.Change, Verdict: found.Verdict, Again: true})
	if err != nil || !e.Open {
		return false, err
	}
	return true, f.takeUp(ctx, &e)
}

// takeUp leads an open entry through the steps again, from a fresh look at the resource on. For that it opens root, and
// so only where something was proved locked.
func (f *Flow) takeUp(ctx context.Context, e *Entry) error {
	e.Due = f.Now().Add(time.Hour) // where this fails
	f, err := f.knowing(ctx, e.Change)
	if err != nil {
		return err
	}
	switch {
	case e.Change.Asked != nil:
	case e.State == Closed:
		e.reopen()
	case e.Change.Call == undone && e.State != Settled:
		e.cutShort(f.Now())
	}
	// The look asks the directory, where that is needed.
	ruling := f.Allow.Find(e.Change.Resource, allowlist.Account{Number: e.Change.Account}, f.Now())
	r := Report{Change: e.Change, At: f.Now()}
	if e.Change.Asked != nil {
		return f.dropped(ctx, e, ruling)
	}
	if e.State != Settled {
		if e.State == Claimed {
			e.Outcome = Outcome{}
			if ruling.Rule != nil {
				e.Outcome.Rule = ruling.Rule.Name
			}
		}
		if err := f.unproved(ctx, e, ruling); err != nil {
			return f.giveBack(ctx, &r, *e, fmt.Errorf("ledger: %w", err))
		}
		if err := f.settle(ctx, e, ruling); err != nil {
			return f.giveBack(ctx, &r, *e, err)
		}
	}
	if e.Outcome.Result == StoodDown && e.before.Result != "" {
		e.mute = cmp.Or(e.mute, seenOpen)
	}
	if err := f.tell(ctx, e, ruling); err != nil {
		return f.giveBack(ctx, &r, *e, err)
	}
	r.Verdict, r.Outcome, r.Quiet = e.Verdict, e.Outcome, e.Quiet
	f.report(ctx, &r)
	return nil
}

// reopen readies a closed entry to be looked at once more. What was saved may have been taken off.
func (e *Entry) reopen() {
	e.before, e.Told, e.Quiet = e.Outcome, nil, ""
	e.State = Claimed
	if e.Saved != "" {
		e.State = Saved
	}
	e.Outcome = Outcome{Rule: e.Outcome.Rule}
}

// sendDigest tells what happened in an account in an hour beyond its pages.
func (f *Flow) sendDigest(ctx context.Context, w Waiting) error {
	summary, err := f.Ledger.Digest(ctx, w.Digest)
	if err != nil {
		return err
	}
	n := Notice{Change: Change{EventID: w.Digest, Account: w.Account, Time: summary.From}, Digest: &summary,
		Outcome: Outcome{Result: Digest, At: f.Now(), Why: fmt.Sprintf(
			"the account has had its pages of that hour; %s beyond them",
			count(len(summary.Items)+summary.More, "notice"))}}
	if _, err := f.Teller.Tell(ctx, n, nil); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	return f.Ledger.Sent(ctx, w.Digest)
}
