package allowlist_test

import (
	"fmt"
	"testing"
	"time"

	"locksmith/policies/allowlist"
)

// several has rules that overlap, one that ran out, and things never to be touched.
const several = `{"organization": "o-a1b2c3d4e5",
 "never": ["arn:aws:s3:::org-trail-*", "arn:aws:sqs:*:*:pay-*"],
 "deliberate": ["Quarantine*", "Hold?"],
 "rules": [
  {"name": "drill", "accounts": ["111122223333"], "resources": ["arn:aws:s3:::drill-*", "arn:aws:s3:::logs"],
   "verdicts": ["lockout", "sealed"], "action": "delete",
   "owner": "Ops", "reason": "the spring drill", "expires": "2026-03-31"},
  {"name": "logs", "accounts": ["111122223333", "444455556666"], "resources": ["arn:aws:s3:::logs"],
   "action": "repair", "owner": "Ops", "reason": "log delivery"},
  {"name": "rest", "accounts": ["111122223333"], "resources": ["arn:aws:s3:::l*", "arn:aws:sqs:eu-*:111122223333:jobs"],
   "verdicts": ["sealed"], "action": "notify",
   "owner": "Ops", "reason": "to be watched", "expires": "2027-06-30"},
  {"name": "old", "accounts": ["777788889999"], "resources": ["arn:aws:s3:::*"],
   "action": "delete", "owner": "Ops", "reason": "gone", "expires": "2025-01-01"},
  {"name": "older", "accounts": ["777788889999"], "resources": ["arn:aws:s3:::*"],
   "action": "delete", "owner": "Ops", "reason": "gone", "expires": "2024-01-01"}
 ]}`

func TestFind(t *testing.T) {
	l := read(t, several)
	march, june := "2026-03-31T23:59:59.999999999Z", "2026-06-01T00:00:00Z"
	for _, row := range []struct {
		resource, account, now string
		standing               allowlist.Standing
		rule, sentence         string
	}{
		// The first rule that covers counts.
		{"arn:aws:s3:::drill-1", "111122223333", march, allowlist.Covered, "drill", "rule drill covers it"},
		{"arn:aws:s3:::logs", "111122223333", march, allowlist.Covered, "drill", "rule drill covers it"},
		{"arn:aws:s3:::logs", "444455556666", march, allowlist.Covered, "logs", "rule logs covers it"},
		{"arn:aws:s3:::logs-2", "111122223333", march, allowlist.Covered, "rest", "rule rest covers it"},
		// A rule covers to the end of its last day, UTC; after that no later rule steps in.
		{"arn:aws:s3:::drill-1", "111122223333", "2026-04-01T01:59:59+02:00", allowlist.Covered, "drill",
			"rule drill covers it"},
		{"arn:aws:s3:::drill-1", "111122223333", "2026-04-01T00:00:00Z", allowlist.Expired, "",
			"rule drill ran out on 2026-03-31"},
		{"arn:aws:s3:::drill-1", "111122223333", "2026-03-31T19:00:00-05:00", allowlist.Expired, "",
			"rule drill ran out on 2026-03-31"},
		{"arn:aws:s3:::logs", "111122223333", june, allowlist.Expired, "", "rule drill ran out on 2026-03-31"},
		{"arn:aws:s3:::logs", "444455556666", "2099-01-01T00:00:00Z", allowlist.Covered, "logs", "rule logs covers it"},
		{"arn:aws:s3:::any", "777788889999", june, allowlist.Expired, "", "rule old ran out on 2025-01-01"},
		// The account has to be the rule's, and so has each part of the ARN.
		{"arn:aws:s3:::drill-1", "444455556666", march, allowlist.Uncovered, "",
			"no rule of the allow list covers arn:aws:s3:::drill-1 in account 444455556666"},
		{"arn:aws:s3:::drill-1", "", march, allowlist.Uncovered, "",
			"no rule of the allow list covers arn:aws:s3:::drill-1 in account "},
		{"arn:aws-cn:s3:::logs", "111122223333", march, allowlist.Uncovered, "",
			"no rule of the allow list covers arn:aws-cn:s3:::logs in account 111122223333"},
		{"arn:aws:s3:::Logs", "111122223333", march, allowlist.Uncovered, "",
			"no rule of the allow list covers arn:aws:s3:::Logs in account 111122223333"},
		{"arn:aws:sqs:eu-west-1:111122223333:jobs", "111122223333", june, allowlist.Covered, "rest",
			"rule rest covers it"},
		{"arn:aws:sqs:us-east-1:111122223333:jobs", "111122223333", june, allowlist.Uncovered, "",
			"no rule of the allow list covers arn:aws:sqs:us-east-1:111122223333:jobs in account 111122223333"},
		{"arn:aws:sqs:eu-west-1:444455556666:jobs", "111122223333", june, allowlist.Uncovered, "",
			"no rule of the allow list covers arn:aws:sqs:eu-west-1:444455556666:jobs in account 111122223333"},
		{"logs", "111122223333", june, allowlist.Uncovered, "",
			"no rule of the allow list covers logs in account 111122223333"},
		{"arn:aws:s3", "777788889999", june, allowlist.Uncovered, "",
			"no rule of the allow list covers arn:aws:s3 in account 777788889999"},
		// Never wins, over rules and over their absence.
		{"arn:aws:s3:::org-trail-eu", "111122223333", march, allowlist.Forbidden, "",
			"the allow list says never to touch arn:aws:s3:::org-trail-*"},
		{"arn:aws:s3:::org-trail-eu", "777788889999", march, allowlist.Forbidden, "",
			"the allow list says never to touch arn:aws:s3:::org-trail-*"},
		{"arn:aws:sqs:eu-west-1:111122223333:pay-1", "111122223333", march, allowlist.Forbidden, "",
			"the allow list says never to touch arn:aws:sqs:*:*:pay-*"},
	} {
		now, err := time.Parse(time.RFC3339, row.now)
		if err != nil {
			t.Fatal(err)
		}
		got := l.Find(row.resource, allowlist.Account{Number: row.account}, now)
		rule := ""
		if got.Rule != nil {
			rule = got.Rule.Name
		}
		if got.Standing != row.standing || rule != row.rule || got.Sentence() != row.sentence {
			t.Errorf("%s in %q at %s: %s, rule %q, %q; want %s, %q, %q", row.resource, row.account, row.now,
				got.Standing, rule, got.Sentence(), row.standing, row.rule, row.sentence)
		}
	}
}

// TestNeverReachesFar: a wildcard of never may reach over colons, one of a rule may not. Read refuses such patterns;
// a List may come from elsewhere.
func TestNeverReachesFar(t *testing.T) {
	rule := allowlist.Rule{Name: "all", Accounts: []string{"111122223333"},
		Resources: []string{"arn:aws:sqs:*:*:*", "arn:*:jobs"}}
	queue := "arn:aws:sqs:eu-west-1:111122223333:jobs"
	for _, row := range []struct {
		never, resources []string
		want             allowlist.Standing
	}{
		{[]string{"arn:*:jobs"}, rule.Resources, allowlist.Forbidden},
		{[]string{"*"}, rule.Resources, allowlist.Forbidden},
		{[]string{"arn:aws:sqs:*jobs"}, rule.Resources, allowlist.Forbidden},
		{nil, rule.Resources, allowlist.Covered},
		{nil, []string{"arn:*:jobs", "*", "arn:aws:sqs:*:jobs", "arn:aws:sqs:eu-west-1:*",
			"arn:aws:sqs:eu-west-1:111122223333:jobs:*"}, allowlist.Uncovered},
	} {
		rule.Resources = row.resources
		l := &allowlist.List{Never: row.never, Rules: []allowlist.Rule{rule}}
		if got := l.Find(queue, allowlist.Account{Number: "111122223333"}, time.Time{}); got.Standing != row.want {
			t.Errorf("never %q, resources %q: %s, want %s", row.never, row.resources, got.Standing, row.want)
		}
	}
}

func TestMarked(t *testing.T) {
	l := read(t, several)
	for _, row := range []struct {
		sid, pattern string
		marked       bool
	}{
		{"Quarantine", "Quarantine*", true},
		{"QuarantineUntilAudit", "Quarantine*", true},
		{"Hold1", "Hold?", true},
		{"Hold", "", false},
		{"quarantine", "", false},
		{"NoQuarantine", "", false},
		{"", "", false},
	} {
		if pattern, marked := l.Marked(row.sid); pattern != row.pattern || marked != row.marked {
			t.Errorf("%q: %q, %t; want %q, %t", row.sid, pattern, marked, row.pattern, row.marked)
		}
	}
	all := &allowlist.List{Deliberate: []string{"*"}}
	if _, marked := all.Marked(""); marked {
		t.Error("a statement without a Sid is marked as meant")
	}
}

func TestActsOn(t *testing.T) {
	rules := read(t, several).Rules
	for _, row := range []struct {
		rule    int
		verdict string
		want    bool
	}{
		{0, "lockout", true}, {0, "sealed", true}, {0, "undecided", false}, {0, "open", false},
		{1, "lockout", true}, {1, "sealed", false}, {1, "", false},
		{2, "lockout", false}, {2, "sealed", true},
	} {
		if got := rules[row.rule].ActsOn(row.verdict); got != row.want {
			t.Errorf("rule %s on %q: %t", rules[row.rule].Name, row.verdict, got)
		}
	}
}

func Example() {
	list, err := allowlist.Read([]byte(`{
  "organization": "o-a1b2c3d4e5",
  "never": ["arn:aws:s3:::org-trail-*"],
  "rules": [{
    "name": "sandboxes", "accounts": ["111122223333"], "resources": ["arn:aws:s3:::*"],
    "action": "delete", "owner": "platform@example.com", "reason": "no data of record", "expires": "2027-06-30"
  }]
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC)
	for _, bucket := range []string{"arn:aws:s3:::reports", "arn:aws:s3:::org-trail-eu"} {
		ruling := list.Find(bucket, allowlist.Account{Number: "111122223333"}, now)
		fmt.Println(ruling.Standing+":", ruling.Sentence())
	}
	later := now.AddDate(1, 0, 0)
	fmt.Println(list.Find("arn:aws:s3:::reports", allowlist.Account{Number: "111122223333"}, later).Sentence())
	// Output:
	// covered: rule sandboxes covers it
	// never: the allow list says never to touch arn:aws:s3:::org-trail-*
	// rule sandboxes ran out on 2027-06-30
}

func ExampleRead_refused() {
	_, err := allowlist.Read([]byte(`{"organization": "o-a1b2c3d4e5", "rules": [
  {"name": "sandboxes", "account": [111122223333], "resources": ["arn:aws:sns:*:*:t"],
   "action": "delete", "owner": "platform@example.com", "reason": "no data of record"}]}`))
	fmt.Println(err)
	// Output:
	// 2:3: rules[0].accounts: missing (such as "accounts": ["111122223333"])
	// 2:25: rules[0].account: unknown field (did you mean accounts?)
	// 2:66: rules[0].resources[0]: "arn:aws:sns:*:*:t" (only s3 and sqs resources can be unlocked)
}

// BenchmarkFind looks for a bucket in 1,000 rules. In the worst case all are for its account and none covers it.
func BenchmarkFind(b *testing.B) {
	l := &allowlist.List{Never: []string{"arn:aws:s3:::org-trail-*", "arn:aws:sqs:*:*:pay-*"}}
	for i := range 1000 {
		l.Rules = append(l.Rules, allowlist.Rule{Name: fmt.Sprint("rule", i),
			Accounts:  []string{fmt.Sprintf("%012d", i/2)},
			Resources: []string{fmt.Sprintf("arn:aws:s3:::team-%d-*", i), fmt.Sprintf("arn:aws:sqs:*:*:team-%d-*", i)}})
	}
	same := &allowlist.List{Never: l.Never}
	for _, r := range l.Rules {
		r.Accounts = []string{"111122223333"}
		same.Rules = append(same.Rules, r)
	}
	for _, row := range []struct {
		name    string
		list    *allowlist.List
		account string
	}{{"accounts", l, "000000000499"}, {"one-account", same, "111122223333"}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got := row.list.Find("arn:aws:s3:::reports", allowlist.Account{Number: row.account}, time.Time{})
				if got.Standing != allowlist.Uncovered {
					b.Fatal("covered")
				}
			}
		})
	}
}
