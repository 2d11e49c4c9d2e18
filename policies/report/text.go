package report

import (
	"fmt"
	"io"
	"strings"

	"locksmith/policies/lockout"
)

// Text writes for people: one block for each policy, beginning FILE:LINE:COLUMN, and a summary. The faults are not in
// it.
func (r *Report) Text(out io.Writer) error {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s: %s: %s\n", f.Place, f.subject(), f.Verdict.Answer)
		for _, reason := range f.Verdict.Reasons {
			fmt.Fprintf(&b, "  %s\n", reason)
		}
		for _, w := range f.Warnings {
			fmt.Fprintf(&b, "  warning: %s\n", w)
		}
	}
	for _, i := range r.Idle {
		fmt.Fprintf(&b, "%s: nothing to do: %s\n", i.Place, i.Why)
	}
	for _, l := range r.Lists {
		fmt.Fprintf(&b, "%s: allow list in order, %s\n", l.File, count(l.Rules, "rule", "rules"))
		for _, w := range l.Warnings {
			fmt.Fprintf(&b, "%s: warning: %s\n", l.File, w)
		}
	}
	if len(r.Findings) > 0 || len(r.Lists) == 0 && len(r.Faults) == 0 {
		b.WriteString(r.summary() + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

func (f Fault) String() string {
	s := f.Place.String() + ": " + f.Text
	if f.Hint != "" {
		s += " (" + f.Hint + ")"
	}
	return s
}

// summary counts the policies by verdict, the worst first.
func (r *Report) summary() string {
	of := map[lockout.Answer]int{}
	for _, f := range r.Findings {
		of[f.Verdict.Answer]++
	}
	var parts []string
	order := []lockout.Answer{lockout.Lockout, lockout.Sealed, lockout.Undecided, lockout.Restricted, lockout.Open}
	for _, a := range order {
		if of[a] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", of[a], a))
		}
	}
	s := count(len(r.Findings), "policy", "policies")
	if len(parts) > 0 {
		s += ": " + strings.Join(parts, ", ")
	}
	return s
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
