package sweep

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/cloud/place"
	"locksmith/test/pipeline"
)

type herald struct{ told []remedy.Bulletin }

func (h *herald) Announce(_ context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	h.told = append(h.told, b)
	return []remedy.Channel{remedy.Alerts}, nil
}

func TestSlice(t *testing.T) {
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
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	p, err := pipeline.New(c, server.URL, pipeline.Options{Allow: list, Limits: ledger.Defaults(), Log: log,
		Visibility: time.Second, Retryer: pipeline.Impatient})
	if err != nil {
		t.Fatal(err)
	}
	p.Flow.Instant = true
	h := &herald{}
	s, err := p.Sweep(pipeline.SweepOptions{Regions: []string{"us-east-1", "eu-central-1"}, Herald: h, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	c.PutBucket(place.Owner, place.Region, "b")
	queue := c.CreateQueue(place.Owner, place.Region, "q", nil)
	c.SetPolicy("arn:aws:s3:::b", place.Lock)
	c.SetPolicy(queue, place.LockQ)
	ctx := context.Background()
	if _, err := s.Start(ctx, sweeper.Request{By: "test"}); err != nil {
		t.Fatal(err)
	}
	for s.Deliver(ctx) > 0 {
	}
	for p.Deliver(ctx) > 0 {
	}
	sum, err := s.Summary(ctx, "")
	t.Logf("%+v\n%+v\n%v", sum, h.told, err)
	for _, i := range p.Incidents() {
		t.Log(i.Change.Resource, i.Outcome.Result, i.Outcome.Why)
	}
}
