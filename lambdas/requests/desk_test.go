package requests_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

// A room is a world in which nothing fails, and only happens what a test says.
type room struct {
	*world
	t *testing.T
	// look and do are the worker's, where a test has one of its own.
	look func(requests.Request) (requests.Sight, error)
	do   func(requests.Request) (requests.Outcome, error)
}

// The people, by their sessions.
const (
	ann, annOnCall   = 0, 1
	bob, bobOnCall   = 2, 3
	cleo             = 4
	deploy1, deploy2 = 6, 7
	daveUser, eve    = 8, 9
)

// newRoom has the allow list that is the n-th of the samples.
func newRoom(t *testing.T, list int) *room {
	r := &room{world: newWorld(10), t: t}
	r.change(func(f *facts) { f.list = list })
	r.desk.Work = r
	return r
}

// Look implements [requests.Work].
func (r *room) Look(ctx context.Context, q requests.Request) (requests.Sight, error) {
	if r.look != nil {
		return r.look(q)
	}
	return worker{r.world}.Look(ctx, q)
}

// Do implements [requests.Work].
func (r *room) Do(ctx context.Context, q requests.Request) (requests.Outcome, error) {
	if r.do != nil {
		return r.do(q)
	}
	return worker{r.world}.Do(ctx, q)
}

func wish() requests.Wish {
	return requests.Wish{Task: requests.Unlock, Account: first, Resource: bucket, Reason: "it is locked"}
}

func caller(who int) requests.Caller { return requests.Caller{ARN: everybody[who].arn} }

// asks has somebody make a request, which has to be taken.
func (r *room) asks(who int, w requests.Wish) requests.Request {
	r.t.Helper()
	q, err := r.desk.Submit(r.as(everybody[who]), caller(who), w)
	if err != nil {
		r.t.Fatal(err)
	}
	return q
}

func (r *room) approves(who int, id string) (requests.Request, error) {
	r.said = append(r.said, &saying{id: id, what: "approve", by: everybody[who], at: r.clock,
		seen: []string{r.stored[id].Shown}})
	return r.desk.Approve(r.as(everybody[who]), caller(who), id, requests.Answer{})
}

// state has to be the request's.
func (r *room) state(id string, want requests.State) requests.Request {
	r.t.Helper()
	if got := r.stored[id].State; got != want {
		r.t.Fatalf("%s, want %s: %v", got, want, r.stored[id].History)
	}
	return r.stored[id]
}

func (r *room) runs(id string) requests.Request {
	r.t.Helper()
	q, err := r.desk.Run(r.as(nil), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return q
}

// refused has to be the error: a refusal of a kind, that says something.
func refused(t *testing.T, err error, kind requests.Kind, says string) {
	t.Helper()
	refusal := (*requests.Refusal)(nil)
	if !errors.As(err, &refusal) || refusal.Kind != kind || !strings.Contains(refusal.Error(), says) {
		t.Errorf("%v, want %s: %s", err, kind, says)
	}
}

// heard are the titles of what people were told.
func (r *room) titles() (all []string) {
	for _, b := range r.told {
		all = append(all, b.Title)
	}
	return all
}

func (r *room) tells(want ...string) {
	r.t.Helper()
	if got := r.titles(); !slices.Equal(got, want) {
		r.t.Errorf("told:\n%s", strings.Join(got, "\n"))
	}
	if len(r.broken) > 0 {
		r.t.Error(strings.Join(r.broken, "\n"))
	}
}

// TestTwoApprove: who asks does not count, in whatever session; nor does anybody twice.
func TestTwoApprove(t *testing.T) {
	r := newRoom(t, 0)
	id := r.asks(ann, wish()).ID
	_, err := r.approves(annOnCall, id)
	refused(t, err, requests.NotPermitted, "who asks does not decide, in whatever session")
	_, err = r.approves(bobOnCall, id)
	refused(t, err, requests.NotPermitted, "one of these may: "+security)
	if q, err := r.approves(deploy1, id); err != nil || q.State != requests.Requested {
		t.Errorf("%s, %v", q.State, err)
	}
	_, err = r.approves(deploy2, id) // another name, by whoever opened the session
	refused(t, err, requests.Conflict, "you have approved this request")
	if q, err := r.approves(bob, id); err != nil || q.State != requests.Approved || len(r.queue) != 1 {
		t.Errorf("%s, %v, %d messages", q.State, err, len(r.queue))
	}
	_, err = r.approves(cleo, id)
	refused(t, err, requests.Conflict, "the request is approved")
	q := r.runs(id)
	if q.State != requests.Done || q.Outcome.Result != "done" || !slices.Equal(q.Silent, []string{dave}) {
		t.Errorf("%+v", q)
	}
	r.runs(id)
	r.tells("Unlock in 111122223333: waits for 2 approvals", "Unlock in 111122223333: runs now",
		"Unlock in 111122223333: done, done")
}

// TestAnotherPolicy: approvals are for the policy that was shown. With another they are void, and all are told.
func TestAnotherPolicy(t *testing.T) {
	r := newRoom(t, 1)
	q := r.asks(cleo, wish())
	seen := q.Digest
	_, _ = r.approves(bob, q.ID)
	r.state(q.ID, requests.Approved)
	r.change(func(f *facts) { f.policies[bucket] = "locked 2" })
	r.runs(q.ID)
	q = r.state(q.ID, requests.Requested)
	if len(q.Decisions) > 0 || q.Shown != "locked 2" || q.Rounds != 1 || q.Digest == seen || !q.Expires.Equal(q.Waits) {
		t.Errorf("%+v", q)
	}
	_, err := r.desk.Approve(r.as(everybody[bob]), caller(bob), q.ID, requests.Answer{Digest: seen})
	refused(t, err, requests.Conflict, "the policy that you saw is not in force any more")
	_, _ = r.approves(bob, q.ID)
	r.runs(q.ID)
	r.state(q.ID, requests.Done)
	r.tells("Unlock in 111122223333: waits for one approval", "Unlock in 111122223333: runs now",
		"Unlock in 111122223333: waits again for one approval", "Unlock in 111122223333: runs now",
		"Unlock in 111122223333: done, done")
}

// TestTheSamePolicyWrittenOtherwise is the same: only its value counts.
func TestTheSamePolicyWrittenOtherwise(t *testing.T) {
	r := newRoom(t, 1)
	shown := `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Sid": "a"}]}`
	r.look = func(requests.Request) (requests.Sight, error) {
		return requests.Sight{Resource: bucket, Policy: shown, Task: requests.Unlock}, nil
	}
	r.do = func(requests.Request) (requests.Outcome, error) { return requests.Outcome{Result: "unlocked"}, nil }
	id := r.asks(cleo, wish()).ID
	_, _ = r.approves(bob, id)
	shown = `{"Statement":[{"Sid":"a","Effect":"Deny"}],"Version":"2012-10-17"}`
	r.runs(id)
	r.state(id, requests.Done)
}

// TestWhatChangesBetweenApprovalAndRun: who may, for which accounts, and what is never touched are asked again.
func TestWhatChangesBetweenApprovalAndRun(t *testing.T) {
	gone := "no entry of the desk lets"
	for name, row := range map[string]struct {
		change func(*facts)
		state  requests.State
		says   string
	}{
		"nothing":                   {func(*facts) {}, requests.Done, ""},
		"the entry is gone":         {func(f *facts) { f.list = 4 }, requests.Failed, gone},
		"the account has moved out": {func(f *facts) { f.units[first] = outer }, requests.Failed, gone},
		"the account has left": {func(f *facts) { f.units[first] = "" }, requests.Failed,
			"the organization has no account 111122223333"},
		"more have to approve":          {func(f *facts) { f.list = 0 }, requests.Requested, "too few have approved"},
		"not locked any more":           {func(f *facts) { f.policies[bucket] = "open" }, requests.Failed, "not locked any"},
		"there is no policy any more":   {func(f *facts) { f.policies[bucket] = "" }, requests.Failed, "it has no policy"},
		"who approved may not any more": {func(f *facts) { f.list = 5 }, requests.Requested, "too few have approved"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, 1)
			id := r.asks(cleo, wish()).ID
			if _, err := r.approves(ann, id); err != nil {
				t.Fatal(err)
			}
			r.change(row.change)
			r.runs(id)
			q := r.state(id, row.state)
			if why := q.History[len(q.History)-1].Why; !strings.Contains(why, row.says) {
				t.Error(why)
			}
			if q.State == requests.Failed && (q.Outcome.Result != requests.StoodDown || r.told[len(r.told)-1].Page) {
				t.Errorf("%+v", q.Outcome)
			}
		})
	}
}

// TestWhatChangesBeforeTheApproval: what cannot run any more is not approved.
func TestWhatChangesBeforeTheApproval(t *testing.T) {
	r := newRoom(t, 1)
	w := wish()
	w.Account, w.Resource = second, queue
	id := r.asks(cleo, w).ID
	r.change(func(f *facts) { f.list = 5 })
	_, err := r.approves(ann, id)
	refused(t, err, requests.NotPermitted, "may not decide about this request")
	r.change(func(f *facts) { f.list = 4 })
	_, err = r.approves(ann, id)
	refused(t, err, requests.Conflict, "the request cannot run any more: no entry of the desk lets")
	r.state(id, requests.Requested)
	r.change(func(f *facts) { f.list = 0 }) // two by now
	_, _ = r.approves(ann, id)
	r.state(id, requests.Requested)
	_, _ = r.approves(bob, id)
	r.runs(id)
	r.state(id, requests.Done)
}

// TestBreakGlass runs at once, and pages; what is never touched stays so.
func TestBreakGlass(t *testing.T) {
	r := newRoom(t, 0)
	w := wish()
	q := r.asks(daveUser, w)
	if q.State != requests.Done || !q.BreakGlass || !slices.Equal(q.Silent, []string{security, deploy}) {
		t.Errorf("%+v", q)
	}
	r.tells("Break glass: Unlock in 111122223333: runs now", "Break glass: Unlock in 111122223333: done, done")
	for _, b := range r.told {
		if !b.Page || !strings.Contains(fmt.Sprint(b.Facts), security) || !strings.Contains(fmt.Sprint(b.Facts), deploy) {
			t.Errorf("%+v", b)
		}
	}
	w.Resource = trail
	_, err := r.desk.Submit(r.as(everybody[daveUser]), caller(daveUser), w)
	refused(t, err, requests.NotPermitted, "never to touch arn:aws:s3:::org-*")
	if len(r.made) != 1 {
		t.Errorf("%d requests", len(r.made))
	}
}

// TestForce: what is not proved locked is left alone, unless somebody asks who may force.
func TestForce(t *testing.T) {
	r := newRoom(t, 1)
	r.change(func(f *facts) { f.policies[bucket] = "open" })
	_, err := r.desk.Submit(r.as(everybody[cleo]), caller(cleo), wish())
	refused(t, err, requests.Conflict, `it is not locked: nothing proves it ("force": true`)
	w := wish()
	w.Force = true
	all := r.desk.Allow
	r.desk.Allow = &allowlist.List{Desk: all.Desk[:1]}
	_, err = r.desk.Submit(r.as(everybody[bobOnCall]), caller(bobOnCall), w)
	refused(t, err, requests.NotPermitted, "ask for force in account 111122223333")
	r.desk.Allow = all
	q := r.asks(cleo, w)
	if q.Task != requests.Force || q.State != requests.Requested {
		t.Errorf("%+v", q)
	}
	_, _ = r.approves(bob, q.ID)
	r.change(func(f *facts) { f.policies[bucket] = "locked 1" })
	r.runs(q.ID)
	if q = r.state(q.ID, requests.Failed); !strings.Contains(q.Outcome.Why, "it is locked by now") {
		t.Errorf("%+v", q.Outcome)
	}
	if q = r.asks(bobOnCall, w); q.Task != requests.Unlock || q.State != requests.Done { // nobody has to approve that
		t.Errorf("%+v", q)
	}
}

// TestClocks: expiry is computed when somebody reads, and written by Tend, which tells.
func TestClocks(t *testing.T) {
	r := newRoom(t, 0)
	id := r.asks(ann, wish()).ID
	r.clock = r.clock.Add(4 * time.Hour) // of the entry
	q, err := r.desk.Get(r.as(nil), caller(ann), id)
	if err != nil || q.State != requests.Expired || r.stored[id].State != requests.Requested {
		t.Errorf("%s, %v", q.State, err)
	}
	_, err = r.approves(bob, id)
	refused(t, err, requests.Conflict, "the request is expired")
	if q = r.state(id, requests.Expired); !slices.Equal(q.Silent, q.MayApprove) {
		t.Errorf("%+v", q)
	}
	id = r.asks(ann, wish()).ID
	_, _ = r.approves(bob, id)
	_, _ = r.approves(cleo, id)
	r.clock = r.clock.Add(requests.Validity)
	r.runs(id)
	r.state(id, requests.Expired)
	id = r.asks(ann, wish()).ID
	r.clock = r.clock.Add(5 * time.Hour)
	r.tends()
	r.state(id, requests.Expired)
	r.tells("Unlock in 111122223333: waits for 2 approvals", "Unlock in 111122223333: expired",
		"Unlock in 111122223333: waits for 2 approvals", "Unlock in 111122223333: runs now",
		"Unlock in 111122223333: expired",
		"Unlock in 111122223333: waits for 2 approvals", "Unlock in 111122223333: expired")
}
