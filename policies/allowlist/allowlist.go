// Package allowlist says who may be unlocked, how, and who must stay in control.
//
// An allow list is a JSON file that a platform team keeps. [Read] is strict: whatever is not understood is refused,
// since a rule that means something else than its author thought takes away other people's policies.
package allowlist

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// A List is one allow list.
type List struct {
	Organization string   // its id, such as o-a1b2c3d4e5
	Never        []string // ARN patterns of what is never touched, whatever the rules say
	Deliberate   []string // patterns for the Sids of statements that lock on purpose
	Sealers      []string // ARN patterns of who may lock on purpose without anybody being paged; see [List.Sealer]
	Rules        []Rule   // the first that covers account and resource decides, run out or not
	Desk         []Entry  // who may ask for root tasks; the first that covers decides, see [List.Leave]
}

// A Rule lets Locksmith act on some resources of some accounts.
type Rule struct {
	Name           string
	Accounts       []string  // twelve digits, ou-…, r-… or tag:KEY=VALUE each
	Resources      []string  // ARN patterns of buckets and queues
	Administrators []string  // who must stay in control: patterns for policies.IsAdministrator; none: everybody
	Verdicts       []string  // which verdicts it acts on: lockout, sealed
	Action         Action    // what it does
	Owner          string    // who answers for the rule
	Reason         string    // why these resources may lose their policy
	Expires        time.Time // the rule covers nothing from this time on; zero: it does not run out
}

// Action is what a rule does about a lock.
type Action string

// The actions.
const (
	Delete Action = "delete" // the policy is deleted
	Repair Action = "repair" // the policy is put back without its locking statements
	// Restore: the last good policy is put in its place; where that must not be done, as repair, and then as delete.
	Restore Action = "restore"
	Notify  Action = "notify" // people are told
)

// Standing is how a resource stands to an allow list.
type Standing string

// The standings.
const (
	Covered   Standing = "covered"
	Forbidden Standing = "never"
	Expired   Standing = "expired"
	Uncovered Standing = "uncovered"
	// Unsettled: a rule names the resource, and a unit or tag that may hold the account. Nothing is covered.
	Unsettled Standing = "unsettled"
)

// A Ruling is what an allow list says about one resource.
type Ruling struct {
	Standing Standing
	Rule     *Rule // the rule that covers the resource; nil unless Covered
	why      string
}

// Sentence says the ruling in plain words.
func (r Ruling) Sentence() string { return r.why }

// Find says how a resource stands to the list: its ARN, the account that owns it, and the time of asking. Never wins
// over every rule. Then the first rule decides that holds the account and matches the ARN. Where it has run out,
// nothing covers the resource: a wider rule below was not written for it. Where the account's units and tags are not
// known, a rule that names one may be the first, so that the rules below it must not decide either.
func (l *List) Find(resource string, account Account, now time.Time) Ruling {
	if ruling, forbidden := l.forbids(resource); forbidden {
		return ruling
	}
	for i := range l.Rules {
		r := &l.Rules[i]
		switch {
		case !r.names(resource):
		case slices.ContainsFunc(r.Accounts, account.in):
			return r.ruling(now)
		case !account.Known && len(r.groups()) > 0:
			return r.unsettled(account)
		}
	}
	return uncovered(resource, account.Number)
}

// Possible are all rulings that Find may give on a resource of an account whose units and tags nobody has looked up. It
// is one where they do not matter.
func (l *List) Possible(resource, account string, now time.Time) []Ruling {
	if ruling, forbidden := l.forbids(resource); forbidden {
		return []Ruling{ruling}
	}
	var all []Ruling
	for i := range l.Rules {
		r := &l.Rules[i]
		switch {
		case !r.names(resource):
		case slices.Contains(r.Accounts, account):
			return append(all, r.ruling(now))
		case len(r.groups()) > 0:
			all = append(all, r.ruling(now))
		}
	}
	return append(all, uncovered(resource, account))
}

// forbids tells whether the resource is never to be touched.
func (l *List) forbids(resource string) (Ruling, bool) {
	for _, pattern := range l.Never {
		// A wildcard may reach over colons here: a pattern that covers more than its author thought is safe.
		if policies.Glob(pattern, resource) {
			return Ruling{Standing: Forbidden, why: fmt.Sprintf("the allow list says never to touch %s", pattern)}, true
		}
	}
	return Ruling{}, false
}

func uncovered(resource, account string) Ruling {
	return Ruling{Standing: Uncovered,
		why: fmt.Sprintf("no rule of the allow list covers %s in account %s", resource, account)}
}

// names tells whether the rule names the resource, in whatever account.
func (r *Rule) names(resource string) bool {
	return slices.ContainsFunc(r.Resources, func(pattern string) bool { return policies.MatchARN(pattern, resource) })
}

// ruling is the rule's own, where it decides.
func (r *Rule) ruling(now time.Time) Ruling {
	if !r.covers(now) {
		return Ruling{Standing: Expired, why: fmt.Sprintf("rule %s ran out on %s", r.Name, r.lastDay())}
	}
	return Ruling{Standing: Covered, Rule: r, why: fmt.Sprintf("rule %s covers it", r.Name)}
}

// unsettled is the ruling where the rule may hold the account, and nobody knows.
func (r *Rule) unsettled(account Account) Ruling {
	if account.Why != "" {
		return Ruling{Standing: Unsettled, why: account.Why + ", so nothing is covered"}
	}
	return Ruling{Standing: Unsettled, why: fmt.Sprintf("whether rule %s covers account %s is not known: "+
		"%s not looked up, so nothing is covered", r.Name, account.Number, are(r.groups()))}
}

// Marked tells whether a statement's Sid marks its lock as meant, and by which pattern.
func (l *List) Marked(sid string) (pattern string, marked bool) {
	if sid == "" {
		return "", false
	}
	for _, p := range l.Deliberate {
		if policies.Glob(p, sid) {
			return p, true
		}
	}
	return "", false
}

// ActsOn tells whether the rule acts on a verdict.
func (r *Rule) ActsOn(verdict string) bool { return slices.Contains(r.Verdicts, verdict) }

// covers tells whether the rule has not run out.
func (r *Rule) covers(now time.Time) bool { return r.Expires.IsZero() || now.Before(r.Expires) }

// groups are the rule's units, roots and tags.
func (r *Rule) groups() []string {
	return slices.DeleteFunc(slices.Clone(r.Accounts), twelveDigits.MatchString)
}

// are lists things with their verb: "a is", "a, b and c are".
func are(things []string) string {
	last := len(things) - 1
	if last == 0 {
		return things[0] + " is"
	}
	return strings.Join(things[:last], ", ") + " and " + things[last] + " are"
}

// lastDay is the last day on which the rule covers anything, as it stands in the file.
func (r *Rule) lastDay() string { return r.Expires.AddDate(0, 0, -1).Format(time.DateOnly) }
