package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/sources/cloudtrail"
)

// want compares a value of a template with one that is written down here.
func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// plain is a value as JSON has it.
func plain(v any) (p any) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return err.Error()
	}
	return p
}

func TestOnlyThisOrganizationPutsEvents(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	policies := s.of("AWS::Events::EventBusPolicy")
	if len(policies) != 1 {
		t.Fatalf("%d bus policies", len(policies))
	}
	for _, p := range policies {
		statement := at(p.Properties, "Statement")
		want(t, "condition", at(statement, "Condition"),
			map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})
		want(t, "action", at(statement, "Action"), "events:PutEvents")
		want(t, "effect", at(statement, "Effect"), "Allow")
	}
	want(t, "archive", s.one(t, "AWS::Events::Archive", "Archive").Properties["RetentionDays"], 30)
}

// TestRulesMatchWhatTheParserReads: every rule has the pattern that is made of the parser's table, and it keeps to
// EventBridge's limit.
func TestRulesMatchWhatTheParserReads(t *testing.T) {
	var pattern any
	if err := json.Unmarshal(cloudtrail.EventPattern(), &pattern); err != nil {
		t.Fatal(err)
	}
	if n := len(cloudtrail.EventPattern()); n > 2048 {
		t.Errorf("the pattern has %d characters, EventBridge takes 2048", n)
	}
	var member template
	set := stack(t, "Locksmith-Central").one(t, "AWS::CloudFormation::StackSet", "Members")
	body := set.Properties["TemplateBody"].(string)
	if err := json.Unmarshal([]byte(body), &member); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]template{"central": stack(t, "Locksmith-Central"),
		"watch": stack(t, "Locksmith-Watch-us-east-1"), "member": member} {
		want(t, name, s.one(t, "AWS::Events::Rule", "Rule").Properties["EventPattern"], pattern)
	}
}

// TestRootRules: the watch's rules are everywhere where the others are, and keep to EventBridge's limit.
func TestRootRules(t *testing.T) {
	var pattern any
	if err := json.Unmarshal(cloudtrail.UsePattern(), &pattern); err != nil {
		t.Fatal(err)
	}
	if n := len(cloudtrail.UsePattern()); n > 2048 {
		t.Errorf("the pattern has %d characters, EventBridge takes 2048", n)
	}
	central := stack(t, "Locksmith-Central")
	body := central.one(t, "AWS::CloudFormation::StackSet", "Members").Properties["TemplateBody"].(string)
	var member template
	if err := json.Unmarshal([]byte(body), &member); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]template{"central": central, "member": member,
		"management": stack(t, "Locksmith-Management-us-east-1"), "watch": stack(t, "Locksmith-Watch-us-east-1")} {
		rule := s.one(t, "AWS::Events::Rule", "RootRule").Properties
		want(t, name, rule["EventPattern"], pattern)
		if dead := compact(at(rule, "Targets", 0, "DeadLetterConfig", "Arn")); !strings.Contains(dead, "DeadLetters") {
			t.Errorf("%s: what cannot be delivered goes to %s", name, dead)
		}
	}
	if to := compact(at(central.one(t, "AWS::Events::Rule", "RootRule").Properties, "Targets", 0, "Arn")); !strings.
		Contains(to, "RootEvents") {
		t.Errorf("the bus's rule leads to %s", to)
	}
}

// TestRootWatch: the function knows which role is ours, cannot become root, and its queue has dead letters.
func TestRootWatch(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	f := s.one(t, "AWS::Lambda::Function", "RootWatch").Properties
	environment := at(f, "Environment", "Variables")
	roles := compact(at(environment, "LOCKSMITH_ROLES"))
	if !strings.Contains(roles, "UnlockRole") || !strings.Contains(roles, "SweepRole") {
		t.Errorf("our roles are %s", roles)
	}
	for _, name := range []string{"LOCKSMITH_ALERTS_TOPIC", "LOCKSMITH_PAGES_TOPIC", "LOCKSMITH_CHAT_TOPIC",
		"LOCKSMITH_LEDGER_TABLE"} {
		if at(environment, name) == nil {
			t.Errorf("%s is not set", name)
		}
	}
	events := s.one(t, "AWS::SQS::Queue", "RootEvents").Properties
	want(t, "tries", at(events, "RedrivePolicy", "maxReceiveCount"), 50)
	if events["VisibilityTimeout"].(float64) < 6*f["Timeout"].(float64) {
		t.Errorf("visibility %v for a function of %v seconds", events["VisibilityTimeout"], f["Timeout"])
	}
	p := s.one(t, "AWS::Scheduler::Schedule", "RootDigest").Properties
	want(t, "when", p["ScheduleExpression"], "rate(1 hour)")
	want(t, "message", at(p, "Target", "Input"), `{"source":"locksmith","detail-type":"Digest"}`)
	if text := compact(s.one(t, "AWS::IAM::Policy", "RootWatchPolicy").Properties); strings.Contains(text, "sts:") ||
		strings.Contains(text, "organizations:") || strings.Contains(text, "iam:") {
		t.Error(text)
	}
}

// TestThePreflightFollowsChanges: what may stop us is looked at within minutes.
func TestThePreflightFollowsChanges(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	var pattern any
	if err := json.Unmarshal(cloudtrail.UsePattern(cloudtrail.Switch, cloudtrail.Beneath), &pattern); err != nil {
		t.Fatal(err)
	}
	rule := s.one(t, "AWS::Events::Rule", "ChangesRule").Properties
	want(t, "pattern", rule["EventPattern"], pattern)
	if to := compact(at(rule, "Targets", 0, "Arn")); !strings.Contains(to, "OrganizationChanges") {
		t.Errorf("the rule leads to %s", to)
	}
	source := s.one(t, "AWS::Lambda::EventSourceMapping", "PreflightSqs").Properties
	want(t, "a burst is one run", source["MaximumBatchingWindowInSeconds"], 300)
	queue := s.one(t, "AWS::SQS::Queue", "OrganizationChanges").Properties
	if queue["VisibilityTimeout"].(float64) < 6*900 {
		t.Errorf("visibility %v for a function of 900 seconds", queue["VisibilityTimeout"])
	}
}

// TestMember: straight to the central bus, with a role and dead letters.
func TestMember(t *testing.T) {
	rule := stack(t, "Locksmith-Watch-us-east-1").one(t, "AWS::Events::Rule", "Rule")
	want(t, "bus", at(rule.Properties, "Targets", 0, "Arn"),
		"arn:aws:events:eu-central-1:999988887777:event-bus/locksmith")
	if at(rule.Properties, "Targets", 0, "RoleArn") == nil ||
		at(rule.Properties, "Targets", 0, "DeadLetterConfig", "Arn") == nil ||
		at(rule.Properties, "EventBusName") != nil {
		t.Errorf("%v", rule.Properties)
	}
	set := stack(t, "Locksmith-Central").one(t, "AWS::CloudFormation::StackSet", "Members").Properties
	want(t, "model", set["PermissionModel"], "SERVICE_MANAGED")
	want(t, "called as", set["CallAs"], "DELEGATED_ADMIN")
	want(t, "new accounts", set["AutoDeployment"],
		map[string]any{"Enabled": true, "RetainStacksOnAccountRemoval": false})
	want(t, "where", set["StackInstancesGroup"],
		[]any{map[string]any{"DeploymentTargets": map[string]any{"OrganizationalUnitIds": []string{"r-ab12"}},
			"Regions": []string{"eu-central-1", "us-east-1"}}})
	if n := len(set["TemplateBody"].(string)); n > 51_200 {
		t.Errorf("the member template has %d bytes", n)
	}
	if strings.Contains(set["TemplateBody"].(string), "BootstrapVersion") {
		t.Error("members need no CDK bootstrap, and the template asks for it")
	}
}

func TestFunction(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	f := s.one(t, "AWS::Lambda::Function", "Unlock").Properties
	want(t, "architecture", f["Architectures"], []string{"arm64"})
	want(t, "runtime", f["Runtime"], "provided.al2023")
	want(t, "tracing", f["TracingConfig"], map[string]string{"Mode": "Active"})
	want(t, "concurrency", f["ReservedConcurrentExecutions"], 10)
	environment := at(f, "Environment", "Variables")
	want(t, "mode", at(environment, "LOCKSMITH_MODE"), "observe")
	want(t, "tries", at(environment, "LOCKSMITH_TRIES"), "100")
	want(t, "accounts with unlocks in an hour, a twentieth of 200", at(environment, "LOCKSMITH_BREAKER_ACCOUNTS"), "10")
	want(t, "management account", at(environment, "LOCKSMITH_MANAGEMENT_ACCOUNT"), "000011112222")
	for _, name := range []string{"LOCKSMITH_ALERTS_TOPIC", "LOCKSMITH_PAGES_TOPIC", "LOCKSMITH_CHAT_TOPIC",
		"LOCKSMITH_LEDGER_TABLE", "LOCKSMITH_HEARTBEAT"} {
		if at(environment, name) == nil {
			t.Errorf("%s is not set", name)
		}
	}
	// Five verdicts at once hold 80 MB. Go is to collect before Lambda kills the process, which holds more than its heap.
	want(t, "memory", f["MemorySize"], 512)
	want(t, "Go's memory", at(environment, "GOMEMLIMIT"), "384MiB")
	source := s.one(t, "AWS::Lambda::EventSourceMapping", "Unlock").Properties
	want(t, "partial batch failures", source["FunctionResponseTypes"], []string{"ReportBatchItemFailures"})
	want(t, "log retention", s.one(t, "AWS::Logs::LogGroup", "UnlockLog").Properties["RetentionInDays"], 90)
	work := s.one(t, "AWS::SQS::Queue", "Work").Properties
	want(t, "tries", at(work, "RedrivePolicy", "maxReceiveCount"), 100)
	if work["VisibilityTimeout"].(float64) < 6*f["Timeout"].(float64) {
		t.Errorf("visibility %v for a function of %v seconds: AWS asks for six times as much",
			work["VisibilityTimeout"], f["Timeout"])
	}
}

func TestLedgerTable(t *testing.T) {
	table := stack(t, "Locksmith-Central").one(t, "AWS::DynamoDB::Table", "Ledger").Properties
	want(t, "billing", table["BillingMode"], "PAY_PER_REQUEST")
	want(t, "point in time", table["PointInTimeRecoverySpecification"],
		map[string]any{"PointInTimeRecoveryEnabled": true})
	want(t, "deletion protection", table["DeletionProtectionEnabled"], true)
	want(t, "index", table["GlobalSecondaryIndexes"], []any{map[string]any{"IndexName": "open",
		"KeySchema": []any{map[string]string{"AttributeName": "open", "KeyType": "HASH"},
			map[string]string{"AttributeName": "due", "KeyType": "RANGE"}},
		"Projection": map[string]string{"ProjectionType": "KEYS_ONLY"}}, map[string]any{"IndexName": "kinds",
		"KeySchema": []any{map[string]string{"AttributeName": "kind", "KeyType": "HASH"},
			map[string]string{"AttributeName": "at", "KeyType": "RANGE"}},
		"Projection": map[string]any{"ProjectionType": "INCLUDE", "NonKeyAttributes": []string{"event", "resource",
			"account", "region", "answer", "state", "result", "open", "call", "by"}}}})
	want(t, "TTL", table["TimeToLiveSpecification"], map[string]any{"AttributeName": "expires", "Enabled": true})
}

// TestTopicsCanBeReached: the key serves who publishes, publishers come over TLS, and everybody who is configured is
// subscribed.
func TestTopicsCanBeReached(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	key := s.one(t, "AWS::KMS::Key", "Key").Properties
	var services []string
	for _, statement := range at(key, "KeyPolicy", "Statement").([]any) {
		if service, ok := at(statement, "Principal", "Service").(string); ok {
			services = append(services, service)
			want(t, service, at(statement, "Condition"),
				map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": "999988887777"}})
		}
	}
	want(t, "services", services, []string{"events.amazonaws.com", "cloudwatch.amazonaws.com"})
	topics := s.of("AWS::SNS::Topic")
	if len(topics) != 3 {
		t.Errorf("%d topics", len(topics))
	}
	for name, topic := range topics {
		if topic.Properties["KmsMasterKeyId"] == nil {
			t.Errorf("%s has no key", name)
		}
	}
	for name, p := range s.of("AWS::SNS::TopicPolicy") {
		if text := fmt.Sprint(p.Properties); !strings.Contains(text, "aws:SecureTransport:false") ||
			!strings.Contains(text, "cloudwatch.amazonaws.com") {
			t.Errorf("%s: %s", name, text)
		}
	}
	var told []string
	for _, subscription := range s.of("AWS::SNS::Subscription") {
		told = append(told, fmt.Sprint(subscription.Properties["Protocol"], " ", subscription.Properties["Endpoint"]))
	}
	sort.Strings(told)
	want(t, "subscriptions", told, []string{"email platform@example.com", "https https://events.example.com/enqueue"})
	want(t, "chat", s.one(t, "AWS::Chatbot::SlackChannelConfiguration", "ChatChannel").Properties["GuardrailPolicies"],
		[]string{"arn:aws:iam::aws:policy/AWSDenyAll"})
}

// TestAlarmsReachThePager: all of them, and silence is one.
func TestAlarmsReachThePager(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	var names []string
	for name, a := range s.of("AWS::CloudWatch::Alarm") {
		names = append(names, name[:strings.Index(name, "Alarm")])
		if action := fmt.Sprint(at(a.Properties, "AlarmActions", 0)); !strings.Contains(action, "Pages") {
			t.Errorf("%s goes to %s", name, action)
		}
	}
	slices.Sort(names)
	want(t, "alarms", names, []string{"Age", "ChangesDeadLetters", "DeadLetters", "Errors", "PreflightErrors",
		"PreflightSilence", "RootAge", "RootDeadLetters", "RootErrors", "RuleDeadLetters", "Silence",
		"SweepDeadLetters", "SweepGap", "SweepSilence", "Throttles", "Unfinished"})
	silence := s.one(t, "AWS::CloudWatch::Alarm", "Silence").Properties
	want(t, "silence", silence["TreatMissingData"], "breaching")
	want(t, "silence", silence["MetricName"], "Heartbeats")
	beat := s.one(t, "AWS::Scheduler::Schedule", "Heartbeat").Properties
	want(t, "heartbeat", at(beat, "Target", "Arn"), "arn:aws:scheduler:::aws-sdk:sqs:setQueueAttributes")
}

// TestEveryTopicHasASubscriber: what is sent to a topic without one is told to nobody, and counts as told.
func TestEveryTopicHasASubscriber(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	subscribed := map[string]bool{}
	for _, subscription := range s.of("AWS::SNS::Subscription") {
		subscribed[compact(subscription.Properties["TopicArn"])] = true
	}
	for _, channel := range s.of("AWS::Chatbot::SlackChannelConfiguration") {
		for _, topic := range channel.Properties["SnsTopicArns"].([]any) {
			subscribed[compact(topic)] = true
		}
	}
	environment := at(s.one(t, "AWS::Lambda::Function", "Unlock").Properties, "Environment", "Variables")
	for _, name := range []string{"LOCKSMITH_ALERTS_TOPIC", "LOCKSMITH_PAGES_TOPIC", "LOCKSMITH_CHAT_TOPIC"} {
		if topic := compact(at(environment, name)); !subscribed[topic] {
			t.Errorf("%s=%s has no subscriber", name, topic)
		}
	}
}

// TestReminder: once an hour the function is told to look at what is open.
func TestReminder(t *testing.T) {
	s := stack(t, "Locksmith-Central")
	p := s.one(t, "AWS::Scheduler::Schedule", "Reminder").Properties
	want(t, "when", p["ScheduleExpression"], "rate(1 hour)")
	want(t, "message", at(p, "Target", "Input"), `{"source":"locksmith","detail-type":"Reminder"}`)
	if to := compact(at(p, "Target", "Arn")); !strings.Contains(to, "Work") {
		t.Errorf("it goes to %s", to)
	}
	if dead := compact(at(p, "Target", "DeadLetterConfig", "Arn")); !strings.Contains(dead, "RuleDeadLetters") {
		t.Errorf("what cannot be delivered goes to %s", dead)
	}
}

// TestWarnings: what the allow list's authors may not have meant is shown at the synth.
func TestWarnings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(synthesized(t), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	const part = "allow list infra/testdata/allowlist.json: rule drill ran out on 2026-03-31: it covers nothing any more"
	var warnings []string
	for _, path := range files {
		var all any
		readJSON(t, path, &all)
		for _, entry := range entries(all, "aws:cdk:warning") {
			warnings = append(warnings, fmt.Sprint(entry["data"]))
		}
	}
	if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, part) }) {
		t.Errorf("%q: want one with %q", warnings, part)
	}
}

// entries are the metadata entries of a type, wherever they stand.
func entries(v any, kind string) (found []map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == kind {
			found = append(found, v)
		}
		for _, inner := range v {
			found = append(found, entries(inner, kind)...)
		}
	case []any:
		for _, inner := range v {
			found = append(found, entries(inner, kind)...)
		}
	}
	return found
}

func TestGuardrails(t *testing.T) {
	p := stack(t, "Locksmith-Guardrails").one(t, "AWS::Organizations::Policy", "NoLongTermRoot").Properties
	want(t, "type", p["Type"], "SERVICE_CONTROL_POLICY")
	want(t, "targets", p["TargetIds"], []string{"r-ab12"})
	want(t, "condition", at(p, "Content", "Statement", 0, "Condition", "Null"),
		map[string]string{"aws:AssumedRoot": "true"})
}

// TestPermissions holds every statement of every role against a list that a person has reviewed, so that a new
// permission shows.
func TestPermissions(t *testing.T) {
	var lines []string
	for _, name := range []string{"Locksmith-Central", "Locksmith-Watch-us-east-1", "Locksmith-Management-eu-central-1",
		"Locksmith-Guardrails", "Locksmith-Desk"} {
		for id, r := range stack(t, name).Resources {
			lines = append(lines, permissions(name+" "+id, r)...)
		}
	}
	slices.Sort(lines)
	golden(t, "permissions.txt", []byte(strings.Join(lines, "\n")+"\n"))
}

// permissions are the statements of a role or a policy, one line each.
func permissions(where string, r resource) (lines []string) {
	if r.Type == "AWS::IAM::Role" {
		for _, key := range []string{"ManagedPolicyArns", "Policies"} {
			if v := r.Properties[key]; v != nil {
				lines = append(lines, fmt.Sprintf("%s has %s %v", where, key, v))
			}
		}
	}
	if r.Type != "AWS::IAM::Policy" && r.Type != "AWS::IAM::ManagedPolicy" {
		return lines
	}
	for _, statement := range at(r.Properties, "PolicyDocument", "Statement").([]any) {
		line := fmt.Sprintf("%s: %v %v on %s", where, at(statement, "Effect"), at(statement, "Action"),
			compact(at(statement, "Resource")))
		if c := at(statement, "Condition"); c != nil {
			line += " if " + compact(c)
		}
		lines = append(lines, line)
	}
	return lines
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
