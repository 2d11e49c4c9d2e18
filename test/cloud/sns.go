package cloud

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"locksmith/policies"
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

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func createTopic(r *request, form url.Values) (any, *apiError) {
	name := form.Get("Name")
	if !topicName.MatchString(name) {
		return nil, badParameter("Topic Name")
	}
	if err := r.authorize(target{action: "SNS:CreateTopic", arn: "arn:aws:sns:" + r.region + ":" + r.caller.account + ":" + name, owner: r.caller.account}); err != nil {
		return nil, err
	}
	return struct {
		XMLName  xml.Name `xml:"CreateTopicResult"`
		TopicArn string
	}{TopicArn: r.cloud.createTopic(r.caller.account, r.region, name)}, nil
}

func listTopics(r *request, _ url.Values) (any, *apiError) {
	if err := r.authorize(target{action: "SNS:ListTopics", arn: "arn:aws:sns:" + r.region + ":" + r.caller.account + ":*", owner: r.caller.account}); err != nil {
		return nil, err
	}
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

// badParameter is SNS's error for a parameter that will not do.
func badParameter(what string) *apiError {
	return &apiError{"InvalidParameter", "Invalid parameter: " + what, http.StatusBadRequest}
}

// topic finds a topic of the call's Region for a caller who may do the action there. Topics have no policies here, so their own account may and no other.
func (r *request) topic(arn, action string) (*topic, *apiError) {
	t := r.cloud.topics[arn]
	if t == nil || !strings.Contains(arn, ":"+r.region+":") {
		return nil, &apiError{"NotFound", "Topic does not exist", http.StatusNotFound}
	}
	return t, r.authorize(target{action: action, arn: arn, owner: t.account})
}

// subscribe takes every subscription for confirmed.
func subscribe(r *request, form url.Values) (any, *apiError) {
	t, err := r.topic(form.Get("TopicArn"), "SNS:Subscribe")
	switch protocol, endpoint := form.Get("Protocol"), form.Get("Endpoint"); {
	case err != nil:
		return nil, err
	case !slices.Contains([]string{"email", "email-json", "http", "https", "sqs", "lambda", "sms"}, protocol):
		return nil, badParameter("Does not support this protocol string: " + protocol)
	case endpoint == "" || protocol == "sqs" && !strings.HasPrefix(endpoint, "arn:aws:sqs:"):
		return nil, badParameter("Endpoint")
	}
	t.subscriptions = append(t.subscriptions, subscription{form.Get("Protocol"), form.Get("Endpoint")})
	return struct {
		XMLName         xml.Name `xml:"SubscribeResult"`
		SubscriptionArn string
	}{SubscriptionArn: t.arn + ":" + uuid()}, nil
}

// publish follows https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
func publish(r *request, form url.Values) (any, *apiError) {
	t, err := r.topic(form.Get("TopicArn"), "SNS:Publish")
	if err != nil {
		return nil, err
	}
	m := Mail{Subject: form.Get("Subject"), Message: map[string]string{"default": form.Get("Message")}, Time: r.cloud.config.Now()}
	switch text := form.Get("Message"); {
	case form.Has("Subject") && !subject.MatchString(m.Subject):
		return nil, badParameter("Subject")
	case text == "":
		return nil, badParameter("Empty message")
	case len(text) > 256*1024:
		return nil, badParameter("Message too long")
	case form.Get("MessageStructure") == "json":
		if m.Message, err = byProtocol(text); err != nil {
			return nil, err
		}
	case form.Get("MessageStructure") != "":
		return nil, badParameter("MessageStructure")
	}
	t.inbox = append(t.inbox, m)
	id := uuid()
	for _, s := range t.subscriptions {
		if q := r.cloud.queues[s.endpoint]; s.protocol == "sqs" && q != nil {
			r.cloud.enqueue(q, m.envelope(id, t.arn))
		}
	}
	return struct {
		XMLName   xml.Name `xml:"PublishResult"`
		MessageId string
	}{MessageId: id}, nil
}

// subject is what a subject may be: less than 100 characters, ASCII, no control characters, and no space in front.
var subject = regexp.MustCompile(`^[!-~][ -~]{0,98}$`)

// byProtocol reads a message that says something else to each protocol. Values that are no strings are ignored, repeated names refused.
func byProtocol(text string) (map[string]string, *apiError) {
	root, err := policies.ReadJSON([]byte(text))
	if err != nil || root.Type != policies.Object {
		return nil, badParameter("Message Structure - JSON message body failed to parse")
	}
	said := map[string]string{}
	for _, m := range root.Members {
		if _, again := said[m.Name]; again {
			return nil, badParameter("Message Structure - JSON message body has " + m.Name + " twice")
		}
		if m.Value.Type == policies.String {
			said[m.Name] = m.Value.Text
		}
	}
	if _, ok := said["default"]; !ok {
		return nil, badParameter("Message Structure - No default entry in JSON message body")
	}
	return said, nil
}

// envelope is the message as SNS writes it into a queue
// (https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html). It bears no signature.
func (m Mail) envelope(id, topic string) string {
	fields := map[string]string{"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": m.For("sqs"), "Timestamp": m.Time.UTC().Format("2006-01-02T15:04:05.000Z")}
	if m.Subject != "" {
		fields["Subject"] = m.Subject
	}
	text, _ := json.Marshal(fields) // strings always marshal
	return string(text)
}
