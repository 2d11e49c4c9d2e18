package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func listIncidents(v *visit) error {
	asked := v.r.URL.Query()
	q := url.Values{"from": {asked.Get("from")}, "account": {asked.Get("account")}, "resource": {asked.Get("resource")}}
	body := struct {
		incidentList
		Open bool
		More string
	}{Open: asked.Get("open") != ""}
	if body.Open {
		q.Set("open", "true")
	}
	if err := v.get(path(q, "incidents"), &body.incidentList); err != nil {
		return err
	}
	body.More = more(v.site.Base, v.r.URL.Path, asked, body.Next)
	return v.show(http.StatusOK, "incidents", page{Title: "Incidents", Menu: "/incidents", Body: body}, false)
}

func showIncident(v *visit) error {
	var i incident
	if err := v.get(path(nil, "incidents", v.r.PathValue("id")), &i); err != nil {
		return err
	}
	title := upper(resourceKind(i.Resource)) + " " + resourceName(i.Resource)
	return v.show(http.StatusOK, "incident", page{Title: title, Menu: "/incidents", Body: i}, false)
}

// TakenOff tells whether the policy was deleted, and nothing put in its place.
func (i incident) TakenOff() bool {
	return i.After == "" && (i.Result == "unlocked" || i.Result == "restored")
}

// Ask is the address at which more can be asked for the resource, or "".
func (i incident) Ask() string {
	kind := resourceKind(i.Resource)
	if kind == "resource" || i.Account == "" {
		return ""
	}
	return path(url.Values{"kind": {kind}, "account": {i.Account}, "name": {resourceName(i.Resource)},
		"region": {i.Region}}, "new")
}

// restore asks for a saved copy to be put back.
func restore(v *visit) error {
	f := v.r.PostForm
	number, _ := strconv.Atoi(f.Get("copy")) // none stands for the last
	body := struct {
		Reason string `json:"reason"`
		Ticket string `json:"ticket,omitempty"`
		Copy   int    `json:"copy,omitempty"`
		Force  bool   `json:"force,omitempty"`
	}{strings.TrimSpace(f.Get("reason")), strings.TrimSpace(f.Get("ticket")), number, f.Get("force") == "yes"}
	return v.turnTo(v.post(path(nil, "incidents", v.r.PathValue("id"), "restore"), body))
}
