package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/requests"
)

// audit looks at what root of one account has, now.
func (a *API) audit(c *call) (*answer, error) {
	account, err := c.account()
	if err != nil {
		return nil, err
	}
	format, err := c.format()
	if err != nil {
		return nil, err
	}
	if _, err := a.Desk.Leave(c.Context(), c.who, requests.Audit, account); err != nil {
		return nil, err
	}
	row, err := a.Credentials.Look(c.Context(), "audit-"+strings.ToLower(rand.Text()[:12]), account)
	if err != nil {
		return nil, err
	}
	return as(format, row, row), nil
}

// audited lists what root of the accounts has, as the last audit saw it.
func (a *API) audited(c *call) (*answer, error) {
	format, err := c.format()
	if err != nil {
		return nil, err
	}
	refused, err := c.truth("refused")
	if err != nil {
		return nil, err
	}
	filter := credentials.Filter{Has: c.query.Get("has"), Refused: refused, Account: c.query.Get("account")}
	if err := filter.Check(); err != nil {
		return nil, refuse(http.StatusBadRequest, err.Error(), "GET /openapi.json describes the parameters")
	}
	n, err := c.limit()
	if err != nil {
		return nil, err
	}
	if err := a.audits(c); err != nil {
		return nil, err
	}
	audit, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	all, next, err := a.Rows.List(c.Context(), filter, n, c.query.Get("from"))
	if err != nil {
		return nil, err
	}
	shown, hidden := []credentials.Row{}, 0
	for _, row := range all {
		if !a.Desk.Sees(c.Context(), c.who, row.Account) {
			hidden++
			continue
		}
		shown = append(shown, row)
	}
	said := as(format, struct {
		Accounts []credentials.Row `json:"accounts"`
		Next     string            `json:"next,omitempty"`
		Hidden   int               `json:"hidden"`
		Audit    credentials.Audit `json:"audit"`
	}{shown, next, hidden, audit}, shown...)
	if format != "json" {
		said.header = http.Header{"X-Locksmith-Next": {next}, "X-Locksmith-Hidden": {fmt.Sprint(hidden)}}
	}
	return said, nil
}

// inline is how much of an audit of the organization is done while somebody waits. The rest goes on without them.
const inline = 15 * time.Second

// survey is how far the audit has come that is listed, after as much of it as there is time. Only a list's first page
// goes on with it.
func (a *API) survey(c *call) (credentials.Audit, error) {
	ctx, cancel := context.WithTimeout(c.Context(), inline)
	defer cancel()
	age := a.AuditAge
	if c.query.Get("from") != "" {
		age = 100 * 365 * 24 * time.Hour
	}
	return a.Credentials.Survey(ctx, age)
}

// format is how rows are wanted: by the parameter, or by what the client accepts.
func (c *call) format() (string, error) {
	format, err := c.oneOf("format", "json", "csv", "table")
	if err != nil || format != "" {
		return format, err
	}
	switch accept := c.Header.Get("Accept"); {
	case strings.HasPrefix(accept, "text/csv"):
		return "csv", nil
	case strings.HasPrefix(accept, "text/plain"):
		return "table", nil
	}
	return "json", nil
}

// as answers in a format.
func as(format string, value any, rows ...credentials.Row) *answer {
	var b bytes.Buffer // takes everything
	switch format {
	case "csv":
		_ = credentials.WriteCSV(&b, rows)
		return &answer{status: http.StatusOK, kind: "text/csv; charset=utf-8; header=present", text: b.Bytes()}
	case "table":
		_ = credentials.WriteTable(&b, rows)
		return &answer{status: http.StatusOK, kind: "text/plain; charset=utf-8", text: b.Bytes()}
	}
	return ok(value)
}
