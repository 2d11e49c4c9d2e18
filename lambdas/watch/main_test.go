package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/watcher"
	"locksmith/policies/allowlist"
	"locksmith/policies/sources/cloudtrail"
)

func environment(extra map[string]string) func(string) string {
	all := map[string]string{
		"LOCKSMITH_ALLOWLIST":    "../../policies/allowlist.json",
		"LOCKSMITH_ALERTS_TOPIC": "arn:aws:sns:us-east-1:999988887777:alerts",
		"LOCKSMITH_PAGES_TOPIC":  "arn:aws:sns:us-east-1:999988887777:pages",
		"LOCKSMITH_LEDGER_TABLE": "ledger",
		"LOCKSMITH_ROLES":        "arn:aws:iam::999988887777:role/Unlock,arn:aws:iam::999988887777:role/path/Sweep",
	}
	for name, value := range extra {
		all[name] = value
	}
	return func(name string) string { return all[name] }
}

func TestSettings(t *testing.T) {
	s, err := readSettings(environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"arn:aws:iam::999988887777:role/Unlock", "arn:aws:iam::999988887777:role/path/Sweep"}
	if diff := cmp.Diff(want, s.roles); diff != "" || s.limits != (sessions.Limits{Pages: 5, Mails: 20}) ||
		s.table != "ledger" || s.topics.Chat != "" || len(s.desk) > 0 {
		t.Errorf("%+v", s)
	}
	s, err = readSettings(environment(map[string]string{"LOCKSMITH_DESK_ROLES": want[0] + "," + want[1]}))
	if diff := cmp.Diff(want, s.desk); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestSettingsNameEverythingThatIsWrong(t *testing.T) {
	_, err := readSettings(environment(map[string]string{"LOCKSMITH_ALLOWLIST": "none.json", "LOCKSMITH_PAGES_TOPIC": "",
		"LOCKSMITH_CHAT_TOPIC": "chat", "LOCKSMITH_LEDGER_TABLE": "", "LOCKSMITH_ROLES": "Unlock",
		"LOCKSMITH_DESK_ROLES": "Desk",
		"LOCKSMITH_ROOT_PAGES": "0", "LOCKSMITH_ROOT_MAILS": "many"}))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`LOCKSMITH_PAGES_TOPIC=""`, `LOCKSMITH_CHAT_TOPIC="chat"`, `LOCKSMITH_LEDGER_TABLE=""`,
		`LOCKSMITH_ROLES: "Unlock": want the ARN of a role`,
		`LOCKSMITH_DESK_ROLES: "Desk": want the ARN of a role`, `LOCKSMITH_ROOT_PAGES="0"`, `LOCKSMITH_ROOT_MAILS="many"`,
		"allow list none.json: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s:\n%v", want, err)
		}
	}
}

func TestOwners(t *testing.T) {
	s := settings{allow: &allowlist.List{Rules: []allowlist.Rule{
		{Accounts: []string{"111122223333"}, Owner: "platform@example.com"},
		{Accounts: []string{"111122223333", "ou-a1b2-11111111"}, Owner: "payroll@example.com"},
		{Accounts: []string{"111122223333"}, Owner: "platform@example.com"}}}}
	if diff := cmp.Diff([]string{"platform@example.com", "payroll@example.com"}, s.owners("111122223333")); diff != "" {
		t.Error(diff)
	}
	if got := s.owners("444455556666"); len(got) > 0 {
		t.Error(got)
	}
}

func TestMetrics(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 15, 42, 0, time.UTC)
	use := cloudtrail.Use{ID: "8a2f", Call: "ConsoleLogin", Account: "111122223333"}
	for want, r := range map[string]watcher.Report{
		"RootPages": {Level: watcher.Page}, "RootMails": {Level: watcher.Mail}, "RootDigested": {Level: watcher.Daily},
		"RootOurs": {Ours: true}, "RootRepeated": {Again: true}, "RootUnfinished": {Err: errors.New("x")},
		"RootTooEarly": {Err: &remedy.Later{}}, "": {},
	} {
		r.Use, r.At, r.Took = use, at, 1500*time.Millisecond
		var out bytes.Buffer
		metrics{&out}.report(r)
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || strings.Count(out.String(), "\n") != 1 {
			t.Fatal(err, out.String())
		}
		line := map[string]any{"eventId": "8a2f", "call": "ConsoleLogin", "account": "111122223333",
			"level": r.Level.String(), "ours": r.Ours, "RootEvents": 1.0, "RootHandleTime": 1500.0}
		listed := []any{map[string]any{"Name": "RootEvents", "Unit": "Count"},
			map[string]any{"Name": "RootHandleTime", "Unit": "Milliseconds"}}
		if want != "" {
			line[want], listed = 1.0, append(listed, map[string]any{"Name": want, "Unit": "Count"})
		}
		line["_aws"] = map[string]any{"Timestamp": 1795248942000.0, "CloudWatchMetrics": []any{map[string]any{
			"Namespace": "Locksmith", "Dimensions": []any{[]any{}}, "Metrics": listed}}}
		if diff := cmp.Diff(line, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestMainIsWiring keeps main.go what it is.
func TestMainIsWiring(t *testing.T) {
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines >= 60 {
		t.Errorf("main.go has %d lines", lines)
	}
}
