package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A report is all that was found, in the order of the inputs.
type report struct {
	findings []finding
	idle     []idle
	lists    []listed
	faults   []*fault
}

// A finding is a policy and its verdict.
type finding struct {
	in       *file
	at       policies.Position // the first statement that has to go, or the policy
	name     string            // logical id, address or event id; "" for a policy document
	resource string
	account  string // the owner the verdict is for; "" for one that the policy does not name
	verdict  lockout.Verdict
}

// subject names the policy: by its name, if it has one, and by what it is on.
func (f finding) subject() string {
	if f.name == "" {
		return f.resource
	}
	return f.name + ": " + f.resource
}

// An idle input is in order and gives no resource a policy.
type idle struct {
	file string
	at   policies.Position
	why  string
}

// A listed file is an allow list that is in order.
type listed struct {
	file  string
	rules int
}

// add notes the verdict about the policy that begins at a byte offset of a file.
func (r *report) add(in *file, offset int, name, resource string, v ruling) {
	at := in.position(offset)
	if len(v.Statements) > 0 && v.Statements[0] < len(v.places) {
		at = v.places[v.Statements[0]]
	}
	r.findings = append(r.findings, finding{in: in, at: at, name: name, resource: resource, account: v.account, verdict: v.Verdict})
}

func (r *report) wrong(f *fault) { r.faults = append(r.faults, f) }

func (r *report) status() int {
	status := exitClean
	if len(r.faults) > 0 {
		status = exitBad
	}
	for _, f := range r.findings {
		if locked(f.verdict.Answer) {
			status = exitLocked
		}
	}
	return status
}

func (r *report) writeText(out io.Writer) error {
	var b strings.Builder
	for _, f := range r.findings {
		fmt.Fprintf(&b, "%s:%s: %s: %s\n", f.in.name, f.at, f.subject(), f.verdict.Answer)
		for _, reason := range f.verdict.Reasons {
			fmt.Fprintf(&b, "  %s\n", reason)
		}
	}
	for _, i := range r.idle {
		fmt.Fprintf(&b, "%s:%s: nothing to do: %s\n", i.file, i.at, i.why)
	}
	for _, l := range r.lists {
		fmt.Fprintf(&b, "%s: allow list in order, %s\n", l.file, count(l.rules, "rule", "rules"))
	}
	if len(r.findings) > 0 || len(r.lists) == 0 && len(r.faults) == 0 {
		b.WriteString(r.summary() + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// summary counts the policies by verdict, the worst first.
func (r *report) summary() string {
	of := map[lockout.Answer]int{}
	for _, f := range r.findings {
		of[f.verdict.Answer]++
	}
	var parts []string
	for _, a := range []lockout.Answer{lockout.Lockout, lockout.Sealed, lockout.Undecided, lockout.Restricted, lockout.Open} {
		if of[a] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", of[a], a))
		}
	}
	s := count(len(r.findings), "policy", "policies")
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

// The JSON report; the package comment documents it.
type (
	jsonReport struct {
		Policies    []jsonFinding `json:"policies"`
		NothingToDo []jsonIdle    `json:"nothingToDo"`
		AllowLists  []jsonList    `json:"allowLists"`
		Errors      []jsonFault   `json:"errors"`
	}
	jsonPlace struct {
		File   string `json:"file"`
		Line   int    `json:"line,omitempty"`
		Column int    `json:"column,omitempty"`
	}
	jsonFinding struct {
		jsonPlace
		Name     string `json:"name,omitempty"`
		Resource string `json:"resource"`
		Account  string `json:"account,omitempty"`
		lockout.Verdict
	}
	jsonIdle struct {
		jsonPlace
		Why string `json:"why"`
	}
	jsonList struct {
		File  string `json:"file"`
		Rules int    `json:"rules"`
	}
	jsonFault struct {
		jsonPlace
		Error string `json:"error"`
		Hint  string `json:"hint,omitempty"`
	}
)

func (r *report) writeJSON(out io.Writer) error {
	all := jsonReport{[]jsonFinding{}, []jsonIdle{}, []jsonList{}, []jsonFault{}}
	for _, f := range r.findings {
		all.Policies = append(all.Policies, jsonFinding{jsonPlace{f.in.name, f.at.Line, f.at.Column}, f.name, f.resource, f.account, f.verdict})
	}
	for _, i := range r.idle {
		all.NothingToDo = append(all.NothingToDo, jsonIdle{jsonPlace{i.file, i.at.Line, i.at.Column}, i.why})
	}
	for _, l := range r.lists {
		all.AllowLists = append(all.AllowLists, jsonList{l.file, l.rules})
	}
	for _, f := range r.faults {
		all.Errors = append(all.Errors, jsonFault{jsonPlace{f.file, f.at.Line, f.at.Column}, f.text, f.hint})
	}
	return encode(out, all)
}

func encode(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
