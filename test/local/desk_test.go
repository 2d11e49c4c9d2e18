package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// session is the code of the README's section of a name.
func session(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+name+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, code, coded := strings.Cut(section, "\n```\n")
	code, _, _ = strings.Cut(code, "\n```\n")
	if !found || !coded {
		t.Fatalf("the README has no session in its section %q", name)
	}
	return strings.Split(code, "\n")
}

var served = regexp.MustCompile(`^go run \./test/local -serve (127\.0\.0\.1:[0-9]+) -allowlist (\S+) &$`)

// TestTheDesksSession: the README's session with the desk works word for word, by the real curl and aws commands, but
// for the port. What a command is to say stands in its comment.
func TestTheDesksSession(t *testing.T) {
	needCommandLine(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: the README's session with it is skipped")
	}
	t.Chdir("../..")
	lines := session(t, "The desk")
	folder := t.TempDir()
	setUp, rest, before := "", "", ""
	for i, line := range lines {
		m := served.FindStringSubmatch(line)
		if m == nil {
			setUp += line + "\n"
			continue
		}
		list := filepath.Join(folder, m[2])
		run := exec.Command("bash", "-c", setUp)
		run.Dir = folder
		if said, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		address, _ := serve(t, "-allowlist", list)
		before, rest = "http://"+m[1], strings.ReplaceAll(strings.Join(lines[i+1:], "\n"), "http://"+m[1], address)
		break
	}
	if rest == "" {
		t.Fatal("the session serves nothing")
	}
	if strings.Contains(rest, before) {
		t.Fatalf("%s is still in\n%s", before, rest)
	}
	said := sayings(t, rest)
	for i, line := range strings.Split(rest, "\n") {
		_, comment, wanted := strings.Cut(line, " # ")
		if !wanted {
			continue
		}
		for want := range strings.SplitSeq(comment, " … ") {
			if !strings.Contains(said[i], want) {
				t.Errorf("%s\nsays\n%s\nwant %q in it", line, said[i], want)
			}
		}
	}
}

// sayings has bash run a script, and tells what each line says that has a comment, by its number.
func sayings(t *testing.T, script string) map[int]string {
	t.Helper()
	var marked strings.Builder
	marked.WriteString("shopt -s expand_aliases\n")
	for i, line := range strings.Split(script, "\n") {
		fmt.Fprintln(&marked, line)
		if strings.Contains(line, " # ") {
			fmt.Fprintf(&marked, "echo; echo @@%d@@\n", i)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "bash")
	c.Stdin = strings.NewReader(marked.String())
	c.Env = append(os.Environ(), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_SESSION_TOKEN=")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	said := map[int]string{}
	text := out.String()
	for _, m := range regexp.MustCompile(`@@([0-9]+)@@\n`).FindAllStringSubmatchIndex(text, -1) {
		var n int
		_, _ = fmt.Sscan(text[m[2]:m[3]], &n)
		said[n] = text[:m[0]]
		if last := strings.LastIndex(said[n], "@@\n"); last >= 0 {
			said[n] = said[n][last+3:]
		}
	}
	return said
}

// TestTheDeskVerifies: with -secret, curl's own signatures pass, of parameters in any order too, and others do not.
func TestTheDeskVerifies(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: the test with it is skipped")
	}
	t.Chdir("../..")
	address, out := serve(t, "-secret", "open sesame")
	curl := func(user, path string, args ...string) map[string]any {
		args = append([]string{"-sS", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", user,
			address + "/desk" + path}, args...)
		said, err := exec.Command("curl", args...).CombinedOutput()
		var answer map[string]any
		if err == nil {
			err = json.Unmarshal(said, &answer)
		}
		if err != nil {
			t.Fatalf("%s: %v: %s", path, err, said)
		}
		return answer
	}
	const security = "999988887777.role.AWSReservedSSO_Security_0123456789abcdef.lee@example.com:"
	for _, path := range []string{"/root-credentials?has=none&account=111122223333&format=json", "/openapi.json",
		"/requests?waiting=true&limit=5", "/root-credentials/999988887777"} {
		if got := curl(security+"open sesame", path); got["status"] != nil {
			t.Errorf("%s: %v", path, got)
		}
		if got := curl(security+"another", path); got["status"] != 403.0 || got["message"] != "Forbidden" {
			t.Errorf("%s with another secret: %v", path, got)
		}
	}
	got := curl(security+"open sesame", "/delete-root-login-profile/111122223333", "--json", `{"reason":"none is needed"}`)
	if got["status"] != 404.0 { // nobody has used the account yet
		t.Errorf("%v", got)
	}
	mustHold(t, out.String(), "aws:amz:us-east-1:execute-api", "/desk/openapi.json")
}
