// Package pipeline wires the unlock function to an AWS in one process, as a deployment wires it in the central account.
// It has topics, a work queue with dead letters, the rule that feeds it, and Lambda's polling.
package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/ledger/directory"
	"locksmith/lambdas/ledger/good"
	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/policies/sources/cloudtrail"
	"locksmith/test/cloud"
	bus "locksmith/test/cloud/events"
)

// Region is where the central account's resources are.
const Region = "us-east-1"

// Options are what differs from one pipeline to another. Zero values stand for what a deployment has.
type Options struct {
	Allow      *allowlist.List
	Now        func() time.Time
	Wait       func(context.Context, time.Duration) error
	Log        *slog.Logger
	Report     func(remedy.Report)
	Visibility time.Duration // of a delivered message; 6 times the function's timeout in a deployment
	Tries      int           // deliveries before the dead letters
	Limits     ledger.Limits
	Retryer    func() aws.Retryer // of the SDK's clients; nil for the one of a deployment
	Secret     string             // that the pipeline signs with; "" where any serves
	Desk       notice.Desk        // that notices link to; none by default
}

// A Pipeline is the product on an AWS.
type Pipeline struct {
	Flow               *remedy.Flow
	Ledger             *ledger.Dynamo
	Good               *good.Store
	Sessions           *sessions.Store
	Topics             notice.Topics
	Queue, DeadLetters string // ARNs
	// Function handles a batch: the Flow's, unless a test puts a process in its place.
	Function func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

	cloud      *cloud.Cloud
	config     aws.Config // of the function
	client     *dynamodb.Client
	base       string
	secret     string
	visibility time.Duration
	desk       notice.Desk
}

// Table is the name of the ledger's table.
const Table = "locksmith-ledger"

// Impatient is a retryer for tests: as many attempts as in a deployment, without its pauses.
func Impatient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 3
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// New puts the pipeline on the AWS that answers at the base URL.
func New(c *cloud.Cloud, base string, o Options) (*Pipeline, error) {
	central := c.Config().DelegatedAdministrator
	p := &Pipeline{cloud: c, base: base, secret: cmp.Or(o.Secret, "any"), visibility: o.Visibility, desk: o.Desk,
		Topics: notice.Topics{
			Alerts: c.CreateTopic(central, Region, "locksmith-alerts"),
			Pages:  c.CreateTopic(central, Region, "locksmith-pages"),
			Chat:   c.CreateTopic(central, Region, "locksmith-chat"),
		}}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = remedy.Sleep
	}
	if o.Tries == 0 {
		o.Tries = 5
	}
	p.DeadLetters = c.CreateQueue(central, Region, "locksmith-dead-letters", nil)
	redrive := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`, p.DeadLetters, o.Tries)
	p.Queue = c.CreateQueue(central, Region, "locksmith-work", map[string]string{"RedrivePolicy": redrive})
	if err := p.rule(p.Queue, cloudtrail.EventPattern()); err != nil {
		return nil, err
	}
	cfg := aws.Config{Region: Region, BaseEndpoint: aws.String(base),
		Credentials: credentials.NewStaticCredentialsProvider(central+".role.LocksmithUnlock", p.secret, ""),
		Retryer:     o.Retryer}
	p.Sessions = sessions.New(cfg, Table, sessions.Defaults(), o.Now)
	root, err := awsroot.New(cfg, awsroot.Options{ManagementAccount: c.Config().ManagementAccount,
		Opened: p.Sessions.Opened})
	if err != nil {
		return nil, err
	}
	p.config, p.client = cfg, dynamodb.NewFromConfig(cfg)
	if err := CreateLedger(p.client, Table); err != nil {
		return nil, err
	}
	p.Ledger = ledger.NewDynamo(cfg, Table, o.Limits, o.Now)
	accounts := organization.New(cfg)
	accounts.Tags = o.Allow != nil && o.Allow.NamesTags() // a process has a list of its own
	p.Good = good.New(cfg, Table, good.DefaultAge, o.Now)
	p.Flow = &remedy.Flow{Allow: o.Allow, Root: root, Ledger: p.Ledger, Past: p.Good, Teller: p.publisher(),
		Now: o.Now, Wait: o.Wait, LookAgain: remedy.Pauses(), Tries: o.Tries, Log: o.Log, Report: o.Report,
		Queue:     awsroot.NewQueue(cfg),
		Directory: organization.NewDirectory(accounts, directory.New(cfg, Table), o.Now, o.Log)}
	p.Function = p.Flow.Batch
	return p, nil
}

// publisher tells people, by the topics.
func (p *Pipeline) publisher() *notice.Publisher {
	return notice.New(p.config, p.Topics).Linking(p.desk)
}

// Client is a client for the ledger's table.
func (p *Pipeline) Client() *dynamodb.Client { return p.client }

// CreateLedger makes the ledger's table, as infra/central.go does.
func CreateLedger(client *dynamodb.Client, table string) error {
	_, err := client.CreateTable(context.Background(), &dynamodb.CreateTableInput{TableName: &table,
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: attributes("id", "open", "due", "kind", "at"),
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String(ledger.OpenIndex),
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("open"), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String("due"), KeyType: types.KeyTypeRange}},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}},
			{IndexName: aws.String(ledger.KindIndex),
				KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("kind"), KeyType: types.KeyTypeHash},
					{AttributeName: aws.String("at"), KeyType: types.KeyTypeRange}},
				Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: ledger.Listed()}}}})
	return err
}

func attributes(names ...string) (all []types.AttributeDefinition) {
	for _, name := range names {
		all = append(all, types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS})
	}
	return all
}

// Environment is what a deployment sets for the function, and what Lambda adds. The SDKs find this AWS by their own
// variable for endpoints (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
func (p *Pipeline) Environment() []string {
	c := p.cloud.Config()
	return []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=en_US.UTF-8", "TZ=:UTC",
		"AWS_LAMBDA_FUNCTION_NAME=locksmith-unlock", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "_HANDLER=bootstrap",
		"AWS_REGION=" + Region, "AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=" + c.DelegatedAdministrator + ".role.LocksmithUnlock", "AWS_SECRET_ACCESS_KEY=" + p.secret,
		"AWS_ENDPOINT_URL=" + p.base, "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"LOCKSMITH_MODE=act", "LOCKSMITH_TRIES=5", "LOCKSMITH_MANAGEMENT_ACCOUNT=" + c.ManagementAccount,
		"LOCKSMITH_LEDGER_TABLE=" + Table,
		"LOCKSMITH_ALERTS_TOPIC=" + p.Topics.Alerts, "LOCKSMITH_PAGES_TOPIC=" + p.Topics.Pages,
		"LOCKSMITH_CHAT_TOPIC=" + p.Topics.Chat,
	}
}

// Incidents are all incidents in the ledger, the oldest first. It panics where they cannot be read, since a test that
// looked at none would pass.
func (p *Pipeline) Incidents() []remedy.Entry {
	all, err := p.Ledger.Incidents(context.Background())
	if err != nil {
		panic(err)
	}
	return all
}

// rule puts a rule on the bus.
func (p *Pipeline) rule(queue string, pattern []byte) error {
	compiled, err := bus.CompilePattern(pattern)
	if err != nil {
		return err
	}
	p.cloud.AddRule(bus.Rule{Queue: queue, Matches: func(event []byte) bool {
		matches, err := compiled.Match(event)
		return err == nil && matches
	}})
	return nil
}

// Remind puts the message on the queue that the deployment's schedule sends each hour.
func (p *Pipeline) Remind() { p.cloud.Send(p.Queue, `{"source":"locksmith","detail-type":"Reminder"}`) }

// A function handles a batch.
type function func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// Deliver hands up to ten visible messages to the function, as Lambda's event source mapping does, and takes those off
// the queue that it does not name as failed. It says how many there were.
func (p *Pipeline) Deliver(ctx context.Context) int { return p.deliver(ctx, p.Queue, p.Function, 10) }

// DeliverTo hands up to five messages of a queue to a function, as Deliver does.
func (p *Pipeline) DeliverTo(ctx context.Context, queue string, f function) int {
	return p.deliver(ctx, queue, f, 5)
}

func (p *Pipeline) deliver(ctx context.Context, queue string, f function, most int) int {
	messages := p.cloud.Receive(queue, most, p.visibility)
	if len(messages) == 0 {
		return 0
	}
	batch := events.SQSEvent{}
	for _, m := range messages {
		batch.Records = append(batch.Records, events.SQSMessage{
			MessageId: m.ID, ReceiptHandle: m.Receipt, Body: m.Body,
			EventSourceARN: queue, EventSource: "aws:sqs", AWSRegion: Region,
			Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.Receives)}})
	}
	answer, err := f(ctx, batch)
	if err != nil {
		return len(messages) // the whole batch comes again
	}
	failed := map[string]bool{}
	for _, f := range answer.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	for _, m := range messages {
		if !failed[m.ID] {
			p.cloud.Delete(queue, m.Receipt)
		}
	}
	return len(messages)
}

// Run delivers until the context ends.
func (p *Pipeline) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if p.Deliver(ctx) == 0 {
			_ = remedy.Sleep(ctx, 20*time.Millisecond)
		}
	}
}
