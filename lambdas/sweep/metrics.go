package main

import (
	"encoding/json"
	"io"
	"time"

	"locksmith/lambdas/sweeper"
)

// metrics writes CloudWatch's embedded metric format, one line for each visit and for each sweep that is over
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)
type metrics struct{ w io.Writer }

// metric is one entry of a metric directive, with its value.
type metric struct {
	Name  string
	Unit  string
	value float64
}

func (m metrics) report(r sweeper.Report) {
	switch {
	case r.Visit != nil:
		m.visit(*r.Visit, r.At)
	case r.Summary != nil:
		m.sweep(*r.Summary, r.At)
	}
}

// visit counts what one visit did.
func (m metrics) visit(v sweeper.Visit, at time.Time) {
	calls := 0
	for _, n := range v.Totals.Calls {
		calls += n
	}
	m.write(at, map[string]any{"sweep": v.Sweep, "account": v.Account, "task": v.Task, "outcome": v.Outcome},
		metric{"SweepVisits", "Count", 1}, metric{"SweepVisitTime", "Seconds", v.Ended.Sub(v.Begun).Seconds()},
		metric{"SweepResources", "Count", float64(v.Totals.Resources)},
		metric{"SweepFindings", "Count", float64(v.Totals.Findings)},
		metric{"SweepCalls", "Count", float64(calls)},
		metric{"SweepThrottles", "Count", float64(v.Totals.Throttles)})
}

// sweep counts the accounts by how they came out. SweepOldestGap is for how many hours an account has not been fully
// swept that nobody refuses.
func (m metrics) sweep(s sweeper.Summary, at time.Time) {
	m.write(at, map[string]any{"sweep": s.Sweep.ID, "by": s.Sweep.Request.By, "oldestGapIs": s.OldestIs},
		metric{"Sweeps", "Count", 1},
		metric{"SweepTime", "Seconds", s.Cost.Took.Seconds()},
		metric{"SweepCost", "None", s.Cost.Dollars},
		metric{"SweepAccountsComplete", "Count", float64(s.Accounts[sweeper.Complete])},
		metric{"SweepAccountsPartial", "Count", float64(s.Accounts[sweeper.Partial])},
		metric{"SweepAccountsRefused", "Count", float64(s.Accounts[sweeper.Refused])},
		metric{"SweepAccountsSkipped", "Count", float64(s.Accounts[sweeper.Skipped])},
		metric{"SweepOldestGap", "None", s.Oldest.Hours()})
}

func (m metrics) write(at time.Time, line map[string]any, values ...metric) {
	for _, v := range values {
		line[v.Name] = v.value
	}
	line["_aws"] = map[string]any{
		"Timestamp": at.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{"Namespace": "Locksmith", "Dimensions": [][]string{{}},
			"Metrics": values}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		return // strings and numbers: cannot happen
	}
	// A metric that cannot be written must not keep a visit from its end.
	_, _ = m.w.Write(append(text, '\n'))
}
