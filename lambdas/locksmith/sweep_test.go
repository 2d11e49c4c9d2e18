package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// sweeping is an AWS with the sweep's function, and the environment of the person who asks for sweeps.
func sweeping(t *testing.T) *pipeline.Sweep {
	t.Helper()
	c := cloud.New(cloud.Config{})
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	text, err := os.ReadFile("../../policies/allowlist.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := allowlist.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	p, err := pipeline.New(c, server.URL, pipeline.Options{Allow: list, Limits: ledger.Defaults(), Log: log,
		Retryer: pipeline.Impatient})
	if err != nil {
		t.Fatal(err)
	}
	c.PutBucket("111122223333", "eu-central-1", "payroll")
	c.SetPolicy(payroll, locking)
	s, err := p.Sweep(pipeline.SweepOptions{Regions: []string{"eu-central-1"}, Log: log,
		Herald: notice.New(p.Config(), p.Topics)})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": pipeline.Region,
		"AWS_ACCESS_KEY_ID": "999988887777", "AWS_SECRET_ACCESS_KEY": "any", "AWS_CONFIG_FILE": os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull} {
		t.Setenv(name, value)
	}
	return s
}

func deliverAll(s *pipeline.Sweep) {
	for s.Deliver(context.Background()) > 0 {
	}
}

// locksmith runs the command, and gives its exit status and what it wrote.
func locksmith(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = run(context.Background(), args, strings.NewReader(""), &o, &e)
	return status, o.String(), e.String()
}

// TestSweep: it is started, stopped, resumed and watched.
func TestSweep(t *testing.T) {
	s := sweeping(t)
	table := []string{"-table", pipeline.Table}
	do := func(what string, status int, want string, more ...string) string {
		t.Helper()
		got, out, errs := locksmith(append(append([]string{"sweep", what}, table...), more...)...)
		if got != status || !strings.Contains(out+errs, want) {
			t.Fatalf("%s: exit %d, want %d and %q\n%s%s", what, got, status, want, out, errs)
		}
		return out
	}
	do("status", 1, `locksmith sweep: no such sweep: ""`)
	do("start", 0, " has begun\n", "-queue", s.Queue, "-by", "ada")
	do("start", 1, "locksmith sweep: a sweep is running: ", "-queue", s.Queue)
	do("stop", 0, " stops at the end of the pages that are being read")
	deliverAll(s)
	do("status", 0, `, stopped, by "ada"`)
	do("start", 0, " goes on\n", "-queue", s.Queue, "-resume")
	do("status", 0, "visits     0 of 0, and more: accounts are still listed")
	deliverAll(s)
	do("status", 0, "accounts   2 complete, 1 skipped\nresources  1, of which 1 were handed over as findings\n"+
		"calls      AssumeRoot 4, GetBucketPolicy 1, ListBuckets 2, ListQueues 2; 0 throttled\n")
	do("stop", 1, " is over: there is nothing to stop")

	var p sweeper.Progress
	if err := json.Unmarshal([]byte(do("status", 0, "{", "-json", "-sweep", "")), &p); err != nil {
		t.Fatal(err)
	}
	if p.State != sweeper.Over || p.By != "ada" || p.Findings != 1 || p.Counts[sweeper.Complete] != 2 ||
		p.Visits.Of != 4 || len(p.Gaps) != 1 || p.Gaps[0].Example != "management account" {
		t.Errorf("%+v", p)
	}
}

// TestSweepOfSome: accounts and tasks may be named.
func TestSweepOfSome(t *testing.T) {
	s := sweeping(t)
	status, out, errs := locksmith("sweep", "start", "-table", pipeline.Table, "-queue", s.Queue, "-accounts",
		"111122223333, 123456789012", "-tasks", "s3", "-json")
	if status != 0 || !strings.Contains(out, `"state":"running"`) {
		t.Fatalf("exit %d\n%s%s", status, out, errs)
	}
	deliverAll(s)
	_, out, _ = locksmith("sweep", "status", "-table", pipeline.Table)
	for _, want := range []string{"visits     1 of 1\n", "accounts   1 complete\n",
		"unknown    123456789012: not in the organization\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestSweepUsage(t *testing.T) {
	for _, row := range []struct {
		args []string
		want string
	}{
		{nil, `"": want start, status or stop`},
		{[]string{"begin"}, `"begin": want start, status or stop`},
		{[]string{"status"}, `-table "": want the name of the ledger's table`},
		{[]string{"status", "now"}, `"now": no such argument`},
		{[]string{"start", "-table", "t"}, `-queue "": want the ARN of the sweep's queue`},
		{[]string{"start", "-table", "t", "-queue", "arn:aws:sqs:a:b:c", "-accounts", "root"}, `account "root": want twelve`},
		{[]string{"start", "-table", "t", "-queue", "arn:aws:sqs:a:b:c", "-tasks", "sns"}, `task "sns": want s3 or sqs`},
		{[]string{"start", "-table", "t", "-queue", "arn:aws:sqs:a:b:c", "-tasks", "s3", "-resume"}, "-resume goes on"},
		{[]string{"stop", "-table", "t", "-resume"}, "-accounts, -tasks and -resume are for start"},
		{[]string{"stop", "-table", "t", "-everything"}, "flag provided but not defined: -everything"},
	} {
		status, out, errs := locksmith(append([]string{"sweep"}, row.args...)...)
		if status != 2 || out != "" || !strings.Contains(errs, row.want) {
			t.Errorf("%q: exit %d, want %q\n%s%s", row.args, status, row.want, out, errs)
		}
	}
	status, out, errs := locksmith("sweep", "start", "-h")
	if status != 0 || !says(out+errs, "usage: locksmith sweep start") {
		t.Errorf("-h: exit %d\n%s%s", status, out, errs)
	}
}
