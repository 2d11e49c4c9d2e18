package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
	"locksmith/test/lambda"
	"locksmith/test/pipeline"
)

// TestFunction holds the real binary to what Lambda and the work queue expect of it.
func TestFunction(t *testing.T) {
	if testing.Short() {
		t.Skip("the function is not built in -short: the test of the real binary is skipped")
	}
	readSources(t)
	f, err := lambda.Unlock("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("answers", func(t *testing.T) { testAnswers(t, f) })
	t.Run("killed", func(t *testing.T) { testKilled(t, f) })
	t.Run("settings", func(t *testing.T) { testSettings(t, f) })
	t.Run("measured", func(t *testing.T) { testMeasured(t, f) })
}

// readSources looks at every file that may become part of the binary. A subprocess builds it, of which the test cache
// sees nothing. The cache watches what the test itself has looked at.
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
	s.lockAgain()
	return s
}

func started(t *testing.T, s *stage, f lambda.Function, extra ...string) *lambda.Process {
	t.Helper()
	p, err := f.Start(append(s.Environment(), extra...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func mustRead(t *testing.T, file, id string) lambda.Message {
	t.Helper()
	m, err := eventFrom(file, id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// testAnswers gives one process four batches, one after the other.
func testAnswers(t *testing.T, f lambda.Function) {
	s := newStage(t)
	p := started(t, s, f)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	open, locked := mustRead(t, "04-s3-tls-only.json", "open-1"), mustRead(t, "02-s3-deny-all.json", "locked-1")
	broken := mustRead(t, "43-not-json.json", "broken-1")
	again := locked
	again.Try = 2
	claim, page, soon := "dynamodb:TransactWriteItems", "dynamodb:UpdateItem", "sqs:ChangeMessageVisibility"
	thirteen := []string{claim, "sts:AssumeRoot", "dynamodb:PutItem", "s3:GetBucketPolicy", claim, "s3:GetBucketPolicy",
		"s3:DeleteBucketPolicy", "s3:GetBucketPolicy", claim, "dynamodb:GetItem", "sns:Publish", "sns:Publish", claim}
	seen := []string{page}
	toldOfBroken := []string{claim, page, "sns:Publish", "sns:Publish", "sns:Publish", claim, soon}
	for _, row := range []struct {
		name, want string
		batch      []lambda.Message
		calls      []string
		policy     string
	}{
		{"open", `{"batchItemFailures":[]}`, []lambda.Message{open}, seen, lock},
		{"malformed, and open", `{"batchItemFailures":[{"itemIdentifier":"broken-1"}]}`, []lambda.Message{broken, open},
			slices.Concat(seen, toldOfBroken), lock},
		{"malformed, and a lockout", `{"batchItemFailures":[{"itemIdentifier":"broken-1"}]}`,
			[]lambda.Message{broken, locked}, slices.Concat(thirteen, []string{claim, soon}), ""},
		// The stage locks it again, and no event tells of that.
		{"delivered again", `{"batchItemFailures":[]}`, []lambda.Message{again}, []string{claim}, lock},
	} {
		s.lockAgain()
		a, err := p.Invoke(ctx, lambda.Batch(row.batch...))
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if a.Kind != "response" || a.Body != row.want || !sameCalls(s.calls(), row.calls) ||
			s.cloud.Policy(bucket) != row.policy {
			t.Errorf("%s: %s %s, calls %v, policy now %q; want %s, calls %v, policy %q", row.name, a.Kind, a.Body,
				s.calls(), s.cloud.Policy(bucket), row.want, row.calls, row.policy)
		}
	}
	for topic, want := range map[string]int{s.Topics.Alerts: 2, s.Topics.Chat: 2, s.Topics.Pages: 1} {
		if got := len(s.cloud.Inbox(topic)); got != want {
			t.Errorf("%s took %d messages, want %d", topic, got, want)
		}
	}
	p.Kill()
	checkLog(t, s, p.Said())
}

// sameCalls tells whether the same calls were made. Messages are handled side by side, so their order is not one.
func sameCalls(got, want []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
}

// checkLog holds what the process of testAnswers has written against what it did. CloudWatch reads the metrics from
// there.
func checkLog(t *testing.T, s *stage, said string) {
	t.Helper()
	for want, times := range map[string]int{`"msg":"nothing to do"`: 2, `"msg":"not finished"`: 2, `"msg":"settled"`: 2,
		`"OutcomeUnlocked":1`: 1} {
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

// testKilled kills the process while it waits for a call of its own. The queue brings the message again, once the lease
// of the first process has run out, and another process leads it to its end. People are told of an unlock, however far
// the first one came.
func testKilled(t *testing.T, f lambda.Function) {
	for _, call := range []string{"AssumeRoot", "GetBucketPolicy", "DeleteBucketPolicy", "Publish"} {
		t.Run(call, func(t *testing.T) {
			s := newStage(t)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			m := mustRead(t, "02-s3-deny-all.json", "locked-1")
			p := started(t, s, f)
			var once sync.Once
			s.cloud.OnCall(func(c cloud.Call) {
				if c.Action == call {
					once.Do(p.Kill)
				}
			})
			if a, err := p.Invoke(ctx, lambda.Batch(m)); err == nil ||
				!strings.Contains(err.Error(), "signal: killed") {
				t.Fatalf("the first process: %v, %v; want it killed", a, err)
			}
			m.Try++
			second := started(t, s, f)
			if a, err := second.Invoke(ctx, lambda.Batch(m)); err != nil ||
				a.Body != `{"batchItemFailures":[{"itemIdentifier":"locked-1"}]}` {
				t.Fatalf("the second process, while the first has its lease: %v, %v", a, err)
			}
			s.endLeases(t)
			a, err := second.Invoke(ctx, lambda.Batch(m))
			if err != nil {
				t.Fatal(err)
			}
			if a.Body != `{"batchItemFailures":[]}` || s.cloud.Policy(bucket) != "" {
				t.Errorf("the second process: %s, policy now %q", a.Body, s.cloud.Policy(bucket))
			}
			mails, chat := s.cloud.Inbox(s.Topics.Alerts), s.cloud.Inbox(s.Topics.Chat)
			if len(mails) == 0 || len(chat) == 0 || !strings.Contains(mails[len(mails)-1].For("email"), "UNLOCKED") {
				t.Errorf("people were not told of an unlock: mails %v, chat %v", mails, chat)
			}
			if e := s.Incidents(); len(e) != 1 || e[0].State != remedy.Closed || e[0].Saved != lock {
				t.Errorf("ledger: %+v", e)
			}
		})
	}
}

// endLeases lets five minutes pass for the ledger: the process reads the time of this machine.
func (s *stage) endLeases(t *testing.T) {
	t.Helper()
	_, err := s.Client().UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String(pipeline.Table),
		Key: map[string]types.AttributeValue{
			"id": &types.AttributeValueMemberS{Value: "resource#" + bucket}},
		UpdateExpression:          aws.String("SET #until = :past"),
		ExpressionAttributeNames:  map[string]string{"#until": "until"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":past": &types.AttributeValueMemberN{Value: "0"}}})
	if err != nil {
		t.Fatal(err)
	}
}

// lockAgain puts the lock on the bucket, of which the ledger knows, and forgets the calls.
func (s *stage) lockAgain() {
	s.cloud.SetPolicy(bucket, lock)
	s.cloud.ResetCalls()
}

// testMeasured starts the function as the command does, a few times: each start has to do the whole work.
func testMeasured(t *testing.T, f lambda.Function) {
	results, err := measure(t.Context(), newStage(t), []lambda.Function{f}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if len(r.Samples) != 4 {
			t.Errorf("%s: %d starts, want 4", r.Question.Name, len(r.Samples))
		}
	}
}

// testSettings starts the process without a mode: it ends, and says why.
func testSettings(t *testing.T, f lambda.Function) {
	s := newStage(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := started(t, s, f, "LOCKSMITH_MODE=").Invoke(ctx, lambda.Batch())
	if err == nil || !strings.Contains(err.Error(), "exit status 1") ||
		!strings.Contains(err.Error(), `LOCKSMITH_MODE=\"\": want act or observe`) {
		t.Errorf("without a mode: %v", err)
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
		Results: []result{{lambda.Function{Name: "ours"}, q, ours}, {lambda.Function{Name: "theirs"}, q, theirs}}}
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
