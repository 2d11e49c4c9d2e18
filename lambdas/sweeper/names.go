package sweeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// This file judges by who exists. A policy that spares a role by its name locks once the role is gone, and nothing of
// the policy changes then.

// A Spare is a resource whose policy spares principals by name.
type Spare struct {
	Resource Resource `json:"resource"`
	Names    []string `json:"names"`          // as the policy has them: see [lockout.Spared]
	Dead     []string `json:"dead,omitempty"` // those of nobody who exists
}

// mostSpares bounds what a visit remembers.
const mostSpares = 500

// An Index remembers which resources spare principals by name, for when one of those is deleted.
type Index interface {
	// KeepSpares replaces what is known of an account and task. Of a visit that is not whole, it adds to that.
	KeepSpares(ctx context.Context, a remedy.Account, task Task, spares []Spare, whole bool, at time.Time) error
	// Spares are the resources of an account, by task, with the account as it was then.
	Spares(ctx context.Context, account string) (remedy.Account, map[Task][]Spare, error)
}

// people are who exists in the account of a trip, listed when it is first asked for.
type people struct {
	listed  bool
	all     []lockout.Principal
	refused string // why nobody may list them
}

// byNames judges once more a policy that lets people in, where it spares some by name: by those who exist. It tells
// whether it is locked for them.
func (t *trip) byNames(ctx context.Context, l look, ruling allowlist.Ruling) (locked bool, err error) {
	doc, err := policies.Parse([]byte(l.policy))
	if err != nil {
		return false, nil // it would be undecided
	}
	names := lockout.Spared(doc, t.account.Number)
	if len(names) == 0 {
		return false, nil
	}
	who, err := t.who(ctx)
	if err != nil {
		return false, err
	}
	spare, v := Spare{Resource: l.Resource, Names: names}, lockout.Verdict{}
	if who.refused == "" {
		spare.Dead = lockout.Dead(names, who.all)
		v = t.judgeLiving(t.question(l.ARN, doc, t.account.Number, ruling), who.all)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visit.Unlisted = who.refused
	t.visit.spare(spare)
	return v.Answer == lockout.Lockout || v.Answer == lockout.Sealed, nil
}

// spare remembers a resource, once.
func (v *Visit) spare(s Spare) {
	v.Spares = slices.DeleteFunc(v.Spares, func(o Spare) bool { return o.Resource == s.Resource })
	if len(v.Spares) >= mostSpares {
		v.MoreSpares++
		return
	}
	v.Spares = append(v.Spares, s)
}

func (s *Sweeper) judgeLiving(q lockout.Question, living []lockout.Principal) lockout.Verdict {
	s.judging.Lock()
	defer s.judging.Unlock()
	return lockout.JudgeLiving(q, living)
}

// who lists the account's principals, once in a trip.
func (t *trip) who(ctx context.Context) (people, error) {
	t.listing.Lock()
	defer t.listing.Unlock()
	if t.people.listed {
		return t.people, nil
	}
	if t.Principals == nil {
		t.people = people{listed: true, refused: "no role to list them with is configured"}
		return t.people, nil
	}
	all, err := t.Principals.Living(ctx, t.account.Number)
	t.countLocked("ListPrincipals")
	refusal := (*remedy.Refusal)(nil)
	switch {
	case errors.As(err, &refusal):
		t.people = people{listed: true, refused: remedy.Scrub(refusal.Err.Error())}
	case err != nil:
		return people{}, err
	default:
		t.people = people{listed: true, all: all}
	}
	return t.people, nil
}

// names are what a sweep says of names that policies spare.
type names struct {
	Spared   int      // resources that spare somebody by name
	Unlisted []string // accounts whose principals could not be listed, so that nobody knows who of them exists
	Why      string   // what was said, of the first
	Dead     []string // sentences
	Suffixed []string // sentences: roles of IAM Identity Center by their suffix
}

// mostSaid bounds the sentences of a kind.
const mostSaid = 50

func (n *names) add(v Visit) {
	n.Spared += len(v.Spares) + v.MoreSpares
	if v.Unlisted != "" && !slices.Contains(n.Unlisted, v.Account) {
		n.Unlisted = append(n.Unlisted, v.Account)
		if n.Why == "" {
			n.Why = v.Unlisted
		}
	}
	for _, s := range v.Spares {
		if len(s.Dead) > 0 && len(n.Dead) < mostSaid {
			n.Dead = append(n.Dead, s.Resource.ARN+": "+strings.Join(s.Dead, ", "))
		}
		for _, name := range lockout.Suffixed(s.Names) {
			if len(n.Suffixed) < mostSaid {
				n.Suffixed = append(n.Suffixed, s.Resource.ARN+": "+lockout.SuffixWarning(name))
			}
		}
	}
}

// facts are the lines of a bulletin.
func (n names) facts() (all []remedy.Fact) {
	if len(n.Unlisted) > 0 {
		some := n.Unlisted[:min(named, len(n.Unlisted))]
		all = append(all, remedy.Fact{Name: "not known who exists", Value: fmt.Sprintf("%d accounts (%s): %s",
			len(n.Unlisted), strings.Join(some, ", "), n.Why)})
	}
	for _, line := range n.Dead {
		all = append(all, remedy.Fact{Name: "spares who does not exist", Value: line})
	}
	for _, line := range n.Suffixed {
		all = append(all, remedy.Fact{Name: "spares a suffix", Value: line})
	}
	return all
}
