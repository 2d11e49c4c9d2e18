package allowlist_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/allowlist"
)

// ruled is a list of rules, each "name; accounts; resources; expires", all but the name without quotes.
func ruled(t *testing.T, rules ...string) *allowlist.List {
	t.Helper()
	var all []string
	for _, r := range rules {
		f := strings.Split(r, "; ")
		text := `{"name": "` + f[0] + `", "accounts": ["` + strings.ReplaceAll(f[1], " ", `", "`) + `"], "resources": ["` +
			strings.ReplaceAll(f[2], " ", `", "`) + `"], "action": "delete", "owner": "Ops", "reason": "none"`
		if len(f) > 3 {
			text += `, "expires": "` + f[3] + `"`
		}
		all = append(all, text+"}")
	}
	return read(t, `{"organization": "o-a1b2c3d4e5", "rules": [`+strings.Join(all, ", ")+`]}`)
}

func TestWarnings(t *testing.T) {
	now := time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)
	const a, b = "111122223333", "444455556666"
	for _, row := range []struct {
		name  string
		rules []string
		want  []string
	}{
		{"in order", []string{"one; " + a + "; arn:aws:s3:::one-*; 2027-06-30", "two; " + a + "; arn:aws:s3:::two-*"}, nil},
		{"ran out", []string{"old; " + a + "; arn:aws:s3:::*; 2026-11-20"},
			[]string{"rule old ran out on 2026-11-20: it covers nothing any more; renew it, or take it out"}},
		{"its last day is today", []string{"old; " + a + "; arn:aws:s3:::*; 2026-11-21"},
			[]string{"rule old runs out on 2026-11-21: after that day it covers nothing; renew it in time"}},
		{"a month", []string{"soon; " + a + "; arn:aws:s3:::*; 2026-12-20"},
			[]string{"rule soon runs out on 2026-12-20: after that day it covers nothing; renew it in time"}},
		{"more than a month", []string{"late; " + a + "; arn:aws:s3:::*; 2026-12-21"}, nil},
		{"in the shadow", []string{"all; " + a + " " + b + "; arn:aws:s3:::* arn:aws:sqs:*:*:*",
			"part; " + b + "; arn:aws:s3:::logs-* arn:aws:sqs:eu-*:*:jobs"},
			[]string{"rule part covers nothing: rule all above it decides about all that it names"}},
		{"half in the shadow", []string{"all; " + a + "; arn:aws:s3:::*", "part; " + a + " " + b + "; arn:aws:s3:::x"}, nil},
		{"a question mark is no star",
			[]string{"one; " + a + "; arn:aws:s3:::log?", "part; " + a + "; arn:aws:s3:::log*"}, nil},
		{"below the root", []string{"all; r-a1b2; arn:aws:s3:::*", "part; " + a + "; arn:aws:s3:::x"},
			[]string{"rule part covers nothing: rule all above it decides about all that it names"}},
		{"a wider one below",
			[]string{"drill; " + a + "; arn:aws:s3:::drill-*; 2027-06-30", "all; " + a + "; arn:aws:s3:::*"},
			[]string{"rule drill runs out on 2027-06-30, and then nothing covers its resources: " +
				"rule all below it is wider, and does not step in"}},
		{"a wider one that runs out before", []string{"drill; " + a + "; arn:aws:s3:::drill-*; 2027-06-30",
			"all; " + a + "; arn:aws:s3:::*; 2027-05-30"}, nil},
		{"both", []string{"drill; " + a + "; arn:aws:s3:::drill-*; 2026-03-31", "all; " + a + "; arn:aws:s3:::*"},
			[]string{"rule drill ran out on 2026-03-31: it covers nothing any more; renew it, or take it out",
				"rule drill ran out on 2026-03-31, and since then nothing covers its resources: " +
					"rule all below it is wider, and does not step in"}},
		{"units", []string{"one; " + a + " ou-a1b2-11111111 tag:stage=sandbox; arn:aws:s3:::*"}, nil},
	} {
		if diff := cmp.Diff(row.want, ruled(t, row.rules...).Warnings(now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

// TestTheFirstRuleDecides: also when it has run out. A wider rule below does not step in.
func TestTheFirstRuleDecides(t *testing.T) {
	l := ruled(t, "drill; 111122223333; arn:aws:s3:::drill-*; 2026-03-31", "all; 111122223333; arn:aws:s3:::*")
	now := time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)
	got := l.Find("arn:aws:s3:::drill-1", allowlist.Account{Number: "111122223333"}, now)
	if got.Standing != allowlist.Expired || got.Rule != nil || got.Sentence() != "rule drill ran out on 2026-03-31" {
		t.Errorf("%s, %v: %s", got.Standing, got.Rule, got.Sentence())
	}
	got = l.Find("arn:aws:s3:::other", allowlist.Account{Number: "111122223333"}, now)
	if got.Standing != allowlist.Covered {
		t.Errorf("another bucket: %s", got.Sentence())
	}
}

// TestUnitsCoverNothing: as long as nobody looks them up. A rule that may be the first to cover keeps those below it
// from deciding.
func TestUnitsCoverNothing(t *testing.T) {
	l := ruled(t, "units; 111122223333 ou-a1b2-11111111 tag:stage=sandbox; arn:aws:s3:::*",
		"named; 444455556666; arn:aws:s3:::* arn:aws:sqs:*:*:*")
	for _, row := range []struct {
		resource, account string
		standing          allowlist.Standing
		sentence          string
	}{
		{"arn:aws:s3:::b", "111122223333", allowlist.Covered, "rule units covers it"},
		{"arn:aws:s3:::b", "777788889999", allowlist.Unsettled, "whether rule units covers account 777788889999 is not " +
			"known: ou-a1b2-11111111 and tag:stage=sandbox are not looked up, so nothing is covered"},
		{"arn:aws:s3:::b", "444455556666", allowlist.Unsettled, "whether rule units covers account 444455556666 is not " +
			"known: ou-a1b2-11111111 and tag:stage=sandbox are not looked up, so nothing is covered"},
		{"arn:aws:sqs:eu-west-1:444455556666:q", "444455556666", allowlist.Covered, "rule named covers it"},
	} {
		got := l.Find(row.resource, allowlist.Account{Number: row.account}, time.Time{})
		if got.Standing != row.standing || got.Sentence() != row.sentence ||
			(got.Rule != nil) != (got.Standing == allowlist.Covered) {
			t.Errorf("%s in %s: %s, %v, %s", row.resource, row.account, got.Standing, got.Rule, got.Sentence())
		}
	}
}

// TestWarningsOfTheDesk: a role's path is in no session's ARN, and a session's name is chosen freely, but in Identity
// Center.
func TestWarningsOfTheDesk(t *testing.T) {
	l := read(t, `{"organization": "o-a1b2c3d4e5", "rules": [], "desk": [
 {"name": "good", "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Ops_*/ann", "arn:aws:iam::*:role/Ops"],
  "tasks": ["view"], "accounts": ["r-a1b2"]},
 {"name": "path", "who": ["arn:aws:iam::999988887777:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ops_*"],
  "tasks": ["view"], "accounts": ["r-a1b2"]},
 {"name": "named", "who": ["arn:aws:sts::999988887777:assumed-role/Deploy/*"], "tasks": ["unlock"],
  "accounts": ["r-a1b2"], "approvals": 1, "approvers": ["arn:aws:sts::999988887777:assumed-role/Ops/ann",
  "arn:aws:iam::999988887777:user/ops/ann"]}]}`)
	want := []string{
		"entry path of the desk names arn:aws:iam::999988887777:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ops_*" +
			": a session's ARN does not hold its role's path, so this is nobody; write role/AWSReservedSSO_Ops_*",
		"entry named of the desk names arn:aws:sts::999988887777:assumed-role/Ops/ann: whoever opens a session of Ops " +
			"chooses its name, so this is all of them"}
	if diff := cmp.Diff(want, l.Warnings(november)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
