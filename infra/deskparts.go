package main

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// A deskPart is one of the desk's functions. All are the same program, which serves the routes of its part alone. Each
// has a role of its own, so that what shows cannot create, and what creates cannot delete.
type deskPart struct {
	name   string   // LOCKSMITH_DESK_PART
	does   string   // a description
	routes []string // method and path; "default" for what is no route
	tasks  []string // of the desk's entries, for which it opens root; none: it opens none
	root   []string // the task policies that it opens root with
	queue  bool     // it runs requests that were approved, from a queue of its own
	reads  bool     // of the ledger, it only reads
}

func deskParts() []deskPart {
	unlocking := []string{"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"}
	const bucket, queue = "/unlock-s3-bucket/{accountNumber}/{bucketName}", "/unlock-sqs-queue/{accountNumber}/{queueName}"
	return []deskPart{
		{name: "view", does: "shows policies in force, and what an act would open", reads: true,
			routes: []string{"GET " + bucket, "GET " + queue}, tasks: []string{"view"}, root: unlocking},
		{name: "unlock", does: "unlocks what people ask for, and puts back what was taken off", queue: true,
			routes: []string{"POST " + bucket, "POST " + queue, "POST /incidents/{id}/restore"},
			tasks:  []string{"unlock", "force", "restore"}, root: unlocking},
		{name: "audit", does: "finds out which root credentials there are", queue: true, reads: true,
			routes: []string{"GET /root-credentials", "GET /root-credentials/{accountNumber}"},
			tasks:  []string{"audit", "create-password", "delete-credentials"},
			root:   []string{"IAMAuditRootUserCredentials"}},
		{name: "create", does: "lets a root user recover its password", queue: true, reads: true,
			routes: []string{"POST /create-root-login-profile/{accountNumber}"},
			tasks:  []string{"create-password"}, root: []string{"IAMCreateRootUserPassword"}},
		{name: "delete", does: "deletes the credentials of root users", queue: true, reads: true,
			routes: []string{"POST /delete-root-login-profile/{accountNumber}"}, tasks: []string{"delete-credentials"},
			root: []string{"IAMDeleteRootUserCredentials", "IAMAuditRootUserCredentials"}},
		{name: "operate", does: "keeps requests, and shows incidents, sweeps and the preflight", reads: true,
			routes: []string{"GET /requests", "GET /requests/{id}", "POST /requests/{id}/approve",
				"POST /requests/{id}/deny", "POST /requests/{id}/cancel", "GET /incidents", "GET /incidents/{id}",
				"GET /sweeps", "POST /sweeps", "GET /sweeps/{id}", "POST /sweeps/{id}/stop", "GET /preflight",
				"GET /openapi.json", "default"}},
	}
}

// title is the part's name in its stack.
func (p deskPart) title() string { return "Desk" + strings.ToUpper(p.name[:1]) + p.name[1:] }

// roleName is fixed, since the watch on root has to know the roles that open root before this stack is there.
func (p deskPart) roleName() string { return "LocksmithDesk-" + p.name }

// deskRoles are the ARNs of the roles of the desk that open root; none where there is no desk.
func (s *Central) deskRoles() (all []*string) {
	for _, p := range deskParts() {
		if s.config.Desk != nil && len(p.root) > 0 {
			all = append(all, awscdk.Fn_Sub(jsii.String("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"+p.roleName()), nil))
		}
	}
	return all
}

// How the desk's times fit together. API Gateway waits 30 seconds for an answer. A request that runs from the queue may
// take longer, and its message comes back when the worker is surely gone.
const (
	deskTime       = 120 // seconds
	auditTime      = 600 // the whole organization's is many messages, one after the other
	deskVisibility = 6 * auditTime
	deskTries      = 50
	deskInstances  = 2 // of each part, that run requests at once; the least that an event source mapping takes
	deskMemory     = 512
)

// deskTick is the message of the schedule: package desk's Tick.
const deskTick = `{"source":"locksmith","detail-type":"Tend"}`

// A deskQueue leads approved requests to the function that runs them.
type deskQueue struct{ work, dead awssqs.Queue }

func (s *deskStack) newQueue(p deskPart) deskQueue {
	dead := awssqs.NewQueue(s.Stack, jsii.String(p.title()+"DeadLetters"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14))})
	suppress(dead, "AwsSolutions-SQS3", "it holds dead letters itself")
	work := awssqs.NewQueue(s.Stack, jsii.String(p.title()+"Queue"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(4)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(deskVisibility)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(deskTries)},
	})
	s.alarm(p.title()+"DeadLettersAlarm", "Requests that the desk could not run wait in the dead letters",
		dead.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
			Period: awscdk.Duration_Minutes(jsii.Number(5)), Statistic: jsii.String("Maximum")}))
	return deskQueue{work, dead}
}

// alarm makes an alarm that pages.
func (s *deskStack) alarm(name, description string, metric awscloudwatch.IMetric) {
	s.central.page(awscloudwatch.NewAlarm(s.Stack, &name, &awscloudwatch.AlarmProps{
		AlarmDescription: &description, Metric: metric, Threshold: jsii.Number(1), EvaluationPeriods: jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	}))
}

// newPart makes a part's function and role.
func (s *deskStack) newPart(p deskPart, root string) awslambda.Function {
	time := deskTime
	if p.name == "audit" {
		time = auditTime
	}
	c := s.central
	environment := map[string]*string{
		"GOMEMLIMIT":          jsii.String(strconv.Itoa(heap) + "MiB"),
		"LOCKSMITH_DESK_PART": &p.name, "LOCKSMITH_DESK_TABLE": s.table.TableName(),
		"LOCKSMITH_MANAGEMENT_ACCOUNT": &s.config.ManagementAccount,
		"LOCKSMITH_LEDGER_TABLE":       c.ledger.TableName(), "LOCKSMITH_LEDGER_DAYS": decimal(s.config.Retention.Ledger),
		"LOCKSMITH_FLAP_GUARD":       decimal(s.config.Guards.PerResource),
		"LOCKSMITH_BREAKER":          decimal(s.config.Guards.PerHour),
		"LOCKSMITH_BREAKER_ACCOUNTS": decimal(s.config.Guards.accountsPerHour()),
		"LOCKSMITH_SWEEP_QUEUE":      c.sweeps.QueueArn(),
		"LOCKSMITH_INSTANCES":        decimal(deskInstances),
		"LOCKSMITH_ASSUME_ROOT_RATE": jsii.String(strconv.FormatFloat(s.config.Sweep.AssumeRoot, 'g', -1, 64)),
		"LOCKSMITH_DESK_PAGES":       jsii.String(cmp.Or(s.config.Desk.Address, "command")),
	}
	if s.public != nil {
		environment["LOCKSMITH_DESK_PAGES"] = s.home()
		environment["LOCKSMITH_DESK_CLAIM"] = &s.config.Desk.SignIn.Claim
	}
	for name, q := range s.queues {
		environment["LOCKSMITH_DESK_"+strings.ToUpper(name)+"_QUEUE"] = q.work.QueueArn()
	}
	return newFunction(s.Stack, s.config, root, c.topics, functionSpec{name: p.title(),
		description: "Locksmith's root desk: " + p.does, purpose: "Locksmith's root desk: " + p.does,
		source: "lambdas/desk", memory: deskMemory, timeout: time, roleName: p.roleName(),
		environment: environment, may: s.rights(p),
		wildcard: "indexes of the two tables; any account of the organization may have to be looked up; sts:AssumeRoot is " +
			"bound to the part's task policies, and to the accounts that the desk's entries name, where they do by number"})
}

// rights are what a part's role may do.
func (s *deskStack) rights(p deskPart) []awsiam.PolicyStatement {
	c := s.central
	indexes := func(arn *string) *string { return jsii.String(*arn + "/index/*") }
	keep := []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
	all := []awsiam.PolicyStatement{
		may("KeepRequests", append(keep, "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"), s.table.TableArn()),
		may("ListRequests", []string{"dynamodb:Query"}, indexes(s.table.TableArn())),
		may("ReadLedger", []string{"dynamodb:GetItem"}, c.ledger.TableArn()),
		may("ListIncidents", []string{"dynamodb:Query"}, indexes(c.ledger.TableArn())),
	}
	if roots := s.config.deskRoots(p.tasks...); len(p.root) > 0 && len(roots) > 0 {
		var policies []string
		for _, task := range p.root {
			policies = append(policies, "arn:aws:iam::aws:policy/root-task/"+task)
		}
		all = append(all, allow("AssumeRoot", []string{"sts:AssumeRoot"}, roots,
			&map[string]any{"StringEquals": map[string]any{"sts:TaskPolicyArn": policies}}))
	}
	noted := may("NoteSessions", []string{"dynamodb:PutItem", "dynamodb:UpdateItem"}, c.ledger.TableArn())
	switch {
	case !p.reads:
		all = append(all, may("KeepLedger", append(keep, "dynamodb:ConditionCheckItem"), c.ledger.TableArn()))
	default: // the directory's cache, our sessions for the watch, and who was told
		noted.AddCondition(jsii.String("ForAllValues:StringLike"), map[string]any{
			"dynamodb:LeadingKeys": []string{"session#*", "member#*", "sweep#*", "sweeps#*"}})
		all = append(all, noted)
	}
	var queues []*string
	for _, other := range deskParts() {
		if q, there := s.queues[other.name]; there && (p.name == "operate" || p.name == other.name) {
			queues = append(queues, q.work.QueueArn())
		}
	}
	if p.name == "operate" {
		queues = append(queues, c.sweeps.QueueArn())
	}
	if len(queues) > 0 {
		all = append(all, may("Send", []string{"sqs:SendMessage"}, queues...))
	}
	if p.queue {
		all = append(all, mayTake("Take", s.queues[p.name].work))
	}
	return append(all, s.organization(p)...)
}

// organization are the rights to ask which accounts there are. Every part has to know whether an account is a member,
// and the audit goes through all.
func (s *deskStack) organization(p deskPart) []awsiam.PolicyStatement {
	actions := []string{"organizations:DescribeAccount", "organizations:ListParents"}
	if s.config.list.NamesTags() {
		actions = append(actions, "organizations:ListTagsForResource")
	}
	if p.name == "audit" {
		actions = append(actions, "organizations:ListAccounts")
	}
	return []awsiam.PolicyStatement{may("LookUpAccounts", actions, jsii.String("*"))}
}

// run has the part run requests from its queue, and tend what waits on the schedule.
func (s *deskStack) run(p deskPart, f awslambda.Function) {
	if q, there := s.queues[p.name]; there {
		f.AddEventSource(awslambdaeventsources.NewSqsEventSource(q.work, &awslambdaeventsources.SqsEventSourceProps{
			BatchSize: jsii.Number(1), MaxConcurrency: jsii.Number(deskInstances), ReportBatchItemFailures: jsii.Bool(true)}))
	}
	if p.name == "operate" || p.name == "audit" {
		s.tend(p, f)
	}
	s.alarm(p.title()+"ErrorsAlarm", "The desk fails: "+p.does,
		f.MetricErrors(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(5)),
			Statistic: jsii.String("Sum")}))
}

// tend has the part look at what waits, every five minutes: what is over its time, approved and not run, or not told.
func (s *deskStack) tend(p deskPart, f awslambda.Function) {
	newSchedule(s.Stack, scheduleSpec{name: p.title() + "Schedule", does: "Has Locksmith's desk look at what waits",
		purpose: "Has Locksmith's desk look at what waits", when: "rate(5 minutes)", target: f.FunctionArn(),
		input: deskTick, may: may("Run", []string{"lambda:InvokeFunction"}, f.FunctionArn()), letters: s.central.unrouted})
}
