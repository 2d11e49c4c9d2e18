package sns_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner   = place.Owner
	central = place.Central
	region  = place.Region
)

func TestTopics(t *testing.T) {
	p := place.New(t)
	client := sns.NewFromConfig(p.As(central+".role.L", "us-east-1"))
	ctx := context.Background()
	topic := p.CreateTopic(central, "us-east-1", "alerts")
	queue := p.CreateQueue(central, "us-east-1", "inbox", nil)
	if _, err := client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"),
		Endpoint: &queue}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		in   sns.PublishInput
		want string
	}{
		{sns.PublishInput{Subject: aws.String("s"), Message: aws.String(`{"default":"d","sqs":"q","sms":7}`),
			MessageStructure: aws.String("json")}, "ok"},
		{sns.PublishInput{Subject: aws.String("s"), Message: aws.String(`{"sqs":"q"}`),
			MessageStructure: aws.String("json")}, "InvalidParameter"},
		{sns.PublishInput{Message: aws.String(`{"default":"d","default":"e"}`), MessageStructure: aws.String("json")},
			"InvalidParameter"},
		{sns.PublishInput{Message: aws.String(`default`), MessageStructure: aws.String("json")}, "InvalidParameter"},
		{sns.PublishInput{Message: aws.String("")}, "InvalidParameter"},
		{sns.PublishInput{Message: aws.String(strings.Repeat("m", 256*1024+1))}, "InvalidParameter"},
		{sns.PublishInput{Subject: aws.String("Schlüssel"), Message: aws.String("m")}, "InvalidParameter"},
		{sns.PublishInput{Subject: aws.String(strings.Repeat("s", 100)), Message: aws.String("m")}, "InvalidParameter"},
		{sns.PublishInput{Subject: aws.String("a\nb"), Message: aws.String("m")}, "InvalidParameter"},
	} {
		row.in.TopicArn = &topic
		if _, err := client.Publish(ctx, &row.in); place.Code(err) != row.want {
			t.Errorf("%v, want %s", err, row.want)
		}
	}
	if inbox := p.Inbox(topic); len(inbox) != 1 || inbox[0].For("sqs") != "q" || inbox[0].For("email") != "d" {
		t.Errorf("%+v", inbox)
	}
	if bodies := p.Bodies(queue); len(bodies) != 1 || !strings.Contains(bodies[0], `"Message":"q"`) {
		t.Errorf("delivered %q", bodies)
	}
}

func TestTopicsOfOthers(t *testing.T) {
	p := place.New(t)
	topic := p.CreateTopic(central, "us-east-1", "alerts")
	publish := func(cfg aws.Config, arn string) string {
		_, err := sns.NewFromConfig(cfg).Publish(context.Background(),
			&sns.PublishInput{TopicArn: &arn, Message: aws.String("m")})
		return place.Code(err)
	}
	if got := publish(p.As(owner, "us-east-1"), topic); got != "AuthorizationError" {
		t.Errorf("another account: %s", got)
	}
	if got := publish(p.As(central, region), topic); got != "NotFound" {
		t.Errorf("another Region: %s", got)
	}
	if got := publish(p.As(central, "us-east-1"), topic+"x"); got != "NotFound" {
		t.Errorf("no such topic: %s", got)
	}
	session := p.Root(t, "S3UnlockBucketPolicy")
	if got := publish(session, p.CreateTopic(owner, region, "own")); got != "AuthorizationError" {
		t.Errorf("a root session past its task: %s", got)
	}
	out, err := sns.NewFromConfig(p.As(central, "us-east-1")).ListTopics(context.Background(), nil)
	if err != nil || len(out.Topics) != 1 || *out.Topics[0].TopicArn != topic {
		t.Errorf("%+v %v", out, err)
	}
}
