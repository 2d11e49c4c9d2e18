package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
)

// A transcript is what the command has printed so far. It is read while more is printed.
type transcript struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *transcript) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// serve runs the command with -serve until the test ends, and tells its address.
func serve(t *testing.T, args ...string) (address string, out *transcript) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out = &transcript{}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, append([]string{"-serve", "127.0.0.1:0"}, args...), out) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	at := regexp.MustCompile(`That AWS runs at (http://[0-9.:]+) `)
	within(t, 10*time.Second, "the address", func() bool { return at.MatchString(out.String()) })
	return at.FindStringSubmatch(out.String())[1], out
}

// within waits until something is so.
func within(t *testing.T, most time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within %v", what, most)
		}
	}
}

// A person calls by the real aws command line.
type person struct {
	t       *testing.T
	address string
	secret  string
}

// says is what the command line says to the holder of a key.
func (p person) says(key string, args ...string) string {
	p.t.Helper()
	args = append([]string{"--endpoint-url", p.address, "--region", home, "--output", "text"}, args...)
	c := exec.Command("aws", args...)
	c.Env = append(os.Environ(), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_ACCESS_KEY_ID="+key, "AWS_SECRET_ACCESS_KEY="+p.secret, "AWS_SESSION_TOKEN=")
	out, _ := c.CombinedOutput() // what it says tells more than its exit code
	return strings.TrimSpace(string(out))
}

// hears wants something to be in what the command line says.
func (p person) hears(want, key string, args ...string) {
	p.t.Helper()
	if got := p.says(key, args...); !strings.Contains(got, want) {
		p.t.Errorf("aws %s as %s: %q, want %q", strings.Join(args, " "), key, got, want)
	}
}

func needCommandLine(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("aws is not installed: the test with the real command line is skipped")
	}
}

// TestWhoCalls: the access key says who calls. With -secret, whoever has another secret is refused.
func TestWhoCalls(t *testing.T) {
	needCommandLine(t)
	t.Chdir("../..")
	address, out := serve(t, "-secret", "open sesame")
	p := person{t, address, "open sesame"}
	for key, want := range map[string]string{
		"111122223333.role.Admin.kim@example.com": "arn:aws:sts::111122223333:assumed-role/Admin/kim@example.com",
		"111122223333.root":                       "arn:aws:iam::111122223333:root",
	} {
		p.hears(want, key, "sts", "get-caller-identity", "--query", "Arn")
	}
	p.hears("111122223333", "999988887777", "organizations", "list-accounts", "--query", "Accounts[].Id")
	wrong := person{t, address, "any"}
	wrong.hears("SignatureDoesNotMatch", "111122223333", "s3api", "list-buckets")
	wrong.hears("InvalidSignatureException", "111122223333", "sqs", "list-queues")
	mustHold(t, out.String(), "AWS_SECRET_ACCESS_KEY=open sesame", "signatures are verified",
		"Guards (not a deployment's; -strict has those): 100 unlocks of one resource in a day")
}

// TestAnotherAllowList: an account comes into being when it first calls, and is covered from when it has the tag that
// the list names. The pipeline signs with the secret, too.
func TestAnotherAllowList(t *testing.T) {
	needCommandLine(t)
	list := filepath.Join(t.TempDir(), "list.json")
	text := `{"organization": "o-a1b2c3d4e5", "rules": [{"name": "tagged", "accounts": ["tag:stage=sandbox"],
		"resources": ["arn:aws:s3:::*"], "action": "delete", "owner": "Ops", "reason": "none"}]}`
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	address, out := serve(t, "-allowlist", list, "-secret", "s")
	p := person{t, address, "s"}
	const account, management = "222233334444", "000011112222"
	p.hears("/payroll", account, "s3api", "create-bucket", "--bucket", "payroll", "--create-bucket-configuration",
		"LocationConstraint="+home)
	p.hears("", management, "organizations", "tag-resource", "--resource-id", account, "--tags",
		"Key=stage,Value=sandbox")
	p.hears("", account, "s3api", "put-bucket-policy", "--bucket", "payroll", "--policy",
		denyAll("DenyAllAccess", "s3:*", "arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"))
	within(t, 30*time.Second, "unlock", func() bool { return strings.Contains(out.String(), "UNLOCKED") })
	p.hears("NoSuchBucketPolicy", account, "s3api", "get-bucket-policy", "--bucket", "payroll")
	mustHold(t, out.String(), "The allow list "+list+" says what is covered", "UNLOCKED")
}

func TestListsThatCannotBeRead(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"organization": 7, "rules": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	for list, want := range map[string]string{"none.json": "none.json: no such file",
		broken: broken + ": 1:18: organization"} {
		_, err := play(t, context.Background(), "-allowlist", list)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", list, err)
		}
	}
}

// TestStrict: the guards and settling times are a deployment's, and that is said.
func TestStrict(t *testing.T) {
	t.Chdir("../..")
	if got := (options{strict: true}).limits(); got != ledger.Defaults() {
		t.Errorf("%+v", got)
	}
	for strict, want := range map[bool][]string{
		true: {"too early to tell", "LATER"}, false: {"UNLOCKED", "Guards"},
	} {
		out := &transcript{}
		o := options{list: sample, strict: strict}
		g, err := open(&screen{w: out, start: time.Now()}, "127.0.0.1:0", o)
		if err != nil {
			t.Fatal(err)
		}
		g.cloud.PutBucket(sandbox, home, "payroll")
		policy := denyAll("Deny", "s3:*", "arn:aws:s3:::payroll")
		if err := g.putBucketPolicy(t.Context(), sandbox, home, "payroll", policy); err != nil {
			t.Fatal(err)
		}
		g.Deliver(t.Context())
		mustHold(t, out.String()+g.welcome(o), want...)
		g.close()
	}
	mustHold(t, options{strict: true}.guards(), "3 unlocks of one resource in a day, 10 of an account and 20 in all",
		"looked at again a minute after the change")
}
