package remedy_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
)

// TestExactlyWhatWasAskedForIsDone, or nothing: no other action takes its place, whatever a rule would do.
func TestExactlyWhatWasAskedForIsDone(t *testing.T) {
	good, locked := policyOf(tlsStatement, logsStatement), policyOf(tlsStatement, allStatement)
	refusesPut := func(c cloud.Call) *cloud.Fault {
		if c.Action == "PutBucketPolicy" && strings.HasSuffix(c.Caller, ":root") {
			return &cloud.Fault{Code: "MalformedPolicy", Message: "no", Status: 400}
		}
		return nil
	}
	for name, row := range map[string]struct {
		before, policy string
		action         allowlist.Action
		fail           func(cloud.Call) *cloud.Fault
		result         remedy.Result // "" for a refusal
		want           string        // in force afterwards
		says           string
	}{
		"delete":                    {good, locked, "delete", nil, remedy.Unlocked, "", ""},
		"repair":                    {good, locked, "repair", nil, remedy.Repaired, policyOf(tlsStatement), ""},
		"restore":                   {good, locked, "restore", nil, remedy.Reinstated, good, "as a sweep saw it"},
		"restore of what is locked": {"", locked, "restore", nil, "", locked, "not known"},
		"restore that lets others in": {policyOf(tlsStatement, partnerStatement), locked, "restore", nil, "", locked,
			"from outside"},
		"restore of what locks today":   {policyOf(expiredStatement), locked, "restore", nil, "", locked, "by now"},
		"repair that lets the world in": {"", behindANetwork, "repair", nil, "", behindANetwork, "from outside"},
		"repair that leaves nothing": {"", policyOf(allStatement), "repair", nil, "", policyOf(allStatement),
			"nothing is left"},
		"repair that the service denies": {good, locked, "repair", refusesPut, "", locked, "MalformedPolicy"},
		"restore of the forced":          {good, harmless, "restore", nil, remedy.Reinstated, good, ""},
		"notify":                         {good, locked, "notify", nil, "", locked, "want delete, repair or restore"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, others)
			w.cloud.Fail(row.fail)
			if row.before != "" {
				w.keep(row.before)
			}
			w.cloud.SetPolicy(bucketARN, row.policy)
			wish := w.wish("one", row.action)
			o, err := w.granted(w.Flow, wish)
			if o.Result != row.result && row.result != "" || (err == nil) != (row.result != "") {
				t.Errorf("%+v, %v", o, err)
			}
			if said := o.Why; err != nil && !strings.Contains(err.Error(), row.says) || err == nil &&
				!strings.Contains(said, row.says) {
				t.Errorf("%s, %v: want %q", said, err, row.says)
			}
			if got := w.cloud.Policy(bucketARN); !same(t, got, row.want) {
				t.Errorf("policy %s", got)
			}
			if e := w.Incidents()[0]; row.result == "" && (len(w.subjects()) != 0 || e.State != remedy.Closed || e.Token) {
				t.Errorf("mails %q, %+v", w.subjects(), e)
			}
			if again, twice := w.granted(w.Flow, wish); again.Result != o.Result && err == nil ||
				(twice == nil) != (err == nil) {
				t.Errorf("the same again is %+v, %v", again, twice)
			}
		})
	}
}

// TestTheServiceRefusesAGrant: its cause is the answer, nothing was done, and the token is free.
func TestTheServiceRefusesAGrant(t *testing.T) {
	fail := func(c cloud.Call) *cloud.Fault {
		if c.Action == "DeleteBucketPolicy" && strings.HasSuffix(c.Caller, ":root") {
			return &cloud.Fault{Code: "AccessDenied", Message: "explicit deny in a resource control policy", Status: 403}
		}
		return nil
	}
	w := newWorld(t, others)
	w.cloud.Fail(fail)
	w.cloud.SetPolicy(bucketARN, denyAll)
	_, err := w.granted(w.Flow, w.wish("one", allowlist.Delete))
	refusal := (*remedy.Refusal)(nil)
	if !errors.As(err, &refusal) || refusal.Cause != remedy.DeniedByOrg {
		t.Error(err)
	}
	if e := w.Incidents()[0]; e.Token || e.State != remedy.Closed || e.Open || len(w.subjects()) != 0 {
		t.Errorf("%+v, mails %q", e, w.subjects())
	}
}

// TestAPolicyThatSparesNobodyWhoExistsIsLocked: to people as to sweeps. It is looked at twice, since a role can be
// made.
func TestAPolicyThatSparesNobodyWhoExistsIsLocked(t *testing.T) {
	for roles, locked := range map[string]bool{"Admin Auditor": true, "Admin PipelineAccessS3": false} {
		w := newWorld(t, others)
		w.Flow.Principals = &people{answers: []answer{{roles, nil}}}
		w.cloud.SetPolicy(bucketARN, denyAllExceptPipeline)
		wish := w.wish("one", allowlist.Delete)
		wish.Force = false
		s, err := w.Flow.Show(context.Background(), remedy.Change{EventID: "view", Resource: bucketARN, Account: account,
			Region: region, Time: w.clock()})
		if err != nil || s.Locked != locked || s.Acts[0].Refused != "" {
			t.Errorf("%s: %+v, %v", roles, s, err)
		}
		if _, err := w.Flow.Grant(context.Background(), wish); locked && !errors.As(err, new(*remedy.Later)) {
			t.Errorf("%s: %v", roles, err)
		}
		o, err := w.granted(w.Flow, wish)
		if done := w.cloud.Policy(bucketARN) == ""; done != locked || done != (err == nil) {
			t.Errorf("%s: %+v, %v", roles, o, err)
		}
	}
}
