package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/lambdas/desk/api"
	"locksmith/lambdas/desk/function"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

// settings are the function's environment variables:
//
//	LOCKSMITH_DESK_PART           what it serves: view, unlock, audit, create, delete or operate; or all
//	LOCKSMITH_DESK_TABLE          name of the desk's DynamoDB table
//	LOCKSMITH_DESK_UNLOCK_QUEUE   ARN of the queue of the function that unlocks; for unlock and operate
//	LOCKSMITH_DESK_CREATE_QUEUE   likewise, of the one that creates login profiles; for create and operate
//	LOCKSMITH_DESK_DELETE_QUEUE   likewise, of the one that deletes root's credentials; for delete and operate
//	LOCKSMITH_DESK_AUDIT_QUEUE    likewise, of the one that audits; for audit
//	LOCKSMITH_DESK_AUDIT_MINUTES  how old an audit may be that is listed; by default 60
//	LOCKSMITH_DESK_PAGES          address of the pages, for links in notices, or "command" where people open them by
//	                              locksmith desk; by default that
//	LOCKSMITH_DESK_CLAIM          the claim with a person's name, where an issuer signs people in; optional
//	LOCKSMITH_SWEEP_QUEUE         ARN of the sweep's own queue; for operate
//	LOCKSMITH_ALLOWLIST           path of the allow list, by default allowlist.json beside the binary
//	LOCKSMITH_ALERTS_TOPIC        ARN of the SNS topic for mail and machines
//	LOCKSMITH_PAGES_TOPIC         ARN of the SNS topic for the pager
//	LOCKSMITH_CHAT_TOPIC          ARN of the SNS topic for chat; optional
//	LOCKSMITH_MANAGEMENT_ACCOUNT  the organization's management account, whose root nobody can assume; optional
//	LOCKSMITH_LEDGER_TABLE        name of the ledger's DynamoDB table
//	LOCKSMITH_LEDGER_DAYS         how long the ledger keeps incidents that saved no policy; by default 400
//	LOCKSMITH_FLAP_GUARD          unlocks of one resource in a day, after which it is left alone; by default 3
//	LOCKSMITH_BREAKER             unlocks in the organization in an hour, after which all stops; by default 20
//	LOCKSMITH_BREAKER_ACCOUNTS    accounts with unlocks in an hour, likewise; by default as many as there are
//	LOCKSMITH_ACCOUNT_SHARE       unlocks in one account in an hour; by default half of the breaker
//	LOCKSMITH_STAND_DOWNS         lockouts of one account that were over when we looked, likewise; by default 20
//	LOCKSMITH_PAGES               pages about one account in an hour; the rest goes into a digest; by default 5
//	LOCKSMITH_INSTANCES           how many functions may audit at once; by default 1
//	LOCKSMITH_ASSUME_ROOT_RATE    calls of AssumeRoot a second, of all of them together; by default 5
//	LOCKSMITH_READER_ROLE         ARN of the members' role that lists who exists, with * for the account; optional
type settings struct {
	part       api.Part
	table      string
	pages      notice.Desk
	signedIn   *function.SignedIn // nil: calls are signed, and no other comes
	queues     map[requests.Task]string
	sweep      string
	auditAge   time.Duration
	allow      *allowlist.List
	topics     notice.Topics
	management string
	ledger     string
	limits     ledger.Limits
	instances  int
	perSecond  float64
	members    string // the role of those who list who exists
}

// A reading reads the environment, and collects what is wrong.
type reading struct {
	getenv func(string) string
	wrong  []error
}

func (r *reading) say(ok bool, name, want string) {
	if !ok {
		r.wrong = append(r.wrong, fmt.Errorf("%s=%q: want %s", name, r.getenv(name), want))
	}
}

// arn reads the ARN of something of a service.
func (r *reading) arn(name, service, want string, required bool) string {
	value := r.getenv(name)
	fits := strings.HasPrefix(value, "arn:") && strings.Contains(value, ":"+service+":")
	r.say(fits || !required && value == "", name, want)
	return value
}

// number reads a number that has a default.
func (r *reading) number(name string, least, unset int, want string) int {
	n, err := strconv.Atoi(cmp.Or(r.getenv(name), strconv.Itoa(unset)))
	r.say(err == nil && n >= least, name, fmt.Sprintf("%s, %d or more", want, least))
	return n
}

// readSettings reads the environment. The error names every variable that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	r := &reading{getenv: getenv}
	const topic = "the ARN of an SNS topic"
	s := settings{part: api.Part(getenv("LOCKSMITH_DESK_PART")), table: getenv("LOCKSMITH_DESK_TABLE"),
		ledger: getenv("LOCKSMITH_LEDGER_TABLE"), management: getenv("LOCKSMITH_MANAGEMENT_ACCOUNT"),
		topics: notice.Topics{Alerts: r.arn("LOCKSMITH_ALERTS_TOPIC", "sns", topic, true),
			Pages: r.arn("LOCKSMITH_PAGES_TOPIC", "sns", topic, true),
			Chat:  r.arn("LOCKSMITH_CHAT_TOPIC", "sns", topic, false)},
		auditAge: time.Duration(r.number("LOCKSMITH_DESK_AUDIT_MINUTES", 0, 60, "minutes")) * time.Minute,
		members:  r.arn("LOCKSMITH_READER_ROLE", "iam", "an ARN such as arn:aws:iam::*:role/LocksmithReader", false)}
	r.say(s.part == api.All || slices.Contains(api.Parts(), s.part), "LOCKSMITH_DESK_PART",
		"view, unlock, audit, create, delete, operate or all")
	r.say(s.table != "", "LOCKSMITH_DESK_TABLE", "the name of the desk's DynamoDB table")
	r.say(s.ledger != "", "LOCKSMITH_LEDGER_TABLE", "the name of the ledger's DynamoDB table")
	claim, parts := getenv("LOCKSMITH_DESK_CLAIM"), strings.Split(s.topics.Alerts, ":")
	if claim != "" && len(parts) == 6 {
		s.signedIn = &function.SignedIn{Partition: parts[1], Account: parts[4], Claim: claim} // of the desk's own account
	}
	var err error
	if s.pages, err = notice.ReadDesk(cmp.Or(getenv("LOCKSMITH_DESK_PAGES"), "command")); err != nil {
		r.wrong = append(r.wrong, fmt.Errorf("LOCKSMITH_DESK_PAGES: %w", err))
	}
	s.readQueues(r)
	s.readLimits(r)
	path := cmp.Or(getenv("LOCKSMITH_ALLOWLIST"), "allowlist.json")
	text, err := os.ReadFile(path)
	if err == nil {
		s.allow, err = allowlist.Read(text)
	}
	if err != nil {
		r.wrong = append(r.wrong, fmt.Errorf("allow list %s: %w", path, err))
	}
	return s, errors.Join(r.wrong...)
}

// readQueues reads the queues: a part has its own, and operate those of all whose requests people decide about.
func (s *settings) readQueues(r *reading) {
	s.queues = map[requests.Task]string{}
	for _, q := range []struct {
		name  string
		part  api.Part
		tasks []requests.Task
	}{
		{"LOCKSMITH_DESK_UNLOCK_QUEUE", api.Unlock, []requests.Task{requests.Unlock, requests.Force, requests.Restore}},
		{"LOCKSMITH_DESK_CREATE_QUEUE", api.Create, []requests.Task{requests.CreatePassword}},
		{"LOCKSMITH_DESK_DELETE_QUEUE", api.Delete, []requests.Task{requests.DeleteCredentials}},
		{"LOCKSMITH_DESK_AUDIT_QUEUE", api.Audit, []requests.Task{requests.Audit}},
	} {
		all := s.part == api.All || s.part == api.Operate && q.part != api.Audit
		arn := r.arn(q.name, "sqs", "the ARN of that function's queue", all || s.part == q.part)
		for _, task := range q.tasks {
			s.queues[task] = arn
		}
	}
	s.sweep = r.arn("LOCKSMITH_SWEEP_QUEUE", "sqs", "the ARN of the sweep's own queue",
		s.part == api.Operate || s.part == api.All)
}

// readLimits reads the guards and rates, as the functions that unlock and sweep have them.
func (s *settings) readLimits(r *reading) {
	s.limits = ledger.Defaults()
	l := &s.limits
	l.PerResource = r.number("LOCKSMITH_FLAP_GUARD", 1, 3, "unlocks of one resource in a day")
	l.PerHour = r.number("LOCKSMITH_BREAKER", 1, 20, "unlocks in the organization in an hour")
	l.AccountsPerHour = r.number("LOCKSMITH_BREAKER_ACCOUNTS", 0, 0, "accounts with unlocks in an hour")
	l.PerAccount = r.number("LOCKSMITH_ACCOUNT_SHARE", 1, max(1, l.PerHour/2), "unlocks in one account in an hour")
	l.StandDowns = r.number("LOCKSMITH_STAND_DOWNS", 1, 20, "stand-downs of one account in an hour")
	l.Pages = r.number("LOCKSMITH_PAGES", 1, 5, "pages about one account in an hour")
	l.Retention = time.Duration(r.number("LOCKSMITH_LEDGER_DAYS", 30, 400,
		"days to keep incidents without a saved policy")) * 24 * time.Hour
	s.instances = r.number("LOCKSMITH_INSTANCES", 1, 1, "functions that audit at once")
	const rate = "LOCKSMITH_ASSUME_ROOT_RATE"
	var err error
	s.perSecond, err = strconv.ParseFloat(cmp.Or(r.getenv(rate), "5"), 64)
	r.say(err == nil && s.perSecond > 0 && s.perSecond <= 100, rate, "calls a second, at most 100")
}
