package requests_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

// The accounts, where they stand, and the resources. The last is never to be touched by some of the lists.
const (
	first, second = "111122223333", "444455556666"
	outer, inner  = "ou-a1b2-11111111", "ou-a1b2-22222222"
	bucket        = "arn:aws:s3:::orders"
	queue         = "arn:aws:sqs:eu-central-1:444455556666:orders"
	trail         = "arn:aws:s3:::org-trail"
)

// A session is how somebody calls. Who is the human behind it: the world knows, and the desk does not.
type session struct{ who, arn string }

// everybody is everybody's sessions. Ann, Bob and Cleo come by two permission sets each, and write their names as they
// like. Whoever opens a session of Deploy chooses its name, and counts as Deploy.
var everybody = func() []*session {
	const sso = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_"
	return []*session{
		{"ann", sso + "Security_0123456789abcdef/ann@example.com"},
		{"ann", sso + "OnCall_fedcba9876543210/Ann@example.com"},
		{"bob", sso + "Security_0123456789abcdef/bob@example.com"},
		{"bob", sso + "OnCall_fedcba9876543210/bob@example.com"},
		{"cleo", sso + "Security_0123456789abcdef/cleo@example.com"},
		{"cleo", sso + "OnCall_fedcba9876543210/cleo@example.com"},
		{"deploy", "arn:aws:sts::999988887777:assumed-role/Deploy/bob@example.com"},
		{"deploy", "arn:aws:sts::999988887777:assumed-role/Deploy/cleo@example.com"},
		{"dave", "arn:aws:iam::999988887777:user/dave"},
		{"eve", sso + "Reader_00112233445566aa/eve@example.com"},
		{"root", "arn:aws:iam::999988887777:root"},
	}
}()

// groups are patterns of the lists, and by hand, which of the sessions each is for.
var groups = map[string][]int{
	"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*":               {0, 2, 4},
	"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/*":                 {1, 3, 5},
	"arn:aws:iam::999988887777:role/Deploy":                                            {6, 7},
	"arn:aws:iam::999988887777:user/dave":                                              {8},
	"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/bob@example.com": {2},
	"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/Bob@example.com":   {},
}

// The patterns by short names.
const (
	security = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"
	onCall   = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/*"
	deploy   = "arn:aws:iam::999988887777:role/Deploy"
	dave     = "arn:aws:iam::999988887777:user/dave"
	onlyBob  = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/bob@example.com"
	bobbing  = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/Bob@example.com" // in another case: nobody
)

// fits tells whether a session is of one of the groups.
func fits(patterns []string, s *session) bool {
	for _, p := range patterns {
		for _, i := range groups[p] {
			if everybody[i] == s {
				return true
			}
		}
	}
	return false
}

// sampleLists are allow lists of the same desk at other times. Each says something else of who may.
func sampleLists() []*allowlist.List {
	acts := []string{"unlock", "force", "restore"}
	all := []string{"r-a1b2"}
	glass := allowlist.Entry{Name: "glass", Who: []string{dave}, Tasks: acts, Accounts: all, Approvals: 2,
		Approvers: []string{security, deploy}, BreakGlass: true}
	shut := glass
	shut.BreakGlass = false
	calls := allowlist.Entry{Name: "on call", Who: []string{onCall}, Tasks: []string{"view", "unlock"},
		Accounts: []string{inner}}
	two := allowlist.Entry{Name: "two", Who: []string{onCall, security, deploy}, Tasks: acts, Accounts: all, Approvals: 2,
		Approvers: []string{security, deploy, dave}, Hours: 4}
	one, narrow := two, two
	one.Approvals, one.Accounts = 1, []string{inner, second}
	narrow.Approvers = []string{onlyBob, deploy, bobbing}
	keys := allowlist.Entry{Name: "keys", Who: []string{security, onCall}, Tasks: []string{"create-password",
		"delete-credentials"}, Accounts: []string{first}, Approvals: 1, Approvers: []string{security, onlyBob}, Hours: 30}
	never := []string{"arn:aws:s3:::org-*"}
	return []*allowlist.List{
		{Desk: []allowlist.Entry{glass, calls, two, keys}, Never: never},
		{Desk: []allowlist.Entry{calls, one, keys, glass}, Never: never},
		{Desk: []allowlist.Entry{shut, narrow, keys}, Never: never},
		{Desk: []allowlist.Entry{two, glass, keys}},
		{Desk: []allowlist.Entry{keys, glass}, Never: append(never, "arn:aws:sqs:*")},
		{Desk: []allowlist.Entry{calls, narrow}},
	}
}

// happen lets one thing happen.
func (w *world) happen() {
	defer func() {
		switch p := recover(); p.(type) {
		case nil, crash:
		default:
			panic(p)
		}
	}()
	w.events++
	switch n := w.IntN(24); {
	case n < 3:
		w.submits()
	case n < 11:
		w.says("approve")
	case n < 12:
		w.says([]string{"deny", "cancel"}[w.IntN(2)])
	case n < 17:
		w.delivers()
	case n < 19:
		w.tends()
	case n < 21:
		w.passes()
	case n < 23:
		w.turns()
	default:
		w.reads()
	}
}

func (w *world) anybody() *session { return everybody[w.IntN(len(everybody))] }

// mostly is somebody who may, or now and then anybody.
func (w *world) mostly(may func(*session) bool) *session {
	s := w.anybody()
	for range 12 {
		if may(s) {
			return s
		}
		s = w.anybody()
	}
	return s
}

// submits has somebody ask for something.
func (w *world) submits() {
	tasks := []string{requests.Unlock, requests.Unlock, requests.Restore, requests.DeleteCredentials}
	wish := requests.Wish{Task: tasks[w.IntN(4)], Account: first, Resource: []string{bucket, trail}[w.IntN(4)/3],
		Force: w.IntN(3) == 0, Reason: "it is locked"}
	if w.IntN(3) == 0 {
		wish.Account, wish.Resource = second, queue
	}
	if wish.Task == requests.DeleteCredentials {
		wish.Resource = ""
	}
	s := w.mostly(func(s *session) bool { return w.entry(w.now(), s, wish.Task, wish.Account) != nil })
	for again := true; again; again = w.IntN(4) == 0 { // a client that has heard nothing asks once more
		if w.IntN(2) == 0 {
			wish.Key = fmt.Sprint("key", len(w.made)/2)
		}
		as := context.WithValue(w.as(s), beginKey{}, begin{by: s, since: len(w.facts) - 1, at: w.clock, key: wish.Key})
		r, err := w.desk.Submit(as, requests.Caller{ARN: s.arn}, wish)
		w.tell("%s asks for %s of %s %s: %s %s, %v", s.arn[30:], wish.Task, wish.Account, wish.Resource, r.ID, r.State, err)
		w.answered(err)
	}
}

// anyID is some request's id, and mostly of one that has not ended.
func (w *world) anyID() string {
	if len(w.made) == 0 {
		return "none"
	}
	ids := slices.Sorted(maps.Keys(w.made))
	for range 4 {
		if id := ids[w.IntN(len(ids))]; !w.stored[id].State.Ended() {
			return id
		}
	}
	return ids[w.IntN(len(ids))]
}

// says has somebody say something of a request, after a look at it that may be old.
func (w *world) says(what string) {
	if len(w.made) == 0 {
		w.submits()
	}
	id := w.anyID()
	seen := w.stored[id]
	s := w.mostly(func(s *session) bool {
		return (s.arn == seen.By) == (what == "cancel") && (what == "cancel" || fits(seen.MayApprove, s))
	})
	if w.IntN(4) == 0 { // meanwhile, other things happen
		w.depth++
		w.happen()
		w.depth--
	}
	a := requests.Answer{Reason: "as I say", Digest: seen.Digest}
	say := &saying{id: id, what: what, by: s, at: w.clock, seen: []string{seen.Shown}}
	as := w.as(s)
	if w.IntN(4) == 0 {
		a.Digest, say.seen = "", nil
		as = context.WithValue(as, beginKey{}, begin{by: s, say: say})
	}
	w.said = append(w.said, say) // also where a crash keeps the answer
	call := map[string]func(context.Context, requests.Caller, string, requests.Answer) (requests.Request, error){
		"approve": w.desk.Approve, "deny": w.desk.Deny, "cancel": w.desk.Cancel}[what]
	r, err := call(as, requests.Caller{ARN: s.arn}, id, a)
	refused := (*requests.Refusal)(nil)
	say.ok, say.sure = err == nil, errors.As(err, &refused)
	w.tell("%s says %s to %s: %s, %v", s.arn[30:], what, id, r.State, err)
	w.answered(err)
	if err == nil && what != "approve" {
		w.ended(id, what)
	}
}

// delivers brings a message to a worker, sometimes before its time, and sometimes keeps it to bring it again.
func (w *world) delivers() {
	if len(w.queue) == 0 {
		if w.IntN(3) == 0 {
			w.works(w.anyID()) // a message that nobody sent
		}
		return
	}
	i := w.IntN(len(w.queue))
	m := w.queue[i]
	if w.IntN(4) > 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	w.works(m.id)
}

func (w *world) works(id string) {
	r, err := w.desk.Run(w.as(nil), id)
	w.tell("%s was run: %s, %v", id, r.State, err)
	w.answered(err)
}

func (w *world) tends() {
	w.faulty = false
	events := w.events
	err := w.desk.Tend(w.as(nil))
	w.tell("tended: %v", err)
	w.answered(err)
	if !w.faulty && events == w.events {
		w.tended()
	}
}

// turns has something else be in force.
func (w *world) turns() {
	w.change(func(f *facts) {
		switch w.IntN(8) {
		case 0:
			f.list = w.IntN(len(w.lists))
		case 1:
			f.units[[]string{first, second}[w.IntN(2)]] = []string{outer, inner, inner, ""}[w.IntN(4)]
		default:
			resource := []string{bucket, queue, trail}[w.IntN(3)]
			f.policies[resource] = []string{"locked 1", "locked 2", "open", "locked 1"}[w.IntN(4)]
		}
		w.tell("now: list %d, %v, %v", f.list, f.units, f.policies)
	})
}

// passes lets time pass: mostly minutes, sometimes hours.
func (w *world) passes() {
	longest := []int{1, 5, 5, 20, 90, 600}[w.IntN(6)]
	if w.depth > 0 {
		longest = 12
	}
	w.clock = w.clock.Add(time.Duration(w.IntN(longest*60)) * time.Second)
}

// reads looks at things, which must never matter.
func (w *world) reads() {
	s := w.anybody()
	_, err := w.desk.Get(w.as(s), requests.Caller{ARN: s.arn}, w.anyID())
	w.answered(err)
	page, err := w.desk.List(w.as(s), requests.Caller{ARN: s.arn}, requests.Ask{Waiting: w.IntN(2) == 0})
	w.answered(err)
	for _, r := range page.Requests {
		if s.who == "eve" || s.who == "root" {
			w.breaks("%s sees request %s", s.who, r.ID)
		}
	}
	if strings.HasPrefix(s.who, "root") && err == nil {
		w.breaks("root is answered")
	}
}
