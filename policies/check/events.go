package main

import (
	"errors"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
)

// isEvent tells whether a file holds a CloudTrail record, a log file of them, or an EventBridge event.
func isEvent(root *policies.Value) bool {
	return member(root, "eventVersion") != nil || member(root, "eventSource") != nil || member(root, "detail-type") != nil || records(root) != nil
}

// records are those of a CloudTrail log file
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html).
func records(root *policies.Value) []policies.Value {
	if all := member(root, "Records"); all != nil && len(all.Items) > 0 && member(&all.Items[0], "eventVersion") != nil {
		return all.Items
	}
	return nil
}

// judgeEvents judges the policy that each event puts on a bucket or queue.
func (o *options) judgeEvents(f *file, root *policies.Value, r *report) {
	all := records(root)
	if all == nil {
		all = []policies.Value{*root}
	}
	for i := range all {
		o.judgeEvent(f, &all[i], r)
	}
}

func (o *options) judgeEvent(f *file, event *policies.Value, r *report) {
	if f.yaml {
		r.wrong(f.fault(event.Start, "events are JSON", "a CloudTrail event in YAML"))
		return
	}
	change, err := remedy.Parse(f.text[event.Start:event.End])
	if nothing := (*remedy.NothingToDo)(nil); errors.As(err, &nothing) {
		r.idle = append(r.idle, idle{f.name, f.position(event.Start), nothing.Why})
		return
	}
	if err != nil {
		r.wrong(f.fault(event.Start, "", "%v", err))
		return
	}
	s := subject{settings: o.settings, text: []byte(change.Policy)}
	s.resource, s.account = change.Resource, change.Account
	begin, place := f.find(event, change.Policy)
	s.place = func(offset int) policies.Position { return f.position(place(offset)) }
	v, err := s.judge()
	if err != nil {
		r.wrong(f.syntax(err))
		return
	}
	r.add(f, begin, change.EventID, change.Resource, v)
}

// find finds the policy in an event: an object, or a string that holds it.
func (f *file) find(event *policies.Value, policy string) (begin int, place func(int) int) {
	begin, place = event.Start, func(int) int { return event.Start }
	each(event, func(v *policies.Value) {
		switch {
		case v.Type == policies.String && v.Text == policy:
			begin, place = v.Start, f.inside(v)
		case v.Type == policies.Object && v != event && string(f.text[v.Start:v.End]) == policy:
			begin, place = v.Start, func(offset int) int { return v.Start + offset }
		}
	})
	return begin, place
}
