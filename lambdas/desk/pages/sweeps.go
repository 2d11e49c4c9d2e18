package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

func listSweeps(v *visit) error {
	body := struct {
		sweepList
		More string
	}{}
	q := url.Values{"from": {v.r.URL.Query().Get("from")}}
	if err := v.get(path(q, "sweeps"), &body.sweepList); err != nil {
		return err
	}
	body.More = more(v.site.Base, v.r.URL.Path, v.r.URL.Query(), body.Next)
	return v.show(http.StatusOK, "sweeps", page{Title: "Sweeps", Menu: "/sweeps", Body: body},
		slices.ContainsFunc(body.Sweeps, sweep.Runs))
}

func showSweep(v *visit) error {
	var s sweep
	if err := v.get(path(nil, "sweeps", v.r.PathValue("id")), &s); err != nil {
		return err
	}
	return v.show(http.StatusOK, "sweep", page{Title: "Sweep " + s.ID, Menu: "/sweeps", Body: s}, s.Runs())
}

// Runs tells whether the sweep goes on by itself.
func (s sweep) Runs() bool { return s.State == "running" }

// Took is how long it ran, or "" while it does.
func (s sweep) Took() string {
	if s.Ended.IsZero() {
		return ""
	}
	seconds := int(s.Ended.Sub(s.Started).Seconds())
	if seconds < 120 {
		return plural(seconds, "second")
	}
	return plural(seconds/60, "minute")
}

// Cost is what it cost, about, in dollars.
func (s sweep) Cost() string { return fmt.Sprintf("about $%.4f", s.Dollars) }

// startSweep begins one, of all accounts or of those that are named.
func startSweep(v *visit) error {
	body := struct {
		Accounts []string `json:"accounts,omitempty"`
		Tasks    []string `json:"tasks,omitempty"`
	}{Tasks: v.r.PostForm["tasks"]}
	body.Accounts = strings.FieldsFunc(v.r.PostForm.Get("accounts"), func(c rune) bool {
		return c == ',' || c == ';' || c <= ' '
	})
	a, err := v.post("/sweeps", body)
	if err != nil {
		return err
	}
	var s sweep
	if json.Unmarshal(a.Body, &s) != nil || s.ID == "" {
		return v.turn("/sweeps?said=started")
	}
	return v.turn(path(url.Values{"said": {"started"}}, "sweeps", s.ID))
}

func stopSweep(v *visit) error {
	id := v.r.PathValue("id")
	if _, err := v.post(path(nil, "sweeps", id, "stop"), struct{}{}); err != nil {
		return err
	}
	return v.turn(path(url.Values{"said": {"stopped"}}, "sweeps", id))
}

func showPreflight(v *visit) error {
	var p preflight
	if err := v.get("/preflight", &p); err != nil {
		return err
	}
	return v.show(http.StatusOK, "preflight", page{Title: "Preflight and coverage", Menu: "/preflight", Body: p}, false)
}

// Of is the answer for a service, or "".
func (r reached) Of(service string) string {
	for _, s := range r.Services {
		if s.Service == service {
			return s.State
		}
	}
	return ""
}

// Troubled are the accounts that no rescue reaches for sure.
func (p preflight) Troubled() (troubled []reached) {
	for _, a := range p.Accounts {
		if a.State != "reachable" {
			troubled = append(troubled, a)
		}
	}
	return troubled
}
