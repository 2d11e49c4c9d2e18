package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/test/cloud"
)

// TestFunction holds the real binary to what Lambda and the work queue expect of it.
func TestFunction(t *testing.T) {
	if testing.Short() {
		t.Skip("the function is not built in -short: the test of the real binary is skipped")
	}
	readSources(t)
	f, err := buildOurs("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("answers", func(t *testing.T) { testAnswers(t, f) })
	t.Run("killed", func(t *testing.T) { testKilled(t, f) })
	t.Run("settings", func(t *testing.T) { testSettings(t, f) })
}

// readSources looks at every file that may become part of the binary. It is built by a subprocess, of which the test cache sees nothing; what the test itself has
// looked at it watches.
func readSources(t *testing.T) {
	for _, folder := range []string{"../../lambdas", "../../policies"} {
		if err := filepath.WalkDir(folder, func(string, fs.DirEntry, error) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"../../go.mod", "../../policies/allowlist.json"} {
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
	}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	s.reset()
	return s
}

func started(t *testing.T, s *stage, f function, extra ...string) *process {
	t.Helper()
	p, err := f.start(s, extra...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func mustRead(t *testing.T, file, id string) message {
	t.Helper()
	m, err := eventFrom(file, id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// testAnswers gives one process four batches, one after the other.
func testAnswers(t *testing.T, f function) {
	s := newStage(t)
	p := started(t, s, f)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	open, locked, broken := mustRead(t, "04-s3-tls-only.json", "open-1"), mustRead(t, "02-s3-deny-all.json", "locked-1"), mustRead(t, "43-not-json.json", "broken-1")
	again := locked
	again.try = 2
	six := []string{"sts:AssumeRoot", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "sns:Publish", "sns:Publish"}
	for _, row := range []struct {
		name, want string
		batch      []message
		calls      []string
		policy     string
	}{
		{"open", `{"batchItemFailures":[]}`, []message{open}, []string{}, lock},
		{"malformed, and open", `{"batchItemFailures":[{"itemIdentifier":"broken-1"}]}`, []message{broken, open}, []string{}, lock},
		{"malformed, and a lockout", `{"batchItemFailures":[{"itemIdentifier":"broken-1"}]}`, []message{broken, locked}, six, ""},
		{"delivered again", `{"batchItemFailures":[]}`, []message{again}, []string{}, lock}, // the stage locks it again, but of that no event tells
	} {
		s.reset()
		a, err := p.invoke(ctx, batch(row.batch...))
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if a.Kind != "response" || a.Body != row.want || !slices.Equal(s.calls(), row.calls) || s.cloud.Policy(bucket) != row.policy {
			t.Errorf("%s: %s %s, calls %v, policy now %q; want %s, calls %v, policy %q", row.name, a.Kind, a.Body, s.calls(), s.cloud.Policy(bucket), row.want, row.calls, row.policy)
		}
	}
	for topic, want := range map[string]int{s.alerts: 1, s.chat: 1, s.pages: 0} {
		if got := len(s.cloud.Inbox(topic)); got != want {
			t.Errorf("%s took %d messages, want %d", topic, got, want)
		}
	}
	p.kill()
	checkLog(t, s, p.said.String())
}

// checkLog holds what the process of testAnswers has written against what it did. CloudWatch reads the metrics from there.
func checkLog(t *testing.T, s *stage, said string) {
	t.Helper()
	for want, times := range map[string]int{`"msg":"nothing to do"`: 2, `"msg":"not finished"`: 2, `"msg":"settled"`: 2, `"OutcomeUnlocked":1`: 1} {
		if got := strings.Count(said, want); got != times {
			t.Errorf("the log holds %s %d times, want %d:\n%s", want, got, times, said)
		}
	}
	secrets := s.cloud.Secrets()
	if len(secrets) == 0 {
		t.Error("no session was opened: nothing could have been written")
	}
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			t.Errorf("a secret of the root session stands in the log:\n%s", said)
		}
	}
}

// testKilled kills the process while it waits for a call of its own. The queue brings the message again, and another process leads it to its end. Killed from the delete
// on, a process leaves it to its ledger whether the next one knows whose work that was; told of the policy people are in any case.
func testKilled(t *testing.T, f function) {
	for call, told := range map[string]string{"AssumeRoot": "UNLOCKED", "GetBucketPolicy": "UNLOCKED", "DeleteBucketPolicy": "DenyAllAccess", "Publish": "DenyAllAccess"} {
		t.Run(call, func(t *testing.T) {
			s := newStage(t)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			m := mustRead(t, "02-s3-deny-all.json", "locked-1")
			p := started(t, s, f)
			var once sync.Once
			s.cloud.OnCall(func(c cloud.Call) {
				if c.Action == call {
					once.Do(p.kill)
				}
			})
			if a, err := p.invoke(ctx, batch(m)); err == nil || !strings.Contains(err.Error(), "signal: killed") {
				t.Fatalf("the first process: %v, %v; want it killed", a, err)
			}
			m.try++
			a, err := started(t, s, f).invoke(ctx, batch(m))
			if err != nil {
				t.Fatal(err)
			}
			if a.Body != `{"batchItemFailures":[]}` || s.cloud.Policy(bucket) != "" {
				t.Errorf("the second process: %s, policy now %q", a.Body, s.cloud.Policy(bucket))
			}
			mails, chat := s.cloud.Inbox(s.alerts), s.cloud.Inbox(s.chat)
			if len(mails) == 0 || len(chat) == 0 || !strings.Contains(mails[len(mails)-1].For("email"), told) {
				t.Errorf("people were not told of %s: mails %v, chat %v", told, mails, chat)
			}
		})
	}
}

// testSettings starts the process without a mode: it ends, and says why.
func testSettings(t *testing.T, f function) {
	s := newStage(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := started(t, s, f, "LOCKSMITH_MODE=").invoke(ctx, batch())
	if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), `LOCKSMITH_MODE=\"\": want act or observe`) {
		t.Errorf("without a mode: %v", err)
	}
}

// TestRuntimeAPI holds the stand-in to the documented answers: one answer to each event, and only to the one that is out.
func TestRuntimeAPI(t *testing.T) {
	api, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.close)
	base := "http://" + api.address + "/2018-06-01/runtime/"
	post := func(path string) int {
		t.Helper()
		reply, err := http.Post(base+path, "application/json", strings.NewReader(`{"n":1}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = reply.Body.Close()
		return reply.StatusCode
	}
	if got := post("invocation/" + requestID(0) + "/response"); got != 400 {
		t.Errorf("answer before any event: %d, want 400", got)
	}
	api.events <- []byte(`{}`)
	reply, err := http.Get(base + "invocation/next")
	if err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close()
	id := reply.Header.Get("Lambda-Runtime-Aws-Request-Id")
	for _, row := range []struct {
		path string
		want int
	}{
		{"init/error", 400}, // the start is over
		{"invocation/another/response", 400},
		{"invocation/" + id + "/error", 202},
		{"invocation/" + id + "/response", 400}, // a second answer
	} {
		if got := post(row.path); got != row.want {
			t.Errorf("%s: %d, want %d", row.path, got, row.want)
		}
	}
	if a := <-api.answers; a.Kind != "error" || a.Body != `{"n":1}` {
		t.Errorf("%+v", a)
	}
}

func TestFailures(t *testing.T) {
	for _, a := range []answer{{Kind: "error", Body: `{"batchItemFailures":[]}`}, {Kind: "response", Body: `null`}, {Kind: "response", Body: `{}`}, {Kind: "response", Body: ``}} {
		if ids, err := a.failures(); err == nil {
			t.Errorf("%+v passes with %v", a, ids)
		}
	}
	ids, err := answer{Kind: "response", Body: `{"batchItemFailures": [{"itemIdentifier": "m-7"}]}`}.failures()
	if err != nil || !slices.Equal(ids, []string{"m-7"}) {
		t.Errorf("%v, %v", ids, err)
	}
}

func TestReport(t *testing.T) {
	ms := time.Millisecond
	var ours, theirs []sample
	for i := range 20 { // 10 to 29 ms, largest first
		d := time.Duration(29-i) * ms
		ours, theirs = append(ours, sample{d / 2, d, 4 * ms}), append(theirs, sample{d, 2 * d, 10 * ms})
	}
	q := question{Name: "an event"}
	r := report{Deployed: weight{12_340_000, 4_560_000}, Missing: errors.New("no python"),
		Results: []result{{function{Name: "ours"}, q, ours}, {function{Name: "theirs"}, q, theirs}}}
	var text strings.Builder
	if err := r.write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"20 starts each",
		"| an event | ours | 9.5 ms | 19.0 ms | 27.0 ms | 29.0 ms | 1.0 | 4.0 ms | 1.0 |\n",
		"| an event | theirs | 19.0 ms | 38.0 ms | 54.0 ms | 58.0 ms | 2.0 | 10.0 ms | 2.5 |\n",
		"\nThe Python function is left out: no python\n",
		"12.3 MB, zipped 4.6 MB",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}
