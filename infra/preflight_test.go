package main

import (
	"strings"
	"testing"
)

// TestPreflightRuns: once a day, and when CloudFormation says that this stack was deployed.
func TestPreflightRuns(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	p := s.one(t, "AWS::Scheduler::Schedule", "PreflightSchedule").Properties
	want(t, "when", p["ScheduleExpression"], "rate(1 day)")
	if to := compact(at(p, "Target", "Arn")); !strings.Contains(to, "Preflight") {
		t.Errorf("it goes to %s", to)
	}
	r := s.one(t, "AWS::Events::Rule", "PreflightRule").Properties
	want(t, "of whom", at(r, "EventPattern", "detail", "stack-id", 0), map[string]string{"Ref": "AWS::StackId"})
	want(t, "what", at(r, "EventPattern", "detail", "status-details", "status"),
		[]string{"CREATE_COMPLETE", "UPDATE_COMPLETE"})
	for _, target := range []any{at(r, "Targets", 0), at(p, "Target")} {
		if dead := compact(at(target, "DeadLetterConfig", "Arn")); !strings.Contains(dead, "RuleDeadLetters") {
			t.Errorf("what cannot be delivered goes to %s", dead)
		}
	}
}

// TestPreflightKnowsWhoUnlocks: policies that spare the unlock function's role by name are judged for that role.
func TestPreflightKnowsWhoUnlocks(t *testing.T) {
	f := stack(t, "Locksmith-Central").one(t, "AWS::Lambda::Function", "Preflight").Properties
	if role := compact(at(f, "Environment", "Variables", "LOCKSMITH_UNLOCK_ROLE")); !strings.Contains(role, "UnlockRole") {
		t.Errorf("it judges %s", role)
	}
	want(t, "Regions", at(f, "Environment", "Variables", "LOCKSMITH_REGIONS"), "eu-central-1,us-east-1")
}
