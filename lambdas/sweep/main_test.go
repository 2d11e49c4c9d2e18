package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/sweeper"
)

func environment(extra map[string]string) func(string) string {
	all := map[string]string{
		"LOCKSMITH_ALLOWLIST":    "../../policies/allowlist.json",
		"LOCKSMITH_ALERTS_TOPIC": "arn:aws:sns:us-east-1:999988887777:alerts",
		"LOCKSMITH_PAGES_TOPIC":  "arn:aws:sns:us-east-1:999988887777:pages",
		"LOCKSMITH_LEDGER_TABLE": "ledger",
		"LOCKSMITH_SWEEP_QUEUE":  "arn:aws:sqs:us-east-1:999988887777:sweep",
		"LOCKSMITH_WORK_QUEUE":   "arn:aws:sqs:us-east-1:999988887777:work",
		"LOCKSMITH_TRIES":        "5",
		"LOCKSMITH_REGIONS":      "us-east-1,eu-central-1",
	}
	for name, value := range extra {
		all[name] = value
	}
	return func(name string) string { return all[name] }
}

func TestSettings(t *testing.T) {
	s, err := readSettings(environment(map[string]string{"LOCKSMITH_INSTANCES": "10",
		"LOCKSMITH_ASSUME_ROOT_RATE": "7.5"}))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.regions, []string{"us-east-1", "eu-central-1"}) || s.instances != 10 || s.perSecond != 7.5 ||
		s.tries != 5 || s.allow.Organization != "o-a1b2c3d4e5" || !strings.HasSuffix(s.work, ":work") ||
		!strings.HasSuffix(s.queue, ":sweep") || s.table != "ledger" || s.good != 400*24*time.Hour {
		t.Errorf("%+v", s)
	}
}

func TestSettingsNameEverythingThatIsWrong(t *testing.T) {
	wrong := map[string]string{"LOCKSMITH_ALERTS_TOPIC": "alerts", "LOCKSMITH_PAGES_TOPIC": "",
		"LOCKSMITH_CHAT_TOPIC": "chat", "LOCKSMITH_LEDGER_TABLE": "", "LOCKSMITH_SWEEP_QUEUE": "sweep",
		"LOCKSMITH_WORK_QUEUE": "arn:aws:sns:us-east-1:999988887777:work", "LOCKSMITH_TRIES": "0",
		"LOCKSMITH_REGIONS": "", "LOCKSMITH_INSTANCES": "none", "LOCKSMITH_GOOD_DAYS": "0",
		"LOCKSMITH_REACH": "all", "LOCKSMITH_ASSUME_ROOT_RATE": "0"}
	_, err := readSettings(environment(wrong))
	if err == nil {
		t.Fatal("no error")
	}
	for name, value := range wrong {
		if !strings.Contains(err.Error(), name+`="`+value+`": want `) {
			t.Errorf("error does not name %s=%q:\n%v", name, value, err)
		}
	}
	if _, err := readSettings(environment(map[string]string{"LOCKSMITH_ALLOWLIST": "none.json"})); err == nil ||
		!strings.Contains(err.Error(), "allow list none.json: ") {
		t.Error(err)
	}
}

// TestMetrics: the lines are as CloudWatch reads them.
func TestMetrics(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 15, 42, 0, time.UTC)
	var out bytes.Buffer
	m := metrics{&out}
	m.report(sweeper.Report{At: at, Visit: &sweeper.Visit{Sweep: "s", Account: "111122223333", Task: sweeper.Queues,
		Outcome: sweeper.Partial, Begun: at.Add(-3 * time.Second), Ended: at,
		Totals: sweeper.Totals{Resources: 12, Findings: 2, Throttles: 1, Calls: map[string]int{"A": 3, "B": 4}}}})
	m.report(sweeper.Report{At: at, Summary: &sweeper.Summary{Sweep: sweeper.Sweep{ID: "s"},
		Accounts: map[sweeper.Outcome]int{sweeper.Complete: 7, sweeper.Refused: 1}, Oldest: 36 * time.Hour,
		OldestIs: "111122223333", Cost: sweeper.Cost{Dollars: 0.25, Took: time.Minute}}})
	for i, want := range []map[string]float64{
		{"SweepVisits": 1, "SweepVisitTime": 3, "SweepResources": 12, "SweepFindings": 2, "SweepCalls": 7,
			"SweepThrottles": 1},
		{"Sweeps": 1, "SweepTime": 60, "SweepCost": 0.25, "SweepAccountsComplete": 7, "SweepAccountsPartial": 0,
			"SweepAccountsRefused": 1, "SweepAccountsSkipped": 0, "SweepOldestGap": 36},
	} {
		line, err := out.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		var directive struct {
			AWS struct {
				Timestamp         int64
				CloudWatchMetrics []struct {
					Namespace string
					Metrics   []struct{ Name, Unit string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &directive); err != nil {
			t.Fatal(err)
		}
		values := map[string]float64{}
		for _, m := range directive.AWS.CloudWatchMetrics[0].Metrics {
			values[m.Name], _ = got[m.Name].(float64)
		}
		if diff := cmp.Diff(want, values); diff != "" {
			t.Errorf("line %d: %s", i, diff)
		}
		if directive.AWS.Timestamp != at.UnixMilli() || directive.AWS.CloudWatchMetrics[0].Namespace != "Locksmith" {
			t.Errorf("%s", line)
		}
	}
}
