package lockout_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// How two policies are put side by side: statements that move, repeat or cannot be read.

// partner lets another account in, team the account's own people.
const (
	partner  = `{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"}`
	team     = `{"Sid":"Team","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}`
	onlyOrg  = `{"Sid":"OnlyOrg","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}`
	denyAll  = `{"Sid":"DenyAll","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`
	notOwner = `{"Sid":"NotOwner","Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}`
)

// TestOpensAnyChange asks also for changes that put statements, as undo does.
func TestOpensAnyChange(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after string // "": none
		want          lockout.Access
	}{
		{"nothing changes", partner + "," + denyAll, partner + "," + denyAll, lockout.Nothing},
		{"the order changes", partner + "," + denyAll, denyAll + "," + partner, lockout.Nothing},
		{"a grant is put where nothing was", "", partner, lockout.Something},
		{"a grant to the own account is put", "", team, lockout.Nothing},
		{"a grant is put that stood there", team + "," + partner, partner, lockout.Nothing},
		{"a grant is put behind a lock", "", partner + "," + denyAll, lockout.Nothing},
		{"a grant is put behind a lock on others", "", partner + "," + notOwner, lockout.Nothing},
		{"a grant is put, to the organization", denyAll, partner + "," + onlyOrg, lockout.Something},
		{"a grant is put that another held", strings.Replace(partner, "GetObject", "*", 1), partner, lockout.Nothing},
		{"a grant grows", partner, strings.Replace(partner, "GetObject", "Get*", 1), lockout.Something},
		{"a lock is put", partner, partner + "," + denyAll, lockout.Nothing},
		{"all goes", partner + "," + denyAll, "", lockout.Nothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, _ := questionOf(t, "arn:aws:s3:::payroll", team)
			var after *policies.Document
			if q.Policy = nil; c.before != "" {
				before, _ := questionOf(t, "arn:aws:s3:::payroll", c.before)
				q.Policy = before.Policy
			}
			if c.after != "" {
				next, _ := questionOf(t, "arn:aws:s3:::payroll", c.after)
				after = next.Policy
			}
			o := lockout.Opens(q, after)
			if o.Outside != c.want {
				t.Errorf("%s, want %s: %q", o.Outside, c.want, o.Reasons)
			}
			for _, e := range o.Witnesses {
				replayEntry(t, q, after, e)
			}
		})
	}
}

// TestOpensCannotTell is about questions that have no answer.
func TestOpensCannotTell(t *testing.T) {
	const variable = `{"Sid":"Home","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"arn:aws:s3:::payroll/${aws:username}/*"}`
	q, text := questionOf(t, "arn:aws:s3:::payroll", variable+","+denyAll)
	older, err := policies.Parse([]byte(strings.Replace(text, "2012-10-17", "2008-10-17", 1)))
	if err != nil {
		t.Fatal(err)
	}
	twice, err := policies.Parse([]byte(strings.Replace(text, `"Statement"`, `"Statement":[],"Statement"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*lockout.Question)
		after  *policies.Document
		reason string
	}{
		"another version":  {func(*lockout.Question) {}, older, "policy variables mean something else"},
		"an element twice": {func(q *lockout.Question) { q.Policy = twice }, q.Policy, "Statement"},
		"what follows, so": {func(*lockout.Question) {}, twice, "Statement"},
		"no account":       {func(q *lockout.Question) { q.Account = "" }, q.Policy, "owner account"},
		"neither of the kinds": {func(q *lockout.Question) {
			q.Resource = "arn:aws:sns:us-east-1:111122223333:t"
		}, q.Policy, "bucket or a queue"},
		"no time": {func(q *lockout.Question) { q.Now = time.Time{} }, q.Policy, "current time"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := q
			c.change(&asked)
			o := lockout.Opens(asked, c.after)
			if o.Outside != lockout.CannotTell || len(o.Reasons) != 1 || !strings.Contains(o.Reasons[0], c.reason) {
				t.Errorf("%s %q, want %q", o.Outside, o.Reasons, c.reason)
			}
		})
	}
}

// TestOpensLists is about access control lists, which are no part of the policy.
func TestOpensLists(t *testing.T) {
	for _, c := range []struct {
		name, statements string
		gone             []int
		want             string // in the note; "": there is none
	}{
		{"a deny-all goes with the policy", denyAll, nil, "statement DenyAll forbade"},
		{"two go", denyAll + "," + onlyOrg, nil, "statements DenyAll and OnlyOrg forbade"},
		{"it concerned only a role of the account", strings.Replace(denyAll, `"*","Action"`,
			`{"AWS":"arn:aws:iam::111122223333:role/App"},"Action"`, 1), nil, ""},
		{"it concerned what no list allows", strings.Replace(denyAll, `"s3:*"`, `"s3:*BucketPolicy"`, 1), nil, ""},
		{"another stays that forbids the same", denyAll + "," + notOwner, []int{0}, ""},
		{"it forbade listing", strings.Replace(denyAll, `"s3:*"`, `"s3:ListBucket"`, 1), nil,
			"statement DenyAll forbade"},
		{"only an Allow goes", team, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, text := questionOf(t, "arn:aws:s3:::payroll", c.statements)
			got := lockout.Opens(q, less(t, text, c.gone)).ACL
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	q, _ := questionOf(t, mailQueue, `{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}`)
	if got := lockout.Opens(q, nil).ACL; got != "" {
		t.Errorf("a queue has no such lists: %q", got)
	}
}

// TestOpensJSON keeps the names under which the answer is written.
func TestOpensJSON(t *testing.T) {
	q, text := questionOf(t, "arn:aws:s3:::payroll", partner+","+denyAll)
	written, err := json.Marshal(lockout.Opens(q, less(t, text, []int{1})))
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Outside, ACL    string
		Reasons, Inside []string
		Witnesses       []struct {
			Sender, Principal, Kind, Action, Resource string
			Context                                   map[string]any
		}
	}
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	if read.Outside != "opens" || len(read.Witnesses) != 1 || read.Witnesses[0].Sender != "account" ||
		read.Witnesses[0].Kind != "role" ||
		read.Witnesses[0].Context["aws:PrincipalAccount"] != "444455556666" ||
		!slices.Contains(read.Reasons, "another account, such as by "+
			read.Witnesses[0].Principal+", can call s3:GetObject on arn:aws:s3:::payroll/example.txt: statement "+
			"Partner "+
			"allows it, and statement DenyAll, which denies it now, goes") {
		t.Errorf("%s", written)
	}
}

// FuzzOpens takes statements off any policy: no defect, a reason for each answer, and witnesses that the evaluator
// confirms.
func FuzzOpens(f *testing.F) {
	for _, c := range slices.Concat(opensBuckets, opensQueues) {
		f.Add(`{"Version":"2012-10-17","Statement":[`+c.statements+`]}`, uint8(1),
			strings.Contains(c.statements, "sqs:"))
	}
	f.Fuzz(func(t *testing.T, text string, gone uint8, queue bool) {
		d, err := policies.Parse([]byte(text))
		if err != nil || len(text) > 20<<10 {
			return
		}
		q := lockout.Question{Policy: d, Resource: "arn:aws:s3:::payroll", Account: "111122223333", Now: now}
		if queue {
			q.Resource = mailQueue
		}
		after := *d
		after.Statements = nil
		for i, st := range d.Statements {
			if gone>>(i%8)&1 == 0 {
				after.Statements = append(after.Statements, st)
			}
		}
		o := lockout.Opens(q, &after)
		if o.Defect != "" || o.Outside != lockout.Nothing && len(o.Reasons) == 0 {
			t.Fatalf("%+v", o)
		}
		for _, e := range o.Witnesses {
			replayEntry(t, q, &after, e)
		}
		lockout.Losses(q, &after, nil)
	})
}
