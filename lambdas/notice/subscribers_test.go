package notice_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"locksmith/lambdas/notice"
	"locksmith/test/cloud/place"
)

// TestSubscribers: those on a second page count, those that nobody confirmed count apart, and a topic that is not there
// is an error, not a topic without subscribers.
func TestSubscribers(t *testing.T) {
	p := place.New(t)
	cfg := p.As(place.Central+".role.Locksmith", "us-east-1")
	topic := p.CreateTopic(place.Central, "us-east-1", "alerts")
	count := func() string {
		confirmed, pending, err := notice.New(cfg, notice.Topics{}).Subscribers(t.Context(), topic)
		return fmt.Sprint(confirmed, pending, err)
	}
	if got := count(); got != "0 0 <nil>" {
		t.Error(got)
	}
	p.Invite(topic, "platform@example.com")
	if got := count(); got != "0 1 <nil>" {
		t.Error(got)
	}
	for n := range 105 {
		queue := fmt.Sprintf("arn:aws:sqs:us-east-1:%s:q%d", place.Central, n)
		in := &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &queue}
		if _, err := sns.NewFromConfig(cfg).Subscribe(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if got := count(); got != "105 1 <nil>" {
		t.Error(got)
	}
	if _, _, err := notice.New(cfg, notice.Topics{}).Subscribers(t.Context(), topic+"-2"); err == nil {
		t.Error("a topic that is not there has subscribers")
	}
}
