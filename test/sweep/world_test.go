package sweep

import (
	"context"
	"log/slog"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/ledger/good"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// A world is an organization, with the pipeline and the sweep in its central account.
type world struct {
	*Organization
	pipeline *pipeline.Pipeline
	sweep    *pipeline.Sweep
	base     string
	store    sweeper.Store // as the first process has it
	herald   herald

	mu    sync.Mutex
	calls map[string]int // in root sessions, and to open them for sweeps: by call and account, and by resource
}

// herald keeps what people were told, and tells them.
type herald struct {
	*notice.Publisher
	told []remedy.Bulletin
}

func (h *herald) Announce(ctx context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	h.told = append(h.told, b)
	return h.Publisher.Announce(ctx, b, told)
}

// newWorld makes an organization of a size.
func newWorld(t *testing.T, s Size, seed uint64) *world {
	t.Helper()
	c := cloud.New(cloud.Config{})
	w := &world{calls: map[string]int{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	w.base = server.URL
	allow, err := allowlist.Read([]byte(AllowList))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if w.pipeline, err = pipeline.New(c, w.base, pipeline.Options{Allow: allow, Log: log,
		Limits: ledger.Limits{Lease: time.Minute}, Visibility: time.Second, Retryer: pipeline.Impatient}); err != nil {
		t.Fatal(err)
	}
	w.pipeline.Flow.Instant = true
	w.herald.Publisher = notice.New(w.pipeline.Config(), w.pipeline.Topics)
	w.sweep, err = w.pipeline.Sweep(pipeline.SweepOptions{Regions: Regions(), Log: log, Herald: &w.herald,
		Reader: Reader,
		Keeper: good.New(w.pipeline.Config(), pipeline.Table, good.DefaultAge, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	w.store, w.Organization = w.sweep.Store, Make(c, s, seed)
	c.OnCall(w.count)
	return w
}

// count counts the sweep's calls. Those in root sessions are told from the flow's by when they are made.
func (w *world) count(c cloud.Call) {
	key := ""
	switch {
	case c.Action == "AssumeRoot" && strings.Contains(c.Caller, "LocksmithSweep"):
		key = "AssumeRoot " + AccountOf(c.Resource)
	case strings.HasSuffix(c.Caller, ":root") && c.Resource != "":
		key = c.Action + " " + c.Resource
	case strings.HasSuffix(c.Caller, ":root"):
		key = c.Action + " " + c.Account
	default:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[key]++
}

// made is what was counted so far.
func (w *world) made() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.calls)
}
