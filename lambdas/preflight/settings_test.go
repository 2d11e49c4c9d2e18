package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/readiness"
	"locksmith/policies/reach"
)

func environment(extra map[string]string) func(string) string {
	all := map[string]string{
		"LOCKSMITH_ALLOWLIST":    "../../policies/allowlist.json",
		"LOCKSMITH_ALERTS_TOPIC": "arn:aws:sns:us-east-1:999988887777:alerts",
		"LOCKSMITH_PAGES_TOPIC":  "arn:aws:sns:us-east-1:999988887777:pages",
		"LOCKSMITH_LEDGER_TABLE": "ledger", "LOCKSMITH_REGIONS": "eu-central-1,us-east-1", "AWS_REGION": "us-east-1",
		"LOCKSMITH_UNLOCK_ROLE": "arn:aws:iam::999988887777:role/Unlock",
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
	got := fmt.Sprintf("%s %v %s %s %d %s %s", s.Organization, s.Regions, s.Home, s.Role, len(s.Settings.Topics),
		s.Horizon, s.table)
	const want = "o-a1b2c3d4e5 [eu-central-1 us-east-1] us-east-1 arn:aws:iam::999988887777:role/Unlock 2 48h0m0s ledger"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s, _ = readSettings(environment(map[string]string{"LOCKSMITH_CHAT_TOPIC": "arn:aws:sns:us-east-1:9:c"})); len(
		s.Settings.Topics) != 3 {
		t.Errorf("%v", s.Settings.Topics)
	}
}

func TestSettingsNameEverythingThatIsWrong(t *testing.T) {
	wrong := map[string]string{"LOCKSMITH_ALERTS_TOPIC": "", "LOCKSMITH_PAGES_TOPIC": "pages",
		"LOCKSMITH_CHAT_TOPIC": "chat", "LOCKSMITH_LEDGER_TABLE": "", "LOCKSMITH_REGIONS": "", "AWS_REGION": "",
		"LOCKSMITH_UNLOCK_ROLE": "Unlock", "LOCKSMITH_ALLOWLIST": "nowhere.json"}
	_, err := readSettings(environment(wrong))
	if err == nil {
		t.Fatal("no error")
	}
	for name, value := range wrong {
		if !strings.Contains(err.Error(), fmt.Sprintf("%s=%q", name, value)) && !strings.Contains(err.Error(),
			"allow list "+value+": ") {
			t.Errorf("error does not name %s:\n%v", name, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	var out bytes.Buffer
	metrics{&out}.report(&readiness.Report{At: time.Unix(1795248942, 0), State: reach.Blocked,
		Counts: readiness.Counts{Reachable: 7, Blocked: 2, Partly: 1, CannotTell: 3, OutOfReach: 1}})
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for name, want := range map[string]float64{"Preflights": 1, "AccountsReachable": 7, "AccountsBlocked": 2,
		"AccountsPartlyBlocked": 1, "AccountsCannotTell": 3} {
		if got[name] != want || !strings.Contains(out.String(), `{"Name":"`+name+`","Unit":"Count"}`) {
			t.Errorf("%s: %v, want %v", name, got[name], want)
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
