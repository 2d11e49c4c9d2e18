package sqs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"locksmith/test/cloud/place"
)

// TestListQueuesByPage: who does not ask for pages gets a thousand queues and no hint that there are more. Root under
// its task policy lists its own account, one Region a call.
func TestListQueuesByPage(t *testing.T) {
	p := place.New(t)
	for i := range 1200 {
		p.CreateQueue(owner, region, fmt.Sprintf("many-%04d", i), nil)
	}
	p.CreateQueue(owner, "us-east-1", "elsewhere", nil)
	p.CreateQueue(place.Central, region, "another", nil)
	c := sqs.NewFromConfig(p.Root(t, "SQSUnlockQueuePolicy"))
	silent, err := c.ListQueues(t.Context(), nil)
	if err != nil || len(silent.QueueUrls) != 1000 || silent.NextToken != nil {
		t.Errorf("unpaged: %d %v", 0, err)
	}
	seen, count := map[string]bool{}, 0
	pages := sqs.NewListQueuesPaginator(c, &sqs.ListQueuesInput{MaxResults: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, url := range page.QueueUrls {
			seen[url] = true
			if strings.Contains(url, "elsewhere") || !strings.Contains(url, "/"+owner+"/") {
				t.Errorf("found %s", url)
			}
		}
		count++
	}
	if count != 3 || len(seen) != 1201 {
		t.Errorf("%d pages, %d queues", count, len(seen))
	}
	some, err := c.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String("many-000"),
		MaxResults: aws.Int32(10)})
	if err != nil || len(some.QueueUrls) != 10 || some.NextToken != nil {
		t.Errorf("by prefix: %+v %v", some, err)
	}
	if _, err := c.ListQueues(t.Context(), &sqs.ListQueuesInput{MaxResults: aws.Int32(1001)}); err == nil {
		t.Error("1001 a page")
	}
}
