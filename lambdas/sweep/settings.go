package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

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
//	LOCKSMITH_LEDGER_TABLE        name of the ledger's DynamoDB table
//	LOCKSMITH_SWEEP_QUEUE         ARN of the sweep's own queue
//	LOCKSMITH_WORK_QUEUE          ARN of the queue that takes findings
//	LOCKSMITH_TRIES               the sweep queue's maxReceiveCount
//	LOCKSMITH_REACH               whose root may be assumed: "allow list" or "organization", which is the default
//	LOCKSMITH_REGIONS             where queues are looked for, with commas
//	LOCKSMITH_INSTANCES           how many of this function may work at once: the event source's maximum; by default 1
//	LOCKSMITH_ASSUME_ROOT_RATE    calls of AssumeRoot a second, of all of them together; by default 5
//	LOCKSMITH_GOOD_DAYS           days to keep a last good policy that no sweep saw again; by default 400
//	LOCKSMITH_READER_ROLE         ARN of the members' role that lists who exists, with * for the account; optional
type settings struct {
	reader      string
	allow       *allowlist.List
	topics      notice.Topics
	management  string
	table       string
	queue, work string
	regions     []string
	named       bool // only accounts that the allow list names by their numbers are in reach
	tries       int
	instances   int
	perSecond   float64
	good        time.Duration
}

var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)

// readSettings reads the environment. The error names every variable that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	var wrong []error
	say := func(ok bool, name, want string) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s=%q: want %s", name, getenv(name), want))
		}
	}
	arn := func(name, service, want string, optional bool) string {
		value := getenv(name)
		fits := strings.HasPrefix(value, "arn:") && strings.Contains(value, ":"+service+":")
		say(fits || optional && value == "", name, want)
		return value
	}
	number := func(name, unset, want string) int {
		n, err := strconv.Atoi(cmp.Or(getenv(name), unset))
		say(err == nil && n > 0, name, want+", 1 or more")
		return n
	}
	s := settings{
		topics: notice.Topics{
			Alerts: arn("LOCKSMITH_ALERTS_TOPIC", "sns", "the ARN of an SNS topic", false),
			Pages:  arn("LOCKSMITH_PAGES_TOPIC", "sns", "the ARN of an SNS topic", false),
			Chat:   arn("LOCKSMITH_CHAT_TOPIC", "sns", "the ARN of an SNS topic", true),
		},
		reader:     arn("LOCKSMITH_READER_ROLE", "iam", "an ARN such as arn:aws:iam::*:role/LocksmithReader", true),
		management: getenv("LOCKSMITH_MANAGEMENT_ACCOUNT"), table: getenv("LOCKSMITH_LEDGER_TABLE"),
		queue:     arn("LOCKSMITH_SWEEP_QUEUE", "sqs", "the ARN of the sweep's own queue", false),
		work:      arn("LOCKSMITH_WORK_QUEUE", "sqs", "the ARN of the work queue", false),
		tries:     number("LOCKSMITH_TRIES", "", "the sweep queue's maxReceiveCount"),
		instances: number("LOCKSMITH_INSTANCES", "1", "the event source's maximum"),
		regions:   strings.Split(getenv("LOCKSMITH_REGIONS"), ","),
		good:      time.Duration(number("LOCKSMITH_GOOD_DAYS", "400", "days")) * 24 * time.Hour,
	}
	reach := getenv("LOCKSMITH_REACH")
	s.named = reach == "allow list"
	say(s.named || reach == "" || reach == "organization", "LOCKSMITH_REACH", `"allow list" or "organization"`)
	say(s.table != "", "LOCKSMITH_LEDGER_TABLE", "the name of the ledger's DynamoDB table")
	for _, region := range s.regions {
		say(regionName.MatchString(region), "LOCKSMITH_REGIONS", "Regions such as eu-central-1, with commas")
	}
	var err error
	s.perSecond, err = strconv.ParseFloat(cmp.Or(getenv("LOCKSMITH_ASSUME_ROOT_RATE"), "5"), 64)
	say(err == nil && s.perSecond > 0 && s.perSecond <= 100, "LOCKSMITH_ASSUME_ROOT_RATE", "calls a second, at most 100")
	if s.allow, err = readList(cmp.Or(getenv("LOCKSMITH_ALLOWLIST"), "allowlist.json")); err != nil {
		wrong = append(wrong, err)
	}
	return s, errors.Join(wrong...)
}

func readList(path string) (*allowlist.List, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("allow list %s: %w", path, err)
	}
	list, err := allowlist.Read(text)
	if err != nil {
		return nil, fmt.Errorf("allow list %s: %w", path, err)
	}
	return list, nil
}
