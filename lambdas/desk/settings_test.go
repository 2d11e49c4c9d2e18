package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/desk/function"
	"locksmith/lambdas/requests"
)

func environment(extra map[string]string) func(string) string {
	all := map[string]string{
		"LOCKSMITH_ALLOWLIST":    "../../policies/allowlist.json",
		"LOCKSMITH_ALERTS_TOPIC": "arn:aws:sns:us-east-1:999988887777:alerts",
		"LOCKSMITH_PAGES_TOPIC":  "arn:aws:sns:us-east-1:999988887777:pages",
		"LOCKSMITH_LEDGER_TABLE": "ledger", "LOCKSMITH_DESK_TABLE": "desk",
	}
	for name, value := range extra {
		all[name] = value
	}
	return func(name string) string { return all[name] }
}

const queue = "arn:aws:sqs:us-east-1:999988887777:"

// TestSettingsOfEachPart: a part needs the queues that it puts something on, and no others.
func TestSettingsOfEachPart(t *testing.T) {
	names := map[string]string{"LOCKSMITH_DESK_UNLOCK_QUEUE": "unlock", "LOCKSMITH_DESK_CREATE_QUEUE": "create",
		"LOCKSMITH_DESK_DELETE_QUEUE": "delete", "LOCKSMITH_DESK_AUDIT_QUEUE": "audit", "LOCKSMITH_SWEEP_QUEUE": "sweep"}
	for part, needs := range map[string]string{"view": "", "unlock": "unlock", "create": "create", "delete": "delete",
		"audit": "audit", "operate": "unlock create delete sweep", "all": "unlock create delete audit sweep"} {
		with := map[string]string{"LOCKSMITH_DESK_PART": part}
		for name, q := range names {
			if strings.Contains(needs, q) {
				with[name] = queue + q
			}
		}
		if _, err := readSettings(environment(with)); err != nil {
			t.Errorf("%s: %v", part, err)
		}
		for name, q := range names {
			if !strings.Contains(needs, q) {
				continue
			}
			without := map[string]string{}
			for n, v := range with {
				without[n] = v
			}
			without[name] = ""
			if _, err := readSettings(environment(without)); err == nil || !strings.Contains(err.Error(), name+`=""`) {
				t.Errorf("%s without %s: %v", part, name, err)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	s, err := readSettings(environment(map[string]string{"LOCKSMITH_DESK_PART": "unlock",
		"LOCKSMITH_DESK_UNLOCK_QUEUE": queue + "q", "LOCKSMITH_DESK_AUDIT_MINUTES": "5", "LOCKSMITH_FLAP_GUARD": "2",
		"LOCKSMITH_DESK_CLAIM":   "email",
		"LOCKSMITH_DESK_ACCOUNT": "999988887777"}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[requests.Task]string{requests.Unlock: queue + "q", requests.Force: queue + "q",
		requests.Restore: queue + "q", requests.CreatePassword: "", requests.DeleteCredentials: "", requests.Audit: ""}
	if diff := cmp.Diff(want, s.queues); diff != "" {
		t.Error(diff)
	}
	signedIn := &function.SignedIn{Partition: "aws", Account: "999988887777", Claim: "email"}
	if diff := cmp.Diff(signedIn, s.signedIn); diff != "" {
		t.Error(diff)
	}
	if s.auditAge != 5*time.Minute || s.limits.PerResource != 2 || s.table != "desk" || s.perSecond != 5 {
		t.Errorf("%+v", s)
	}
}

func TestSettingsNameEverythingThatIsWrong(t *testing.T) {
	_, err := readSettings(environment(map[string]string{"LOCKSMITH_DESK_PART": "front", "LOCKSMITH_DESK_TABLE": "",
		"LOCKSMITH_LEDGER_TABLE": "", "LOCKSMITH_ALERTS_TOPIC": "alerts", "LOCKSMITH_ALLOWLIST": "none.json",
		"LOCKSMITH_DESK_AUDIT_MINUTES": "soon", "LOCKSMITH_BREAKER": "0", "LOCKSMITH_ASSUME_ROOT_RATE": "1000",
		"LOCKSMITH_READER_ROLE": "Reader", "LOCKSMITH_INSTANCES": "0", "LOCKSMITH_DESK_CREATE_QUEUE": "mine"}))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`LOCKSMITH_DESK_PART="front": want view, unlock, audit, create, delete, operate or all`,
		`LOCKSMITH_DESK_TABLE=""`, `LOCKSMITH_LEDGER_TABLE=""`, `LOCKSMITH_ALERTS_TOPIC="alerts"`, "none.json",
		`LOCKSMITH_DESK_AUDIT_MINUTES="soon": want minutes, 0 or more`, `LOCKSMITH_BREAKER="0"`,
		`LOCKSMITH_ASSUME_ROOT_RATE="1000"`, `LOCKSMITH_READER_ROLE="Reader"`, `LOCKSMITH_INSTANCES="0"`,
		`LOCKSMITH_DESK_CREATE_QUEUE="mine"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s:\n%v", want, err)
		}
	}
}
