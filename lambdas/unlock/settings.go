package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/notice"
	"locksmith/policies/allowlist"
)

// settings are the function's environment variables:
//
//	LOCKSMITH_ALLOWLIST           path of the allow list, by default allowlist.json beside the binary
//	LOCKSMITH_ALERTS_TOPIC        ARN of the SNS topic for mail and machines
//	LOCKSMITH_PAGES_TOPIC         ARN of the SNS topic for the pager
//	LOCKSMITH_CHAT_TOPIC          ARN of the SNS topic for chat; optional
//	LOCKSMITH_MANAGEMENT_ACCOUNT  the organization's management account, whose root nobody can assume; optional
//	LOCKSMITH_TRIES               the work queue's maxReceiveCount
//	LOCKSMITH_MODE                act, or observe: everything but act
//	LOCKSMITH_LEDGER_TABLE        name of the ledger's DynamoDB table
//	LOCKSMITH_LEDGER_DAYS         how long the ledger keeps incidents that saved no policy; by default 400
//	LOCKSMITH_FLAP_GUARD          unlocks of one resource in a day, after which it is left alone; by default 3
//	LOCKSMITH_BREAKER             unlocks in the organization in an hour, after which all stops; by default 20
//	LOCKSMITH_BREAKER_ACCOUNTS    accounts with unlocks in an hour, likewise; by default as many as there are
//	LOCKSMITH_ACCOUNT_SHARE       unlocks in one account in an hour; by default half of the breaker
//	LOCKSMITH_STAND_DOWNS         lockouts of one account that were over when we looked, likewise; by default 20
//	LOCKSMITH_PAGES               pages about one account in an hour; the rest goes into a digest; by default 5
//	LOCKSMITH_HEARTBEAT           ARN of the queue whose changes are the heartbeat of the pipeline; optional
//	LOCKSMITH_DESK_PAGES          address of the desk's pages, or "command" where people open them by locksmith desk;
//	                              notices link to it; optional
//	LOCKSMITH_READER_ROLE         ARN of the members' role that lists who exists, with * for the account; optional
type settings struct {
	reader     string
	allow      *allowlist.List
	topics     notice.Topics
	desk       notice.Desk
	management string
	heartbeat  string
	observe    bool
	tries      int
	table      string
	limits     ledger.Limits
}

// readSettings reads the environment. The error names every variable that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	s := settings{reader: getenv("LOCKSMITH_READER_ROLE"), management: getenv("LOCKSMITH_MANAGEMENT_ACCOUNT"),
		heartbeat: getenv("LOCKSMITH_HEARTBEAT"),
		table:     getenv("LOCKSMITH_LEDGER_TABLE"), limits: ledger.Defaults()}
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
	desk, err := notice.ReadDesk(getenv("LOCKSMITH_DESK_PAGES"))
	if s.desk = desk; err != nil {
		wrong = append(wrong, fmt.Errorf("LOCKSMITH_DESK_PAGES: %w", err))
	}
	if s.table == "" {
		wrong = append(wrong, errors.New(`LOCKSMITH_LEDGER_TABLE="": want the name of the ledger's DynamoDB table`))
	}
	if s.reader != "" && (!strings.HasPrefix(s.reader, "arn:") || !strings.Contains(s.reader, ":iam::*:role/")) {
		wrong = append(wrong, fmt.Errorf("LOCKSMITH_READER_ROLE=%q: want an ARN such as arn:aws:iam::*:role/LocksmithReader",
			s.reader))
	}
	s.readLimits(getenv, &wrong)
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

// readLimits reads the variables that are numbers. An account's share is less than the breaker's, so that no account
// can stop the rescue of all others.
func (s *settings) readLimits(getenv func(string) string, wrong *[]error) {
	number := func(name string, least int, unset string, hint string) int {
		n, err := strconv.Atoi(cmp.Or(getenv(name), unset))
		if err != nil || n < least {
			*wrong = append(*wrong, fmt.Errorf("%s=%q: want %s, %d or more", name, getenv(name), hint, least))
		}
		return n
	}
	l := &s.limits
	s.tries = number("LOCKSMITH_TRIES", 1, "", "the work queue's maxReceiveCount")
	l.PerResource = number("LOCKSMITH_FLAP_GUARD", 1, "3", "unlocks of one resource in a day")
	l.PerHour = number("LOCKSMITH_BREAKER", 1, "20", "unlocks in the organization in an hour")
	l.AccountsPerHour = number("LOCKSMITH_BREAKER_ACCOUNTS", 0, "0", "accounts with unlocks in an hour")
	l.PerAccount = number("LOCKSMITH_ACCOUNT_SHARE", 1, strconv.Itoa(max(1, l.PerHour/2)),
		"unlocks in one account in an hour")
	l.StandDowns = number("LOCKSMITH_STAND_DOWNS", 1, "20", "stand-downs of one account in an hour")
	l.Pages = number("LOCKSMITH_PAGES", 1, "5", "pages about one account in an hour")
	l.Retention = time.Duration(number("LOCKSMITH_LEDGER_DAYS", 30, "400",
		"days to keep incidents without a saved policy")) * 24 * time.Hour
}
