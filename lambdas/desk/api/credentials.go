package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
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
	row, err := a.Credentials.Look(c.Context(), "desk-"+account, account)
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
	switch format {
	case "csv":
		return &answer{status: http.StatusOK, kind: "text/csv; charset=utf-8; header=present", text: asCSV(rows)}
	case "table":
		return &answer{status: http.StatusOK, kind: "text/plain; charset=utf-8", text: asTable(rows)}
	}
	return ok(value)
}

// columns are those of the table, and of CSV.
func columns() []string {
	return []string{"account", "name", "state", "cause", "password", "passwordSince", "passwordLastUsed", "accessKeys",
		"certificates", "mfa", "mfaEnabled", "at"}
}

// cells are the values of a row. Several keys stand in one, with their age and last use.
func cells(r credentials.Row) []string {
	var keys, certificates, devices []string
	for _, k := range r.AccessKeys {
		keys = append(keys, strings.TrimSpace(strings.Join([]string{k.ID, k.Status, "since", date(k.Since), used(k)}, " ")))
	}
	for _, s := range r.Certificates {
		certificates = append(certificates, s.ID+" "+s.Status+" since "+date(s.Since))
	}
	for _, d := range r.MFA {
		devices = append(devices, d.Serial+" since "+date(d.Since))
	}
	password, mfa := "no", "no"
	if r.Password {
		password = "yes"
	}
	if r.MFAEnabled {
		mfa = "yes"
	}
	if r.State != credentials.Complete {
		password, mfa = "", "" // nobody knows
	}
	return []string{r.Account, r.Name, string(r.State), string(r.Cause), password, date(r.PasswordSince),
		date(r.PasswordLastUsed), strings.Join(keys, "; "), strings.Join(certificates, "; "), strings.Join(devices, "; "),
		mfa, r.At.UTC().Format(time.RFC3339)}
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func used(k credentials.Key) string {
	if k.LastUsed.IsZero() {
		return "never used"
	}
	return "used " + date(k.LastUsed)
}

// asCSV is the rows as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe.
func asCSV(rows []credentials.Row) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write(columns()) // a buffer takes everything
	for _, r := range rows {
		line := cells(r)
		for i, cell := range line {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				line[i] = "'" + cell
			}
		}
		_ = w.Write(line)
	}
	w.Flush()
	return b.Bytes()
}

// asTable is the rows for a terminal. Empty cells are dashes.
func asTable(rows []credentials.Row) []byte {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(columns(), "\t"))
	for _, r := range rows {
		line := cells(r)
		for i, cell := range line {
			cell = strings.Map(func(c rune) rune {
				if c < ' ' || c == 0x7f {
					return '?' // an account's name is its owner's
				}
				return c
			}, cell)
			if line[i] = cell; cell == "" {
				line[i] = "-"
			}
		}
		fmt.Fprintln(w, strings.Join(line, "\t"))
	}
	_ = w.Flush() // a buffer takes everything
	return b.Bytes()
}
