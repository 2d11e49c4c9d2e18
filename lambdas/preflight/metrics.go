package main

import (
	"encoding/json"
	"io"

	"locksmith/lambdas/readiness"
)

// metrics writes CloudWatch's embedded metric format, one line for each report
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)
type metrics struct {
	w io.Writer
}

// report counts the report, and the accounts by what it says of them.
func (m metrics) report(r *readiness.Report) {
	type metric struct{ Name, Unit string }
	line := map[string]any{"state": r.State, "findings": len(r.Findings)}
	var names []metric
	for _, of := range []struct {
		name  string
		value int
	}{{"Preflights", 1}, {"AccountsReachable", r.Counts.Reachable}, {"AccountsBlocked", r.Counts.Blocked},
		{"AccountsPartlyBlocked", r.Counts.Partly}, {"AccountsCannotTell", r.Counts.CannotTell}} {
		line[of.name] = of.value
		names = append(names, metric{of.name, "Count"})
	}
	line["_aws"] = map[string]any{"Timestamp": r.At.UnixMilli(), "CloudWatchMetrics": []any{map[string]any{
		"Namespace": "Locksmith", "Dimensions": [][]string{{}}, "Metrics": names}}}
	text, err := json.Marshal(line)
	if err != nil {
		return // strings and numbers: cannot happen
	}
	_, _ = m.w.Write(append(text, '\n')) // a metric that cannot be written must not keep people from being told
}
