package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const denyAll = `{"Statement":{"Sid":"All","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`

func check(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFiles(t *testing.T) {
	event, err := os.ReadFile("../../test/events/02-s3-deny-all.json")
	if err != nil {
		t.Fatal(err)
	}
	mistyped := `{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/A"}}}}`
	for _, row := range []struct {
		name, text string
		args       []string
		code       int
		out, errs  string // parts
	}{
		{"locked", denyAll, []string{"-resource", "arn:aws:s3:::b"}, 1, "arn:aws:s3:::b: lockout\n  statement All denies", ""},
		{"open", strings.Replace(denyAll, `"*"}}`, `"arn:aws:s3:::b/*"}}`, 1), []string{"-resource", "arn:aws:s3:::b"}, 0, "b: open\n", ""},
		{"as JSON", denyAll, []string{"-resource", "arn:aws:s3:::b", "-json"}, 1, `"resource":"arn:aws:s3:::b","verdict":"lockout","statements":[0]`, ""},
		{"an event", string(event), nil, 1, "arn:aws:s3:::payroll: lockout", ""},
		{"nobody's role, whoever the owner", strings.ReplaceAll(mistyped, "111122223333", "1111222233"), []string{"-resource", "arn:aws:s3:::b"}, 1, "lockout", ""},
		{"somebody's role, if that is the owner", mistyped, []string{"-resource", "arn:aws:s3:::b"}, 0, "restricted", ""},
		{"for the owner that it is", mistyped, []string{"-resource", "arn:aws:s3:::b", "-account", "444455556666"}, 1, "lockout", ""},
		{"no resource", denyAll, nil, 2, "", "policy.json: -resource is missing"},
		{"no policy", "{\n \"Statement\": 7}", []string{"-resource", "arn:aws:s3:::b"}, 2, "", "policy.json: 2:15: Statement"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, out, errs := check(t, "", append(row.args, write(t, row.text))...)
			if code != row.code || !strings.Contains(out, row.out) || !strings.Contains(errs, row.errs) || (errs == "") != (row.errs == "") {
				t.Errorf("exit %d\n%s\n%s", code, out, errs)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"-resource"}, {"-now", "yesterday", "f"}, {"none.json"}} {
		if code, _, errs := check(t, "", args...); code != 2 || errs == "" {
			t.Errorf("%q: exit %d, %s", args, code, errs)
		}
	}
}

func TestBatch(t *testing.T) {
	in := `{"id":"a","resource":"arn:aws:s3:::b","account":"111122223333","policy":` + denyAll + `}
{"id":"b","resource":"arn:aws:s3:::b","account":"111122223333","policy":"{\"Statement\":[]}"}
not JSON
{"id":"c","resource":"arn:aws:s3:::b","account":"111122223333","policy":{"Statement":1}}
{"id":"d","resource":"arn:aws:s3:::b","policy":` + denyAll + `,"now":"2026-11-21T00:00:00Z","administrators":["arn:aws:iam::444455556666:role/A"]}
`
	code, out, _ := check(t, in, "-batch")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	want := []string{`{"id":"a","verdict":"lockout","statements":[0],"reasons":[`, `{"id":"b","verdict":"open","witness":{"principal":"arn:aws:iam::111122223333:user/`,
		`{"id":"","error":"not a question`, `{"id":"c","error":"1:14: Statement`, `{"id":"d","verdict":"undecided"`}
	if code != 1 || len(lines) != len(want) {
		t.Fatalf("exit %d\n%s", code, out)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d: %s\nwant %s…", i, line, want[i])
		}
	}
	if code, _, _ := check(t, "nothing\n", "-batch"); code != 2 {
		t.Errorf("bad lines only: exit %d", code)
	}
	if code, out, _ := check(t, strings.Repeat("x", 5<<20)+"\n", "-batch"); code != 2 || !strings.Contains(out, "longer than") {
		t.Errorf("a line too long: exit %d, %s", code, out)
	}
}
