package allowlist_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/allowlist"
)

// sound is a sound allow list, each field on a line of its own: the rows of TestReadRefuses each replace one line.
const sound = `{"organization": "o-a1b2c3d4e5",
 "never": ["arn:aws:s3:::org-trail-*"],
 "deliberate": ["Quarantine*"],
 "rules": [{
  "expires": "2027-06-30",
  "name": "sandboxes",
  "accounts": ["111122223333"],
  "resources": ["arn:aws:s3:::*", "arn:aws:sqs:*:*:*"],
  "administrators": ["arn:aws:iam::*:role/Admin"],
  "verdicts": ["lockout"],
  "action": "delete",
  "reason": "no data of record",
  "owner": "platform@example.com"
 }]}`

// with is the sound list with another text on one line, counted from 1.
func with(line int, text string) string {
	lines := strings.Split(sound, "\n")
	lines[line-1] = text
	return strings.Join(lines, "\n")
}

const accountHint = "want an account's twelve digits, a unit ou-…, the root r-… or tag:KEY=VALUE"

func read(t testing.TB, text string) *allowlist.List {
	t.Helper()
	l, err := allowlist.Read([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return l
}

func TestReadSample(t *testing.T) {
	text, err := os.ReadFile("../allowlist.json")
	if err != nil {
		t.Fatal(err)
	}
	security := []string{"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"}
	want := &allowlist.List{
		Organization: "o-a1b2c3d4e5", Never: []string{"arn:aws:s3:::org-trail-*"}, Deliberate: []string{"Quarantine*"},
		Sealers: []string{"arn:aws:iam::*:role/SecurityResponse"},
		Rules: []allowlist.Rule{{
			Name: "sandboxes", Accounts: []string{"111122223333", "ou-a1b2-11111111", "tag:stage=sandbox"},
			Resources:      []string{"arn:aws:s3:::*", "arn:aws:sqs:*:*:*"},
			Administrators: []string{"arn:aws:iam::*:role/OrganizationAccountAccessRole"},
			Verdicts:       []string{"lockout"}, Action: allowlist.Delete,
			Owner: "platform@example.com", Reason: "no data of record",
			Expires: time.Date(2027, time.July, 1, 0, 0, 0, 0, time.UTC),
		}},
		Desk: []allowlist.Entry{
			{Name: "on call", Who: []string{"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/*"},
				Tasks: []string{"view", "unlock"}, Accounts: []string{"ou-a1b2-11111111"}},
			{Name: "root credentials", Who: security, Approvers: security, Accounts: []string{"r-a1b2"},
				Tasks: []string{"audit", "create-password", "delete-credentials"}, Approvals: 1, Hours: 4},
		},
	}
	if diff := cmp.Diff(want, read(t, string(text))); diff != "" {
		t.Errorf("the sample (-want +got):\n%s", diff)
	}
}

// TestReadLeavesOut reads a list without what may be left out, and a list without rules, under which everything is
// told and nothing touched.
func TestReadLeavesOut(t *testing.T) {
	got := read(t, `{"rules": [
  {"name": "all", "accounts": ["000000000001"], "resources": ["arn:*:sqs:eu-*:0000*:jobs-?.fifo"],
  "action": "repair", "owner": "Ops", "reason": "übung"}], "organization": "o-exampleorgid0123456789abcdefghij"}`)
	want := &allowlist.List{Organization: "o-exampleorgid0123456789abcdefghij", Rules: []allowlist.Rule{{
		Name: "all", Accounts: []string{"000000000001"}, Resources: []string{"arn:*:sqs:eu-*:0000*:jobs-?.fifo"},
		Verdicts: []string{"lockout"}, Action: allowlist.Repair, Owner: "Ops", Reason: "übung",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	none := &allowlist.List{Organization: "o-a1b2c3d4e5"}
	if diff := cmp.Diff(none,
		read(t, `{"organization": "o-a1b2c3d4e5", "never": [], "deliberate": [], "rules": []}`)); diff != "" {
		t.Errorf("without rules (-want +got):\n%s", diff)
	}
}

func TestReadTakes(t *testing.T) {
	read(t, sound)
	for _, row := range []struct {
		line int
		text string
	}{
		{1, `{"organization": "o-0123456789",`},
		{2, ` "never": ["arn:*:s3:::*", "arn:aws-cn:sqs:cn-north-1:111122223333:pay-*", ` +
			`"arn:aws-us-gov:s3:::Old_Bucket.1", "arn:aws:sqs:*:11112222????:*"],`},
		{3, ` "deliberate": ["Q", "Incident-?*", "Legal hold"],`},
		{5, `  "expires": "2028-02-29",`},
		{9, `  "administrators": ["arn:aws:iam::111122223333:user/break/glass+1", "arn:aws:sts::*:federated-user/*",` +
			` "arn:aws-us-gov:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*"],`},
		{10, `  "verdicts": ["sealed", "lockout"],`},
		{11, `  "action": "notify",`},
	} {
		read(t, with(row.line, row.text))
	}
}

// TestReadRefuses wants one error for each row, in full.
func TestReadRefuses(t *testing.T) {
	for _, row := range []struct {
		line             int
		text, want, hint string
	}{
		{1, `{"organization": "o-A1B2C3D4E5",`, `1:18: organization: "o-A1B2C3D4E5"`,
			"want an organization's id, such as o-a1b2c3d4e5"},
		{1, `{"organization": "o-a1b2c3d4e",`, `1:18: organization: "o-a1b2c3d4e"`,
			"want an organization's id, such as o-a1b2c3d4e5"},
		{1, `{"organization": "o-a1b2c3d4e5\n",`, `1:18: organization: "o-a1b2c3d4e5\n"`,
			"want an organization's id, such as o-a1b2c3d4e5"},
		{1, `{"organization": "o-0123456789012345678901234567890ab",`,
			`1:18: organization: "o-0123456789012345678901234567890ab"`,
			"want an organization's id, such as o-a1b2c3d4e5"},
		{1, `{"organization": null,`, `1:18: organization: this is null`, "want a string"},
		{1, `{`, `1:1: organization: missing`, `such as "organization": "o-a1b2c3d4e5"`},
		{1, `{"organization": "o-a1b2c3d4e5", "organization": "o-a1b2c3d4e5",`,
			`1:34: organization: the same field twice`, "keep one of them"},
		{1, `{"organization": "o-a1b2c3d4e5", "org": 1,`, `1:34: org: unknown field`,
			"one of organization, never, deliberate, sealers, rules, desk"},
		{1, `{"organization": "o-a1b2c3d4e5", "a\nb": 1,`, `1:34: a\nb: unknown field`,
			"one of organization, never, deliberate, sealers, rules, desk"},
		{1, `{"organization": "o-a1b2c3d4e5", "": 1,`, `1:34: "": unknown field`,
			"one of organization, never, deliberate, sealers, rules, desk"},

		{2, ` "never": "arn:aws:s3:::org-trail-*",`, `2:11: never: this is the string "arn:aws:s3:::org-trail-*"`,
			`want a list of strings, ["…"]`},
		{2, ` "never": {},`, `2:11: never: this is an object`, `want a list of strings, ["…"]`},
		{2, ` "never": ["org-trail-*"],`, `2:12: never[0]: "org-trail-*"`,
			"want an ARN such as arn:aws:s3:::name or arn:aws:sqs:*:*:name"},
		{2, ` "never": ["arn:aws:s3:::a", "arn:aws:s3:::"],`, `2:30: never[1]: "arn:aws:s3:::"`,
			"want a name, or * for all"},
		{2, ` "never": ["arn:aws:s3:::org-trail-* "],`, `2:12: never[0]: "arn:aws:s3:::org-trail-* "`,
			"a bucket's name holds letters, digits, dots, hyphens and underscores"},
		{2, ` "Never": [],`, `2:2: Never: unknown field`, "did you mean never?"},
		{3, ` "deliberate": ["*"],`, `3:17: deliberate[0]: "*"`, "would mark every lock as meant"},
		{3, ` "deliberate": ["?*"],`, `3:17: deliberate[0]: "?*"`, "would mark every lock as meant"},
		{3, ` "deliberate": [""],`, `3:17: deliberate[0]: ""`, "want a pattern for Sids, such as Quarantine*"},
		{3, ` "deliberate": [["Quarantine*"]],`, `3:17: deliberate[0]: this is a list`, "want a string"},
		{3, ` "deliberate": null,`, `3:16: deliberate: this is null`, `want a list of strings, ["…"]`},

		{5, `  "expires": "2027-02-30",`, `5:14: rules[0].expires: "2027-02-30"`, "want a day such as 2027-06-30"},
		{5, `  "expires": "2027-06-30T00:00:00Z",`, `5:14: rules[0].expires: "2027-06-30T00:00:00Z"`,
			"want a day such as 2027-06-30"},
		{5, `  "expires": "0000-12-31",`, `5:14: rules[0].expires: "0000-12-31"`, "want a day such as 2027-06-30"},
		{5, `  "expires": "",`, `5:14: rules[0].expires: ""`, "want a day such as 2027-06-30"},
		{5, `  "expires": 20270630,`, `5:14: rules[0].expires: this is the number 20270630`,
			`put it in quotes: "20270630"`},
		{5, `  "expire": "2027-06-30",`, `5:3: rules[0].expire: unknown field`, "did you mean expires?"},
		{5, `  "comment": "",`, `5:3: rules[0].comment: unknown field`,
			"one of name, accounts, resources, administrators, verdicts, action, owner, reason, expires"},

		{6, ``, `4:12: rules[0].name: missing`, `such as "name": "sandboxes"`},
		{6, `  "name": " ",`, `6:11: rules[0].name: " "`, "must not be empty: notices show it"},
		{6, `  "name": "a\nb",`, `6:11: rules[0].name: "a\nb"`, "must be one line: notices show it"},

		{7, ``, `4:12: rules[0].accounts: missing`, `such as "accounts": ["111122223333"]`},
		{7, `  "accounts": [],`, `7:15: rules[0].accounts: an empty list`, "name at least one"},
		{7, `  "accounts": "111122223333",`, `7:15: rules[0].accounts: this is the string "111122223333"`,
			`want a list of strings, ["…"]`},
		{7, `  "accounts": ["111122223333", 444455556666],`,
			`7:32: rules[0].accounts[1]: this is the number 444455556666`, `put it in quotes: "444455556666"`},
		{7, `  "accounts": ["11112222333"],`, `7:16: rules[0].accounts[0]: "11112222333"`,
			accountHint},
		{7, `  "accounts": ["1111222233334"],`, `7:16: rules[0].accounts[0]: "1111222233334"`,
			accountHint},
		{7, `  "accounts": ["1111-2222-3333"],`, `7:16: rules[0].accounts[0]: "1111-2222-3333"`,
			accountHint},
		{7, `  "accounts": ["*"],`, `7:16: rules[0].accounts[0]: "*"`, accountHint},
		{7, `  "accounts": [true],`, `7:16: rules[0].accounts[0]: this is the boolean true`, "want a string"},

		{8, ``, `4:12: rules[0].resources: missing`, `such as "resources": ["arn:aws:s3:::name"]`},
		{8, `  "resources": [],`, `8:16: rules[0].resources: an empty list`, "name at least one"},
		{8, `  "resources": ["*"],`, `8:17: rules[0].resources[0]: "*"`,
			"want an ARN such as arn:aws:s3:::name or arn:aws:sqs:*:*:name"},
		{8, `  "resources": ["arn:aws:s3::b"],`, `8:17: rules[0].resources[0]: "arn:aws:s3::b"`,
			"want an ARN such as arn:aws:s3:::name or arn:aws:sqs:*:*:name"},
		{8, `  "resources": ["arn:aws:s3:::b:c"],`, `8:17: rules[0].resources[0]: "arn:aws:s3:::b:c"`,
			"a bucket's name holds letters, digits, dots, hyphens and underscores"},
		{8, `  "resources": ["arn:aws:s3:::b/*"],`, `8:17: rules[0].resources[0]: "arn:aws:s3:::b/*"`,
			"policies sit on buckets, not on objects: leave the / and what follows out"},
		{8, `  "resources": ["arn:aws:s3:eu-west-1::b"],`, `8:17: rules[0].resources[0]: "arn:aws:s3:eu-west-1::b"`,
			"a bucket's ARN holds no Region and no account: arn:aws:s3:::name"},
		{8, `  "resources": ["arn:aws:s3:*:*:*"],`, `8:17: rules[0].resources[0]: "arn:aws:s3:*:*:*"`,
			"a bucket's ARN holds no Region and no account: arn:aws:s3:::name"},
		{8, `  "resources": ["arn:aws:sns:*:*:t"],`, `8:17: rules[0].resources[0]: "arn:aws:sns:*:*:t"`,
			"only s3 and sqs resources can be unlocked"},
		{8, `  "resources": ["arn:aws:*:::*"],`, `8:17: rules[0].resources[0]: "arn:aws:*:::*"`,
			"only s3 and sqs resources can be unlocked"},
		{8, `  "resources": ["arn:aws-iso:s3:::b"],`, `8:17: rules[0].resources[0]: "arn:aws-iso:s3:::b"`,
			"want the partition aws, aws-us-gov, aws-cn or *"},
		{8, `  "resources": ["ARN:aws:s3:::b"],`, `8:17: rules[0].resources[0]: "ARN:aws:s3:::b"`,
			"want an ARN such as arn:aws:s3:::name or arn:aws:sqs:*:*:name"},
		{8, `  "resources": ["arn:aws:sqs:::q"],`, `8:17: rules[0].resources[0]: "arn:aws:sqs:::q"`,
			"a queue's ARN holds Region and account: arn:aws:sqs:*:*:name"},
		{8, `  "resources": ["arn:aws:sqs::111122223333:q"],`,
			`8:17: rules[0].resources[0]: "arn:aws:sqs::111122223333:q"`,
			"a queue's ARN holds Region and account: arn:aws:sqs:*:*:name"},
		{8, `  "resources": ["arn:aws:sqs:*:12345:q"],`, `8:17: rules[0].resources[0]: "arn:aws:sqs:*:12345:q"`,
			"want an account's twelve digits, or *"},
		{8, `  "resources": ["arn:aws:sqs:Frankfurt:*:q"],`, `8:17: rules[0].resources[0]: "arn:aws:sqs:Frankfurt:*:q"`,
			"want a Region such as eu-central-1, or *"},
		{8, `  "resources": ["arn:aws:sqs:*:*:q/1"],`, `8:17: rules[0].resources[0]: "arn:aws:sqs:*:*:q/1"`,
			"a queue's name holds letters, digits, hyphens and underscores, and .fifo at the end"},

		{9, `  "administrators": [],`, `9:21: rules[0].administrators: an empty list`,
			"leave the field out, or name at least one"},
		{9, `  "administrators": ["Admin"],`, `9:22: rules[0].administrators[0]: "Admin"`,
			"want an ARN such as arn:aws:iam::*:role/Name"},
		{9, `  "administrators": ["arn:aws:iam::*:root"],`, `9:22: rules[0].administrators[0]: "arn:aws:iam::*:root"`,
			"want iam role/…, iam user/… or sts federated-user/…"},
		{9, `  "administrators": ["arn:aws:iam::*:group/Admins"],`,
			`9:22: rules[0].administrators[0]: "arn:aws:iam::*:group/Admins"`,
			"want iam role/…, iam user/… or sts federated-user/…"},
		{9, `  "administrators": ["arn:aws:sts::*:role/Admin"],`,
			`9:22: rules[0].administrators[0]: "arn:aws:sts::*:role/Admin"`,
			"want iam role/…, iam user/… or sts federated-user/…"},
		{9, `  "administrators": ["arn:aws:sts::111122223333:assumed-role/Admin/ann"],`,
			`9:22: rules[0].administrators[0]: "arn:aws:sts::111122223333:assumed-role/Admin/ann"`,
			"name the role, arn:aws:iam::ACCOUNT:role/NAME: aws:PrincipalArn never holds a session"},
		{9, `  "administrators": ["arn:aws:iam::*:role/"],`, `9:22: rules[0].administrators[0]: "arn:aws:iam::*:role/"`,
			"want a name after role/, or * for all, without spaces"},
		{9, `  "administrators": ["arn:aws:iam::*:user/Ann Lee"],`,
			`9:22: rules[0].administrators[0]: "arn:aws:iam::*:user/Ann Lee"`,
			"want a name after user/, or * for all, without spaces"},
		{9, `  "administrators": ["arn:aws:iam:us-east-1:*:role/Admin"],`,
			`9:22: rules[0].administrators[0]: "arn:aws:iam:us-east-1:*:role/Admin"`, "an IAM ARN holds no Region"},
		{9, `  "administrators": ["arn:aws:iam::1:role/Admin"],`,
			`9:22: rules[0].administrators[0]: "arn:aws:iam::1:role/Admin"`, "want an account's twelve digits, or *"},
		{9, `  "administrators": ["arn:iam:aws::*:role/Admin"],`,
			`9:22: rules[0].administrators[0]: "arn:iam:aws::*:role/Admin"`,
			"want the partition aws, aws-us-gov, aws-cn or *"},

		{10, `  "verdicts": [],`, `10:15: rules[0].verdicts: an empty list`,
			"leave the field out, or name at least one"},
		{10, `  "verdicts": ["undecided"],`, `10:16: rules[0].verdicts[0]: "undecided"`, "want one of lockout, sealed"},
		{10, `  "verdict": ["lockout"],`, `10:3: rules[0].verdict: unknown field`, "did you mean verdicts?"},
		{11, ``, `4:12: rules[0].action: missing`, `such as "action": "delete", "repair", "restore" or "notify"`},
		{11, `  "action": "Delete",`, `11:13: rules[0].action: "Delete"`, "want one of delete, repair, restore, notify"},
		{11, `  "action": ["delete"],`, `11:13: rules[0].action: this is a list`, "want a string"},
		{11, `  "action": "notify", "action": "delete",`, `11:23: rules[0].action: the same field twice`,
			"keep one of them"},
		{12, ``, `4:12: rules[0].reason: missing`, `such as "reason": "no data of record"`},
		{13, `  "owner": ""`, `13:12: rules[0].owner: ""`, "must not be empty: notices show it"},
		{13, `  "owners": "", "owner": "Ops"`, `13:3: rules[0].owners: unknown field`, "did you mean owner?"},
	} {
		text, want := with(row.line, row.text), row.want+" ("+row.hint+")"
		l, err := allowlist.Read([]byte(text))
		if err == nil || err.Error() != want || l != nil {
			t.Errorf("%s\n got %v\nwant %s", row.text, err, want)
		}
	}
}

// TestReadRefusesTexts has what is wrong with a text as a whole.
func TestReadRefusesTexts(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "1:1: allow list: not JSON: the text ends too early (want a value)"},
		{"a list", "[]", `1:1: allow list: this is a list (want an object, {"organization": …})`},
		{"null", "null", `1:1: allow list: this is null (want an object, {"organization": …})`},
		{"a comma too many", "{\"rules\": [],\n}",
			"2:1: allow list: not JSON: unexpected '}' (want a name in double quotes)"},
		{"a comment", "// ours\n" + sound, "1:1: allow list: not JSON: unexpected '/' (want a value)"},
		{"byte order mark", "\ufeff" + sound, `1:1: allow list: not JSON: unexpected '\ufeff' (want a value)`},
		{"more text", sound + "\n{}", "15:1: allow list: more text after the policy (want one JSON object in UTF-8)"},
		{"not UTF-8", with(12, "  \"reason\": \"\xff\","),
			"12:14: allow list: not valid UTF-8 (want one JSON object in UTF-8)"},
		{"half a pair", with(12, `  "reason": "\ud800",`),
			"12:13: allow list: not text: a string with half a surrogate pair (want one JSON object in UTF-8)"},
		{"too long", sound + strings.Repeat(" ", 1<<20-len(sound)+1),
			"1:1: allow list: 1048577 bytes long (no policy is longer than 1 MiB)"},
		{"too deep", strings.Repeat("[", 65) + strings.Repeat("]", 65),
			"1:65: allow list: nested more than 64 deep (want one JSON object in UTF-8)"},
		{"rules an object", `{"organization": "o-a1b2c3d4e5", "rules": {}}`,
			"1:43: rules: this is an object (want a list of rules, [{…}])"},
		{"a rule a string", `{"organization": "o-a1b2c3d4e5", "rules": ["all"]}`,
			`1:44: rules[0]: this is the string "all" (want an object, {"name": …})`},
	} {
		if _, err := allowlist.Read([]byte(row.text)); err == nil || err.Error() != row.want {
			t.Errorf("%s\n got %v\nwant %s", row.name, err, row.want)
		}
	}
	read(t, sound+strings.Repeat(" ", 1<<20-len(sound)))
}

// TestReadReportsEverything wants all that is wrong at once, in the order of the text.
func TestReadReportsEverything(t *testing.T) {
	const fields = "name, accounts, resources, administrators, verdicts, action, owner, reason, expires"
	_, err := allowlist.Read([]byte(`{"rules": [
  {"name": "a", "accounts": ["1", 2], "resources": ["arn:aws:s3:::b"], "action": "drop", "owner": "Ops", "reason": "t"},
  {"accounts": ["111122223333"], "resources": [], "name": "a", "action": "delete", "owner": "Ops",
   "reason": "test", "since": ""},
  7],
 "never": ["x"]}`))
	want := `1:1: organization: missing (such as "organization": "o-a1b2c3d4e5")
2:30: rules[0].accounts[0]: "1" (` + accountHint + `)
2:35: rules[0].accounts[1]: this is the number 2 (put it in quotes: "2")
2:82: rules[0].action: "drop" (want one of delete, repair, restore, notify)
3:47: rules[1].resources: an empty list (name at least one)
3:59: rules[1].name: another rule is named "a" too (notices tell people which rule it was)
4:22: rules[1].since: unknown field (one of ` + fields + `)
5:3: rules[2]: this is the number 7 (want an object, {"name": …})
6:12: never[0]: "x" (want an ARN such as arn:aws:s3:::name or arn:aws:sqs:*:*:name)`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	first := (*allowlist.Error)(nil)
	if !errors.As(err, &first) || first.At.Line != 1 || first.Path != "organization" || first.Text != "missing" {
		t.Errorf("first error %+v", first)
	}
}
