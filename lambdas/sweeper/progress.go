package sweeper

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A Progress is a summary as people and machines see it, while the sweep runs and afterwards.
type Progress struct {
	ID      string    `json:"id"`
	State   State     `json:"state"`
	By      string    `json:"by"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`

	// Visits are those to make; each account has one for each task. While accounts are still listed there may be more.
	Visits Share           `json:"visits"`
	Listed bool            `json:"listed"` // all accounts are listed
	Counts map[Outcome]int `json:"accounts"`

	Resources int            `json:"resources"`
	Findings  int            `json:"findings"`
	Calls     map[string]int `json:"calls"`
	Throttles int            `json:"throttles"`
	Dollars   float64        `json:"dollars"` // about
	Gaps      []Lack         `json:"gaps"`
	Unknown   []string       `json:"unknown,omitempty"` // asked for, and no accounts of the organization
	Oldest    *Oldest        `json:"oldestGap,omitempty"`
}

// A Share is how many of how many.
type Share struct {
	Done int `json:"done"`
	Of   int `json:"of"`
}

// A Lack is what was not swept, by what it has in common: see [Gap].
type Lack struct {
	Outcome  Outcome  `json:"outcome"`
	Cause    string   `json:"cause,omitempty"`
	Tasks    string   `json:"tasks,omitempty"`
	Accounts []string `json:"accounts"`
	Example  string   `json:"example,omitempty"`
}

// An Oldest is the account that has not been fully swept for longest, of those that nobody refuses.
type Oldest struct {
	Account string  `json:"account"`
	Hours   float64 `json:"hours"`
}

// Progress is the summary in that form.
func (s Summary) Progress() Progress {
	p := Progress{ID: s.Sweep.ID, State: s.Sweep.State, By: s.Sweep.Request.By, Started: s.Sweep.Started,
		Ended: s.Sweep.Ended, Visits: Share{s.Sweep.Done, s.Sweep.Visits}, Listed: s.Sweep.Dispatched,
		Counts: map[Outcome]int{Complete: 0, Partial: 0, Refused: 0, Skipped: 0}, Resources: s.Sweep.Totals.Resources,
		Findings: s.Sweep.Totals.Findings, Calls: s.Sweep.Totals.Calls, Throttles: s.Sweep.Totals.Throttles,
		Dollars: s.Cost.Dollars, Gaps: []Lack{}, Unknown: s.Unknown}
	for o, n := range s.Accounts {
		p.Counts[o] = n
	}
	for _, g := range s.Gaps {
		p.Gaps = append(p.Gaps, Lack{g.Outcome, string(g.Cause), g.Tasks, g.Accounts, g.Example})
	}
	if s.OldestIs != "" {
		p.Oldest = &Oldest{s.OldestIs, s.Oldest.Hours()}
	}
	return p
}

// Write shows it to a person. What services said is quoted.
func (p Progress) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "sweep\t%s, %s, by %q\n", p.ID, p.State, p.By)
	fmt.Fprintf(t, "started\t%s%s\n", p.Started.UTC().Format(time.RFC3339), p.took())
	more := ""
	if !p.Listed {
		more = ", and more: accounts are still listed"
	}
	fmt.Fprintf(t, "visits\t%d of %d%s\n", p.Visits.Done, p.Visits.Of, more)
	var counts []string
	for _, o := range []Outcome{Complete, Partial, Refused, Skipped, Waiting} {
		if n := p.Counts[o]; n > 0 || o == Complete {
			counts = append(counts, fmt.Sprintf("%d %s", n, o))
		}
	}
	fmt.Fprintf(t, "accounts\t%s\n", strings.Join(counts, ", "))
	fmt.Fprintf(t, "resources\t%d, of which %d were handed over as findings\n", p.Resources, p.Findings)
	fmt.Fprintf(t, "calls\t%s; %d throttled\n", Cost{Calls: p.Calls}.calls(), p.Throttles)
	fmt.Fprintf(t, "cost\tabout $%.4f\n", p.Dollars)
	if p.Oldest != nil {
		fmt.Fprintf(t, "oldest gap\t%s, for %.0f hours\n", p.Oldest.Account, p.Oldest.Hours)
	}
	if len(p.Unknown) > 0 {
		fmt.Fprintf(t, "unknown\t%s: not in the organization\n", strings.Join(p.Unknown, ", "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return p.writeGaps(w)
}

func (p Progress) took() string {
	if p.Ended.IsZero() {
		return ""
	}
	return fmt.Sprintf(", took %s", p.Ended.Sub(p.Started).Round(time.Second))
}

func (p Progress) writeGaps(w io.Writer) error {
	var b strings.Builder
	for _, g := range p.Gaps {
		what := []string{string(g.Outcome), g.Cause, g.Tasks}
		what = slices.DeleteFunc(what, func(s string) bool { return s == "" })
		fmt.Fprintf(&b, "\n%s: %d\n", strings.Join(what, ", "), len(g.Accounts))
		for accounts := range slices.Chunk(g.Accounts, 8) {
			fmt.Fprintf(&b, "  %s\n", strings.Join(accounts, " "))
		}
		if g.Example != "" {
			fmt.Fprintf(&b, "  %q\n", g.Example)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
