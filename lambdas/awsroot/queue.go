package awsroot

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"locksmith/lambdas/remedy"
)

// A queueSession is root for the policy of one queue.
type queueSession struct {
	label
	client *sqs.Client
	url    string
}

func newQueueSession(cfg aws.Config, c remedy.Change) *queueSession {
	client := sqs.NewFromConfig(cfg)
	return &queueSession{label: sessionLabel(c), client: client, url: queueURL(client, c)}
}

// queueURL is the address of the change's queue.
func queueURL(client *sqs.Client, c remedy.Change) string {
	base := "https://sqs." + c.Region + "." + dnsSuffix(c.Partition())
	if endpoint := client.Options().BaseEndpoint; endpoint != nil {
		base = strings.TrimRight(*endpoint, "/")
	}
	return base + "/" + c.Account + "/" + c.Name()
}

// Policy reads the policy in force. SQS may show an old one for up to 60 seconds
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html). See
// [remedy.Session].
func (s *queueSession) Policy(ctx context.Context) (string, error) {
	out, err := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &s.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNamePolicy},
	})
	if err != nil {
		return "", classify("GetQueueAttributes", inside, err)
	}
	policy := out.Attributes[string(types.QueueAttributeNamePolicy)]
	if strings.TrimSpace(policy) == "" {
		return "", remedy.ErrGone
	}
	return policy, nil
}

// Delete takes the policy off. SQS has no call for that, but an empty policy is none. See [remedy.Session].
func (s *queueSession) Delete(ctx context.Context) error {
	err := s.Put(ctx, "")
	if errors.Is(err, remedy.ErrGone) {
		return nil
	}
	return err
}

// Put replaces the policy. The other attributes stay as they are, since they are not named. See [remedy.Session].
func (s *queueSession) Put(ctx context.Context, policy string) error {
	_, err := s.client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: aws.String(s.url), Attributes: map[string]string{string(types.QueueAttributeNamePolicy): policy},
	})
	return classify("SetQueueAttributes", inside, err)
}
