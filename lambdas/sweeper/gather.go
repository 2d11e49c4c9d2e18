package sweeper

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"locksmith/lambdas/remedy"
)

// A gathering makes a summary, page by page.
type gathering struct {
	Summary
	gaps  map[kind]*Gap
	final bool // what has not ended will not
	now   time.Time
}

// A kind is what gaps have in common.
type kind struct {
	outcome Outcome
	cause   remedy.Cause
	tasks   string // for which, with commas; "" for Skipped
	skipped string
}

// page adds the accounts of a page. Its visits are those of the accounts that are not skipped, in their order.
func (g *gathering) page(p Page, visits []Visit, tasks int) {
	for _, a := range p.Accounts {
		g.Unknown = slices.DeleteFunc(g.Unknown, func(asked string) bool { return asked == a.Account })
		if a.Skipped != "" {
			g.Accounts[Skipped]++
			g.gap(kind{outcome: Skipped, skipped: a.Skipped}, a.Account, a.Skipped)
			continue
		}
		g.account(a.Account, visits[:tasks])
		visits = visits[tasks:]
	}
}

// account adds one account. It counts once for each way in which its visits came out.
func (g *gathering) account(account string, visits []Visit) {
	worst := Complete
	var kinds []kind
	whys := map[kind]string{}
	for _, v := range visits {
		g.Names.add(v)
		o, why := v.Outcome, v.Why
		if v.Ended.IsZero() && g.final {
			o, why = Partial, "a visit has come to no end"
		} else if v.Ended.IsZero() {
			o = Waiting
		}
		if slices.Index(ranks(), o) > slices.Index(ranks(), worst) {
			worst = o
		}
		if o == Partial {
			g.age(v.Since, account)
		}
		if o != Partial && o != Refused {
			continue
		}
		n := slices.IndexFunc(kinds, func(k kind) bool { return k.outcome == o && k.cause == v.Cause })
		if n < 0 {
			n, kinds = len(kinds), append(kinds, kind{outcome: o, cause: v.Cause})
		}
		was := kinds[n]
		kinds[n].tasks = join(was.tasks, string(v.Task))
		whys[kinds[n]] = cmp.Or(whys[was], why)
	}
	for _, k := range kinds {
		g.gap(k, account, whys[k])
	}
	g.Accounts[worst]++
}

func join(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + ", " + second
}

// ranks are the outcomes, from the best to the worst. What waits may still become anything.
func ranks() []Outcome { return []Outcome{Complete, Partial, Refused, Waiting} }

func (g *gathering) gap(k kind, account, why string) {
	if g.gaps[k] == nil {
		g.gaps[k] = &Gap{Outcome: k.outcome, Cause: k.cause, Tasks: k.tasks, Example: why}
	}
	g.gaps[k].Accounts = append(g.gaps[k].Accounts, account)
}

// age keeps the account that has not been complete for longest. One that is refused is told of as that.
func (g *gathering) age(since time.Time, account string) {
	if d := g.now.Sub(since); d > g.Oldest {
		g.Oldest, g.OldestIs = d, account
	}
}

func (g *gathering) done() Summary {
	for _, k := range slices.SortedFunc(maps.Keys(g.gaps), func(a, b kind) int {
		return cmp.Or(len(g.gaps[b].Accounts)-len(g.gaps[a].Accounts), cmp.Compare(a.outcome, b.outcome),
			cmp.Compare(a.cause, b.cause), cmp.Compare(a.tasks, b.tasks), cmp.Compare(a.skipped, b.skipped))
	}) {
		slices.Sort(g.gaps[k].Accounts)
		g.Gaps = append(g.Gaps, *g.gaps[k])
	}
	return g.Summary
}
