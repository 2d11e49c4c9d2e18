package tasks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
	"locksmith/policies/difference"
	"locksmith/policies/lockout"
)

// View shows a bucket or queue to somebody. Nothing is changed. Region may be "": a bucket's is found, and a queue's is
// in its ARN. Errors that are a *[requests.Refusal] are for the person.
func (t *Tasks) View(ctx context.Context, who requests.Caller, account, resource, region string) (View, error) {
	event := "view-" + strings.ToLower(rand.Text()[:12])
	t.Log.InfoContext(ctx, "view", "event", event, "by", who.ARN, "account", account, "resource", resource)
	c, err := t.place(ctx, event, account, resource, region)
	if err != nil {
		return View{}, err
	}
	s, err := t.Flow.Show(ctx, c)
	if err != nil {
		return View{}, forPeople(err)
	}
	v := viewOf(c, s)
	open, _, err := t.Ledger.List(ctx, Listing{Resource: resource, Open: true}, mostOpen, "")
	if err != nil { // it is shown without them
		t.Log.WarnContext(ctx, "open incidents not listed", "resource", resource, "error", remedy.Scrub(err.Error()))
	}
	for _, l := range open {
		v.Incidents = append(v.Incidents, l.ID)
	}
	return v, nil
}

// mostOpen is how many open incidents of a resource a view names.
const mostOpen = 5

func viewOf(c remedy.Change, s remedy.Showing) View {
	v := View{Account: c.Account, Resource: c.Resource, Region: c.Region, Policy: s.Policy, Verdict: s.Verdict.Answer,
		Statements: s.Verdict.Statements, Reasons: s.Verdict.Reasons, Witness: s.Verdict.Witness, Locked: s.Locked,
		Task: taskOf(s), Never: s.Ruling.Standing == allowlist.Forbidden, Actions: []Action{}}
	if s.Mark != "" {
		v.Reasons = append(slices.Clone(v.Reasons), s.Mark)
	}
	if s.Ruling.Rule != nil {
		v.Covered.Rule = s.Ruling.Rule.Name
	} else {
		v.Covered.Why = s.Ruling.Sentence()
	}
	for _, w := range s.Acts {
		a := Action{Action: w.Action, Refused: w.Refused, Result: w.Outcome.Result, Why: w.Outcome.Why, After: w.After}
		if w.Refused == "" {
			a.Outside, a.Inside, a.ACL = outside(w.Opening), w.Opening.Inside, w.Opening.ACL
		}
		a.Losses = lost(w.Outcome)
		v.Actions = append(v.Actions, a)
	}
	if b := s.Before; b != nil {
		v.Before = &Before{Policy: b.Policy, At: b.At, Verdict: b.Verdict.Answer,
			Difference: difference.Of(b.Policy, s.Policy)}
	}
	return v
}

// outside says whether an act lets in anybody from outside the account.
func outside(o lockout.Opening) string {
	switch o.Outside {
	case lockout.Nothing:
		return "lets in nobody from outside the account"
	case lockout.Something:
		return "lets in somebody from outside the account: " + strings.Join(o.Reasons, "; ")
	}
	return "may let in somebody from outside the account: " + strings.Join(o.Reasons, "; ")
}

// lost are the statements that go although they do not lock, a sentence each.
func lost(o remedy.Outcome) (sentences []string) {
	for _, l := range o.Losses {
		sentences = append(sentences, l.Sentence)
	}
	return sentences
}

// taskOf is the task that an act on what was seen comes to.
func taskOf(s remedy.Showing) requests.Task {
	if s.Locked {
		return requests.Unlock
	}
	return requests.Force
}

// place finds the bucket or queue that somebody names, in the account that they name.
func (t *Tasks) place(ctx context.Context, event, account, resource, region string) (remedy.Change, error) {
	c := remedy.Change{EventID: event, Call: "view", Resource: resource, Account: account, Region: region, Time: t.Now()}
	switch {
	case c.Service() == "s3" && c.Name() != "":
		found, err := t.Finder.Bucket(ctx, account, c.Name(), event)
		if err != nil {
			return c, forPeople(err)
		}
		if region != "" && region != found {
			return c, &requests.Refusal{Kind: requests.Absent, Why: fmt.Sprintf("bucket %s is in %s, and not in %s", c.Name(),
				found, region), Hint: "leave the Region out: a bucket's is found"}
		}
		c.Region = found
	case c.Service() == "sqs" && c.Name() != "":
		parts := strings.Split(resource, ":")
		if c.Region = parts[3]; parts[4] != account {
			return c, &requests.Refusal{Kind: requests.Malformed,
				Why: fmt.Sprintf("queue %s is not of account %s", resource, account)}
		}
		if err := t.Finder.Queue(ctx, account, c.Region, c.Name(), event); err != nil {
			return c, forPeople(err)
		}
	default:
		return c, &requests.Refusal{Kind: requests.Malformed, Why: fmt.Sprintf("resource %q", resource),
			Hint: "want the ARN of a bucket or queue"}
	}
	return c, nil
}

// Look implements [requests.Work].
func (t *Tasks) Look(ctx context.Context, r requests.Request) (requests.Sight, error) {
	switch r.Task {
	case requests.Unlock, requests.Force:
		return t.lookAtLock(ctx, r)
	case requests.Restore:
		return t.lookAtCopy(ctx, r)
	}
	if t.Credentials == nil {
		return requests.Sight{}, unknownTask(r.Task)
	}
	return t.Credentials.Look(ctx, r)
}

func unknownTask(task requests.Task) error {
	return &requests.Refusal{Kind: requests.Malformed, Why: fmt.Sprintf("task %q is none of this desk", task)}
}

// lookAtLock looks at what is to be unlocked. What nobody would do is refused before anybody is asked to approve it.
func (t *Tasks) lookAtLock(ctx context.Context, r requests.Request) (requests.Sight, error) {
	c, s, err := t.see(ctx, r, r.Resource)
	if err != nil {
		return requests.Sight{}, err
	}
	if s.Policy == "" {
		return requests.Sight{}, &requests.Refusal{Kind: requests.Conflict, Why: c.Resource + " has no policy",
			Hint: "so it is not the policy that keeps anybody out"}
	}
	action := actionOf(r)
	i := slices.IndexFunc(s.Acts, func(w remedy.Weighed) bool { return w.Action == action })
	if i < 0 {
		return requests.Sight{}, &requests.Refusal{Kind: requests.Malformed, Why: fmt.Sprintf("action %q", action),
			Hint: "want delete, repair or restore"}
	}
	if why := s.Acts[i].Refused; why != "" {
		return requests.Sight{}, &requests.Refusal{Kind: requests.Conflict,
			Why: fmt.Sprintf("%s is not safe here: %s", action, why), Hint: "delete grants nothing to anybody"}
	}
	sight := requests.Sight{Resource: c.Resource, Region: c.Region, Policy: s.Policy, Task: taskOf(s)}
	if sight.Task == requests.Force {
		if sight.Why = s.Mark; sight.Why == "" {
			sight.Why = fmt.Sprintf("its policy is %s", s.Verdict.Answer)
		}
	}
	return sight, nil
}

// see shows the resource of a request. Where it is is known once the request was entered.
func (t *Tasks) see(ctx context.Context, r requests.Request, resource string) (c remedy.Change, s remedy.Showing,
	err error) {
	event := remedy.RequestID(r.ID)
	c = remedy.Change{EventID: event, Resource: resource, Account: r.Account, Region: r.Region, Time: t.Now()}
	if r.Digest == "" {
		if c, err = t.place(ctx, event, r.Account, resource, r.Region); err != nil {
			return c, s, err
		}
	}
	s, err = t.Flow.Show(ctx, c)
	return c, s, forPeople(err)
}

// actionOf is the action of a request. Deleting is what is done where nobody says anything else.
func actionOf(r requests.Request) allowlist.Action {
	if r.Action == "" {
		return allowlist.Delete
	}
	return allowlist.Action(r.Action)
}

// hintOf says what to do where root is refused.
func hintOf(cause remedy.Cause) string {
	switch cause {
	case remedy.SessionsDisabled:
		return "run aws iam enable-organizations-root-sessions in the management account"
	case remedy.ManagementAccount:
		return "only its own root user can do it"
	case remedy.RegionDisabled:
		return "the account has not enabled this Region, or the desk's STS Region"
	}
	return "those who run Locksmith can see why: locksmith preflight"
}

// forPeople turns what the flow and the adapters say into what a person can do about it. What a retry may mend stays as
// it is.
func forPeople(err error) error {
	refusal, not, held := (*remedy.Refusal)(nil), (*remedy.NotDone)(nil), (*remedy.HeldError)(nil)
	kind, hint := requests.Kind(""), ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, remedy.ErrGone), errors.Is(err, remedy.ErrNoEntry), errors.Is(err, remedy.ErrNoMember):
		kind = requests.Absent
	case errors.As(err, &refusal):
		kind, hint = requests.Blocked, hintOf(refusal.Cause)
	case errors.Is(err, remedy.ErrNever):
		kind, hint = requests.NotPermitted, "the allow list's never binds everybody, at the desk too"
	case errors.As(err, &not):
		kind = requests.Conflict
	case errors.As(err, &held):
		kind, hint = requests.Conflict, "the guards count unlocks by the hour and the day; ask again later"
	default:
		return err
	}
	return &requests.Refusal{Kind: kind, Why: remedy.Scrub(err.Error()), Hint: hint}
}
