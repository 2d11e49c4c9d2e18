package readiness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/reach"
)

// Kept is what is remembered of the last report.
type Kept struct {
	Report *Report // bounded, see [Report.bounded]
	News   string  // the same for reports that say the same
	// First is when the news was first seen.
	First time.Time
	// Seen are the findings of the report, by id, and when each was first seen.
	Seen map[string]time.Time
	// Told are the channels that took the bulletin of these news, and Done says that all did.
	Told []remedy.Channel
	Done bool
	// New and Gone are how many findings came and went with these news.
	New, Gone int
}

// A Preflight makes reports, remembers the last one, and tells people where it has changed.
type Preflight struct {
	Checker
	Store  Store
	Herald remedy.Herald
	Log    *slog.Logger
	Report func(*Report) // for metrics; may be nil
}

// Run makes a report. It is told once, and again only when it has changed. What is to be told is kept before it is
// told, so that after a crash the same bulletin goes out to those who have not had it. Returned is what is kept.
func (p *Preflight) Run(ctx context.Context) (*Report, error) {
	report := p.Check(ctx)
	if p.Report != nil {
		p.Report(report)
	}
	last, err := p.Store.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("last report: %w", err)
	}
	k := follow(report, last)
	if k.Done {
		return k.Report, p.keep(ctx, k)
	}
	if err := p.keep(ctx, k); err != nil {
		return nil, err
	}
	told, failed := p.Herald.Announce(ctx, bulletin(report, k), k.Told)
	k.Told, k.Done = told, failed == nil
	if failed != nil {
		failed = fmt.Errorf("bulletin: %w", failed)
	}
	p.Log.InfoContext(ctx, "preflight", "state", report.State, "findings", len(report.Findings), "new", k.New,
		"gone", k.Gone)
	return k.Report, errors.Join(failed, p.keep(ctx, k))
}

func (p *Preflight) keep(ctx context.Context, k Kept) error {
	if err := p.Store.Keep(ctx, k); err != nil {
		return fmt.Errorf("report not kept: %w", err)
	}
	return nil
}

// follow compares a report with the last one. Findings that were there before keep the time when they were first seen.
func follow(r *Report, last Kept) Kept {
	k := Kept{News: r.news(), First: r.At, Seen: map[string]time.Time{}}
	for i := range r.Findings {
		f := &r.Findings[i]
		since, ok := last.Seen[f.ID]
		if f.Since = since; !ok {
			f.Since = r.At
			k.New++
		}
		if len(k.Seen) < maxKept {
			k.Seen[f.ID] = f.Since
		}
	}
	for id := range last.Seen {
		if _, ok := k.Seen[id]; !ok {
			k.Gone++
		}
	}
	if k.News == last.News {
		k.First, k.Told, k.Done, k.New, k.Gone = last.First, last.Told, last.Done, last.New, last.Gone
	}
	k.Report = r.bounded()
	return k
}

// Recall gives the findings the time when a preflight first saw them, from what was kept of the last report. Those that
// it did not have keep none.
func (r *Report) Recall(last Kept) {
	for i := range r.Findings {
		r.Findings[i].Since = last.Seen[r.Findings[i].ID]
	}
}

// Bounds on what is kept of a report, in findings, and in accounts of each finding and of the report. An item of
// DynamoDB holds 400 KB.
const (
	maxKept         = 100
	maxKeptAccounts = 30
)

// bounded is the report without what is too much to keep: accounts that are reachable, and of long lists the rest.
// Counts stay as they are.
func (r *Report) bounded() *Report {
	b := *r
	b.Accounts = nil
	for _, a := range r.Accounts {
		if a.State != reach.Reachable && len(b.Accounts) < maxKeptAccounts {
			b.Accounts = append(b.Accounts, a)
		}
	}
	b.Findings = nil
	for _, f := range r.Findings {
		if len(b.Findings) == maxKept {
			break
		}
		f.Accounts = f.Accounts[:min(len(f.Accounts), maxKeptAccounts)]
		f.What, f.Do = cut(f.What), cut(f.Do)
		b.Findings = append(b.Findings, f)
	}
	return &b
}

// cut bounds a text that quotes somebody else's.
func cut(s string) string {
	const most = 400
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
