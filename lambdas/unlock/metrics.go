package main

import (
	"encoding/json"
	"errors"
	"io"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// metrics writes CloudWatch's embedded metric format, one line for each delivery of an event
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)
type metrics struct {
	w io.Writer
	// heartbeat is the ARN of the queue whose policy is set again and again, so that silence is noticed; "" for none.
	heartbeat string
}

// metric is one entry of a metric directive.
type metric struct {
	Name string
	Unit string
}

// report counts the delivery, its verdict and its outcome, and for an unlock the seconds since the change.
func (m metrics) report(r remedy.Report) {
	line := map[string]any{"eventId": r.Change.EventID, "resource": r.Change.Resource, "verdict": r.Verdict.Answer,
		"result": r.Outcome.Result}
	names := []metric{}
	add := func(name, unit string, value float64) {
		names = append(names, metric{name, unit})
		line[name] = value
	}
	add("Events", "Count", 1)
	add("HandleTime", "Milliseconds", float64(r.Took.Microseconds())/1000)
	if m.heartbeat != "" && r.Change.Resource == m.heartbeat && r.Err == nil {
		add("Heartbeats", "Count", 1)
	}
	switch {
	case errors.As(r.Err, new(*remedy.Later)), errors.Is(r.Err, remedy.ErrBusy):
		add("TooEarly", "Count", 1)
	case r.Err != nil && !r.Repeated: // what comes again on its way to the dead letters is counted there
		add("Unfinished", "Count", 1)
	}
	if r.Verdict.Defect != "" {
		add("Defects", "Count", 1)
	}
	if name := verdictMetrics[r.Verdict.Answer]; name != "" {
		add(name, "Count", 1)
	}
	news := (r.Err == nil || r.Last) && !r.Repeated // an event that comes again is counted then
	if name := outcomeMetrics[r.Outcome.Result]; name != "" && news {
		add(name, "Count", 1)
	}
	if r.Outcome.Result.Opens() && news && !r.Change.Found() {
		add("SecondsToUnlock", "Seconds", r.Outcome.At.Sub(r.Change.Time).Seconds())
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

var verdictMetrics = map[lockout.Answer]string{
	lockout.Open: "VerdictOpen", lockout.Restricted: "VerdictRestricted", lockout.Lockout: "VerdictLockout",
	lockout.Sealed: "VerdictSealed", lockout.Undecided: "VerdictUndecided",
}

var outcomeMetrics = map[remedy.Result]string{
	remedy.Unlocked: "OutcomeUnlocked", remedy.StoodDown: "OutcomeStoodDown", remedy.NotCovered: "OutcomeNotCovered",
	remedy.NotifyOnly: "OutcomeNotifyOnly", remedy.Deliberate: "OutcomeDeliberate", remedy.Sealed: "OutcomeSealed",
	remedy.Undecided: "OutcomeUndecided", remedy.Held: "OutcomeHeld", remedy.Failed: "OutcomeFailed",
	remedy.Observed: "OutcomeObserved", remedy.Repaired: "OutcomeRepaired", remedy.Unreadable: "OutcomeUnreadable",
	remedy.Reinstated: "OutcomeReinstated", remedy.Restricted: "OutcomeRestricted", remedy.Overtaken: "OutcomeOvertaken",
}
