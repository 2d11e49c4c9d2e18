// Package sns is SNS in one process: topics, an inbox for each, and subscriptions of queues
// (https://docs.aws.amazon.com/sns/latest/api/welcome.html).
package sns

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
	"locksmith/test/cloud/front"
)

// Topics are all topics of one AWS.
type Topics struct {
	front  *front.Front
	queues Queues
	topics map[string]*topic // by ARN
}

// Queues are where messages for subscribed queues go to. Enqueue puts one on a queue, for the queue's own delay where
// no time is given; it does nothing where there is no such queue. It is called under the lock.
type Queues interface {
	Enqueue(arn, body string, visible time.Time)
}

// New makes an SNS without topics behind a front.
func New(f *front.Front, queues Queues) *Topics {
	s := &Topics{f, queues, map[string]*topic{}}
	q := front.Query{Namespace: "http://sns.amazonaws.com/doc/2010-03-31/", Actions: s.actions(),
		Resource: func(_ string, form url.Values) string { return form.Get("TopicArn") }}
	f.Register(front.Service{Name: "sns", Serve: q.Serve, Reject: front.RejectQuery,
		Words: front.Words{Denied: "AuthorizationError"}})
	return s
}

func (s *Topics) actions() map[string]front.Action {
	on := func(do func(*request, url.Values) (any, *front.Error)) front.Action {
		return func(r *front.Request, form url.Values) (any, *front.Error) { return do(&request{r, s}, form) }
	}
	return map[string]front.Action{"CreateTopic": on(createTopic), "ListTopics": on(listTopics),
		"Subscribe": on(subscribe), "ListSubscriptionsByTopic": on(listSubscriptions), "Publish": on(publish)}
}

// A request is one call of SNS.
type request struct {
	*front.Request
	*Topics
}

type topic struct {
	arn, account  string
	subscriptions []subscription
	inbox         []Mail
}

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
func (s *Topics) CreateTopic(account, region, name string) string {
	s.front.Lock()
	defer s.front.Unlock()
	return s.createTopic(account, region, name)
}

func (s *Topics) createTopic(account, region, name string) string {
	arn := "arn:aws:sns:" + region + ":" + account + ":" + name
	s.front.Use(account)
	if s.topics[arn] == nil {
		s.topics[arn] = &topic{arn: arn, account: account}
	}
	return arn
}

// Inbox is what a topic has taken, oldest first.
func (s *Topics) Inbox(arn string) []Mail {
	s.front.Lock()
	defer s.front.Unlock()
	if t := s.topics[arn]; t != nil {
		return slices.Clone(t.inbox)
	}
	return nil
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func createTopic(r *request, form url.Values) (any, *front.Error) {
	name := form.Get("Name")
	if !topicName.MatchString(name) {
		return nil, badParameter("Topic Name")
	}
	if err := r.mayIn("SNS:CreateTopic", name); err != nil {
		return nil, err
	}
	return struct {
		XMLName  xml.Name `xml:"CreateTopicResult"`
		TopicArn string
	}{TopicArn: r.createTopic(r.Caller.Account, r.Region, name)}, nil
}

func listTopics(r *request, _ url.Values) (any, *front.Error) {
	if err := r.mayIn("SNS:ListTopics", "*"); err != nil {
		return nil, err
	}
	type member struct{ TopicArn string }
	var members []member
	for arn, t := range r.topics {
		if t.account == r.Caller.Account && strings.Contains(arn, ":"+r.Region+":") {
			members = append(members, member{arn})
		}
	}
	sort.Slice(members, func(i, j int) bool { return members[i].TopicArn < members[j].TopicArn })
	return struct {
		XMLName xml.Name `xml:"ListTopicsResult"`
		Topics  []member `xml:"Topics>member"`
	}{Topics: members}, nil
}

// mayIn asks for leave to do something with topics of a name in the caller's own account.
func (r *request) mayIn(action, name string) *front.Error {
	arn := "arn:aws:sns:" + r.Region + ":" + r.Caller.Account + ":" + name
	return r.Authorize(front.Target{Action: action, ARN: arn, Owner: r.Caller.Account})
}

// badParameter is SNS's error for a parameter that will not do.
func badParameter(what string) *front.Error {
	return front.Refuse("InvalidParameter", "Invalid parameter: "+what, http.StatusBadRequest)
}

// topic finds a topic of the call's Region for a caller who may do the action there. Topics have no policies here, so
// their own account may and no other.
func (r *request) topic(arn, action string) (*topic, *front.Error) {
	t := r.topics[arn]
	if t == nil || !strings.Contains(arn, ":"+r.Region+":") {
		return nil, front.Refuse("NotFound", "Topic does not exist", http.StatusNotFound)
	}
	return t, r.Authorize(front.Target{Action: action, ARN: arn, Owner: t.account})
}

// publish follows https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
func publish(r *request, form url.Values) (any, *front.Error) {
	t, err := r.topic(form.Get("TopicArn"), "SNS:Publish")
	if err != nil {
		return nil, err
	}
	m := Mail{Subject: form.Get("Subject"), Message: map[string]string{"default": form.Get("Message")}, Time: r.Now()}
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
	id := front.UUID()
	for _, s := range t.subscriptions {
		if s.protocol == "sqs" {
			r.queues.Enqueue(s.endpoint, m.envelope(id, t.arn), time.Time{})
		}
	}
	return struct {
		XMLName   xml.Name `xml:"PublishResult"`
		MessageId string
	}{MessageId: id}, nil
}

// subject is what a subject may be: less than 100 characters, ASCII, no control characters, and no space in front.
var subject = regexp.MustCompile(`^[!-~][ -~]{0,98}$`)

// byProtocol reads a message that says something else to each protocol. Values that are no strings are ignored,
// repeated names refused.
func byProtocol(text string) (map[string]string, *front.Error) {
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
	fields := map[string]string{"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": m.For("sqs"),
		"Timestamp": m.Time.UTC().Format("2006-01-02T15:04:05.000Z")}
	if m.Subject != "" {
		fields["Subject"] = m.Subject
	}
	text, _ := json.Marshal(fields) // strings always marshal
	return string(text)
}
