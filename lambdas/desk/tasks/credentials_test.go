package tasks_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/awsroot"
	rootcredentials "locksmith/lambdas/credentials"
	"locksmith/lambdas/desk/tasks"
	rows "locksmith/lambdas/ledger/credentials"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

// An office does the tasks about root's credentials on the AWS of this project.
type office struct {
	*place.Place
	*tasks.Credentials
	store *rows.Memory
}

func newOffice(t *testing.T) office {
	t.Helper()
	p := place.New(t)
	root, err := awsroot.New(p.As(place.Central+".role.LocksmithDesk", "us-east-1"),
		awsroot.Options{ManagementAccount: "000011112222"})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return p.Time }
	o := office{Place: p, store: rows.NewMemory()}
	o.Credentials = &tasks.Credentials{Now: now, Custodian: &rootcredentials.Custodian{Root: root, Store: o.store,
		Turns: pace.Rate{PerSecond: 1e6, Burst: 1e6}.Adaptive(), ManagementAccount: "000011112222", Now: now,
		Pause: func(context.Context, time.Duration) error { return nil }, Log: slog.New(slog.DiscardHandler)}}
	return o
}

func about(task requests.Task) requests.Request {
	return requests.Request{ID: "request-1", Task: task, Account: place.Owner, By: asker, Reason: "a table's policy"}
}

// TestDeletionOfCredentials: a request is looked at without root, and done item by item.
func TestDeletionOfCredentials(t *testing.T) {
	o := newOffice(t)
	o.PutRoot(place.Owner, iam.RootUser{Password: true, AccessKeys: []string{"AKIAIOSFODNN7EXAMPLE"},
		MFA: []string{"arn:aws:iam::111122223333:mfa/root"}})
	sight, err := o.Look(t.Context(), about(requests.DeleteCredentials))
	if want := (requests.Sight{Task: requests.DeleteCredentials}); sight != want || err != nil || len(o.Calls()) > 0 {
		t.Errorf("%+v, %v, %d calls", sight, err, len(o.Calls()))
	}
	got, err := o.Do(t.Context(), about(requests.DeleteCredentials))
	var said []string
	for _, s := range got.Steps {
		line := s.What + ": " + s.Result
		if s.Note {
			line += " (note)"
		}
		said = append(said, line)
	}
	want := "access key AKIAIOSFODNN7EXAMPLE: deleted; password: deleted; " +
		"MFA device arn:aws:iam::111122223333:mfa/root: deactivated; " +
		"virtual MFA device arn:aws:iam::111122223333:mfa/root: refused (note)"
	if have := strings.Join(said, "; "); err != nil || got.Result != "deleted" || have != want || !got.At.Equal(o.Time) {
		t.Errorf("%+v, %v\n%s", got, err, have)
	}
}

// TestADeletionThatLeavesSomething has failed, and its steps say what happened.
func TestADeletionThatLeavesSomething(t *testing.T) {
	o := newOffice(t)
	o.PutRoot(place.Owner, iam.RootUser{Password: true, Certificates: []string{"C1"}})
	o.Attach("SERVICE_CONTROL_POLICY", place.Owner, "keep", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",`+
		`"Action":"iam:DeleteLoginProfile","Resource":"*"}]}`)
	got, err := o.Do(t.Context(), about(requests.DeleteCredentials))
	refusal := (*requests.Refusal)(nil)
	if !errors.As(err, &refusal) || refusal.Kind != requests.Blocked || got.Result != "failed" || len(got.Steps) != 2 ||
		got.Why != "root of account 111122223333 still has a password" || got.Steps[1].Result != "refused" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCreationOfAPassword: with a case where a person is to log in.
func TestCreationOfAPassword(t *testing.T) {
	o := newOffice(t)
	r := about(requests.CreatePassword)
	r.Case = true
	got, err := o.Do(t.Context(), r)
	if err != nil || got.Result != "created" || !strings.Contains(got.Why, "No password was set, and nothing was sent") {
		t.Errorf("%+v, %v", got, err)
	}
	open, err := o.store.Open(t.Context(), 10)
	if err != nil || len(open) != 1 || open[0].By != asker || open[0].Reason != r.Reason || open[0].Account != r.Account {
		t.Errorf("%+v, %v", open, err)
	}
}

// TestWhatCannotWork is refused in the desk's words, before anybody has to approve it where that can be known.
func TestWhatCannotWork(t *testing.T) {
	o := newOffice(t)
	o.RootCredentialsManagement(false)
	manager := about(requests.DeleteCredentials)
	manager.Account = "000011112222"
	for name, tt := range map[string]struct {
		r      requests.Request
		looked bool
		kind   requests.Kind
		why    string
	}{
		"management account": {manager, true, requests.Blocked, "management account"},
		"another task":       {about(requests.Unlock), true, requests.Malformed, "not about root's credentials"},
		"the feature is off": {about(requests.CreatePassword), false, requests.Blocked,
			"enable-organizations-root-credentials-management"},
	} {
		_, looking := o.Look(t.Context(), tt.r)
		_, doing := o.Do(t.Context(), tt.r)
		refusal := (*requests.Refusal)(nil)
		if !errors.As(doing, &refusal) || refusal.Kind != tt.kind || !strings.Contains(refusal.Why, tt.why) ||
			errors.As(looking, &refusal) != tt.looked {
			t.Errorf("%s: %v, %v", name, looking, doing)
		}
	}
	for _, row := range []struct {
		known remedy.Account
		err   error
		kind  requests.Kind
	}{{remedy.Account{}, remedy.ErrNoMember, requests.Absent},
		{remedy.Account{State: "SUSPENDED"}, nil, requests.Conflict}} {
		o.Custodian.Members = directory{row.known, row.err}
		_, err := o.Look(t.Context(), about(requests.DeleteCredentials))
		if refusal := (*requests.Refusal)(nil); !errors.As(err, &refusal) || refusal.Kind != row.kind {
			t.Errorf("%v: %v", row.known, err)
		}
	}
}

// A directory says the same of every account.
type directory struct {
	known remedy.Account
	err   error
}

func (d directory) Account(context.Context, string) (remedy.Account, error) { return d.known, d.err }
func (d directory) Fresh(context.Context, string) (remedy.Account, error)   { return d.known, d.err }
