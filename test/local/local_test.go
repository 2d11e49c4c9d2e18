package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// play runs the command as a user does, from the top of the tree.
func play(t testing.TB, ctx context.Context, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(ctx, args, &out)
	return out.String(), err
}

func mustHold(t *testing.T, out string, parts ...string) {
	t.Helper()
	rest := out
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("no %q in its place in\n%s", part, out)
		}
		rest = after
	}
}

func TestStory(t *testing.T) {
	t.Chdir("../..")
	out, err := play(t, context.Background())
	if err != nil {
		t.Fatal(err)
	}
	mustHold(t, out,
		"put-bucket-policy --bucket payroll-exports", "get-bucket-policy --bucket payroll-exports  AccessDenied",
		"verdict lockout: statement DenyAllAccess", "sts:AssumeRoot", "saved the policy",
		"s3:DeleteBucketPolicy as root of 111122223333", "UNLOCKED", "NoSuchBucketPolicy: unlocked",
		"Subject: [Locksmith] UNLOCKED bucket payroll-exports", "THE POLICY THAT WAS TAKEN OFF",
		"set-queue-attributes", "AccessDenied", "sqs:SetQueueAttributes as root of 111122223333", "UNLOCKED", "OK",
		"LEFT ALONE", "NOT COVERED", "AccessDenied", "Subject: ALARM: ")
	if strings.Contains(out, "\x1b[") {
		t.Error("colour where no terminal is")
	}
}

func TestEvent(t *testing.T) {
	t.Chdir("../..")
	for file, want := range map[string]string{
		// The sample allow list names the administrators.
		"02-s3-deny-all.json": "UNLOCKED", "03-s3-deny-all-except-pipeline.json": "UNLOCKED",
		"04-s3-tls-only.json": "LEFT ALONE", "14-s3-refused.json": "LEFT ALONE", "23-sqs-deny-all.json": "UNLOCKED",
		"35-sqs-create-attribute.json": "UNLOCKED",
	} {
		out, err := play(t, context.Background(), "-event", filepath.Join("test/events", file))
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v, want %s\n%s", file, err, want, out)
		}
	}
}

// TestSweep: the organization is swept, and the figures are those of what was planted.
func TestSweep(t *testing.T) {
	t.Chdir("../..")
	out, err := play(t, context.Background(), "-sweep", "-json")
	if err != nil {
		t.Fatal(err)
	}
	var f figures
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("%v in\n%s", err, out)
	}
	// Of 110 accounts six refuse, and one is suspended. Beside them there are the central and the management account.
	if a := f.Accounts; a.Complete != 104 || a.Partial != 0 || a.Refused != 6 || a.Skipped != 2 {
		t.Errorf("%+v", a)
	}
	if l := f.Lockouts; l.Found != l.Settled+l.Told || l.Settled < 25 || l.Told == 0 {
		t.Errorf("%+v", l)
	}
	if f.Resources < 103*16 || f.Calls["AssumeRoot"] != 2*(104+6) || f.Seconds <= 0 {
		t.Errorf("%+v", f)
	}
}

func TestErrors(t *testing.T) {
	t.Chdir("../..")
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-event", "none.json"}, "none.json: no such file"},
		{[]string{"-event", "test/events/17-s3-no-policy.json"},
			"17-s3-no-policy.json: PutBucketPolicy 00000000-0000-4000-8000-000000000017: " +
				"requestParameters.bucketPolicy is missing"},
		{[]string{"-serve", "nowhere"}, `address "nowhere"`},
	} {
		_, err := play(t, context.Background(), row.args...)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, want %s", row.args, err, row.want)
		}
	}
	for _, args := range [][]string{{"story"}, {"-event", "a", "-serve", "b"}, {"-sweep", "-serve", "b"},
		{"-json"}} {
		if _, err := play(t, context.Background(), args...); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	t.Chdir(t.TempDir())
	if _, err := play(t, context.Background()); !errors.Is(err, os.ErrNotExist) ||
		!strings.Contains(err.Error(), "from the top of the source tree") {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestServeStops(t *testing.T) {
	t.Chdir("../..")
	ctx, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer stop()
	out, err := play(t, ctx, "-serve", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mustHold(t, out, "That AWS runs at http://127.0.0.1:", "AWS_ACCESS_KEY_ID=111122223333", "stopped")
}

// BenchmarkStart is from nothing to the first answer: an AWS with the pipeline on it, and one call by the SDK.
func BenchmarkStart(b *testing.B) {
	b.Chdir("../..")
	for b.Loop() {
		g, err := open(&screen{w: io.Discard, start: time.Now()}, "127.0.0.1:0", options{list: sample})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := sts.NewFromConfig(g.config(sandbox, home)).GetCallerIdentity(context.Background(),
			nil); err != nil {
			b.Fatal(err)
		}
		g.close()
	}
}
