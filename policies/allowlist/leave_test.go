package allowlist_test

import (
	"testing"

	"locksmith/policies/allowlist"
)

// desks has entries for numbers, units and tags, of which some are for the same people.
func desks(t *testing.T) *allowlist.List {
	return read(t, `{"organization": "o-a1b2c3d4e5", "never": ["arn:aws:s3:::org-*"], "rules": [], "desk": [
 {"name": "number", "who": ["arn:aws:iam::999988887777:user/ann"], "tasks": ["view"], "accounts": ["111122223333"]},
 {"name": "unit", "who": ["arn:aws:iam::999988887777:user/ann", "arn:aws:iam::*:role/OnCall"],
  "tasks": ["view", "unlock"], "accounts": ["ou-a1b2-11111111"]},
 {"name": "tag", "who": ["arn:aws:sts::999988887777:assumed-role/OnCall/*"], "tasks": ["unlock"],
  "accounts": ["tag:stage=dev"]},
 {"name": "all", "who": ["arn:aws:iam::999988887777:user/*"], "tasks": ["force", "unlock"], "accounts": ["r-a1b2"]},
 {"name": "path", "who": ["arn:aws:iam::999988887777:role/ops/Deploy"], "tasks": ["force"], "accounts": ["r-a1b2"]}
]}`)
}

// TestLeave: the first entry that names who asks, the task and the account decides.
func TestLeave(t *testing.T) {
	const ann, bob = "arn:aws:iam::999988887777:user/ann", "arn:aws:iam::999988887777:user/bob"
	const call = "arn:aws:sts::999988887777:assumed-role/OnCall/bob@example.com"
	root := allowlist.Account{Number: "111122223333", Known: true, Units: []string{"r-a1b2"}}
	unit := root
	unit.Units = []string{"r-a1b2", "ou-a1b2-11111111"}
	dev := root
	dev.Tags = map[string]string{"stage": "dev"}
	lost := allowlist.Account{Number: "111122223333"}
	gone := allowlist.Account{Number: "111122223333", Why: "the organization does not answer"}
	other := root
	other.Number = "444455556666"
	for _, row := range []struct {
		name, who, task string
		account         allowlist.Account
		entry, why      string
	}{
		{"by number", ann, "view", root, "number", ""},
		{"by number, whatever else is not known", ann, "view", lost, "number", ""},
		{"another number", ann, "view", other, "",
			"no entry of the desk lets " + ann + " ask for view in account 444455556666"},
		{"by unit", ann, "unlock", unit, "unit", ""},
		{"another task", ann, "audit", unit, "",
			"no entry of the desk lets " + ann + " ask for audit in account 111122223333"},
		{"by the root", bob, "unlock", unit, "all", ""},
		{"as a session's role", call, "view", unit, "unit", ""},
		{"as a session", call, "unlock", dev, "tag", ""},
		{"by tag, of another value", call, "unlock", root, "", "no entry of the desk lets " + call +
			" ask for unlock in account 111122223333; other people may, by \"all\""},
		{"a role's path is not in its sessions' ARNs", "arn:aws:sts::999988887777:assumed-role/Deploy/x", "force", root, "",
			"no entry of the desk lets arn:aws:sts::999988887777:assumed-role/Deploy/x ask for force in account " +
				"111122223333; other people may, by \"all\", \"path\""},
		{"a role of another account", "arn:aws:sts::111122223333:assumed-role/OnCall/x", "unlock", unit, "unit", ""},
		{"a session of another account", "arn:aws:sts::111122223333:assumed-role/OnCall/x", "unlock", dev, "",
			"no entry of the desk lets arn:aws:sts::111122223333:assumed-role/OnCall/x ask for unlock in account " +
				"111122223333; other people may, by \"tag\", \"all\""},
		{"units that are not known", ann, "unlock", lost, "",
			"whether entry unit of the desk holds account 111122223333 is not known: ou-a1b2-11111111 is not looked up"},
		{"and why they are not", call, "unlock", gone, "",
			"the organization does not answer, so no entry of the desk lets anybody ask"},
		{"the root user", "arn:aws:iam::999988887777:root", "unlock", unit, "",
			"no entry of the desk lets arn:aws:iam::999988887777:root ask for unlock in account 111122223333; " +
				"other people may, by \"unit\", \"all\""},
	} {
		e, why := desks(t).Leave(row.who, row.task, row.account)
		name := ""
		if e != nil {
			name = e.Name
		}
		if name != row.entry || why != row.why {
			t.Errorf("%s: %q, %s", row.name, name, why)
		}
	}
}

// TestTheDeskIsLookedUp: units and tags that only the desk names are looked up too.
func TestTheDeskIsLookedUp(t *testing.T) {
	const entry = `{"organization": "o-a1b2c3d4e5", "rules": [], "desk": [{"name": "a", "tasks": ["view"],
	 "who": ["arn:aws:iam::*:role/A"], "accounts": ["111122223333", "`
	for _, row := range []struct {
		account      string
		lookUp, tags bool
	}{{"444455556666", false, false}, {"r-a1b2", true, false}, {"tag:stage=dev", true, true}} {
		l := read(t, entry+row.account+`"]}]}`)
		if l.LooksUp() != row.lookUp || l.NamesTags() != row.tags {
			t.Errorf("%s: %t, %t", row.account, l.LooksUp(), l.NamesTags())
		}
	}
}

func TestForbids(t *testing.T) {
	l := desks(t)
	if why, forbidden := l.Forbids("arn:aws:s3:::org-trail"); !forbidden ||
		why != "the allow list says never to touch arn:aws:s3:::org-*" {
		t.Errorf("%t, %s", forbidden, why)
	}
	if why, forbidden := l.Forbids("arn:aws:s3:::orders"); forbidden || why != "" {
		t.Errorf("%t, %s", forbidden, why)
	}
}
