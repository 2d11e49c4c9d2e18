package cloudtrail

import (
	"errors"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
	"locksmith/policies/sources"
)

// Recognizes tells whether a file holds a CloudTrail record, a log file of them, or an EventBridge event.
func Recognizes(root *policies.Value) bool {
	return root.Find("eventVersion") != nil || root.Find("eventSource") != nil || root.Find("detail-type") != nil ||
		records(root) != nil
}

// records are those of a CloudTrail log file
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html).
func records(root *policies.Value) []policies.Value {
	all := root.Find("Records")
	if all != nil && len(all.Items) > 0 && all.Items[0].Find("eventVersion") != nil {
		return all.Items
	}
	return nil
}

// Policies yields the policy that each event puts on a bucket or queue.
func Policies(f *sources.File, root *policies.Value) sources.Policies {
	return func(yield func(sources.Policy, error) bool) {
		all := records(root)
		if all == nil {
			all = []policies.Value{*root}
		}
		for i := range all {
			if !yield(policyOf(f, &all[i])) {
				return
			}
		}
	}
}

func policyOf(f *sources.File, event *policies.Value) (sources.Policy, error) {
	if f.YAML {
		return sources.Policy{}, f.Fault(event.Start, "events are JSON", "a CloudTrail event in YAML")
	}
	e, err := Parse(f.Text[event.Start:event.End])
	if nothing := (*NothingToDo)(nil); errors.As(err, &nothing) {
		return sources.Policy{}, &sources.Nothing{File: f, At: event.Start, Why: nothing.Why}
	}
	if err != nil {
		return sources.Policy{}, f.Fault(event.Start, "", "%v", err)
	}
	begin, place := find(f, event, e.Policy)
	return sources.Policy{File: f, At: begin, Name: e.ID, Resource: e.Resource, Account: e.Account,
		Whole: partial.Whole{Text: []byte(e.Policy), Place: func(offset int) policies.Position {
			return f.Position(place(offset))
		}}}, nil
}

// find finds the policy in an event: an object, or a string that holds it.
func find(f *sources.File, event *policies.Value, policy string) (begin int, place func(int) int) {
	begin, place = event.Start, func(int) int { return event.Start }
	event.Each(func(v *policies.Value) {
		switch {
		case v.Type == policies.String && v.Text == policy:
			begin, place = v.Start, f.Inside(v)
		case v.Type == policies.Object && v != event && string(f.Text[v.Start:v.End]) == policy:
			begin, place = v.Start, func(offset int) int { return v.Start + offset }
		}
	})
	return begin, place
}
