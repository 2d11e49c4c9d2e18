package requests_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	store "locksmith/lambdas/ledger/requests"
	desk "locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

const sso = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_"

// TestPersons: which callers are one person, and which are nobody.
func TestPersons(t *testing.T) {
	for _, row := range []struct {
		caller desk.Caller
		want   string
	}{
		{desk.Caller{ARN: sso + "Security_0123456789abcdef/Jane.Doe@Example.com"}, "jane.doe@example.com"},
		{desk.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_00/jane.doe@example.com"},
			"jane.doe@example.com"},
		{desk.Caller{ARN: sso + "Security_0123456789abcdef/jane", SourceIdentity: "bob", UserID: "u"}, "jane"},
		{desk.Caller{ARN: "arn:aws:iam::999988887777:user/ops/Jane"}, "arn:aws:iam::999988887777:user/ops/Jane"},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:assumed-role/Deploy/jane"}, "arn:aws:iam::999988887777:role/Deploy"},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:assumed-role/Deploy/bob"}, "arn:aws:iam::999988887777:role/Deploy"},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:assumed-role/Deploy/x", SourceIdentity: "Jane"}, "jane"},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:assumed-role/Deploy/x", UserID: "94682"}, "94682"},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:assumed-role/MyAWSReservedSSO_Admin_00/jane"},
			"arn:aws:iam::999988887777:role/MyAWSReservedSSO_Admin_00"},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:federated-user/Jane@example.com", SourceIdentity: "Jane@example.com"},
			"jane@example.com"},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:federated-user/jane"}, ""},
		{desk.Caller{ARN: "arn:aws:iam::999988887777:root", SourceIdentity: "jane"}, ""},
		{desk.Caller{ARN: "arn:aws:sts::999988887777:assumed-role/Deploy"}, ""},
		{desk.Caller{ARN: "arn:aws:iam::999988887777:user/"}, ""},
		{desk.Caller{ARN: "jane"}, ""},
		{desk.Caller{}, ""},
	} {
		got, err := row.caller.Person()
		refusal := (*desk.Refusal)(nil)
		if got != row.want || (err == nil) != (row.want != "") || err != nil && !errors.As(err, &refusal) {
			t.Errorf("%+v: %q, %v, want %q", row.caller, got, err, row.want)
		}
	}
}

// office is a desk with one entry, whose accounts are there and whose worker sees a lock.
func office(e allowlist.Entry) *desk.Desk {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	r := newWorld(10)
	e.Name, e.Tasks, e.Accounts = "one", []string{"unlock", "delete-credentials"}, []string{first}
	return &desk.Desk{Allow: &allowlist.List{Desk: []allowlist.Entry{e}}, Accounts: r, Store: store.NewMemory(),
		Work: locksmith{}, Queue: r, Herald: r, Now: func() time.Time { return now }, NewID: desk.NewID,
		Log: slog.New(slog.DiscardHandler)}
}

// TestEnoughCouldApprove: each pattern is as many persons as it can be, and who asks is none of them.
func TestEnoughCouldApprove(t *testing.T) {
	const users, sts = "arn:aws:iam::999988887777:user/", "arn:aws:sts::999988887777:"
	for name, row := range map[string]struct {
		by        string
		n         int
		approvers []string
		enough    bool
	}{
		"one other":              {users + "ann", 1, []string{users + "bob"}, true},
		"who asks":               {users + "ann", 1, []string{users + "ann"}, false},
		"one for two":            {users + "ann", 2, []string{users + "bob", users + "ann"}, false},
		"many users":             {users + "ann", 3, []string{users + "*"}, true},
		"a name in two sets":     {users + "ann", 2, []string{sso + "A_*/bob", sso + "B_*/Bob"}, false},
		"two names in one set":   {users + "ann", 2, []string{sso + "A_*/bob", sso + "A_*/cleo"}, true},
		"who asks, in a set":     {sso + "A_0/ann", 1, []string{sso + "B_*/ANN"}, false},
		"a set":                  {sso + "A_0/ann", 2, []string{sso + "A_*/*"}, true},
		"a role, by any session": {users + "ann", 2, []string{sts + "assumed-role/Deploy/*"}, false},
		"a role, by two ARNs": {users + "ann", 2, []string{sts + "assumed-role/Deploy/*",
			"arn:aws:iam::999988887777:role/Deploy"}, false},
		"two roles": {users + "ann", 2, []string{sts + "assumed-role/Deploy/*",
			sts + "assumed-role/Ops/*"}, true},
		"who asks, by a role":       {sts + "assumed-role/Deploy/ann", 1, []string{sts + "assumed-role/Deploy/bob"}, false},
		"a role with a path":        {users + "ann", 1, []string{"arn:aws:iam::999988887777:role/ops/Deploy"}, false},
		"one whom an issuer names":  {users + "ann", 2, []string{sts + "federated-user/bob", sso + "A_*/bob"}, false},
		"all whom an issuer names":  {users + "ann", 2, []string{sts + "federated-user/*"}, true},
		"all roles of some account": {users + "ann", 2, []string{"arn:aws:iam::999988887777:role/*"}, true},
	} {
		d := office(allowlist.Entry{Who: []string{row.by}, Approvals: row.n, Approvers: row.approvers})
		r, err := d.Submit(newWorld(10).as(everybody[0]), desk.Caller{ARN: row.by},
			desk.Wish{Task: desk.DeleteCredentials, Account: first, Reason: "unused"})
		switch {
		case row.enough && (err != nil || r.State != desk.Requested):
			t.Errorf("%s: %v", name, err)
		case !row.enough:
			refused(t, err, desk.Conflict, "and these may approve: "+strings.Join(row.approvers, ", "))
		}
	}
}

// TestWishesThatMakeNoSense are refused before anything is looked at.
func TestWishesThatMakeNoSense(t *testing.T) {
	for name, row := range map[string]struct {
		edit func(*desk.Wish)
		kind desk.Kind
		says string
	}{
		"no reason":       {func(w *desk.Wish) { w.Reason = " \n" }, desk.Malformed, "there is no reason"},
		"a long reason":   {func(w *desk.Wish) { w.Reason = strings.Repeat("ü", 1001) }, desk.Malformed, "1001 characters"},
		"a long ticket":   {func(w *desk.Wish) { w.Ticket = strings.Repeat("1", 101) }, desk.Malformed, "101 characters"},
		"no text":         {func(w *desk.Wish) { w.Reason = "\xff" }, desk.Malformed, "no UTF-8"},
		"a reading task":  {func(w *desk.Wish) { w.Task = desk.View }, desk.Malformed, `"view" is no task to ask for`},
		"force as a task": {func(w *desk.Wish) { w.Task = desk.Force }, desk.Malformed, `"force" is no task to ask for`},
		"another action":  {func(w *desk.Wish) { w.Action = "destroy" }, desk.Malformed, `the action is "destroy"`},
		"no account":      {func(w *desk.Wish) { w.Account = "12" }, desk.Malformed, "twelve digits"},
		"no member":       {func(w *desk.Wish) { w.Account = "000000000000" }, desk.Absent, "has no account 000000000000"},
		"another account": {func(w *desk.Wish) { w.Account = second }, desk.NotPermitted, "no entry of the desk lets"},
	} {
		t.Run(name, func(t *testing.T) {
			d := office(allowlist.Entry{Who: []string{dave}})
			w := wish()
			row.edit(&w)
			d.Work = nil // it must not be asked
			_, err := d.Submit(newWorld(10).as(everybody[0]), desk.Caller{ARN: dave}, w)
			refused(t, err, row.kind, row.says)
		})
	}
}

// TestAKeyIsOneRequest: a client that asks again finds its own request, and nothing is done twice.
func TestAKeyIsOneRequest(t *testing.T) {
	r := newRoom(t, 1)
	w := wish()
	w.Key = "a key"
	one := r.asks(cleo, w)
	r.change(func(f *facts) { f.policies[bucket] = "open" }) // it is not looked at again
	if two := r.asks(cleo+1, w); two.ID != one.ID || len(r.made) != 1 || len(one.ID) != 20 {
		t.Errorf("%s and %s", one.ID, two.ID)
	}
	w.Reason = "another"
	_, err := r.desk.Submit(r.as(everybody[cleo]), caller(cleo), w)
	refused(t, err, desk.Conflict, "the same key stood for another request, "+one.ID)
	r.change(func(f *facts) { f.policies[bucket] = "locked 1" })
	if other := r.asks(bob, w); other.ID == one.ID {
		t.Error("two people's key is one request")
	}
}

// TestWhoSeesWhat: everybody sees what they asked for or may approve, and the accounts that they have an entry for.
func TestWhoSeesWhat(t *testing.T) {
	r := newRoom(t, 1)
	w := wish()
	w.Account, w.Resource = second, queue
	one, two := r.asks(cleo, wish()).ID, r.asks(cleo, w).ID
	for _, row := range []struct {
		who    int
		ask    desk.Ask
		want   string
		hidden int
	}{
		{cleo, desk.Ask{}, one + " " + two, 0},
		{cleo + 1, desk.Ask{Mine: true}, one + " " + two, 0},
		{cleo, desk.Ask{Waiting: true}, "", 0},
		{bob, desk.Ask{Waiting: true}, one + " " + two, 0},
		{bobOnCall, desk.Ask{}, one + " " + two, 0},
		{bob, desk.Ask{Mine: true}, "", 0},
	} {
		page, err := r.desk.List(r.as(nil), caller(row.who), row.ask)
		var ids []string
		for _, q := range page.Requests {
			ids = append([]string{q.ID}, ids...)
		}
		if got := strings.Join(ids, " "); err != nil || got != row.want || page.Hidden != row.hidden {
			t.Errorf("%d, %+v: %s and %d more, %v", row.who, row.ask, got, page.Hidden, err)
		}
	}
	for _, ask := range []desk.Ask{{}, {Mine: true}} {
		_, err := r.desk.List(r.as(nil), caller(eve), ask)
		refused(t, err, desk.NotPermitted, "no entry of the desk is for")
	}
	_, err := r.desk.Get(r.as(nil), caller(eve), one)
	refused(t, err, desk.NotPermitted, "no entry of the desk is for")
	_, err = r.desk.Get(r.as(nil), caller(bob), "none")
	refused(t, err, desk.Absent, `there is no request "none"`)
	r.change(func(f *facts) { f.list = 5; f.units[first] = outer })
	page, err := r.desk.List(r.as(nil), caller(bobOnCall), desk.Ask{})
	if err != nil || len(page.Requests) != 2 { // entry "two" is for all accounts
		t.Errorf("%+v, %v", page, err)
	}
	r.desk.Allow = &allowlist.List{Desk: []allowlist.Entry{{Who: []string{onCall}, Accounts: []string{first}}}}
	page, err = r.desk.List(r.as(nil), caller(bobOnCall), desk.Ask{})
	if err != nil || len(page.Requests) != 1 || page.Requests[0].ID != one || page.Hidden != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	_, err = r.desk.Get(r.as(nil), caller(bobOnCall), two)
	refused(t, err, desk.NotPermitted, "see what is asked for in account 444455556666")
}

// A locksmith sees the longest policy that there can be, and says as much as it can.
type locksmith struct{}

var atLength = strings.Repeat("ü", 5000)

func (locksmith) Look(_ context.Context, r desk.Request) (desk.Sight, error) {
	if r.Task != desk.Unlock {
		return desk.Sight{Task: r.Task}, nil
	}
	return desk.Sight{Resource: r.Resource, Task: desk.Unlock, Policy: strings.Repeat("x", 20<<10)}, nil
}

func (locksmith) Do(context.Context, desk.Request) (desk.Outcome, error) {
	out := desk.Outcome{Result: "failed", Why: atLength}
	for range 1000 {
		out.Steps = append(out.Steps, desk.Step{What: atLength, Result: "refused", Why: atLength})
	}
	return out, errors.New(atLength)
}

// TestTheLongestRequest stays below the 400 KB that the table takes.
func TestTheLongestRequest(t *testing.T) {
	e := allowlist.Entry{Who: []string{dave}, Approvals: 10}
	for i := range 150 {
		e.Approvers = append(e.Approvers, fmt.Sprintf("%sSecurity_%060d/%060d", sso, i, i))
	}
	d := office(e)
	say := desk.Answer{Reason: strings.Repeat("ü", 1000)}
	ctx := newWorld(10).as(everybody[0])
	w := wish()
	w.Reason = say.Reason
	r, err := d.Submit(ctx, desk.Caller{ARN: dave}, w)
	for i := range 10 {
		if err == nil {
			r, err = d.Approve(ctx, desk.Caller{ARN: e.Approvers[i]}, r.ID, say)
		}
	}
	if err == nil {
		r, err = d.Run(ctx, r.ID)
	}
	if err != nil || r.State != desk.Failed || len(r.Silent) != 140 {
		t.Fatalf("%v, %s, %d were silent", err, r.State, len(r.Silent))
	}
	if text, _ := json.Marshal(r); len(text) > 300_000 {
		t.Errorf("%d bytes", len(text))
	}
	for range 1000 {
		e.Approvers = append(e.Approvers, e.Approvers[0])
	}
	_, err = office(e).Submit(ctx, desk.Caller{ARN: dave}, w)
	refused(t, err, desk.Conflict, "at most 120000 can be kept")
}
