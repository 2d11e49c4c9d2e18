package awsroot

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/lambdas/remedy"
)

// A Queue changes when messages of the work queue come again. It uses the function's own credentials, no root session.
// The function needs sqs:ChangeMessageVisibility and sqs:DeleteMessage.
type Queue struct{ client *sqs.Client }

// NewQueue makes a Queue that calls SQS with the configuration's credentials and endpoint.
func NewQueue(cfg aws.Config) *Queue { return &Queue{sqs.NewFromConfig(cfg)} }

// longest is how long a message may stay invisible
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html), less what
// the function may have had it for.
const longest = 11 * time.Hour

// Delay implements [remedy.Queue].
func (q *Queue) Delay(ctx context.Context, queue, receipt string, d time.Duration) error {
	url, err := q.url(queue)
	if err != nil {
		return err
	}
	seconds := int32(math.Ceil(max(0, min(d, longest)).Seconds()))
	_, err = q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &url,
		ReceiptHandle: &receipt, VisibilityTimeout: seconds})
	return classify("ChangeMessageVisibility", inside, err)
}

// Done implements [remedy.Queue].
func (q *Queue) Done(ctx context.Context, queue, receipt string) error {
	url, err := q.url(queue)
	if err != nil {
		return err
	}
	_, err = q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &receipt})
	return classify("DeleteMessage", inside, err)
}

// url is the address of a queue, from its ARN.
func (q *Queue) url(arn string) (string, error) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[2] != "sqs" || dnsSuffix(parts[1]) == "" {
		return "", fmt.Errorf("work queue %q: want the ARN of a queue", arn)
	}
	base := "https://sqs." + parts[3] + "." + dnsSuffix(parts[1])
	if endpoint := q.client.Options().BaseEndpoint; endpoint != nil {
		base = strings.TrimRight(*endpoint, "/")
	}
	return base + "/" + parts[4] + "/" + parts[5], nil
}

var _ remedy.Queue = (*Queue)(nil)
