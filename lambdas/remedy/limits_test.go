package remedy_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// TestWhatNobodyCanNameIsADeadLetterSoon: a message that is no record at all is told once, at its first try. It is the
// only copy of itself, so it goes to the dead letters, and no retry is waited for.
func TestWhatNobodyCanNameIsADeadLetterSoon(t *testing.T) {
	w := newWorld(t, rules)
	unfinished := 0
	w.Flow.Report = func(r remedy.Report) {
		if r.Err != nil && !r.Repeated {
			unfinished++
		}
	}
	const message = `{"detail-type":"AWS API Call via CloudTrail","detail":{"eventName":7}}`
	w.cloud.Send(w.Queue, message)
	for w.Deliver(context.Background()) > 0 {
	}
	if got := w.cloud.Bodies(w.DeadLetters); len(got) != 1 || got[0] != message || len(w.cloud.Bodies(w.Queue)) != 0 {
		t.Errorf("dead letters %q, on the queue %q", got, w.cloud.Bodies(w.Queue))
	}
	if len(w.pages()) != 1 || len(w.subjects()) != 1 || unfinished != 1 {
		t.Errorf("mails %q, pages %q, %d unfinished", w.subjects(), w.pages(), unfinished)
	}
}

// TestWhatCannotBeToldIsTriedAgain: as long as nobody has heard of a message that nobody can name, it does not hurry.
func TestWhatCannotBeToldIsTriedAgain(t *testing.T) {
	w := newWorld(t, rules)
	down := true
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if down && c.Action == "Publish" {
			return &cloud.Fault{Code: "InternalError", Status: 500}
		}
		return nil
	})
	w.cloud.Send(w.Queue, `{"no":"record"}`)
	w.Deliver(context.Background())
	if w.Deliver(context.Background()) != 0 || len(w.cloud.Bodies(w.DeadLetters)) != 0 {
		t.Error("it came again at once")
	}
	down = false
	w.pass(4 * time.Minute)
	for w.Deliver(context.Background()) > 0 {
	}
	if len(w.pages()) != 1 || len(w.cloud.Bodies(w.DeadLetters)) != 1 {
		t.Errorf("pages %q, dead letters %d", w.pages(), len(w.cloud.Bodies(w.DeadLetters)))
	}
}

// TestUnfinishedEventsPageWithinTheLimit: root is out of reach, and many lockouts of one account take many tries, or
// end the function each time. People are paged five times in the hour. The digest has the rest.
func TestUnfinishedEventsPageWithinTheLimit(t *testing.T) {
	for name, deadly := range map[string]bool{"they fail": false, "they end the function": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, rules)
			w.Flow.Tries = 20
			w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Action == "AssumeRoot" {
					return &cloud.Fault{Code: "InternalError", Status: 500}
				}
				return nil
			})
			w.lockQueues(account, 8, false)
			bodies := w.cloud.Bodies(w.Queue)
			for try := range 5 {
				for _, body := range bodies {
					if c, err := remedy.Parse([]byte(body)); deadly && err == nil {
						_, _ = w.Ledger.Claim(t.Context(), remedy.Incident{Change: c})
					} else if w.Flow.Handle(t.Context(), remedy.Delivery{Event: []byte(body), Try: try + 1}) == nil {
						t.Error("it came to an end")
					}
				}
				w.pass(6 * time.Minute)
			}
			for _, body := range bodies {
				_ = w.Flow.Handle(t.Context(), remedy.Delivery{Event: []byte(body), Try: 6})
			}
			if len(w.pages()) != 5 || len(w.subjects()) != 5 {
				t.Errorf("%d pages, %d mails", len(w.pages()), len(w.subjects()))
			}
			w.pass(30 * time.Minute)
			if err := w.Flow.Remind(t.Context(), remedy.Delivery{Try: 1}); err != nil || len(w.pages()) != 6 {
				t.Fatalf("%v, pages %q", err, w.pages())
			}
			if page := w.cloud.Inbox(w.Topics.Alerts)[5].For("email"); strings.Count(page, "arn:aws:sqs:") != 3 {
				t.Errorf("digest\n%s", page)
			}
		})
	}
}
