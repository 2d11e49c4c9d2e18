package main

import (
	"strings"
	"testing"

	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/sweeper"
)

// TestSweepBegins: by the message that the function understands, once a day.
func TestSweepBegins(t *testing.T) {
	if sweepStart != sweeper.ScheduleMessage() {
		t.Errorf("the schedule sends %s, and the function knows %s", sweepStart, sweeper.ScheduleMessage())
	}
	p := stack(t, "Locksmith-Central").one(t, "AWS::Scheduler::Schedule", "SweepSchedule").Properties
	want(t, "when", p["ScheduleExpression"], "rate(1 day)")
	want(t, "what", at(p, "Target", "Input"), sweepStart)
	if dead := compact(at(p, "Target", "DeadLetterConfig", "Arn")); !strings.Contains(dead, "RuleDeadLetters") {
		t.Errorf("what cannot be delivered goes to %s", dead)
	}
}

// TestSweepIsBounded: by the event source, whose maximum the function knows, since it shares the rate of AssumeRoot.
func TestSweepIsBounded(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	f := s.one(t, "AWS::Lambda::Function", "Sweep").Properties
	source := s.one(t, "AWS::Lambda::EventSourceMapping", "Sweep").Properties
	want(t, "maximum", at(source, "ScalingConfig", "MaximumConcurrency"), 5)
	want(t, "instances", at(f, "Environment", "Variables", "LOCKSMITH_INSTANCES"), "5")
	want(t, "rate", at(f, "Environment", "Variables", "LOCKSMITH_ASSUME_ROOT_RATE"), "5")
	want(t, "Regions", at(f, "Environment", "Variables", "LOCKSMITH_REGIONS"), "eu-central-1,us-east-1")
	want(t, "partial batches", at(source, "FunctionResponseTypes"), []string{"ReportBatchItemFailures"})
	q := s.one(t, "AWS::SQS::Queue", "Sweeps").Properties
	want(t, "tries", at(q, "RedrivePolicy", "maxReceiveCount"), 5)
	want(t, "visibility", q["VisibilityTimeout"], sweepVisibility)
	if lease := sweeps.Lease.Seconds(); lease <= sweepTime || lease >= sweepVisibility {
		t.Errorf("the lease of %v seconds is not between the function's time and the visibility", lease)
	}
}

// TestSweepAlarms: a gap, silence and dead letters page.
func TestSweepAlarms(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	gap := s.one(t, "AWS::CloudWatch::Alarm", "SweepGapAlarm").Properties
	want(t, "gap", gap["Threshold"], 72)
	want(t, "statistic", gap["Statistic"], "Maximum")
	silence := s.one(t, "AWS::CloudWatch::Alarm", "SweepSilenceAlarm").Properties
	want(t, "days", silence["EvaluationPeriods"], 3)
	want(t, "nothing", silence["TreatMissingData"], "breaching")
	dead := s.one(t, "AWS::CloudWatch::Alarm", "SweepDeadLettersAlarm").Properties
	for name, p := range map[string]map[string]any{"gap": gap, "silence": silence, "dead letters": dead} {
		if to := compact(p["AlarmActions"]); !strings.Contains(to, "Pages") {
			t.Errorf("%s: the alarm goes to %s", name, to)
		}
	}
}
