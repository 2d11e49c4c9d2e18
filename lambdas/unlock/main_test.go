package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

func environment(extra map[string]string) func(string) string {
	all := map[string]string{
		"LOCKSMITH_ALLOWLIST":    "../../policies/allowlist.json",
		"LOCKSMITH_ALERTS_TOPIC": "arn:aws:sns:us-east-1:999988887777:alerts",
		"LOCKSMITH_PAGES_TOPIC":  "arn:aws:sns:us-east-1:999988887777:pages",
		"LOCKSMITH_TRIES":        "5",
		"LOCKSMITH_MODE":         "observe",
		"LOCKSMITH_LEDGER_TABLE": "ledger",
	}
	for name, value := range extra {
		all[name] = value
	}
	return func(name string) string { return all[name] }
}

func TestSettings(t *testing.T) {
	s, err := readSettings(environment(map[string]string{"LOCKSMITH_MANAGEMENT_ACCOUNT": "000011112222"}))
	if err != nil {
		t.Fatal(err)
	}
	if want := ledger.Defaults(); s.limits != want || s.table != "ledger" {
		t.Errorf("%+v, want the limits %+v", s, want)
	}
	if s.tries != 5 || s.management != "000011112222" || s.topics.Chat != "" || s.allow.Organization != "o-a1b2c3d4e5" {
		t.Errorf("%+v", s)
	}
}

func TestSettingsNameEverythingThatIsWrong(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list.json")
	if err := os.WriteFile(list, []byte(`{"organization": 7, "rules": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readSettings(environment(map[string]string{
		"LOCKSMITH_ALLOWLIST": list, "LOCKSMITH_ALERTS_TOPIC": "", "LOCKSMITH_CHAT_TOPIC": "chat",
		"LOCKSMITH_TRIES": "many", "LOCKSMITH_MODE": "watch", "LOCKSMITH_LEDGER_TABLE": "",
		"LOCKSMITH_FLAP_GUARD": "0", "LOCKSMITH_BREAKER": "-1", "LOCKSMITH_BREAKER_ACCOUNTS": "5%",
		"LOCKSMITH_LEDGER_DAYS": "7"}))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`LOCKSMITH_ALERTS_TOPIC=""`, `LOCKSMITH_CHAT_TOPIC="chat"`, `LOCKSMITH_TRIES="many"`,
		`LOCKSMITH_MODE="watch"`, `LOCKSMITH_LEDGER_TABLE=""`,
		`LOCKSMITH_FLAP_GUARD="0"`, `LOCKSMITH_BREAKER="-1"`, `LOCKSMITH_BREAKER_ACCOUNTS="5%"`,
		`LOCKSMITH_LEDGER_DAYS="7": want days to keep incidents without a saved policy, 30 or more`,
		list + ": 1:18: organization"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s:\n%v", want, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 15, 42, 0, time.UTC)
	var out bytes.Buffer
	metrics{w: &out}.report(remedy.Report{At: at, Took: 1500 * time.Millisecond,
		Change:  remedy.Change{EventID: "8a2f", Resource: "arn:aws:s3:::payroll", Time: at.Add(-12 * time.Second)},
		Verdict: lockout.Verdict{Answer: lockout.Lockout},
		Outcome: remedy.Outcome{Result: remedy.Unlocked, At: at.Add(time.Second)}})
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"eventId": "8a2f", "resource": "arn:aws:s3:::payroll", "verdict": "lockout", "result": "unlocked",
		"Events": 1.0, "HandleTime": 1500.0, "VerdictLockout": 1.0, "OutcomeUnlocked": 1.0, "SecondsToUnlock": 13.0,
		"_aws": map[string]any{"Timestamp": 1795248942000.0,
			"CloudWatchMetrics": []any{map[string]any{"Namespace": "Locksmith", "Dimensions": []any{[]any{}},
				"Metrics": []any{
					map[string]any{"Name": "Events", "Unit": "Count"},
					map[string]any{"Name": "HandleTime", "Unit": "Milliseconds"},
					map[string]any{"Name": "VerdictLockout", "Unit": "Count"},
					map[string]any{"Name": "OutcomeUnlocked", "Unit": "Count"},
					map[string]any{"Name": "SecondsToUnlock", "Unit": "Seconds"},
				}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("more than one line: %q", out.String())
	}
}

// TestRepeatedDeliveriesAreNotCountedTwice: a duplicate of an unlocked event is an event, but no second unlock.
func TestRepeatedDeliveriesAreNotCountedTwice(t *testing.T) {
	var out bytes.Buffer
	metrics{w: &out}.report(remedy.Report{Repeated: true, Outcome: remedy.Outcome{Result: remedy.Unlocked},
		Verdict: lockout.Verdict{Answer: lockout.Lockout}})
	if strings.Contains(out.String(), "OutcomeUnlocked") || strings.Contains(out.String(), "SecondsToUnlock") ||
		!strings.Contains(out.String(), `"Events":1`) {
		t.Error(out.String())
	}
}

// TestWhatIsMerelyEarlyIsNotUnfinished: many of those are no sign that something is broken.
func TestWhatIsMerelyEarlyIsNotUnfinished(t *testing.T) {
	for name, row := range map[string]struct {
		r    remedy.Report
		want string
	}{
		"too early": {remedy.Report{Err: fmt.Errorf("look: %w", &remedy.Later{})}, "TooEarly"},
		"busy":      {remedy.Report{Err: fmt.Errorf("ledger: %w", remedy.ErrBusy)}, "TooEarly"},
		"failed":    {remedy.Report{Err: errors.New("no root")}, "Unfinished"},
		"hopeless":  {remedy.Report{Err: errors.New("no record"), Repeated: true}, ""},
		"done":      {remedy.Report{}, ""},
	} {
		var out bytes.Buffer
		metrics{w: &out}.report(row.r)
		for _, metric := range []string{"TooEarly", "Unfinished"} {
			if got := strings.Contains(out.String(), `"`+metric+`":1`); got != (metric == row.want) {
				t.Errorf("%s: want %q, %s", name, row.want, out.String())
			}
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

func TestHeartbeatIsCounted(t *testing.T) {
	const queue = "arn:aws:sqs:eu-central-1:999988887777:locksmith-heartbeat"
	for resource, want := range map[string]bool{queue: true, "arn:aws:sqs:eu-central-1:999988887777:another": false} {
		var out bytes.Buffer
		metrics{&out, queue}.report(remedy.Report{Change: remedy.Change{Resource: resource},
			Verdict: lockout.Verdict{Answer: lockout.Open}})
		if got := strings.Contains(out.String(), `"Heartbeats":1`); got != want {
			t.Errorf("%s: %s", resource, out.String())
		}
	}
}
