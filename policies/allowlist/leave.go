package allowlist

// This file looks up the desk's entries: who may ask for which root task, and who may approve it.

import (
	"fmt"
	"slices"
	"strconv"

	"locksmith/policies"
)

// Leave is the entry that lets somebody ask for a task in an account, by the ARN of the user or session: the first that
// names all three decides. Where there is none, it is nil, and why says so in a sentence without its period, with the
// entries that would let other people. Where the account's units and tags are not known, an entry that names one may
// be the first, so that those below it do not decide either.
func (l *List) Leave(who, task string, account Account) (e *Entry, why string) {
	var others []string
	for i := range l.Desk {
		e := &l.Desk[i]
		holds := e.Holds(account)
		switch {
		case !slices.Contains(e.Tasks, task):
		case !Fits(e.Who, who):
			if holds {
				others = append(others, e.Name)
			}
		case holds:
			return e, ""
		case !account.Known && len(e.groups()) > 0:
			return nil, e.unsettled(account)
		}
	}
	why = fmt.Sprintf("no entry of the desk lets %s ask for %s in account %s", who, task, account.Number)
	if len(others) > 0 {
		why += "; other people may, by " + quoted(others)
	}
	return nil, why
}

// Asks tells whether an entry of the desk lets anybody ask for one of the tasks.
func (l *List) Asks(tasks ...string) bool {
	return slices.ContainsFunc(l.Desk, func(e Entry) bool {
		return slices.ContainsFunc(tasks, func(task string) bool { return slices.Contains(e.Tasks, task) })
	})
}

// quoted is a list of entries' names, which may have spaces and commas.
func quoted(names []string) string {
	text := ""
	for i, name := range names {
		if i > 0 {
			text += ", "
		}
		text += strconv.Quote(name)
	}
	return text
}

// Holds tells whether the entry is for the account.
func (e *Entry) Holds(account Account) bool { return slices.ContainsFunc(e.Accounts, account.in) }

// groups are the entry's units, roots and tags.
func (e *Entry) groups() []string {
	return slices.DeleteFunc(slices.Clone(e.Accounts), twelveDigits.MatchString)
}

func (e *Entry) unsettled(account Account) string {
	if account.Why != "" {
		return account.Why + ", so no entry of the desk lets anybody ask"
	}
	return fmt.Sprintf("whether entry %s of the desk holds account %s is not known: %s not looked up",
		e.Name, account.Number, are(e.groups()))
}

// Fits tells whether one of the patterns is for a user or session, each matched as [policies.MatchARN] does. A session
// counts as its role, too. CloudTrail and STS leave the role's path out of a session's ARN, so that a pattern with a
// path fits no session.
func Fits(patterns []string, arn string) bool {
	role := roleOf(arn)
	return slices.ContainsFunc(patterns, func(p string) bool {
		return policies.MatchARN(p, arn) || role != "" && policies.MatchARN(p, role)
	})
}

// Forbids tells whether the list says never to touch a resource, and says so in a sentence without its period.
func (l *List) Forbids(resource string) (why string, forbidden bool) {
	ruling, forbidden := l.forbids(resource)
	return ruling.why, forbidden
}
