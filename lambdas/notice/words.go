package notice

import (
	"cmp"
	"fmt"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// A story is a notice in words: what the forms for people are made of. Its notice is fit to be read.
type story struct {
	remedy.Notice
	raw      remedy.Notice // values as they are, for commands and keys
	kind     string        // bucket, queue or resource
	name     string        // of the bucket or queue
	label    string        // the result in capitals, for subjects
	happened string        // what happened, in a sentence or two
	action   string        // whether somebody has to do something
	did      string        // what Locksmith did
	steps    []step        // what to do next
}

func tell(n remedy.Notice) story {
	o := fromOutside(n)
	s := story{Notice: o.show(n, o.value, o.sentence), raw: o.show(n, o.plain, o.plain)}
	c := s.raw.Change
	s.kind, s.name = kind(c), o.value(cmp.Or(c.Name(), c.Resource, "(unknown)"), maxARN)
	w, ok := wording[s.Outcome.Result]
	if !ok {
		w = words{"UNKNOWN RESULT", "", "What became of it, this program has no words for.", "", "yes, a look."}
	}
	if gone := s.gone(); gone != (words{}) {
		w = gone
	}
	if s.Outcome.Result == remedy.Restored && (n.Verdict.Answer == lockout.Lockout || n.Verdict.Answer == lockout.Sealed) {
		w.label = "RESTORED (locks again)"
		w.action = "no, if you know of it. If not, ask who did it, and why; open it by hand."
	}
	s.label = cmp.Or(w.label, stays(n.Verdict)+w.suffix)
	s.happened = "The policy of this " + s.kind + " " + effect(n.Verdict, n.Outcome.Result) + ". " + w.then
	if own := s.own(); own != "" {
		s.happened = own
	}
	if s.Lasts > 0 {
		s.label += ", for " + long(s.Lasts)
		since := "It has been so for " + long(s.Lasts) + "."
		if s.Outcome.Result == remedy.Undecided { // nobody has looked
			since = "That was " + long(s.Lasts) + " ago."
		}
		s.happened += " " + since
	}
	s.did, s.action = w.did, w.action
	if s.saved() {
		s.did = "Saved the policy that was in force. It may have been taken off, by this try or by an earlier one."
	}
	s.asked()
	s.steps = next(s.raw)
	return s
}

// own is what happened where the notice is about no policy, or about one that nobody judged.
func (s story) own() string {
	switch s.Outcome.Result {
	case remedy.Unreadable:
		if s.Change.Found() {
			return "What a sweep found about a bucket or queue could not be read. Whether it locks anybody out is not known."
		}
		return "An event about the policy of a bucket or queue could not be read. Whether it locks anybody out is not known."
	case remedy.Digest:
		return fmt.Sprintf("%s of this account in one hour were not paged one by one, since it had had its share of pages. "+
			"They are listed here.", count(s.listed(), "incident", "incidents"))
	case remedy.Expiring:
		return "The allow list says who may be unlocked. Something in it needs people."
	}
	return ""
}

// who is who put the policy, as far as anybody knows. Why a sweep came to look at it is in the call.
func (s story) who() string {
	by := s.Change.By
	switch call := s.Change.Call; {
	case call == remedy.Sweep:
		return "found by a sweep; who put the policy is not known"
	case s.Change.Found():
		return "found by a sweep after " + call + "; who put the policy is not known"
	case by.Kind != "":
		return by.ARN + " (" + by.Kind + ")"
	}
	return by.ARN
}

// aboutOne tells whether the notice is about one resource.
func (s story) aboutOne() bool {
	return s.Outcome.Result != remedy.Digest && s.Outcome.Result != remedy.Expiring
}

// listed is how many incidents a digest stands for.
func (s story) listed() int {
	if s.Digest == nil {
		return 0
	}
	return len(s.Digest.Items) + s.Digest.More
}

// saved tells whether a policy was saved by an act that was not seen to its end.
func (s story) saved() bool {
	r := s.Outcome.Result
	return s.Outcome.Removed != "" && !r.Opens() && r != remedy.Restored && r != remedy.Overtaken
}

// named is what a subject is about, in a line of at most n bytes: the resource and its account, as far as the event
// names them. A long name loses its middle.
func (s story) named(n int) string {
	before, after := " "+s.kind+" ", ascii(" ("+s.Change.Account+")")
	switch {
	case s.Outcome.Result == remedy.Expiring:
		return ""
	case s.Outcome.Result == remedy.Digest:
		return middle(" "+count(s.listed(), "incident", "incidents")+after, n)
	case s.Outcome.Result == remedy.Unreadable && s.Change.Resource == "" && s.Change.Account == "":
		return ""
	case s.Outcome.Result == remedy.Unreadable && s.Change.Resource == "":
		return middle(ascii(" in account "+s.Change.Account), n)
	}
	return before + middle(ascii(s.name), n-len(before)-len(after)) + after
}

func kind(c remedy.Change) string {
	switch c.Service() {
	case "s3":
		return "bucket"
	case "sqs":
		return "queue"
	}
	return "resource"
}

// long says how long something lasts.
func long(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return count(int(d/(24*time.Hour)), "day", "days")
	case d >= 2*time.Hour:
		return count(int(d/time.Hour), "hour", "hours")
	}
	return count(int(d/time.Minute), "minute", "minutes")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// words are what people read about a result.
type words struct {
	label  string // in capitals; "" where it depends on the verdict
	suffix string // what then follows in the label
	then   string // what became of it, after what the policy does
	did    string // what Locksmith did, before the outcome's own sentence
	action string // whether somebody has to do something
}

const untouched = "Changed nothing."

var wording = map[remedy.Result]words{
	remedy.Unlocked: {"UNLOCKED", "", "Locksmith has taken it off: they can get in again.", taken,
		"not now. Put a corrected policy back when you can: what the old one allowed, and what it forbade, is gone " +
			"with it."},
	remedy.Repaired: {"REPAIRED", "", "Locksmith has taken out the statements that did: they can get in again.", replaced,
		"not now. Put those statements back when you can, corrected: what they forbade is allowed until then."},
	remedy.Reinstated: {"REINSTATED", "", "Locksmith has put the last good policy in its place: they can get in again.",
		reinstated, "not now. What the policy said beside its lock is gone with it: put that in anew when you can."},
	remedy.StoodDown: {"STOOD DOWN", "", "When Locksmith looked again, that was over.", untouched,
		"no."},
	remedy.NotCovered: {"", " (not covered)", "The allow list does not let Locksmith touch it.", untouched,
		"yes, now. It stays as it is until somebody opens it by hand."},
	remedy.NotifyOnly: {"", " (notify only)", "The allow list says to tell people and touch nothing.", untouched,
		"yes, now. It stays as it is until somebody opens it by hand."},
	remedy.Deliberate: {"LOCKED ON PURPOSE", "", "It is marked as meant, so Locksmith left it alone.", untouched,
		"no, if you know of it. If not, ask who did it, and why; it can be opened by hand."},
	remedy.Sealed: {"SEALED", "", "That may be meant as a protection, so Locksmith left it alone.", untouched,
		"no, if it is meant. If not, open it by hand."},
	remedy.Undecided: {"UNDECIDED", "", "Locksmith could not settle it, and so left it alone.", untouched,
		"yes, a look. Try to get in; if you cannot, open it by hand."},
	remedy.Held: {"", " (held back)", "Locksmith has unlocked too much lately, and holds back for now.", untouched,
		"yes, now. Find out who or what keeps locking, and stop it. Locksmith tries again when its guards permit; " +
			"who cannot wait opens it by hand."},
	remedy.Observed: {"", " (observe mode)", "Locksmith would have taken it off, but it is deployed to observe only.",
		untouched, "yes, now. It stays as it is until somebody opens it by hand, or Locksmith may act."},
	remedy.Failed: {"", " (failed)", "Locksmith tried to open it and could not.", "Tried, and could not open it.",
		"yes, now. It stays as it is until somebody opens it by hand."},
	remedy.Unreadable: {"UNREADABLE EVENT", "", "", untouched,
		"yes, a look. If it is a change that locked something, open it by hand."},
	remedy.Restricted: {"MAY BE LOCKED (restricted)", "", "Maybe nobody can use that today.", untouched,
		"a look today. If nobody has what it asks for, it is as good as locked: open it by hand."},
	remedy.Overtaken: {"OVERTAKEN", "", "It was put moments before Locksmith acted on the policy before it, and may " +
		"have been taken off with that.", "Saved this policy in the ledger. Took off the one before it.",
		"yes. See whether it is still there; if not, put it back from the ledger."},
	remedy.Restored: {"RESTORED", "", "A person has put it back, from the copy in the ledger. The change told of below " +
		"is the one that set it first.",
		"Put the policy back, because a person asked for it with locksmith undo.",
		"no, if you know of it. If not, ask who did it, and why."},
	remedy.Digest: {"DIGEST", "", "", "Kept these back from the pager.", "yes, a look at each."},
	remedy.Expiring: {"ALLOW LIST", "", "", "Read the allow list.",
		"yes, in time. What no rule covers, Locksmith leaves locked."},
}

const (
	taken    = "Saved the policy in the ledger, then deleted it."
	replaced = "Saved the policy in the ledger, then put it back without the statements above."

	reinstated = "Saved the policy in the ledger, then put the last good one in its place."
)

// gone has the words for an unlock that is no plain good news: it could not be seen, or something went with the policy.
func (s story) gone() words {
	o := s.Outcome
	label, did, then := "UNLOCKED", taken, "Locksmith has taken it off: they can get in again. Something that did not "+
		"lock went with it."
	switch o.Result {
	case remedy.Unlocked:
	case remedy.Repaired:
		label, did = "REPAIRED", replaced
	case remedy.Reinstated:
		label, did = "REINSTATED", reinstated
		then = "Locksmith has put the last good policy in its place: they can get in again. Something that did not lock " +
			"went with the other one."
	default:
		return words{}
	}
	switch {
	case o.Unseen:
		return words{label + " (not seen yet)", "",
			"The service has accepted its change. Nobody has seen yet that it is in force.", did,
			"yes, a look. Try to get in; if you cannot, open it by hand."}
	case o.Corrected.Text != "" && len(o.Losses) > 0:
		return words{label + " (protections gone)", "", then, did,
			"yes. Read what went with the policy, and put the corrected policy back."}
	case len(o.Losses) > 0:
		return words{label + " (protections gone)", "", then, did,
			"yes. Read what went with the policy, and put back what is needed of it."}
	}
	return words{}
}

// stays begins the label of what Locksmith left as it was.
func stays(v lockout.Verdict) string {
	if v.Answer == lockout.Lockout || v.Answer == lockout.Sealed {
		return "STILL LOCKED"
	}
	return "MAY BE LOCKED"
}

// effect says what the policy does, no more than the verdict proved. With administrators named in the allow list, a
// lockout may spare others.
func effect(v lockout.Verdict, r remedy.Result) string {
	past := r.Opens() || r == remedy.StoodDown
	switch {
	case v.Answer == lockout.Lockout && past:
		return "locked its administrators out"
	case v.Answer == lockout.Lockout:
		return "locks its administrators out"
	case v.Answer == lockout.Sealed && past:
		return "could not be changed by any of its administrators"
	case v.Answer == lockout.Sealed:
		return "cannot be changed by any of its administrators, although they have other access"
	case v.Answer == lockout.Restricted && r == remedy.Restricted:
		return "leaves a way in only to whoever has or knows what it asks for"
	case v.Answer == lockout.Open || v.Answer == lockout.Restricted:
		return "locks nobody out"
	case past:
		return "may have locked its administrators out"
	}
	return "may lock its administrators out"
}
