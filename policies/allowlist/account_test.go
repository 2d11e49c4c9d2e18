package allowlist_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/allowlist"
)

// grouped has rules for units, the root, tags and numbers, some of which run out, and something never to be touched.
func grouped(t *testing.T) *allowlist.List {
	return read(t, `{"organization": "o-a1b2c3d4e5", "never": ["arn:aws:s3:::org-*"], "rules": [
 {"name": "inner", "accounts": ["ou-a1b2-22222222"], "resources": ["arn:aws:s3:::*"], "action": "notify",
  "owner": "Ops", "reason": "none"},
 {"name": "old", "accounts": ["tag:stage=old", "tag:a=b=c"], "resources": ["arn:aws:s3:::*"], "action": "delete",
  "owner": "Ops", "reason": "none", "expires": "2026-03-31"},
 {"name": "number", "accounts": ["111122223333"], "resources": ["arn:aws:s3:::n-*"], "action": "delete",
  "owner": "Ops", "reason": "none"},
 {"name": "outer", "accounts": ["ou-a1b2-11111111", "tag:empty="], "resources": ["arn:aws:s3:::*"], "action": "delete",
  "owner": "Ops", "reason": "none"},
 {"name": "all", "accounts": ["r-a1b2"], "resources": ["arn:aws:sqs:*:*:*"], "action": "repair",
  "owner": "Ops", "reason": "none"}
]}`)
}

var november = time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC)

// TestUnitsAndTags: an account is in a unit if that is anywhere above it, and has a tag if key and value are the same
// to the letter. The first rule decides, and never wins.
func TestUnitsAndTags(t *testing.T) {
	outer, inner := []string{"r-a1b2", "ou-a1b2-11111111"}, []string{"r-a1b2", "ou-a1b2-11111111", "ou-a1b2-22222222"}
	tags := func(pairs ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	const bucket, queue = "arn:aws:s3:::b", "arn:aws:sqs:eu-central-1:444455556666:q"
	for _, row := range []struct {
		name, resource string
		account        allowlist.Account
		standing       allowlist.Standing
		rule           string
	}{
		{"in no unit", bucket, allowlist.Account{Known: true}, allowlist.Uncovered, ""},
		{"in the unit", bucket, allowlist.Account{Known: true, Units: outer}, allowlist.Covered, "outer"},
		{"in a unit of it, which an earlier rule names", bucket, allowlist.Account{Known: true, Units: inner},
			allowlist.Covered, "inner"},
		{"in a unit whose name begins the same", bucket,
			allowlist.Account{Known: true, Units: []string{"r-a1b2", "ou-a1b2-111111111"}}, allowlist.Uncovered, ""},
		{"never", "arn:aws:s3:::org-trail", allowlist.Account{Known: true, Units: inner}, allowlist.Forbidden, ""},
		{"never, and not known", "arn:aws:s3:::org-trail", allowlist.Account{}, allowlist.Forbidden, ""},
		{"below the root", queue, allowlist.Account{Known: true, Units: inner}, allowlist.Covered, "all"},
		{"below another root", queue, allowlist.Account{Known: true, Units: []string{"r-a1b3"}}, allowlist.Uncovered, ""},
		{"a tag of a rule that ran out", bucket, allowlist.Account{Known: true, Units: outer, Tags: tags("stage", "old")},
			allowlist.Expired, ""},
		{"a tag in another case", bucket, allowlist.Account{Known: true, Tags: tags("stage", "Old", "Stage", "old")},
			allowlist.Uncovered, ""},
		{"an equals sign in the value", bucket, allowlist.Account{Known: true, Tags: tags("a", "b=c")},
			allowlist.Expired, ""},
		{"an equals sign in the key", bucket, allowlist.Account{Known: true, Tags: tags("a=b", "c")},
			allowlist.Uncovered, ""},
		{"an empty value", bucket, allowlist.Account{Known: true, Tags: tags("empty", "")}, allowlist.Covered, "outer"},
		{"no empty value", bucket, allowlist.Account{Known: true, Tags: tags("empty", " ")}, allowlist.Uncovered, ""},
		{"no such tag", bucket, allowlist.Account{Known: true, Tags: tags("other", "")}, allowlist.Uncovered, ""},
		{"units that nobody has looked up", bucket, allowlist.Account{Units: inner}, allowlist.Unsettled, ""},
		{"tags that nobody has looked up", bucket, allowlist.Account{Tags: tags("empty", "")}, allowlist.Unsettled, ""},
		{"a number below rules with units", "arn:aws:s3:::n-1",
			allowlist.Account{Number: "111122223333"}, allowlist.Unsettled, ""},
		{"a number below rules with other units", "arn:aws:s3:::n-1",
			allowlist.Account{Number: "111122223333", Known: true, Units: outer}, allowlist.Covered, "number"},
	} {
		got := grouped(t).Find(row.resource, row.account, november)
		if name := nameOf(got); got.Standing != row.standing || name != row.rule {
			t.Errorf("%s: %s, rule %q: %s", row.name, got.Standing, name, got.Sentence())
		}
	}
}

func nameOf(r allowlist.Ruling) string {
	if r.Rule == nil {
		return ""
	}
	return r.Rule.Name
}

// TestWhyIsSaid: an account that could not be looked up is covered by nothing, and the ruling says why.
func TestWhyIsSaid(t *testing.T) {
	got := grouped(t).Find("arn:aws:s3:::b", allowlist.Account{Number: "444455556666",
		Why: "the organization has no account 444455556666"}, november)
	want := "the organization has no account 444455556666, so nothing is covered"
	if got.Standing != allowlist.Unsettled || got.Rule != nil || got.Sentence() != want {
		t.Errorf("%s: %s", got.Standing, got.Sentence())
	}
}

// TestPossible: the rulings that are possible are those that some account in the world would get, each once, in the
// order of the rules.
func TestPossible(t *testing.T) {
	for resource, want := range map[string][]string{
		"arn:aws:s3:::b":                          {"covered inner", "expired ", "covered outer", "uncovered "},
		"arn:aws:s3:::n-1":                        {"covered inner", "expired ", "covered number"},
		"arn:aws:s3:::org-b":                      {"never "},
		"arn:aws:sqs:eu-central-1:111122223333:q": {"covered all", "uncovered "},
		"arn:aws-cn:s3:::b":                       {"uncovered "},
	} {
		l := grouped(t)
		var got []string
		for _, r := range l.Possible(resource, "111122223333", november) {
			got = append(got, string(r.Standing)+" "+nameOf(r))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", resource, diff)
		}
		found := map[string]bool{}
		for _, account := range worlds() {
			r := l.Find(resource, account, november)
			name := string(r.Standing) + " " + nameOf(r)
			if found[name] = true; !slices.Contains(got, name) {
				t.Errorf("%s: %+v is %s, which is not possible", resource, account, name)
			}
		}
		if len(found) != len(got) {
			t.Errorf("%s: %v found, %v possible", resource, found, got)
		}
	}
}

// worlds is the account with every set of the units and tags that the list names.
func worlds() (all []allowlist.Account) {
	for bits := range 64 {
		a := allowlist.Account{Number: "111122223333", Known: true, Tags: map[string]string{}}
		for i, unit := range []string{"r-a1b2", "ou-a1b2-11111111", "ou-a1b2-22222222"} {
			if bits>>i&1 == 1 {
				a.Units = append(a.Units, unit)
			}
		}
		for i, tag := range [][2]string{{"stage", "old"}, {"a", "b=c"}, {"empty", ""}} {
			if bits>>(3+i)&1 == 1 {
				a.Tags[tag[0]] = tag[1]
			}
		}
		all = append(all, a)
	}
	return all
}

func TestWhatIsLookedUp(t *testing.T) {
	for _, row := range []struct {
		accounts     string
		lookUp, tags bool
	}{{"111122223333", false, false}, {"111122223333 r-a1b2", true, false}, {"ou-a1b2-11111111", true, false},
		{"111122223333 tag:stage=sandbox", true, true}} {
		l := ruled(t, "one; 444455556666; arn:aws:s3:::*", "two; "+row.accounts+"; arn:aws:s3:::*")
		if l.LooksUp() != row.lookUp || l.NamesTags() != row.tags {
			t.Errorf("%s: %v, %v", row.accounts, l.LooksUp(), l.NamesTags())
		}
	}
}
