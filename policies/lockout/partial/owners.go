package partial

import (
	"fmt"
	"regexp"
	"slices"

	"locksmith/policies/lockout"
)

// Owners are the accounts that may own a resource.
type Owners struct {
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

func known(account string) Owners { return Owners{accounts: []string{account}} }

// OwnersIn are the accounts that a text names, and one that it does not name.
func OwnersIn(text []byte) Owners {
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
			return Owners{accounts: append([]string{account}, tried...), standIn: account, more: len(named) > most}
		}
	}
}

// each asks about each owner, until one is found for whom it is open. An answer of "" is none: for that owner there
// is no policy.
func (o Owners) each(ask func(account string) Ruling) Ruling {
	best, differ := Ruling{}, false
	for _, account := range o.accounts {
		v := ask(account)
		differ = differ || best.Answer != "" && v.Answer != "" && v.Answer != best.Answer
		if v.Answer == "" || best.Answer != "" && openness(v.Answer) <= openness(best.Answer) {
			continue
		}
		best = v
		if best.Account = account; account == o.standIn {
			best.Account = ""
		}
		if v.Answer == lockout.Open {
			break
		}
	}
	switch {
	case o.more && locked(best.Answer):
		best.Verdict = undecided(fmt.Sprintf("it is %s for %d accounts, and it names more; -account tells whose it is",
			best.Answer, len(o.accounts)))
	case differ && best.Account != "" && best.Answer != lockout.Open:
		why := fmt.Sprintf("so it is if account %s owns it; -account tells who does", best.Account)
		best.Reasons = append(slices.Clip(best.Reasons), why)
	}
	return best
}

func undecided(why ...string) lockout.Verdict {
	return lockout.Verdict{Answer: lockout.Undecided, Reasons: why}
}

// openness orders the verdicts. Undecided counts as less open than restricted, which is shown, and as more than sealed,
// which would be a proof.
func openness(a lockout.Answer) int {
	order := []lockout.Answer{lockout.Lockout, lockout.Sealed, lockout.Undecided, lockout.Restricted, lockout.Open}
	return slices.Index(order, a)
}
