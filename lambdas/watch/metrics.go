package main

import (
	"encoding/json"
	"errors"
	"io"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/watcher"
)

// metrics writes CloudWatch's embedded metric format, one line for each delivery
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)
type metrics struct{ w io.Writer }

// metric is one entry of a metric directive.
type metric struct {
	Name string
	Unit string
}

// report counts the delivery, and how people heard of it.
func (m metrics) report(r watcher.Report) {
	line := map[string]any{"eventId": r.Use.ID, "call": r.Use.Call, "account": r.Use.Account, "level": r.Level.String(),
		"ours": r.Ours}
	names := []metric{}
	add := func(name, unit string, value float64) {
		names = append(names, metric{name, unit})
		line[name] = value
	}
	add("RootEvents", "Count", 1)
	add("RootHandleTime", "Milliseconds", float64(r.Took.Microseconds())/1000)
	switch {
	case errors.As(r.Err, new(*remedy.Later)):
		add("RootTooEarly", "Count", 1)
	case r.Err != nil:
		add("RootUnfinished", "Count", 1)
	case r.Ours:
		add("RootOurs", "Count", 1)
	case r.Again:
		add("RootRepeated", "Count", 1)
	default:
		if name := levelMetrics[r.Level]; name != "" {
			add(name, "Count", 1)
		}
	}
	line["_aws"] = map[string]any{
		"Timestamp": r.At.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{"Namespace": "Locksmith", "Dimensions": [][]string{{}},
			"Metrics": names}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		return // strings and numbers: cannot happen
	}
	// A metric that cannot be written must not keep an event from its end.
	_, _ = m.w.Write(append(text, '\n'))
}

var levelMetrics = map[watcher.Level]string{watcher.Daily: "RootDigested", watcher.Mail: "RootMails",
	watcher.Page: "RootPages"}
