package main

import (
	"fmt"
	"regexp"
	"slices"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A subject is one policy in its place.
type subject struct {
	settings
	text  []byte                      // the policy document, JSON
	place func(int) policies.Position // where a byte of text stands in the file it came from
}

// A ruling is the verdict about a subject, and the owner it is for ("" for a stand-in).
type ruling struct {
	lockout.Verdict
	account  string
	places   []policies.Position // of each statement
	resource string              // as people are shown it, where it has unknown parts
}

// judge answers the question for each account that may be the owner, and takes the answer that is the least locked: it is locked only if it is for each. The error is a
// *[policies.SyntaxError] with its place in the file.
func (s subject) judge() (ruling, error) {
	d, err := s.parse()
	if err != nil {
		return ruling{}, err
	}
	places := make([]policies.Position, len(d.Statements))
	for i, st := range d.Statements {
		places[i] = s.place(st.Start)
	}
	return s.owners(s.text).each(func(account string) ruling { return ruling{Verdict: s.ask(d, s.resource, account), places: places} }), nil
}

func (s settings) ask(d *policies.Document, resource, account string) lockout.Verdict {
	return lockout.Judge(lockout.Question{Policy: d, Resource: resource, Account: account,
		Organization: s.organization, Now: s.now, Administrators: s.administrators})
}

// Owners are the accounts that may own the resource.
type owners struct {
	accounts []string // a stand-in for all that are not named, and those that are; or the one that is known
	standIn  string   // "" where the owner is known
	more     bool     // there are more than are tried
}

// Bounds on the accounts that are tried: so many, and of a long text, which no policy of AWS is, fewer.
const (
	mostOwners = 100
	mostTried  = 2 << 20 // bytes, over all accounts
)

var digits = regexp.MustCompile(`[0-9]+`)

// owners finds the accounts that a text names.
func (s settings) owners(text []byte) owners {
	if owner := s.ownerOf(s.resource); owner != "" {
		return owners{accounts: []string{owner}}
	}
	var named []string
	most := min(max(mostTried/(len(text)+1), 2), mostOwners) - 1
	for _, run := range digits.FindAll(text, -1) {
		if account := string(run); len(account) == 12 && len(named) <= most && !slices.Contains(named, account) {
			named = append(named, account)
		}
	}
	for n := 0; ; n++ {
		if account := fmt.Sprintf("%012d", n); !slices.Contains(named, account) {
			tried := named[:min(len(named), most)]
			return owners{accounts: append([]string{account}, tried...), standIn: account, more: len(named) > most}
		}
	}
}

// each asks about each owner, until one is found for whom it is open. An answer of "" is none: for that owner there is no policy.
func (o owners) each(ask func(account string) ruling) ruling {
	best, differ := ruling{}, false
	for _, account := range o.accounts {
		v := ask(account)
		differ = differ || best.Answer != "" && v.Answer != "" && v.Answer != best.Answer
		if v.Answer == "" || best.Answer != "" && openness(v.Answer) <= openness(best.Answer) {
			continue
		}
		best = v
		if best.account = account; account == o.standIn {
			best.account = ""
		}
		if v.Answer == lockout.Open {
			break
		}
	}
	switch {
	case o.more && locked(best.Answer):
		why := fmt.Sprintf("it is %s for %d accounts, and it names more; -account tells whose it is", best.Answer, len(o.accounts))
		best.Verdict = lockout.Verdict{Answer: lockout.Undecided, Reasons: []string{why}}
	case differ && best.account != "" && best.Answer != lockout.Open:
		best.Reasons = append(slices.Clip(best.Reasons), fmt.Sprintf("so it is if account %s owns it; -account tells who does", best.account))
	}
	return best
}

// openness orders the verdicts. Undecided counts as less open than restricted, which is shown, and as more than sealed, which would be a proof.
func openness(a lockout.Answer) int {
	return slices.Index([]lockout.Answer{lockout.Lockout, lockout.Sealed, lockout.Undecided, lockout.Restricted, lockout.Open}, a)
}

// ownerOf is the account that surely owns the resource: the one that is given, or the one in a queue's ARN.
func (s settings) ownerOf(resource string) string {
	if where := anyARN.FindStringSubmatch(resource); s.account == "" && where != nil {
		return where[2]
	}
	return s.account
}

// parse reads the policy and puts the places of what is wrong with it where they are in the file.
func (s subject) parse() (*policies.Document, error) {
	d, err := policies.Parse(s.text)
	if syntax, ok := err.(*policies.SyntaxError); ok {
		moved := *syntax
		moved.At = s.place(syntax.At.Offset)
		return nil, &moved
	}
	if err != nil {
		return nil, err
	}
	s.move(d.Problems)
	for i := range d.Statements {
		s.move(d.Statements[i].Problems)
		for j := range d.Statements[i].Conditions {
			c := &d.Statements[i].Conditions[j]
			c.At = s.place(c.At.Offset)
			s.move(c.Problems)
		}
	}
	return d, nil
}

func (s subject) move(problems []policies.Problem) {
	for i := range problems {
		problems[i].At = s.place(problems[i].At.Offset)
	}
}
