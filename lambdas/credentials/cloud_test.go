package credentials_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/credentials"
	store "locksmith/lambdas/ledger/credentials"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

// What the tests call by short names. The hardware token has no ARN.
const (
	owner    = place.Owner
	manager  = "000011112222"
	virtual  = "arn:aws:iam::111122223333:mfa/root-account-mfa-device"
	hardware = "GAHT12345678"
)

// everything is a root that has all kinds of credentials.
func everything() iam.RootUser {
	at := func(year int) time.Time { return time.Date(year, 2, 3, 4, 5, 6, 0, time.UTC) }
	return iam.RootUser{Password: true, PasswordUsed: at(2025), AccessKeys: []string{"AKIAROOTONE", "AKIAROOTTWO"},
		Certificates: []string{"CERT1"}, MFA: []string{virtual, hardware},
		Since: map[string]time.Time{"password": at(2019), "AKIAROOTONE": at(2020), "AKIAROOTTWO": at(2021), "CERT1": at(2022),
			virtual: at(2023), hardware: at(2024)},
		Used: map[string]iam.KeyUse{"AKIAROOTTWO": {At: at(2026), Service: "ec2", Region: "eu-central-1"}}}
}

// A town is a custodian on the AWS of this project, by the real SDK.
type town struct {
	*place.Place
	*credentials.Custodian
	openings []remedy.Opening
	told     []remedy.Bulletin
	deaf     error // of the herald
}

func newTown(t testing.TB) *town {
	w := &town{Place: place.New(t)}
	cfg := w.As(place.Central+".role.LocksmithDesk", "us-east-1")
	cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }
	root, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: manager,
		Opened: func(_ context.Context, o remedy.Opening) error {
			w.openings = append(w.openings, o)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	w.Custodian = &credentials.Custodian{Root: root, Store: store.NewMemory(), Herald: w,
		Turns: pace.Rate{PerSecond: 1e6, Burst: 1e6}.Adaptive(), ManagementAccount: manager,
		Pause: func(context.Context, time.Duration) error { return nil },
		Now:   func() time.Time { return w.Time }, Log: slog.New(slog.DiscardHandler)}
	return w
}

// Announce implements remedy.Herald.
func (w *town) Announce(_ context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	if w.deaf != nil {
		return told, w.deaf
	}
	w.told = append(w.told, b)
	return append(slices.Clone(told), remedy.Alerts), nil
}

// asked are the calls so far by name, of STS and IAM.
func asked(p *place.Place) (calls []string) {
	for _, c := range p.Calls() {
		if c.Service == "sts" || c.Service == "iam" {
			calls = append(calls, c.Action)
		}
	}
	return calls
}

// TestLook: two calls where there is nothing, and details where there is something.
func TestLook(t *testing.T) {
	w := newTown(t)
	row, err := w.Look(t.Context(), "request-1", owner)
	if err != nil || !row.Nothing() || row.State != credentials.Complete || row.Left() != "" {
		t.Fatalf("%+v, %v", row, err)
	}
	if got := strings.Join(asked(w.Place), " "); got != "AssumeRoot GetAccountSummary" {
		t.Errorf("calls: %s", got)
	}
	w.PutRoot(owner, everything())
	row, err = w.Look(t.Context(), "request-2", owner)
	if err != nil {
		t.Fatal(err)
	}
	at := func(year int) time.Time { return time.Date(year, 2, 3, 4, 5, 6, 0, time.UTC) }
	want := credentials.Row{Account: owner, State: credentials.Complete, At: w.Time,
		Has:      []string{"password", "access-keys", "certificates", "mfa"},
		Password: true, PasswordSince: at(2019), PasswordLastUsed: at(2025), MFAEnabled: true,
		AccessKeys: []credentials.Key{{ID: "AKIAROOTONE", Status: "Active", Since: at(2020)},
			{ID: "AKIAROOTTWO", Status: "Active", Since: at(2021), LastUsed: at(2026), Service: "ec2", Region: "eu-central-1"}},
		Certificates: []credentials.Signing{{ID: "CERT1", Status: "Active", Since: at(2022)}},
		MFA:          []credentials.Device{{Serial: virtual, Since: at(2023)}, {Serial: hardware, Since: at(2024)}}}
	same(t, want, row)
	if row.Left() != "a password, 2 access keys, a signing certificate, 2 MFA devices" {
		t.Error(row.Left())
	}
	kept, err := w.Store.Row(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	same(t, row, kept)
	if o := w.openings[1]; o.Purpose != "desk" || o.Event != "request-2" || o.Task != "IAMAuditRootUserCredentials" ||
		o.Resource != "" {
		t.Errorf("noted as %+v", o)
	}
}

// TestRefusalsAreRows: each with its cause.
func TestRefusalsAreRows(t *testing.T) {
	for name, row := range map[string]struct {
		account string
		do      func(*town)
		cause   remedy.Cause
		why     string
	}{
		"management account": {manager, func(*town) {}, remedy.ManagementAccount, "cannot be assumed"},
		"feature off": {owner, func(w *town) { w.RootCredentialsManagement(false) }, credentials.Disabled,
			"enable-organizations-root-credentials-management"},
		"it has left": {owner, func(w *town) { w.Leave(owner) }, remedy.NotDelegated, "not authorized"},
		"a policy of the organization": {owner, func(w *town) {
			w.Attach("SERVICE_CONTROL_POLICY", owner, "no-root", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",`+
				`"Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`)
		}, remedy.DeniedByOrg, "GetAccountSummary"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			w.PutRoot(owner, everything())
			row.do(w)
			got, err := w.Look(t.Context(), "r", row.account)
			if err != nil || got.State != credentials.Refused || got.Cause != row.cause || got.Nothing() ||
				!strings.Contains(got.Why, row.why) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestDetailsThatAreRefusedHideNoOthers: what the summary said is kept, and the rest is asked for.
func TestDetailsThatAreRefusedHideNoOthers(t *testing.T) {
	w := newTown(t)
	w.PutRoot(owner, everything())
	w.Attach("SERVICE_CONTROL_POLICY", owner, "no-keys", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",`+
		`"Action":"iam:ListAccessKeys","Resource":"*"}]}`)
	row, err := w.Look(t.Context(), "r", owner)
	if err != nil || row.State != credentials.Refused || row.Cause != remedy.DeniedByOrg || len(row.MFA) != 2 ||
		strings.Join(row.Has, " ") != "password access-keys certificates mfa" ||
		!strings.HasPrefix(row.Left(), "a password, an access key,") {
		t.Errorf("%+v, %v", row, err)
	}
}

// TestDelete: each item with its outcome, in an order that leaves no password without its MFA device.
func TestDelete(t *testing.T) {
	for name, deletable := range map[string]bool{"virtual devices stay": false, "virtual devices go": true} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			w.PutRoot(owner, everything())
			w.DeleteVirtualDevices(deletable)
			got, err := w.Delete(t.Context(), "request-1", owner)
			if err != nil {
				t.Fatal(err)
			}
			want := []credentials.Item{{Kind: "access key", ID: "AKIAROOTONE", Result: "deleted"},
				{Kind: "access key", ID: "AKIAROOTTWO", Result: "deleted"},
				{Kind: "signing certificate", ID: "CERT1", Result: "deleted"}, {Kind: "password", Result: "deleted"},
				{Kind: "MFA device", ID: virtual, Result: "deactivated"}, {Kind: "MFA device", ID: hardware, Result: "deactivated"},
				{Kind: "virtual MFA device", ID: virtual, Result: "deleted"}}
			if last := &got.Items[len(got.Items)-1]; !deletable {
				want[6].Result, want[6].Note = "refused", true
				if !strings.Contains(last.Why, "explicit deny in a session policy") {
					t.Error(last.Why)
				}
				last.Why = ""
			}
			same(t, credentials.Outcome{Result: "deleted", Items: want,
				Why: "root of account 111122223333 has no credentials any more"}, got)
			left := w.RootHas(owner)
			if left.Password || len(left.AccessKeys)+len(left.Certificates)+len(left.MFA) > 0 ||
				len(w.LooseDevices(owner)) == 1 == deletable {
				t.Errorf("%+v %v", left, w.LooseDevices(owner))
			}
			calls := asked(w.Place)
			if last := calls[len(calls)-2:]; last[0] != "AssumeRoot" || last[1] != "GetAccountSummary" {
				t.Errorf("the last calls are %v", last)
			}
			for _, o := range w.openings {
				if o.Purpose != "desk" || o.Event != "request-1" || o.Account != owner {
					t.Errorf("noted as %+v", o)
				}
			}
			if o := w.openings[0]; o.Task != "IAMDeleteRootUserCredentials" || o.Resource != "arn:aws:iam::111122223333:root" {
				t.Errorf("noted as %+v", o)
			}
		})
	}
}

// TestDeleteNothing: of a root that has nothing, nothing is deleted, and that is said.
func TestDeleteNothing(t *testing.T) {
	w := newTown(t)
	got, err := w.Delete(t.Context(), "request-1", owner)
	if err != nil || got.Result != "nothing there" || len(got.Items) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCreate: it says what it allows, and a second time that it is there already.
func TestCreate(t *testing.T) {
	w := newTown(t)
	wish := credentials.Wish{Request: "request-1", Account: owner}
	got, err := w.Create(t.Context(), wish)
	if err != nil || got.Result != "created" || !w.RootHas(owner).Password ||
		!strings.Contains(got.Why, "only allows the recovery of its password through the root mailbox") ||
		!strings.Contains(got.Why, "No password was set, and nothing was sent") {
		t.Errorf("%+v, %v", got, err)
	}
	w.Time = w.Time.Add(24 * time.Hour)
	wish.Request = "request-2"
	got, err = w.Create(t.Context(), wish)
	if err != nil || got.Result != "there already" ||
		!strings.Contains(got.Why, "already had a login profile, since 2026-11-21T08:00:00Z, and nothing was changed") {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCreateThatWasNotHeardOf: the answer is lost, and the second try finds what the first has made.
func TestCreateThatWasNotHeardOf(t *testing.T) {
	w := newTown(t)
	lost := false
	w.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Action != "CreateLoginProfile" || lost {
			return nil
		}
		lost = true
		return &cloud.Fault{AfterEffect: true, Code: "ServiceFailure", Status: 500}
	})
	got, err := w.Create(t.Context(), credentials.Wish{Request: "request-1", Account: owner})
	if err != nil || got.Result != "created" || !lost {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestRefusedActs: what cannot be opened is refused, and nothing is done.
func TestRefusedActs(t *testing.T) {
	w := newTown(t)
	w.PutRoot(owner, everything())
	w.RootCredentialsManagement(false)
	for account, cause := range map[string]remedy.Cause{owner: credentials.Disabled, manager: remedy.ManagementAccount} {
		_, deleting := w.Delete(t.Context(), "request-1", account)
		_, creating := w.Create(t.Context(), credentials.Wish{Request: "request-2", Account: account, Case: true})
		for _, err := range []error{deleting, creating} {
			if refusal := (*remedy.Refusal)(nil); !errors.As(err, &refusal) || refusal.Cause != cause {
				t.Errorf("%s: %v", account, err)
			}
		}
	}
	if open, err := w.Store.Open(t.Context(), 10); err != nil || len(open) > 0 {
		t.Errorf("cases of what was not created: %+v, %v", open, err)
	}
}
