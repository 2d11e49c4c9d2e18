package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommands: each command answers as itself, and what is no command says which there are.
func TestCommands(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.json")
	locks := `{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::payroll"}}`
	if err := os.WriteFile(policy, []byte(locks), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args      []string
		status    int
		out, errs string // parts; "" is nothing at all
	}{
		{nil, 2, "", "locksmith: no command given\nusage: locksmith COMMAND"},
		{[]string{"lock"}, 2, "", `locksmith: "lock": no such command`},
		{[]string{"-help"}, 0, "  undo      puts back a policy", ""},
		{[]string{"check", policy}, 1, "policy.json:1:15: arn:aws:s3:::payroll: lockout", ""},
		{[]string{"check", "-help"}, 0, "", "usage: locksmith check [flags] FILE"},
		{[]string{"check"}, 2, "", "locksmith check: no FILE given (locksmith check -help shows the usage)"},
		{[]string{"undo", "-help"}, 0, "", "usage: locksmith undo -table TABLE"},
		{[]string{"preflight", "-help"}, 0, "", "usage: locksmith preflight -regions REGION,…"},
		{[]string{"preflight"}, 2, "", `locksmith preflight: -regions "": want the watched Regions`},
		{[]string{"preflight", "-regions", "us-east-1", "-account", "12"}, 2, "", `-account "12": want twelve digits`},
		{[]string{"desk", "-help"}, 0, "", "usage: locksmith desk -url URL"},
		{[]string{"desk"}, 2, "", `-url "": want the address of the desk's API`},
		{[]string{"desk", "-url", "http://desk.example"}, 1, "", "want https, since requests carry a session's token"},
		{[]string{"desk", "-url", "https://desk.example", "-open", "x"}, 2, "", `-open "x": want a path`},
		{[]string{"undo"}, 1, "", `locksmith undo: -table "": want the name`},
	} {
		var out, errs bytes.Buffer
		status := run(context.Background(), row.args, strings.NewReader(""), &out, &errs)
		if status != row.status || !says(out.String(), row.out) || !says(errs.String(), row.errs) {
			t.Errorf("%q: exit %d\n%s\n%s", row.args, status, out.String(), errs.String())
		}
	}
}

func says(text, part string) bool {
	return strings.Contains(text, part) && (text == "") == (part == "")
}
