package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDeskWantsSignatures: every route, the one for what is no route as well, is for signed calls alone, or for people
// who have signed in, but for the pages themselves. The stages are throttled and logged.
func TestDeskWantsSignatures(t *testing.T) {
	s := stack(t, "Locksmith-Desk")
	routes := map[string][]string{}
	for _, r := range s.of("AWS::ApiGatewayV2::Route") {
		by := r.Properties["AuthorizationType"].(string)
		api := at(r.Properties, "ApiId", "Ref").(string)
		if strings.HasPrefix(api, "Public") == (by == "AWS_IAM") {
			t.Errorf("%s of %s is for %s", r.Properties["RouteKey"], api, by)
		}
		routes[by] = append(routes[by], r.Properties["RouteKey"].(string))
	}
	for by := range routes {
		slices.Sort(routes[by])
	}
	want(t, "signed in", routes["JWT"], routes["AWS_IAM"])
	want(t, "anybody", routes["NONE"], []string{"ANY /pages", "ANY /pages/{proxy+}"})
	want(t, "signed", routes["AWS_IAM"], []string{"$default",
		"GET /incidents", "GET /incidents/{id}", "GET /openapi.json", "GET /preflight", "GET /requests",
		"GET /requests/{id}", "GET /root-credentials", "GET /root-credentials/{accountNumber}", "GET /sweeps",
		"GET /sweeps/{id}", "GET /unlock-s3-bucket/{accountNumber}/{bucketName}",
		"GET /unlock-sqs-queue/{accountNumber}/{queueName}", "POST /create-root-login-profile/{accountNumber}",
		"POST /delete-root-login-profile/{accountNumber}", "POST /incidents/{id}/restore", "POST /requests/{id}/approve",
		"POST /requests/{id}/cancel", "POST /requests/{id}/deny", "POST /sweeps", "POST /sweeps/{id}/stop",
		"POST /unlock-s3-bucket/{accountNumber}/{bucketName}", "POST /unlock-sqs-queue/{accountNumber}/{queueName}"})
	for _, name := range []string{"ApiStage", "PublicStage"} {
		stage := s.one(t, "AWS::ApiGatewayV2::Stage", name).Properties
		want(t, "rate", at(stage, "DefaultRouteSettings", "ThrottlingRateLimit"), 20)
		want(t, "burst", at(stage, "DefaultRouteSettings", "ThrottlingBurstLimit"), 40)
		if format, _ := at(stage, "AccessLogSettings", "Format").(string); !strings.Contains(format, "userArn") ||
			!strings.Contains(format, "requestId") {
			t.Errorf("the access log has %s", format)
		}
	}
	in := s.one(t, "AWS::ApiGatewayV2::Authorizer", "Public").Properties
	want(t, "issuer", at(in, "JwtConfiguration", "Issuer"), "https://login.example.com")
	want(t, "audience", at(in, "JwtConfiguration", "Audience"), []string{"desk"})
	want(t, "token", in["IdentitySource"], []string{"$request.header.Authorization"})
}

// TestPagesMayDoNothing: the function that anybody can reach may write its log, and nothing else.
func TestPagesMayDoNothing(t *testing.T) {
	s := stack(t, "Locksmith-Desk")
	var may []string
	for _, statement := range at(s.one(t, "AWS::IAM::Policy", "DeskPagesPolicy").Properties, "PolicyDocument",
		"Statement").([]any) {
		may = append(may, compact(at(statement, "Action")))
	}
	want(t, "rights", may, []string{`["logs:CreateLogStream","logs:PutLogEvents"]`,
		`["xray:PutTelemetryRecords","xray:PutTraceSegments"]`})
	environment := at(s.one(t, "AWS::Lambda::Function", "DeskPages").Properties, "Environment", "Variables")
	for name := range environment.(map[string]any) {
		if strings.Contains(name, "TABLE") || strings.Contains(name, "TOPIC") || strings.Contains(name, "QUEUE") {
			t.Errorf("the pages know %s", name)
		}
	}
}

// TestOnlyTheAPICallsTheDesk: each function may be called by this API on its own routes, and by nothing else.
func TestOnlyTheAPICallsTheDesk(t *testing.T) {
	for name, p := range stack(t, "Locksmith-Desk").of("AWS::Lambda::Permission") {
		want(t, name, p.Properties["Principal"], "apigateway.amazonaws.com")
		from := compact(p.Properties["SourceArn"])
		if !strings.Contains(from, ":execute-api:eu-central-1:999988887777:") || !strings.Contains(from, `{"Ref":"Api`) &&
			!strings.Contains(from, `{"Ref":"Public`) {
			t.Errorf("%s: %s may call", name, from)
		}
	}
}

// TestDeskOpensRootForItsTasksAlone: what each part may do as root, and where, is what the allow list's entries say.
func TestDeskOpensRootForItsTasksAlone(t *testing.T) {
	s := stack(t, "Locksmith-Desk")
	unlocking := []string{"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"}
	two := []any{"arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"}
	for _, row := range []struct {
		part  string
		tasks []string
		on    any
	}{
		{"View", unlocking, "arn:aws:iam::*:root"}, // its entry names a unit
		{"Unlock", unlocking, "arn:aws:iam::*:root"},
		{"Audit", []string{"IAMAuditRootUserCredentials"}, two},
		{"Create", []string{"IAMCreateRootUserPassword"}, two},
		{"Delete", nil, nil}, // no entry has the task
		{"Operate", nil, nil},
	} {
		var tasks []string
		var on any
		for _, statement := range at(s.one(t, "AWS::IAM::Policy", "Desk"+row.part+"Policy").Properties, "PolicyDocument",
			"Statement").([]any) {
			if !strings.Contains(compact(at(statement, "Action")), "sts:") {
				continue
			}
			want(t, row.part, at(statement, "Action"), "sts:AssumeRoot")
			on = at(statement, "Resource")
			arns, several := at(statement, "Condition", "StringEquals", "sts:TaskPolicyArn").([]any)
			if !several {
				arns = []any{at(statement, "Condition", "StringEquals", "sts:TaskPolicyArn")}
			}
			for _, arn := range arns {
				tasks = append(tasks, strings.TrimPrefix(arn.(string), "arn:aws:iam::aws:policy/root-task/"))
			}
		}
		want(t, row.part+" for", tasks, row.tasks)
		want(t, row.part+" on", on, row.on)
	}
}

// TestWhatShowsWritesNoIncidents: of the ledger, all parts but the one that unlocks write only what is no incident.
func TestWhatShowsWritesNoIncidents(t *testing.T) {
	s := stack(t, "Locksmith-Desk")
	for _, part := range []string{"View", "Audit", "Create", "Delete", "Operate"} {
		for _, statement := range at(s.one(t, "AWS::IAM::Policy", "Desk"+part+"Policy").Properties, "PolicyDocument",
			"Statement").([]any) {
			text := compact(statement)
			writes := strings.Contains(text, "PutItem") && strings.Contains(compact(at(statement, "Resource")), "Ledger")
			if writes && (!strings.Contains(text, "LeadingKeys") || strings.Contains(text, "incident#")) {
				t.Errorf("%s: %s", part, text)
			}
		}
	}
}

// TestTheWatchKnowsTheDesk: root sessions of the desk are ours.
func TestTheWatchKnowsTheDesk(t *testing.T) {
	f := stack(t, "Locksmith-Central").one(t, "AWS::Lambda::Function", "RootWatch").Properties
	roles := compact(at(f, "Environment", "Variables", "LOCKSMITH_DESK_ROLES"))
	for _, part := range []string{"view", "unlock", "audit", "create", "delete"} {
		role := stack(t, "Locksmith-Desk").one(t, "AWS::IAM::Role", "Desk"+strings.ToUpper(part[:1])+part[1:]+"Role")
		want(t, part, role.Properties["RoleName"], "LocksmithDesk-"+part)
		if !strings.Contains(roles, ":role/LocksmithDesk-"+part+`"`) {
			t.Errorf("the watch does not know the role of %s: %s", part, roles)
		}
	}
}

// TestDeskQueues: what runs requests has dead letters that page, and time enough.
func TestDeskQueues(t *testing.T) {
	s := stack(t, "Locksmith-Desk")
	for _, part := range []string{"DeskUnlock", "DeskAudit", "DeskCreate", "DeskDelete"} {
		q := s.one(t, "AWS::SQS::Queue", part+"Queue").Properties
		f := s.one(t, "AWS::Lambda::Function", part).Properties
		if q["VisibilityTimeout"].(float64) < 6*f["Timeout"].(float64) {
			t.Errorf("%s: visibility %v for a function of %v seconds", part, q["VisibilityTimeout"], f["Timeout"])
		}
		if dead := compact(at(q, "RedrivePolicy", "deadLetterTargetArn")); !strings.Contains(dead, part+"DeadLetters") {
			t.Errorf("%s: dead letters go to %s", part, dead)
		}
		alarm := s.one(t, "AWS::CloudWatch::Alarm", part+"DeadLettersAlarm").Properties
		if to := compact(alarm["AlarmActions"]); !strings.Contains(to, "Pages") {
			t.Errorf("%s: the alarm goes to %s", part, to)
		}
	}
	for _, part := range []string{"DeskOperate", "DeskAudit"} {
		schedule := s.one(t, "AWS::Scheduler::Schedule", part+"Schedule").Properties
		want(t, part, schedule["ScheduleExpression"], "rate(5 minutes)")
		want(t, part, at(schedule, "Target", "Input"), deskTick)
	}
}

// TestDeskIsOffUnlessConfigured: the sample has none, and what is wrong with one is said.
func TestDeskIsOffUnlessConfigured(t *testing.T) {
	c, err := readConfig(sample(), "..")
	if err != nil || c.Desk != nil {
		t.Fatal(c.Desk, err)
	}
	for _, row := range []struct {
		desk map[string]any
		list string
		want string
	}{
		{map[string]any{"rate": -1}, "", `desk.rate: "-1": want requests a second, from 1 to 10000`},
		{map[string]any{"burst": 3}, "", `desk.burst: "3": want requests at once, at least desk.rate and at most 5000`},
		{map[string]any{"signIn": map[string]string{"issuer": "http://login.example.com", "clientId": "desk"}}, "",
			`desk.signIn.issuer: "http://login.example.com": want the issuer's https:// address`},
		{map[string]any{"signIn": map[string]string{"issuer": "https://login.example.com"}}, "",
			`desk.signIn.clientId: "": want what the issuer calls the pages`},
		{map[string]any{"address": "desk.example.com"}, "",
			`desk.address: "desk.example.com": want the address`},
		{map[string]any{"public": true}, "", `unknown field "public"`},
		{map[string]any{}, "infra/testdata/nodesk.json", `desk: nobody could use it`},
	} {
		config := sample()
		config["desk"] = row.desk
		if row.list != "" {
			config["allowList"] = row.list
		}
		if _, err := readConfig(config, ".."); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v: %v, want %s", row.desk, err, row.want)
		}
	}
}

// TestDeskFunctionsKnowTheirSettings: every variable that the stack sets is one that the program says it reads, and
// each part has those without which it does not start.
func TestDeskFunctionsKnowTheirSettings(t *testing.T) {
	var text string
	for _, file := range []string{"settings.go", "public.go"} {
		source, err := os.ReadFile(filepath.Join("..", "lambdas", "desk", file))
		if err != nil {
			t.Fatal(err)
		}
		text += string(source)
	}
	s := stack(t, "Locksmith-Desk")
	for part, queues := range map[string]string{"View": "", "Unlock": "UNLOCK", "Audit": "AUDIT", "Create": "CREATE",
		"Delete": "DELETE", "Operate": "UNLOCK CREATE DELETE", "Pages": ""} {
		set, _ := at(s.one(t, "AWS::Lambda::Function", "Desk"+part).Properties, "Environment", "Variables").(map[string]any)
		want(t, part, set["LOCKSMITH_DESK_PART"], strings.ToLower(part))
		for name := range set {
			if strings.HasPrefix(name, "LOCKSMITH_") && !strings.Contains(text, "\t"+name+" ") {
				t.Errorf("%s: nothing reads %s", part, name)
			}
		}
		for _, queue := range strings.Fields(queues) {
			if set["LOCKSMITH_DESK_"+queue+"_QUEUE"] == nil {
				t.Errorf("%s: LOCKSMITH_DESK_%s_QUEUE is not set", part, queue)
			}
		}
	}
}
