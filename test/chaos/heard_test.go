package chaos

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// A notice is what people were mailed of a change, and when.
type notice struct {
	event, resource string
	found           bool // it was about a finding of a sweep
	result          remedy.Result
	policy          string
	at              time.Time
}

// hear notes what people were mailed. What became of the incident after that does not change what they have heard.
func (w *world) hear(n remedy.Notice) {
	policy := cmp.Or(n.Outcome.Removed, n.Outcome.Live, n.Change.Policy)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard,
		notice{n.Change.EventID, n.Change.Resource, n.Change.Found(), n.Outcome.Result, policy, w.now})
}

// recorded is what CloudTrail writes of a call that puts a policy.
type recorded struct {
	EventID           string
	EventTime         time.Time
	ErrorCode         string
	RequestParameters struct {
		BucketName, QueueURL string
		BucketPolicy         json.RawMessage
		Attributes           struct{ Policy string }
	}
}

// checkHeard: of every lockout people have heard.
func (w *world) checkHeard() {
	mails := w.cloud.Inbox(w.Topics.Alerts)
	letters := strings.Join(w.cloud.Bodies(w.DeadLetters), "\n")
	for _, raw := range w.cloud.Events() {
		var event struct{ Detail recorded }
		if err := json.Unmarshal(raw, &event); err != nil {
			w.breaks("event: %v", err)
			continue
		}
		asked := event.Detail.RequestParameters
		policy, name := asked.Attributes.Policy, path.Base(asked.QueueURL)
		if policy == "" {
			policy, name = string(asked.BucketPolicy), asked.BucketName
		}
		label, known := w.labelOf(policy)
		if !known || event.Detail.ErrorCode != "" || !label.told {
			continue
		}
		heard := slices.ContainsFunc(mails, func(m cloud.Mail) bool {
			return strings.Contains(m.For("email"), event.Detail.EventID)
		})
		if !heard && !w.foundToo(name, policy, event.Detail.EventTime, mails) &&
			!w.toldBefore(event.Detail.EventID) && !strings.Contains(letters, event.Detail.EventID) {
			w.breaks("every proven lockout ends unlocked or told: nobody heard of event %s, %s", event.Detail.EventID,
				policy)
		}
	}
}

// foundToo tells whether people have heard of an event's policy by the notice about a sweep's finding. It may have been
// found, or read when the finding was looked at after the policy was put. Its statements may have other names there.
func (w *world) foundToo(name, policy string, put time.Time, mails []cloud.Mail) bool {
	return slices.ContainsFunc(w.heard, func(n notice) bool {
		return n.found && strings.HasSuffix(n.resource, ":"+name) && alike(policy, n.policy) && !n.at.Before(put)
	}) || slices.ContainsFunc(w.Incidents(), func(e remedy.Entry) bool {
		return e.Change.Found() && e.Change.Name() == name && (same(policy, e.Change.Policy) || same(policy, e.Saved)) &&
			(e.Quiet != "" || slices.ContainsFunc(mails, func(m cloud.Mail) bool {
				return strings.Contains(m.For("email"), e.Change.EventID)
			}))
	})
}

// toldBefore tells whether people heard of the same lockout by the notice about another event, less than a day before,
// or of a later change of the resource, with which this one was over.
func (w *world) toldBefore(event string) bool {
	for _, e := range w.Incidents() {
		if e.Change.EventID != event || e.Quiet == "" {
			continue
		}
		if e.Quiet == "it was seen to be open" {
			return true // at a reminder, which comes only after people were told
		}
		return slices.ContainsFunc(w.heard, func(n notice) bool {
			if n.event == event || n.resource != e.Change.Resource {
				return false
			}
			return strings.Contains(e.Quiet, n.event) && n.result == e.Outcome.Result ||
				strings.Contains(e.Quiet, "heard of a later change") && w.later(n, e)
		})
	}
	return false
}

// later tells whether a notice was about a change of the resource after that of an entry.
func (w *world) later(n notice, e remedy.Entry) bool {
	return slices.ContainsFunc(w.Incidents(), func(other remedy.Entry) bool {
		return other.Change.EventID == n.event && other.Change.Resource == n.resource &&
			other.Change.Time.After(e.Change.Time)
	})
}

// alike tells whether two policies say the same, whatever their statements are called.
func alike(a, b string) bool { return unnamed(a) != "" && unnamed(a) == unnamed(b) }

// unnamed is what a policy's statements say, in any order.
func unnamed(policy string) string {
	var p struct{ Statement []map[string]any }
	if json.Unmarshal([]byte(policy), &p) != nil {
		return ""
	}
	var all []string
	for _, st := range p.Statement {
		delete(st, "Sid")
		all = append(all, fmt.Sprint(st))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}
