package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"locksmith/policies/allowlist"
)

// A Config is what a platform team says of its organization: the value of the CDK context key "locksmith", or of the
// JSON file that it names.
type Config struct {
	Organization string `json:"organization"` // o-…
	// Account is the delegated administrator for root access, where the central stack goes.
	Account           string `json:"account"`
	Region            string `json:"region"`            // of the central stack
	ManagementAccount string `json:"managementAccount"` // its root cannot be assumed: watched, and told
	// Units are the organizational units (ou-…), or the root (r-…), whose accounts are watched.
	Units     []string `json:"units"`
	Regions   []string `json:"regions"`   // that are watched in every account
	AllowList string   `json:"allowList"` // path of the allow list, from the top of the tree
	// Reach is whose root the function may assume: "allow list" (the accounts that it names by their numbers, where it
	// names no units or tags) or "organization".
	Reach     string   `json:"reach"`
	Mode      string   `json:"mode"`   // "observe" (default) or "act"
	Mails     []string `json:"mails"`  // addresses that get every notice, one at least
	Pagers    []string `json:"pagers"` // https:// endpoints that are paged; without one the mails are
	Chat      *Slack   `json:"chat"`   // optional
	Retention Days     `json:"retention"`
	Guards    Guards   `json:"guards"`
	Sweep     Sweep    `json:"sweep"`
	// Watch watches root, too: who uses it beside Locksmith. On by default.
	Watch bool `json:"watch"`
	// Reader is the name of a role that the accounts of the units get, by which Locksmith lists their users and roles. So
	// it finds policies that spare only who was deleted. "", the default: no such role.
	Reader string `json:"reader"`
	// Guardrail attaches the SCP against long-term root to the units, from the management account.
	Guardrail bool `json:"guardrail"`
	// Desk offers the root desk. Without it, the default, there is none.
	Desk *Desk `json:"desk"`

	list *allowlist.List
}

// Slack is a channel that Amazon Q Developer in chat applications posts to.
type Slack struct {
	Workspace string `json:"workspace"` // T…
	Channel   string `json:"channel"`   // C…
}

// Days say how long things are kept.
type Days struct {
	Logs    int `json:"logs"`    // of the function; default 90
	Archive int `json:"archive"` // events, for replay; default 30
	Ledger  int `json:"ledger"`  // closed incidents without a saved policy; default 400
}

// Guards bound what Locksmith does by itself. Beyond them it tells people and touches nothing.
type Guards struct {
	PerResource int `json:"perResource"` // unlocks of one bucket or queue in a day; default 3
	PerHour     int `json:"perHour"`     // unlocks in the organization in an hour; default 20
	// Accounts is how many accounts the organization has. 0, the default, turns Share off.
	Accounts int `json:"accounts"`
	// Share is the share of the accounts that may have unlocks in an hour, 0.05 by default, but three accounts at
	// least.
	Share float64 `json:"share"`
}

// Sweep says how lockouts are looked for that no event told of.
type Sweep struct {
	// Schedule is when a sweep begins, as EventBridge Scheduler writes it: rate(1 day) by default; "" for never.
	Schedule string   `json:"schedule"`
	Regions  []string `json:"regions"` // where queues are looked for; by default those that are watched
	// StaleDays is for how many days an account may not be fully swept before somebody is paged; default 3, at most 7. It
	// has to be longer than the schedule's time.
	StaleDays int `json:"staleDays"`
	// AssumeRoot is how often sts:AssumeRoot may be called in a second; default 5. It halves when it is too much.
	AssumeRoot float64 `json:"assumeRoot"`
	// GoodDays is for how many days the last good policy of a resource is kept after a sweep saw it; default 400, at
	// least 30.
	GoodDays int `json:"goodDays"`
}

func (s Sweep) regions(c *Config) []string {
	if len(s.Regions) == 0 {
		return c.Regions
	}
	return s.Regions
}

// What the fields may be.
const (
	observe      = "observe"
	act          = "act"
	byAllowList  = "allow list"
	organization = "organization"
)

var (
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	accountID      = regexp.MustCompile(`^[0-9]{12}$`)
	regionName     = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	unitID         = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$`)
	roleName       = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,64}$`)
	scheduled      = regexp.MustCompile(`^(rate\([1-9][0-9]* (minute|hour|day)s?\)|cron\([^()]+\))$`)
	slackWorkspace = regexp.MustCompile(`^[0-9A-Z]{1,255}$`)
	claimName      = regexp.MustCompile(`^[A-Za-z0-9_:./-]{1,128}$`)
	slackChannel   = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
	// logDays are the retentions that CloudWatch Logs knows
	// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html).
	logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
		3288, 3653}
)

// readConfig reads the context value, which is an object, or the path of a file with one, under root, the top of the
// tree. The error names every field that is wrong.
func readConfig(context any, root string) (*Config, error) {
	if path, ok := context.(string); ok {
		text, err := os.ReadFile(under(root, path))
		if err != nil {
			return nil, fmt.Errorf("context locksmith=%q: %w (want the path of a JSON file)", path, err)
		}
		return parseConfig(text, root)
	}
	if context == nil {
		return nil, errors.New("context locksmith: not given " +
			"(cdk.json has a sample; or name a file: -c locksmith=production.json)")
	}
	text, err := json.Marshal(context)
	if err != nil {
		return nil, fmt.Errorf("context locksmith: %w", err)
	}
	return parseConfig(text, root)
}

func parseConfig(text []byte, root string) (*Config, error) {
	c := &Config{Reach: byAllowList, Mode: observe, Watch: true, Retention: Days{Logs: 90, Archive: 30, Ledger: 400},
		Guards: Guards{PerResource: 3, PerHour: 20, Share: 0.05},
		Sweep:  Sweep{Schedule: "rate(1 day)", StaleDays: 3, AssumeRoot: 5, GoodDays: 400}}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("context locksmith: %w (the fields are those of Config in infra/config.go)", err)
	}
	if c.Desk != nil {
		c.Desk.Rate, c.Desk.Burst = cmp.Or(c.Desk.Rate, 20), cmp.Or(c.Desk.Burst, 40)
		if c.Desk.SignIn != nil {
			c.Desk.SignIn.Claim = cmp.Or(c.Desk.SignIn.Claim, "email")
		}
	}
	list, err := os.ReadFile(under(root, c.AllowList))
	if err == nil {
		c.list, err = allowlist.Read(list)
	}
	wrong := c.problems()
	if err != nil {
		wrong = append(wrong, fmt.Errorf("allowList %q: %w", c.AllowList, err))
	} else if c.list.Organization != c.Organization {
		wrong = append(wrong, fmt.Errorf("allowList %q: it is for organization %s, and organization is %s",
			c.AllowList, c.list.Organization, c.Organization))
	} else {
		if c.Reach == byAllowList {
			wrong = append(wrong, c.reachable()...)
		}
		if c.Desk != nil {
			wrong = append(wrong, c.Desk.problems(c)...)
		}
	}
	return c, errors.Join(wrong...)
}

func under(root, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, path)
}

// problems are the fields that are wrong, each with its value and a hint.
func (c *Config) problems() (wrong []error) {
	say := sayTo(&wrong)
	say(organizationID.MatchString(c.Organization), "organization", c.Organization,
		`the organization's id, such as o-a1b2c3d4e5 ("aws organizations describe-organization")`)
	say(accountID.MatchString(c.Account), "account", c.Account, "the twelve digits of the delegated administrator")
	say(regionName.MatchString(c.Region), "region", c.Region, "a Region, such as eu-central-1")
	say(accountID.MatchString(c.ManagementAccount), "managementAccount", c.ManagementAccount,
		"the twelve digits of the organization's management account")
	say(c.ManagementAccount != c.Account || c.Account == "", "account", c.Account,
		"another account than the management account: delegate root access, and deploy there")
	say(len(c.Units) > 0, "units", c.Units,
		`at least one organizational unit, or the root r-… ("aws organizations list-roots")`)
	each(c.Units, func(v string) { say(unitID.MatchString(v), "units", v, "ou-… or r-…") })
	say(slices.Contains(c.Regions, c.Region), "regions", c.Regions,
		"a list of Regions with "+c.Region+" in it, where the central account is watched too")
	say(!c.Watch || slices.Contains(c.Regions, globalRegion(c.Region)), "regions", c.Regions, "a list of Regions with "+
		globalRegion(c.Region)+` in it, where root's sign-ins and what IAM does are recorded, or "watch": false`)
	each(c.Regions, func(v string) { say(regionName.MatchString(v), "regions", v, "a Region, such as eu-central-1") })
	say(c.Reader == "" || roleName.MatchString(c.Reader), "reader", c.Reader,
		"the name that a role gets in each account, such as LocksmithReader")
	say(c.Reader == "" || slices.Contains(c.Regions, globalRegion(c.Region)), "regions", c.Regions,
		"a list of Regions with "+globalRegion(c.Region)+` in it, where IAM's events come, or "reader": ""`)
	return append(wrong, append(c.channels(), c.numbers()...)...)
}

// channels are what is wrong with what Locksmith may do, and whom it tells.
func (c *Config) channels() (wrong []error) {
	say := sayTo(&wrong)
	say(c.Reach == byAllowList || c.Reach == organization, "reach", c.Reach, `"allow list" or "organization"`)
	say(c.Mode == observe || c.Mode == act, "mode", c.Mode, `"observe" or "act"`)
	say(len(c.Mails) > 0, "mails", c.Mails,
		"at least one address: every notice is a mail, and a pager hears only of what cannot wait")
	each(c.Mails, func(v string) {
		a, err := mail.ParseAddress(v)
		say(err == nil && a.Address == v, "mails", v, "an e-mail address, such as platform@example.com")
	})
	each(c.Pagers, func(v string) {
		u, err := url.Parse(v)
		say(err == nil && u.Scheme == "https" && u.Host != "", "pagers", v, "an https:// address")
	})
	if c.Chat != nil {
		say(slackWorkspace.MatchString(c.Chat.Workspace), "chat.workspace", c.Chat.Workspace,
			"the id of a Slack workspace, such as T07EA123LEP")
		say(slackChannel.MatchString(c.Chat.Channel), "chat.channel", c.Chat.Channel,
			"the id of a Slack channel, such as C07EZ1ABC23")
	}
	return wrong
}

// numbers are what is wrong with how long, how often and how many.
func (c *Config) numbers() (wrong []error) {
	say := sayTo(&wrong)
	number := func(ok bool, field string, n int, hint string) { say(ok, field, fmt.Sprint(n), hint) }
	number(slices.Contains(logDays, c.Retention.Logs), "retention.logs", c.Retention.Logs,
		"days that CloudWatch Logs knows: "+strings.Trim(fmt.Sprint(logDays), "[]"))
	number(c.Retention.Archive > 0, "retention.archive", c.Retention.Archive, "days, 1 or more")
	number(c.Retention.Ledger >= 30, "retention.ledger", c.Retention.Ledger, "days, 30 or more")
	number(c.Guards.PerResource > 0, "guards.perResource", c.Guards.PerResource,
		"unlocks of one resource in a day, 1 or more")
	number(c.Guards.PerHour > 0, "guards.perHour", c.Guards.PerHour, "unlocks in an hour, 1 or more")
	number(c.Guards.Accounts >= 0, "guards.accounts", c.Guards.Accounts,
		`the number of accounts ("aws organizations list-accounts --query 'length(Accounts)'"), or 0`)
	say(c.Sweep.Schedule == "" || scheduled.MatchString(c.Sweep.Schedule), "sweep.schedule", c.Sweep.Schedule,
		`such as "rate(1 day)" or "cron(0 3 * * ? *)", or "" for no schedule`)
	each(c.Sweep.Regions, func(v string) {
		say(regionName.MatchString(v), "sweep.regions", v, "a Region, such as eu-central-1")
	})
	number(c.Sweep.StaleDays >= 1 && c.Sweep.StaleDays <= 7, "sweep.staleDays", c.Sweep.StaleDays,
		"days, from 1 to 7: CloudWatch looks no further back")
	say(c.Sweep.AssumeRoot > 0 && c.Sweep.AssumeRoot <= 100, "sweep.assumeRoot", fmt.Sprint(c.Sweep.AssumeRoot),
		"calls a second, more than 0 and at most 100")
	number(c.Sweep.GoodDays >= 30, "sweep.goodDays", c.Sweep.GoodDays, "days, 30 or more")
	say(c.Guards.Share > 0 && c.Guards.Share <= 1, "guards.share", fmt.Sprint(c.Guards.Share), "more than 0, at most 1")
	return wrong
}

// sayTo notes a field that is not as it should be, with its value and what it should be.
func sayTo(wrong *[]error) func(ok bool, field string, value any, hint string) {
	return func(ok bool, field string, value any, hint string) {
		if !ok {
			*wrong = append(*wrong, fmt.Errorf("%s: %q: want %s", field, value, hint))
		}
	}
}

func each(values []string, f func(string)) {
	for _, v := range values {
		f(v)
	}
}

// reachable says why the accounts of the allow list cannot be the function's reach. Units could be a condition on
// aws:ResourceOrgPaths, but that nobody has documented for sts:AssumeRoot, and where AWS left the key out, no rescue
// would work (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). Tags of
// accounts are no condition at all.
func (c *Config) reachable() (wrong []error) {
	for _, r := range c.list.Rules {
		groups := slices.DeleteFunc(slices.Clone(r.Accounts), accountID.MatchString)
		if len(groups) > 0 {
			wrong = append(wrong, fmt.Errorf(`reach: "allow list": want "organization", since rule %s of allowList %q names `+
				`%s, and an IAM policy can name the accounts whose root may be assumed by their numbers only`, r.Name,
				c.AllowList, strings.Join(groups, ", ")))
		}
	}
	if len(c.list.Rules) == 0 {
		wrong = append(wrong, fmt.Errorf(`allowList %q: no rule names an account, and reach is "allow list": `+
			`want a rule, or "reach": "organization"`, c.AllowList))
	}
	return wrong
}

// roots are the root users that the function may become: the pattern as it is, or those of the accounts of the allow
// list, which names them by their numbers then.
func (c *Config) roots(pattern string) []string {
	if c.Reach != byAllowList {
		return []string{pattern}
	}
	var all []string
	for _, r := range c.list.Rules {
		for _, account := range r.Accounts {
			all = append(all, strings.Replace(pattern, "*", account, 1))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// accountsPerHour is the breaker's share as a number of accounts, rounded up, where 0 is no limit. It is three at
// least, since in a small organization a share says little.
func (g Guards) accountsPerHour() int {
	if g.Accounts == 0 {
		return 0
	}
	return max(3, int(math.Ceil(g.Share*float64(g.Accounts))))
}
