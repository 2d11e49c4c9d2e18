package requests

// This file is what people are told about a request.

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
)

// Path is where the desk shows a request.
func Path(id string) string { return "/requests/" + id }

// bulletin tells of the request's last step. What anybody can write stands in facts.
func (d *Desk) bulletin(r Request) remedy.Bulletin {
	b := remedy.Bulletin{Kind: "request", ID: fmt.Sprintf("request-%s-%s-%d", r.ID, r.State, r.Rounds),
		Account: r.Account, At: r.last(), Page: r.pages(), Link: Path(r.ID)}
	b.Title = fmt.Sprintf("%s in %s: %s", what(r.Task), r.Account, r.headline())
	b.Text, b.Action = r.text()
	if r.State != Done && r.Outcome != nil && len(r.Outcome.Steps) > 0 {
		b.Text = append(b.Text, "What was done before that is below.")
	}
	if r.BreakGlass {
		b.Title = "Break glass: " + b.Title
		b.Text = append(b.Text, "It was not put before those who approve such requests. They are listed below, and should "+
			"look at what was done.")
	}
	b.Facts = r.facts()
	return b
}

// pages tells whether somebody has to be called now.
func (r *Request) pages() bool {
	stoodDown := r.Outcome != nil && r.Outcome.Result == StoodDown
	return r.BreakGlass || r.State == Unknown || r.State == Failed && !stoodDown ||
		r.State == Done && r.Task == CreatePassword
}

// what is a task in plain words.
func what(task Task) string {
	switch task {
	case Unlock:
		return "Unlock"
	case Force:
		return "Force on what is not proved locked"
	case Restore:
		return "Restore of a saved policy"
	case CreatePassword:
		return "Password recovery for root"
	case DeleteCredentials:
		return "Deletion of root's credentials"
	}
	return task
}

// headline says the state in some words.
func (r *Request) headline() string {
	switch r.State {
	case Requested:
		if r.Rounds > 0 {
			return "waits again for " + people(r.Needs)
		}
		return "waits for " + people(r.Needs)
	case Approved, Running:
		return "runs now"
	case Done:
		return "done, " + r.Outcome.Result
	case Failed:
		if r.Outcome.Result == StoodDown {
			return "stood down"
		}
		return "failed"
	case Unknown:
		return "how it ended is not known"
	}
	return string(r.State)
}

func people(n int) string {
	if n == 1 {
		return "one approval"
	}
	return fmt.Sprintf("%d approvals", n)
}

// text says the state in sentences, and what to do now.
func (r *Request) text() (text []string, action string) {
	until := r.Expires.UTC().Format(time.RFC1123)
	switch r.State {
	case Requested:
		if r.Rounds > 0 {
			text = append(text, "The request was approved, and did not run: the approvals were not for what is there now. "+
				"They do not count any more.")
		}
		return append(text, fmt.Sprintf("Somebody asks for a root task. It needs %s by other people until %s. "+
			"One denial ends it.", people(r.Needs), until)), "Look at the request, then approve or deny it."
	case Approved:
		return []string{"The request is approved, and runs now. If it has not by " + until + ", it does not any more."}, ""
	case Running:
		return []string{"The request runs now."}, ""
	case Done:
		return []string{"The request has run. What was done is below."}, ""
	case Failed:
		if r.Outcome.Result == StoodDown {
			return []string{"The request did not run, and nothing was done. Why is below."}, ""
		}
		return []string{"The request has failed. It is not tried again by itself."},
			"See why, look at the resource, and ask again if it is still wanted."
	case Unknown:
		return []string{"The request ran, and how it ended is not known. It may have been done. " +
			"It is not tried again by itself."}, "Look at the resource or account, and ask again if it is still wanted."
	case Expired:
		return []string{"The request was not decided or did not run in its time, and does not run any more."},
			"Ask again if it is still wanted."
	case Denied:
		return []string{"Somebody who may approve has denied the request. It does not run."}, ""
	}
	return []string{"The request was taken back by who made it. It does not run."}, ""
}

// facts is what is known of the request, a line each.
func (r *Request) facts() (facts []remedy.Fact) {
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, remedy.Fact{Name: name, Value: value})
		}
	}
	add("request", r.ID)
	add("asked by", r.By)
	add("reason", r.Reason)
	add("ticket", r.Ticket)
	add("resource", r.Resource)
	add("region", r.Region)
	add("action", r.Action)
	add("incident", r.Incident)
	if r.Case {
		add("case", "root itself is to do something here; its credentials are to be deleted afterwards")
	}
	add("entry of the desk", r.Entry)
	for _, dec := range r.Decisions {
		add(dec.Decision+" by", strings.TrimRight(dec.By+": "+dec.Reason, ": "))
	}
	if len(r.History) > 0 && r.State != Requested || r.Rounds > 0 {
		add("why", r.History[len(r.History)-1].Why)
	}
	if out := r.Outcome; out != nil {
		add("incident of the act", out.Incident)
		for _, s := range out.Steps {
			add(s.What, strings.TrimRight(s.Result+": "+s.Why, ": "))
		}
	}
	switch {
	case r.BreakGlass:
		add("not asked", cmp.Or(strings.Join(r.MayApprove, ", "), "the entry names no approvers"))
	case r.State == Requested:
		add("may approve", strings.Join(r.MayApprove, ", "))
	case r.State.Ended() && len(r.Silent) > 0:
		add("did not answer", strings.Join(r.Silent, ", "))
	}
	return facts
}
