package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"locksmith/lambdas/notice"
	"locksmith/policies/allowlist"
)

type settings struct {
	allow      *allowlist.List
	topics     notice.Topics
	management string
	heartbeat  string
	observe    bool
	tries      int
}

// readSettings reads the environment; the error names every variable that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	s := settings{management: getenv("LOCKSMITH_MANAGEMENT_ACCOUNT"), heartbeat: getenv("LOCKSMITH_HEARTBEAT")}
	var wrong []error
	switch mode := getenv("LOCKSMITH_MODE"); mode {
	case "act":
	case "observe":
		s.observe = true
	default:
		wrong = append(wrong, fmt.Errorf("LOCKSMITH_MODE=%q: want act or observe", mode))
	}
	topic := func(name string, required bool) string {
		arn := getenv(name)
		if (required || arn != "") && (!strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":sns:")) {
			wrong = append(wrong, fmt.Errorf("%s=%q: want the ARN of an SNS topic", name, arn))
		}
		return arn
	}
	s.topics = notice.Topics{
		Alerts: topic("LOCKSMITH_ALERTS_TOPIC", true),
		Pages:  topic("LOCKSMITH_PAGES_TOPIC", true),
		Chat:   topic("LOCKSMITH_CHAT_TOPIC", false),
	}
	var err error
	if s.tries, err = strconv.Atoi(getenv("LOCKSMITH_TRIES")); err != nil || s.tries < 1 {
		wrong = append(wrong, fmt.Errorf("LOCKSMITH_TRIES=%q: want the work queue's maxReceiveCount, 1 or more", getenv("LOCKSMITH_TRIES")))
	}
	path := cmp.Or(getenv("LOCKSMITH_ALLOWLIST"), "allowlist.json")
	text, err := os.ReadFile(path)
	if err == nil {
		s.allow, err = allowlist.Read(text)
	}
	if err != nil {
		wrong = append(wrong, fmt.Errorf("allow list %s: %w", path, err))
	}
	return s, errors.Join(wrong...)
}
