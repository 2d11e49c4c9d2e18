package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// breaks notes that an invariant of the design does not hold.
func (w *world) breaks(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, fmt.Sprintf(format, arguments...))
}

// watch hears of every call before it is done, and holds those of root sessions, and what people are told, to the
// invariants.
func (w *world) watch(c cloud.Call) {
	root := strings.HasSuffix(c.Caller, ":root")
	w.mu.Lock()
	w.calls++
	if root && (c.Action == "GetBucketPolicy" || c.Action == "GetQueueAttributes") {
		w.reads[c.Resource] = moment{w.calls, w.now}
	}
	w.mu.Unlock()
	switch {
	case root && (c.Action == "DeleteBucketPolicy" || c.Action == "PutBucketPolicy" ||
		c.Action == "SetQueueAttributes"):
		w.change(c)
	case c.Action == "Publish":
		w.tell("%s", c.Action)
	}
}

// change holds a change by a root session to the invariants: what is there is a lockout that a rule covers, and it has
// been saved. A policy that is gone already, or repaired, may be taken off or put again: the first reply was lost.
func (w *world) change(c cloud.Call) {
	before := w.cloud.Policy(c.Resource)
	if w.wish != nil && w.wish.putting != "" {
		w.replace(c.Resource, before)
		return
	}
	w.tell("%s %s, which has %q", c.Action, c.Resource, before)
	i := slices.IndexFunc(w.resources, func(r resource) bool { return r.arn == c.Resource })
	if i < 0 {
		w.breaks("only resources of the world are changed: %s of %q", c.Action, c.Resource)
		return
	}
	if account := w.resources[i].account; account == told || account == strange {
		w.breaks("no resource that the allow list does not cover is changed: %s of %s", c.Action, c.Resource)
	}
	label, _ := w.labelOf(before)
	if before != "" && !label.locks && w.unseen(w.resources[i]) {
		return // see checkKept
	}
	saved := slices.ContainsFunc(w.Incidents(), func(e remedy.Entry) bool {
		saved, _ := w.labelOf(e.Saved)
		return e.Change.Resource == c.Resource && e.Saved != "" &&
			(before == "" || same(e.Saved, before) || same(before, saved.rest) || w.isPast(e, before))
	})
	if !saved && (before == "" || !w.unseen(w.resources[i])) { // as for one that does not lock
		w.breaks("every change is preceded by a saved copy: %s of %s, which has %q", c.Action, c.Resource, before)
	}
	if before != "" && !label.locks && !w.isRest(before) && !w.wasPut(c.Resource, before) {
		w.breaks("no policy that does not lock is changed: %s of %s, which has %q", c.Action, c.Resource, before)
	}
	if strings.Contains(before, "Quarantine") {
		w.breaks("no policy that is meant is changed: %s", c.Resource)
	}
}

// isRest tells whether a policy is what a repair leaves.
func (w *world) isRest(policy string) bool {
	for _, t := range w.labels {
		if same(t.rest, policy) {
			return true
		}
	}
	return false
}

// check holds the settled world to the invariants.
func (w *world) check() {
	w.checkHeard()
	if w.quiet {
		w.checkOnce(w.cloud.Inbox(w.Topics.Alerts))
		w.checkOnce(w.cloud.Inbox(w.Topics.Pages))
	}
	w.nextDay()
	w.checkResources()
	w.checkTokens()
	w.checkKept()
	w.checkFound()
	w.checkUndone()
	w.checkSecrets(w.cloud.Inbox(w.Topics.Alerts))
}

// checkOnce: where nothing fails, nobody is told the same of one event twice, however often it came. What a sweep finds
// there later is news.
func (w *world) checkOnce(messages []cloud.Mail) {
	for _, e := range w.Incidents() {
		times := map[string]int{}
		for _, m := range messages {
			if strings.Contains(m.For("email"), e.Change.EventID) {
				times[m.Subject]++
			}
		}
		for subject, n := range times {
			if n > 1 && !strings.Contains(subject, "RESTORED") {
				w.breaks("duplicates tell nobody twice: event %s of %s was told %d times as %s", e.Change.EventID,
					e.Change.Resource, n, subject)
			}
		}
	}
}

// labelOf finds a policy by its meaning, since CloudTrail writes bucket policies anew.
func (w *world) labelOf(policy string) (template, bool) {
	if len(w.meanings) != len(w.labels) {
		w.meanings = map[string]template{}
		for text, label := range w.labels {
			w.meanings[meaning(text)] = label
		}
	}
	label, known := w.meanings[meaning(policy)]
	return label, known && policy != ""
}

// meaning is the same for two texts of the same policy.
func meaning(policy string) string {
	var v any
	if json.Unmarshal([]byte(policy), &v) != nil {
		return ""
	}
	return fmt.Sprint(v)
}

func same(a, b string) bool { return meaning(a) != "" && meaning(a) == meaning(b) }

// checkResources: what is told as unlocked was unlocked, and what is still locked where a rule says to act was held
// back, and told.
func (w *world) checkResources() {
	for _, e := range w.Incidents() {
		if e.State != remedy.Closed {
			w.breaks("every entry is closed in the end: %s of %s is %s, open %t, due %s: %s",
				e.Change.EventID, e.Change.Resource, e.State, e.Open, e.Due.Format(time.DateTime), e.Failure)
		}
	}
	for _, r := range w.resources {
		label, _ := w.labelOf(w.cloud.Policy(r.arn))
		if !label.locks || r.account == told || r.account == strange {
			continue
		}
		failed := slices.ContainsFunc(w.Incidents(), func(e remedy.Entry) bool {
			return e.Change.Resource == r.arn && e.Outcome.Result == remedy.Failed
		})
		if !failed && len(w.cloud.Bodies(w.DeadLetters)) == 0 {
			w.breaks("every lockout that a rule covers is unlocked, held back no longer than a day: %s has %s", r.arn,
				w.cloud.Policy(r.arn))
		}
	}
	for _, m := range w.cloud.Inbox(w.Topics.Alerts) {
		if !strings.Contains(m.Subject, "UNLOCKED") && !strings.Contains(m.Subject, "REPAIRED") &&
			!strings.Contains(m.Subject, "REINSTATED") {
			continue
		}
		text := m.For("email")
		done := slices.ContainsFunc(w.Incidents(), func(e remedy.Entry) bool {
			return strings.Contains(text, e.Change.EventID) && e.Saved != "" && e.Outcome.Result.Opens()
		})
		if !done {
			w.breaks("nobody is told of what was not done: %s", m.Subject)
		}
	}
}

// checkSecrets: no credential of a root session is anywhere.
func (w *world) checkSecrets(mails []cloud.Mail) {
	entries, err := json.Marshal(w.Incidents())
	if err != nil {
		w.breaks("ledger: %v", err)
	}
	all := w.log.String() + string(entries) + fmt.Sprint(mails, w.cloud.Inbox(w.Topics.Pages),
		w.cloud.Inbox(w.Topics.Chat))
	for _, secret := range w.cloud.Secrets() {
		if strings.Contains(all, secret) {
			w.breaks("no credential is written: %s…", secret[:4])
		}
	}
}
