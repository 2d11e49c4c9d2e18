package linter

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const denyAll = `{"Statement":{"Sid":"All","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`

func check(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Run("check", args, strings.NewReader(stdin), &o, &e)
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
		{"locked", denyAll, []string{"-resource", "arn:aws:s3:::b"}, 1,
			"arn:aws:s3:::b: lockout\n  statement All denies", ""},
		{"open", strings.Replace(denyAll, `"*"}}`, `"arn:aws:s3:::b/*"}}`, 1), []string{"-resource", "arn:aws:s3:::b"}, 0, "b: open\n", ""},
		{"as JSON", denyAll, []string{"-resource", "arn:aws:s3:::b", "-json"}, 1, `"resource":"arn:aws:s3:::b","verdict":"lockout","statements":[0]`, ""},
		{"an event", string(event), nil, 1, "arn:aws:s3:::payroll: lockout", ""},
		{"nobody's role, whoever the owner", strings.ReplaceAll(mistyped, "111122223333", "1111222233"),
			[]string{"-resource", "arn:aws:s3:::b"}, 1, "lockout", ""},
		{"somebody's role, if that is the owner", mistyped, []string{"-resource", "arn:aws:s3:::b"}, 0, "restricted", ""},
		{"for the owner that it is", mistyped, []string{"-resource", "arn:aws:s3:::b", "-account", "444455556666"}, 1,
			"lockout", ""},
		{"no resource", denyAll, nil, 2, "", "policy.json:1:1: the policy names no bucket or queue; -resource"},
		{"no policy", "{\n \"Statement\": 7}", []string{"-resource", "arn:aws:s3:::b"}, 2, "", "policy.json:2:15: Statement"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, out, errs := check(t, "", append(row.args, write(t, row.text))...)
			said := strings.Contains(out, row.out) && strings.Contains(errs, row.errs) && (errs == "") == (row.errs == "")
			if code != row.code || !said {
				t.Errorf("exit %d\n%s\n%s", code, out, errs)
			}
		})
	}
}

// TestManyOwners: a text can name more accounts than are tried; then it is not proven for each.
func TestManyOwners(t *testing.T) {
	var accounts []string
	for n := range 150 {
		accounts = append(accounts, `"arn:aws:iam::`+strings.Repeat("9", 9)+string([]byte{'0' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10)})+`:role/A"`)
	}
	policy := `{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b","Condition":{"StringEquals":{"aws:PrincipalTag/a":[` +
		strings.Join(accounts, ",") + `]}}}}`
	if code, out, _ := check(t, "", write(t, policy)); code != 0 || !strings.Contains(out, ": open") {
		t.Errorf("exit %d, %s", code, out)
	}
	locks := strings.Replace(policy, "StringEquals", "StringNotEqualsIfExists", 1)
	locks = strings.Replace(locks, "aws:PrincipalTag/a", "aws:PrincipalAccount", 1)
	want := "undecided\n  it is lockout for 100 accounts, and it names more; -account tells whose it is"
	if code, out, _ := check(t, "", write(t, locks)); code != 0 || !strings.Contains(out, want) {
		t.Errorf("exit %d, %s", code, out)
	}
}

func TestLongLines(t *testing.T) {
	for name, in := range map[string]string{
		"too long": strings.Repeat("x", longestLine+1), "at the limit": strings.Repeat("x", longestLine)} {
		good := `{"id":"next","resource":"arn:aws:s3:::b","account":"111122223333","policy":` + denyAll + `}`
		code, out, _ := check(t, in+"\r\n"+good, "-batch")
		lines := strings.Split(out, "\n")
		if code != 1 || len(lines) != 3 || strings.Contains(lines[0], "more than 4194304 bytes") != (name == "too long") || !strings.HasPrefix(lines[1], `{"id":"next","verdict":"lockout"`) {
			t.Errorf("%s: exit %d, %.300s", name, code, out)
		}
	}
}

// endless is a stream of one line over and over.
type endless struct {
	line string
	left int // lines
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" && e.left == 0 {
		return 0, io.EOF
	}
	if e.rest == "" {
		e.rest, e.left = e.line, e.left-1
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// TestBatchHoldsOneLine streams far more than is held. Answers come out while lines come in.
func TestBatchHoldsOneLine(t *testing.T) {
	line := `{"id":"a","resource":"arn:aws:s3:::b","account":"111122223333","policy":{"Statement":[]},"padding":"` + strings.Repeat("x", 1<<20) + "\"}\n"
	in := &endless{line: line, left: 64}
	var first int
	out := writer(func(p []byte) (int, error) {
		if first == 0 {
			first = in.left
		}
		return len(p), nil
	})
	if code := Run("check", []string{"-batch"}, in, out, io.Discard); code != 0 {
		t.Errorf("exit %d", code)
	}
	if first < 60 {
		t.Errorf("the first answer came with %d of 64 lines left to read", first)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// TestBrokenPipe: an answer that nobody takes is an error.
func TestBrokenPipe(t *testing.T) {
	broken := writer(func([]byte) (int, error) { return 0, io.ErrClosedPipe })
	for _, args := range [][]string{{"-batch"}, {"-json", write(t, denyAll)}, {write(t, denyAll)}} {
		var errs bytes.Buffer
		code := Run("check", args, strings.NewReader("{}\n"), broken, &errs)
		if code != 2 || !strings.Contains(errs.String(), "closed pipe") {
			t.Errorf("%q: exit %d, %s", args, code, errs.String())
		}
	}
}
