package readiness

import (
	"fmt"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/reach"
)

// maxTold is how many findings a bulletin quotes.
const maxTold = 20

// bulletin is what people are told of a report. It pages where no account could be helped and that is new: then a
// lockout would stay, whatever Locksmith proves.
func bulletin(r *Report, k Kept) remedy.Bulletin {
	of := r.Counts.Reachable + r.Counts.Blocked + r.Counts.Partly + r.Counts.CannotTell
	b := remedy.Bulletin{Kind: "preflight", ID: fmt.Sprintf("preflight-%s-%d", k.News, k.First.Unix()), At: r.At,
		Title: title(r, of), Page: r.Counts.Reachable == 0 && r.Counts.Blocked > 0 && k.New > 0}
	b.Text = append(b.Text, r.Counts.sentence(of))
	if n := r.Counts.OutOfReach; n > 0 {
		b.Text = append(b.Text, fmt.Sprintf("Out of reach for good: %s (the management account, and accounts that are "+
			"not active).", accounts(n)))
	}
	if k.New+k.Gone > 0 {
		b.Text = append(b.Text, fmt.Sprintf("Since the last report: new findings %d, gone %d.", k.New, k.Gone))
	}
	b.Text = append(b.Text, "Nothing was tried: policies were read and judged. This is told again only when it changes.")
	for i, f := range r.Findings {
		if i == maxTold {
			b.Facts = append(b.Facts, remedy.Fact{Name: "And", Value: fmt.Sprintf("%d more: locksmith preflight shows them",
				len(r.Findings)-maxTold)})
			break
		}
		b.Facts = append(b.Facts, remedy.Fact{Name: f.Kind, Value: f.line()},
			remedy.Fact{Name: "what to do", Value: f.Do})
	}
	if len(r.Findings) > 0 {
		b.Action = "Clear what stands in the way, the first finding first, and run locksmith preflight."
	}
	return b
}

// sentence says how many accounts there are of each kind. Kinds without any are left out.
func (c Counts) sentence(of int) string {
	parts := []string{fmt.Sprintf("it would work in %d", c.Reachable)}
	for _, kind := range []struct {
		n    int
		text string
	}{{c.Blocked, "fail in %d"}, {c.Partly, "fail for some buckets or queues in %d"},
		{c.CannotTell, "and of %d nobody can tell beforehand"}} {
		if kind.n > 0 {
			parts = append(parts, fmt.Sprintf(kind.text, kind.n))
		}
	}
	return "A rescue in " + accounts(of) + ": " + strings.Join(parts, ", ") + "."
}

func title(r *Report, of int) string {
	switch {
	case r.State == reach.Reachable:
		return "A rescue would work in every account"
	case r.Counts.Reachable == of && of > 0:
		return "A rescue would work in every account, but something else needs you"
	case r.Counts.Blocked == of && of > 0:
		return "No rescue would work in any account"
	case r.Counts.Reachable == 0 && r.Counts.Blocked > 0:
		return "No rescue is sure to work in any account"
	case r.Counts.Blocked+r.Counts.Partly > 0:
		return fmt.Sprintf("A rescue would fail in %d of %s", r.Counts.Blocked+r.Counts.Partly, accounts(of))
	}
	return fmt.Sprintf("Nobody can tell whether a rescue would work in %d of %s", r.Counts.CannotTell, accounts(of))
}

func accounts(n int) string {
	if n == 1 {
		return "1 account"
	}
	return fmt.Sprintf("%d accounts", n)
}

// line is a finding on one line, with whom it concerns.
func (f Finding) line() string {
	whom := ""
	switch n := len(f.Accounts); {
	case n > 5:
		whom = fmt.Sprintf("; in %d accounts, such as %s", n, strings.Join(f.Accounts[:3], ", "))
	case n > 0:
		whom = "; in " + strings.Join(f.Accounts, ", ")
	}
	if len(f.Actions) > 0 {
		whom += "; for " + strings.Join(f.Actions, ", ")
	}
	if len(f.Regions) > 0 {
		whom += "; in " + strings.Join(f.Regions, ", ")
	}
	if !f.Since.IsZero() {
		whom += "; seen since " + f.Since.UTC().Format("2006-01-02")
	}
	return cut(f.What) + whom
}
