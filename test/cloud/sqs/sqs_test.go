package sqs_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"locksmith/test/cloud"
	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner  = place.Owner
	region = place.Region
	lockQ  = place.LockQ
)

func TestQueues(t *testing.T) {
	p := place.New(t)
	admin := p.As(owner, region)
	client := sqs.NewFromConfig(admin)
	ctx := context.Background()
	dead := p.CreateQueue(owner, region, "dead", nil)
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("work"),
		Attributes: map[string]string{"VisibilityTimeout": "10", "RedrivePolicy": `{"deadLetterTargetArn":"` + dead +
			`","maxReceiveCount":"2"}`}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: made.QueueUrl, MessageBody: aws.String("hello")}); err != nil {
		t.Fatal(err)
	}
	for try := 1; try <= 3; try++ {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl})
		if err != nil || (len(got.Messages) == 1) != (try < 3) {
			t.Errorf("try %d: %v %v", try, got, err)
		}
		p.Time = p.Time.Add(11 * time.Second)
	}
	if bodies := p.Bodies(dead); len(bodies) != 1 || bodies[0] != "hello" {
		t.Errorf("dead letters %q", bodies)
	}
	if got := place.Code(p.GetQueue(p.As(owner, "us-west-2"))); got != "QueueDoesNotExist" &&
		!strings.Contains(got, "NonExistentQueue") {
		t.Errorf("another Region: %s", got)
	}
	if got := place.Code(p.SetQueue(admin,
		`{"Statement":{"Effect":"Deny","Principal":"*","Action":["a:1","a:2","a:3","a:4","a:5","a:6","a:7","a:8"],`+
			`"Resource":"*"}}`)); got != "InvalidAttributeValue" {
		t.Errorf("eight actions: %s", got)
	}
	if got := place.Code(p.SetQueue(p.As("222233334444", region), "")); !strings.HasPrefix(got, "AccessDenied") {
		t.Errorf("a stranger: %s", got)
	}
}

// TestQueueErrors: what SQS refuses, by the code that its clients go by.
func TestQueueErrors(t *testing.T) {
	p := place.New(t)
	ctx, client := context.Background(), sqs.NewFromConfig(p.As(owner, region))
	set := func(name, value string) func() error {
		return func() error {
			_, err := client.SetQueueAttributes(ctx,
				&sqs.SetQueueAttributesInput{QueueUrl: p.QueueURL(), Attributes: map[string]string{name: value}})
			return err
		}
	}
	create := func(name string, attributes map[string]string) func() error {
		return func() error {
			_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
			return err
		}
	}
	statement := `{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}`
	for _, row := range []struct {
		what string
		call func() error
		want string
	}{
		{"an attribute that is none", set("Colour", "red"), "InvalidAttributeName"},
		{"a timeout past twelve hours", set("VisibilityTimeout", "43201"), "InvalidAttributeValue"},
		{"a policy that is no JSON", set("Policy", "{"), "InvalidAttributeValue"},
		{"a policy without a principal",
			set("Policy", `{"Statement":{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}`), "InvalidAttributeValue"},
		{"a policy of 8193 bytes", set("Policy", lockQ+strings.Repeat(" ", 8193-len(lockQ))), "InvalidAttributeValue"},
		{"one of 21 statements", set("Policy", `{"Statement":[`+statement+strings.Repeat(","+statement, 20)+`]}`),
			"InvalidAttributeValue"},
		{"one of 20", set("Policy", `{"Statement":[`+statement+strings.Repeat(","+statement, 19)+`]}`), "ok"},
		{"none", set("Policy", ""), "ok"},
		{"dead letters that are nowhere",
			set("RedrivePolicy",
				`{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:111122223333:none","maxReceiveCount":3}`),
			"InvalidParameterValue"},
		{"a queue of that name, set alike", create("q", map[string]string{"VisibilityTimeout": "30"}), "ok"},
		{"a queue of that name, set otherwise", create("q", map[string]string{"VisibilityTimeout": "31"}),
			"QueueAlreadyExists"},
		{"a name that is none", create("a.b", nil), "InvalidParameterValue"},
		{"a FIFO queue by name only", create("a.fifo", nil), "InvalidParameterValue"},
		{"the label of no statement", func() error {
			_, err := client.RemovePermission(ctx,
				&sqs.RemovePermissionInput{QueueUrl: p.QueueURL(), Label: aws.String("l")})
			return err
		}, "InvalidParameterValue"},
		{"a queue that is nowhere", func() error {
			_, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
			return err
		}, "AWS.SimpleQueueService.NonExistentQueue"},
	} {
		if got := place.Code(row.call()); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}
}

// TestMessageErrors: what SQS refuses of messages.
func TestMessageErrors(t *testing.T) {
	p := place.New(t)
	ctx, client := context.Background(), sqs.NewFromConfig(p.As(owner, region))
	for _, row := range []struct {
		what string
		call func() error
		want string
	}{
		{"no message", func() error {
			_, err := client.SendMessage(ctx,
				&sqs.SendMessageInput{QueueUrl: p.QueueURL(), MessageBody: aws.String("")})
			return err
		}, "MissingParameter"},
		{"a handle that is none", func() error {
			_, err := client.DeleteMessage(ctx,
				&sqs.DeleteMessageInput{QueueUrl: p.QueueURL(), ReceiptHandle: aws.String("x")})
			return err
		}, "ReceiptHandleIsInvalid"},
		{"eleven messages", func() error {
			_, err := client.ReceiveMessage(ctx,
				&sqs.ReceiveMessageInput{QueueUrl: p.QueueURL(), MaxNumberOfMessages: 11})
			return err
		}, "InvalidParameterValue"},
	} {
		if got := place.Code(row.call()); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}
}

// TestPermissions: AddPermission and RemovePermission write and take statements, and stay within the owner's account.
func TestPermissions(t *testing.T) {
	p := place.New(t)
	ctx, admin := context.Background(), sqs.NewFromConfig(p.As(owner, region))
	guest := sqs.NewFromConfig(p.As("222233334444", region))
	send := func() string {
		_, err := guest.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: p.QueueURL(), MessageBody: aws.String("m")})
		return place.Code(err)
	}
	add := &sqs.AddPermissionInput{QueueUrl: p.QueueURL(), Label: aws.String("guest"),
		AWSAccountIds: []string{"222233334444"}, Actions: []string{"SendMessage"}}
	if got := send(); got != "AccessDenied" {
		t.Errorf("before: %s", got)
	}
	if _, err := admin.AddPermission(ctx, add); err != nil {
		t.Fatal(err)
	}
	if got := send(); got != "ok" {
		t.Errorf("with the permission: %s", got)
	}
	if _, err := admin.AddPermission(ctx, add); place.Code(err) != "InvalidParameterValue" {
		t.Errorf("the same label again: %v", err)
	}
	remove := &sqs.RemovePermissionInput{QueueUrl: p.QueueURL(), Label: aws.String("guest")}
	if _, err := guest.RemovePermission(ctx, remove); place.Code(err) != "AccessDenied" {
		t.Errorf("by the guest: %v", err)
	}
	if _, err := admin.RemovePermission(ctx, remove); err != nil {
		t.Error(err)
	}
	if policy := p.Policy("arn:aws:sqs:eu-central-1:111122223333:q"); policy != "" {
		t.Errorf("left: %s", policy)
	}
}

// TestPropagation: GetQueueAttributes shows an old policy for a while, and each change in its own time.
func TestPropagation(t *testing.T) {
	p := place.Of(t, cloud.Config{QueuePropagation: 45 * time.Second})
	start, admin := p.Time, p.As(owner, region)
	allow := strings.Replace(lockQ, "Deny", "Allow", 1)
	shown := func() string {
		out, err := sqs.NewFromConfig(admin).GetQueueAttributes(context.Background(),
			&sqs.GetQueueAttributesInput{QueueUrl: p.QueueURL(), AttributeNames: []types.QueueAttributeName{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Attributes["Policy"]
	}
	if err := p.SetQueue(admin, allow); err != nil {
		t.Fatal(err)
	}
	p.Time = start.Add(30 * time.Second)
	if err := p.SetQueue(admin, ""); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		after time.Duration
		want  string
	}{{44 * time.Second, ""}, {45 * time.Second, allow}, {74 * time.Second, allow}, {75 * time.Second, ""}} {
		p.Time = start.Add(row.after)
		if got := shown(); got != row.want {
			t.Errorf("after %v: %q, want %q", row.after, got, row.want)
		}
	}
}

// received are up to ten messages, with all that can be asked of them.
func received(t *testing.T, client *sqs.Client, in sqs.ReceiveMessageInput) []types.Message {
	t.Helper()
	in.MaxNumberOfMessages, in.MessageAttributeNames = 10, []string{"All"}
	in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{"ApproximateReceiveCount"}
	out, err := client.ReceiveMessage(context.Background(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Messages
}

// TestMessages: visibility, delay, batches and what is asked for with a message.
func TestMessages(t *testing.T) {
	p := place.New(t)
	ctx, client := context.Background(), sqs.NewFromConfig(p.As(owner, region))
	sent, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{
		QueueUrl: p.QueueURL(), Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String("now"),
				MessageAttributes: map[string]types.MessageAttributeValue{
					"from": {DataType: aws.String("String"), StringValue: aws.String("kim")}}},
			{Id: aws.String("2"), MessageBody: aws.String("later"), DelaySeconds: 60},
			{Id: aws.String("3"), MessageBody: aws.String("")},
		}})
	if err != nil || len(sent.Successful) != 2 || len(sent.Failed) != 1 || *sent.Failed[0].Id != "3" {
		t.Fatalf("%+v %v", sent, err)
	}
	receive := func(in sqs.ReceiveMessageInput) []types.Message {
		t.Helper()
		in.QueueUrl = p.QueueURL()
		return received(t, client, in)
	}
	first := receive(sqs.ReceiveMessageInput{VisibilityTimeout: 100})
	if len(first) != 1 || *first[0].Body != "now" || first[0].Attributes["ApproximateReceiveCount"] != "1" ||
		*first[0].MessageAttributes["from"].StringValue != "kim" {
		t.Fatalf("%+v", first)
	}
	if again := receive(sqs.ReceiveMessageInput{}); len(again) != 0 {
		t.Errorf("hidden, yet received: %+v", again)
	}
	if _, err := client.ChangeMessageVisibility(ctx,
		&sqs.ChangeMessageVisibilityInput{QueueUrl: p.QueueURL(), ReceiptHandle: first[0].ReceiptHandle,
			VisibilityTimeout: 0}); err != nil {
		t.Error(err)
	}
	p.Time = p.Time.Add(time.Minute)
	both := receive(sqs.ReceiveMessageInput{})
	if len(both) != 2 || both[0].Attributes["ApproximateReceiveCount"] != "2" {
		t.Fatalf("%+v", both)
	}
	var entries []types.DeleteMessageBatchRequestEntry
	for _, m := range both {
		entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle})
	}
	if _, err := client.DeleteMessageBatch(ctx,
		&sqs.DeleteMessageBatchInput{QueueUrl: p.QueueURL(), Entries: entries}); err != nil {
		t.Error(err)
	}
	if left := p.Bodies("arn:aws:sqs:eu-central-1:111122223333:q"); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// TestLongPoll: a receive waits for a message that comes later.
func TestLongPoll(t *testing.T) {
	p := place.New(t)
	time.AfterFunc(50*time.Millisecond, func() { p.Send("arn:aws:sqs:eu-central-1:111122223333:q", "late") })
	out, err := sqs.NewFromConfig(p.As(owner, region)).ReceiveMessage(context.Background(),
		&sqs.ReceiveMessageInput{QueueUrl: p.QueueURL(), WaitTimeSeconds: 10})
	if err != nil || len(out.Messages) != 1 || *out.Messages[0].Body != "late" {
		t.Errorf("%+v %v", out, err)
	}
}

// TestQueueEvents: the record has the policy as a string, and a new queue's URL in the answer only.
func TestQueueEvents(t *testing.T) {
	p := place.New(t)
	ctx, client := context.Background(), sqs.NewFromConfig(p.As(owner, region))
	for range 2 { // the second is refused: it is set otherwise by then
		_, _ = client.CreateQueue(ctx, &sqs.CreateQueueInput{
			QueueName: aws.String("new"), Attributes: map[string]string{
				"Policy": strings.Replace(lockQ, `"*"`, `{"AWS":"222233334444"}`, 1)}})
		p.SetPolicy("arn:aws:sqs:eu-central-1:111122223333:new", "")
	}
	type event struct {
		Detail struct {
			EventName         string
			ErrorCode         string
			RequestParameters map[string]any
			ResponseElements  map[string]any
		}
	}
	var got [2]event
	for i, text := range p.Events() {
		if err := json.Unmarshal(text, &got[i]); err != nil {
			t.Fatal(err)
		}
	}
	first, second := got[0].Detail, got[1].Detail
	attributes, _ := first.RequestParameters["attributes"].(map[string]any)
	policy, _ := attributes["Policy"].(string)
	if first.EventName != "CreateQueue" || !strings.Contains(policy, "222233334444") ||
		first.RequestParameters["queueName"] != "new" || first.RequestParameters["queueUrl"] != nil ||
		first.ResponseElements["queueUrl"] != "https://sqs.eu-central-1.amazonaws.com/111122223333/new" {
		t.Errorf("%+v", first)
	}
	if second.ErrorCode != "QueueNameExists" || second.ResponseElements != nil {
		t.Errorf("%+v", second)
	}
}
