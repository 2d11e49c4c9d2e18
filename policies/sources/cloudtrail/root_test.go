package cloudtrail_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/sources/cloudtrail"
	cloud "locksmith/test/cloud/events"
	"locksmith/test/engines"
	"locksmith/test/events"
)

// rootRows are the events about root, with the kind that README.md says of each.
func rootRows(t *testing.T) (rows []watchedRow) {
	t.Helper()
	table, err := events.Root.ReadFile("root/README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\| (\S+\.json) \|.*\| (\S+) \|$`)
	for _, m := range line.FindAllStringSubmatch(string(table), -1) {
		event, err := events.Root.ReadFile("root/" + m[1])
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, watchedRow{m[1], string(event), m[2]})
	}
	files, err := fs.Glob(events.Root, "root/*.json")
	if err != nil || len(files) != len(rows) || len(rows) < 50 {
		t.Fatalf("%d files, %d rows in the table (%v)", len(files), len(rows), err)
	}
	return rows
}

func TestParseUse(t *testing.T) {
	for _, row := range rootRows(t) {
		use, err := cloudtrail.ParseUse([]byte(row.event))
		got := string(use.Kind)
		switch {
		case errors.As(err, new(*cloudtrail.NothingToDo)):
			got = "nothing"
		case err != nil:
			got = "error"
		case use.ID == "" || use.Call == "" || use.From == "" || use.Region == "" || use.By.ARN == "" ||
			!use.Time.Equal(time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC)):
			t.Errorf("%s: something is missing: %+v", row.name, use)
		}
		if got != row.want {
			t.Errorf("%s: %s (%v), want %s", row.name, got, err, row.want)
		}
	}
}

// TestWhatAUseTells holds some events against what a person read in them.
func TestWhatAUseTells(t *testing.T) {
	const sso = "arn:aws:iam::000011112222:role/aws-reserved/sso.amazonaws.com/eu-central-1/" +
		"AWSReservedSSO_Admin_0123456789abcdef"
	at := time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC)
	rootBy := cloudtrail.Caller{ARN: "arn:aws:iam::111122223333:root", Kind: "Root", Address: "198.51.100.7",
		Agent: "[aws-cli/2.30.1]"}
	for name, want := range map[string]cloudtrail.Use{
		"06-assume-root-of-arn": {ID: "00000000-0000-4000-8000-000000000106", Call: "AssumeRoot", Kind: "opens",
			Account: "111122223333", From: "000011112222", Region: "us-east-1", Time: at, Role: sso,
			By: cloudtrail.Caller{ARN: "arn:aws:sts::000011112222:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/kim",
				Kind: "AssumedRole", Address: "198.51.100.7", Agent: "AWS Internal"},
			Key: "ASIAEXAMPLESESSION00", Task: "IAMAuditRootUserCredentials",
			Asked: []cloudtrail.Asked{{Name: "targetPrincipal", Value: "arn:aws:iam::111122223333:root"}}},
		"15-session-delete-bucket-policy": {ID: "00000000-0000-4000-8000-000000000115", Call: "DeleteBucketPolicy",
			Kind: "calls", Account: "111122223333", From: "111122223333", Region: "eu-central-1", Time: at, By: rootBy,
			Key: "ASIAEXAMPLESESSION00", Asked: []cloudtrail.Asked{{Name: "bucketName", Value: "payroll"}}},
		"18-session-refused": {ID: "00000000-0000-4000-8000-000000000118", Call: "CreateLoginProfile", Kind: "calls",
			Account: "111122223333", From: "111122223333", Region: "us-east-1", Time: at, By: rootBy,
			Key: "ASIAEXAMPLESESSION00", Refused: "EntityAlreadyExists"},
	} {
		event, err := events.Root.ReadFile("root/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		got, err := cloudtrail.ParseUse(event)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	for name, want := range map[string][3]string{ // refused, from the console, an asked value
		"20-console-login-refused":            {"Failed authentication", "false", "MFAUsed=No"},
		"19-console-login":                    {"", "false", "MFAUsed=Yes"},
		"27-root-create-access-key":           {"", "true", "created=AKIAEXAMPLEROOTKEY01"},
		"28-root-create-access-key-of-a-user": {"", "true", "userName=kim"},
		"30-root-by-access-key":               {"", "false", "="},
		"26-accept-primary-email-update":      {"", "false", "accountId=111122223333"},
		"08-assume-root-refused":              {"AccessDenied", "false", "targetPrincipal=111122223333"},
	} {
		event, _ := events.Root.ReadFile("root/" + name + ".json")
		got, err := cloudtrail.ParseUse(event)
		asked, _, _ := strings.Cut(want[2], "=")
		have := [3]string{got.Refused, fmt.Sprint(got.Console), asked + "=" + got.Value(asked)}
		if have != want || err != nil {
			t.Errorf("%s: %v, want %v (%v)", name, have, want, err)
		}
	}
}

// TestUsesThatAreNotAWS: what somebody else may have put on a bus is an error, and never nothing.
func TestUsesThatAreNotAWS(t *testing.T) {
	for text, want := range map[string]string{
		`{"source":"custom.sts","detail-type":"AWS API Call via CloudTrail","detail":{}}`: `source "custom.sts"`,
		`{"detail-type":"AWS API Call via CloudTrail","detail":{}}`:                       `source ""`,
		`{"source":"aws.sts","detail-type":"Scheduled Event","detail":{}}`:                `detail-type "Scheduled Event"`,
		`{"source":"aws.sts","detail-type":"AWS API Call via CloudTrail"}`:                "detail is missing",
		`[]`: "event is not a JSON object",
		`{"source":"aws.sts","account":"1","detail-type":"AWS API Call via CloudTrail",` +
			`"detail":{"recipientAccountId":"2"}}`: `the record is of "2"`,
	} {
		if _, err := cloudtrail.ParseUse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) ||
			errors.As(err, new(*cloudtrail.NothingToDo)) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// usesLetThrough says of the events that no parser asks for whether the rules let them through.
func usesLetThrough(row watchedRow) string {
	switch row.name[:2] {
	// A service's call looks like root's own, accounts cannot be compared in a pattern, and partners begin like AWS.
	case "31", "47", "49":
		return "true"
	}
	switch row.want {
	case "nothing":
		return "false"
	case "error":
		return fmt.Sprint(row.name[:2] == "10")
	}
	return "true"
}

// TestThePatternOfSomeKinds lets through what changes the organization, and nothing else.
func TestThePatternOfSomeKinds(t *testing.T) {
	pattern, err := cloud.CompilePattern(cloudtrail.UsePattern(cloudtrail.Switch, cloudtrail.Beneath))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rootRows(t) {
		matches, err := pattern.Match([]byte(row.event))
		if want := row.want == "switch" || row.want == "beneath"; matches != want || err != nil {
			t.Errorf("%s: %t, %v", row.name, matches, err)
		}
	}
}

// TestWhichUsesTheRulesLetThrough: the watch's pattern, matched by test/cloud and by event-ruler.
func TestWhichUsesTheRulesLetThrough(t *testing.T) {
	var rows []watchedRow
	for _, row := range rootRows(t) {
		row.want = usesLetThrough(row)
		rows = append(rows, row)
	}
	for _, row := range files(t) { // of the work queue's events, only what a root session changes, and AssumeRoot
		if row.want != "ERROR" {
			row.want = fmt.Sprint(strings.Contains(row.name, "by-root") || strings.Contains(row.name, "assume-root"))
		}
		rows = append(rows, row)
	}
	pattern := cloudtrail.UsePattern()
	if len(pattern) > 2048 { // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
		t.Errorf("the pattern has %d characters", len(pattern))
	}
	compare := func(t *testing.T, answers []string) {
		for i, row := range rows {
			if got, _, _ := strings.Cut(answers[i], " "); got != row.want {
				t.Errorf("%s: %s, want %s", row.name, answers[i], row.want)
			}
		}
	}
	t.Run("test/cloud", func(t *testing.T) {
		compiled, err := cloud.CompilePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var answers []string
		for _, row := range rows {
			matches, err := compiled.Match([]byte(row.event))
			answer := fmt.Sprint(matches)
			if err != nil {
				answer = "ERROR " + err.Error()
			}
			answers = append(answers, answer)
		}
		compare(t, answers)
	})
	t.Run("event-ruler", func(t *testing.T) {
		var questions []engines.Question
		for _, row := range rows {
			questions = append(questions, engines.Question{Pattern: string(pattern), Event: row.event})
		}
		answers, err := engines.Match(questions)
		if errors.Is(err, engines.ErrMissing) {
			t.Skipf("the watch's pattern is not tried on event-ruler: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		compare(t, answers)
	})
}
