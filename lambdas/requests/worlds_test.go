package requests_test

import (
	"errors"
	"flag"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

var (
	worlds = flag.Int("worlds", 3000, "how many worlds")
	seed   = flag.Uint64("seed", 0, "run this world only, and tell what happens in it")
	until  = flag.String("until", "", "stop after a world in which an invariant says this")
)

// TestWorlds lets seeded worlds happen, and holds each to the invariants. What may be is said here by hand, of humans
// and of what they saw. The desk's own records are not asked.
func TestWorlds(t *testing.T) {
	if *seed != 0 {
		w := run(*seed, true)
		t.Log(strings.Join(w.story, "\n"))
		if len(w.broken) > 0 {
			t.Fatal(strings.Join(w.broken, "\n"))
		}
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // worlds are small, and soon gone
	ends, failed := map[requests.State]int{}, 0
	for i := range uint64(*worlds) {
		w := run(i+1, false)
		for _, r := range w.stored {
			ends[r.State]++
		}
		if len(w.broken) > 0 {
			t.Errorf("-seed %d: %s", i+1, strings.Join(w.broken, "\n"))
			failed++
		}
		if failed >= 5 && *until == "" || *until != "" && strings.Contains(strings.Join(w.broken, "\n"), *until) {
			t.FailNow()
		}
	}
	t.Logf("%d worlds: %v", *worlds, ends)
	for _, s := range []requests.State{requests.Done, requests.Failed, requests.Unknown, requests.Denied,
		requests.Cancelled, requests.Expired} {
		if ends[s] < *worlds/100 {
			t.Errorf("only %d requests in %d worlds have ended %s: that proves little", ends[s], *worlds, s)
		}
	}
}

// run lets one world happen.
func run(seed uint64, telling bool) *world {
	w := newWorld(seed)
	w.telling = telling
	for range 8 + w.IntN(22) {
		w.happen()
	}
	w.settles()
	w.check()
	return w
}

// settles lets the faults end, and days pass.
func (w *world) settles() {
	w.tell("the faults are over")
	twice := w.calm
	pause := 10 * time.Minute
	for w.calm = true; ; {
		w.clock = w.clock.Add(pause)
		pause += pause / 4
		w.tends()
		due := w.queue
		w.queue = nil
		for _, m := range due {
			w.works(m.id)
		}
		if w.clock.After(time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)) {
			w.breaks("time goes on without end")
			break
		}
		if w.over() {
			break
		}
	}
	if twice {
		for i, b := range w.told {
			if slices.ContainsFunc(w.told[:i], func(o remedy.Bulletin) bool { return o.ID == b.ID }) {
				w.breaks("nobody is told twice where nothing fails: %s", b.ID)
			}
		}
	}
}

func (w *world) over() bool {
	for _, r := range w.stored {
		if !r.State.Ended() || r.Untold {
			return w.clock.After(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
		}
	}
	return len(w.queue) == 0
}

// answered sees to it that an error is one that who asked can use.
func (w *world) answered(err error) {
	refused := (*requests.Refusal)(nil)
	switch {
	case err == nil, errors.As(err, &refused):
	case !w.calm && (errors.Is(err, errFault) || errors.Is(err, requests.ErrChanged)):
	default:
		w.breaks("an answer that nobody can use: %v", err)
	}
}

// entry is, by hand, the entry that lets a session ask for a task in an account under some facts.
func (w *world) entry(f facts, s *session, task, account string) *allowlist.Entry {
	unit := f.units[account]
	for i, e := range w.lists[f.list].Desk {
		in := slices.ContainsFunc([]string{"r-a1b2", unit, account}, func(a string) bool {
			return slices.Contains(e.Accounts, a)
		})
		if unit != "" && in && fits(e.Who, s) && slices.Contains(e.Tasks, task) {
			return &w.lists[f.list].Desk[i]
		}
	}
	return nil
}

// forbidden tells by hand whether a resource is never to be touched.
func (w *world) forbidden(f facts, task, resource string) bool {
	for _, n := range w.lists[f.list].Never {
		if task != requests.DeleteCredentials && (n == "arn:aws:s3:::org-*" && resource == trail ||
			n == "arn:aws:sqs:*" && resource == queue) {
			return true
		}
	}
	return false
}

func sessionOf(arn string) *session {
	return everybody[slices.IndexFunc(everybody, func(s *session) bool { return s.arn == arn })]
}

// looked: root is opened for nobody who may ask for nothing.
func (w *world) looked(b begin, r requests.Request) {
	if b.by == nil || w.stored[r.ID].ID != "" {
		return
	}
	for _, f := range w.facts[b.since:] {
		if w.entry(f, b.by, r.Task, r.Account) != nil || r.Task == requests.Unlock &&
			w.entry(f, b.by, requests.Force, r.Account) != nil {
			return
		}
	}
	w.breaks("root is opened for nobody who may ask for nothing: %s", b.by.arn)
}

// created: who waits can be answered, by enough others.
func (w *world) created(b begin, r requests.Request) {
	s, key := b.by, b.by.who+" "+b.key
	if b.key != "" && w.keyed[key] != "" {
		w.breaks("a key stands for one request: %s of %s", b.key, s.who)
	}
	w.keyed[key] = r.ID
	if r.By != s.arn || r.Created.After(w.clock) {
		w.breaks("the requester is who has signed: %s, not %s", r.By, s.arn)
	}
	others := map[string]bool{}
	for _, o := range everybody {
		if o.who != s.who && fits(r.MayApprove, o) {
			others[o.who] = true
		}
	}
	if r.State == requests.Requested && len(others) < r.Needs {
		w.breaks("enough others could approve: %s needs %d, and has %d", r.ID, r.Needs, len(others))
	}
}

// next are the states that may come after each.
var next = map[requests.State][]requests.State{
	requests.Requested: {requests.Approved, requests.Denied, requests.Cancelled, requests.Expired},
	requests.Approved: {requests.Running, requests.Requested, requests.Failed, requests.Denied, requests.Cancelled,
		requests.Expired},
	requests.Running: {requests.Done, requests.Failed, requests.Unknown, requests.Approved},
}

// written: states follow each other as they may, an end stays, and what was asked for stays.
func (w *world) written(before, r requests.Request) {
	if before.State != r.State && !slices.Contains(next[before.State], r.State) {
		w.breaks("an end is an end: %s goes from %s to %s", r.ID, before.State, r.State)
	}
	if before.State.Ended() {
		kept := r
		kept.Version, kept.Told, kept.Untold = before.Version, before.Told, before.Untold
		if !reflect.DeepEqual(kept, before) {
			w.breaks("an end is an end: %s was changed after it", r.ID)
		}
	}
	if wishOf(w.made[r.ID]) != wishOf(r) || r.Version != before.Version+1 {
		w.breaks("a request never changes: %s", r.ID)
	}
}

// wishOf is what of a request never changes.
func wishOf(r requests.Request) any {
	return [...]any{r.ID, r.Task, r.Account, r.Resource, r.Region, r.By, r.Person, r.Reason, r.Entry, r.BreakGlass,
		r.Created, r.Waits}
}

// hours is how long the entries wait, by hand.
var hours = map[string]int{"glass": 24, "on call": 24, "two": 4, "keys": 30}

// acted: this is an act, and all that must be so before one is so.
func (w *world) acted(b begin, r requests.Request) {
	id, made := r.ID, w.made[r.ID]
	w.tell("ACT %s", id)
	if slices.Contains(w.done, id) {
		w.breaks("nothing is done twice: %s", id)
	}
	w.done = append(w.done, id)
	if now := w.stored[id]; now.State != requests.Running || now.Worker != r.Worker {
		w.breaks("one worker acts, and its request is running: %s is %s", id, now.State)
	}
	for _, s := range w.said {
		if s.id == id && s.ok && s.what != "approve" {
			w.breaks("what was denied or cancelled never runs: %s", id)
		}
	}
	if !slices.ContainsFunc(w.facts[b.since:], func(f facts) bool { return w.may(f, made, r.Shown, b.at) }) {
		w.breaks("nothing is done without its approvals: %s", id)
	}
}

// may tells whether a request may be done under some facts, by what humans said of the policy that is there.
func (w *world) may(f facts, made requests.Request, shown string, at time.Time) bool {
	by := sessionOf(made.By)
	e := w.entry(f, by, made.Task, made.Account)
	if e == nil || w.forbidden(f, made.Task, made.Resource) {
		return false
	}
	humans, last := map[string]bool{}, time.Time{}
	for _, s := range w.said {
		inTime := !s.at.After(made.Created.Add(time.Duration(hours[made.Entry]) * time.Hour))
		if s.id == made.ID && s.what == "approve" && !s.sure && s.by.who != by.who && fits(e.Approvers, s.by) &&
			slices.Contains(s.seen, shown) && inTime {
			humans[s.by.who] = true
			last = s.at
		}
	}
	if e.BreakGlass && made.BreakGlass || e.Approvals == 0 {
		return true
	}
	return len(humans) >= e.Approvals && at.Sub(last) <= time.Hour
}

// ended: what was denied or cancelled has not run.
func (w *world) ended(id, what string) {
	if slices.Contains(w.done, id) {
		w.breaks("what was denied or cancelled never runs: %s had run, and was told %s", id, what)
	}
}

// heard tells whether all channels took the news of a request's state.
func (w *world) heard(r requests.Request) bool {
	id := fmt.Sprintf("request-%s-%s-%d", r.ID, r.State, r.Rounds)
	return slices.ContainsFunc(w.told, func(b remedy.Bulletin) bool { return b.ID == id && b.Link == "/requests/"+r.ID })
}

// tended: after somebody has tended the desk, and nothing failed, nothing hangs.
func (w *world) tended() {
	for id, r := range w.stored {
		age := w.clock.Sub(r.History[len(r.History)-1].At)
		waits := r.State == requests.Requested || r.State.Ended()
		queued := slices.ContainsFunc(w.queue, func(m message) bool { return m.id == id })
		switch {
		case waits && age >= time.Minute && !w.heard(r):
			w.breaks("every waiting and every end is told: %s is %s", id, r.State)
		case (r.State == requests.Requested || r.State == requests.Approved) && !w.clock.Before(r.Expires),
			r.State == requests.Running && !w.clock.Before(r.Until):
			w.breaks("clocks that have run out take effect: %s is %s", id, r.State)
		case r.State == requests.Approved && age >= 5*time.Minute && !w.clock.Before(r.After) && !queued:
			w.breaks("none is lost: %s is approved, and nobody runs it", id)
		}
	}
}

// check: in the end, each request has an end, which was told, and which is true.
func (w *world) check() {
	for id, made := range w.made {
		r, there := w.stored[id]
		ran := slices.Contains(w.done, id)
		switch {
		case !there || !r.State.Ended():
			w.breaks("none is lost: %s is %s", id, r.State)
		case r.Untold || !w.heard(r):
			w.breaks("every waiting and every end is told: %s ended %s", id, r.State)
		case r.State == requests.Done && !ran:
			w.breaks("what is done was done: %s", id)
		case ran && r.State != requests.Done && r.State != requests.Failed && r.State != requests.Unknown:
			w.breaks("what was denied or cancelled never runs: %s ended %s", id, r.State)
		}
		if made.BreakGlass && (!r.BreakGlass || !w.alarmed(made)) {
			w.breaks("break glass is always told: %s", id)
		}
		for _, p := range r.MayApprove {
			answered := slices.ContainsFunc(r.Decisions, func(d requests.Decision) bool {
				return fits([]string{p}, sessionOf(d.By))
			})
			if slices.Contains(r.Silent, p) == answered {
				w.breaks("the record says who did not answer: %s of %s", p, id)
			}
		}
	}
}

// alarmed tells whether the pager and all who were passed over have heard of a break glass.
func (w *world) alarmed(made requests.Request) bool {
	return slices.ContainsFunc(w.told, func(b remedy.Bulletin) bool {
		facts := fmt.Sprint(b.Facts)
		return b.Page && b.Link == "/requests/"+made.ID && !slices.ContainsFunc(made.MayApprove, func(p string) bool {
			return !strings.Contains(facts, p)
		})
	})
}
