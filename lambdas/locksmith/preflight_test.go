package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"locksmith/lambdas/readiness"
	"locksmith/policies/reach"
	"locksmith/test/cloud/front"
	"locksmith/test/cloud/place"
)

// at makes an organization, and the environment of a person in its delegated administrator's account.
func at(t *testing.T) *place.Place {
	p := place.New(t)
	for name, value := range map[string]string{"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": p.URL,
		"AWS_ACCESS_KEY_ID": place.Central + ".role.Platform", "AWS_SECRET_ACCESS_KEY": "any"} {
		t.Setenv(name, value)
	}
	return p
}

// TestPreflight: the exit status says how it stands, data goes to standard output, and both forms name the obstacle.
func TestPreflight(t *testing.T) {
	p := at(t)
	ask := func(status int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		args = append([]string{"preflight", "-regions", "eu-central-1,us-east-1"}, args...)
		if got := run(t.Context(), args, strings.NewReader(""), &out, &errs); got != status || errs.Len() > 0 {
			t.Errorf("%q: exit %d, want %d\n%s%s", args, got, status, out.String(), errs.String())
		}
		return out.String()
	}
	if text := ask(0); !strings.Contains(text, "2 reachable, 0 blocked") {
		t.Error(text)
	}
	p.Attach(front.SCP, place.Owner, "guard",
		`{"Version":"2012-10-17","Statement":{"Sid":"G","Effect":"Deny","Action":"s3:*","Resource":"*"}}`)
	if text := ask(1); !strings.Contains(text, "blocked by statement G of SCP guard") {
		t.Error(text)
	}
	var report readiness.Report
	if err := json.Unmarshal([]byte(ask(1, "-json")), &report); err != nil || report.State != reach.Blocked ||
		report.Findings[0].Where != place.Owner || report.Counts.Blocked != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	if text := ask(1, "-account", place.Owner); !strings.Contains(text, "is not the delegated administrator") {
		t.Error(text)
	}
}

// TestPreflightInTheDark: without leave to read, nothing is reachable.
func TestPreflightInTheDark(t *testing.T) {
	at(t)
	t.Setenv("AWS_ACCESS_KEY_ID", place.Owner+".role.Platform")
	var out, errs bytes.Buffer
	args := []string{"preflight", "-regions", "us-east-1"}
	if got := run(t.Context(), args, strings.NewReader(""), &out, &errs); got != 1 ||
		!strings.Contains(out.String(), "could not be read") {
		t.Errorf("exit %d\n%s%s", got, out.String(), errs.String())
	}
}
