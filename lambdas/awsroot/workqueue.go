package awsroot

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"locksmith/lambdas/sweeper"
)

// A Queue changes when messages of the work queue come again, and sends messages. It uses the function's own
// credentials, no root session. The function needs sqs:ChangeMessageVisibility and sqs:DeleteMessage of the queue that
// it takes messages from, and sqs:SendMessage of those that it sends to.
type Queue struct{ client *sqs.Client }

// NewQueue makes a Queue that calls SQS with the configuration's credentials and endpoint.
func NewQueue(cfg aws.Config) *Queue { return &Queue{sqs.NewFromConfig(cfg)} }

// longest is how long a message may stay invisible
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html), less what
// the function may have had it for.
const longest = 11 * time.Hour

// Delay implements remedy.Queue.
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

// Done implements remedy.Queue.
func (q *Queue) Done(ctx context.Context, queue, receipt string) error {
	url, err := q.url(queue)
	if err != nil {
		return err
	}
	_, err = q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &receipt})
	return classify("DeleteMessage", inside, err)
}

// Send implements [sweeper.Queue]. Messages go ten at a time, and fewer where they are large: a call takes 256 KB
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html). The error says
// that some may not have been sent.
func (q *Queue) Send(ctx context.Context, queue string, bodies ...[]byte) error {
	url, err := q.url(queue)
	if err != nil {
		return err
	}
	for len(bodies) > 0 {
		var some []types.SendMessageBatchRequestEntry
		for size := 0; len(some) < 10 && len(bodies) > 0; bodies = bodies[1:] {
			if size += len(bodies[0]); size > 250_000 && len(some) > 0 {
				break
			}
			some = append(some, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(len(some))),
				MessageBody: aws.String(string(bodies[0]))})
		}
		if err := q.send(ctx, url, some); err != nil {
			return err
		}
	}
	return nil
}

// send sends one batch, and what of it was refused once more.
func (q *Queue) send(ctx context.Context, url string, entries []types.SendMessageBatchRequestEntry) error {
	for range 2 {
		out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
		if err != nil {
			return classify("SendMessageBatch", inside, err)
		}
		if len(out.Failed) == 0 {
			return nil
		}
		var again []types.SendMessageBatchRequestEntry
		for _, f := range out.Failed {
			for _, e := range entries {
				if aws.ToString(e.Id) == aws.ToString(f.Id) {
					again = append(again, e)
				}
			}
		}
		entries = again
	}
	return fmt.Errorf("SendMessageBatch: %d messages were not taken", len(entries))
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

var _ sweeper.Queue = (*Queue)(nil)
