package notice

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// TestCommandsReachTheirProgramsWhole runs the commands of the mail in a shell, where aws and jq are scripts that note
// their arguments. Whatever a name holds, it is one argument, and nothing else is run.
func TestCommandsReachTheirProgramsWhole(t *testing.T) {
	dir := t.TempDir()
	noting(t, dir)
	hostile := "x';touch pwned;'$(touch pwned)`touch pwned`\"\\"
	bucket := remedy.Change{Resource: "arn:aws:s3:::" + hostile, Account: "1;touch pwned", Region: "-r $(touch pwned)"}
	queue := remedy.Change{Resource: "arn:aws:sqs:eu-west-1:111122223333:" + hostile, Account: "111122223333",
		Region: "eu-west-1"}
	for _, tt := range []struct {
		steps []step
		want  []string
	}{
		{byHand(bucket), []string{"aws", "sts", "assume-root", "--region", "us-east-1",
			"--target-principal", "1;touch pwned", "--task-policy-arn",
			"arn=arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy", "--query",
			"Credentials.[AccessKeyId,SecretAccessKey,SessionToken]", "--output", "text",
			"aws", "s3api", "get-bucket-policy", "--region", "-r $(touch pwned)", "--bucket", hostile,
			"--expected-bucket-owner", "1;touch pwned", "--query", "Policy", "--output", "text",
			"aws", "s3api", "delete-bucket-policy", "--region", "-r $(touch pwned)", "--bucket", hostile,
			"--expected-bucket-owner", "1;touch pwned",
			"KEY", "SECRET", "TOKEN"}},
		{putBack(remedy.Notice{Change: queue})[2:], []string{"jq", "-n", "--rawfile", "p", "corrected.json", "{Policy: $p}",
			"aws", "sqs", "set-queue-attributes", "--region", "eu-west-1", "--queue-url",
			"https://sqs.eu-west-1.amazonaws.com/111122223333/" + hostile, "--attributes", "KEY SECRET TOKEN",
			"", "", ""}},
		{byHand(queue)[2:], []string{"aws", "sqs", "set-queue-attributes", "--region", "eu-west-1",
			"--queue-url", "https://sqs.eu-west-1.amazonaws.com/111122223333/" + hostile, "--attributes",
			`{"Policy":""}`, "", "", ""}},
	} {
		if diff := cmp.Diff(tt.want, noted(t, dir, tt.steps)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Fatal("a name was run as a command")
		}
	}
}

// noting writes scripts named aws and jq, which note their arguments in the file ran.
func noting(t *testing.T, dir string) {
	t.Helper()
	for _, program := range []string{"aws", "jq"} {
		script := "#!/bin/sh\nfor a in " + program + ` "$@"; do printf '%s\n' "$a" >> ` + dir +
			"/ran; done\nprintf 'KEY SECRET TOKEN'\n"
		if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// noted runs the steps' commands, and is what their programs and the environment afterwards say.
func noted(t *testing.T, dir string, steps []step) []string {
	t.Helper()
	var script strings.Builder
	for _, s := range steps {
		script.WriteString(strings.Join(s.lines, "\n") + "\n")
	}
	script.WriteString(`printf '%s\n%s\n%s\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_SESSION_TOKEN" >> ` +
		dir + "/ran\n")
	_ = os.Remove(filepath.Join(dir, "ran"))
	sh := exec.Command("sh", "-c", script.String())
	sh.Dir, sh.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, script.String())
	}
	ran, err := os.ReadFile(filepath.Join(dir, "ran"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(ran), "\n"), "\n")
}

// TestTheRuleInTheMailIsARule: filled in, it is what the allow list reads.
func TestTheRuleInTheMailIsARule(t *testing.T) {
	for _, n := range []remedy.Notice{bucketLocked(), queueLocked()} {
		text := strings.Join(allow(n.Change).lines, "\n")
		text = strings.Replace(text, `"expires": "..."`, `"expires": "2027-06-30"`, 1)
		list, err := allowlist.Read([]byte(`{"organization": "o-a1b2c3d4e5", "rules": [` + text + `]}`))
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if ruling := list.Find(n.Change.Resource, allowlist.Account{Number: n.Change.Account},
			n.Change.Time); ruling.Standing != allowlist.Covered {
			t.Errorf("%s: %s", n.Change.Resource, ruling.Sentence())
		}
	}
}
