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
	gaps map[kind]*Gap
	now  time.Time
}

// A kind is what gaps have in common.
type kind struct {
	outcome Outcome
	cause   remedy.Cause
	task    Task
	skipped string
}

func (g *gathering) page(p Page, visits []Visit, known []Coverage, tasks []Task) {
	n := 0
	for _, a := range p.Accounts {
		g.Unknown = slices.DeleteFunc(g.Unknown, func(asked string) bool { return asked == a.Account })
		if a.Skipped != "" {
			g.Accounts[Skipped]++
			g.gap(kind{outcome: Skipped, skipped: a.Skipped}, a.Account, a.Skipped)
			continue
		}
		worst := Complete
		for i, task := range tasks {
			v := visits[n+i]
			g.Names.add(v)
			o, why := v.Outcome, v.Why
			if v.Ended.IsZero() {
				o, why = Partial, "the visit has come to no end"
			}
			if worse(o, worst) {
				worst = o
			}
			if o != Complete {
				g.gap(kind{outcome: o, cause: v.Cause, task: task}, a.Account, why)
			}
			g.age(known[n+i], a.Account, o)
		}
		g.Accounts[worst]++
		n += len(tasks)
	}
}

// worse tells whether one outcome is worse than another.
func worse(a, b Outcome) bool {
	order := []Outcome{Complete, Skipped, Partial, Refused}
	return slices.Index(order, a) > slices.Index(order, b)
}

func (g *gathering) gap(k kind, account, why string) {
	if g.gaps[k] == nil {
		g.gaps[k] = &Gap{Outcome: k.outcome, Cause: k.cause, Task: k.task, Example: why}
	}
	g.gaps[k].Accounts = append(g.gaps[k].Accounts, account)
}

// age keeps the account that has not been complete for longest. One that is refused is told of as that.
func (g *gathering) age(c Coverage, account string, o Outcome) {
	since := c.Complete
	if since.IsZero() {
		since = c.Since
	}
	if o == Refused || since.IsZero() {
		return
	}
	if d := g.now.Sub(since); d > g.Oldest {
		g.Oldest, g.OldestIs = d, account
	}
}

func (g *gathering) done() Summary {
	for _, k := range slices.SortedFunc(maps.Keys(g.gaps), func(a, b kind) int {
		return cmp.Or(len(g.gaps[b].Accounts)-len(g.gaps[a].Accounts), cmp.Compare(a.outcome, b.outcome),
			cmp.Compare(a.cause, b.cause), cmp.Compare(a.task, b.task), cmp.Compare(a.skipped, b.skipped))
	}) {
		slices.Sort(g.gaps[k].Accounts)
		g.Gaps = append(g.Gaps, *g.gaps[k])
	}
	return g.Summary
}
