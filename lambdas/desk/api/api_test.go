package api_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/desk/api"
	desk "locksmith/lambdas/requests"
)

// TestParts: each route is served by one part, beside the one that serves all. What opens no root session is operate's.
func TestParts(t *testing.T) {
	got := map[string][]string{}
	var together []string
	for _, part := range api.Parts() {
		got[string(part)] = api.New(api.Config{Part: part}).Routes()
		together = append(together, got[string(part)]...)
	}
	const bucket, queue = "/unlock-s3-bucket/{accountNumber}/{bucketName}", "/unlock-sqs-queue/{accountNumber}/{queueName}"
	want := map[string][]string{
		"view":   {"GET " + bucket, "GET " + queue},
		"unlock": {"POST /incidents/{id}/restore", "POST " + bucket, "POST " + queue},
		"audit":  {"GET /root-credentials", "GET /root-credentials/{accountNumber}"},
		"create": {"POST /create-root-login-profile/{accountNumber}"},
		"delete": {"POST /delete-root-login-profile/{accountNumber}"},
		"operate": {"GET /incidents", "GET /incidents/{id}", "GET /openapi.json", "GET /preflight", "GET /requests",
			"GET /requests/{id}", "GET /sweeps", "GET /sweeps/{id}", "POST /requests/{id}/approve",
			"POST /requests/{id}/cancel", "POST /requests/{id}/deny", "POST /sweeps", "POST /sweeps/{id}/stop"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	slices.Sort(together)
	if diff := cmp.Diff(together, api.New(api.Config{Part: api.All}).Routes()); diff != "" {
		t.Error(diff)
	}
}

// TestNoHeaderNamesACaller: a request that nobody has verified is refused, whatever it says of itself.
func TestNoHeaderNamesACaller(t *testing.T) {
	w := newWorld(t)
	status, text, _ := w.do(ask{method: "GET", path: "/requests", by: "nobody"})
	if status != 403 || len(w.wishes) != 0 {
		t.Errorf("%d %s", status, text)
	}
	root := ask{method: "GET", path: "/requests/" + id, by: "arn:aws:iam::999988887777:root"}
	if status, text, _ = w.do(root); status != 403 {
		t.Errorf("root: %d %s", status, text)
	}
}

// TestPanics: the request ends as a problem, in which nothing of the value is. The log has it, without credentials.
func TestPanics(t *testing.T) {
	w := newWorld(t)
	w.panics = true
	status, text, _ := w.do(ask{method: "GET", path: "/requests"})
	if status != 500 || strings.Contains(text, "AKIA") || !strings.Contains(w.log.String(), "panic") {
		t.Errorf("%d %s\n%s", status, text, w.log.String())
	}
	w.panics = false
	if status, text, _ := w.do(ask{method: "GET", path: "/requests"}); status != 200 {
		t.Errorf("after it: %d %s", status, text)
	}
}

// TestInside: what nobody has foreseen is in the log alone.
func TestInside(t *testing.T) {
	w := newWorld(t)
	w.err = fmt.Errorf("table locksmith-desk is away")
	_, text, _ := w.do(ask{method: "GET", path: "/requests"})
	if strings.Contains(text, "locksmith-desk") || !strings.Contains(w.log.String(), "locksmith-desk is away") {
		t.Errorf("%s\n%s", text, w.log.String())
	}
}

// TestMethods: GET answers HEAD, without a body. Other methods are told which there are.
func TestMethods(t *testing.T) {
	w := newWorld(t)
	if status, text, _ := w.do(ask{method: "HEAD", path: "/requests"}); status != 200 || text != "" {
		t.Errorf("HEAD: %d %q", status, text)
	}
	for path, want := range map[string]string{"/requests": "GET, HEAD", "/sweeps": "GET, HEAD, POST",
		"/sweeps/x/stop": "POST", "/unlock-s3-bucket/1/2": "GET, HEAD, POST"} {
		status, text, header := w.do(ask{method: "DELETE", path: path})
		if status != 405 || header.Get("Allow") != want || header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", path, status, header, text)
		}
	}
}

// TestMethodsOfOtherParts: whichever function is asked, a path knows the same methods; what is another's is not here.
func TestMethodsOfOtherParts(t *testing.T) {
	w := newWorld(t)
	w.api = api.New(api.Config{Part: api.Operate, Now: now, Log: slog.New(slog.DiscardHandler)})
	status, text, header := w.do(ask{method: "DELETE", path: "/unlock-s3-bucket/" + member + "/payroll"})
	if status != 405 || header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("%d %v %s", status, header, text)
	}
	if status, text, _ := w.do(ask{method: "GET", path: "/unlock-s3-bucket/" + member + "/payroll"}); status != 404 {
		t.Errorf("%d %s", status, text)
	}
}

// TestWishes: what a body and a path say is what the desk is asked for.
func TestWishes(t *testing.T) {
	w := newWorld(t)
	for _, a := range []ask{
		{path: "/unlock-s3-bucket/" + member + "/payroll?region=eu-central-1", body: `{"reason":"r","force":true}`,
			key: "k-1"},
		{path: "/unlock-sqs-queue/" + member + "/orders.fifo", body: `{"reason":"r","ticket":"t","action":"repair"}`},
		{path: "/create-root-login-profile/" + member, body: `{"reason":"r","case":true}`},
		{path: "/delete-root-login-profile/" + member, body: `{"reason":"r"}`},
		{path: "/incidents/8a2f~arn:aws:s3:::payroll/restore", body: `{"reason":"r","copy":2,"force":true}`},
	} {
		a.method = "POST"
		if status, text, _ := w.do(a); status != 202 {
			t.Errorf("%s: %d %s", a.path, status, text)
		}
	}
	want := []desk.Wish{
		{Task: desk.Unlock, Force: true, Account: member, Resource: "arn:aws:s3:::payroll", Region: "eu-central-1",
			Reason: "r", Key: "k-1"},
		{Task: desk.Unlock, Account: member, Resource: "arn:aws:sqs:us-east-1:111122223333:orders.fifo", Region: "us-east-1",
			Action: "repair", Reason: "r", Ticket: "t"},
		{Task: desk.CreatePassword, Account: member, Case: true, Reason: "r"},
		{Task: desk.DeleteCredentials, Account: member, Reason: "r"},
		{Task: desk.Restore, Account: member, Resource: "arn:aws:s3:::payroll", Region: "eu-central-1", Copy: 2, Anyway: true,
			Incident: "8a2f~arn:aws:s3:::payroll", Reason: "r"},
	}
	if diff := cmp.Diff(want, w.wishes); diff != "" {
		t.Error(diff)
	}
}

// TestPartitions: ARNs are of the part of AWS that the desk is in.
func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{"cn-north-1": "arn:aws-cn:s3:::payroll",
		"us-gov-west-1": "arn:aws-us-gov:s3:::payroll", "eu-central-1": "arn:aws:s3:::payroll"} {
		w := newWorld(t)
		w.api = api.New(api.Config{Part: api.Unlock, Region: region, Desk: deskOf{w}, Now: now,
			Log: slog.New(slog.DiscardHandler)})
		w.do(ask{method: "POST", path: "/unlock-s3-bucket/" + member + "/payroll", body: `{"reason":"r"}`})
		if len(w.wishes) != 1 || w.wishes[0].Resource != want {
			t.Errorf("%s: %+v", region, w.wishes)
		}
	}
}

// TestStates: what a request has come to is the status of the answer.
func TestStates(t *testing.T) {
	for state, want := range map[desk.State]int{desk.Done: 200, desk.Requested: 202, desk.Approved: 202,
		desk.Running: 202, desk.Failed: 502, desk.Unknown: 502, desk.Denied: 409, desk.Cancelled: 409, desk.Expired: 409} {
		w := newWorld(t)
		w.state = state
		status, text, _ := w.do(ask{method: "POST", path: "/delete-root-login-profile/" + member, body: `{"reason":"r"}`})
		if status != want || !strings.Contains(text, `"id":"`+id+`"`) {
			t.Errorf("%s: %d %s", state, status, text)
		}
	}
}

// TestKeysMayBeTriedAgain: what failed on our side is not what the key answers for a day.
func TestKeysMayBeTriedAgain(t *testing.T) {
	w := newWorld(t)
	again := ask{method: "POST", path: "/unlock-s3-bucket/" + member + "/payroll", body: `{"reason":"r"}`, key: "k"}
	w.err = fmt.Errorf("table is away")
	if status, _, _ := w.do(again); status != http.StatusInternalServerError {
		t.Errorf("%d", status)
	}
	w.err = nil
	for range 2 {
		if status, text, _ := w.do(again); status != 202 {
			t.Errorf("%d %s", status, text)
		}
	}
	if len(w.wishes) != 2 { // the one that failed, and the one that is answered twice
		t.Errorf("%+v", w.wishes)
	}
}

// FuzzBody: whatever comes as a body ends as a problem that says where, or as a wish.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"reason":"r"}`, `{"reason":`, "{\"a\n\":1}", `[]`, `{"copy":1e9}`, "\xff",
		`{"reason":"\ud800"}`} {
		f.Add(seed)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, text string) {
		w.t = t
		status, said, _ := w.do(ask{method: "POST", path: "/unlock-s3-bucket/" + member + "/payroll", body: text})
		if status != 202 && status != 400 && status != 413 {
			t.Errorf("%q: %d %s", text, status, said)
		}
	})
}
