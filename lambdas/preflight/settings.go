package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"locksmith/lambdas/notice"
	"locksmith/lambdas/readiness"
	"locksmith/policies/allowlist"
)

// horizon is for how long a report has to hold. The next comes within a day, and may fail once.
const horizon = 48 * time.Hour

// settings are the function's environment variables:
//
//	LOCKSMITH_ALLOWLIST     path of the allow list, by default allowlist.json beside the binary
//	LOCKSMITH_ALERTS_TOPIC  ARN of the SNS topic for mail and machines
//	LOCKSMITH_PAGES_TOPIC   ARN of the SNS topic for the pager
//	LOCKSMITH_CHAT_TOPIC    ARN of the SNS topic for chat; optional
//	LOCKSMITH_LEDGER_TABLE  name of the ledger's DynamoDB table
//	LOCKSMITH_REGIONS       the watched Regions, with a comma between
//	LOCKSMITH_UNLOCK_ROLE   ARN of the role that assumes root
//	AWS_REGION              the Region in which root is assumed; Lambda sets it
type settings struct {
	readiness.Settings
	topics notice.Topics
	table  string
}

// readSettings reads the environment. The error names every variable that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	var wrong []error
	want := func(name, hint string, fits func(string) bool) string {
		value := getenv(name)
		if !fits(value) {
			wrong = append(wrong, fmt.Errorf("%s=%q: want %s", name, value, hint))
		}
		return value
	}
	some := func(v string) bool { return v != "" }
	topic := func(v string) bool { return strings.HasPrefix(v, "arn:") && strings.Contains(v, ":sns:") }
	s := settings{table: want("LOCKSMITH_LEDGER_TABLE", "the name of the ledger's DynamoDB table", some)}
	s.topics = notice.Topics{
		Alerts: want("LOCKSMITH_ALERTS_TOPIC", "the ARN of an SNS topic", topic),
		Pages:  want("LOCKSMITH_PAGES_TOPIC", "the ARN of an SNS topic", topic),
		Chat: want("LOCKSMITH_CHAT_TOPIC", "the ARN of an SNS topic", func(v string) bool {
			return v == "" || topic(v)
		}),
	}
	s.Settings = readiness.Settings{Horizon: horizon,
		Home:    want("AWS_REGION", "a Region", some),
		Regions: strings.Split(want("LOCKSMITH_REGIONS", "Regions, such as eu-central-1,us-east-1", some), ","),
		Role: want("LOCKSMITH_UNLOCK_ROLE", "the ARN of the unlock function's role", func(v string) bool {
			return strings.HasPrefix(v, "arn:") && strings.Contains(v, ":role/")
		}),
		Topics: map[string]string{"alerts": s.topics.Alerts, "pages": s.topics.Pages}}
	if s.topics.Chat != "" {
		s.Settings.Topics["chat"] = s.topics.Chat
	}
	path := cmp.Or(getenv("LOCKSMITH_ALLOWLIST"), "allowlist.json")
	text, err := os.ReadFile(path)
	var allow *allowlist.List
	if err == nil {
		allow, err = allowlist.Read(text)
	}
	if err != nil {
		wrong = append(wrong, fmt.Errorf("allow list %s: %w", path, err))
	} else {
		s.Organization, s.Credentials = allow.Organization, allow.Asks("audit", "create-password", "delete-credentials")
	}
	return s, errors.Join(wrong...)
}
