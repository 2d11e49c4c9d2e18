package allowlist_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/allowlist"
)

// entry is a sound entry of the desk, each field on a line of its own. The first is on line 3 of a list.
const entry = ` "desk": [{
  "name": "root credentials",
  "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"],
  "tasks": ["audit", "create-password", "delete-credentials"],
  "accounts": ["r-a1b2"],
  "approvals": 1,
  "approvers": ["arn:aws:iam::999988887777:role/Security"],
  "hours": 4,
  "breakGlass": true
 }],`

// desk is the sound list with the sound entry, in which one line of the entry, counted from 1, has another text.
func desk(line int, text string) string {
	lines := strings.Split(entry, "\n")
	if line > 0 {
		lines[line-1] = text
	}
	return with(3, strings.Join(lines, "\n"))
}

func refused(t *testing.T, text, want string) {
	t.Helper()
	if l, err := allowlist.Read([]byte(text)); err == nil || err.Error() != want || l != nil {
		t.Errorf("%s\n got %v\nwant %s", text, err, want)
	}
}

func TestReadDesk(t *testing.T) {
	want := []allowlist.Entry{{Name: "root credentials",
		Who:   []string{"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"},
		Tasks: []string{"audit", "create-password", "delete-credentials"}, Accounts: []string{"r-a1b2"},
		Approvals: 1, Approvers: []string{"arn:aws:iam::999988887777:role/Security"}, Hours: 4, BreakGlass: true}}
	if diff := cmp.Diff(want, read(t, desk(0, "")).Desk); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, row := range []struct {
		line             int
		text, want, hint string
	}{
		{2, ``, `3:11: desk[0].name: missing`, `such as "name": "on call"`},
		{3, ``, `3:11: desk[0].who: missing`, `such as "who": ["arn:aws:iam::*:role/Name"]`},
		{3, `  "who": [],`, `5:10: desk[0].who: an empty list`, "name at least one"},
		{3, `  "who": ["arn:aws:iam::999988887777:root"],`, `5:11: desk[0].who[0]: "arn:aws:iam::999988887777:root"`,
			"want iam role/…, iam user/…, sts federated-user/… or sts assumed-role/ROLE/SESSION"},
		{4, `  "tasks": ["destroy"],`, `6:13: desk[0].tasks[0]: "destroy"`,
			"want one of view, audit, operate, unlock, force, restore, create-password, delete-credentials"},
		{4, `  "tasks": [],`, `6:12: desk[0].tasks: an empty list`, "name at least one"},
		{5, `  "accounts": ["12"],`, `7:16: desk[0].accounts[0]: "12"`,
			"want an account's twelve digits, a unit ou-…, the root r-… or tag:KEY=VALUE"},
		{6, `  "approvals": "1",`, `8:16: desk[0].approvals: this is the string "1"`, "want a number, 0 or more"},
		{6, `  "approvals": -1,`, `8:16: desk[0].approvals: -1`, "want a whole number from 0 to 10"},
		{6, `  "approvals": 1.5,`, `8:16: desk[0].approvals: 1.5`, "want a whole number from 0 to 10"},
		{6, `  "approvals": 11,`, `8:16: desk[0].approvals: 11`, "want a whole number from 0 to 10"},
		{7, ``, `3:11: desk[0].approvers: missing`, "1 has to approve, and nobody may: name at least one"},
		{7, `  "approvers": ["Security"],`, `9:17: desk[0].approvers[0]: "Security"`,
			"want an ARN such as arn:aws:iam::*:role/Name"},
		{8, `  "hours": 0,`, `10:12: desk[0].hours: 0`, "want a whole number from 1 to 720"},
		{8, `  "hours": 1e9,`, `10:12: desk[0].hours: 1e9`, "want a whole number from 1 to 720"},
		{9, `  "breakGlass": "yes"`, `11:17: desk[0].breakGlass: this is the string "yes"`, "want true or false"},
		{9, `  "breakglass": true`, `11:3: desk[0].breakglass: unknown field`, "did you mean breakGlass?"},
	} {
		refused(t, desk(row.line, row.text), row.want+" ("+row.hint+")")
	}
	refused(t, with(3, ` "desk": [`+strings.TrimSuffix(entry[10:], "],")+`, `+entry[10:]),
		`13:11: desk[1].name: another entry is named "root credentials" too (requests tell people which entry it was)`)
	refused(t, with(3, ` "desk": {},`), `3:10: desk: this is an object (want a list of entries, [{…}])`)
}

// TestReadUnits: accounts are numbers, units, the root, and tags.
func TestReadUnits(t *testing.T) {
	read(t, with(7, `  "accounts": ["111122223333", "ou-a1b2-11111111", "r-a1b2", "tag:stage=sandbox", "tag:a b=", `+
		`"tag:aws:x=a=b"],`))
	for value, hint := range map[string]string{
		"ou-a1b2":      "want an account's twelve digits, a unit ou-…, the root r-… or tag:KEY=VALUE",
		"r-A1B2":       "want an account's twelve digits, a unit ou-…, the root r-… or tag:KEY=VALUE",
		"tag:stage":    "want tag:KEY=VALUE, such as tag:stage=sandbox",
		"tag:=sandbox": "want tag:KEY=VALUE, such as tag:stage=sandbox",
		"tag:a*=b":     "want tag:KEY=VALUE, such as tag:stage=sandbox",
	} {
		refused(t, with(7, `  "accounts": ["`+value+`"],`), `7:16: rules[0].accounts[0]: "`+value+`" (`+hint+`)`)
	}
}
