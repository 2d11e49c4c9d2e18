package cloud

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"
)

type topic struct {
	arn, account  string
	subscriptions []subscription
	inbox         []Mail
}

type subscription struct{ protocol, endpoint string }

// Mail is one message that a topic took.
type Mail struct {
	Subject string
	Message map[string]string // by protocol; a message that is the same for all stands under "default"
	Time    time.Time
}

// For is the message as a subscriber of the protocol gets it.
func (m Mail) For(protocol string) string {
	if text, ok := m.Message[protocol]; ok {
		return text
	}
	return m.Message["default"]
}

// CreateTopic makes a topic and returns its ARN.
func (c *Cloud) CreateTopic(account, region, name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.createTopic(account, region, name)
}

func (c *Cloud) createTopic(account, region, name string) string {
	arn := "arn:aws:sns:" + region + ":" + account + ":" + name
	if c.topics[arn] == nil {
		c.topics[arn] = &topic{arn: arn, account: account}
	}
	return arn
}

// Inbox is what a topic has taken, oldest first.
func (c *Cloud) Inbox(arn string) []Mail {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.topics[arn]; t != nil {
		return slices.Clone(t.inbox)
	}
	return nil
}

func createTopic(r *request, form url.Values) (any, *apiError) {
	return struct {
		XMLName  xml.Name `xml:"CreateTopicResult"`
		TopicArn string
	}{TopicArn: r.cloud.createTopic(r.caller.account, r.region, form.Get("Name"))}, nil
}

func listTopics(r *request, _ url.Values) (any, *apiError) {
	type member struct{ TopicArn string }
	var members []member
	for arn, t := range r.cloud.topics {
		if t.account == r.caller.account && strings.Contains(arn, ":"+r.region+":") {
			members = append(members, member{arn})
		}
	}
	sort.Slice(members, func(i, j int) bool { return members[i].TopicArn < members[j].TopicArn })
	return struct {
		XMLName xml.Name `xml:"ListTopicsResult"`
		Topics  []member `xml:"Topics>member"`
	}{Topics: members}, nil
}

func (r *request) topic(arn string) (*topic, *apiError) {
	t := r.cloud.topics[arn]
	if t == nil || !strings.Contains(arn, ":"+r.region+":") {
		return nil, &apiError{"NotFound", "Topic does not exist", http.StatusNotFound}
	}
	if t.account != r.caller.account {
		return nil, &apiError{"AuthorizationError", "User: " + r.caller.arn() + " is not authorized to perform: SNS:Publish on resource: " + arn, http.StatusForbidden}
	}
	return t, nil
}

func subscribe(r *request, form url.Values) (any, *apiError) {
	t, err := r.topic(form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	t.subscriptions = append(t.subscriptions, subscription{form.Get("Protocol"), form.Get("Endpoint")})
	return struct {
		XMLName         xml.Name `xml:"SubscribeResult"`
		SubscriptionArn string
	}{SubscriptionArn: t.arn + ":" + uuid()}, nil
}

// publish follows https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
func publish(r *request, form url.Values) (any, *apiError) {
	t, refused := r.topic(form.Get("TopicArn"))
	if refused != nil {
		return nil, refused
	}
	invalid := func(text string) (any, *apiError) {
		return nil, &apiError{"InvalidParameter", "Invalid parameter: " + text, http.StatusBadRequest}
	}
	m := Mail{Subject: form.Get("Subject"), Message: map[string]string{"default": form.Get("Message")}, Time: r.cloud.config.Now()}
	switch {
	case len(m.Subject) >= 100 || strings.ContainsFunc(m.Subject, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return invalid("Subject")
	case form.Get("Message") == "":
		return invalid("Empty message")
	case len(form.Get("Message")) > 256*1024:
		return invalid("Message too long")
	}
	if form.Get("MessageStructure") == "json" {
		m.Message = nil
		if err := json.Unmarshal([]byte(form.Get("Message")), &m.Message); err != nil {
			return invalid("Message Structure - JSON message body failed to parse")
		}
		if _, ok := m.Message["default"]; !ok {
			return invalid("Message Structure - No default entry in JSON message body")
		}
	}
	t.inbox = append(t.inbox, m)
	id := uuid()
	for _, s := range t.subscriptions {
		if q := r.cloud.queues[s.endpoint]; s.protocol == "sqs" && q != nil {
			envelope, _ := json.Marshal(map[string]string{"Type": "Notification", "MessageId": id, "TopicArn": t.arn, "Subject": m.Subject,
				"Message": m.For("sqs"), "Timestamp": r.cloud.stamp()})
			r.cloud.enqueue(q, string(envelope))
		}
	}
	return struct {
		XMLName   xml.Name `xml:"PublishResult"`
		MessageId string
	}{MessageId: id}, nil
}
