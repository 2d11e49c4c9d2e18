package readiness

import (
	"slices"

	"locksmith/lambdas/remedy"
	"locksmith/policies/reach"
)

// services are what Locksmith unlocks.
var services = []string{"s3", "sqs"}

// account judges one account: whether it can be helped at all, and then whether policies let a root session through.
func (j *judging) account(a remedy.Account) {
	answer := Account{Number: a.Number, Name: a.Name, State: reach.Reachable}
	switch {
	case a.Number == j.identity.Management:
		answer.State, answer.Why = OutOfReach, "root of the management account cannot be assumed"
	case a.State != remedy.Active && a.State != "":
		answer.State, answer.Why = OutOfReach, "the account is "+a.State
	case a.State == "":
		f := j.add(newFinding(AccountState, reach.CannotTell, "the state of an account is not known",
			"look at the account in Organizations"))
		f.Accounts = append(f.Accounts, a.Number)
		answer.State = reach.CannotTell
	}
	if answer.State == OutOfReach {
		j.report.Accounts = append(j.report.Accounts, answer)
		return
	}
	if j.bound { // without its policies, the report has a finding for all accounts
		member := j.place(a.Number, a.Units)
		for _, service := range services {
			s := j.service(member, service)
			answer.Services = append(answer.Services, s)
			answer.State = answer.State.Worse(s.State)
		}
	}
	j.report.Accounts = append(j.report.Accounts, answer)
}

// place puts an account under its units, with the policies that are attached to each.
func (j *judging) place(number string, units []string) reach.Account {
	member := reach.Account{Number: number}
	for _, id := range append(slices.Clone(units), number) {
		member.Chain = append(member.Chain, reach.Unit{ID: id, Name: j.controls.Names[id],
			Policies: slices.Concat(j.controls.Attached[id], j.controls.Everywhere)})
	}
	return member
}

// service judges the buckets or the queues of an account in each Region.
func (j *judging) service(member reach.Account, service string) Service {
	s := Service{Service: service, Regions: map[string]reach.State{}, Listing: reach.Reachable, State: reach.CannotTell}
	open := j.world.Open(member, reach.Task(service))
	j.obstacles(&s, member, "", open)
	for _, region := range j.Settings.Regions {
		s.Regions[region] = open.State
	}
	for _, action := range reach.Unlocking(service) {
		for region, state := range j.everywhere(&s, member, action, j.Settings.Regions) {
			s.Regions[region] = s.Regions[region].Worse(state)
		}
	}
	listed := j.Settings.Regions
	if service == "s3" { // one call, in one Region, lists them all
		listed = []string{j.Settings.Home}
	}
	for _, state := range j.everywhere(&s, member, reach.Listing(service), listed) {
		s.Listing = s.Listing.Worse(state)
	}
	s.Listing = s.Listing.Worse(open.State)
	if len(s.Regions) > 0 {
		s.State = reach.Reachable
	}
	for _, state := range s.Regions {
		s.State = s.State.Worse(state)
	}
	return s
}

// everywhere is the answer for an action in each Region, and enters its obstacles.
func (j *judging) everywhere(s *Service, member reach.Account, action string, regions []string) map[string]reach.State {
	states := map[string]reach.State{}
	regional := j.world.Regional(member, action)
	var answer reach.Answer
	for i, region := range regions {
		if i == 0 || regional {
			answer = j.world.Session(member, action, region)
		}
		j.obstacles(s, member, region, answer)
		states[region] = answer.State
	}
	return states
}

// obstacles enters each obstacle of an answer as a finding, one for all accounts, actions and Regions that it concerns.
func (j *judging) obstacles(s *Service, member reach.Account, region string, answer reach.Answer) {
	for _, o := range answer.Obstacles {
		f := j.add(obstacle(o, answer.Action))
		f.Accounts = include(f.Accounts, member.Number)
		f.Actions = include(f.Actions, answer.Action)
		if region != "" {
			f.Regions = include(f.Regions, region)
		}
		s.Findings = include(s.Findings, f.ID)
	}
}

func obstacle(o reach.Obstacle, action string) Finding {
	what := string(o.State) + " by " + o.String()
	switch {
	case o.State == reach.CannotTell:
		what = "nobody can tell whether root sessions pass: " + o.String()
	case o.PolicyID == "":
		what = string(o.State) + ": " + o.String()
	}
	opening := ""
	if action == reach.OpenRoot {
		opening = action // what is in the way of opening a session needs another remedy
	}
	f := newFinding(PolicyKind, o.State, what, o.Advice(action), string(o.Kind), o.Unit.ID, o.PolicyID, o.Statement,
		o.Because, opening)
	f.Where, f.Example = o.Unit.ID, o.Example
	return f
}

// include adds a value to a sorted list that has it not yet.
func include(all []string, value string) []string {
	i, found := slices.BinarySearch(all, value)
	if found {
		return all
	}
	return slices.Insert(all, i, value)
}
