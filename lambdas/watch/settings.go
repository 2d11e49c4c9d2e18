package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/notice"
	"locksmith/policies/allowlist"
)

// settings are the function's environment variables:
//
//	LOCKSMITH_ALLOWLIST     path of the allow list, by default allowlist.json beside the binary
//	LOCKSMITH_ALERTS_TOPIC  ARN of the SNS topic for mail and machines
//	LOCKSMITH_PAGES_TOPIC   ARN of the SNS topic for the pager
//	LOCKSMITH_CHAT_TOPIC    ARN of the SNS topic for chat; optional
//	LOCKSMITH_LEDGER_TABLE  name of the ledger's DynamoDB table
//	LOCKSMITH_ROLES         ARNs of the roles that open root for Locksmith, with a comma between
//	LOCKSMITH_DESK_ROLES    those of the desk's roles, likewise; optional
//	LOCKSMITH_ROOT_PAGES    pages about root of one account in an hour; the rest goes into a digest; by default 5
//	LOCKSMITH_ROOT_MAILS    mails about root of one account in an hour, likewise; by default 20
type settings struct {
	allow  *allowlist.List
	topics notice.Topics
	table  string
	roles  []string
	desk   []string
	limits sessions.Limits
}

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+$`)

// readSettings reads the environment. The error names every variable that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	s := settings{table: getenv("LOCKSMITH_LEDGER_TABLE"), roles: strings.Split(getenv("LOCKSMITH_ROLES"), ",")}
	var wrong []error
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
	if s.table == "" {
		wrong = append(wrong, errors.New(`LOCKSMITH_LEDGER_TABLE="": want the name of the ledger's DynamoDB table`))
	}
	arns := func(name string, roles []string) {
		for _, role := range roles {
			if !roleARN.MatchString(role) {
				wrong = append(wrong, fmt.Errorf("%s: %q: want the ARN of a role, with its path", name, role))
			}
		}
	}
	arns("LOCKSMITH_ROLES", s.roles)
	if desk := getenv("LOCKSMITH_DESK_ROLES"); desk != "" {
		s.desk = strings.Split(desk, ",")
		arns("LOCKSMITH_DESK_ROLES", s.desk)
	}
	number := func(name string, unset int) int {
		n, err := strconv.Atoi(cmp.Or(getenv(name), strconv.Itoa(unset)))
		if err != nil || n < 1 {
			wrong = append(wrong, fmt.Errorf("%s=%q: want a number in an hour, 1 or more", name, getenv(name)))
		}
		return n
	}
	s.limits = sessions.Limits{Pages: number("LOCKSMITH_ROOT_PAGES", sessions.Defaults().Pages),
		Mails: number("LOCKSMITH_ROOT_MAILS", sessions.Defaults().Mails)}
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

// owners are those of the rules that name the account by its number. Rules by units and tags would have to be looked
// up, and a mail about root waits for nobody.
func (s settings) owners(account string) (owners []string) {
	for _, r := range s.allow.Rules {
		if r.Owner != "" && slices.Contains(r.Accounts, account) && !slices.Contains(owners, r.Owner) {
			owners = append(owners, r.Owner)
		}
	}
	return owners
}
