package credentials

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

// This file writes rows as CSV, and as a table for a terminal. Names of accounts are chosen by whoever made
// them, so none of them may break out of its cell.

// Root has at most two access keys and two certificates
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), and each key has columns of its own.
const keysShown = 2

// WriteCSV writes rows as CSV with a line of names, a row for each account. What was not seen is unknown, and never no.
func WriteCSV(w io.Writer, rows []Row) error {
	head := []string{"account", "name", "state", "cause", "why", "at", "password", "password_since", "password_last_used",
		"access_keys"}
	for n := range keysShown {
		key := "access_key_" + strconv.Itoa(n+1)
		head = append(head, key, key+"_status", key+"_since", key+"_last_used", key+"_service", key+"_region")
	}
	head = append(head, "certificates", "certificate_ids", "mfa_enabled", "mfa_devices", "mfa_serials")
	out := csv.NewWriter(w)
	out.UseCRLF = true // https://www.rfc-editor.org/rfc/rfc4180
	if err := out.Write(head); err != nil {
		return err
	}
	for _, r := range rows {
		if err := out.Write(r.cells()); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (r Row) cells() []string {
	cells := []string{r.Account, r.Name, string(r.State), string(r.Cause), r.Why, when(r.At), r.said(yes(r.Password)),
		when(r.PasswordSince), when(r.PasswordLastUsed), r.said(strconv.Itoa(len(r.AccessKeys)))}
	for n := range keysShown {
		var k Key
		if n < len(r.AccessKeys) {
			k = r.AccessKeys[n]
		}
		cells = append(cells, k.ID, k.Status, when(k.Since), when(k.LastUsed), k.Service, k.Region)
	}
	cells = append(cells, r.said(strconv.Itoa(len(r.Certificates))),
		strings.Join(ids(r.Certificates, func(c Signing) string { return c.ID }), " "), r.said(yes(r.MFAEnabled)),
		r.said(strconv.Itoa(len(r.MFA))), strings.Join(ids(r.MFA, func(d Device) string { return d.Serial }), " "))
	for i := range cells {
		cells[i] = cell(cells[i])
	}
	return cells
}

// said is a value of an account that was looked at.
func (r Row) said(value string) string {
	if r.State != Complete {
		return "unknown"
	}
	return value
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// formulas begin what a spreadsheet would compute, in the wide forms of some languages, too
// (https://owasp.org/www-community/attacks/CSV_Injection).
const formulas = "=+-@|%＝＋－＠"

// cell makes a value one that a spreadsheet shows and does not compute. Control characters become blanks.
func cell(value string) string {
	value = oneLine(value)
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(value))
	if value != "" && strings.ContainsRune(formulas, first) {
		return "'" + value
	}
	return value
}

// oneLine makes blanks of what could break a line, or turn its direction.
func oneLine(value string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(value, "\uFFFD"))
}

// WriteTable writes rows for a terminal. What was not seen is a question mark, with the cause at the line's end.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ACCOUNT\tNAME\tPASSWORD\tLAST LOGIN\tACCESS KEYS\tLAST USED\tCERTIFICATES\tMFA\tSEEN\tNOTE")
	for _, r := range rows {
		name, note := shortened(oneLine(r.Name), 32), ""
		cells := []string{yes(r.Password), day(r.PasswordLastUsed), strconv.Itoa(len(r.AccessKeys)), day(r.keyUsed()),
			strconv.Itoa(len(r.Certificates)), strconv.Itoa(len(r.MFA))}
		if r.State != Complete {
			cells = []string{"?", "?", "?", "?", "?", "?"}
			note = shortened(oneLine(cmp.Or(string(r.Cause), r.Why)), 60)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Account, name, strings.Join(cells, "\t"), when(r.At), note)
	}
	return t.Flush()
}

func (r Row) keyUsed() (last time.Time) {
	for _, k := range r.AccessKeys {
		if k.LastUsed.After(last) {
			last = k.LastUsed
		}
	}
	return last
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}

func shortened(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
