package sweep

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/sweeper"
	"locksmith/test/lambda"
)

// TestMemory: the function, built as it is deployed, needs as much memory for four times the accounts.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the function is not built in -short: its memory is not measured")
	}
	f, err := lambda.Sweep("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	few, many := memory(t, f, 15), memory(t, f, 60)
	t.Logf("%d kB after 15 accounts, %d kB after 60", few, many)
	if many > few*3/2 {
		t.Errorf("the process had %d kB after 15 accounts, and %d kB after 60", few, many)
	}
}

// memory is the most that one process had at a time, in kilobytes, in a whole sweep.
func memory(t *testing.T, f lambda.Function, accounts int) int64 {
	w := newWorld(t, Size{Accounts: accounts, Buckets: 40, Queues: 16, Planted: accounts / 2}, 3)
	allow := filepath.Join(t.TempDir(), "allowlist.json")
	if err := os.WriteFile(allow, []byte(AllowList), 0o644); err != nil {
		t.Fatal(err)
	}
	process, err := f.Start(w.sweep.Environment(allow, Regions()))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, err := w.sweep.Start(ctx, sweeper.Request{By: "a test"}); err != nil {
		t.Fatal(err)
	}
	invoke := func(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
		event, err := json.Marshal(batch)
		if err != nil {
			return answer, err
		}
		said, err := process.Invoke(ctx, event)
		if err == nil {
			err = json.Unmarshal([]byte(said.Body), &answer)
		}
		return answer, err
	}
	for w.pipeline.DeliverTo(ctx, w.sweep.Queue, invoke) > 0 {
	}
	process.Kill()
	if !w.over(t) {
		t.Fatalf("the sweep did not come to its end: %s", process.Said())
	}
	usage, ok := process.State().SysUsage().(*syscall.Rusage)
	if !ok {
		t.Skip("this system does not tell how much memory a process had")
	}
	return usage.Maxrss
}
