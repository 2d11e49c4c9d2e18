package readiness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/reach"
)

// A Checker makes reports. Its fields are set once.
type Checker struct {
	Organization Organization
	Topics       Topics   // nil: nobody asks who hears of notices
	Coverage     Coverage // nil: nobody asks what sweeps see
	Settings     Settings
	Now          func() time.Time
}

// Check reads the facts and judges them. What cannot be read is a finding, and no error.
func (c *Checker) Check(ctx context.Context) *Report {
	now := c.Now()
	j := &judging{Checker: c, findings: map[string]*Finding{},
		report: &Report{At: now, Until: now.Add(c.Settings.Horizon), State: reach.Reachable}}
	read := make(chan error, 1)
	go func() { // Organizations' rates are by operation, so that two lists side by side take the time of one
		controls, err := c.Organization.Controls(ctx)
		j.controls = controls
		read <- err
	}()
	j.rootAccess(ctx)
	accounts := j.accounts(ctx)
	err := <-read
	if err != nil {
		j.add(unread("which policies bind the accounts", err))
	}
	j.bound = err == nil
	j.settings(accounts)
	for _, a := range accounts {
		j.account(a)
	}
	j.topics(ctx)
	j.coverage(ctx, accounts)
	return j.finish()
}

// A judging is one report in the making.
type judging struct {
	*Checker
	report   *Report
	identity Identity
	controls Controls
	bound    bool // the controls are known
	world    reach.World
	findings map[string]*Finding
}

// add enters a finding, or adds to the one of the same identity whom it concerns.
func (j *judging) add(f Finding) *Finding {
	found, ok := j.findings[f.ID]
	if !ok {
		j.findings[f.ID] = &f
		return &f
	}
	return found
}

// unread is a finding for facts that could not be read.
func unread(what string, err error) Finding {
	return newFinding(Unread, reach.CannotTell, what+" could not be read: "+remedy.Scrub(err.Error()),
		"look whether the preflight may make this call, and whether its account is still delegated", what)
}

// rootAccess judges what of root access is switched on.
func (j *judging) rootAccess(ctx context.Context) {
	identity, err := j.Checker.Organization.Identity(ctx)
	if err != nil {
		j.add(unread("the organization and its management account", err))
	}
	if j.identity = identity; j.Settings.Central == "" {
		j.Settings.Central = identity.Account
	}
	j.report.Organization = identity.Organization
	if want := j.Settings.Organization; want != "" && identity.Organization != "" && want != identity.Organization {
		j.add(newFinding(Delegation, reach.Blocked, "the account belongs to organization "+identity.Organization+
			", and the allow list is for "+want, "deploy where the allow list belongs", want))
	}
	r, err := j.Checker.Organization.RootAccess(ctx)
	if err != nil {
		j.add(unread("what of root access is switched on", err))
		return
	}
	j.features(r)
	j.trust(r)
	j.delegates(r)
}

// sessions is how IAM names the feature that sessions for buckets and queues need. RootCredentialsManagement, which
// most tools look for, does not help them.
const sessions = "RootSessions"

// credentials is the feature that the desk's tasks about root's credentials need, and no rescue.
const credentials = "RootCredentialsManagement"

func (j *judging) features(r RootAccess) {
	const do = "run aws iam enable-organizations-root-sessions in the management account"
	switch {
	case r.NotAdmitted || r.TrustRequired: // told below
	case r.FeaturesErr != nil:
		j.add(unread("whether root sessions are enabled", r.FeaturesErr))
	case !slices.Contains(r.Features, sessions):
		what := "root sessions are not enabled in the organization, so that no account can be helped"
		if len(r.Features) > 0 {
			what += fmt.Sprintf("; %v is another feature and does not help", r.Features)
		}
		j.add(newFinding(RootSessions, reach.Blocked, what, do))
	}
	known := r.FeaturesErr == nil && !r.NotAdmitted && !r.TrustRequired
	if j.Settings.Credentials && known && !slices.Contains(r.Features, credentials) {
		j.add(newFinding(Credentials, reach.Partly, "the management of root credentials is not enabled in the organization, "+
			"so that the desk can neither audit nor create nor delete any",
			"run aws iam enable-organizations-root-credentials-management in the management account"))
	}
}

func (j *judging) trust(r RootAccess) {
	switch {
	case r.TrustRequired, r.TrustedErr == nil && !r.Trusted:
		j.add(newFinding(TrustedAccess, reach.Blocked, "IAM has no trusted access to the organization",
			"run aws organizations enable-aws-service-access --service-principal iam.amazonaws.com in the management account"))
	case r.TrustedErr != nil:
		j.add(unread("whether IAM has trusted access to the organization", r.TrustedErr))
	}
}

func (j *judging) delegates(r RootAccess) {
	central := j.Settings.Central
	do := "run aws organizations register-delegated-administrator --service-principal iam.amazonaws.com " +
		"--account-id " + central + " in the management account"
	switch {
	case central == "":
		j.add(newFinding(Delegation, reach.CannotTell, "which account opens root sessions is not known",
			"say which account it is"))
	case central == j.identity.Management: // it needs no delegation
	case r.DelegatesErr != nil:
		j.add(unread("whether root access is delegated to account "+central, r.DelegatesErr))
	case !slices.Contains(r.Delegates, central), r.NotAdmitted && central == j.identity.Account:
		j.add(newFinding(Delegation, reach.Blocked,
			"account "+central+" is not the delegated administrator for root access", do, central))
	}
}

// accounts are all accounts of the organization. Where a page cannot be read, those after it are not known either.
func (j *judging) accounts(ctx context.Context) []remedy.Account {
	var all []remedy.Account
	for next := ""; ; {
		page, rest, err := j.Checker.Organization.Accounts(ctx, next)
		if err != nil {
			j.add(unread("which accounts there are", err))
			return all
		}
		all = append(all, page...)
		if next = rest; next == "" {
			return all
		}
	}
}

// settings judges what the deployment says of itself, and makes the world that all questions share.
func (j *judging) settings(accounts []remedy.Account) {
	if len(j.Settings.Regions) == 0 || j.Settings.Home == "" {
		j.add(newFinding(Unread, reach.CannotTell, "which Regions are meant is not known", "name the Regions"))
	}
	if home := j.Settings.Home; home != "" && !slices.Contains(standing, home) {
		j.add(newFinding(HomeRegion, reach.CannotTell, "root is assumed in "+home+", which has to be switched on in every "+
			"account that is to be helped", "deploy the central stack in a Region that needs no opt-in, such as us-east-1",
			home))
	}
	central := reach.Account{Number: j.Settings.Central}
	for _, a := range accounts {
		if a.Number == central.Number {
			central = j.place(a.Number, a.Units)
		}
	}
	j.world = reach.World{Partition: j.identity.Partition, Organization: j.identity.Organization,
		From: j.report.At, Until: j.report.Until, Caller: central, Role: j.Settings.Role, Home: j.Settings.Home,
		Management: j.identity.Management, SCPs: j.controls.SCPs, RCPs: j.controls.RCPs}
}

// standing are the Regions that no account has to switch on. STS answers for an account only in Regions that are on
// there (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html).
var standing = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
	"eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1",
	"ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
	"us-gov-west-1", "us-gov-east-1", "cn-north-1", "cn-northwest-1",
}

// topics judges whether somebody hears of notices.
func (j *judging) topics(ctx context.Context) {
	if j.Topics == nil {
		j.report.NotAsked = append(j.report.NotAsked, "who hears of notices")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(j.Settings.Topics)) {
		arn := j.Settings.Topics[name]
		confirmed, pending, err := j.Topics.Subscribers(ctx, arn)
		var f Finding
		switch {
		case err != nil:
			f = unread("who hears of the topic for "+name, err)
			f.Kind = Topic
		case confirmed == 0:
			f = newFinding(Topic, reach.Blocked, "nobody hears of the topic for "+name+": it has no confirmed subscription",
				"confirm a subscription, by the link in the mail that SNS sent, or make one", name)
		case pending > 0:
			f = newFinding(Topic, reach.Partly, fmt.Sprintf("%d of %d subscriptions to the topic for %s are not confirmed",
				pending, confirmed+pending, name), "confirm them, by the link in the mail that SNS sent", name)
		default:
			continue
		}
		f.Where = arn
		j.add(f)
	}
}

// sweptWithin is how old a complete sweep of an account may be. A sweep runs each day, and may fail once.
const sweptWithin = 3 * 24 * time.Hour

// coverage judges whether sweeps see what no event tells of.
func (j *judging) coverage(ctx context.Context, accounts []remedy.Account) {
	if j.Coverage == nil {
		j.report.NotAsked = append(j.report.NotAsked, "what sweeps have seen")
		return
	}
	var active []string
	for _, a := range accounts {
		if a.State == remedy.Active && a.Number != j.identity.Management {
			active = append(active, a.Number)
		}
	}
	why, known, err := j.Coverage.Uncovered(ctx, active, j.report.At.Add(-sweptWithin))
	switch {
	case err != nil:
		f := unread("what sweeps have seen", err)
		f.Kind = Swept
		j.add(f)
	case !known:
		j.add(newFinding(Swept, reach.CannotTell, "no sweep has come to its end yet",
			"wait for the next, or run locksmith sweep start"))
	}
	for _, account := range slices.Sorted(maps.Keys(why)) {
		f := j.add(newFinding(Swept, reach.CannotTell,
			"an account was not fully swept for three days: "+remedy.Scrub(why[account]),
			"see locksmith sweep status", why[account]))
		f.Accounts = append(f.Accounts, account)
	}
}

// finish counts, sorts, and lets what concerns every account count for each.
func (j *judging) finish() *Report {
	r := j.report
	worst := reach.Reachable
	for _, f := range j.findings {
		r.State = r.State.Worse(f.State)
		if f.general() {
			worst = worst.Worse(f.State)
		}
		slices.Sort(f.Accounts)
		r.Findings = append(r.Findings, *f)
	}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		if a.State == OutOfReach {
			r.Counts.OutOfReach++
			continue
		}
		a.State = a.State.Worse(worst)
		for k := range a.Services {
			a.Services[k].State = a.Services[k].State.Worse(worst)
		}
		r.State = r.State.Worse(a.State)
		r.Counts.add(a.State)
	}
	r.sort()
	return r
}

func (c *Counts) add(s reach.State) {
	switch s {
	case reach.Reachable:
		c.Reachable++
	case reach.Partly:
		c.Partly++
	case reach.Blocked:
		c.Blocked++
	default:
		c.CannotTell++
	}
}
