package main

import (
	"encoding/json"
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
		"mails":  []string{"platform@example.com"},
		"guards": map[string]any{"accounts": 200}}
}

func TestDefaults(t *testing.T) {
	c, err := readConfig(sample(), "..")
	if err != nil {
		t.Fatal(err)
	}
	if c.Mode != "observe" || c.Reach != "allow list" || c.Retention != (Days{90, 30, 400}) ||
		c.Guards != (Guards{3, 20, 200, 0.05}) || !c.Watch {
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

// TestReachNeedsNumbers: root of a unit's accounts cannot be listed before somebody looks them up.
func TestReachNeedsNumbers(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list.json")
	text := `{"organization": "o-a1b2c3d4e5", "rules": [{"name": "units", "accounts": ["ou-a1b2-11111111"],
		"resources": ["arn:aws:s3:::*"], "action": "delete", "owner": "Ops", "reason": "none"}]}`
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	context := sample()
	context["allowList"] = list
	_, err := readConfig(context, "..")
	if err == nil || !strings.Contains(err.Error(), "no rule names an account by its number") {
		t.Errorf("%v", err)
	}
	context["reach"] = "organization"
	if _, err := readConfig(context, ".."); err != nil {
		t.Error(err)
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
