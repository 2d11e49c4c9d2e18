package report

import (
	"encoding/json"
	"io"

	"locksmith/policies/lockout"
)

// The JSON report; the check command's own page documents it.
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
		Warnings []string `json:"warnings,omitempty"`
	}
	jsonIdle struct {
		jsonPlace
		Why string `json:"why"`
	}
	jsonList struct {
		File     string   `json:"file"`
		Rules    int      `json:"rules"`
		Warnings []string `json:"warnings,omitempty"`
	}
	jsonFault struct {
		jsonPlace
		Error string `json:"error"`
		Hint  string `json:"hint,omitempty"`
	}
)

// JSON writes one object on one line. Its lists are always there.
func (r *Report) JSON(out io.Writer) error {
	all := jsonReport{[]jsonFinding{}, []jsonIdle{}, []jsonList{}, []jsonFault{}}
	for _, f := range r.Findings {
		all.Policies = append(all.Policies, jsonFinding{f.json(), f.Name, f.Resource, f.Account, f.Verdict,
			f.Warnings})
	}
	for _, i := range r.Idle {
		all.NothingToDo = append(all.NothingToDo, jsonIdle{i.json(), i.Why})
	}
	for _, l := range r.Lists {
		all.AllowLists = append(all.AllowLists, jsonList(l))
	}
	for _, f := range r.Faults {
		all.Errors = append(all.Errors, jsonFault{f.json(), f.Text, f.Hint})
	}
	return encode(out, all)
}

func (p Place) json() jsonPlace { return jsonPlace{p.File, p.Line, p.Column} }

func encode(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
