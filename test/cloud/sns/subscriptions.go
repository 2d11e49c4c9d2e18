package sns

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"locksmith/test/cloud/front"
)

// A subscription is who gets what a topic takes. One that waits for confirmation gets nothing.
type subscription struct {
	protocol, endpoint string
	arn                string
	pending            bool
}

// subscribe takes every subscription for confirmed.
func subscribe(r *request, form url.Values) (any, *front.Error) {
	t, err := r.topic(form.Get("TopicArn"), "SNS:Subscribe")
	switch protocol, endpoint := form.Get("Protocol"), form.Get("Endpoint"); {
	case err != nil:
		return nil, err
	case !slices.Contains([]string{"email", "email-json", "http", "https", "sqs", "lambda", "sms"}, protocol):
		return nil, badParameter("Does not support this protocol string: " + protocol)
	case endpoint == "" || protocol == "sqs" && !strings.HasPrefix(endpoint, "arn:aws:sqs:"):
		return nil, badParameter("Endpoint")
	}
	arn := t.arn + ":" + front.UUID()
	t.subscriptions = append(t.subscriptions, subscription{form.Get("Protocol"), form.Get("Endpoint"), arn, false})
	return struct {
		XMLName         xml.Name `xml:"SubscribeResult"`
		SubscriptionArn string
	}{SubscriptionArn: arn}, nil
}

// Invite makes a subscription by mail that nobody has confirmed yet.
func (s *Topics) Invite(topic, address string) {
	s.front.Lock()
	defer s.front.Unlock()
	if t := s.topics[topic]; t != nil {
		t.subscriptions = append(t.subscriptions, subscription{"email", address, "PendingConfirmation", true})
	}
}

// listSubscriptions shows 100 a page; the token is where the next one begins
// (https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html).
func listSubscriptions(r *request, form url.Values) (any, *front.Error) {
	t, err := r.topic(form.Get("TopicArn"), "SNS:ListSubscriptionsByTopic")
	if err != nil {
		return nil, err
	}
	from, wrong := 0, error(nil)
	if token := form.Get("NextToken"); token != "" {
		if from, wrong = strconv.Atoi(token); wrong != nil || from < 0 || from > len(t.subscriptions) {
			return nil, badParameter("NextToken")
		}
	}
	type member struct{ TopicArn, Protocol, SubscriptionArn, Owner, Endpoint string }
	page := struct {
		XMLName       xml.Name `xml:"ListSubscriptionsByTopicResult"`
		Subscriptions []member `xml:"Subscriptions>member"`
		NextToken     string   `xml:",omitempty"`
	}{}
	to := min(from+100, len(t.subscriptions))
	for _, s := range t.subscriptions[from:to] {
		page.Subscriptions = append(page.Subscriptions, member{t.arn, s.protocol, s.arn, t.account, s.endpoint})
	}
	if to < len(t.subscriptions) {
		page.NextToken = strconv.Itoa(to)
	}
	return page, nil
}
