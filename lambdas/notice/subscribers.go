package notice

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Subscribers counts the subscriptions of a topic: those that are confirmed, and those that nobody has confirmed yet.
// To the latter SNS sends nothing, and says nothing of it
// (https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html).
func (p *Publisher) Subscribers(ctx context.Context, topic string) (confirmed, pending int, err error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(p.client, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, 0, fmt.Errorf("subscriptions of topic %q: %w", topic, err)
		}
		for _, s := range page.Subscriptions {
			switch arn := aws.ToString(s.SubscriptionArn); {
			case strings.HasPrefix(arn, "arn:"):
				confirmed++
			case arn == "PendingConfirmation":
				pending++
			} // what is left is Deleted: somebody has unsubscribed
		}
	}
	return confirmed, pending, nil
}
