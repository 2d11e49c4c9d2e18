package readiness

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"locksmith/policies/reach"
)

// Print writes the report for people: how things stand, each finding, and the accounts that are not reachable.
func (r *Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "preflight of %s at %s: %s\n", r.Organization, r.At.UTC().Format("2006-01-02 15:04 MST"), r.State)
	fmt.Fprintf(w, "accounts: %d reachable, %d blocked, %d blocked for some, %d cannot tell, %d out of reach\n",
		r.Counts.Reachable, r.Counts.Blocked, r.Counts.Partly, r.Counts.CannotTell, r.Counts.OutOfReach)
	if len(r.NotAsked) > 0 {
		fmt.Fprintf(w, "not asked: %s\n", strings.Join(r.NotAsked, "; "))
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "\n%s\n    do: %s\n", plain(f.line()), plain(f.Do))
		if f.Example != "" {
			fmt.Fprintf(w, "    for example: %s\n", plain(f.Example))
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := "\nACCOUNT\tNAME\tBUCKETS\tQUEUES\tSTATE\n"
	for _, a := range r.Accounts {
		if a.State == reach.Reachable {
			continue
		}
		fmt.Fprint(t, head)
		head = ""
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", a.Number, plain(a.Name), a.of("s3"), a.of("sqs"), a.state())
	}
	return t.Flush()
}

// of is the answer for a service, "-" where there is none.
func (a Account) of(service string) string {
	for _, s := range a.Services {
		if s.Service == service {
			return string(s.State)
		}
	}
	return "-"
}

func (a Account) state() string {
	if a.Why != "" {
		return string(a.State) + ": " + a.Why
	}
	return string(a.State)
}

// plain keeps other people's text from moving the cursor, or from making lines of its own.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}
