package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a configuration in which nothing is wrong.
func sample() map[string]any {
	return map[string]any{"organization": "o-a1b2c3d4e5", "account": "999988887777", "region": "eu-central-1",
		"managementAccount": "000011112222", "units": []string{"r-ab12"},
		"regions": []string{"eu-central-1", "us-east-1"}, "allowList": "policies/allowlist.json",
		"reach": "organization", "mails": []string{"platform@example.com"},
		"guards": map[string]any{"accounts": 200}}
}

func TestDefaults(t *testing.T) {
	context := sample()
	delete(context, "reach")
	context["allowList"] = listOf(t, "111122223333")
	c, err := readConfig(context, "..")
	if err != nil {
		t.Fatal(err)
	}
	if c.Mode != "observe" || c.Reach != "allow list" || c.Retention != (Days{90, 30, 400}) ||
		c.Guards != (Guards{3, 20, 200, 0.05}) || c.Sweep.Schedule != "rate(1 day)" || c.Sweep.StaleDays != 3 ||
		c.Sweep.GoodDays != 400 || c.Sweep.AssumeRoot != 5 || len(c.Sweep.regions(c)) != 2 || !c.Watch {
		t.Errorf("%+v", c)
	}
}

// TestWrongValues: each is named with its field, its value and a hint.
func TestWrongValues(t *testing.T) {
	for _, row := range []struct {
		field string
		value any
		want  string
	}{
		{"organization", "a1b2", `organization: "a1b2": want the organization's id`},
		{"account", "12", `account: "12": want the twelve digits of the delegated administrator`},
		{"account", "000011112222", `account: "000011112222": want another account than the management account`},
		{"region", "Frankfurt", `region: "Frankfurt": want a Region`},
		{"managementAccount", "", `managementAccount: "": want the twelve digits`},
		{"units", []string{}, `units: []: want at least one organizational unit`},
		{"units", []string{"ou-1"}, `units: "ou-1": want ou-… or r-…`},
		{"regions", []string{"us-east-1"}, `regions: ["us-east-1"]: want a list of Regions with eu-central-1 in it`},
		{"regions", []string{"eu-central-1"}, `regions: ["eu-central-1"]: want a list of Regions with us-east-1 in it, where ` +
			`root's sign-ins and what IAM does are recorded, or "watch": false`},
		{"regions", []string{"eu-central-1", "nowhere"}, `regions: "nowhere": want a Region`},
		{"allowList", "nothing.json", `allowList "nothing.json": open ../nothing.json`},
		{"organization", "o-zzzzzzzzzz",
			`allowList "policies/allowlist.json": it is for organization o-a1b2c3d4e5, ` +
				`and organization is o-zzzzzzzzzz`},
		{"reach", "world", `reach: "world": want "allow list" or "organization"`},
		{"mode", "on", `mode: "on": want "observe" or "act"`},
		{"mails", []string{}, `mails: []: want at least one address: every notice is a mail`},
		{"mails", []string{"Kim <kim@example.com>"}, `mails: "Kim <kim@example.com>": want an e-mail address`},
		{"pagers", []string{"http://pager.example.com"},
			`pagers: "http://pager.example.com": want an https:// address`},
		{"chat", map[string]string{"workspace": "w", "channel": ""},
			`chat.workspace: "w": want the id of a Slack workspace`},
		{"retention", map[string]int{"logs": 2}, `retention.logs: "2": want days that CloudWatch Logs knows`},
		{"guards", map[string]int{"perHour": 0}, `guards.perHour: "0": want unlocks in an hour, 1 or more`},
		{"guards", map[string]any{"share": 5}, `guards.share: "5": want more than 0, at most 1`},
		{"guards", map[string]any{"accounts": -1}, `guards.accounts: "-1": want the number of accounts`},
		{"retention", map[string]int{"ledger": 1}, `retention.ledger: "1": want days, 30 or more`},
		{"sweep", map[string]any{"schedule": "daily"}, `sweep.schedule: "daily": want such as "rate(1 day)"`},
		{"sweep", map[string]any{"regions": []string{"nowhere"}}, `sweep.regions: "nowhere": want a Region`},
		{"sweep", map[string]any{"staleDays": 8}, `sweep.staleDays: "8": want days, from 1 to 7`},
		{"sweep", map[string]any{"goodDays": 7}, `sweep.goodDays: "7": want days, 30 or more`},
		{"sweep", map[string]any{"assumeRoot": 0}, `sweep.assumeRoot: "0": want calls a second, more than 0`},
		{"regoins", []string{}, `unknown field "regoins"`},
	} {
		context := sample()
		maps.Copy(context, map[string]any{row.field: row.value})
		_, err := readConfig(context, "..")
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v\nwant %s", row.field, err, row.want)
		}
	}
	// Mails go to one topic, pages to another: a pager hears nothing of what was unlocked.
	pagerOnly := sample()
	delete(pagerOnly, "mails")
	pagerOnly["pagers"] = []string{"https://events.example.com/enqueue"}
	_, err := readConfig(pagerOnly, "..")
	if err == nil || !strings.Contains(err.Error(), "mails: []: want at least one") {
		t.Errorf("pagers alone: %v", err)
	}
	for _, missing := range []any{nil, "nothing.json"} {
		if _, err := readConfig(missing, ".."); err == nil {
			t.Errorf("%v: no error", missing)
		}
	}
}

// TestSampleContext: what is in cdk.json is right.
func TestSampleContext(t *testing.T) {
	var file struct {
		App     string
		Context map[string]json.RawMessage
	}
	readJSON(t, "../cdk.json", &file)
	if _, err := parseConfig(file.Context["locksmith"], ".."); err != nil || file.App != "go run ./infra" {
		t.Errorf("%q: %v", file.App, err)
	}
}

// listOf is the path of an allow list with a rule for each of the accounts, units or tags.
func listOf(t *testing.T, accounts ...string) string {
	t.Helper()
	var rules []string
	for i, a := range accounts {
		rules = append(rules, fmt.Sprintf(`{"name": "rule %d", "accounts": ["111122223333", %q], "owner": "Ops",
			"resources": ["arn:aws:s3:::b%d"], "action": "delete", "reason": "none"}`, i, a, i))
	}
	path := filepath.Join(t.TempDir(), "list.json")
	text := `{"organization": "o-a1b2c3d4e5", "rules": [` + strings.Join(rules, ",") + `]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReachNeedsNumbers: an IAM policy cannot name the accounts of a unit, or those with a tag.
func TestReachNeedsNumbers(t *testing.T) {
	for _, row := range []struct {
		accounts []string
		want     []string // parts of the error
	}{
		{[]string{"111122223333", "444455556666"}, nil},
		{[]string{"444455556666", "ou-a1b2-11111111"}, []string{`reach: "allow list": want "organization"`, "rule 1",
			"names ou-a1b2-11111111, and an IAM policy can name"}},
		{[]string{"tag:stage=sandbox", "r-a1b2"}, []string{"rule 0", "names tag:stage=sandbox,", "rule 1", "names r-a1b2,"}},
		{nil, []string{`no rule names an account, and reach is "allow list"`}},
	} {
		context := sample()
		context["reach"], context["allowList"] = "allow list", listOf(t, row.accounts...)
		_, err := readConfig(context, "..")
		if (err == nil) != (len(row.want) == 0) {
			t.Errorf("%v: %v", row.accounts, err)
		}
		for _, part := range row.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%v: %v\nlacks %s", row.accounts, err, part)
			}
		}
		context["reach"] = "organization"
		if _, err := readConfig(context, ".."); err != nil {
			t.Error(err)
		}
	}
}

// TestWhoseRootTheFunctionMayBecome: that of the accounts of the allow list, or anybody's.
func TestWhoseRootTheFunctionMayBecome(t *testing.T) {
	context := sample()
	context["allowList"] = listOf(t, "444455556666", "222233334444")
	for reach, roots := range map[string][]string{
		"allow list": {"arn:aws:iam::111122223333:root", "arn:aws:iam::222233334444:root",
			"arn:aws:iam::444455556666:root"},
		"organization": {"arn:aws:iam::*:root"},
	} {
		context["reach"] = reach
		c, err := readConfig(context, "..")
		if err != nil {
			t.Fatal(err)
		}
		want(t, reach, c.roots("arn:aws:iam::*:root"), roots)
	}
}

func TestTheShareOfAccounts(t *testing.T) {
	for _, row := range []struct {
		share          float64
		accounts, want int
	}{{0.05, 1000, 50}, {0.05, 1001, 51}, {0.05, 10, 3}, {1, 7, 7}, {0.05, 0, 0}} {
		if got := (Guards{Share: row.share, Accounts: row.accounts}).accountsPerHour(); got != row.want {
			t.Errorf("%v of %d: %d, want %d", row.share, row.accounts, got, row.want)
		}
	}
}
