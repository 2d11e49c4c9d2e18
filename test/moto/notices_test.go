package moto

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/notice"
	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// A hub is Locksmith's topics with a queue that subscribes to each.
type hub struct {
	sns    *sns.Client
	sqs    *sqs.Client
	topics notice.Topics
	queues map[remedy.Channel]string // URLs
}

// newHub makes topics whose names begin so, with their queues, for the duration of the test.
func newHub(t *testing.T, cfg aws.Config, name string) hub {
	t.Helper()
	h := hub{sns: sns.NewFromConfig(cfg), sqs: sqs.NewFromConfig(cfg), queues: map[remedy.Channel]string{}}
	for channel, topic := range map[remedy.Channel]*string{remedy.Alerts: &h.topics.Alerts,
		remedy.Pages: &h.topics.Pages, remedy.Chat: &h.topics.Chat} {
		made, err := h.sns.CreateTopic(context.Background(),
			&sns.CreateTopicInput{Name: aws.String(name + "-" + string(channel))})
		if err != nil {
			t.Fatal(err)
		}
		*topic = *made.TopicArn
		t.Cleanup(func() { _, _ = h.sns.DeleteTopic(context.Background(), &sns.DeleteTopicInput{TopicArn: topic}) })
		h.queues[channel] = h.subscribe(t, *topic, name+"-"+string(channel), nil)
	}
	return h
}

// subscribe makes a queue of that name and subscribes it to the topic. It returns the queue's URL.
func (h hub) subscribe(t *testing.T, topic, name string, attributes map[string]string) string {
	t.Helper()
	queue, err := h.sqs.CreateQueue(context.Background(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = h.sqs.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: queue.QueueUrl})
	})
	arn := "arn:aws:sqs:us-east-1:" + central + ":" + name
	_, err = h.sns.Subscribe(context.Background(), &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"),
		Endpoint: &arn, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *queue.QueueUrl
}

// An envelope is what SNS puts around a message for a queue
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
type envelope struct {
	Type, TopicArn, Subject, Message string
	MessageAttributes                map[string]struct{ Type, Value string }
}

// bodies empties the queue.
func (h hub) bodies(t *testing.T, url string) []string {
	t.Helper()
	var all []string
	for {
		out, err := h.sqs.ReceiveMessage(context.Background(),
			&sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return all
		}
		for _, m := range out.Messages {
			all = append(all, *m.Body)
			if _, err := h.sqs.DeleteMessage(context.Background(),
				&sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// only is the one message in the queue of the channel.
func (h hub) only(t *testing.T, channel remedy.Channel) envelope {
	t.Helper()
	bodies := h.bodies(t, h.queues[channel])
	if len(bodies) != 1 {
		t.Fatalf("%s: %d messages, want 1: %.300q", channel, len(bodies), bodies)
	}
	var e envelope
	if err := json.Unmarshal([]byte(bodies[0]), &e); err != nil {
		t.Fatalf("%s: %v: %s", channel, err, bodies[0])
	}
	return e
}

const denyOrders = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Principal":"*",
	"Action":"sqs:*","Resource":"arn:aws:sqs:eu-central-1:111122223333:orders"}]}`

// uncovered is a lockout of a resource that the allow list does not cover.
func uncovered() remedy.Notice {
	return remedy.Notice{
		Change: remedy.Change{EventID: "5d0c6c0e-7a51-4c1c-9c35-6f6f5a1f2b01", Call: "SetQueueAttributes",
			Resource: "arn:aws:sqs:eu-central-1:111122223333:orders", Account: member,
			Region: "eu-central-1", Time: time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC), Policy: denyOrders,
			By: remedy.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/Admin/kim", Kind: "AssumedRole",
				Address: "198.51.99.7", Agent: "aws-cli/2.30.1"}},
		Verdict: lockout.Verdict{Answer: lockout.Lockout, Statements: []int{0},
			Reasons: []string{"statement DenyAll denies everything to everyone"}},
		Outcome: remedy.Outcome{Result: remedy.NotCovered, Why: "no rule covers it",
			At: time.Date(2026, 11, 21, 8, 15, 42, 0, time.UTC)},
	}
}

// wantAlert is the alert about uncovered, as machines read it.
func wantAlert() string {
	return `{"version":"1","result":"not covered","needsPerson":true,"service":"sqs","policyShortened":false,` +
		`"verdict":{"verdict":"lockout","statements":[0],` +
		`"reasons":["statement DenyAll denies everything to everyone"]},` +
		`"outcome":{"result":"not covered","why":"no rule covers it","at":"2026-11-21T08:15:42Z"},` +
		`"change":{"eventId":"5d0c6c0e-7a51-4c1c-9c35-6f6f5a1f2b01","call":"SetQueueAttributes",` +
		`"resource":"arn:aws:sqs:eu-central-1:111122223333:orders",` +
		`"account":"111122223333","region":"eu-central-1","time":"2026-11-21T08:15:30Z",` +
		`"by":{"arn":"arn:aws:sts::111122223333:assumed-role/Admin/kim",` +
		`"kind":"AssumedRole","address":"198.51.99.7","agent":"aws-cli/2.30.1"}},"policy":` +
		fmt.Sprintf("%q", denyOrders) + `}`
}

// TestNoticesArrive: one notice on its three channels, each in its own form.
func TestNoticesArrive(t *testing.T) {
	cfg := in(t, central, "us-east-1")
	h := newHub(t, cfg, "arrive")
	told, err := notice.New(cfg, h.topics).Tell(context.Background(), uncovered(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]remedy.Channel{remedy.Pages, remedy.Alerts, remedy.Chat}, told); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		channel        remedy.Channel
		topic, subject string
		want           string // the fields of the message that are looked at
		look           []string
	}{
		{remedy.Alerts, h.topics.Alerts, "[Locksmith] STILL LOCKED (not covered) queue orders (111122223333)",
			wantAlert(),
			[]string{"version", "result", "needsPerson", "service", "policyShortened", "verdict", "outcome", "change",
				"policy"}},
		{remedy.Pages, h.topics.Pages, "ALARM: [Locksmith] STILL LOCKED (not covered) queue orders (111122223333)",
			`{"AlarmName":"Locksmith arn:aws:sqs:eu-central-1:111122223333:orders","NewStateValue":"ALARM",
				"OldStateValue":"OK","AWSAccountId":"111122223333",` +
				`"Region":"eu-central-1","StateChangeTime":"2026-11-21T08:15:42.000+0000"}`,
			[]string{"AlarmName", "NewStateValue", "OldStateValue", "AWSAccountId", "Region", "StateChangeTime"}},
		{remedy.Chat, h.topics.Chat, "",
			`{"version":"1.0","source":"custom",` +
				`"id":"5d0c6c0e-7a51-4c1c-9c35-6f6f5a1f2b01"}`, []string{"version", "source", "id"}},
	} {
		t.Run(string(tt.channel), func(t *testing.T) {
			got := h.only(t, tt.channel)
			if got.Type != "Notification" || got.TopicArn != tt.topic || got.Subject != tt.subject {
				t.Errorf("%s from %s: %q, want %q from %s", got.Type, got.TopicArn, got.Subject, tt.subject, tt.topic)
			}
			if diff := cmp.Diff(fields(t, tt.want, tt.look), fields(t, got.Message, tt.look)); diff != "" {
				t.Error(diff)
			}
			if a := got.MessageAttributes["needsPerson"]; a.Type != "String" || a.Value != "true" {
				t.Errorf("message attributes %v", got.MessageAttributes)
			}
		})
	}
}

// fields are those of the JSON object that are looked at.
func fields(t *testing.T, object string, look []string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(object), &all); err != nil {
		t.Fatalf("%v: %s", err, object)
	}
	some := map[string]any{}
	for _, name := range look {
		some[name] = all[name]
	}
	return some
}

// TestGoodNewsDoesNotPage: filter policies, too, decide who hears of it.
func TestGoodNewsDoesNotPage(t *testing.T) {
	cfg := in(t, central, "us-east-1")
	h := newHub(t, cfg, "filtered")
	worried := h.subscribe(t, h.topics.Alerts, "worried",
		map[string]string{"FilterPolicy": `{"needsPerson":["true"]}`, "RawMessageDelivery": "true"})
	unlocked := uncovered()
	unlocked.Outcome.Result, unlocked.Outcome.Why, unlocked.Outcome.Removed = remedy.Unlocked, "", denyOrders
	publisher := notice.New(cfg, h.topics)
	if _, err := publisher.Tell(context.Background(), unlocked, nil); err != nil {
		t.Fatal(err)
	}
	if got := h.only(t, remedy.Alerts); got.Subject != "[Locksmith] UNLOCKED queue orders (111122223333)" {
		t.Errorf("subject %q", got.Subject)
	}
	if pages, heard := h.bodies(t, h.queues[remedy.Pages]), h.bodies(t, worried); len(pages)+len(heard) != 0 {
		t.Errorf("good news reached the pager (%q) or the filter (%q)", pages, heard)
	}
	if _, err := publisher.Tell(context.Background(), uncovered(), nil); err != nil {
		t.Fatal(err)
	}
	heard := h.bodies(t, worried)
	if len(heard) != 1 || fields(t, heard[0], []string{"result"})["result"] != "not covered" {
		t.Errorf("%q, want the JSON form, as it is", heard)
	}
}

// TestATopicThatIsGoneKeepsNobodyWaiting: the other channels take the notice, and the next try sends it to the missing
// one alone.
func TestATopicThatIsGoneKeepsNobodyWaiting(t *testing.T) {
	cfg := in(t, central, "us-east-1")
	h := newHub(t, cfg, "gone")
	gone := h.topics
	gone.Alerts = "arn:aws:sns:us-east-1:" + central + ":no-such-topic"
	told, err := notice.New(cfg, gone).Tell(context.Background(), uncovered(), nil)
	if err == nil || !cmp.Equal(told, []remedy.Channel{remedy.Pages, remedy.Chat}) {
		t.Fatalf("told %v, error %v", told, err)
	}
	told, err = notice.New(cfg, h.topics).Tell(context.Background(), uncovered(), told)
	if err != nil || !cmp.Equal(told, []remedy.Channel{remedy.Pages, remedy.Chat, remedy.Alerts}) {
		t.Fatalf("told %v, error %v", told, err)
	}
	for channel := range h.queues {
		h.only(t, channel)
	}
}
