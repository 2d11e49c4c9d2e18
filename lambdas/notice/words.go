package notice

import (
	"cmp"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// A story is a notice in words: what the forms for people are made of. All of it is harmless.
type story struct {
	remedy.Notice
	kind     string // bucket, queue or resource
	name     string // of the bucket or queue
	label    string // the result in capitals, for subjects
	happened string // what happened, in a sentence or two
	action   string // whether somebody has to do something
	did      string // what Locksmith did
	steps    []step // what to do next
}

func tell(n remedy.Notice) story {
	n = harmless(n)
	s := story{Notice: n, kind: kind(n.Change), name: cmp.Or(n.Change.Name(), n.Change.Resource, "(unknown)")}
	w, ok := wording[n.Outcome.Result]
	if !ok {
		w = words{"UNKNOWN RESULT", "", "What became of it, this program has no words for.", "", "yes, a look."}
	}
	s.label = cmp.Or(w.label, stays(n.Verdict)+w.suffix)
	s.happened = "The policy of this " + s.kind + " " + effect(n.Verdict, n.Outcome.Result) + ". " + w.then
	if n.Outcome.Result == remedy.Unreadable {
		s.happened = "An event about the policy of a bucket or queue could not be read. " +
			"Whether it locks anybody out is not known."
	}
	s.did, s.action, s.steps = w.did, w.action, next(n)
	return s
}

// named is the resource and its account in a line of at most n bytes, and nothing for an event that could not be read.
// A long name loses its middle.
func (s story) named(n int) string {
	if s.Outcome.Result == remedy.Unreadable {
		return ""
	}
	before, after := " "+s.kind+" ", ascii(" ("+s.Change.Account+")")
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
	remedy.Unlocked: {"UNLOCKED", "", "Locksmith has taken it off: they can get in again.",
		"Saved the policy in the ledger, then deleted it.",
		"not now. Put a corrected policy back when you can: what the old one allowed, and what it forbade, is gone " +
			"with it."},
	remedy.Repaired: {"REPAIRED", "", "Locksmith has taken out the statements that did: they can get in again.",
		"Saved the policy in the ledger, then put it back without the statements above.",
		"not now. Put those statements back when you can, corrected: what they forbade is allowed until then."},
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
	remedy.Held: {"", " (held back)", "Locksmith has unlocked too much lately, and holds back.", untouched,
		"yes, now. Find out who or what keeps locking, stop it, and open by hand."},
	remedy.Observed: {"", " (observe mode)", "Locksmith would have taken it off, but it is deployed to observe only.",
		untouched, "yes, now. It stays as it is until somebody opens it by hand, or Locksmith may act."},
	remedy.Failed: {"", " (failed)", "Locksmith tried to open it and could not.", "Tried, and could not open it.",
		"yes, now. It stays as it is until somebody opens it by hand."},
	remedy.Unreadable: {"UNREADABLE EVENT", "", "",
		"Tried as often as the work queue allows. The message is in the dead letters now.",
		"yes, a look. If it is a change that locked something, open it by hand."},
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
	past := r == remedy.Unlocked || r == remedy.Repaired || r == remedy.StoodDown
	switch {
	case v.Answer == lockout.Lockout && past:
		return "locked its administrators out"
	case v.Answer == lockout.Lockout:
		return "locks its administrators out"
	case v.Answer == lockout.Sealed && past:
		return "could not be changed by any of its administrators"
	case v.Answer == lockout.Sealed:
		return "cannot be changed by any of its administrators, although they have other access"
	case past:
		return "may have locked its administrators out"
	}
	return "may lock its administrators out"
}
