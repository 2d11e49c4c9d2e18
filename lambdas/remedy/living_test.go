package remedy_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// people are the principals of the account, by the look: the last answer is for all looks after it.
type people struct {
	looks   int
	answers []answer
}

type answer struct {
	roles string // names, with spaces between them
	err   error
}

func (p *people) Living(_ context.Context, of string) (all []lockout.Principal, err error) {
	a := p.answers[min(p.looks, len(p.answers)-1)]
	p.looks++
	for _, name := range strings.Fields(a.roles) {
		all = append(all, lockout.Principal{ARN: "arn:aws:iam::" + of + ":role/" + name,
			ID: "AROA" + strings.Repeat("0", 17)})
	}
	return all, a.err
}

// findByName is the sweep handing over the bucket, since its policy spares nobody who exists.
func (w *world) findByName(call string) {
	w.cloud.Send(w.Queue, string(remedy.Finding(remedy.Change{EventID: "sweep-1-0123456789abcdef", Call: call,
		Resource: bucketARN, Account: account, Region: region, Time: w.clock(), Policy: denyAllExceptPipeline,
		Living: true})))
}

// TestDeadPrincipals: what was found to spare nobody who exists is acted on where that still holds at each look.
func TestDeadPrincipals(t *testing.T) {
	forbidden := &remedy.Refusal{Cause: remedy.Unexpected, Err: errors.New("not authorized")}
	for _, row := range []struct {
		name    string
		answers []answer
		gone    bool
		mail    string // in the subject of the first mail, or "" for none
	}{
		{"nobody is spared", []answer{{"Admin Auditor", nil}}, true, "UNLOCKED"},
		{"the role is there again", []answer{{"Admin PipelineAccessS3", nil}}, false, ""},
		{"the role is made while we look", []answer{{"Admin", nil}, {"Admin PipelineAccessS3", nil}}, false, ""},
		{"nobody may list them", []answer{{"", forbidden}}, false, "UNDECIDED"},
		{"nobody may list them any more", []answer{{"Admin", nil}, {"", forbidden}}, false, "UNDECIDED"},
		{"the list fails once", []answer{{"", errors.New("500")}, {"Admin", nil}}, true, "UNLOCKED"},
		{"nobody is there at all", []answer{{"", nil}}, false, "UNDECIDED"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, rules)
			w.Flow.Principals = &people{answers: row.answers}
			w.cloud.SetPolicy(bucketARN, denyAllExceptPipeline)
			w.findByName(remedy.DeleteRole)
			w.settle()
			if gone := w.cloud.Policy(bucketARN) == ""; gone != row.gone {
				t.Errorf("policy gone: %t, want %t", gone, row.gone)
			}
			mails := w.subjects()
			silent := row.mail == "" && len(mails) == 0
			if !silent && (len(mails) != 1 || !strings.Contains(mails[0], row.mail)) {
				t.Errorf("mails %q, want %q", mails, row.mail)
			}
		})
	}
	t.Run("no reader", func(t *testing.T) {
		w := newWorld(t, rules)
		w.cloud.SetPolicy(bucketARN, denyAllExceptPipeline)
		w.findByName(remedy.Sweep)
		w.settle()
		if w.cloud.Policy(bucketARN) == "" {
			t.Errorf("changed without knowing who exists: %q", w.changes())
		}
	})
}
