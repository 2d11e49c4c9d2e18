package notice

import (
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// This file has the words for what Locksmith did because a person asked for it at the desk.

// asked tells of a request in its own words. What was forced is not told like a rescue: nobody had proved a lock.
func (s *story) asked() {
	a, o := s.Change.Asked, s.Outcome
	if a == nil {
		return
	}
	how := ""
	switch {
	case a.BreakGlass:
		how = ", at once and past those who have to approve it"
	case len(a.Approved) > 0:
		how = ", and others approved it"
	}
	switch {
	case s.saved() && o.Result == remedy.StoodDown:
		s.label = "NOT KNOWN (by request)"
		s.happened = "A person asked Locksmith to take this policy off, or to change it" + how +
			". What was done is not known."
		s.action = "a look. See what is in force; if that is not what was asked for, ask again."
	case o.Result == remedy.Restored:
		s.happened = "A person asked for this policy to be put back" + how + ". The copy is from the ledger."
		s.did = "Put the policy back, because a person asked for it at the desk."
		if o.Unseen {
			s.label, s.did = "RESTORED (not seen yet)", "Was to put the policy back. Nobody has seen yet that it is in force."
		}
	case o.Result.Opens() && a.Forced:
		w := insisted(o.Result)
		s.label = w.label
		s.happened = "The policy of this " + s.kind + " " + unproved(s.Verdict) + ". A person insisted on it all the same" +
			how + ". " + w.then
		s.action = "no, if you know of it. If not, ask who did it, and why; the ledger has the policy."
	case o.Result.Opens():
		if s.label += " (by request)"; strings.Contains(s.label, ") (") {
			s.label = strings.Replace(s.label, ") (", ", ", 1)
		}
		s.happened += " A person asked for it" + how + "."
	default:
		s.happened += " A person had asked for that" + how + "."
	}
}

// insisted are the words for an act on what was not proved locked.
func insisted(r remedy.Result) words {
	switch r {
	case remedy.Repaired:
		return words{label: "POLICY CHANGED (forced)", then: "Locksmith has taken statements out of it."}
	case remedy.Reinstated:
		return words{label: "POLICY REPLACED (forced)", then: "Locksmith has put the last good one in its place."}
	}
	return words{label: "POLICY DELETED (forced)", then: "Locksmith has deleted it."}
}

// unproved says why a person had to insist.
func unproved(v lockout.Verdict) string {
	if v.Answer == lockout.Lockout || v.Answer == lockout.Sealed {
		return effect(v, remedy.Deliberate) + ", and is marked as meant"
	}
	return "was not proved to lock anybody out"
}

// request is what was asked for, by whom, and why. What people wrote stands in quotes.
func (p *page) request(s story) {
	a := s.Change.Asked
	if a == nil {
		return
	}
	p.heading("WHO ASKED FOR IT")
	facts := []remedy.Fact{{Name: "Request", Value: a.Request}, {Name: "Asked by", Value: s.Change.By.ARN},
		{Name: "Reason", Value: a.Reason}, {Name: "Ticket", Value: a.Ticket}}
	for _, by := range a.Approved {
		facts = append(facts, remedy.Fact{Name: "Approved by", Value: by})
	}
	switch {
	case a.BreakGlass:
		facts = append(facts, remedy.Fact{Name: "Approved by", Value: "nobody: break glass"})
	case len(a.Approved) == 0:
		facts = append(facts, remedy.Fact{Name: "Approved by", Value: "nobody: their entry of the desk asks for no approval"})
	}
	p.facts(facts)
}

// maxApproved is how many names of who approved are shown.
const maxApproved = 10

// showAsked makes what people wrote fit for a place.
func showAsked(a *remedy.Asked, value showing) *remedy.Asked {
	if a == nil {
		return nil
	}
	shown := *a
	shown.Request, shown.Ticket, shown.Of = value(a.Request, maxShort), value(a.Ticket, maxShort), value(a.Of, maxShort)
	shown.Reason = value(a.Reason, maxSentence)
	shown.Approved = nil
	for _, by := range a.Approved[:min(len(a.Approved), maxApproved)] {
		shown.Approved = append(shown.Approved, value(by, maxARN))
	}
	return &shown
}
