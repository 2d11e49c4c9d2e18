package versity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
	"locksmith/test/assumeroot"
)

// The statements of the bucket's policies. On S3 the owner's administrators would need no Allow: their own policies
// give them everything. Versitygw's accounts have no policies, and a bucket policy that does not speak of them shuts
// them out.
const (
	allowOwner = `{"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*",
		"Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"]}`
	tlsOnly = `{"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"],
		"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`
	denyAll = `{"Sid": "DenyAllAccess", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"]}`
)

func policy(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
}

// TestBucketIsUnlocked leads an event through the flow with the real adapter: the owner is shut out before, and in
// again after. Want is the policy that the owner reads then, "" for none.
func TestBucketIsUnlocked(t *testing.T) {
	for _, tt := range []struct {
		name, action, policy string
		want                 string
		result               remedy.Result
	}{
		{"delete", "delete", policy(denyAll), "", remedy.Unlocked},
		{"delete takes all", "delete", policy(allowOwner, tlsOnly, denyAll), "", remedy.Unlocked},
		{"repair", "repair", policy(allowOwner, tlsOnly, denyAll), policy(allowOwner, tlsOnly), remedy.Repaired},
		{"repair leaves nothing", "repair", policy(denyAll), "", remedy.Unlocked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRescue(t, tt.action)
			event := r.put(t, tt.policy)
			r.wantShutOut(t)
			r.handle(t, event)
			if got := r.last.Outcome; got.Result != tt.result || got.Removed != tt.policy {
				t.Errorf("%+v, want %s", got, tt.result)
			}
			r.wantPolicy(t, tt.want)
			want := []assumeroot.Session{{Caller: "central", Region: "us-east-1", Account: owner,
				Task: "S3UnlockBucketPolicy", Seconds: 300}}
			if diff := cmp.Diff(want, r.sts.Sessions()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]remedy.Result{tt.result}, r.told); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUndo: what was taken off can be put back without what locked, and as it was only if that is asked for twice.
func TestUndo(t *testing.T) {
	r := newRescue(t, "delete")
	r.handle(t, r.put(t, policy(allowOwner, tlsOnly, denyAll)))
	entries, err := r.ledger.Incidents(t.Context())
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	entry, err := r.ledger.Find(t.Context(), entries[0].Change.EventID, entries[0].Change.Resource)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := r.flow.Undo(t.Context(), entry, remedy.Undo{}); err == nil || v.Answer != lockout.Lockout {
		t.Errorf("%s, %v, want a refusal", v.Answer, err)
	}
	r.wantPolicy(t, "")
	if _, err := r.flow.Undo(t.Context(), entry, remedy.Undo{Repaired: true}); err != nil {
		t.Fatal(err)
	}
	r.wantPolicy(t, policy(allowOwner, tlsOnly))
}
