package browser

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/notice"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// The people, each by an access key, as which the pages are looked at.
const (
	onCall   = "999988887777.role.AWSReservedSSO_OnCall_a1b2c3d4e5f60718.kim@example.com"
	security = "999988887777.role.AWSReservedSSO_Security_a1b2c3d4e5f60718.lee@example.com"
	another  = "999988887777.role.AWSReservedSSO_Security_a1b2c3d4e5f60718.ana@example.com"
	incident = "999988887777.role.AWSReservedSSO_Incident_a1b2c3d4e5f60718.max@example.com"
)

// entries say who may what in the stories.
const entries = `{"organization": "o-a1b2c3d4e5", "rules": [], "desk": [
{"name": "on call", "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/*"],
 "tasks": ["view", "audit", "operate", "unlock", "force", "restore"], "accounts": ["r-a1b2"], "approvals": 1,
 "approvers": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"], "hours": 4},
{"name": "security", "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"],
 "tasks": ["view", "audit", "operate", "create-password", "delete-credentials"], "accounts": ["r-a1b2"],
 "approvals": 1, "approvers": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"], "hours": 4},
{"name": "break glass", "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Incident_*/*"],
 "tasks": ["view", "operate", "unlock"], "accounts": ["r-a1b2"], "breakGlass": true, "approvals": 1,
 "approvers": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"]}]}`

const account, region = "111122223333", "eu-central-1"

// A world is an AWS with the desk on it, whose queues are worked off while the test runs.
type world struct {
	*cloud.Cloud
	*pipeline.Pipeline
	desk  *pipeline.Desk
	pages string // the address of the first page
}

func newWorld(t *testing.T) *world { return worldOf(t, entries) }

// worldOf makes a world with another allow list.
func worldOf(t *testing.T, text string) *world {
	t.Helper()
	list, err := allowlist.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c := cloud.New(cloud.Config{})
	var served atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := served.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		c.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	log := slog.New(slog.DiscardHandler)
	p, err := pipeline.New(c, server.URL, pipeline.Options{Allow: list, Limits: ledger.Defaults(), Log: log,
		Visibility: 5 * time.Second, Retryer: pipeline.Impatient})
	if err != nil {
		t.Fatal(err)
	}
	p.Flow.Instant = true
	regions := []string{region, pipeline.Region}
	sweep, err := p.Sweep(pipeline.SweepOptions{Regions: regions, Log: log,
		Herald: notice.New(p.Config(), p.Topics)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Cloud: c, Pipeline: p, pages: server.URL + pipeline.PagesPath}
	if w.desk, err = p.NewDesk(pipeline.DeskOptions{Sweep: sweep, Regions: regions, Log: log}); err != nil {
		t.Fatal(err)
	}
	w.desk.Serve()
	if err := w.desk.Preflight(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := p.Pages(server.URL, c)
	if err != nil {
		t.Fatal(err)
	}
	served.Store(&h)
	w.work(t, func(ctx context.Context) int { return p.Deliver(ctx) + w.desk.Deliver(ctx) + sweep.Deliver(ctx) })
	return w
}

// work has the queues worked off until the test ends.
func (w *world) work(t *testing.T, deliver func(context.Context) int) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			if deliver(ctx) == 0 {
				time.Sleep(50 * time.Millisecond)
			}
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
}

// lock makes a bucket whose policy locks everybody out, and returns its ARN.
func (w *world) lock(bucket string) string {
	arn := "arn:aws:s3:::" + bucket
	w.PutBucket(account, region, bucket)
	w.SetPolicy(arn, `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllAccess","Effect":"Deny","Principal":"*",`+
		`"Action":"s3:*","Resource":["`+arn+`","`+arn+`/*"]}]}`)
	return arn
}
