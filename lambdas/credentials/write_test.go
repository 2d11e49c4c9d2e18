package credentials_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
)

// written are rows of all kinds, with names that somebody chose to do harm.
func written() []credentials.Row {
	at := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	year := func(y int) time.Time { return time.Date(y, 2, 3, 4, 5, 6, 0, time.UTC) }
	return []credentials.Row{
		{Account: "000011112222", Name: "management", State: "refused", Cause: remedy.ManagementAccount, Why: "no", At: at},
		{Account: "111122223333", Name: "=HYPERLINK(\"http://x\",\"a\")\r\n+1", State: "complete", At: at, Password: true,
			Has: []string{"password", "access-keys", "mfa"}, PasswordSince: year(2019), PasswordLastUsed: year(2025),
			AccessKeys: []credentials.Key{{ID: "AKIA1", Status: "Active", Since: year(2020), LastUsed: year(2026), Service: "s3",
				Region: "eu-central-1"}},
			MFAEnabled: true, MFA: []credentials.Device{{Serial: "arn:aws:iam::111122223333:mfa/root", Since: year(2021)},
				{Serial: "@GAHT1", Since: year(2022)}}},
		{Account: "444455556666", Name: "\t ＝1\u202e", State: "complete", At: at},
		{Account: "777788889999", Name: "-", State: "failed", Why: "ServiceFailure", At: at},
	}
}

// TestCSV: as a spreadsheet reads it. Nothing in it is a formula, and every row is whole.
func TestCSV(t *testing.T) {
	var b strings.Builder
	if err := credentials.WriteCSV(&b, written()); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(records) != 5 {
		t.Fatalf("%d records, %v:\n%s", len(records), err, b.String())
	}
	columns := map[string]int{}
	for i, name := range records[0] {
		columns[name] = i
	}
	for _, record := range records {
		for _, cell := range record {
			if strings.ContainsAny(cell, "\r\n\t\u202e") || cell != "" && strings.Contains("=+-@", cell[:1]) {
				t.Errorf("cell %q", cell)
			}
		}
	}
	for _, want := range []struct {
		row          int
		column, cell string
	}{
		{1, "account", "000011112222"}, {1, "cause", "management account"}, {1, "password", "unknown"},
		{1, "access_keys", "unknown"}, {1, "mfa_enabled", "unknown"}, {1, "at", "2026-11-21T08:00:00Z"},
		{2, "name", `'=HYPERLINK("http://x","a")  +1`}, {2, "password", "yes"}, {2, "access_keys", "1"},
		{2, "password_since", "2019-02-03T04:05:06Z"}, {2, "password_last_used", "2025-02-03T04:05:06Z"},
		{2, "access_key_1", "AKIA1"}, {2, "access_key_1_last_used", "2026-02-03T04:05:06Z"}, {2, "access_key_2", ""},
		{2, "access_key_1_service", "s3"}, {2, "mfa_devices", "2"},
		{2, "mfa_serials", "arn:aws:iam::111122223333:mfa/root @GAHT1"}, {3, "name", "'  ＝1 "}, {3, "password", "no"},
		{3, "certificates", "0"}, {4, "name", "'-"}, {4, "state", "failed"}, {4, "why", "ServiceFailure"},
	} {
		if got := records[want.row][columns[want.column]]; got != want.cell {
			t.Errorf("row %d, %s: %q, want %q", want.row, want.column, got, want.cell)
		}
	}
}

// TestTable: a line for each account, whatever its name.
func TestTable(t *testing.T) {
	var b strings.Builder
	if err := credentials.WriteTable(&b, written()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	same(t, []string{"ACCOUNT NAME PASSWORD LAST LOGIN ACCESS KEYS LAST USED CERTIFICATES MFA SEEN NOTE",
		"000011112222 management ? ? ? ? ? ? 2026-11-21T08:00:00Z management account",
		`111122223333 =HYPERLINK("http://x","a") +1 yes 2025-02-03 1 2026-02-03 0 2 2026-11-21T08:00:00Z`,
		"444455556666 ＝1 no - 0 - 0 0 2026-11-21T08:00:00Z",
		"777788889999 - ? ? ? ? ? ? 2026-11-21T08:00:00Z ServiceFailure"}, lines)
}

// TestJSON: the names that the desk's pages and scripts read.
func TestJSON(t *testing.T) {
	rows := written()
	text, err := json.Marshal(map[string]any{"row": rows[1],
		"audit": credentials.Audit{ID: "audit-1", Started: rows[0].At, Done: 1, Of: 3, Token: "not shown"}})
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{"row":{"account":"111122223333","name":"=HYPERLINK(\"http://x\",\"a\")\r\n+1",
		"state":"complete","at":"2026-11-21T08:00:00Z","has":["password","access-keys","mfa"],"password":true,
		"passwordSince":"2019-02-03T04:05:06Z","passwordLastUsed":"2025-02-03T04:05:06Z",
		"accessKeys":[{"id":"AKIA1","status":"Active","since":"2020-02-03T04:05:06Z","lastUsed":"2026-02-03T04:05:06Z",
		"service":"s3","region":"eu-central-1"}],"certificates":null,"mfaEnabled":true,
		"mfa":[{"serial":"arn:aws:iam::111122223333:mfa/root","since":"2021-02-03T04:05:06Z"},
		{"serial":"@GAHT1","since":"2022-02-03T04:05:06Z"}]},
		"audit":{"id":"audit-1","started":"2026-11-21T08:00:00Z","done":1,"of":3}}`), &want); err != nil {
		t.Fatal(err)
	}
	same(t, want, got)
}

func TestFilters(t *testing.T) {
	for _, bad := range []credentials.Filter{{Has: "passwords"}, {Account: "1"}, {Account: "12345678901x"}} {
		if err := bad.Check(); err == nil {
			t.Errorf("%+v passes", bad)
		}
	}
	for _, good := range []credentials.Filter{{}, {Has: "any"}, {Has: "none", Refused: true, Account: "111122223333"}} {
		if err := good.Check(); err != nil {
			t.Error(err)
		}
	}
}
