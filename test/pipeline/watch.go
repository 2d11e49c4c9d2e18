package pipeline

import (
	"context"
	"log/slog"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/watcher"
	"locksmith/policies/sources/cloudtrail"
)

// A Watch is the watch on root beside the pipeline, on the same AWS, ledger and topics.
type Watch struct {
	*watcher.Watch
	Queue string // ARN

	pipeline *Pipeline
}

// Watch puts the watch on root on the AWS, with its own rule and queue.
func (p *Pipeline) Watch(log *slog.Logger, report func(watcher.Report)) (*Watch, error) {
	central := p.cloud.Config().DelegatedAdministrator
	w := &Watch{pipeline: p, Queue: p.cloud.CreateQueue(central, Region, "locksmith-root", nil)}
	if err := p.rule(w.Queue, cloudtrail.UsePattern()); err != nil {
		return nil, err
	}
	role := "arn:aws:iam::" + central + ":role/Locksmith"
	roles := []string{role + "Unlock", role + "Sweep"}
	w.Watch = &watcher.Watch{Roles: roles, Desk: []string{role + "Desk"}, Sessions: p.Sessions, Book: p.Sessions,
		Herald: notice.New(p.config, p.Topics), Queue: awsroot.NewQueue(p.config), Now: p.Flow.Now,
		Log: log, Report: report}
	return w, nil
}

// Deliver hands up to ten visible messages to the watch, and says how many there were.
func (w *Watch) Deliver(ctx context.Context) int {
	return w.pipeline.deliver(ctx, w.Queue, w.Batch, 10)
}
