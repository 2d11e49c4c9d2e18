package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/events"
	"locksmith/test/pipeline"
)

const (
	payroll = "arn:aws:s3:::payroll"
	locking = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"]}]}`
	event = "00000000-0000-4000-8000-000000000002"
)

// unlocked is an AWS on which Locksmith has taken a policy off, and the environment of the person who wants it back.
func unlocked(t *testing.T) *cloud.Cloud {
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
	p, err := pipeline.New(c, server.URL, pipeline.Options{Allow: list, Limits: ledger.Defaults(),
		Log: slog.New(slog.DiscardHandler), Retryer: func() aws.Retryer { return aws.NopRetryer{} }})
	if err != nil {
		t.Fatal(err)
	}
	c.PutBucket("111122223333", "eu-central-1", "payroll")
	c.SetPolicy(payroll, locking)
	body, err := events.Files.ReadFile("02-s3-deny-all.json")
	if err != nil {
		t.Fatal(err)
	}
	err = p.Flow.Handle(context.Background(), remedy.Delivery{Event: body, Try: 1})
	if err != nil || c.Policy(payroll) != "" {
		t.Fatalf("not unlocked: %v, policy %q", err, c.Policy(payroll))
	}
	for _, variable := range p.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
	return c
}

func TestUndo(t *testing.T) {
	c := unlocked(t)
	var slept time.Duration
	sleep := func(_ context.Context, d time.Duration) error { slept += d; return nil }
	run := func(arguments ...string) (string, string) {
		var out bytes.Buffer
		where := []string{"-table", pipeline.Table, "-allowlist", "../../policies/allowlist.json"}
		err := runUndo(t.Context(), append(where, arguments...), &out, io.Discard, sleep)
		if err == nil {
			return out.String(), ""
		}
		return out.String(), err.Error()
	}
	const listed = event + "  " + payroll + "  unlocked  1     171 bytes, lockout, in force"
	if out, err := run(); err != "" || !strings.Contains(out, listed) {
		t.Errorf("list: %s %s", out, err)
	}
	_, err := run("-event", event, "-resource", payroll)
	if !strings.Contains(err, "would be lockout again") || c.Policy(payroll) != "" {
		t.Errorf("whole: %s, policy %q", err, c.Policy(payroll))
	}
	if _, err := run("-event", event, "-resource", payroll, "-repaired"); !strings.Contains(err, "nothing is left") {
		t.Errorf("repaired: %s", err)
	}
	if _, err := run("-event", "another", "-resource", payroll); !strings.Contains(err, `no such incident in the ledger: event "another"`) {
		t.Errorf("another event: %s", err)
	}
	out, err := run("-event", event, "-resource", payroll, "-anyway")
	if err != "" || !strings.Contains(out, payroll+" has its policy back; it is lockout") || c.Policy(payroll) != locking {
		t.Errorf("anyway: %s %s, policy %q", out, err, c.Policy(payroll))
	}
	if slept != time.Minute {
		t.Errorf("it waited %v for what others may have put", slept)
	}
}

func TestUndoNamesWhatIsWrong(t *testing.T) {
	for want, arguments := range map[string][]string{
		`-table "": want the name`:                           {},
		`-event "e", -resource "": want both`:                {"-table", "t", "-event", "e"},
		`"extra": no such argument`:                          {"-table", "t", "extra"},
		`-allowlist "nothing.json": open nothing.json`:       {"-table", "t", "-event", "e", "-resource", "r", "-allowlist", "nothing.json"},
		`-allowlist "": open : no such file`:                 {"-table", "t", "-event", "e", "-resource", "r"},
		`flag provided but not defined: -force`:              {"-force"},
		`invalid boolean value "x" for -anyway: parse error`: {"-anyway=x"},
	} {
		if _, err := readUndo(arguments, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", arguments, err, want)
		}
	}
	var help bytes.Buffer
	_, err := readUndo([]string{"-help"}, &help)
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "usage: locksmith undo -table TABLE") {
		t.Errorf("%v %s", err, help.String())
	}
}
