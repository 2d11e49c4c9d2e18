package sweeper

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
)

// scheduled is who asks for the sweeps of the schedule.
const scheduled = "schedule"

// named is how many accounts a line of the bulletin names.
const named = 20

// news is the same as long as the same accounts are refused, or partial, for the same causes; "" where none is. Nobody
// has to do anything about accounts that are skipped: they are closed, or cannot be swept.
func (s Summary) news() string {
	h := sha256.New()
	any := false
	for _, g := range s.Gaps {
		if g.Outcome != Skipped {
			any = true
			fmt.Fprintln(h, g.Outcome, g.Cause, g.Tasks, g.Accounts)
		}
	}
	if !any {
		return ""
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:16]
}

// bulletin says how the sweep ended. What services said stands in facts.
func (s Summary) bulletin(mended bool, now time.Time) remedy.Bulletin {
	a := s.Accounts
	b := remedy.Bulletin{Kind: "sweep", ID: "sweep-" + s.Sweep.ID, At: now,
		Title: fmt.Sprintf("Sweep: %d accounts complete, %d partial, %d refused, %d skipped; %d findings",
			a[Complete], a[Partial], a[Refused], a[Skipped], s.Sweep.Totals.Findings),
		Text: []string{fmt.Sprintf("The sweep of %s looked at %d buckets and queues, for lockouts that no event told of. "+
			"It handed over %d to be looked at again, and each has a notice of its own.",
			s.Sweep.Started.UTC().Format(time.RFC1123), s.Sweep.Totals.Resources, s.Sweep.Totals.Findings)}}
	if mended {
		b.Text = append(b.Text, "What could not be swept before was swept this time.")
	}
	if s.news() != "" {
		b.Text = append(b.Text, "Below is what could not be swept, by cause. A lockout there goes unseen, unless an event "+
			"tells of it. You are told again when this changes.")
		b.Action = "See to the causes below, or have the accounts left out."
	}
	for _, g := range s.Gaps {
		b.Facts = append(b.Facts, remedy.Fact{Name: g.name(), Value: g.value()})
	}
	b.Facts = append(b.Facts, s.Names.facts()...)
	if len(s.Unknown) > 0 {
		b.Facts = append(b.Facts, remedy.Fact{Name: "not in the organization", Value: strings.Join(s.Unknown, ", ")})
	}
	b.Facts = append(b.Facts, remedy.Fact{Name: "calls", Value: s.Cost.calls()},
		remedy.Fact{Name: "cost", Value: fmt.Sprintf("about $%.4f", s.Cost.Dollars)})
	return b
}

func (g Gap) name() string {
	name := string(g.Outcome)
	if g.Cause != "" {
		name += ": " + string(g.Cause)
	}
	if g.Tasks != "" {
		name += " (" + g.Tasks + ")"
	}
	return name
}

func (g Gap) value() string {
	some := g.Accounts[:min(named, len(g.Accounts))]
	text := strings.Join(some, ", ")
	if more := len(g.Accounts) - len(some); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if g.Example != "" {
		text += ": " + g.Example
	}
	return text
}
